#include "publish/found.h"

publish_found publish_found_of(zou_result result)
{
    return result == ZOU_OK ? PUBLISH_FOUND : result == ZOU_LOST ? PUBLISH_LOST : PUBLISH_NOT_FOUND;
}

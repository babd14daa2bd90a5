/* write.c - tree to text. */
#include "json/json.h"

#include "json/yajl_memory.h"

#include <string.h>
#include <yajl/yajl_gen.h>

static void print_to_buf(void *ctx, const char *text, size_t len)
{
    buf_add(ctx, text, len);
}

static void generate(yajl_gen g, const json *v)
{
    switch ((json_type)v->type) {
    case JSON_NULL: yajl_gen_null(g); break;
    case JSON_FALSE:
    case JSON_TRUE: yajl_gen_bool(g, v->type == JSON_TRUE); break;
    case JSON_NUMBER: yajl_gen_number(g, v->text, v->len); break;
    case JSON_STRING: yajl_gen_string(g, (const unsigned char *)v->text, v->len); break;
    case JSON_ARRAY:
        yajl_gen_array_open(g);
        for (uint32_t i = 0; i < v->len; i++)
            generate(g, &v->items[i]);
        yajl_gen_array_close(g);
        break;
    case JSON_OBJECT:
        yajl_gen_map_open(g);
        for (uint32_t i = 0; i < v->len; i++) {
            const char *key = v->members[i].key;
            yajl_gen_string(g, (const unsigned char *)key, strlen(key));
            generate(g, &v->members[i].value);
        }
        yajl_gen_map_close(g);
        break;
    }
}

void json_write(buf *b, const json *v)
{
    yajl_gen g = yajl_gen_alloc(&yajl_memory);
    yajl_gen_config(g, yajl_gen_print_callback, print_to_buf, b);
    generate(g, v);
    yajl_gen_free(g);
}

const char *json_id(arena *a, const json *id)
{
    const char *hex = json_text(json_get(id, "$oid"));
    return hex || json_is_null(id) ? hex : json_written(a, id);
}

const char *json_written(arena *a, const json *v)
{
    buf b = {0};
    json_write(&b, v);
    const char *text = arena_text(a, b.data, b.len);
    buf_free(&b);
    return text;
}

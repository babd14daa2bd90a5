/* upload.h - a file on its way to the server, for net/ only. */
#ifndef OPKITSU_NET_UPLOAD_H
#define OPKITSU_NET_UPLOAD_H

#include "base/error.h"
#include "net/request.h"

#include <curl/curl.h>

typedef struct upload {
    const http_upload *request; /* borrowed; NULL: none is under way */
    curl_mime *form;            /* owned */
    int fd;                     /* owned: the file's */
    uint64_t size, sent;        /* bytes of the file */
    bool spoiled;               /* the file is; `why` says how */
    char why[96];               /* we gave up ourselves, and curl's words are no help; or "" */
    double moved_at, shown_at, kept_at; /* by clock_now: when bytes moved; when `progress` and
                                           `keep` were called */
    curl_off_t moved;                   /* bytes, both ways */
} upload;

/* A descriptor of a file that can be uploaded, and its size; -1: `*e`. */
int upload_open(const char *path, uint64_t *size, error *e);

/* Make the file the body of curl's next request. False: it cannot be uploaded, `*e`. */
bool upload_begin(upload *u, CURL *curl, const http_upload *request, error *e);
void upload_end(upload *u, CURL *curl);
/* Whether to give up, when `moved` bytes have moved so far; then `why` is set. */
bool upload_stalls(upload *u, curl_off_t moved);
/* Call `keep` if that is due. False: give up; then `why` is set. */
bool upload_keep(upload *u);

#endif

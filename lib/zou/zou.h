/* zou.h - Zou, Kitsu's server: its address, its answers, its errors. */
#ifndef OPKITSU_ZOU_ZOU_H
#define OPKITSU_ZOU_ZOU_H

#include "net/http_multi.h"
#include "store/store.h"
#include "zou/answer.h"
#include "zou/credentials.h"

typedef struct zou zou;

typedef struct zou_options {
    const char *server; /* borrowed; NULL: KITSU_SERVER, else the settings */
    store *store;       /* borrowed, needed for zou_open only: where OpenPype's settings are;
                           NULL: the settings' files only */
    credentials_options credentials;
    bool impatient; /* for a caller that retries itself: see http_impatient, of stdout */
} zou_options;

/* Makes no request yet. NULL: `*e` (status 78). The caller owns the result. */
zou *zou_open(const zou_options *o, error *e);
void zou_close(zou *z); /* takes NULL */
/* Confine a program that needs nothing else but the store (borrowed; NULL: none) and, if it
 * uploads, any file that a comment may name. */
bool zou_confine(const zou *z, const store *s, bool uploads, error *e);
/* The API's address, normalised, for messages and records. */
const char *zou_server(const zou *z);

/* The address that these options mean, as server_find. The caller frees it. */
char *zou_find_server(const zou_options *o, error *e);

/* In all of these `path` begins with a slash and is used as it is. Unless they return
 * ZOU_OK or ZOU_STOPPED, `*e` names the route and quotes Zou; its status is for a
 * caller that cannot continue. After a 401 or 422 they renew the session and try once
 * more. */

/* GET: an answer of at most MAX_ANSWER bytes, as a tree in `a`; any that is not of this
 * type is unexpected. */
zou_result zou_get(zou *z, const char *path, json_type type, arena *a, json *out, error *e);
/* Any method, `body` is JSON or NULL. `repeatable` as in net/http.h. An answer
 * without a body gives null. */
zou_result zou_send(zou *z, const char *method, const char *path, const char *body, bool repeatable,
                    arena *a, json *out, error *e);
/* A POST that must not arrive twice. `deadline` as in net/request.h: after it nothing is
 * sent or awaited. */
zou_result zou_post(zou *z, const char *path, const char *body, double deadline, arena *a,
                    json *out, error *e);
/* POST a form with one file, see http_upload. It is never repeated once Zou may have
 * received it. A file that cannot be sent gives ZOU_FAILED,
 * `e->status` 66. */
zou_result zou_upload(zou *z, const char *path, const http_upload *upload, arena *a, json *out,
                      error *e);
/* GET a list of objects and hand out each as it arrives, none twice: after a broken
 * connection, those that were handed out before are skipped. */
zou_result zou_list(zou *z, const char *path, json_element_fn *fn, void *context, error *e);

/* One object of a list. `element` is as json_element_fn gets it. `tree` is the same,
 * parsed; NULL if it is over MAX_RECORD or MAX_RECORD_DEPTH: such an object has only
 * what `element` says of it (`id`, `name`, `type`), and the list goes on. Both are
 * borrowed until the function returns, but `tree` lives as long as an arena that was
 * given for it. False: no more. */
typedef bool zou_tree_fn(void *context, const json_element *element, const json *tree);
/* As zou_list_trees, without an arena, of an object of lists: each element has its `group`. */
zou_result zou_list_groups(zou *z, const char *path, zou_tree_fn *fn, void *context, error *e);
/* As zou_list, each object parsed once. The trees are made in `a`; NULL: in an arena
 * that is reset after each. */
zou_result zou_list_trees(zou *z, const char *path, arena *a, zou_tree_fn *fn, void *context,
                          error *e);

/* The session's token, for requests that do not go through this file, as
 * session_token and session_renew. */
const char *zou_token(zou *z, error *e);
bool zou_renew(zou *z, error *e);

/* The server's time with the last answer; without one this machine's. */
time_t zou_date(const zou *z);

/* For zou/send_many.c: its connections stay open from one use to the next (borrowed), and
 * its answers set the server's time, too. */
http_multi *zou_multi(zou *z);
void zou_set_date(zou *z, time_t date);

#endif

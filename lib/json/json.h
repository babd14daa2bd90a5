/* json.h - JSON values as a small tree in an arena, and as text.
 *
 * Only parse.c, write.c and splitter.c know yajl. A tree belongs to the arena that it
 * was made in, and is otherwise plain data: a copy of a `json` shares what it points
 * to. A number keeps the text of its token (jq 1.6 would round it).
 *
 * Strings and keys are UTF-8 and followed by a NUL; a string may also contain one.
 * Objects keep the order of their keys. Each key is there once: of two equal keys in
 * a text the last one wins, as in Python and JavaScript. */
#ifndef OPKITSU_JSON_JSON_H
#define OPKITSU_JSON_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/idset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
} json_type;

typedef struct json_member json_member;

typedef struct json {
    uint32_t type; /* json_type */
    uint32_t len;  /* bytes of text; items; members */
    union {
        const char *text; /* JSON_STRING, JSON_NUMBER (its token) */
        struct json *items;
        json_member *members;
    };
} json;

struct json_member {
    const char *key; /* interned in the arena */
    json value;
};

typedef struct json_error {
    size_t offset; /* bytes from the start of the text */
    char what[160];
} json_error;

/* ---- text to tree ------------------------------------------------------ */

/* What json_parse repaired on the way, so that the caller can report it. */
typedef struct json_repaired {
    unsigned surrogates; /* halves of a surrogate pair, read as U+FFFD */
    unsigned nul_keys;   /* keys with a NUL inside, left out */
} json_repaired;

/* Parse one JSON value, with nothing but blanks around it. `e` and `repaired` may be
 * NULL. False: `*e` says what is wrong and where, and `*out` is not set. A value
 * nested deeper than MAX_DEPTH (base/limits.h) is an error. */
bool json_parse(arena *a, const char *text, size_t len, json *out, json_error *e,
                json_repaired *repaired);
/* The same for what a server sends: of at most MAX_RECORD_VALUES values. */
bool json_parse_answer(arena *a, const char *text, size_t len, json *out, json_error *e);

/* ---- tree to text ------------------------------------------------------ */

/* Append compact JSON. */
void json_write(buf *b, const json *v);

/* ---- reading a tree ---------------------------------------------------- */

/* These take NULL, and return NULL (false, the default) where the value is
 * absent or of another type, so that they can be chained. */

/* The member `key` of an object. */
const json *json_get(const json *object, const char *key);
/* `json_get` along a path of keys, ended by NULL: json_at(v, "data", "zou", NULL). */
const json *json_at(const json *object, ...) __attribute__((sentinel));
/* Here, as json_is: who compiles or checks the caller sees that a text is not NULL. */
static inline const char *json_text(const json *v)
{
    return v && v->type == JSON_STRING ? v->text : NULL;
}
/* Whether `v` is this text. */
bool json_text_is(const json *v, const char *text);
/* Whether `list` is an array that contains this text. */
bool json_has_text(const json *list, const char *text);
/* The texts of an array, for many such questions. The caller owns the set; it is empty where
 * there is no array. */
idset *json_text_set(const json *list);
/* Sort an array in place, as qsort does; of equal items one is kept, whichever. */
void json_sort_once(json *list, int (*compare)(const void *, const void *));
bool json_is_null(const json *v); /* null or absent */
static inline bool json_is(const json *v, json_type type)
{
    return v && v->type == type;
}
/* An object that is no type of Extended JSON ({"$date":…}). */
bool json_is_plain(const json *v);
/* true for JSON_TRUE only. */
bool json_true(const json *v);
/* A number whose value is whole and in the range of int64_t: `5`, `5.0`, `5e2`. */
bool json_int64(const json *v, int64_t *out);
/* The same from 0 to MAX_COUNT: how many there are of something. Else `*out` stays. */
bool json_count(const json *v, int64_t *out);
/* A number that is finite as a double. */
bool json_double(const json *v, double *out);
/* Whether a number's token has neither fraction nor exponent. */
bool json_is_integer(const json *v);

/* An `_id`, or a reference to one, as a text, in `a` or shared with it: the
 * digits of an ObjectId, the JSON of any other; NULL for null. */
const char *json_id(arena *a, const json *id);

/* `v` as json_write writes it, in `a`. */
const char *json_written(arena *a, const json *v);

/* How deep arrays and objects are nested: 0 for a number. */
unsigned json_depth(const json *v);

/* Equal regardless of the order of keys, numbers by value (`25` and `25.0`).
 * Arrays that are the value of the key `set_key` (or NULL) of a Task are
 * compared as sets: Zou returns `assignees` in no order. */
bool json_equal(const json *a, const json *b, const char *set_key);

/* ---- making a tree ----------------------------------------------------- */

json json_null(void);
json json_bool(bool value);
json json_string(arena *a, const char *text);
json json_stringn(arena *a, const char *text, size_t len);
/* A message, which may have been cut within a character: each byte that is not UTF-8
 * becomes `?`, as no reader would accept the record otherwise. */
json json_message(arena *a, const char *text);
/* A number by its token, which must be one of JSON. */
json json_number(arena *a, const char *token, size_t len);
json json_integer(arena *a, int64_t value);
/* The shortest text that reads back as `value`, always with `.` or `e`, so
 * that it stays a double: 25.0. `value` must be finite. */
json json_real(arena *a, double value);
/* `{"$oid":HEX}`: an ObjectId. */
json json_oid(arena *a, const char *hex);
json json_object(void);
json json_array(void);

/* Add or replace a member. Only for objects made by json_object, json_copy or
 * json_copy_shallow: a parsed object may share its members. */
void json_set(arena *a, json *object, const char *key, json value);
/* Add a member that the object is known not to have: no search. */
void json_add(arena *a, json *object, const char *key, json value);
void json_unset(json *object, const char *key);
/* Remove the members for which the function returns false; it may change the values. */
typedef bool json_keep_fn(void *context, json_member *m);
void json_keep(json *object, json_keep_fn *keeps, void *context);
void json_push(arena *a, json *array, json value);
/* An object or array of its own with the same members, whose keys and values it shares. */
json json_copy_shallow(arena *a, const json *v);
/* A copy that shares nothing, for a tree that must outlive its arena. */
json json_copy(arena *a, const json *v);

/* ---- a long text in pieces --------------------------------------------- */

/* Cuts the elements out of one top-level array while its bytes arrive, and hands out
 * each as raw text. Whatever comes, it takes no more time than its bytes need, and no
 * more memory than a record of the largest size. A top-level object counts as the only element. Of an element that
 * exceeds a limit only `id`, `name` and `type` are kept. */
typedef struct json_splitter json_splitter;

typedef struct json_element {
    const char *text;             /* borrowed; NULL when the element is over a limit */
    size_t len;                   /* bytes of the element as it came, also when over */
    size_t values;                /* texts, numbers, lists, objects in it, and itself */
    const char *id, *name, *type; /* its own keys of those names, or NULL */
    const char *group;            /* the key of the list that it is in, or NULL */
    bool too_large, too_deep;     /* MAX_RECORD, or MAX_RECORD_VALUES; MAX_RECORD_DEPTH */
} json_element;

/* Returns false to stop (the feed then returns false, with no error set). */
typedef bool json_element_fn(void *context, const json_element *element);

json_splitter *json_splitter_new(json_element_fn *fn, void *context); /* owned by the caller */
/* The same for one object of lists, whose elements are handed out with their `group`. */
json_splitter *json_splitter_of_groups(json_element_fn *fn, void *context);
void json_splitter_free(json_splitter *s); /* takes NULL */
/* The next bytes. False on text that is not JSON, on an element that is no
 * object, or when the callback said so. */
bool json_splitter_feed(json_splitter *s, const char *bytes, size_t len);
/* The end of the text. False when it is not complete. */
bool json_splitter_end(json_splitter *s);
/* What was wrong: a static text or one owned by the splitter; NULL if nothing. */
const char *json_splitter_error(const json_splitter *s);
/* Whether the text was one object rather than an array. */
bool json_splitter_is_object(const json_splitter *s);

/* ---- within json/ (members.c) ------------------------------------------- */

/* How the members of an object are found: of many by a table, as what comes from servers may
 * have a hundred thousand. */

/* Memory for `held` members. */
json_member *members_room(arena *a, size_t held);
/* Of an object whose members lie in such memory: they are others now. Their keys are interned. */
void members_index(const json *object);
/* The same, where it is only the last one that is new. */
void members_added(const json *object);
/* The one of this key, which need not end with a NUL; NULL: none, or no object. */
json_member *members_find(const json *object, const char *key, size_t len);

#endif

/* limits.h - every limit of the suite, with its unit and its reason.
 *
 * A limit is there so that hostile or broken input costs a message and not
 * the machine's memory. What is over a limit is reported, never cut. */
#ifndef OPKITSU_BASE_LIMITS_H
#define OPKITSU_BASE_LIMITS_H

#include <stddef.h>

/* bytes; one NDJSON line. A document of MongoDB's has at most 16 MiB. */
#define MAX_LINE ((size_t)16 * 1024 * 1024)

/* bytes; one record of Kitsu's. It is stored inside a document twice (its
 * `data` is copied), beside its tasks: three of them stay below 16 MiB. */
#define MAX_RECORD ((size_t)3 * 1024 * 1024)

/* levels; nesting of one record of Kitsu's. MongoDB takes 100, and a document
 * adds a handful of its own. */
#define MAX_RECORD_DEPTH 60

/* keys; custom fields of one record. They are looked up one by one; Kitsu's
 * own pages show a few dozen. */
#define MAX_FIELDS 2000

/* levels; nesting of a line. yajl's generator stops at 128. */
#define MAX_DEPTH 100

/* bytes; an answer that is read whole (a log-in, a single object). */
#define MAX_ANSWER ((size_t)16 * 1024 * 1024)

/* bytes; the text of a comment, which the store remembers until it is posted.
 * That is a book; Kitsu's pages show some lines of it. */
#define MAX_COMMENT ((size_t)1024 * 1024)

/* bytes; a document as MongoDB counts it. Larger ones are refused by it, so
 * SQLite's driver refuses them too: both stores hold the same. */
#define MAX_DOCUMENT ((size_t)16 * 1024 * 1024)

/* instances of one publish; a whole edit published at once has some thousands. */
#define MAX_INSTANCES 10000

/* families of one publish; each comment tells them for each requirement. OpenPype
 * itself has some dozens. */
#define MAX_FAMILIES 1000

/* events; how far a listener may be behind Kitsu's log. Beyond that a full sync,
 * which takes about a second for 1,000 entities, is faster than looking for
 * what so many events touched, and leaves the same. */
#define MAX_BEHIND 100000

/* events; one batch of a listener's. They are held in memory, a kilobyte each,
 * as the log comes newest first and is wanted oldest first. */
#define MAX_BATCH 5000

/* parts; of an asset's name between its `_`, each of which may be where the name of
 * an entity of Kitsu's begins: a request each. Names have three, or some more of
 * their own. */
#define MAX_NAME_PARTS 16

#endif

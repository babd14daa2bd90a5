/* limits.h - how much the suite accepts, of records, documents, replies, publishes and
 * events, with unit and reason. Limits that concern one file only, such as its buffers
 * and tries, are defined there.
 *
 * A limit is there so that hostile or broken input costs a message and not
 * the machine's memory. Nothing is truncated: what exceeds a limit is reported, or read
 * in another way. */
#ifndef OPKITSU_BASE_LIMITS_H
#define OPKITSU_BASE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* bytes; one NDJSON line. A document of MongoDB's has at most 16 MiB. */
#define MAX_LINE ((size_t)16 * 1024 * 1024)

/* bytes; one Kitsu record. It is stored in a document twice (its
 * `data` is copied), beside its tasks: three of them stay below 16 MiB. */
#define MAX_RECORD ((size_t)3 * 1024 * 1024)

/* levels; nesting of one Kitsu record. MongoDB takes 100, and a document
 * adds a handful of its own. */
#define MAX_RECORD_DEPTH 60

/* values; of one Kitsu record, or of one answer that is no list: texts, numbers, lists,
 * objects. A record has some forty, and a project the ids of its people and types; a tree
 * of so many takes 8 MB. */
#define MAX_RECORD_VALUES 100000

/* records; of one list of Kitsu's. Each has an identity of 16 bytes in a table that is at
 * least a quarter empty, so that none comes twice: 24 MB while it grows. A feature film
 * has some 100,000 tasks. */
#define MAX_LIST 750000

/* bytes; of one answer that is read while it arrives, decompressed, and of the records that one
 * list hands out: a few megabytes of gzip may be a thousand times as much. 200,000 tasks, as Zou
 * writes them, are a tenth of it. */
#define MAX_BODY ((size_t)2 * 1024 * 1024 * 1024)

/* bytes; of a list that is held whole (the projects, types and statuses), of the records
 * that one batch of events holds of one project, of the events of one reading, and of what is
 * kept of the entities, tasks or comments among which one is looked for. Texts of ten
 * thousands. */
#define MAX_HELD ((size_t)16 * 1024 * 1024)

/* bytes; memory for what a push holds of one project of Kitsu's: all of its records, as trees,
 * which have to be compared with the documents and may be stored in them. Of 100,000 entities
 * with 200,000 tasks, as Zou writes them, it is about half as much. */
#define MAX_PROJECT ((size_t)1024 * 1024 * 1024)

/* bytes; the name of an entity that a push reads. It is part of many messages and places.
 * Zou has room for 160 characters. */
#define MAX_NAME 4096

/* bytes; an id of Kitsu's. Zou's are UUIDs, of 36. */
#define MAX_ID 64

/* keys; custom fields of one record. They are looked up one by one; Kitsu's
 * own pages show a few dozen. */
#define MAX_FIELDS 2000

/* levels; nesting of a line. yajl's generator stops at 128. */
#define MAX_DEPTH 100

/* bytes; a reply that is read whole (a login, a single object): a record, and some. */
#define MAX_ANSWER ((size_t)4 * 1024 * 1024)

/* bytes; the text of a comment, which the store keeps until it is posted.
 * This is the length of a book; Kitsu's pages show a few lines. */
#define MAX_COMMENT ((size_t)1024 * 1024)

/* bytes; a document as MongoDB counts it. Larger ones are refused by it, so
 * SQLite's driver refuses them too: both stores hold the same. */
#define MAX_DOCUMENT ((size_t)16 * 1024 * 1024)

/* instances of one publish; a whole edit published at once has some thousands. */
#define MAX_INSTANCES 10000

/* families of one publish; each comment lists them for each requirement. OpenPype
 * has a few dozen. */
#define MAX_FAMILIES 1000

/* events; how far a listener may be behind Kitsu's log. Beyond that a full sync,
 * which takes about a second for 1,000 entities, is faster than reading
 * what so many events affected, with the same result. */
#define MAX_BEHIND 100000

/* events; one batch of a listener's. They are held in memory, a kilobyte each,
 * as the log comes newest first and is wanted oldest first. */
#define MAX_BATCH 5000

/* parts; of an asset's name between its `_`, each of which may begin the name of
 * a Kitsu entity, at a request each. Names have three, or a few more. */
#define MAX_NAME_PARTS 16

/* ids of one kind; of one project in one batch of events. With more a full reading
 * is cheaper. */
#define MAX_AFFECTED 700

/* documents; one above the other. Trees have ten; those that point at each other have no end,
 * and what is said of one names all that it lies below. */
#define MAX_NESTED 64

/* of anything that a record counts. Nobody has as many of it, and millions of such numbers can be
 * added up. */
#define MAX_COUNT INT64_C(1000000000000)

/* seconds since 1970; a time from a token or a file, which anybody may have written: the end
 * of the year 9999. With greater ones sums would overflow. */
#define MAX_TIME INT64_C(253402300799)

/* bytes; the name of a running program in a lease or claim, with its NUL: a host, a
 * process number and some noise. */
#define MAX_OWNER 128

#endif

/* MongoDB, through libmongoc: sockets, TLS, log-in, replica sets and
 * mongodb+srv are its work. Writes are acknowledged by a majority and carry
 * what they expect in their filters; nothing here needs a transaction. */
#include "store/mongo.h"

#include "base/mem.h"
#include "base/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#define SELECTION_TIMEOUT 5000   /* milliseconds, when the URL names none */
#define ANSWER_TIMEOUT    120000 /* the same; a server that accepts and never answers */
#define FIRST_BULK        64     /* writes; of a server whose speed is not known yet */
#define MAJORITY_TIMEOUT  30000  /* milliseconds; a majority that is away must not hang a sync */

bool mongo_is_passing(int64_t code)
{
    static const int codes[] = {
        6,     /* HostUnreachable */
        7,     /* HostNotFound */
        24,    /* LockTimeout */
        46,    /* LockBusy */
        50,    /* MaxTimeMSExpired */
        64,    /* WriteConcernFailed */
        89,    /* NetworkTimeout */
        91,    /* ShutdownInProgress */
        112,   /* WriteConflict */
        133,   /* FailedToSatisfyReadPreference */
        134,   /* ReadConcernMajorityNotAvailableYet */
        189,   /* PrimarySteppedDown */
        202,   /* NetworkInterfaceExceededTimeLimit */
        262,   /* ExceededTimeLimit */
        9001,  /* SocketException */
        10058, /* LegacyNotPrimary */
        10107, /* NotWritablePrimary */
        11600, /* InterruptedAtShutdown */
        11601, /* Interrupted */
        11602, /* InterruptedDueToReplStateChange */
        13435, /* NotPrimaryNoSecondaryOk */
        13436, /* NotPrimaryOrSecondary */
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code)
            return true;
    return false;
}

bool mongo_fail(const mongo_store *s, const bson_error_t *why, error *e)
{
    const char *name = s->base.name;
    bool refused =
        why->code == UNAUTHORIZED || why->code == AUTHENTICATION_FAILED ||
        (why->domain == MONGOC_ERROR_CLIENT && why->code == MONGOC_ERROR_CLIENT_AUTHENTICATE);
    if (refused)
        return error_set(e, EX_NOPERM, "%s: access refused: %s", name, why->message);
    if (why->code == OUT_OF_DISK_SPACE)
        return error_set(e, EX_IOERR, "%s: %s", name, why->message);
    if (!s->reached && !(why->domain == MONGOC_ERROR_SERVER && mongo_is_passing(why->code)))
        return error_set(e, EX_UNAVAILABLE, "%s: unreachable: %s", name, why->message);
    return error_set(e, EX_TEMPFAIL, "%s: %s", name, why->message);
}

mongoc_collection_t *mongo_collection(mongo_store *s, store_ns ns)
{
    return mongoc_client_get_collection(s->client, ns.db, ns.coll);
}

/* The server's, from what it says of itself; before MongoDB 5 the question had
 * another name. */
static bool mongo_now(store *base, double *seconds, error *e)
{
    static const char *const questions[] = {"hello", "isMaster"};
    mongo_store *s = (mongo_store *)base;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        bson_t *question = BCON_NEW(questions[i], BCON_INT32(1)), reply;
        bson_iter_t it;
        bson_error_t why;
        bool ok = mongoc_client_command_simple(s->client, "admin", question, NULL, &reply, &why);
        bool has_time =
            ok && bson_iter_init_find(&it, &reply, "localTime") && BSON_ITER_HOLDS_DATE_TIME(&it);
        if (has_time)
            *seconds = (double)bson_iter_date_time(&it) / 1e3;
        bson_destroy(question);
        bson_destroy(&reply);
        if (has_time)
            return true;
        if (!ok && why.code != COMMAND_NOT_FOUND)
            return mongo_fail(s, &why, e);
    }
    return error_set(e, EX_PROTOCOL, "%s: the server did not report its time", base->name);
}
static bool mongo_drop(store *base, store_ns ns, bool anyway, store_content *content, error *e)
{
    mongo_store *s = (mongo_store *)base;
    if (!mongo_content_of(base, ns, content, e))
        return false;
    if (*content == STORE_EMPTY || (*content == STORE_PUBLISHED && !anyway))
        return true;
    mongoc_collection_t *collection = mongo_collection(s, ns);
    bson_error_t why;
    bool ok = mongoc_collection_drop_with_opts(collection, NULL, &why) ||
              why.code == NAMESPACE_NOT_FOUND || mongo_fail(s, &why, e);
    mongoc_collection_destroy(collection);
    return ok;
}

/* ---- indexes ------------------------------------------------------------ */

typedef struct index_of {
    const char *name, *first, *second; /* `name` without "opkitsu_"; `second`: NULL for one field */
} index_of;

static const index_of project_indexes[] = {
    {"zou_id", "data.zou.id", NULL},
    {"zou_name", "data.zou.name", NULL},
    {"zou_parent", "data.zou.parent_id", NULL},
    {"zou_type", "data.zou.entity_type_id", NULL},
    {"root_of", "data.root_of", NULL},
    {"visual_parent", "data.visualParent", NULL},
    {"parent", "parent", "type"},
    {"name", "name", "type"},
    {"type", "type", NULL},
};

#define PROJECT_INDEXES (sizeof project_indexes / sizeof *project_indexes)

/* createIndexes, which does nothing where they are already. */
static bool create_indexes(mongo_store *s, store_ns ns, store_texts fields, bool sparse,
                           bson_error_t *why)
{
    bool of_project = strcmp(ns.db, s->base.avalon) == 0;
    bson_t command = BSON_INITIALIZER, list;
    BSON_APPEND_UTF8(&command, "createIndexes", ns.coll);
    BSON_APPEND_ARRAY_BEGIN(&command, "indexes", &list);
    for (size_t i = 0; i < (of_project ? PROJECT_INDEXES : fields.n); i++) {
        bson_t index, key;
        char digits[2] = {(char)('0' + i), '\0'}, name[80];
        index_of wanted =
            of_project ? project_indexes[i] : (index_of){fields.items[i], fields.items[i], NULL};
        snprintf(name, sizeof name, "opkitsu_%s", wanted.name);
        BSON_APPEND_DOCUMENT_BEGIN(&list, digits, &index);
        BSON_APPEND_DOCUMENT_BEGIN(&index, "key", &key);
        BSON_APPEND_INT32(&key, wanted.first, 1);
        if (wanted.second)
            BSON_APPEND_INT32(&key, wanted.second, 1);
        bson_append_document_end(&index, &key);
        BSON_APPEND_UTF8(&index, "name", name);
        if (sparse && !wanted.second)
            BSON_APPEND_BOOL(&index, "sparse", true);
        bson_append_document_end(&list, &index);
    }
    bson_append_array_end(&command, &list);
    bool ok = mongoc_client_write_command_with_opts(s->client, ns.db, &command, NULL, NULL, why);
    bson_destroy(&command);
    return ok;
}

static bool mongo_index(store *base, store_ns ns, store_texts fields, error *e)
{
    mongo_store *s = (mongo_store *)base;
    bson_error_t why;
    (void)e; /* a server that can't is used without */
    if (create_indexes(s, ns, fields, true, &why) || create_indexes(s, ns, fields, false, &why))
        return true;
    if (!s->index_warned)
        msg_warn("%s: continuing without indexes: %s", base->name, why.message);
    s->index_warned = true;
    return true;
}

/* ---- opening ------------------------------------------------------------ */

static void mongo_close(store *base)
{
    mongo_store *s = (mongo_store *)base;
    if (s->client)
        mongoc_client_destroy(s->client);
    mongo_watch_free(s->watch);
}

/* The files that the URL names, for connections to come. Kerberos finds its tickets by
 * settings of its own. */
static void mongo_needs(const store *base, program_needs *n)
{
    static const char *const options[] = {MONGOC_URI_TLSCAFILE, MONGOC_URI_TLSCERTIFICATEKEYFILE};
    const mongo_store *s = (const mongo_store *)base;
    const mongoc_uri_t *uri = mongoc_client_get_uri(s->client);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const char *file = mongoc_uri_get_option_as_utf8(uri, options[i], NULL);
        if (file)
            needs_read(n, file);
    }
    const char *mechanism = mongoc_uri_get_auth_mechanism(uri);
    if (mechanism && strcmp(mechanism, "GSSAPI") == 0)
        n->any_file = n->keyring = true;
    n->network = true;
}

static bool mongo_begin(store *base, error *e)
{
    (void)base, (void)e;
    return true;
}

static void mongo_rollback(store *base)
{
    (void)base;
}

static const store_driver driver = {
    .atomic = false,
    .close = mongo_close,
    .needs = mongo_needs,
    .projects = mongo_projects,
    .documents = mongo_documents,
    .content_of = mongo_content_of,
    .get_many = mongo_get_many,
    .find = mongo_find,
    .children = mongo_children,
    .linking = mongo_linking,
    .select = mongo_select,
    .now = mongo_now,
    .begin = mongo_begin,
    .commit = mongo_begin,
    .rollback = mongo_rollback,
    .write_all = mongo_write_all,
    .drop = mongo_drop,
    .index = mongo_index,
    .put = mongo_put,
    .prune = mongo_prune,
};

/* libmongoc would write its log to stderr, addresses and all. */
static void be_silent(mongoc_log_level_t level, const char *domain, const char *message,
                      void *context)
{
    (void)level, (void)domain, (void)message, (void)context;
}

static void set_default(mongoc_uri_t *uri, const char *option, int milliseconds)
{
    if (!mongoc_uri_has_option(uri, option))
        mongoc_uri_set_option_as_int32(uri, option, milliseconds);
}

/* Whatever the URL says: what was just written must be read, and a secondary is behind. */
static void read_from_primary(mongoc_client_t *client)
{
    mongoc_read_prefs_t *primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
    mongoc_client_set_read_prefs(client, primary);
    mongoc_read_prefs_destroy(primary);
}

static bool connect_to(mongo_store *s, const char *url, error *e)
{
    bson_error_t why = {0};
    mongoc_uri_t *uri = mongoc_uri_new_with_error(url, &why);
    if (!uri) /* what libmongoc says of it may quote the password */
        return error_set(e, EX_CONFIG, "%s: not a good MongoDB URL%s%s", s->base.name,
                         strchr(url, '@') ? "" : ": ", strchr(url, '@') ? "" : why.message);
    set_default(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, SELECTION_TIMEOUT);
    set_default(uri, MONGOC_URI_CONNECTTIMEOUTMS, SELECTION_TIMEOUT);
    set_default(uri, MONGOC_URI_SOCKETTIMEOUTMS, ANSWER_TIMEOUT);
    int answer = mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, ANSWER_TIMEOUT);
    s->client = mongoc_client_new_from_uri_with_error(uri, &why);
    mongoc_uri_destroy(uri);
    if (!s->client)
        return mongo_fail(s, &why, e);
    s->watch = mongo_watch_new(s->client, s->base.name, answer / 1000);
    read_from_primary(s->client);
    mongoc_client_set_error_api(s->client, MONGOC_ERROR_API_VERSION_2);
    mongoc_client_set_appname(s->client, "opkitsu");
    mongoc_write_concern_t *majority = mongoc_write_concern_new();
    mongoc_write_concern_set_wmajority(majority, MAJORITY_TIMEOUT);
    mongoc_client_set_write_concern(s->client, majority);
    mongoc_write_concern_destroy(majority);
    bson_t *ping = BCON_NEW("ping", BCON_INT32(1));
    bool ok = mongoc_client_command_simple(s->client, "admin", ping, NULL, NULL, &why);
    bson_destroy(ping);
    s->reached = ok;
    return ok || mongo_fail(s, &why, e);
}

#if BSON_CHECK_VERSION(1, 23, 0) /* 1.21 knows nothing of it */
static void *aligned(size_t alignment, size_t size)
{
    void *p = NULL;
    if (posix_memalign(&p, alignment < sizeof p ? sizeof p : alignment, size ? size : 1) != 0)
        mem_exhausted(size);
    return p;
}
#endif

/* libmongoc makes a file for its statistics when it is loaded, before main and
 * whether it is used or not, and a program that is killed leaves it behind:
 * thousands in a year, and a warning whenever a process number comes again.
 * Nothing reads it; without its name it goes with the process. */
__attribute__((constructor)) static void drop_statistics(void)
{
    char name[32];
    snprintf(name, sizeof name, "/mongoc-%ld", (long)getpid());
    shm_unlink(name);
}

/* libbson would abort the program when memory is out. What libmongoc has allocated when it was
 * loaded, before this, is malloc's, as ours is. */
__attribute__((constructor)) static void give_memory(void)
{
    bson_mem_vtable_t memory = {
        .malloc = xmalloc, .calloc = xcalloc, .realloc = xrealloc, .free = free};
#if BSON_CHECK_VERSION(1, 23, 0)
    memory.aligned_alloc = aligned;
#endif
    bson_mem_set_vtable(&memory);
}

store *store_mongo_open(const char *url, char *name, error *e)
{
    mongo_store *s = xmalloc(sizeof *s);
    *s = (mongo_store){.base = {.driver = &driver, .name = name}, .bulk = FIRST_BULK};
    mongoc_log_set_handler(be_silent, NULL);
    mongoc_init();
    if (connect_to(s, url, e))
        return &s->base;
    mongo_close(&s->base);
    free(s);
    return NULL;
}

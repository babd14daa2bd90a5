/* A whole stream: op-diff plans it against a store, op-apply carries that out, and a second
 * plan has nothing to change. The lines are Kitsu records, and Documents that are in the store
 * before. */
int op_diff_main(int argc, char **argv);
#define main op_diff_main
/* NOLINTNEXTLINE(bugprone-suspicious-include): the program itself */
#include "../../bin/op-diff.c"
#undef main

#include "mutate.h"

#include "apply/apply.h"
#include "model/change.h"
#include "record/document.h"

#include <sys/mman.h>

static char folder[200];
static int input, output; /* what the streams are in; the latter is stdout */
static settings *some_settings[2];
static json collections; /* the names of those in the store */
static json ended;       /* the ids of the projects in the plan, */
static bool twice;       /* and whether one of them is there twice: kitsu-fetch reads each once */

static settings *load_settings(const char *text)
{
    error e;
    char path[256];
    snprintf(path, sizeof path, "%s/settings.json", folder);
    FILE *f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0)
        abort();
    settings *s = settings_load_one(path, NULL, &e);
    if (!s)
        dprintf(fuzz_stderr, "%s\n", e.what);
    require(s != NULL, "there are settings");
    return s;
}

static void begin(void)
{
    snprintf(folder, sizeof folder, "%s/fuzz-op-diff.XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    setenv("OPKITSU_SETTINGS_SECONDS", "1000000", 1); /* read once */
    input = memfd_create("input", 0);
    output = memfd_create("output", 0);
    if (!mkdtemp(folder) || input < 0 || dup2(output, STDOUT_FILENO) < 0)
        abort();
    some_settings[0] = load_settings("{}");
    some_settings[1] =
        load_settings("{\"opkitsu\":{\"names\":\"convert\",\"edits\":true,\"concepts\":true}}");
}

static store *new_store(void)
{
    static const char *const files[] = {"op.db", "op.db-wal", "op.db-shm"};
    char path[256];
    error e;
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "sqlite:%s/op.db", folder);
    store *s = store_open(path, STORE_WRITE, 0, &e);
    require(s != NULL, "there is a store");
    return s;
}

/* What was written to stdout since the last time, in `a`. */
static char *written(arena *a)
{
    fflush(stdout);
    off_t len = lseek(output, 0, SEEK_CUR);
    char *text = arena_alloc(a, (size_t)len + 1);
    if (pread(output, text, (size_t)len, 0) != len || ftruncate(output, 0) != 0)
        abort();
    lseek(output, 0, SEEK_SET);
    text[len] = '\0';
    return text;
}

/* ---- a dump ----------------------------------------------------------------------- */

typedef struct dump {
    arena *arena;
    store *store;
    FILE *file;
    int64_t n; /* documents of the collection */
} dump;

static void put(dump *d, const json *record)
{
    fprintf(d->file, "%s\n", json_written(d->arena, record));
}

static bool put_document(void *context, store_ns ns, const json *document)
{
    dump *d = context;
    json record = document_make(
        d->arena, &(document_record){.db = ns.db, .coll = ns.coll, .document = document});
    put(d, &record);
    d->n++;
    return true;
}

static void put_collection(dump *d, const char *coll)
{
    error e;
    json counts = json_object();
    store_ns ns = {store_avalon(d->store), coll};
    d->n = 0;
    require(store_documents(d->store, ns, STORE_ALL, NULL, &(store_sink){d->arena, put_document, d},
                            &e),
            "the store can be read");
    json_add(d->arena, &counts, "Document", json_integer(d->arena, d->n));
    json record = end_make(
        d->arena,
        &(end_record){.scope = END_DOCUMENTS, .db = ns.db, .coll = ns.coll, .counts = counts});
    put(d, &record);
}

/* What op-dump does, also of a collection without a project document, but for what is
 * remembered. */
static documents *documents_from_own_dump(arena *a, store *s)
{
    char path[256];
    error e;
    snprintf(path, sizeof path, "%s/dump.ndjson", folder);
    dump d = {.arena = a, .store = s, .file = fopen(path, "w")};
    require(d.file != NULL, "it can be written");
    for (uint32_t i = 0; i < collections.len; i++)
        put_collection(&d, collections.items[i].text);
    fclose(d.file);
    documents *all = documents_from_dump(path, &e);
    require(all != NULL, "a dump can be read");
    return all;
}

/* ---- the programs ----------------------------------------------------------------- */

/* What op-diff's main does, with a store or, if `dumped`, with its dump. */
static char *make_plan(arena *a, store *s, bool dumped, settings *with, int *status)
{
    error e = {0};
    diff plan = {.settings = with,
                 .documents = dumped ? documents_from_own_dump(a, s) : documents_from_store(s, &e),
                 .delete_limit = {.given = true, .percent = true, .limit = 100}};
    require(plan.documents != NULL, "the store can be read");
    reader r = {.plan = &plan,
                .store = dumped ? NULL : s,
                .arena = arena_new(),
                .coverage = checkpoint_scope_new()};
    lseek(input, 0, SEEK_SET);
    r.in = ndjson_new(input, "input");
    *status = read_stream(&r);
    close_project(&r);
    ndjson_free(r.in);
    documents_free(plan.documents);
    arena_free(r.arena);
    checkpoint_scope_free(r.coverage);
    return written(a);
}

static void apply_line(apply *p, arena *a, const char *line, size_t len)
{
    json record;
    error e = {0};
    change c;
    end_record end;
    checkpoint_record checkpoint;
    bool ok = true;
    if (!json_parse(a, line, len, &record, NULL, NULL))
        return; /* of another type, passed on as it came */
    switch (record_type_of(&record)) {
    case RECORD_CHANGE:
        require(change_read(a, &record, &c, &e), "op-diff writes Changes");
        ok = apply_change(p, &c, len, &e);
        break;
    case RECORD_END:
        end_read(&record, &end);
        twice |= end.project_id && json_has_text(&ended, end.project_id);
        if (end.project_id)
            json_push(a, &ended, json_string(a, end.project_id));
        ok = !end.project_id || apply_end(p, &end, &e);
        break;
    case RECORD_CHECKPOINT:
        ok = !checkpoint_read(&record, &checkpoint) || apply_checkpoint(p, &checkpoint, &e);
        break;
    case RECORD_SKIPPED: apply_skipped(p, &record); break;
    default: break;
    }
    if (!ok)
        dprintf(fuzz_stderr, "%s\n", e.what);
    require(ok, "the store does not fail");
}

/* What op-apply's main does. Its results. */
static char *carry_out(arena *a, store *s, char *plan, int *status)
{
    error e;
    lease *l = lease_new(s);
    apply *p = apply_new(s, l);
    ended = json_array();
    twice = false;
    for (char *line = plan, *end; (end = strchr(line, '\n')); line = end + 1)
        apply_line(p, a, line, (size_t)(end - line));
    require(apply_finish(p, &e), "it comes to its end");
    *status = apply_status(p);
    apply_free(p);
    lease_free(l);
    return written(a);
}

static void put_into_store(arena *a, store *s, const document_record *d)
{
    error e;
    if (store_put(s, (store_ns){store_avalon(s), d->coll}, d->document, a, &e) &&
        !json_has_text(&collections, d->coll))
        json_push(a, &collections, json_string(a, d->coll));
}

/* Documents go into the store, the other lines become the input. */
static void take_lines(arena *a, store *s, const uint8_t *data, size_t size)
{
    if (ftruncate(input, 0) != 0 || lseek(input, 0, SEEK_SET) != 0)
        abort();
    collections = json_array();
    while (size) {
        const uint8_t *line = data;
        json record;
        document_record d;
        bool good = next_json(a, &data, &size, &record);
        if (good && record_type_of(&record) == RECORD_DOCUMENT && document_read(&record, &d))
            put_into_store(a, s, &d);
        else if (write(input, line, (size_t)(data - line)) != data - line)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!*folder)
        begin();
    arena *a = arena_new();
    store *s = new_store();
    settings *with = some_settings[size % 2];
    int planned, applied, again;
    take_lines(a, s, data, size);
    char *plan = make_plan(a, s, false, with, &planned);
    /* With other settings the store tells that it was never read with them; for events only what
     * is needed is read from it. */
    if (with == some_settings[0] && !strstr(plan, "\"scope\":\"events\""))
        require_same(make_plan(a, s, true, with, &planned), plan, "the same plan with a dump");
    char *results = carry_out(a, s, plan, &applied);
    if (!twice && !strstr(results, "\"status\":\"failed\"") &&
        !strstr(results, "\"status\":\"conflict\"")) {
        char *second = make_plan(a, s, false, with, &again);
        if (strstr(second, "{\"type\":\"Change\""))
            dprintf(fuzz_stderr, "%s\n%s\n%s\n", plan, results, second);
        require(!strstr(second, "{\"type\":\"Change\""), "nothing is left to change");
    }
    store_close(s);
    arena_free(a);
    return 0;
}

/* A whole stream: op-diff plans it against a store, op-apply carries that out, and a second
 * plan has nothing to change. The lines are Kitsu records, and Documents that are in the store
 * before. */
int op_diff_main(int argc, char **argv);
#define main op_diff_main
#include "../../bin/op-diff.c"
#undef main

#include "mutate.h"

#include "apply/apply.h"
#include "model/change.h"
#include "record/document.h"

#include <sys/mman.h>

static char folder[64];
static int input, output; /* what the streams are in; the latter is stdout */
static settings *some_settings[2];

static settings *load_settings(const char *text)
{
    error e;
    char path[128];
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
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
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
    char path[128];
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

/* What op-diff's main does. */
static char *make_plan(arena *a, store *s, settings *with, int *status)
{
    error e = {0};
    diff plan = {.settings = with,
                 .documents = documents_from_store(s, &e),
                 .delete_limit = {.given = true, .percent = true, .limit = 100}};
    require(plan.documents != NULL, "the store can be read");
    reader r = {
        .plan = &plan, .store = s, .arena = arena_new(), .coverage = checkpoint_scope_new()};
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
    for (char *line = plan, *end; (end = strchr(line, '\n')); line = end + 1)
        apply_line(p, a, line, (size_t)(end - line));
    require(apply_finish(p, &e), "it comes to its end");
    *status = apply_status(p);
    apply_free(p);
    lease_free(l);
    return written(a);
}

/* Documents go into the store, the other lines become the input. */
static void take_lines(arena *a, store *s, const uint8_t *data, size_t size)
{
    if (ftruncate(input, 0) != 0 || lseek(input, 0, SEEK_SET) != 0)
        abort();
    while (size) {
        const uint8_t *line = data;
        json record;
        document_record d;
        error e;
        bool good = next_json(a, &data, &size, &record);
        if (good && record_type_of(&record) == RECORD_DOCUMENT && document_read(&record, &d))
            store_put(s, (store_ns){store_avalon(s), d.coll}, d.document, a, &e);
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
    char *plan = make_plan(a, s, with, &planned);
    require_same(make_plan(a, s, with, &planned), plan, "the same plan twice");
    char *results = carry_out(a, s, plan, &applied);
    if (!strstr(results, "\"status\":\"failed\"") && !strstr(results, "\"status\":\"conflict\"")) {
        char *second = make_plan(a, s, with, &again);
        if (strstr(second, "{\"type\":\"Change\""))
            dprintf(fuzz_stderr, "%s\n%s\n%s\n", plan, results, second);
        require(!strstr(second, "{\"type\":\"Change\""), "nothing is left to change");
    }
    store_close(s);
    arena_free(a);
    return 0;
}

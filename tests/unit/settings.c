/* store/settings_*.h: what OpenPype makes of its settings documents. The expected values
 * are what _find_closest_settings_id, merge_overrides and clear_metadata_from_settings of
 * OpenPype 3.18 give, worked out by hand. */
#include "tap.h"

#include "store/anatomy.h"
#include "store/settings_merge.h"
#include "store/settings_version.h"

static void versions(void)
{
    /* Each is lower than the next. */
    static const char *const order[] = {
        "no version",        "2.18.4",        "3.0.0-rc.2",     "3.0.0",        "3.9.0",
        "3.10.0-1",          "3.10.0-2",      "3.10.0-10",      "3.10.0-alpha", "3.10.0-alpha.1",
        "3.10.0-alpha.beta", "3.10.0-beta.2", "3.10.0-beta.11", "3.10.0",       "3.18.11-nightly.3",
        "3.18.11",           "3.100.0",
    };
    for (size_t i = 0; i + 1 < ROWS(order); i++) {
        ok(settings_version_compare(order[i], order[i + 1]) < 0, "%s < %s", order[i], order[i + 1]);
        ok(settings_version_compare(order[i + 1], order[i]) > 0, "%s > %s", order[i + 1], order[i]);
        ok(settings_version_compare(order[i], order[i]) == 0, "%s is itself", order[i]);
    }
    ok(settings_version_compare("3.18.0+studio.1", "3.18.0+studio.2") == 0,
       "a build does not count");
}

static void wanted(arena *a)
{
    static const struct {
        const char *given, *data;
        bool staging;
        const char *version;
    } rows[] = {
        {NULL, "{}", false, NULL},
        {NULL, "{\"production_version\":\"3.15.0\",\"staging_version\":\"3.18.0\"}", false,
         "3.15.0"},
        {NULL, "{\"production_version\":\"3.15.0\",\"staging_version\":\"3.18.0\"}", true,
         "3.18.0"},
        {NULL, "{\"production_version\":\"3.15.0\"}", true, NULL},
        {NULL, "{\"production_version\":\"\"}", false, NULL},
        {NULL, "{\"production_version\":null}", false, NULL},
        {NULL, "{\"production_version\":\"latest\"}", false, NULL},
        {"3.16.0", "{\"production_version\":\"3.15.0\"}", false, "3.16.0"},
        {"", "{\"production_version\":\"3.15.0\"}", false, "3.15.0"},
        {"latest", "{\"production_version\":\"3.15.0\"}", false, NULL},
        {"3.16.0", NULL, true, "3.16.0"},
        {NULL, NULL, false, NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        json global = json_object();
        if (rows[i].data)
            json_set(a, &global, "data", parsed(a, rows[i].data));
        is_text(
            settings_version_wanted(rows[i].given, rows[i].data ? &global : NULL, rows[i].staging),
            rows[i].version, "the version that runs");
    }
}

/* Versions in lists are separated by blanks; `legacy` is the document without one. */
static size_t split(char *text, const char **list)
{
    size_t n = 0;
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        list[n++] = word;
    return n;
}

static const struct {
    const char *listed, *running, *documents, *read; /* running NULL: the last */
} closest[] = {
    {"3.9.0 3.10.0 3.11.0", "3.10.0", "3.9.0 3.10.0 3.11.0 legacy", "3.10.0"},
    {"3.9.0 3.10.0 3.11.0", "3.11.0", "3.9.0 3.10.0 legacy", "3.10.0"}, /* the nearest lower */
    {"3.9.0 3.10.0 3.11.0", "3.11.0", "3.9.0 legacy", "3.9.0"},
    {"3.9.0 3.10.0 3.11.0", "3.9.0", "3.10.0 3.11.0 legacy", "legacy"}, /* before all higher */
    {"3.9.0 3.10.0 3.11.0", "3.9.0", "3.10.0 3.11.0", "3.10.0"},        /* the nearest higher */
    {"3.9.0 3.10.0 3.11.0", "3.9.0", "3.11.0", "3.11.0"},
    {"3.9.0 3.10.0 3.11.0", "3.10.0", "3.9.0 3.11.0", "3.9.0"}, /* lower before higher */
    {"3.9.0 3.10.0 3.11.0", "3.10.0", "legacy", "legacy"},
    {"3.9.0 3.10.0 3.11.0", "3.10.0", "", NULL},
    {"3.9.0 3.10.0 3.11.0", NULL, "3.9.0 3.10.0 3.11.0", "3.11.0"},
    {"3.9.0 3.10.0 3.11.0", NULL, "3.9.0 3.10.0", "3.10.0"},
    /* A version that is not listed yet: its place is between the others. */
    {"3.9.0 3.11.0", "3.10.0", "3.9.0 3.11.0", "3.9.0"},
    {"3.9.0 3.11.0", "3.10.0", "3.11.0", "3.11.0"},
    {"3.9.0 3.11.0", "3.12.0", "3.9.0 3.11.0", "3.11.0"},
    {"3.9.0 3.11.0", "3.8.0", "3.9.0 3.11.0", "3.9.0"},
    {"3.9.0 3.11.0", "3.11.0-nightly.2", "3.9.0 3.11.0", "3.9.0"},
    /* Only listed versions are read, but for the running one's own. */
    {"3.9.0 3.11.0", "3.11.0", "3.10.0", NULL},
    {"3.9.0 3.11.0", "3.11.0", "3.10.0 legacy", "legacy"},
    {"3.9.0 3.11.0", "3.12.0", "3.12.0 3.9.0", "3.12.0"},
    {"", "3.11.0", "3.10.0 3.11.0", "3.11.0"},
    {"", "3.11.0", "3.10.0 legacy", "legacy"},
    {"", NULL, "3.10.0 legacy", "legacy"},
    /* The order is the list's, whatever the versions look like. */
    {"3.11.0 3.9.0 3.10.0", "3.10.0", "3.9.0 3.11.0", "3.9.0"},
};

static void orders(arena *a)
{
    for (size_t i = 0; i < ROWS(closest); i++) {
        const char *listed[8], *documents[8], *read = NULL;
        size_t n = split(arena_printf(a, "%s", closest[i].listed), listed), best = 0;
        settings_order o = settings_order_make(a, listed, n, closest[i].running);
        size_t m = split(arena_printf(a, "%s", closest[i].documents), documents);
        for (size_t k = 0; k < m; k++) {
            bool legacy = strcmp(documents[k], "legacy") == 0;
            size_t rank = settings_order_rank(&o, legacy ? NULL : documents[k]);
            if (rank > best) {
                best = rank;
                read = documents[k];
            }
        }
        is_text(read, closest[i].read,
                arena_printf(a, "listed %s; running %s; documents %s", closest[i].listed,
                             closest[i].running ? closest[i].running : "the last",
                             closest[i].documents));
    }
}

/* In these texts ' stands for ", OVER for __overriden_keys__. */
static json written(arena *a, const char *text)
{
    buf b = {0};
    buf_adds(&b, "");
    for (; *text; text++)
        if (strncmp(text, "OVER", 4) == 0) {
            buf_adds(&b, "'__overriden_keys__'");
            text += 3;
        } else if (strncmp(text, "LABELS", 6) == 0) {
            buf_adds(&b, "'__dynamic_keys_labels__'");
            text += 5;
        } else {
            buf_add(&b, text, 1);
        }
    for (size_t i = 0; i < b.len; i++)
        if (b.data[i] == '\'')
            b.data[i] = '"';
    json v = parsed(a, b.data);
    buf_free(&b);
    return v;
}

static void merges(arena *a)
{
    static const struct {
        const char *under, *over, *merged;
    } rows[] = {
        {"{'a':1}", "{}", "{'a':1}"},
        {"{'a':{'b':1}}", "{'a':{'c':2}}", "{'a':{'b':1,'c':2}}"},
        {"{'a':[1,2]}", "{'a':[3]}", "{'a':[3]}"},
        {"{'a':[1]}", "{'a':[]}", "{'a':[]}"},
        {"{'a':{'b':1}}", "{'a':7}", "{'a':7}"},
        {"{'a':7}", "{'a':{'b':1}}", "{'a':{'b':1}}"},
        {"{'a':{'b':1}}", "{'a':null}", "{'a':null}"},
        /* Replaced whole, at the top, */
        {"{'a':{'b':1},'z':1}", "{'a':{'c':2},OVER:['a']}", "{'a':{'c':2},'z':1}"},
        {"{'a':{'b':1}}", "{'a':{},OVER:['a']}", "{'a':{}}"},
        /* deeper, */
        {"{'a':{'b':{'c':1,'d':2},'e':{'f':1}}}", "{'a':{'b':{'c':9},'e':{'g':2},OVER:['b']}}",
         "{'a':{'b':{'c':9},'e':{'f':1,'g':2}}}"},
        /* at two depths: the inner note of what is replaced whole does nothing; */
        {"{'a':{'b':{'c':1,'d':2}}}", "{'a':{'b':{'c':9,OVER:['c']}},OVER:['a']}",
         "{'a':{'b':{'c':9}}}"},
        /* a key that is listed and is not there says nothing. */
        {"{'a':{'b':1}}", "{OVER:['a']}", "{'a':{'b':1}}"},
        {"{}", "{'new':{'b':{OVER:['x'],'c':1}}}", "{'new':{'b':{'c':1}}}"},
        {"{'a':{'b':1}}", "{'a':{'c':2},OVER:'a'}", "{'a':{'b':1,'c':2}}"},
        /* Labels are no settings, in lists neither. */
        {"{'a':{'b':1}}", "{'a':{'c':2,LABELS:{'c':'C'}},LABELS:{'a':'A'}}", "{'a':{'b':1,'c':2}}"},
        {"{'a':[]}", "{'a':[{'b':1,OVER:['b']},[{LABELS:{}}]]}", "{'a':[{'b':1},[{}]]}"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        json under = written(a, rows[i].under), over = written(a, rows[i].over);
        json merged = settings_merge(a, &under, &over), expected = written(a, rows[i].merged);
        is_text(json_written(a, &merged), json_written(a, &expected), rows[i].over);
    }
}

static void decisions(arena *a)
{
    static const struct {
        const char *layer, *path;
        bool decides;
    } rows[] = {
        {"{'a':{'b':1}}", "a.b", true},
        {"{'a':{'b':1}}", "a", true},
        {"{'a':{'b':1}}", "a.c", false},
        {"{'a':{'b':1}}", "a.b.c", true},          /* nothing is there: it is no object */
        {"{'a':{'b':1},OVER:['a']}", "a.c", true}, /* replaced whole, without it */
        {"{'a':{'b':{'c':1},OVER:['b']}}", "a.b.d", true},
        {"{'a':{'b':{'c':1},OVER:['b']}}", "a.e.d", false},
        {"{OVER:['a']}", "a.b", false},
        {"{'ab':1}", "a", false},
        {"{}", "a.b", false},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        json layer = written(a, rows[i].layer);
        ok(settings_decides(&layer, rows[i].path) == rows[i].decides, "%s decides on %s: %d",
           rows[i].layer, rows[i].path, rows[i].decides);
    }
}

static void anatomies(arena *a)
{
    static const struct {
        const char *theirs, *ours;
    } rows[] = {
        {"{}", "{'config':{}}"},
        {"{'attributes':{'fps':24.0,'applications':['maya/2024','',3,'nuke/14-0']}}",
         "{'attributes':{'fps':24.0},'config':{'apps':[{'name':'maya/2024'},{'name':'nuke/"
         "14-0'}]}}"},
        {"{'roots':{'fast':{}},OVER:['roots']}",
         "{OVER:['roots'],'config':{'roots':{'fast':{}},OVER:['roots']}}"},
        /* What config-2.0 does not allow. */
        {"{'roots':7,'tasks':[],'imageio':{},'unknown':{'a':1},'templates':null}",
         "{'config':{'imageio':{}}}"},
        {"{'attributes':7}", "{'config':{}}"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        json theirs = written(a, rows[i].theirs), ours = anatomy_from_settings(a, &theirs);
        json expected = written(a, rows[i].ours);
        ok(json_equal(&ours, &expected, NULL), "%s: %s", rows[i].theirs, json_written(a, &ours));
    }
}

int main(void)
{
    arena *a = arena_new();
    versions();
    wanted(a);
    orders(a);
    merges(a);
    decisions(a);
    anatomies(a);
    arena_free(a);
    return done();
}

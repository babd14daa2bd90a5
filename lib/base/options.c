#include "base/options.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/output.h"
#include "base/program.h"
#include "base/utf8.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define MAX_OPTIONS     40  /* of one program; a programming error beyond */
#define FIRST_VALUE     256 /* what getopt_long returns for the first of a table */
#define MAX_COLUMN      28  /* characters; where the help of an option begins at the latest */
#define MAX_SECONDS     1000000
#define HELP_OF_VERSION "print the version and exit"

void option_list_free(option_list *l)
{
    free(l->items);
    *l = (option_list){0};
}

/* ---- --help --------------------------------------------------------------- */

static int print_names(char *to, size_t size, const option_def *d)
{
    char letter[8] = "    ";
    if (d->letter)
        snprintf(letter, sizeof letter, "-%c, ", d->letter);
    return snprintf(to, size, "  %s--%s%s%s", letter, d->name, d->value ? " " : "",
                    d->value ? d->value : "");
}

static void print_option(const option_def *d, int column)
{
    char names[80];
    int len = print_names(names, sizeof names, d);
    fputs(names, stdout);
    if (len + 2 > column) {
        putchar('\n');
        len = 0;
    }
    for (const char *line = d->help; *line; len = 0) {
        size_t end = strcspn(line, "\n");
        printf("%*s%.*s\n", column - len, "", (int)end, line);
        line += end + (line[end] == '\n');
    }
}

static void print_options(const option_def *defs)
{
    char names[80];
    int column = 0;
    for (const option_def *d = defs; d->name; d++) {
        int len = print_names(names, sizeof names, d) + 2;
        if (len > column && len <= MAX_COLUMN)
            column = len;
    }
    for (const option_def *d = defs; d->name; d++)
        print_option(d, column);
}

static void print_usage(const char *usage)
{
    const char *before = "usage: ";
    for (const char *line = usage; *line; before = "       ") {
        size_t end = strcspn(line, "\n");
        printf("%s%.*s\n", before, (int)end, line);
        line += end + (line[end] == '\n');
    }
}

static void print_help(const program_help *help, const option_def *defs)
{
    print_usage(help->usage);
    printf("\n%s\n\n", help->about);
    print_options(defs);
    if (help->operands)
        printf("\n%s\n", help->operands);
    printf("\nExit status: %s\n", help->exit_status
                                      ? help->exit_status
                                      : "0 done, 1 some records were not used, 64 to 78 see "
                                        "opkitsu(7).");
}

/* ---- the table ------------------------------------------------------------ */

/* What all programs have; their values are their letters. */
static option_def common_def(char letter, const char *name, const char *help)
{
    return (option_def){.name = name, .letter = letter, .help = help};
}

/* Append a table to the `n` rows of `all`. Returns how many there are then. */
static size_t append(option_def *all, size_t n, const option_def *defs)
{
    for (; (defs->name || defs->group) && n < MAX_OPTIONS - 5; defs++)
        if (defs->group)
            n = append(all, n, defs->group);
        else
            all[n++] = *defs;
    return n;
}

static size_t gather(const program_help *help, const option_def *defs, option_def *all)
{
    size_t n = append(all, 0, defs);
    const char *verbose = help->verbose ? help->verbose : "print more messages";
    const char *quiet = help->quiet ? help->quiet : "print fewer messages";
    const option_def common[] = {common_def('v', "verbose", verbose),
                                 common_def('q', "quiet", quiet),
                                 common_def('h', "help", "print this help and exit"),
                                 common_def('V', "version", HELP_OF_VERSION)};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        all[n + i] = common[i];
    all[n + sizeof common / sizeof *common] = (option_def){0};
    return n;
}

static void describe(const program_help *help, const option_def *all, char *letters,
                     struct option *names)
{
    int i = 0;
    if (help->has_words)
        *letters++ = '+';
    *letters++ = ':'; /* so that getopt_long tells what is missing from what is wrong */
    for (; all[i].name; i++) {
        names[i] = (struct option){all[i].name, all[i].value ? required_argument : no_argument,
                                   NULL, FIRST_VALUE + i};
        if (all[i].letter) {
            *letters++ = all[i].letter;
            if (all[i].value)
                *letters++ = ':';
        }
    }
    *letters = '\0';
    names[i] = (struct option){0};
}

static int index_of(const option_def *all, int c)
{
    if (c >= FIRST_VALUE)
        return c - FIRST_VALUE;
    for (int i = 0; all[i].name; i++)
        if (all[i].letter == c)
            return i;
    return -1;
}

/* ---- OpenPype's spellings ------------------------------------------------- */

static bool has_option(const option_def *all, const char *name)
{
    while (all->name && strcmp(all->name, name) != 0)
        all++;
    return all->name != NULL;
}

static char *respell(const option_def *all, const char *argument)
{
    static const char *const spellings[][2] = {{"-prj", "--project"}, {"-lo", "--listen-only"}};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        size_t len = strlen(spellings[i][0]);
        if (!has_option(all, spellings[i][1] + 2) || strncmp(argument, spellings[i][0], len) != 0 ||
            (argument[len] && argument[len] != '='))
            continue;
        char *out = xmalloc(strlen(spellings[i][1]) + strlen(argument) - len + 1);
        strcpy(out, spellings[i][1]);
        strcat(out, argument + len);
        return out; /* for as long as the program runs */
    }
    return NULL;
}

/* Whether the next argument is the value of this one. */
static bool takes_next(const option_def *all, const char *argument)
{
    if (argument[0] != '-' || !argument[1])
        return false;
    if (argument[1] == '-') {
        if (strchr(argument, '='))
            return false;
        for (const option_def *d = all; d->name; d++)
            /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): it may be abbreviated */
            if (strncmp(d->name, argument + 2, strlen(argument + 2)) == 0)
                return d->value != NULL;
        return false;
    }
    for (const char *letter = argument + 1; *letter; letter++) {
        int i = index_of(all, (unsigned char)*letter);
        if (i < 0 || all[i].value)
            return i >= 0 && !letter[1];
    }
    return false;
}

/* A value stays what it is, even if it looks like one of these. */
static void respell_all(const program_help *help, const option_def *all, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (help->has_words && argv[i][0] != '-')
            return;
        char *other = respell(all, argv[i]);
        if (other)
            argv[i] = other;
        i += takes_next(all, argv[i]);
    }
}

/* ---- reading -------------------------------------------------------------- */

static void read_interval(const option_def *d, const char *value)
{
    if (!clock_parse_interval(value, d->interval))
        program_usage_error("--%s %s: a time is like 90s, 30m, 24h or 7d, or off", d->name,
                            *value ? value : "empty");
}

static void read_seconds(const option_def *d, const char *value)
{
    char *end;
    errno = 0;
    long n = strtol(value, &end, 10);
    if (errno || end == value || *end || n < 0 || n > MAX_SECONDS)
        program_usage_error("--%s: expected a number of seconds, got \"%s\"", d->name, value);
    *d->seconds = (unsigned)n;
}

static void set_option(const option_def *d, const char *value, int argc)
{
    if (d->value && !d->bytes && !utf8_is_whole(value))
        program_usage_error("the value of --%s is not UTF-8", d->name); /* it may have a secret */
    if (d->text)
        *d->text = value;
    else if (d->flag)
        *d->flag = true;
    else if (d->seconds)
        read_seconds(d, value);
    else if (d->interval)
        read_interval(d, value);
    else if (d->call)
        d->call(d->context, value);
    if (d->list) {
        if (!d->list->items)
            d->list->items = xmalloc((size_t)argc * sizeof *d->list->items);
        d->list->items[d->list->n++] = value;
    }
}

/* As ps(1) shows arguments to everybody, the password in an address such as
 * mongodb://user:PASSWORD@host is overwritten there. Returns a copy, which lives as long
 * as the program. */
static const char *hide_password(char *value)
{
    static char **copies;
    static size_t n, cap;
    if (!value || !strstr(value, "://"))
        return value;
    copies = xgrow(copies, n, &cap, sizeof *copies);
    copies[n++] = xstrdup(value);
    msg_hide_password(value);
    return copies[n - 1];
}

static void take_common(char letter, const program_help *help, const option_def *all)
{
    switch (letter) {
    case 'v': msg_louder(); break;
    case 'q': msg_quieter(); break;
    case 'h': print_help(help, all); exit(output_close(EX_OK));
    default: printf("%s (opkitsu) %s\n", msg_program(), OPKITSU_VERSION); exit(output_close(EX_OK));
    }
}

/* As getopt_long would say it, but without a value, which may be a secret in a wrong place.
 * `c`: what it returned. */
static void refuse(int c, const struct option *names, char *const *argv)
{
    hide_password(argv[optind - 1]);
    const char *argument = argv[optind - 1];
    bool is_long = optopt == 0 || optopt >= FIRST_VALUE;
    size_t len = strcspn(argument, "=");
    int like = 0;
    for (const struct option *o = names; o->name && optopt == 0; o++)
        like += len > 2 && strncmp(o->name, argument + 2, len - 2) == 0;
    if (!is_long)
        program_usage_error(
            c == ':' ? "option requires an argument -- '%c'" : "invalid option -- '%c'", optopt);
    program_usage_error(c == ':'      ? "option '%.*s' requires an argument"
                        : optopt != 0 ? "option '%.*s' doesn't allow an argument"
                        : like > 1    ? "option '%.*s' is ambiguous"
                                      : "unrecognized option '%.*s'",
                        (int)len + (optopt == 0 && like <= 1 && argument[len]), argument);
}

/* A password command that nobody quoted is several arguments. */
static void refuse_operand(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--pass", 6) == 0)
            program_usage_error("unexpected argument: a password command with blanks wants quotes");
    hide_password(argv[optind]);
    program_usage_error("unexpected argument \"%s\"", argv[optind]);
}

int options_read(const program_help *help, const option_def *defs, int argc, char **argv)
{
    option_def all[MAX_OPTIONS];
    struct option names[MAX_OPTIONS];
    char letters[2 * MAX_OPTIONS + 1];
    int n = (int)gather(help, defs, all);
    describe(help, all, letters, names);
    respell_all(help, all, argc, argv);
    unsetenv("POSIXLY_CORRECT"); /* options may stand behind operands, whatever it says */
    static char program[32];     /* what getopt_long calls us, as all messages do */
    snprintf(program, sizeof program, "%s", msg_program());
    if (argc > 0)
        argv[0] = program;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, letters, names, NULL)) != -1;) {
        int i = c == '?' || c == ':' ? -1 : index_of(all, c);
        if (i < 0)
            refuse(c, names, argv);
        if (i < n)
            set_option(&all[i], hide_password(optarg), argc);
        else
            take_common(all[i].letter, help, all);
    }
    if (optind < argc && !help->operands)
        refuse_operand(argc, argv);
    return optind;
}

void options_exclude(const char *one, bool one_given, const char *other, bool other_given)
{
    if (one_given && other_given)
        program_usage_error("%s and %s exclude each other", one, other);
}

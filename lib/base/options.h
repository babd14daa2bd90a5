/* options.h - a program's command line, and its --help, from one table. */
#ifndef OPKITSU_BASE_OPTIONS_H
#define OPKITSU_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* seconds; the --reconcile of programs that are not given one, as their --help says */
#define DEFAULT_RECONCILE 86400

/* The values of an option that may be repeated. A zeroed one is empty. */
typedef struct option_list {
    const char **items; /* owned; the texts are borrowed from the command line */
    size_t n;
} option_list;
void option_list_free(option_list *l);

/* An option. Exactly one of the last six says where it goes. A row with a `group` has
 * nothing else: it stands for the rows of that table. */
typedef struct option_def {
    const struct option_def *group; /* borrowed; a table without groups, or NULL */
    const char *name;               /* the long one, without dashes; NULL ends a table */
    char letter;                    /* the short one; 0: none */
    const char *value;              /* what its value is called; NULL: it takes none */
    const char *help;               /* a newline between its lines */
    bool bytes;                     /* its value names a file, or a command: it need not be UTF-8 */

    const char **text;
    bool *flag;
    option_list *list;
    unsigned *seconds; /* a whole number of them */
    double *interval;  /* seconds, of a time such as 24h; 0: off */
    /* Gets the value. A bad one is a usage error. */
    void (*call)(void *context, const char *value);
    void *context; /* of `call`; borrowed */
} option_def;

/* What --help says of a program beside its options. All but `verbose`, `quiet` and
 * `exit_status` must be set. */
typedef struct program_help {
    const char *usage; /* the lines behind "usage: ", with newlines between them */
    const char *about;
    const char *verbose, *quiet; /* of -v and -q; NULL: the usual words */
    const char *exit_status;     /* NULL: what opkitsu(7) says */
    const char *operands;        /* what they are, or NULL: it takes none */
    bool has_words;              /* its operands may look like options: the first ends them */
} program_help;

/* Read the options into their places; `defs` ends with a zeroed one. Every program
 * has -v, -q, -h and -V, too; -h and -V end it. `-prj` is another name of --project,
 * and `-lo` of --listen-only, as in OpenPype's documentation. What is wrong is a usage
 * error. A password in the address of a store is overwritten in argv. Returns the
 * index in argv of the first operand. */
int options_read(const program_help *help, const option_def *defs, int argc, char **argv);

/* A usage error if both are given. */
void options_exclude(const char *one, bool one_given, const char *other, bool other_given);

#endif

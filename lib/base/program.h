/* program.h - how every program starts, and how it refuses its command line. */
#ifndef OPKITSU_BASE_PROGRAM_H
#define OPKITSU_BASE_PROGRAM_H

#define OPKITSU_VERSION "1.0.0-dev"

/* The first call of main. Sets the name for messages, sees to it that no core file is left
 * and no other process of the user's looks in, opens descriptors 0, 1 and 2
 * if they are closed (a store opened as descriptor 1 would write the stream into its
 * file), and buffers stdout fully. */
void program_start(const char *name);

/* Report a usage error, point to --help, and exit 64 (EX_USAGE). */
_Noreturn void program_usage_error(const char *what, ...) __attribute__((format(printf, 1, 2)));

/* The path of a data file of the suite (anatomy.json, settings.json): beside
 * the program in the build tree or an installed PREFIX, else below the PREFIX that
 * it was built for. In static storage, overwritten by the next call. */
const char *program_share(const char *file);

#endif

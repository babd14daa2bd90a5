/* kitsu_options.h - the options of the programs that talk to Kitsu. */
#ifndef OPKITSU_ZOU_KITSU_OPTIONS_H
#define OPKITSU_ZOU_KITSU_OPTIONS_H

#include "base/options.h"
#include "zou/zou.h"

/* -s, --server URL. */
option_def kitsu_server_option(zou_options *o);
/* -l, --login LOGIN. */
option_def kitsu_login_option(zou_options *o);

typedef struct kitsu_option_rows {
    option_def rows[7];
} kitsu_option_rows;

/* The options of a program that logs in, as one row of its table: --server, --store (into
 * `*store_url`), --openpype-version, --login, --password-file and --password-command. `rows` is the caller's room
 * for them, until options_read has returned. */
option_def kitsu_options(kitsu_option_rows *rows, zou_options *o, const char **store_url);
/* A usage error if both a file and a command give the password. */
void kitsu_options_check(const zou_options *o);

#endif

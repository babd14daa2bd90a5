/* kitsu_options.h - the options of the programs that talk to Kitsu. */
#ifndef OPKITSU_ZOU_KITSU_OPTIONS_H
#define OPKITSU_ZOU_KITSU_OPTIONS_H

#include "base/options.h"
#include "zou/zou.h"

/* -s, --server URL. */
option_def kitsu_server_option(zou_options *o);
/* -l, --login LOGIN. */
option_def kitsu_login_option(zou_options *o);
/* --password-file FILE and --password-command COMMAND, one of which may be given. */
option_def kitsu_password_file_option(zou_options *o);
option_def kitsu_password_command_option(zou_options *o);
/* A usage error if both are given. */
void kitsu_options_check(const zou_options *o);

#endif

#include "zou/kitsu_options.h"

#include "store/store_option.h"

option_def kitsu_server_option(zou_options *o)
{
    return (option_def){.name = "server",
                        .letter = 's',
                        .value = "URL",
                        .help =
                            "Kitsu's address (default: $KITSU_SERVER, else OpenPype's settings)",
                        .text = &o->server};
}

option_def kitsu_login_option(zou_options *o)
{
    return (option_def){.name = "login",
                        .letter = 'l',
                        .value = "LOGIN",
                        .help = "log in to Kitsu as this user (default: $KITSU_LOGIN)",
                        .text = &o->credentials.login};
}

option_def kitsu_options(kitsu_option_rows *rows, zou_options *o, const char **store_url)
{
    *rows = (kitsu_option_rows){
        {kitsu_server_option(o),
         store_option(store_url),
         openpype_version_option(),
         kitsu_login_option(o),
         {.name = "password-file",
          .value = "FILE",
          .bytes = true,
          .help = "the password is the first line of FILE (default: $KITSU_PWD)",
          .text = &o->credentials.password_file},
         {.name = "password-command",
          .value = "COMMAND",
          .bytes = true,
          .help = "the password is the first line that COMMAND prints",
          .text = &o->credentials.password_command},
         {0}}};
    return (option_def){.group = rows->rows};
}

void kitsu_options_check(const zou_options *o)
{
    options_exclude("--password-file", o->credentials.password_file, "--password-command",
                    o->credentials.password_command);
}

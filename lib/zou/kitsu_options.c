#include "zou/kitsu_options.h"

option_def kitsu_server_option(zou_options *o)
{
    return (option_def){.name = "server",
                        .letter = 's',
                        .value = "URL",
                        .help = "Kitsu's address (KITSU_SERVER, else OpenPype's settings)",
                        .text = &o->server};
}

option_def kitsu_login_option(zou_options *o)
{
    return (option_def){.name = "login",
                        .letter = 'l',
                        .value = "LOGIN",
                        .help = "the login (KITSU_LOGIN)",
                        .text = &o->credentials.login};
}

option_def kitsu_password_file_option(zou_options *o)
{
    return (option_def){.name = "password-file",
                        .value = "FILE",
                        .help = "the password is the first line of FILE (KITSU_PWD)",
                        .text = &o->credentials.password_file};
}

option_def kitsu_password_command_option(zou_options *o)
{
    return (option_def){.name = "password-command",
                        .value = "COMMAND",
                        .help = "the password is the first line that COMMAND prints",
                        .text = &o->credentials.password_command};
}

void kitsu_options_check(const zou_options *o)
{
    options_exclude("--password-file", o->credentials.password_file, "--password-command",
                    o->credentials.password_command);
}

#include "base/system_files.h"

#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whole folders, as their files are replaced while a service runs. Which of them there are
 * depends on the distribution. */
static const char *const folders[] = {"/etc",
                                      "/usr",
                                      "/lib",
                                      "/lib64",
                                      "/nix/store",
                                      "/gnu/store",
                                      "/run/systemd",
                                      "/run/resolvconf",
                                      "/run/NetworkManager",
                                      "/run/connman",
                                      "/run/netconfig",
                                      "/run/nscd",
                                      "/var/lib/sss",
                                      "/var/lib/ca-certificates",
                                      "/dev/urandom",
                                      "/dev/null"};

/* These may be links to elsewhere, as resolv.conf is one to /mnt/wsl in WSL. */
static const char *const files[] = {
    "/etc/hosts",           "/etc/host.conf", "/etc/nsswitch.conf",  "/etc/gai.conf",
    "/etc/services",        "/etc/localtime", "/etc/krb5.conf",      "/etc/ssl",
    "/etc/ssl/openssl.cnf", "/etc/pki",       "/etc/crypto-policies"};

static bool is_in_folders(const char *path)
{
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        size_t len = strlen(folders[i]);
        if (strncmp(path, folders[i], len) == 0 && (path[len] == '/' || !path[len]))
            return true;
    }
    return false;
}

/* What the path leads to, if that is outside those folders, else NULL. The caller frees it. */
static char *end_outside(const char *path)
{
    char *end = realpath(path, NULL);
    if (end && is_in_folders(end)) {
        free(end);
        end = NULL;
    }
    return end;
}

static void need_end(program_needs *n, const char *path)
{
    char *end = end_outside(path);
    if (end)
        needs_read(n, end);
    free(end);
}

/* What looks names up puts a new file in its place now and then: its folder is needed, but
 * for one that holds more than what it has made. */
static void need_resolver(program_needs *n)
{
    char *end = end_outside("/etc/resolv.conf");
    if (!end)
        return;
    char *slash = strrchr(end, '/');
    size_t len = (size_t)(slash - end);
    const char *home = getenv("HOME");
    bool holds_home = home && strncmp(home, end, len) == 0 && (home[len] == '/' || !home[len]);
    if (!holds_home) /* as "/" does, where `len` is 0 */
        *slash = '\0';
    needs_read(n, *end ? end : "/etc/resolv.conf");
    free(end);
}

static bool is_link(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static void need_authorities(program_needs *n, const char *folder)
{
    needs_read(n, folder);
    DIR *d = opendir(folder);
    if (!d)
        return;
    for (const struct dirent *entry; (entry = readdir(d));) {
        char end[PATH_MAX];
        ssize_t len = entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN
                          ? readlinkat(dirfd(d), entry->d_name, end, sizeof end - 1)
                          : -1;
        if (len <= 0)
            continue;
        end[len] = '\0'; /* mostly a neighbour's name, or a path that is readable anyway */
        if (!strchr(end, '/') || (is_in_folders(end) && !strstr(end, "..") && !is_link(end)))
            continue;
        char path[PATH_MAX];
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path)
            need_end(n, path);
    }
    closedir(d);
}

void system_files_need_authorities(program_needs *n, const char *list)
{
    char *places = xstrdup(list), *rest = places;
    for (const char *folder; (folder = strsep(&rest, ":"));)
        if (*folder)
            need_authorities(n, folder);
    free(places);
}

void system_files_needs(program_needs *n)
{
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        needs_read(n, folders[i]);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        need_end(n, files[i]);
    need_resolver(n);
    /* Where OpenSSL looks for authorities; it may be built with a place of its own. */
    const char *const bundles[] = {getenv("SSL_CERT_FILE"), X509_get_default_cert_file()},
                      *const places[] = {getenv("SSL_CERT_DIR"), X509_get_default_cert_dir()};
    for (size_t i = 0; i < 2; i++) {
        if (bundles[i] && *bundles[i])
            needs_read(n, bundles[i]);
        if (places[i] && *places[i])
            system_files_need_authorities(n, places[i]);
    }
}

/* system_files.h - what the C library's resolver with its plug-ins, OpenSSL and curl read of
 * the system's files, some of it only when a connection is made: hosts, resolv.conf, name
 * services, authorities, the libraries themselves. */
#ifndef OPKITSU_BASE_SYSTEM_FILES_H
#define OPKITSU_BASE_SYSTEM_FILES_H

#include "base/needs.h"

/* All of it, and where it is a link to. confine() calls it for a program with a network. */
void system_files_needs(program_needs *n);

/* A folder of authorities with what is linked into it, or several, as SSL_CERT_DIR. */
void system_files_need_authorities(program_needs *n, const char *list);

#endif

/* needs.h - what a program still needs while it is at work: what base/confine.h leaves to it. */
#ifndef OPKITSU_BASE_NEEDS_H
#define OPKITSU_BASE_NEEDS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct need_of_path {
    char *path; /* owned */
    bool write;
} need_of_path;

/* What a program still needs beside what is open. A zeroed one: nothing. */
typedef struct program_needs {
    bool network;        /* servers, with what finding them and TLS reads of the system's files */
    bool any_file;       /* to read whatever its user may */
    bool keyring;        /* the kernel's, where Kerberos may keep tickets */
    need_of_path *paths; /* owned, until confine */
    size_t n, cap;
} program_needs;

/* A file, or a folder with all below it, to read. Of what does not exist nothing will be
 * read, if it comes into being: what is above it may be the user's home. */
void needs_read(program_needs *n, const char *path);
/* To make, write and remove files there, too. If it does not exist, in the nearest folder
 * above it that does, as the program makes it. */
void needs_write(program_needs *n, const char *path);
void needs_free(program_needs *n);

#endif

/* confine.h - giving up what the rest of a program's work does not need.
 *
 * A program says what it still needs once it has opened its files and read its options and
 * settings, and confine() takes the rest away, for good and for its threads: a mistake in
 * what reads Kitsu's or a store's data can then neither start a program nor read or change
 * the user's other files, nor, in a program that needs no network, send anything.
 *
 * Three things of Linux do it:
 *   no_new_privs  nothing that is executed gains rights (prctl(2));
 *   Landlock      files: only those named, and what libraries read of the system's in a
 *                 program with a network (system_files.h; landlock(7), Linux 5.13);
 *   seccomp       system calls: those in confine.c are refused, by libseccomp.
 *
 * Calls are refused with EPERM, not answered with a signal: the place that made the call says
 * what failed, as for any other error. It is a list of what is refused, not of what is
 * allowed: the C library, OpenSSL, curl and libmongoc change their calls with each version,
 * and a list of those allowed would break a studio's service on an update of its system. What
 * is left acts on what the program has open, on files that Landlock allows, or on itself.
 *
 * A kernel without Landlock or seccomp, or a container that says it has none or does not let
 * them be asked for (EPERM), is no error: -v tells of it. Where they are, and refuse, the
 * program ends (EX_OSERR). Before version 3 of Landlock (Linux
 * 6.2) truncate(2) is not confined. What later ones add, ports, devices and signals, is not
 * asked for.
 *
 * Not confined: sync-supervisor and the scripts, which start programs, and
 * --password-command, which runs before. */
#ifndef OPKITSU_BASE_CONFINE_H
#define OPKITSU_BASE_CONFINE_H

#include "base/error.h"
#include "base/needs.h"

/* Give up all else. Frees what `n` holds. Call it while there is one thread. False: the
 * system refused, `*e`. */
bool confine(program_needs *n, error *e);
/* The same for a program that needs nothing but what is open. */
bool confine_wholly(error *e);

#endif

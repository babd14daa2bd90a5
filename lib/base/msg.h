/* msg.h - messages for people, on stderr.
 *
 * Every message is one line, `program: text`. What msg_character calls unsafe is
 * shown as `?`: a name from Kitsu must not control a terminal. */
#ifndef OPKITSU_BASE_MSG_H
#define OPKITSU_BASE_MSG_H

#include <stdbool.h>
#include <stddef.h>

/* Set the program's name (borrowed, for good). Call it first in main. */
void msg_init(const char *program);
const char *msg_program(void);

/* One level up (-v) or down (-q). Level 0 shows warnings and errors. */
void msg_louder(void);
void msg_quieter(void);
int msg_level(void);

/* An error: always shown. */
void msg_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* From now on show each warning only once: for programs that judge the same records
 * again and again. */
void msg_warn_once(void);
/* A warning: shown unless -q. */
void msg_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Progress: shown with -v. */
void msg_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How many bytes the character at `text` has, which ends with a NUL and does not begin with
 * it. `*unsafe`: it controls a terminal or reverses its line: ASCII's control characters,
 * those that UTF-8 writes as C2 80 to C2 9F, marks of direction and line; or it is a byte
 * that is not UTF-8, which may be one of these to a terminal of 8 bits. */
size_t msg_character(const char *text, bool *unsafe);

/* Show what msg_character calls unsafe as `?`, in place. All functions above do. */
void msg_tame(char *text);
/* Overwrite the password of an address, as mongodb://user:PASSWORD@host or without its
 * beginning, in place: of one word, or a sentence with a word of the command line. */
void msg_hide_password(char *text);

/* Whether progress may be drawn on stderr: it is a terminal, and no -q. */
bool msg_progress_wanted(void);
/* Draw a line of progress over the last one; NULL erases it, as the functions above
 * do. Nothing happens unless progress is wanted. */
void msg_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

/* clock.c - preloaded into a program, has its clock on the wall wrong by the seconds in the
 * file $CLOCK_SHIFT, a number with a sign; whoever writes there turns the clocks of all that
 * run. The file is mapped at the start: programs that keep to their own files read it, too. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SHIFT_SIZE 16 /* bytes of the file: digits, and blanks */

static const char *shift_text;
static int (*real_clock_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void clock_begin(void)
{
    void *function = dlsym(RTLD_NEXT, "clock_gettime");
    memcpy(&real_clock_gettime, &function, sizeof function);
    const char *path = getenv("CLOCK_SHIFT");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *map = mmap(NULL, SHIFT_SIZE, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED)
        shift_text = map;
}

static time_t shift(void)
{
    char text[SHIFT_SIZE + 1] = "";
    if (shift_text)
        memcpy(text, shift_text, SHIFT_SIZE);
    return (time_t)strtol(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *time)
{
    if (!real_clock_gettime)
        clock_begin();
    int status = real_clock_gettime(id, time);
    if (status == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        time->tv_sec += shift();
    return status;
}

/* glibc declares some of these arguments as never null. */
int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *time = (struct timeval){now.tv_sec, (suseconds_t)(now.tv_nsec / 1000)};
    return 0;
}

time_t time(time_t *place)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place)
        *place = now.tv_sec;
    return now.tv_sec;
}

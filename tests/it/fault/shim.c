/* Faults for a server under test, loaded before libc.
 *
 * The folder $FAULTS commands: a file there, named as a call, has the number of the error that the call gives on files of
 * the store, or -1 where it does not return for as long as the file has that, and then works. `times` has how many such
 * calls fail, `skip` how many work before, `slow` after how many microseconds, `clock` the seconds that the time of day is
 * ahead. Nothing is there: everything works. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

#define SILENT -1

/* The number in a file of the folder of faults, or `otherwise`. By bare calls: the wrapped ones would come back here. */
static long commanded(const char *name, long otherwise) {
    const char *folder = getenv("FAULTS");
    char path[4096], text[32] = {0};
    if (folder == NULL) return otherwise;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return otherwise;
    long length = syscall(SYS_read, file, text, sizeof text - 1);
    syscall(SYS_close, file);
    return length > 0 ? atol(text) : otherwise;
}

/* How many calls that could have failed there were. */
static atomic_long seen;

/* Whether a call on a file is to fail; then errno says why. */
static int fails(const char *name, int file) {
    int saved = errno;
    long error = commanded(name, 0);
    errno = saved;
    if (error == 0) return 0;
    char link[64], path[4096] = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) < 0 || strstr(path, "/store/") == NULL) return 0;
    long before = atomic_fetch_add(&seen, 1) - commanded("skip", 0);
    if (before < 0 || before >= commanded("times", 0)) return 0;
    if (error == SILENT) {
        while (commanded(name, 0) == SILENT) usleep(10000);
        return 0;
    }
    usleep(commanded("slow", 0));
    errno = (int)error;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fdatasync(int file) { return fails("fdatasync", file) ? -1 : REAL(fdatasync)(file); }

int fsync(int file) { return fails("fsync", file) ? -1 : REAL(fsync)(file); }

int sync_file_range(int file, off64_t from, off64_t count, unsigned int flags) {
    return fails("sync_file_range", file) ? -1 : REAL(sync_file_range)(file, from, count, flags);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    return fails("pwrite64", file) ? -1 : REAL(pwrite64)(file, bytes, count, at);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    long done = syscall(SYS_clock_gettime, clock, time);
    if (done == 0 && clock == CLOCK_REALTIME) time->tv_sec += commanded("clock", 0);
    return (int)done;
}

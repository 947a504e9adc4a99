// A disk with a cache, for one process: what its journal's file is given since the last sync is also written down, so
// that the test can drop any part of it after a SIGKILL, as a power cut would.
//
// LD_PRELOAD names it, MUSTER_LOSSY_LOG the file for what is not synced: records of kind, offset, length before, length
// of the new bytes, then the old bytes and the new. With MUSTER_LOSSY_SYNC=nothing a sync does nothing: a program
// without one, which the test has to notice.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITE = 1, LENGTH = 2 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;

static ssize_t real_pwrite(int fd, const void *bytes, size_t count, off64_t at) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
    return real(fd, bytes, count, at);
}

// Whether it is a journal's file.
static int is_journal(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 5) return 0;
    path[length] = 0;
    return !strcmp(path + length - 5, ".redb");
}

static void note(uint64_t kind, uint64_t at, const void *old, uint64_t old_count, const void *new, uint64_t new_count) {
    if (log_fd < 0) {
        const char *path = getenv("MUSTER_LOSSY_LOG");
        if (path) log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (log_fd < 0) abort();
    }
    // One write: a record is there whole or not at all.
    size_t head = 4 * sizeof(uint64_t), size = head + old_count + new_count;
    char *record = malloc(size);
    if (!record) abort();
    uint64_t fields[4] = {kind, at, old_count, new_count};
    memcpy(record, fields, head);
    if (old_count) memcpy(record + head, old, old_count);
    if (new_count) memcpy(record + head + old_count, new, new_count);
    if (write(log_fd, record, size) != (ssize_t)size) abort();
    free(record);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    if (!is_journal(fd)) return real_pwrite(fd, bytes, count, at);
    pthread_mutex_lock(&lock);
    char *old = malloc(count + 1);
    if (!old) abort();
    ssize_t there = pread64(fd, old, count, at);
    note(WRITE, at, old, there < 0 ? 0 : there, bytes, count);
    free(old);
    ssize_t written = real_pwrite(fd, bytes, count, at);
    pthread_mutex_unlock(&lock);
    return written;
}

int ftruncate64(int fd, off64_t length) {
    static int (*real)(int, off64_t);
    if (!real) real = dlsym(RTLD_NEXT, "ftruncate64");
    if (!is_journal(fd)) return real(fd, length);
    pthread_mutex_lock(&lock);
    struct stat64 status;
    if (fstat64(fd, &status)) abort();
    // What is cut off comes back if the new length is lost.
    size_t cut = length < status.st_size ? status.st_size - length : 0;
    char *old = malloc(cut + 1);
    if (!old || (cut && pread64(fd, old, cut, length) != (ssize_t)cut)) abort();
    uint64_t before = status.st_size;
    note(LENGTH, length, old, cut, &before, sizeof before);
    free(old);
    int done = real(fd, length);
    pthread_mutex_unlock(&lock);
    return done;
}

static int synced(void) {
    const char *mode = getenv("MUSTER_LOSSY_SYNC");
    if (mode && !strcmp(mode, "nothing")) return 0;
    // A disk takes its time, in which there is something to lose.
    usleep(1000);
    pthread_mutex_lock(&lock);
    // Page caches survive SIGKILL: the file has what it was given, and from now on none of it can be lost.
    if (log_fd >= 0 && ftruncate(log_fd, 0)) abort();
    pthread_mutex_unlock(&lock);
    return 0;
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
    return is_journal(fd) ? synced() : real(fd);
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fsync");
    return is_journal(fd) ? synced() : real(fd);
}

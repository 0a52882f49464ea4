/* Stands between a process and its disk (LD_PRELOAD): counts what changes files below one folder, and at the k-th such
 * operation ends the process, fails it, or writes half of it; or keeps a log of all of them.
 *
 * Every call goes on as a bare system call, so that nothing here calls itself. Counters lie in memory shared with the
 * process that forked this one, which reads them after a death. Calls inside the C library itself (the buffers of
 * FILE) do not pass here but for fopen; nothing that is tested writes by them.
 */
#include "plan.h"

/* An operation on one or two paths, done by the system call in `call`. */
#define ON_PATHS(kind, path, other, call)                                                                             \
    do {                                                                                                              \
        if (met(kind, path, other) < 0)                                                                               \
            return -1;                                                                                                \
        if (plan.mode != LOG)                                                                                         \
            return (int)(call);                                                                                       \
        pthread_mutex_lock(&turn);                                                                                    \
        int result = (int)(call), kept = errno;                                                                       \
        if (result >= 0)                                                                                              \
            log_entry(kind, 0, 0, NULL, 0, 0, path, other);                                                           \
        pthread_mutex_unlock(&turn);                                                                                  \
        errno = kept;                                                                                                 \
        return result;                                                                                                \
    } while (0)

static int open_at(int folder, const char *name, int flags, mode_t bits) {
    char path[PATH_MAX];
    int writes = flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR);
    if (plan.mode == OFF || !writes || (resolve(folder, name, path), !ours(path)))
        return (int)syscall(SYS_openat, folder, name, flags, bits);
    if (met(OPEN, path, NULL) < 0)
        return -1;
    if (plan.mode != LOG)
        return (int)syscall(SYS_openat, folder, name, flags, bits);
    pthread_mutex_lock(&turn);
    int created = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
    int file = (int)syscall(SYS_openat, folder, name, flags, bits), kept = errno;
    if (file >= 0 && created)
        log_entry(OPEN, 1, 0, NULL, 0, 0, path, NULL);
    else if (file >= 0 && flags & O_TRUNC)
        log_entry(TRUNCATE, 0, 0, NULL, 0, 0, path, NULL);
    pthread_mutex_unlock(&turn);
    errno = kept;
    return file;
}

#define BITS(flags)                                                                                                   \
    mode_t bits = 0;                                                                                                  \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                                              \
        va_list more;                                                                                                 \
        va_start(more, flags);                                                                                        \
        bits = va_arg(more, mode_t);                                                                                  \
        va_end(more);                                                                                                 \
    }
int open(const char *name, int flags, ...) { BITS(flags) return open_at(AT_FDCWD, name, flags, bits); }
int open64(const char *name, int flags, ...) { BITS(flags) return open_at(AT_FDCWD, name, flags, bits); }
int openat(int at, const char *name, int flags, ...) { BITS(flags) return open_at(at, name, flags, bits); }
int openat64(int at, const char *name, int flags, ...) { BITS(flags) return open_at(at, name, flags, bits); }
int __open_2(const char *name, int flags) { return open_at(AT_FDCWD, name, flags, 0); }
int __open64_2(const char *name, int flags) { return open_at(AT_FDCWD, name, flags, 0); }
int __openat_2(int at, const char *name, int flags) { return open_at(at, name, flags, 0); }
int __openat64_2(int at, const char *name, int flags) { return open_at(at, name, flags, 0); }
int creat(const char *name, mode_t bits) { return open_at(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, bits); }
int creat64(const char *name, mode_t bits) { return creat(name, bits); }

static FILE *fopen_by(const char *symbol, const char *name, const char *how) {
    FILE *(*real)(const char *, const char *) = (FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, symbol);
    char path[PATH_MAX];
    if (plan.mode != OFF && (strpbrk(how, "wa+")) && (resolve(AT_FDCWD, name, path), ours(path)) &&
        met(OPEN, path, NULL) < 0)
        return NULL;
    return real(name, how);
}
FILE *fopen(const char *name, const char *how) { return fopen_by("fopen", name, how); }
FILE *fopen64(const char *name, const char *how) { return fopen_by("fopen64", name, how); }

/* Write at `offset`, or where the file stands if it is negative. */
static ssize_t put(int file, const struct iovec *parts, int n, off_t offset) {
    if (offset >= 0)
        return syscall(SYS_pwritev, file, parts, n, offset, 0);
    return syscall(SYS_writev, file, parts, n);
}

static ssize_t write_parts(int file, const struct iovec *parts, int n, off_t offset) {
    char path[PATH_MAX];
    if (plan.mode == OFF || (of_descriptor(file, path), !ours(path)))
        return put(file, parts, n, offset);
    int found = met(WRITE, path, NULL);
    if (found < 0)
        return -1;
    if (found > 0) {
        struct iovec half = {parts[0].iov_base, (parts[0].iov_len + 1) / 2};
        ssize_t written = put(file, &half, 1, offset);
        if (plan.mode == TEAR)
            syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
        return written;
    }
    if (plan.mode != LOG)
        return put(file, parts, n, offset);
    pthread_mutex_lock(&turn);
    long flags = syscall(SYS_fcntl, file, F_GETFL);
    off_t from = offset >= 0 ? offset : (off_t)syscall(SYS_lseek, file, 0, flags & O_APPEND ? SEEK_END : SEEK_CUR);
    ssize_t size = put(file, parts, n, offset);
    int kept = errno;
    if (size > 0)
        log_entry(WRITE, 0, from, parts, n, size, path, NULL);
    pthread_mutex_unlock(&turn);
    errno = kept;
    return size;
}

ssize_t write(int file, const void *data, size_t size) {
    struct iovec part = {(void *)data, size};
    return plan.mode == OFF ? syscall(SYS_write, file, data, size) : write_parts(file, &part, 1, -1);
}
ssize_t pwrite(int file, const void *data, size_t size, off_t offset) {
    struct iovec part = {(void *)data, size};
    return write_parts(file, &part, 1, offset);
}
ssize_t pwrite64(int file, const void *data, size_t size, off64_t offset) { return pwrite(file, data, size, offset); }
ssize_t writev(int file, const struct iovec *parts, int n) { return write_parts(file, parts, n, -1); }
ssize_t pwritev(int file, const struct iovec *parts, int n, off_t offset) { return write_parts(file, parts, n, offset); }
ssize_t pwritev64(int file, const struct iovec *parts, int n, off64_t at) { return write_parts(file, parts, n, at); }

/* Copying inside the kernel is told to be impossible for our files: whoever copies then does so by write. A disk that
 * refuses writes refuses it as it would a write, since such an error names files otherwise. */
static int is_ours(int file) {
    char path[PATH_MAX];
    return plan.mode != OFF && (of_descriptor(file, path), ours(path));
}
ssize_t sendfile(int to, int from, off_t *offset, size_t size) {
    char path[PATH_MAX];
    if (!is_ours(to))
        return syscall(SYS_sendfile, to, from, offset, size);
    if (plan.mode != FAIL || plan.error == EINTR)
        return errno = EINVAL, -1;
    of_descriptor(to, path);
    return met(WRITE, path, NULL) < 0 ? -1 : syscall(SYS_sendfile, to, from, offset, size);
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t size) { return sendfile(to, from, offset, size); }
ssize_t copy_file_range(int from, off64_t *begin_at, int to, off64_t *offset, size_t size, unsigned flags) {
    return is_ours(to) ? (errno = EXDEV, -1)
                       : syscall(SYS_copy_file_range, from, begin_at, to, offset, size, flags);
}

static int sync_by(long number, int file) {
    char path[PATH_MAX];
    if (plan.mode == OFF || (of_descriptor(file, path), !ours(path)))
        return (int)syscall(number, file);
    ON_PATHS(SYNC, path, NULL, syscall(number, file));
}
int fsync(int file) { return sync_by(SYS_fsync, file); }
int fdatasync(int file) { return sync_by(SYS_fdatasync, file); }

static int truncate_to(int file, const char *name, off_t size) {
    char path[PATH_MAX];
    if (plan.mode == OFF || (name ? resolve(AT_FDCWD, name, path) : of_descriptor(file, path), !ours(path)))
        return (int)(name ? syscall(SYS_truncate, name, size) : syscall(SYS_ftruncate, file, size));
    if (met(TRUNCATE, path, NULL) < 0)
        return -1;
    pthread_mutex_lock(&turn);
    int result = (int)(name ? syscall(SYS_truncate, name, size) : syscall(SYS_ftruncate, file, size)), kept = errno;
    if (plan.mode == LOG && result >= 0)
        log_entry(TRUNCATE, 0, size, NULL, 0, 0, path, NULL);
    pthread_mutex_unlock(&turn);
    errno = kept;
    return result;
}
int ftruncate(int file, off_t size) { return truncate_to(file, NULL, size); }
int ftruncate64(int file, off64_t size) { return truncate_to(file, NULL, size); }
int truncate(const char *name, off_t size) { return truncate_to(-1, name, size); }
int truncate64(const char *name, off64_t size) { return truncate_to(-1, name, size); }

/* Reserving space is told to be impossible for our files: whoever asks then writes without. */
int fallocate(int file, int how, off_t offset, off_t size) {
    return is_ours(file) ? (errno = EOPNOTSUPP, -1) : (int)syscall(SYS_fallocate, file, how, offset, size);
}
int fallocate64(int file, int how, off64_t offset, off64_t size) { return fallocate(file, how, offset, size); }
int posix_fallocate(int file, off_t offset, off_t size) {
    return is_ours(file) ? EOPNOTSUPP : syscall(SYS_fallocate, file, 0, offset, size) ? errno : 0;
}
int posix_fallocate64(int file, off64_t offset, off64_t size) { return posix_fallocate(file, offset, size); }

static int two(enum kind kind, int from, const char *old, int to, const char *fresh, int flags) {
    char path[PATH_MAX], other[PATH_MAX];
    long number = kind == RENAME ? SYS_renameat2 : SYS_linkat;
    if (plan.mode == OFF || (resolve(from, old, path), resolve(to, fresh, other), !ours(path) && !ours(other)))
        return (int)syscall(number, from, old, to, fresh, flags);
    ON_PATHS(kind, path, other, syscall(number, from, old, to, fresh, flags));
}
int rename(const char *old, const char *fresh) { return two(RENAME, AT_FDCWD, old, AT_FDCWD, fresh, 0); }
int renameat(int from, const char *old, int to, const char *fresh) { return two(RENAME, from, old, to, fresh, 0); }
int renameat2(int from, const char *old, int to, const char *fresh, unsigned flags) {
    return two(RENAME, from, old, to, fresh, (int)flags);
}
int link(const char *old, const char *fresh) { return two(LINK, AT_FDCWD, old, AT_FDCWD, fresh, 0); }
int linkat(int from, const char *old, int to, const char *fresh, int flags) {
    return two(LINK, from, old, to, fresh, flags);
}

static int one(enum kind kind, int folder, const char *name, long number, long argument) {
    char path[PATH_MAX];
    if (plan.mode == OFF || (resolve(folder, name, path), !ours(path)))
        return (int)syscall(number, folder, name, argument);
    ON_PATHS(kind, path, NULL, syscall(number, folder, name, argument));
}
int unlinkat(int folder, const char *name, int flags) {
    return one(flags & AT_REMOVEDIR ? RMDIR : UNLINK, folder, name, SYS_unlinkat, flags);
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }
int remove(const char *name) {
    int result = unlink(name);
    return result && errno == EISDIR ? rmdir(name) : result;
}
int mkdirat(int folder, const char *name, mode_t bits) { return one(MKDIR, folder, name, SYS_mkdirat, bits); }
int mkdir(const char *name, mode_t bits) { return mkdirat(AT_FDCWD, name, bits); }
int symlinkat(const char *to, int folder, const char *name) {
    char path[PATH_MAX];
    if (plan.mode == OFF || (resolve(folder, name, path), !ours(path)))
        return (int)syscall(SYS_symlinkat, to, folder, name);
    ON_PATHS(LINK, to, path, syscall(SYS_symlinkat, to, folder, name));
}
int symlink(const char *to, const char *name) { return symlinkat(to, AT_FDCWD, name); }

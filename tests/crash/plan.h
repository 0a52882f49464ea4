/* What is to become of which operation, the counters, and the log: see interpose.c. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { OFF, COUNT, KILL, TEAR, FAIL, SHORT, LOG };
enum kind { OPEN, WRITE, SYNC, RENAME, UNLINK, MKDIR, RMDIR, TRUNCATE, LINK, KINDS };
static const char *const names[KINDS] = {"open", "write", "fsync", "rename", "unlink", "mkdir", "rmdir", "truncate", "link"};

/* Takes space on the disk, or has to reach it: what a full or broken disk refuses. Removing is never refused. */
static int needs_disk(enum kind kind) { return kind != UNLINK && kind != RMDIR; }

/* May wait for the disk, so that a signal can interrupt it. */
static int may_wait(enum kind kind) { return kind == OPEN || kind == WRITE || kind == SYNC; }

struct shared {
    atomic_long count;
    char last[2 * PATH_MAX + 64];
};
static struct shared *shared;
static struct {
    enum mode mode;
    long at, until;
    int error, log;
    size_t length;
    char root[PATH_MAX], apart[PATH_MAX];
} plan;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

struct entry { /* of the log: followed by both paths and `size` bytes of data */
    int32_t kind, created;
    int64_t offset, size;
    int32_t length, length_other;
};

__attribute__((constructor)) static void begin(void) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* Begin: operations below `root` but not below `apart` (may be empty), from number `at` to `until`, fail by `error`. */
void crash_arm(const char *root, const char *apart, int mode, long at, long until, int error, const char *log) {
    snprintf(plan.root, sizeof plan.root, "%s", root);
    snprintf(plan.apart, sizeof plan.apart, "%s", apart);
    plan.length = strlen(root);
    plan.at = at, plan.until = until, plan.error = error;
    if (mode == LOG) {
        int file = (int)syscall(SYS_openat, AT_FDCWD, log, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
        plan.log = (int)syscall(SYS_fcntl, file, F_DUPFD_CLOEXEC, 900);
        syscall(SYS_close, file);
    }
    atomic_store(&shared->count, 0);
    shared->last[0] = 0;
    plan.mode = mode;
}

void crash_disarm(void) { plan.mode = OFF; }
long crash_count(void) { return atomic_load(&shared->count); }
const char *crash_last(void) { return shared->last; }

static int below(const char *path, const char *folder, size_t length) {
    return length && !strncmp(path, folder, length) && (path[length] == 0 || path[length] == '/');
}

static int ours(const char *path) {
    return below(path, plan.root, plan.length) && !below(path, plan.apart, strlen(plan.apart));
}

static void of_descriptor(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
}

static void resolve(int folder, const char *name, char *path) {
    char base[PATH_MAX] = "";
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
        return;
    }
    if (folder == AT_FDCWD)
        syscall(SYS_getcwd, base, sizeof base);
    else
        of_descriptor(folder, base);
    snprintf(path, PATH_MAX, "%.2040s/%.2040s", base, name);
}

/* What becomes of the operation: 0 it is done, 1 half of it is written (then, in TEAR, the process dies), -1 fails. */
static int met(enum kind kind, const char *path, const char *other) {
    if (plan.mode == FAIL && !(plan.error == EINTR ? may_wait(kind) : needs_disk(kind)))
        return 0;
    if ((plan.mode == SHORT || plan.mode == TEAR) && kind != WRITE)
        return 0;
    long number = atomic_fetch_add(&shared->count, 1) + 1;
    if (number < plan.at || number > plan.until || plan.mode == COUNT || plan.mode == LOG)
        return 0;
    snprintf(shared->last, sizeof shared->last, "%s %s%s%s", names[kind], path, other ? " -> " : "", other ? other : "");
    if (plan.mode == KILL) {
        syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
        for (;;) syscall(SYS_pause);
    }
    if (plan.mode == FAIL) {
        errno = plan.error;
        return -1;
    }
    return 1;
}

static void log_entry(enum kind kind, int created, int64_t offset, const struct iovec *parts, int n, int64_t size,
                      const char *path, const char *other) {
    struct entry entry = {kind, created, offset, size, (int32_t)strlen(path), other ? (int32_t)strlen(other) : 0};
    syscall(SYS_write, plan.log, &entry, sizeof entry);
    syscall(SYS_write, plan.log, path, entry.length);
    if (other)
        syscall(SYS_write, plan.log, other, entry.length_other);
    for (int i = 0; i < n && size > 0; i++) {
        int64_t taken = (int64_t)parts[i].iov_len < size ? (int64_t)parts[i].iov_len : size;
        syscall(SYS_write, plan.log, parts[i].iov_base, taken);
        size -= taken;
    }
}

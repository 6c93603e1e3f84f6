/* Writing reports out; see output.h. Called by the reporters. */
#include "report/output.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* So long a report waits for who reads the pipe that it goes to. */
enum { PATIENCE_MS = 5000, PIPE_LOOK_MS = 20 };

bool output_is_stdout(const char *path)
{
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    for (size_t i = 0; path != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(path, names[i]) == 0)
            return true;
    }
    return path == NULL;
}

/* Whether path exists and is anything but a regular file. */
static bool is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static bool is_fifo(const char *path)
{
    struct stat st;
    return !output_is_stdout(path) && stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* "dir/" of "dir/name", "./" of "name". Owned by the caller. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? xstrdup("./") : xstrndup(path, (size_t)(slash - path) + 1);
}

/* One step of where a symbolic link leads. NULL: path is none. Owned by the
 * caller. */
static char *link_target(const char *path)
{
    char text[PATH_MAX];
    ssize_t len = readlink(path, text, sizeof(text) - 1);
    if (len < 0)
        return NULL;
    text[len] = 0;
    if (text[0] == '/')
        return xstrdup(text);
    char *directory = directory_of(path);
    char *target = xasprintf("%s%s", directory, text);
    free(directory);
    return target;
}

/* The real directory and the name of what is not there; path where the
 * directory is not there either. Owned by the caller. */
static char *absent_target(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = directory_of(path), *real = realpath(directory, NULL);
    char *target =
        real == NULL ? xstrdup(path) : xasprintf("%s/%s", real, slash != NULL ? slash + 1 : path);
    free(directory);
    free(real);
    return target;
}

/* The file a rename must replace, the same for every spelling of it: behind
 * symbolic links, also those to what is not there yet. Owned by the caller. */
static char *real_target(const char *path)
{
    enum { LINKS_MAX = 16 };
    char *at = xstrdup(path);
    for (int i = 0; i < LINKS_MAX; i++) {
        char *real = realpath(at, NULL);
        char *next = real != NULL ? NULL : link_target(at);
        if (next == NULL) {
            real = real != NULL ? real : absent_target(at);
            free(at);
            return real;
        }
        free(at);
        at = next;
    }
    return at; /* links in a circle: the file takes their place */
}

/* "dir/.name.1234.tmp" for "dir/name". Owned by the caller. */
static char *temporary_name(const char *target)
{
    const char *slash = strrchr(target, '/');
    const char *name = slash != NULL ? slash + 1 : target;
    int max = NAME_MAX - 24; /* a long name is cut, so that ours is none too long */
    return xasprintf("%.*s.%.*s.%ld.tmp", (int)(name - target), target, max, name, (long)getpid());
}

static int create(const char *temporary, const char *path, struct err *err)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    return fd >= 0 ? fd : err_errno(err, errno, "cannot write the report to %s", path);
}

int output_check(const char *path, struct err *err)
{
    struct stat st;
    if (output_is_stdout(path))
        return 0;
    if (*path == 0)
        return err_set(err, ERR_USAGE, "the report's file has an empty name");
    bool exists = stat(path, &st) == 0;
    if (exists && S_ISDIR(st.st_mode))
        return err_set(err, ERR_USAGE, "cannot write the report to %s: it is a directory", path);
    if (exists && access(path, W_OK) != 0)
        return err_errno(err, errno, "cannot write the report to %s", path);
    if (exists && !S_ISREG(st.st_mode))
        return 0;
    char *target = real_target(path);
    char *temporary = temporary_name(target);
    int fd = create(temporary, path, err);
    if (fd >= 0) {
        close(fd);
        unlink(temporary);
    }
    free(temporary);
    free(target);
    return fd >= 0 ? 0 : -1;
}

/* Whether fd takes a PIPE_BUF of bytes without blocking, within the patience. */
static bool takes_more(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int n;
    do
        n = poll(&ready, 1, PATIENCE_MS);
    while (n < 0 && errno == EINTR);
    return n > 0;
}

/* live: the load runs on meanwhile, so a reader who takes nothing is given up. */
static int write_all(int fd, const char *data, size_t len, bool live)
{
    struct stat st;
    bool may_block = live && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
    while (len > 0) {
        if (may_block && !takes_more(fd)) {
            errno = ETIMEDOUT;
            return -1;
        }
        ssize_t n = write(fd, data, may_block && len > PIPE_BUF ? PIPE_BUF : len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

struct output {
    const char *path; /* as it was given; borrowed */
    char *place;      /* the same for every spelling of it; owned; NULL: may be shared */
    struct output *next_open;
    bool begun;
    int fd;          /* once it has begun; -1: stdout, or it could not be opened */
    char *target;    /* what the rename replaces; owned; NULL: path is no regular file */
    char *temporary; /* owned; NULL likewise */
    struct err err;  /* the first that went wrong */
};

/* All that are open: two that write one file would overwrite each other. */
static struct output *open_outputs;

/* Where path leads. NULL for what two may write: a device. Owned by the caller. */
static char *place_of(const char *path)
{
    struct stat st;
    if (output_is_stdout(path))
        return xstrdup("-");
    return stat(path, &st) == 0 && S_ISCHR(st.st_mode) ? NULL : real_target(path);
}

/* `inrush --json x > x`: the report for people would be lost. */
static bool stdout_goes_to(const char *path)
{
    struct stat file, out;
    return !output_is_stdout(path) && stat(path, &file) == 0 && S_ISREG(file.st_mode) &&
           fstat(STDOUT_FILENO, &out) == 0 && file.st_dev == out.st_dev &&
           file.st_ino == out.st_ino;
}

static int check_shared(const char *path, const char *place, struct err *err)
{
    if (stdout_goes_to(path))
        return err_set(err, ERR_USAGE,
                       "cannot write the report to %s: standard output goes there too", path);
    for (const struct output *o = open_outputs; place != NULL && o != NULL; o = o->next_open) {
        if (o->place == NULL || strcmp(o->place, place) != 0)
            continue;
        return err_set(err, ERR_USAGE, "cannot write two reports to %s; give each its own file",
                       output_is_stdout(path) ? "standard output" : path);
    }
    return 0;
}

/* A named pipe opens when it has a reader. That is waited for before the load
 * begins: in the middle of it nothing else would go on. */
static int open_pipe(const char *path, struct err *err)
{
    for (int waited = 0;; waited += PIPE_LOOK_MS) {
        int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0) {
            fcntl(fd, F_SETFL, O_WRONLY);
            return fd;
        }
        if (errno != ENXIO)
            return err_errno(err, errno, "cannot write the report to %s", path);
        if (waited >= PATIENCE_MS)
            return err_set(err, ERR_SYSTEM,
                           "cannot write the report to %s: nobody reads this pipe; start its "
                           "reader first",
                           path);
        poll(NULL, 0, PIPE_LOOK_MS);
    }
}

static void release(struct output *o)
{
    struct output **at = &open_outputs;
    while (*at != o)
        at = &(*at)->next_open;
    *at = o->next_open;
    free(o->place);
    free(o->temporary);
    free(o->target);
    free(o);
}

struct output *output_open(const char *path, struct err *err)
{
    if (output_check(path, err) != 0)
        return NULL;
    char *place = place_of(path);
    if (check_shared(path, place, err) != 0) {
        free(place);
        return NULL;
    }
    struct output *o = xcalloc(1, sizeof(*o));
    o->path = path;
    o->place = place;
    o->fd = -1;
    o->next_open = open_outputs;
    open_outputs = o;
    if (is_fifo(path)) {
        o->begun = true;
        o->fd = open_pipe(path, err);
    }
    if (!o->begun || o->fd >= 0)
        return o;
    release(o);
    return NULL;
}

static void failed(struct output *o, int errnum)
{
    const char *name = output_is_stdout(o->path) ? "stdout" : o->path;
    if (o->err.kind != ERR_NONE)
        return;
    if (errnum == ETIMEDOUT)
        err_set(&o->err, ERR_SYSTEM,
                "cannot write the report to %s: who reads it has taken nothing for %d s", name,
                PATIENCE_MS / 1000);
    else
        err_errno(&o->err, errnum, "cannot write the report to %s", name);
}

static void begin(struct output *o)
{
    o->begun = true;
    if (output_is_stdout(o->path))
        return;
    if (is_special(o->path)) {
        o->fd = open(o->path, O_WRONLY | O_CLOEXEC);
        if (o->fd < 0)
            failed(o, errno);
        return;
    }
    o->target = real_target(o->path);
    o->temporary = temporary_name(o->target);
    o->fd = create(o->temporary, o->path, &o->err);
}

static void add(struct output *o, const struct buf *text, bool live)
{
    if (!o->begun)
        begin(o);
    if (o->err.kind != ERR_NONE || text->len == 0)
        return;
    bool out = output_is_stdout(o->path);
    if ((out && fflush(stdout) != 0) ||
        write_all(out ? STDOUT_FILENO : o->fd, text->data, text->len, live) != 0)
        failed(o, errno);
}

void output_write(struct output *o, const struct buf *text)
{
    add(o, text, false);
}

void output_write_live(struct output *o, const struct buf *text)
{
    add(o, text, true);
}

int output_close(struct output *o, struct err *err)
{
    if (!o->begun)
        begin(o);
    if (o->fd >= 0 && close(o->fd) != 0)
        failed(o, errno); /* NFS and quotas report a full disk only here */
    if (o->temporary != NULL && o->err.kind == ERR_NONE && rename(o->temporary, o->target) != 0)
        failed(o, errno);
    if (o->temporary != NULL && o->err.kind != ERR_NONE && o->fd >= 0)
        unlink(o->temporary);
    int rc = o->err.kind == ERR_NONE ? 0 : -1;
    if (rc != 0 && err != NULL)
        *err = o->err;
    release(o);
    return rc;
}

void output_abandon(struct output *o)
{
    if (o == NULL)
        return;
    if (o->fd >= 0)
        close(o->fd);
    if (o->temporary != NULL && o->fd >= 0)
        unlink(o->temporary);
    release(o);
}

int output_file(const char *path, const struct buf *text, struct err *err)
{
    struct output *o = output_open(path, err);
    if (o == NULL)
        return -1;
    output_write(o, text);
    return output_close(o, err);
}

int output_stream(FILE *stream, const char *name, const struct buf *text, struct err *err)
{
    errno = 0;
    size_t written = text->len > 0 ? fwrite(text->data, 1, text->len, stream) : 0;
    if (written == text->len && fflush(stream) == 0)
        return 0;
    return err_errno(err, errno != 0 ? errno : EIO, "cannot write the report to %s", name);
}

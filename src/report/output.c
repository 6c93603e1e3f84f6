/* Writing reports out; see output.h. Called by the reporters. */
#include "report/output.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdout(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

/* Whether path exists and is anything but a regular file. */
static bool is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* The file a rename must replace: behind symbolic links. Owned by the caller. */
static char *real_target(const char *path)
{
    char *target = realpath(path, NULL);
    return target != NULL ? target : xstrdup(path);
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
    if (is_stdout(path))
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

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
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
    bool begun;
    int fd;          /* once it has begun; -1: stdout, or it could not be opened */
    char *target;    /* what the rename replaces; owned; NULL: path is no regular file */
    char *temporary; /* owned; NULL likewise */
    struct err err;  /* the first that went wrong */
};

struct output *output_open(const char *path, struct err *err)
{
    if (output_check(path, err) != 0)
        return NULL;
    struct output *o = xcalloc(1, sizeof(*o));
    o->path = path;
    o->fd = -1;
    return o;
}

static void failed(struct output *o, int errnum)
{
    if (o->err.kind == ERR_NONE)
        err_errno(&o->err, errnum, "cannot write the report to %s", o->path);
}

static void begin(struct output *o)
{
    o->begun = true;
    if (is_stdout(o->path))
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

void output_write(struct output *o, const struct buf *text)
{
    if (!o->begun)
        begin(o);
    if (o->err.kind != ERR_NONE)
        return;
    if (is_stdout(o->path))
        output_stream(stdout, "stdout", text, &o->err);
    else if (write_all(o->fd, text->data, text->len) != 0)
        failed(o, errno);
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
    free(o->temporary);
    free(o->target);
    free(o);
    return rc;
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
    if (fwrite(text->data, 1, text->len, stream) == text->len && fflush(stream) == 0)
        return 0;
    return err_errno(err, errno != 0 ? errno : EIO, "cannot write the report to %s", name);
}

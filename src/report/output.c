/* Writing reports out; see output.h. Called by the reporters' open and end. */
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

static int write_special(const char *path, const struct buf *text, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "cannot write the report to %s", path);
    int failed = write_all(fd, text->data, text->len) != 0 ? errno : 0;
    if (close(fd) != 0 && failed == 0)
        failed = errno;
    return failed == 0 ? 0 : err_errno(err, failed, "cannot write the report to %s", path);
}

static int write_regular(const char *path, const struct buf *text, struct err *err)
{
    int rc = -1, failed = 0;
    char *target = real_target(path);
    char *temporary = temporary_name(target);
    int fd = create(temporary, path, err);
    if (fd < 0)
        goto out;
    if (write_all(fd, text->data, text->len) != 0)
        failed = errno;
    if (close(fd) != 0 && failed == 0)
        failed = errno; /* NFS and quotas report a full disk only here */
    if (failed == 0 && rename(temporary, target) != 0)
        failed = errno;
    if (failed != 0) {
        unlink(temporary);
        err_errno(err, failed, "cannot write the report to %s", path);
        goto out;
    }
    rc = 0;
out:
    free(temporary);
    free(target);
    return rc;
}

int output_file(const char *path, const struct buf *text, struct err *err)
{
    if (is_stdout(path))
        return output_stream(stdout, "stdout", text, err);
    return is_special(path) ? write_special(path, text, err) : write_regular(path, text, err);
}

int output_stream(FILE *stream, const char *name, const struct buf *text, struct err *err)
{
    errno = 0;
    if (fwrite(text->data, 1, text->len, stream) == text->len && fflush(stream) == 0)
        return 0;
    return err_errno(err, errno != 0 ? errno : EIO, "cannot write the report to %s", name);
}

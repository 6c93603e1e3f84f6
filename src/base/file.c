/* See file.h. */
#include "base/file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

const char *file_name(const char *path)
{
    return is_stdin(path) ? "standard input" : path;
}

static int cannot_read(struct err *err, const char *path)
{
    return err_set(err, ERR_CONFIG, "cannot read %s: %s", file_name(path), strerror(errno));
}

int file_read(struct buf *out, const char *path, size_t max, struct err *err)
{
    FILE *f = is_stdin(path) ? stdin : fopen(path, "rb");
    if (!f)
        return cannot_read(err, path);
    enum { BLOCK = 64 * 1024 };
    size_t before = out->len, n;
    int rc = 0;
    do {
        n = fread(buf_reserve(out, BLOCK), 1, BLOCK, f);
        out->len += n;
    } while (n > 0 && out->len - before <= max);
    if (ferror(f))
        rc = cannot_read(err, path);
    else if (out->len - before > max)
        rc = err_set(err, ERR_CONFIG, "%s is larger than %zu MiB", file_name(path), max >> 20);
    if (f != stdin)
        fclose(f);
    return rc;
}

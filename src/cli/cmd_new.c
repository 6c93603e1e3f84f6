/* `inrush new FILE`: a scenario to start from. */
#include "base/log.h"
#include "cli/commands.h"
#include "script/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cmd_new(const struct cli_args *args)
{
    const char *path = args->argument;
    size_t len;
    const char *text = script_template(&len);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (args->force ? O_TRUNC : O_EXCL), 0666);
    if (fd < 0) {
        if (errno == EEXIST)
            log_error("%s exists; name another file, or overwrite it with --force", path);
        else
            log_error("cannot write %s: %s", path, strerror(errno));
        return EXIT_USAGE;
    }
    errno = ENOSPC; /* what a short write means */
    bool written = write(fd, text, len) == (ssize_t)len;
    int errnum = errno;
    written &= close(fd) == 0;
    if (!written) {
        log_error("cannot write %s: %s", path, strerror(errnum));
        if (!args->force) /* then it is ours */
            unlink(path);
        return EXIT_USAGE;
    }
    int width = (int)strlen("check ") + (int)strlen(path);
    fprintf(stderr, "wrote %s\n", path);
    fprintf(stderr, "  inrush %-*s  a server to try it against\n", width, "serve &");
    fprintf(stderr, "  inrush check %s  each task once, aloud\n", path);
    fprintf(stderr, "  inrush run   %s  the load\n", path);
    return EXIT_OK;
}

/* See print.h. */
#include "cli/print.h"

#include "base/log.h"
#include "cli/commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int print_out(struct buf *out)
{
    int status = EXIT_OK;
    for (size_t done = 0; done < out->len;) {
        ssize_t n = write(STDOUT_FILENO, out->data + done, out->len - done);
        if (n >= 0) {
            done += (size_t)n;
        } else if (errno != EINTR) {
            if (errno != EPIPE) {
                log_error("cannot write to standard output: %s", strerror(errno));
                status = EXIT_USAGE;
            }
            break;
        }
    }
    buf_release(out);
    return status;
}

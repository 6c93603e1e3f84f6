/* `inrush serve` once its options are known. */
#include "target/target.h"

#include "base/buf.h"
#include "base/log.h"
#include "target/counts.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

int serve_main(const struct target_options *options)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* the serving threads inherit it */
    signal(SIGPIPE, SIG_IGN);

    struct target *t;
    struct err err;
    if (target_start(&t, options, &err) != 0) {
        log_error("%s", err.message);
        return 1;
    }
    printf("listening on %s\n", target_url(t));
    fflush(stdout);

    int got;
    sigwait(&ends, &got);

    struct target_counts counts;
    target_counts(t, &counts);
    target_stop(t);
    if (options->quiet)
        return 0;
    struct buf table = BUF_INIT;
    counts_write_table(&counts, &table);
    fwrite(table.data, 1, table.len, stderr);
    buf_release(&table);
    return 0;
}

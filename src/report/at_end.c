/* See at_end.h. */
#include "report/at_end.h"

#include "base/mem.h"
#include "report/output.h"

#include <stdlib.h>

struct reporter *at_end_open(const struct report_run *run, const struct report_options *opt,
                             struct err *err)
{
    struct output *file = output_open(opt->path, err);
    if (file == NULL)
        return NULL;
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->run = run;
    r->file = file;
    return r;
}

int at_end_write(struct reporter *r,
                 void (*text)(struct buf *out, const struct report_run *run,
                              const struct report_end *end),
                 const struct report_end *end, struct err *err)
{
    struct buf out = BUF_INIT;
    text(&out, r->run, end);
    output_write(r->file, &out);
    int rc = output_close(r->file, err);
    buf_release(&out);
    free(r);
    return rc;
}

void at_end_discard(struct reporter *r)
{
    output_abandon(r->file);
    free(r);
}

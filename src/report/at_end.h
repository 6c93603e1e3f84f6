/*
 * What reporters have in common that write one text when the run has ended:
 * their state, and three of their operations.
 */
#pragma once

#include "report/report.h"

struct reporter {
    const struct report_run *run; /* borrowed */
    struct output *file;          /* owned */
};

struct reporter *at_end_open(const struct report_run *run, const struct report_options *opt,
                             struct err *err);
/* For the reporter's own end: writes what `text` makes. */
int at_end_write(struct reporter *r,
                 void (*text)(struct buf *out, const struct report_run *run,
                              const struct report_end *end),
                 const struct report_end *end, struct err *err);
void at_end_discard(struct reporter *r);

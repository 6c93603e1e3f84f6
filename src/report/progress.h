/*
 * How the run stands, while it runs: on a terminal one line that is redrawn
 * in place, elsewhere a plain line every few seconds. Log lines of any thread
 * may come between: the line steps aside for them (log_set_hook).
 */
#pragma once

#include "report/page.h"
#include "report/report.h"

struct progress;

/* Never NULL; one at a time, since it holds the log's hook. */
struct progress *progress_new(const struct report_run *run, const struct report_options *opt);
void progress_tick(struct progress *p, const struct report_tick *tick);
/* Leaves the terminal's line empty. */
void progress_free(struct progress *p);

/* What runs: "inrush 0.1.0: baseline, 1,000 users at 100/s for 30s, 2 workers". */
void progress_intro(struct page *page, const struct report_run *run);
/* The line itself, from the tick's sums: at most page->columns wide (0: no
 * limit), without its end. What matters least is left out first. */
void progress_line(struct page *page, const struct report_run *run, const struct report_tick *tick);

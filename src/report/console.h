/*
 * The parts of the console report, each printing one section and nothing at
 * all where it has nothing to say. console.c puts them in order; they live in
 * console_tables.c (what was measured, by series), console_sections.c (all
 * else) and console_oneoff.c (a single URL).
 */
#pragma once

#include "report/digest.h"
#include "report/page.h"
#include "report/report.h"

struct console {
    const struct report_run *run;
    const struct report_end *end;
    struct digest digest;
    struct page page;
    bool latency;  /* draw the histogram */
    bool spectrum; /* print the percentile spectrum */
    bool single;   /* a one-off: its one series goes without saying */
};

/* console_tables.c */
void console_classes(struct console *c);
void console_requests(struct console *c);
void console_percentiles(struct console *c);
/* Under a table: that so many columns were left out on a narrow terminal. */
void console_say_dropped(struct console *c, int dropped);
/* Under a table of times: how many requests have none. */
void console_untimed(struct console *c);
void console_histograms(struct console *c);
void console_spectrum(struct console *c);

/* console_sections.c */
void console_header(struct console *c);
void console_statuses(struct console *c);
void console_errors(struct console *c);
void console_script_errors(struct console *c);
void console_checks(struct console *c);
void console_summary(struct console *c);
void console_thresholds(struct console *c);
void console_notes(struct console *c);
void console_verdict(struct console *c);

/* console_arrivals.c */
void console_arrivals(struct console *c);
/* Under the header: what is not in the figures. */
void console_warmup(struct console *c);

/* console_connections.c */
void console_connections(struct console *c);

/* console_metrics.c */
void console_metrics(struct console *c);

/* console_oneoff.c */
void console_oneoff(struct console *c);

/*
 * What Prometheus is told of a run: a small copy of the statistics, so that a
 * scrape of another thread waits neither for the run nor the run for it, and
 * how it is exposed. docs/metrics-out.md lists the metrics.
 *
 * The copy is made from ticks by one thread; the callers lock.
 */
#pragma once

#include "report/exposition.h"
#include "report/report.h"

struct prometheus_figures;

struct prometheus_figures *prometheus_figures_new(const struct report_run *run);
void prometheus_figures_free(struct prometheus_figures *f);

/* How the run stands; only series that the interval has are looked at. */
void prometheus_figures_tick(struct prometheus_figures *f, const struct report_tick *tick);
/* How it ended. */
void prometheus_figures_end(struct prometheus_figures *f, const struct report_end *end);

/* All families, and the format's end. */
void prometheus_figures_expose(const struct prometheus_figures *f, struct exposition *e);

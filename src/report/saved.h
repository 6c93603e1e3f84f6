/*
 * A run as the JSON reporter wrote it, read back exactly: its statistics are
 * again a struct stats that merges, its description and its end such that every
 * reporter shows the run as it was.
 *
 * Times within it are counted from the Unix epoch, so that runs which overlapped
 * still do.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "report/report.h"
#include "report/spread.h"

#include <stddef.h>

struct saved {
    struct report_run run; /* its catalog is the one given to saved_read */
    struct report_end end; /* borrows from what follows */
    struct stats *total, *warmup;
    struct series total_sum, warmup_sum;
    struct spreads spreads;
    VEC(struct report_class) classes;
    VEC(struct threshold_result) thresholds;
    VEC(char *) texts; /* owned; what the others borrow */
    VEC(const char *) notes;
};

/* Reads the JSON report at path. Series and metrics get numbers in the catalog,
 * which several runs may share. -1: *err says what in the file is wrong, or
 * what it is instead of a report that can be compared and merged. */
int saved_read(struct saved **out, const char *path, struct catalog *catalog, struct err *err);
void saved_free(struct saved *s);

/*
 * The runs as one. Counts, histograms, failures, checks and script errors are
 * added. Runs that overlapped count their time once and their users, workers
 * and rates together; runs that followed one another add up their times: so the
 * duration is the time in which at least one of them ran, users are the most
 * that ran at once, and the rate is what was done over that time. A threshold
 * holds when it held in every run that asked for it. NULL and *err when one of
 * them does not say when it started. The runs must share a catalog; what is
 * returned borrows from them.
 */
struct saved *saved_merge(struct saved *const *runs, size_t len, struct err *err);

/* For the two above: an empty one, and, once its statistics are complete, its
 * end told of them and their sums. */
struct saved *saved_new(void);
void saved_sum_up(struct saved *s);

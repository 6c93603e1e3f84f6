/*
 * Counting arrivals: the open model's starts, as a whole and by user class; see
 * struct arrival_stats.
 */
#pragma once

#include "stats/stats.h"

#include <stdbool.h>
#include <stdint.h>

/* The class of arrivals that are not a user class's: a one-off's. */
#define STATS_NO_CLASS UINT32_MAX

/* An arrival has started, lag_ns after it was due; late: it had to wait for a
 * free connection or user. class: an index into the plan's, or STATS_NO_CLASS. */
void stats_record_start(struct stats *s, uint32_t class, uint64_t lag_ns, bool late);
/* So many more were due; so many of all that were due will never start. */
void stats_count_arrivals(struct stats *s, uint32_t class, uint64_t due, uint64_t dropped);

/* For stats.c. */
void arrival_stats_init(struct arrival_stats *a);
void arrival_stats_release(struct arrival_stats *a);
void arrival_stats_clear(struct arrival_stats *a);
void arrival_stats_merge(struct arrival_stats *dst, const struct arrival_stats *src);
/* The class's, made on first use. */
struct arrival_stats *stats_class_arrivals_touch(struct stats *s, uint32_t class);

/* Samples to record and what was made of them, for the tests of stats/stats.h. */
#pragma once

#include "unit.h"

#include "base/clock.h"
#include "stats/stats.h"

#include <stdio.h>

static inline struct sample ok(uint32_t series, uint64_t response_ms)
{
    return (struct sample){.series = series,
                           .response_ns = response_ms * NS_PER_MS,
                           .bytes = 100,
                           .status = 200,
                           .end_ns = 1};
}

static inline void record_failure(struct stats *s, uint32_t series, enum err_kind kind,
                                  const char *message, uint64_t end_ns)
{
    stats_record(s, &(struct sample){.series = series,
                                     .response_ns = NS_PER_MS,
                                     .error = kind,
                                     .message = message,
                                     .end_ns = end_ns});
}

static inline const struct failure *find_failure(const struct stats *s, uint32_t series,
                                                 enum err_kind kind, const char *message)
{
    for (size_t i = 0; i < s->failures.len; i++) {
        const struct failure *f = &s->failures.items[i];
        if (f->series == series && f->kind == kind && strcmp(f->message, message) == 0)
            return f;
    }
    fail_msg("no failure \"%s\" of series %u", message, series);
    return NULL;
}

static inline uint64_t status_count(const struct series *series, int status)
{
    for (size_t i = 0; i < series->statuses.len; i++)
        if (series->statuses.items[i].status == status)
            return series->statuses.items[i].count;
    return 0;
}

static inline uint64_t sum_of_failures(const struct stats *s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s->failures.len; i++)
        sum += s->failures.items[i].count;
    return sum;
}

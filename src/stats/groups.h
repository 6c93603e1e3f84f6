/*
 * Sums over several series that somebody asked for before the run: all that
 * the users of a class do, or tasks with a tag. Every sample is recorded under
 * each of its groups besides its series, so that the sums are exact although
 * two classes may share a series. Where nobody asked there are no groups, and
 * nothing is recorded twice.
 */
#pragma once

#include <stdint.h>

struct sample;
struct series;

struct series_groups {
    struct series **items; /* by number; owned; NULL where nothing was recorded */
    uint32_t len;
};

void groups_release(struct series_groups *groups);
/* Empties them and keeps their memory. */
void groups_clear(struct series_groups *groups);
void groups_merge(struct series_groups *dst, const struct series_groups *src);
void groups_record(struct series_groups *groups, uint32_t number, const struct sample *sample);
/* By number, or NULL when nothing was recorded. */
const struct series *groups_get(const struct series_groups *groups, uint32_t number);

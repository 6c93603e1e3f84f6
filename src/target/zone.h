/*
 * Time zones by their IANA names. The arithmetic is GLib's over the system's
 * tzdata, and stays behind this header. Any thread may call.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct zone; /* lives until the process ends */

/* The zone of that name, "UTC" and "" (which is UTC) included; NULL when tzdata
 * has none. Names are case-sensitive; offsets ("+05:00"), POSIX rules and
 * file paths are not names. The first use of a zone reads its file, later
 * ones find it without a lock. */
const struct zone *zone_find(const char *name);

/* What the clocks of a zone show at an instant. */
struct zone_local {
    int offset; /* seconds east of UTC */
    bool dst;
    const char *abbreviation; /* "EST", "-03"; borrowed from the zone */
};

/* For any instant, daylight saving included, seconds since the Unix epoch. */
struct zone_local zone_at(const struct zone *zone, int64_t unix_s);

/* The 48 zones that GET /api/v1/timezones lists, in their order there. */
enum { ZONE_LISTED = 48 };
extern const char *const zone_listed[ZONE_LISTED];

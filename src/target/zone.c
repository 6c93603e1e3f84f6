/*
 * Zones over GLib's GTimeZone: immutable once loaded, kept for ever in a table
 * that readers walk without a lock, because a load test asks for the same few
 * names millions of times.
 */
#include "target/zone.h"

#include "base/mem.h"

#include <ctype.h>
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct zone {
    char *name;    /* owned */
    GTimeZone *tz; /* owned */
    /* One yearly rule holds from 2030 on for ever. Not so where Ramadan
     * interrupts daylight saving: tzdata has tables for decades there. */
    bool is_regular;
};

const char *const zone_listed[ZONE_LISTED] = {
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Lima",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Phoenix",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Toronto",
    "Asia/Bangkok",
    "Asia/Dhaka",
    "Asia/Dubai",
    "Asia/Hong_Kong",
    "Asia/Jakarta",
    "Asia/Karachi",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Perth",
    "Australia/Sydney",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Moscow",
    "Europe/Paris",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Honolulu",
};

enum { DAY = 86400 };
#define START_OF_2038  INT64_C(2145916800)
#define START_OF_2500  INT64_C(16725225600)
#define CALENDAR_CYCLE (INT64_C(146097) * DAY) /* 400 years, whole weeks */

static int64_t utc_midnight(int year, int month)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 1};
    return timegm(&tm);
}

/* tzdata names consist of few characters; without a dot, no path leads out of
 * its folder. "posix" and "right" repeat all zones, the latter with leap
 * seconds, and are no part of the names. */
static bool is_plausible_name(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > 64 || name[0] == '/' || strncmp(name, "posix/", 6) == 0 ||
        strncmp(name, "right/", 6) == 0)
        return false;
    for (const char *p = name; *p; p++) {
        if (!isascii(*p) || (!isalnum((unsigned char)*p) && !strchr("_+-/", *p)))
            return false;
    }
    return true;
}

/* GLib takes more than names (offsets, POSIX rules): only what has a file is one. */
static bool has_zone_file(const char *name)
{
    const char *folder = getenv("TZDIR");
    char *path = xasprintf("%s/%s", folder ? folder : "/usr/share/zoneinfo", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    free(path);
    if (fd < 0)
        return false;
    char magic[4];
    bool is_zone = read(fd, magic, sizeof(magic)) == sizeof(magic) && memcmp(magic, "TZif", 4) == 0;
    close(fd);
    return is_zone;
}

static int interval_at(GTimeZone *tz, int64_t unix_s)
{
    return g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, unix_s);
}

static bool is_utc(const char *name)
{
    return strcmp(name, "UTC") == 0; /* even where tzdata is missing */
}

/* NULL only when its file is damaged or gone meanwhile. */
static struct zone *zone_load(const char *name)
{
    GTimeZone *tz = is_utc(name) ? g_time_zone_new_utc() : g_time_zone_new_identifier(name);
    if (!tz)
        return NULL;
    struct zone *zone = xcalloc(1, sizeof(*zone));
    zone->name = xstrdup(name);
    zone->tz = tz;
    int transitions =
        interval_at(tz, utc_midnight(2100, 1)) - interval_at(tz, utc_midnight(2030, 1));
    zone->is_regular = transitions == 2 * 70;
    return zone;
}

/* Open addressing, never emptied, so that readers need no lock. Only names that
 * have a file get in, some 600: it does not fill. */
enum { SLOTS = 4096 };
static _Atomic(struct zone *) slots[SLOTS];
static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER; /* for filling a slot */

static size_t hash(const char *name)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619u;
    return h;
}

/* The slot that holds the zone, or the empty one where it belongs. */
static _Atomic(struct zone *) *find_slot(const char *name)
{
    for (size_t i = hash(name);; i++) {
        _Atomic(struct zone *) *slot = &slots[i % SLOTS];
        struct zone *zone = atomic_load_explicit(slot, memory_order_acquire);
        if (!zone || strcmp(zone->name, name) == 0)
            return slot;
    }
}

const struct zone *zone_find(const char *name)
{
    if (!*name)
        name = "UTC";
    _Atomic(struct zone *) *slot = find_slot(name);
    struct zone *zone = atomic_load_explicit(slot, memory_order_acquire);
    if (zone)
        return zone;
    if (!is_utc(name) && !(is_plausible_name(name) && has_zone_file(name)))
        return NULL;

    pthread_mutex_lock(&load_lock);
    slot = find_slot(name); /* another thread may have been faster */
    zone = atomic_load_explicit(slot, memory_order_relaxed);
    if (!zone && (zone = zone_load(name)))
        atomic_store_explicit(slot, zone, memory_order_release);
    pthread_mutex_unlock(&load_lock);
    return zone;
}

/*
 * The instant between 2030 and 2038 at which a yearly rule says the same as at
 * unix_s. A rule is of the form "n-th weekday of a month", none in January or
 * February; so years whose 1 March is the same weekday are alike, and these
 * eight years have all seven.
 */
static int64_t before_2038(int64_t unix_s)
{
    struct tm tm;
    time_t t = unix_s;
    gmtime_r(&t, &tm);
    int year = tm.tm_year + 1900 - (tm.tm_mon < 2);
    int64_t march = utc_midnight(year, 3);
    for (int like = 2037; like >= 2030; like--) {
        int64_t like_march = utc_midnight(like, 3);
        if ((march - like_march) % (7 * DAY) == 0)
            return unix_s - march + like_march;
    }
    return unix_s;
}

/*
 * GLib knows tzdata's tables, which reach to 2037 or somewhat farther, and for
 * later years the rule at the end of a zone's file: but only to the year 3000,
 * and Ireland's (whose "daylight saving" is its winter) wrongly. So an instant
 * beyond is looked up at one that is alike.
 */
static int64_t where_glib_is_right(const struct zone *zone, int64_t unix_s)
{
    if (unix_s < START_OF_2038)
        return unix_s;
    if (zone->is_regular)
        return before_2038(unix_s);
    if (unix_s < START_OF_2500)
        return unix_s;
    return START_OF_2500 + (unix_s - START_OF_2500) % CALENDAR_CYCLE;
}

struct zone_local zone_at(const struct zone *zone, int64_t unix_s)
{
    int interval = interval_at(zone->tz, where_glib_is_right(zone, unix_s));
    return (struct zone_local){
        .offset = g_time_zone_get_offset(zone->tz, interval),
        .dst = g_time_zone_is_dst(zone->tz, interval),
        .abbreviation = g_time_zone_get_abbreviation(zone->tz, interval),
    };
}

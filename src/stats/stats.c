/*
 * Recording and merging; see stats.h. stats_record runs once per request: a
 * request that succeeded touches its series and nothing else, and allocates
 * only when its series, its octave or its status is new.
 *
 * Failures, script errors and checks are found by their text. The last one
 * found is tried first: errors come in runs.
 */
#include "stats/stats.h"

#include "base/clock.h"
#include "base/mem.h"
#include "stats/arrivals.h"

#include <stdlib.h>
#include <string.h>

struct stats *stats_new(void)
{
    struct stats *s = xcalloc(1, sizeof(*s));
    s->worker = -1;
    generator_stats_init(&s->generator);
    hist_init(&s->connections.connect);
    hist_init(&s->connections.handshake);
    hist_init(&s->rates);
    arrival_stats_init(&s->arrivals);
    return s;
}

void stats_free(struct stats *s)
{
    if (!s)
        return;
    stats_clear(s);
    for (uint32_t i = 0; i < s->series_len; i++) {
        if (s->series[i])
            series_release(s->series[i]);
        free(s->series[i]);
    }
    free(s->series);
    vec_release(&s->failures);
    vec_release(&s->script_errors);
    vec_release(&s->checks);
    text_index_release(&s->failure_index);
    text_index_release(&s->script_error_index);
    text_index_release(&s->check_index);
    metric_set_release(&s->metrics);
    groups_release(&s->groups);
    generator_stats_release(&s->generator);
    hist_release(&s->connections.connect);
    hist_release(&s->connections.handshake);
    hist_release(&s->rates);
    request_log_free(s->requests);
    arrival_stats_release(&s->arrivals);
    for (size_t i = 0; i < s->class_arrivals.len; i++)
        arrival_stats_release(&s->class_arrivals.items[i]);
    vec_release(&s->class_arrivals);
    vec_release(&s->tasks);
    free(s);
}

void series_clear(struct series *series)
{
    series->requests = series->failures = series->bytes = 0;
    hist_clear(&series->response);
    hist_clear(&series->service);
    hist_clear(&series->first_byte);
    series->has_service = false;
    vec_clear(&series->statuses);
    series->last_status = 0;
}

void stats_keep_requests(struct stats *s)
{
    if (!s->requests)
        s->requests = request_log_new();
}

void stats_clear(struct stats *s)
{
    for (uint32_t i = 0; i < s->series_len; i++)
        if (s->series[i] && s->series[i]->requests > 0)
            series_clear(s->series[i]);

    for (size_t i = 0; i < s->failures.len; i++)
        free(s->failures.items[i].message);
    for (size_t i = 0; i < s->script_errors.len; i++) {
        free(s->script_errors.items[i].message);
        free(s->script_errors.items[i].traceback);
    }
    for (size_t i = 0; i < s->checks.len; i++)
        free(s->checks.items[i].name);
    vec_clear(&s->failures);
    vec_clear(&s->script_errors);
    vec_clear(&s->checks);
    text_index_clear(&s->failure_index);
    text_index_clear(&s->script_error_index);
    text_index_clear(&s->check_index);
    metric_set_clear(&s->metrics);
    groups_clear(&s->groups);
    s->last_failure = s->last_script_error = s->last_check = 0;

    generator_stats_clear(&s->generator);
    hist_clear(&s->connections.connect);
    hist_clear(&s->connections.handshake);
    hist_clear(&s->rates);
    s->connections.resumed = 0;
    if (s->requests)
        request_log_clear(s->requests);
    arrival_stats_clear(&s->arrivals);
    for (size_t i = 0; i < s->class_arrivals.len; i++)
        arrival_stats_clear(&s->class_arrivals.items[i]);
    vec_clear(&s->tasks);
    s->warmup = false;
    s->users = 0;
    s->begin_ns = s->end_ns = s->last_ns = 0;
}

void series_init(struct series *series, uint32_t id)
{
    *series = (struct series){.id = id};
    hist_init(&series->response);
    hist_init(&series->service);
    hist_init(&series->first_byte);
}

void series_release(struct series *series)
{
    hist_release(&series->response);
    hist_release(&series->service);
    hist_release(&series->first_byte);
    vec_release(&series->statuses);
}

static __attribute__((noinline)) struct status_count *find_status(struct series *series, int status)
{
    size_t n = series->statuses.len, i = 0;
    while (i < n && series->statuses.items[i].status != status)
        i++;
    if (i == n)
        vec_push(&series->statuses, ((struct status_count){.status = status}));
    series->last_status = (uint32_t)i;
    return &series->statuses.items[i];
}

static inline void add_status(struct series *series, int status, uint64_t count)
{
    uint32_t last = series->last_status;
    if (last < series->statuses.len && series->statuses.items[last].status == status)
        series->statuses.items[last].count += count;
    else
        find_status(series, status)->count += count;
}

void series_merge(struct series *dst, const struct series *src)
{
    dst->requests += src->requests;
    dst->failures += src->failures;
    dst->bytes += src->bytes;
    dst->has_service |= src->has_service;
    hist_merge(&dst->response, &src->response);
    hist_merge(&dst->service, &src->service);
    hist_merge(&dst->first_byte, &src->first_byte);
    for (size_t i = 0; i < src->statuses.len; i++)
        add_status(dst, src->statuses.items[i].status, src->statuses.items[i].count);
}

static __attribute__((noinline)) struct series *series_new(struct stats *s, uint32_t id)
{
    if (id >= s->series_len) {
        uint32_t len = s->series_len > 0 ? s->series_len * 2 : 16;
        if (len <= id)
            len = id + 1;
        s->series = xrealloc(s->series, len * sizeof(struct series *));
        memset(s->series + s->series_len, 0, (len - s->series_len) * sizeof(struct series *));
        s->series_len = len;
    }
    s->series[id] = xmalloc(sizeof(struct series));
    series_init(s->series[id], id);
    return s->series[id];
}

struct series *stats_series_touch(struct stats *s, uint32_t id)
{
    if (__builtin_expect(id < s->series_len && s->series[id], 1))
        return s->series[id];
    return series_new(s, id);
}

/* Makes [*first, *last], which is empty while *last is 0, include the other. */
static void widen(uint64_t *first, uint64_t *last, uint64_t other_first, uint64_t other_last)
{
    if (*last == 0 || other_first < *first)
        *first = other_first;
    if (other_last > *last)
        *last = other_last;
}

struct failure_key {
    uint32_t series;
    enum err_kind kind;
    const char *message;
};

static bool is_failure(const void *owner, size_t place, const void *wanted)
{
    const struct failure *failure = &((const struct stats *)owner)->failures.items[place];
    const struct failure_key *key = wanted;
    return failure->series == key->series && failure->kind == key->kind &&
           strcmp(failure->message, key->message) == 0;
}

/* The entry of that key, made if need be. */
static struct failure *touch_failure(struct stats *s, struct failure_key key)
{
    if (s->last_failure < s->failures.len && is_failure(s, s->last_failure, &key))
        return &s->failures.items[s->last_failure];

    uint32_t seed = key.series * ERR_KINDS + (uint32_t)key.kind;
    uint32_t hash = text_hash(seed, key.message, strlen(key.message));
    int64_t found = text_index_find(&s->failure_index, hash, is_failure, s, &key);
    if (found < 0) {
        if (s->failures.len >= STATS_MESSAGES_MAX && strcmp(key.message, STATS_MORE) != 0) {
            key.message = STATS_MORE;
            return touch_failure(s, key);
        }
        found = (int64_t)s->failures.len;
        struct failure *added = vec_add(&s->failures);
        added->series = key.series;
        added->kind = key.kind;
        added->message = xstrdup(key.message);
        text_index_add(&s->failure_index, hash, (size_t)found);
    }
    s->last_failure = (uint32_t)found;
    return &s->failures.items[found];
}

static void add_failure(struct stats *s, struct failure_key key, uint64_t count, uint64_t first_ns,
                        uint64_t last_ns)
{
    struct failure *failure = touch_failure(s, key);
    widen(&failure->first_ns, &failure->last_ns, first_ns, last_ns);
    failure->count += count;
}

static __attribute__((noinline)) void record_failure(struct stats *s, const struct sample *sample)
{
    const char *message = sample->message ? sample->message : err_kind_name(sample->error);
    struct failure_key key = {sample->series, sample->error, message};
    s->generator.system_errors += sample->error == ERR_SYSTEM;
    add_failure(s, key, 1, sample->end_ns, sample->end_ns);
}

static uint64_t ns_to_us(uint64_t ns)
{
    return (ns + NS_PER_US / 2) / NS_PER_US;
}

static void record_times(struct series *series, const struct sample *sample)
{
    hist_record(&series->response, ns_to_us(sample->response_ns));
    if (sample->has_service) {
        series->has_service = true;
        hist_record(&series->service, ns_to_us(sample->service_ns));
    }
    if (sample->first_byte_ns > 0)
        hist_record(&series->first_byte, ns_to_us(sample->first_byte_ns));
}

/* A time-out counts: an answer would have taken at least so long. */
static bool has_times(enum err_kind error)
{
    return error == ERR_NONE || error == ERR_TIMEOUT || !err_kind_unanswered(error);
}

static inline __attribute__((always_inline)) void record(struct series *series,
                                                         const struct sample *sample)
{
    series->requests++;
    series->bytes += sample->bytes;
    if (__builtin_expect(has_times(sample->error), 1))
        record_times(series, sample);
    if (sample->status != 0)
        add_status(series, sample->status, 1);
}

void series_record(struct series *series, const struct sample *sample)
{
    record(series, sample);
    series->failures += sample->error != ERR_NONE;
}

void stats_record(struct stats *s, const struct sample *sample)
{
    struct series *series = stats_series_touch(s, sample->series);
    record(series, sample);
    if (sample->end_ns > s->last_ns)
        s->last_ns = sample->end_ns;
    if (__builtin_expect(sample->error != ERR_NONE, 0)) {
        series->failures++;
        record_failure(s, sample);
    }
    if (__builtin_expect(s->requests != NULL, 0))
        request_log_add(s->requests, sample);
}

static bool is_script_error(const void *owner, size_t place, const void *message)
{
    return strcmp(((const struct stats *)owner)->script_errors.items[place].message, message) == 0;
}

static void add_script_error(struct stats *s, const char *message, const char *traceback,
                             uint64_t count, uint64_t first_ns, uint64_t last_ns)
{
    size_t place = s->last_script_error;
    if (place >= s->script_errors.len || !is_script_error(s, place, message)) {
        uint32_t hash = text_hash(0, message, strlen(message));
        int64_t found = text_index_find(&s->script_error_index, hash, is_script_error, s, message);
        if (found < 0) {
            if (s->script_errors.len >= STATS_MESSAGES_MAX && strcmp(message, STATS_MORE) != 0) {
                add_script_error(s, STATS_MORE, "", count, first_ns, last_ns);
                return;
            }
            found = (int64_t)s->script_errors.len;
            struct script_error *added = vec_add(&s->script_errors);
            added->message = xstrdup(message);
            added->traceback = xstrdup(traceback ? traceback : "");
            text_index_add(&s->script_error_index, hash, (size_t)found);
        }
        place = (size_t)found;
        s->last_script_error = (uint32_t)place;
    }
    struct script_error *error = &s->script_errors.items[place];
    widen(&error->first_ns, &error->last_ns, first_ns, last_ns);
    error->count += count;
}

void stats_record_script_error(struct stats *s, const char *message, const char *traceback,
                               uint64_t now_ns)
{
    add_script_error(s, message, traceback, 1, now_ns, now_ns);
}

static bool is_check(const void *owner, size_t place, const void *name)
{
    return strcmp(((const struct stats *)owner)->checks.items[place].name, name) == 0;
}

static void add_check(struct stats *s, const char *name, uint64_t passes, uint64_t failures)
{
    size_t place = s->last_check;
    if (place >= s->checks.len || !is_check(s, place, name)) {
        uint32_t hash = text_hash(0, name, strlen(name));
        int64_t found = text_index_find(&s->check_index, hash, is_check, s, name);
        if (found < 0) {
            if (s->checks.len >= STATS_MESSAGES_MAX && strcmp(name, STATS_MORE) != 0) {
                add_check(s, STATS_MORE, passes, failures);
                return;
            }
            found = (int64_t)s->checks.len;
            vec_add(&s->checks)->name = xstrdup(name);
            text_index_add(&s->check_index, hash, (size_t)found);
        }
        place = (size_t)found;
        s->last_check = (uint32_t)place;
    }
    s->checks.items[place].passes += passes;
    s->checks.items[place].failures += failures;
}

void stats_record_check(struct stats *s, const char *name, bool passed)
{
    add_check(s, name, passed, !passed);
}

void stats_add_failure(struct stats *s, const struct failure *failure)
{
    struct failure_key key = {failure->series, failure->kind, failure->message};
    add_failure(s, key, failure->count, failure->first_ns, failure->last_ns);
}

void stats_add_script_error(struct stats *s, const struct script_error *error)
{
    add_script_error(s, error->message, error->traceback, error->count, error->first_ns,
                     error->last_ns);
}

void stats_add_check(struct stats *s, const struct check_count *check)
{
    add_check(s, check->name, check->passes, check->failures);
}

void stats_add_tasks(struct stats *s, uint32_t number, uint64_t count)
{
    while (s->tasks.len <= number)
        vec_push(&s->tasks, 0);
    s->tasks.items[number] += count;
}

static void merge_connections(struct connection_times *dst, const struct connection_times *src)
{
    hist_merge(&dst->connect, &src->connect);
    hist_merge(&dst->handshake, &src->handshake);
    dst->resumed += src->resumed;
}

void stats_merge(struct stats *dst, const struct stats *src)
{
    for (uint32_t i = 0; i < src->series_len; i++)
        if (src->series[i] && src->series[i]->requests > 0)
            series_merge(stats_series_touch(dst, i), src->series[i]);
    for (size_t i = 0; i < src->failures.len; i++)
        stats_add_failure(dst, &src->failures.items[i]);
    for (size_t i = 0; i < src->script_errors.len; i++)
        stats_add_script_error(dst, &src->script_errors.items[i]);
    for (size_t i = 0; i < src->checks.len; i++)
        stats_add_check(dst, &src->checks.items[i]);
    metric_set_merge(&dst->metrics, &src->metrics);
    groups_merge(&dst->groups, &src->groups);
    generator_stats_merge(&dst->generator, &src->generator);
    merge_connections(&dst->connections, &src->connections);
    hist_merge(&dst->rates, &src->rates);
    if (dst->requests && src->requests)
        request_log_merge(dst->requests, src->requests, src->worker, src->warmup);
    arrival_stats_merge(&dst->arrivals, &src->arrivals);
    for (size_t i = 0; i < src->class_arrivals.len; i++)
        arrival_stats_merge(stats_class_arrivals_touch(dst, (uint32_t)i),
                            &src->class_arrivals.items[i]);
    for (size_t i = 0; i < src->tasks.len; i++)
        stats_add_tasks(dst, (uint32_t)i, src->tasks.items[i]);
    dst->users += src->users;
    if (src->last_ns > dst->last_ns)
        dst->last_ns = src->last_ns;
    if (src->end_ns > 0)
        widen(&dst->begin_ns, &dst->end_ns, src->begin_ns, src->end_ns);
}

void stats_total(const struct stats *s, struct series *total)
{
    for (uint32_t i = 0; i < s->series_len; i++)
        if (s->series[i])
            series_merge(total, s->series[i]);
}

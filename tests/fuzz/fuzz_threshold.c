/*
 * stats/threshold.h on any text. What is taken gets a verdict, and the opposite
 * one where it states what must not be; what is refused gets a message of three
 * lines, the last of them a caret's.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "stats/threshold.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct catalog *catalog;
static struct stats *total;

static void set_up(void)
{
    catalog = catalog_new();
    total = stats_new();
    uint32_t id = catalog_intern(catalog, "GET", 3, "/x", 2);
    for (uint64_t i = 1; i <= 10; i++)
        stats_record(total, &(struct sample){.series = id,
                                             .response_ns = i * NS_PER_MS,
                                             .error = i == 1 ? ERR_RESET : ERR_NONE,
                                             .end_ns = i});
    stats_record_check(total, "ok", true);
    stats_record_check(total, "ok", false);
    stats_record_script_error(total, "a.lua:1: no", "", 1);
    catalog_metric(catalog, METRIC_COUNTER, "c", "", &id, NULL);
    metric_count(&total->metrics, id, 5);
    catalog_metric(catalog, METRIC_GAUGE, "g", "", &id, NULL);
    metric_gauge(&total->metrics, id, -5, 1);
    catalog_metric(catalog, METRIC_RATE, "r", "", &id, NULL);
    metric_rate(&total->metrics, id, true);
    catalog_metric(catalog, METRIC_TREND, "t", "ms", &id, NULL);
    metric_trend(&total->metrics, id, "ms", 12.5);
}

static struct threshold_result check_verdict(const struct threshold *t)
{
    struct threshold_result result;
    threshold_evaluate(t, total, catalog, 10, &result);
    assert(isfinite(result.value));
    assert(result.value >= 0 || t->source == THRESHOLD_METRIC);
    assert(!(result.no_data && result.passed));
    assert(result.shown[0] && memchr(result.shown, '\0', sizeof(result.shown)));
    assert(memchr(result.scope, '\0', sizeof(result.scope)));
    assert(!t->name == (t->subject == THRESHOLD_ALL));
    assert(!t->stage == (t->part != THRESHOLD_STAGE));
    assert(t->window_s == 0 ||
           (t->window_s >= THRESHOLD_WINDOW_MIN && t->window_s <= THRESHOLD_WINDOW_MAX));
    return result;
}

/* What holds must not fail, and the other way round. Only the end of an amount
 * is known at the end whichever way it is put. */
static void check_opposite(const char *text, const struct threshold *t,
                           const struct threshold_result *result)
{
    struct threshold *opposite;
    if (threshold_parse_fail_if(&opposite, text, NULL) < 0) {
        assert(t->aborts && t->figure == THRESHOLD_COUNT);
        return;
    }
    struct threshold_result other = check_verdict(opposite);
    assert(other.no_data == result->no_data && other.value == result->value);
    assert(result->no_data || other.passed != result->passed);
    threshold_free(opposite);
}

static void check_message(const struct err *err)
{
    assert(err->kind == ERR_CONFIG);
    const char *expression = strchr(err->message, '\n');
    assert(expression);
    const char *caret = strchr(expression + 1, '\n');
    assert(caret);
    caret++;
    caret += strspn(caret, " ");
    assert(strcmp(caret, "^") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!catalog)
        set_up();
    char *text = xstrndup((const char *)data, size);
    struct threshold *t;
    struct err err = {ERR_NONE, ""};
    if (threshold_parse(&t, text, &err) == 0) {
        assert(strcmp(t->text, text) == 0);
        struct threshold_result result = check_verdict(t);
        check_opposite(text, t, &result);
        threshold_free(t);
    } else {
        check_message(&err);
    }
    free(text);
    return 0;
}

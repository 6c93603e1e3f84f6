/*
 * stats/threshold.h on any text. What is taken gets a verdict; what is refused
 * gets a message of three lines, the last of them a caret's.
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
}

static void check_verdict(const struct threshold *t)
{
    struct threshold_result result;
    threshold_evaluate(t, total, catalog, 10, &result);
    assert(isfinite(result.value) && result.value >= 0);
    assert(!(result.no_data && result.passed));
    assert(result.shown[0] && memchr(result.shown, '\0', sizeof(result.shown)));
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
        check_verdict(t);
        threshold_free(t);
    } else {
        check_message(&err);
    }
    free(text);
    return 0;
}

/*
 * base/units.h on any text: what is taken is a quantity in its bounds, and
 * every way to show it fits its buffer.
 */
#include "base/mem.h"
#include "base/units.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refusal(const struct err *err)
{
    assert(err->kind == ERR_CONFIG && err->message[0]);
    assert(strlen(err->message) < 400);
}

static void check_shown(double x)
{
    char buf[UNITS_MAX];
    assert(strlen(units_format_duration(buf, x)) < UNITS_MAX);
    assert(strlen(units_format_elapsed(buf, x)) < UNITS_MAX);
    assert(strlen(units_format_bytes(buf, x)) < UNITS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    struct err err;
    double seconds, number;
    uint64_t count;
    int port;

    if (units_parse_duration(text, &seconds, &err)) {
        check_refusal(&err);
    } else {
        assert(seconds >= 0 && seconds <= 10000 * 86400.0);
        check_shown(seconds);
    }
    if (units_parse_count(text, &count, &err)) {
        check_refusal(&err);
    } else {
        char buf[UNITS_MAX];
        assert(strlen(units_format_count(buf, count)) < UNITS_MAX);
        check_shown((double)count);
    }
    if (units_parse_number(text, &number, &err)) {
        check_refusal(&err);
    } else {
        assert(isfinite(number));
        check_shown(number);
    }
    if (units_parse_port(text, 0, &port, &err))
        check_refusal(&err);
    else
        assert(port >= 1 && port <= 65535);
    free(text);
    return 0;
}

/* Parsing and showing quantities; see units.h. Numbers are scanned by hand:
 * strtod alone would take "0x10", "inf" and "1e5". */
#include "base/units.h"

#include "base/mem.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char duration_example[] = "write a time such as \"500ms\", \"30s\" or \"1m30s\"";
static const char count_example[] = "write a whole number such as \"100\", \"1.5k\" or \"2M\"";

/* More than anybody means, and far inside 64 bits of nanoseconds. */
#define DURATION_MAX_S (10000.0 * 86400)

/* How much of a wrong text an error repeats. */
enum { SHOWN = 80 };

static const struct time_unit {
    const char *name;
    double seconds;
} time_units[] = {
    /* largest first */
    {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6},
};
enum { TIME_UNITS = sizeof(time_units) / sizeof(time_units[0]) };

/* err_set, with what was typed made printable; returns -1. */
static int refuse(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct err *err, const char *fmt, ...)
{
    if (!err)
        return -1;
    va_list args;
    va_start(args, fmt);
    err_setv(err, ERR_CONFIG, fmt, args);
    va_end(args);
    err_printable(err);
    return -1;
}

/* The length of "12", "1.5", ".5" or "5." at text; 0 when no digit is there. */
static size_t number_len(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    if (text[whole] != '.')
        return whole;
    size_t fraction = strspn(text + whole + 1, "0123456789");
    return whole + fraction > 0 ? whole + 1 + fraction : 0;
}

static double number_value(const char *text, size_t len)
{
    char *copy = xstrndup(text, len);
    double value = strtod(copy, NULL);
    free(copy);
    return value;
}

/* What is wrong with a text that does not begin with a number. */
static int not_a_number(const char *what, const char *text, const char *example, struct err *err)
{
    if (text[0] == '\0')
        return refuse(err, "the %s is empty; %s", what, example);
    if (text[0] == '-' && number_len(text + 1) > 0)
        return refuse(err, "%s \"%.*s\" is negative; %s", what, SHOWN, text, example);
    return refuse(err, "%s \"%.*s\" does not begin with a number; %s", what, SHOWN, text, example);
}

static int find_time_unit(const char *text, size_t len)
{
    for (int i = 0; i < TIME_UNITS; i++)
        if (strlen(time_units[i].name) == len && memcmp(time_units[i].name, text, len) == 0)
            return i;
    return -1;
}

int units_parse_duration(const char *text, double *seconds, struct err *err)
{
    double total = 0;
    int last_unit = -1;
    const char *at = text;
    do {
        size_t digits = number_len(at);
        if (digits == 0 && at == text)
            return not_a_number("duration", text, duration_example, err);
        if (digits == 0)
            return refuse(err, "duration \"%.*s\" has \"%.20s\" where a number should be; %s",
                          SHOWN, text, at, duration_example);
        double value = number_value(at, digits);
        const char *unit = at + digits;
        if (*unit == '\0' && at == text) {
            total = value; /* a bare number is seconds */
            break;
        }
        size_t unit_len = strcspn(unit, "0123456789.");
        if (unit_len == 0)
            return refuse(err, "duration \"%.*s\" has no unit after \"%.*s\"; %s", SHOWN, text,
                          (int)(digits < 20 ? digits : 20), at, duration_example);
        int i = find_time_unit(unit, unit_len);
        if (i < 0)
            return refuse(
                err,
                "duration \"%.*s\" has the unknown unit \"%.*s\" (known: us, ms, s, m, h, "
                "d); %s",
                SHOWN, text, (int)(unit_len < 20 ? unit_len : 20), unit, duration_example);
        if (i <= last_unit)
            return refuse(
                err, "duration \"%.*s\" must have its units from large to small, each once; %s",
                SHOWN, text, duration_example);
        last_unit = i;
        total += value * time_units[i].seconds;
        at = unit + unit_len;
    } while (*at);
    if (!(total <= DURATION_MAX_S))
        return refuse(err, "duration \"%.*s\" is longer than 10000d; %s", SHOWN, text,
                      duration_example);
    *seconds = total;
    return 0;
}

/* total += value * scale; -1 when it does not fit. */
static int add_scaled(uint64_t *total, uint64_t value, uint64_t scale)
{
    uint64_t product;
    return __builtin_mul_overflow(value, scale, &product) ||
                   __builtin_add_overflow(*total, product, total)
               ? -1
               : 0;
}

int units_parse_count(const char *text, uint64_t *count, struct err *err)
{
    size_t len = number_len(text);
    if (len == 0)
        return not_a_number("number", text, count_example, err);

    const char *suffix = text + len;
    uint64_t scale = 1;
    if (*suffix == 'k' || *suffix == 'K')
        scale = 1000;
    else if (*suffix == 'm' || *suffix == 'M')
        scale = 1000000;
    else if (*suffix == 'g' || *suffix == 'G')
        scale = 1000000000;
    if (*suffix != '\0' && (scale == 1 || suffix[1] != '\0'))
        return refuse(err, "number \"%.*s\" ends in \"%.*s\" (known: k, M, G); %s", SHOWN, text, 20,
                      suffix, count_example);

    /* Digit by digit, so that every count up to the last is exact. */
    uint64_t total = 0;
    const char *at = text;
    for (; at < suffix && *at != '.'; at++) {
        uint64_t shifted = 0;
        if (add_scaled(&shifted, total, 10) || add_scaled(&shifted, (uint64_t)(*at - '0'), 1))
            goto too_large;
        total = shifted;
    }
    uint64_t whole = total;
    total = 0;
    if (add_scaled(&total, whole, scale))
        goto too_large;
    uint64_t place = scale;
    for (at += at < suffix; at < suffix; at++) {
        place = place % 10 == 0 ? place / 10 : 0;
        if (place == 0 && *at != '0')
            return refuse(err, "number \"%.*s\" is not whole; %s", SHOWN, text, count_example);
        if (add_scaled(&total, (uint64_t)(*at - '0'), place))
            goto too_large;
    }
    *count = total;
    return 0;

too_large:
    return refuse(err, "number \"%.*s\" is too large; %s", SHOWN, text, count_example);
}

int units_parse_number(const char *text, double *number, struct err *err)
{
    static const char example[] = "write one such as \"10\" or \"0.5\"";
    size_t sign = text[0] == '-' || text[0] == '+';
    size_t len = number_len(text + sign);
    if (text[0] == '\0')
        return refuse(err, "the number is empty; %s", example);
    if (len == 0 || text[sign + len] != '\0')
        return refuse(err, "\"%.*s\" is not a number; %s", SHOWN, text, example);
    double value = number_value(text, sign + len);
    if (!isfinite(value))
        return refuse(err, "number \"%.*s\" is too large; %s", SHOWN, text, example);
    *number = value;
    return 0;
}

int units_parse_port(const char *text, int zero_ok, int *port, struct err *err)
{
    int value = 0;
    for (const char *at = text; *at; at++) {
        if (!isdigit((unsigned char)*at))
            goto bad;
        value = value * 10 + (*at - '0');
        if (value > 65535)
            goto bad;
    }
    if (text[0] == '\0' || (value == 0 && !zero_ok))
        goto bad;
    *port = value;
    return 0;

bad:
    return refuse(err, "port \"%.*s\" is not a number from %d to 65535, such as \"8080\"", SHOWN,
                  text, zero_ok ? 0 : 1);
}

/* value with three significant digits in the first unit where it stays below
 * 1,000 (the last takes what is left); units are a factor 1,000 apart. */
static const char *three_digits(char buf[UNITS_MAX], double value, const char *const *units, int n,
                                bool whole_first)
{
    if (!isfinite(value)) {
        snprintf(buf, UNITS_MAX, "-");
        return buf;
    }
    const char *sign = value < 0 ? "-" : "";
    double v = fabs(value);
    int i = 0;
    while (v >= 999.5 && i < n - 1) {
        v /= 1000;
        i++;
    }
    int decimals = v < 9.995 ? 2 : v < 99.95 ? 1 : 0;
    if (v == 0 || (i == 0 && whole_first))
        decimals = 0;
    if (v >= 1e15)
        snprintf(buf, UNITS_MAX, "%s%.3g %s", sign, v, units[i]);
    else
        snprintf(buf, UNITS_MAX, "%s%.*f %s", sign, decimals, v, units[i]);
    return buf;
}

const char *units_format_duration(char buf[UNITS_MAX], double seconds)
{
    static const char *const names[] = {"us", "ms", "s"};
    return three_digits(buf, seconds * 1e6, names, 3, false);
}

const char *units_format_bytes(char buf[UNITS_MAX], double bytes)
{
    static const char *const names[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    return three_digits(buf, bytes, names, 7, true);
}

const char *units_format_elapsed(char buf[UNITS_MAX], double seconds)
{
    if (!(seconds >= 0))
        seconds = 0;
    if (seconds > 1e15)
        seconds = 1e15;
    double tenths = round(seconds * 10);
    if (tenths < 100 && fmod(tenths, 10) != 0) {
        snprintf(buf, UNITS_MAX, "%.1fs", tenths / 10);
        return buf;
    }
    uint64_t s = (uint64_t)round(seconds);
    if (s < 60)
        snprintf(buf, UNITS_MAX, "%" PRIu64 "s", s);
    else if (s < 3600)
        snprintf(buf, UNITS_MAX, "%" PRIu64 "m %02" PRIu64 "s", s / 60, s % 60);
    else if (s < 86400)
        snprintf(buf, UNITS_MAX, "%" PRIu64 "h %02" PRIu64 "m", s / 3600, s / 60 % 60);
    else
        snprintf(buf, UNITS_MAX, "%" PRIu64 "d %02" PRIu64 "h", s / 86400, s / 3600 % 24);
    return buf;
}

const char *units_format_count(char buf[UNITS_MAX], uint64_t count)
{
    char digits[UNITS_MAX];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, count);
    char *to = buf;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return buf;
}

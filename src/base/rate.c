/* Parsing and showing rates, left to right with one cursor; see rate.h. */
#include "base/rate.h"

#include "base/caret.h"
#include "base/mem.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXAMPLE "write a rate such as \"2000/s\", \"30/m\" or \"500/s..2000/s\""

struct cursor {
    const char *text, *at;
    struct err *err; /* or NULL */
};

/* -1 with the reason, which is a literal, how it is written, and a caret. */
#define fail(c, where, reason, ...)                                                          \
    caret_error((c)->err, NULL, (c)->text, strlen((c)->text), (size_t)((where) - (c)->text), \
                reason "; " EXAMPLE, ##__VA_ARGS__)

static void skip_spaces(struct cursor *c)
{
    while (*c->at == ' ' || *c->at == '\t')
        c->at++;
}

/* The length of "12", "1.5", ".5" at text; "1..2" is 1 and a ramp. */
static size_t number_len(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    if (text[whole] != '.' || text[whole + 1] == '.')
        return whole;
    size_t fraction = strspn(text + whole + 1, "0123456789");
    return whole + fraction > 0 ? whole + 1 + fraction : 0;
}

static int parse_number(struct cursor *c, double *value)
{
    skip_spaces(c);
    const char *start = c->at;
    size_t len = number_len(start);
    if (*start == '\0' && start == c->text)
        return fail(c, start, "the rate is empty");
    if (*start == '\0')
        return fail(c, start, "the rate ends too early");
    if (*start == '-')
        return fail(c, start, "a rate cannot be negative");
    if (len == 0)
        return fail(c, start, "a number should be here");
    char *digits = xstrndup(start, len);
    *value = strtod(digits, NULL);
    free(digits);
    c->at += len;

    static const char suffixes[] = "kKmMgG";
    const char *suffix = *c->at ? strchr(suffixes, *c->at) : NULL;
    if (suffix) {
        static const double scales[] = {1e3, 1e6, 1e9};
        *value *= scales[(suffix - suffixes) / 2];
        c->at++;
    }
    if (!(*value <= RATE_MAX))
        return fail(c, start, "more than %g per second is not meant", RATE_MAX);
    return 0;
}

/* "/s", "/min", "/hour", or nothing, which leaves *seconds at 0. */
static int parse_unit(struct cursor *c, double *seconds)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {
        {"s", 1},    {"sec", 1},     {"second", 1}, {"m", 60},
        {"min", 60}, {"minute", 60}, {"h", 3600},   {"hour", 3600},
    };
    skip_spaces(c);
    *seconds = 0;
    if (*c->at != '/')
        return 0;
    c->at++;
    skip_spaces(c);
    size_t len = 0;
    while (isalpha((unsigned char)c->at[len]))
        len++;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strlen(units[i].name) == len && memcmp(c->at, units[i].name, len) == 0)
            *seconds = units[i].seconds;
    if (*seconds == 0)
        return fail(c, c->at, "a rate is per second (/s), minute (/m) or hour (/h)");
    c->at += len;
    return 0;
}

int rate_parse(const char *text, struct rate *rate, struct err *err)
{
    struct cursor c = {.text = text, .at = text, .err = err};
    double from = 0, to = 0, from_unit = 0, to_unit = 0;
    if (parse_number(&c, &from) < 0 || parse_unit(&c, &from_unit) < 0)
        return -1;
    skip_spaces(&c);
    if (c.at[0] == '.' && c.at[1] == '.') {
        c.at += 2;
        if (parse_number(&c, &to) < 0 || parse_unit(&c, &to_unit) < 0)
            return -1;
    } else {
        to = from;
        to_unit = from_unit;
    }
    skip_spaces(&c);
    if (*c.at != '\0')
        return fail(&c, c.at, "\"%.20s\" does not belong here", c.at);
    if (from == 0 && to == 0)
        return fail(&c, text, "a rate must be above 0");
    double usual = from_unit > 0 ? from_unit : to_unit > 0 ? to_unit : 1;
    rate->from = from / (from_unit > 0 ? from_unit : usual);
    rate->to = to / (to_unit > 0 ? to_unit : usual);
    return 0;
}

static bool is_whole(double n)
{
    return fabs(n - round(n)) < 1e-9 * n;
}

static void add_end(char *buf, size_t size, double rate)
{
    char n[UNITS_MAX];
    if (rate == 0 || rate >= 1000 || is_whole(rate))
        snprintf(buf, size, "%s/s", units_format_count(n, (uint64_t)llround(rate)));
    else if (rate < 1 && is_whole(rate * 60))
        snprintf(buf, size, "%g/m", rate * 60);
    else if (rate < 1 && is_whole(rate * 3600))
        snprintf(buf, size, "%g/h", rate * 3600);
    else
        snprintf(buf, size, "%.4g/s", rate);
}

const char *rate_format(char buf[RATE_TEXT_MAX], const struct rate *rate)
{
    char from[UNITS_MAX + 4], to[UNITS_MAX + 4];
    add_end(from, sizeof(from), rate->from);
    add_end(to, sizeof(to), rate->to);
    if (rate_is_ramp(rate))
        snprintf(buf, RATE_TEXT_MAX, "%s to %s", from, to);
    else
        snprintf(buf, RATE_TEXT_MAX, "%s", from);
    return buf;
}

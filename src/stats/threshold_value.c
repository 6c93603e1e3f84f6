/* The value of a threshold, in the unit of its metric. */
#include "stats/threshold_parser.h"

#include "base/mem.h"
#include "base/units.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_time(const struct threshold *t)
{
    return t->source <= THRESHOLD_FIRST_BYTE;
}

static int parse_time(struct threshold_parser *p, size_t at, const char *value)
{
    struct err why;
    double seconds;
    if (value[strspn(value, "0123456789.")] == '\0')
        return parser_fail(p, at, "a time needs its unit: %.20sms or %.20ss", value, value);
    if (units_parse_duration(value, &seconds, &why))
        return parser_fail(p, at, "%s", why.message);
    p->t->limit = round(seconds * 1e9) / 1e6; /* "50500us" is the same number as 50.5 ms */
    return 0;
}

/* A plain number, or one with k, M or G; of a rate perhaps with "/s". */
static int parse_amount(struct threshold_parser *p, size_t at, char *value)
{
    struct err why;
    uint64_t count;
    size_t len = strlen(value);
    if (p->t->figure == THRESHOLD_PER_S && len > 2 && strcmp(value + len - 2, "/s") == 0)
        value[len - 2] = '\0';
    if (units_parse_number(value, &p->t->limit, NULL) == 0) {
        if (p->t->limit < 0 && p->t->source != THRESHOLD_METRIC)
            return parser_fail(p, at, "a negative number compares with nothing here");
        if (p->t->source == THRESHOLD_FAILURES && p->t->limit != floor(p->t->limit))
            return parser_fail(p, at,
                               "failures are counted in whole numbers; a share of the requests is "
                               "written %g%%",
                               100 * p->t->limit);
        return 0;
    }
    if (units_parse_count(value, &count, &why))
        return parser_fail(p, at, "%s", why.message);
    p->t->limit = (double)count;
    return 0;
}

/* Of a custom metric that is a time, "200ms" too. */
static int parse_custom_value(struct threshold_parser *p, size_t at, char *value)
{
    double seconds;
    bool rate = p->t->figure == THRESHOLD_PER_S || p->t->figure == THRESHOLD_COUNT;
    if (!rate && value[strspn(value, "0123456789.")] != '\0' &&
        units_parse_duration(value, &seconds, NULL) == 0) {
        p->t->limit_is_time = true;
        return parse_time(p, at, value);
    }
    return parse_amount(p, at, value);
}

static int parse_share(struct threshold_parser *p, size_t at, const char *value)
{
    char *number = xstrndup(value, strlen(value) - 1);
    int rc = units_parse_number(number, &p->t->limit, NULL);
    free(number);
    if (rc || p->t->limit < 0 || p->t->limit > 100)
        return parser_fail(p, at, "a share is a number from 0%% to 100%%, such as 1%%");
    p->t->figure = THRESHOLD_SHARE;
    return 0;
}

/* Whether a word behind a number is its unit, and not what follows the value. */
static bool is_unit(const char *text, size_t len)
{
    static const char *const others[] = {"in", "for", "abort"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strlen(others[i]) == len && memcmp(others[i], text, len) == 0)
            return false;
    return isalpha((unsigned char)text[0]) || text[0] == '%' || text[0] == '/';
}

/* The value without the blank that may stand before its unit, as the report
 * writes it: "200 ms", "1 %". *end is left behind the value and its blanks. */
static char *take_value(const char *text, size_t at, size_t *end)
{
    size_t digits = strspn(text + at, "0123456789.");
    size_t unit = parser_skip(text, at + digits);
    if (digits == 0 || !is_unit(text + unit, strcspn(text + unit, " \t")))
        unit = at + digits;
    size_t unit_len = strcspn(text + unit, " \t");
    *end = parser_skip(text, unit + unit_len);
    return xasprintf("%.*s%.*s", (int)digits, text + at, (int)unit_len, text + unit);
}

static const char *example_value(const struct threshold *t)
{
    if (is_time(t))
        return "200ms";
    if (t->source == THRESHOLD_FAILURES || t->figure == THRESHOLD_SHARE)
        return t->source == THRESHOLD_FAILURES ? "1%" : "99%";
    return t->figure == THRESHOLD_PER_S ? "500" : "1000";
}

int threshold_parse_value(struct threshold_parser *p)
{
    struct threshold *t = p->t;
    size_t end, at = p->at;
    char *value = take_value(p->text, at, &end);
    size_t len = strlen(value);
    bool share = len > 0 && value[len - 1] == '%';
    int rc;
    if (len == 0)
        rc = parser_fail(p, at, "a value must stand here, such as %s", example_value(t));
    else if (share && t->source != THRESHOLD_FAILURES && t->figure != THRESHOLD_SHARE)
        rc = parser_fail(p, at, "only failures, checks and rates can be compared with a share");
    else if (!share && t->figure == THRESHOLD_SHARE)
        rc = parser_fail(p, at, "this is a share; write it in percent, such as 99%%");
    else if (share)
        rc = parse_share(p, at, value);
    else if (is_time(t))
        rc = parse_time(p, at, value);
    else if (t->source == THRESHOLD_METRIC)
        rc = parse_custom_value(p, at, value);
    else
        rc = parse_amount(p, at, value);
    free(value);
    p->at = end;
    return rc;
}

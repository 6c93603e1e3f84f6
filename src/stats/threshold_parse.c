/*
 * The text of a threshold, from left to right; see threshold.h. The subject
 * comes off first, at the last ": " before a quoted name, because only the
 * subject may have a colon in it.
 */
#include "stats/threshold.h"

#include "base/mem.h"
#include "base/units.h"
#include "stats/threshold_parser.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- what it is about ---- */

/* Behind the subject a quoted name may hold a colon: check "a: b". */
static bool begins_quoted(const char *text)
{
    return strncmp(text, "check \"", 7) == 0 || strncmp(text, "metric \"", 8) == 0;
}

/* Takes "SUBJECT: " off; p->at is left on the metric. */
static int parse_subject(struct threshold_parser *p)
{
    const char *text = p->text;
    size_t start = parser_skip(text, 0), colon = 0;
    for (size_t i = start; text[i] && !begins_quoted(text + i); i++)
        if (text[i] == ':' && (text[i + 1] == ' ' || text[i + 1] == '\t'))
            colon = i + 1;
    p->at = start;
    if (colon == 0)
        return 0;
    if (parser_word(p, "class"))
        p->t->subject = THRESHOLD_CLASS;
    else if (parser_word(p, "tag"))
        p->t->subject = THRESHOLD_TAG;
    else
        p->t->subject = THRESHOLD_SERIES;

    size_t len = colon - 1 - p->at;
    while (len > 0 && isblank((unsigned char)text[p->at + len - 1]))
        len--;
    if (len == 0)
        return parser_fail(p, p->at, "%s must stand before the \":\"",
                           p->t->subject == THRESHOLD_CLASS ? "the name of a user class"
                           : p->t->subject == THRESHOLD_TAG ? "a tag"
                                                            : "a series");
    p->t->name = xstrndup(text + p->at, len);
    p->at = parser_skip(text, colon);
    return 0;
}

/* ---- comparison ---- */

static int parse_comparison(struct threshold_parser *p)
{
    static const struct {
        const char *name;
        enum threshold_op op;
    } known[] = {
        {"<", THRESHOLD_LESS},           {"<=", THRESHOLD_LESS_EQUAL}, {">", THRESHOLD_GREATER},
        {">=", THRESHOLD_GREATER_EQUAL}, {"==", THRESHOLD_EQUAL},      {"!=", THRESHOLD_UNEQUAL},
    };
    const char *text = p->text;
    size_t len = strspn(text + p->at, "<>=!");
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) == len && memcmp(known[i].name, text + p->at, len) == 0) {
            p->t->op = known[i].op;
            p->at = parser_skip(text, p->at + len);
            return 0;
        }
    }
    if (len == 1 && text[p->at] == '=')
        return parser_fail(p, p->at, "write \"==\" to compare");
    if (len == 0 && (text[p->at] == '+' || text[p->at] == '-'))
        return parser_fail(p, p->at,
                           "a change is judged by --fail-if, against what --baseline names; here "
                           "a comparison must stand: < <= > >= == !=");
    return parser_fail(p, p->at, "a comparison must stand here: < <= > >= == !=");
}

/* ---- where, over what, and then ---- */

/* "warmup", or "stage NAME". */
static int parse_part(struct threshold_parser *p)
{
    struct threshold *t = p->t;
    if (t->part != THRESHOLD_WHOLE)
        return parser_fail(p, p->at, "the part of the run is said already");
    if (parser_word(p, "warmup")) {
        t->part = THRESHOLD_WARMUP;
        return 0;
    }
    if (!parser_word(p, "stage"))
        return parser_fail(p, p->at, "a part of the run must stand here: warmup, or stage NAME");
    t->part = THRESHOLD_STAGE;
    if (p->text[p->at] == '"') {
        if (parser_quoted(p, &t->stage) < 0)
            return -1;
    } else {
        size_t len = strcspn(p->text + p->at, " \t");
        if (len == 0)
            return parser_fail(p, p->at, "the stage's name must stand here");
        t->stage = xstrndup(p->text + p->at, len);
        p->at += len;
    }
    p->at = parser_skip(p->text, p->at);
    return 0;
}

static int parse_window(struct threshold_parser *p)
{
    struct err why;
    size_t begin = p->at, len = strcspn(p->text + begin, " \t");
    char *value = xstrndup(p->text + begin, len);
    int rc = 0;
    if (p->t->window_s > 0)
        rc = parser_fail(p, begin, "the window is said already");
    else if (len == 0)
        rc = parser_fail(p, begin, "a time must stand here, such as 10s");
    else if (units_parse_duration(value, &p->t->window_s, &why))
        rc = parser_fail(p, begin, "%s", why.message);
    else if (p->t->window_s < THRESHOLD_WINDOW_MIN || p->t->window_s > THRESHOLD_WINDOW_MAX)
        rc = parser_fail(p, begin, "a window is 1s to 1h long");
    free(value);
    p->at = parser_skip(p->text, begin + len);
    return rc;
}

/* An amount that must be reached is reached at the end; before, it is not. */
static bool known_only_at_the_end(const struct threshold *t)
{
    bool more = t->op == THRESHOLD_GREATER || t->op == THRESHOLD_GREATER_EQUAL ||
                t->op == THRESHOLD_UNEQUAL;
    return t->figure == THRESHOLD_COUNT && t->window_s == 0 && more;
}

static int parse_rest(struct threshold_parser *p)
{
    while (p->text[p->at]) {
        size_t begin = p->at;
        int rc = 0;
        if (parser_word(p, "in"))
            rc = parse_part(p);
        else if (parser_word(p, "for"))
            rc = parse_window(p);
        else if (parser_word(p, "abort"))
            p->t->aborts = true;
        else
            rc = parser_fail(
                p, begin,
                "only \"in warmup\", \"in stage NAME\", \"for TIME\" and \"abort\" may follow "
                "the value");
        if (rc < 0)
            return -1;
        if (p->t->aborts && !p->text[p->at] && known_only_at_the_end(p->t))
            return parser_fail(p, begin,
                               "whether so many are reached is known at the end only; leave "
                               "\"abort\" out, or judge windows: for 10s");
    }
    return 0;
}

static enum threshold_op opposite(enum threshold_op op)
{
    static const enum threshold_op of[] = {
        [THRESHOLD_LESS] = THRESHOLD_GREATER_EQUAL, [THRESHOLD_LESS_EQUAL] = THRESHOLD_GREATER,
        [THRESHOLD_GREATER] = THRESHOLD_LESS_EQUAL, [THRESHOLD_GREATER_EQUAL] = THRESHOLD_LESS,
        [THRESHOLD_EQUAL] = THRESHOLD_UNEQUAL,      [THRESHOLD_UNEQUAL] = THRESHOLD_EQUAL,
    };
    return of[op];
}

static int parse(struct threshold **out, const char *text, bool fail_if, struct err *err)
{
    struct threshold *t = xcalloc(1, sizeof(*t));
    struct threshold_parser p = {.t = t, .text = text, .err = err};
    if (parse_subject(&p) < 0 || threshold_parse_metric(&p) < 0 || parse_comparison(&p) < 0)
        goto failed;
    if (fail_if)
        t->op = opposite(t->op);
    if (threshold_parse_value(&p) < 0 || parse_rest(&p) < 0)
        goto failed;
    t->text = fail_if ? xasprintf("fail if %s", text) : xstrdup(text);
    *out = t;
    return 0;
failed:
    threshold_free(t);
    return -1;
}

int threshold_parse(struct threshold **out, const char *text, struct err *err)
{
    return parse(out, text, false, err);
}

int threshold_parse_fail_if(struct threshold **out, const char *text, struct err *err)
{
    return parse(out, text, true, err);
}

void threshold_free(struct threshold *t)
{
    if (!t)
        return;
    free(t->text);
    free(t->name);
    free(t->what);
    free(t->stage);
    free(t);
}

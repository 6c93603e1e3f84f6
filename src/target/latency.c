/* The grammar of --latency: a cursor over the text, one function per
 * production. */
#include "target/latency.h"

#include "base/caret.h"
#include "base/units.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { LONGEST_S = 3600, EXPONENTIAL_CUT = 20, TOKEN_MAX = 48 };

struct cursor {
    const char *text;
    const char *at;
    struct err *err;
};

static int fail(const struct cursor *c, const char *where, const char *message)
{
    return caret_error(c->err, "--latency", c->text, strlen(c->text), (size_t)(where - c->text),
                       "%s", message);
}

static void skip_spaces(struct cursor *c)
{
    while (isspace((unsigned char)*c->at))
        c->at++;
}

static bool accept(struct cursor *c, const char *token)
{
    skip_spaces(c);
    size_t len = strlen(token);
    if (strncmp(c->at, token, len) != 0)
        return false;
    c->at += len;
    return true;
}

/* Copies the run of characters a number with a unit is made of; a ".." ends it. */
static const char *take_word(struct cursor *c, char word[TOKEN_MAX])
{
    skip_spaces(c);
    const char *start = c->at;
    size_t len = 0;
    while (isalnum((unsigned char)*c->at) || (*c->at == '.' && c->at[1] != '.') ||
           ((*c->at == '-' || *c->at == '+') && c->at == start)) {
        if (len + 1 < TOKEN_MAX)
            word[len++] = *c->at;
        c->at++;
    }
    word[len] = '\0';
    return start;
}

static int parse_duration(struct cursor *c, double *seconds)
{
    char word[TOKEN_MAX];
    const char *start = take_word(c, word);
    if (!*word)
        return fail(c, start, "expected a duration such as 20ms");
    struct err why;
    if (units_parse_duration(word, seconds, &why) != 0 || *seconds < 0)
        return fail(c, start, "not a duration; write it like 20ms or 1.5s");
    if (*seconds > LONGEST_S)
        return fail(c, start, "longer than an hour");
    return 0;
}

static int parse_band(struct cursor *c, struct latency_band *band)
{
    if (accept(c, "exp:")) {
        band->exponential = true;
        if (parse_duration(c, &band->lo) != 0)
            return -1;
        band->hi = band->lo * EXPONENTIAL_CUT;
        return 0;
    }
    band->exponential = false;
    if (parse_duration(c, &band->lo) != 0)
        return -1;
    band->hi = band->lo;
    if (!accept(c, ".."))
        return 0;
    skip_spaces(c);
    const char *second = c->at;
    if (parse_duration(c, &band->hi) != 0)
        return -1;
    if (band->hi < band->lo)
        return fail(c, second, "the range ends before it begins");
    return 0;
}

static int parse_share(struct cursor *c, double *share)
{
    char word[TOKEN_MAX];
    const char *start = take_word(c, word);
    struct err why;
    if (!*word || units_parse_number(word, share, &why) != 0)
        return fail(c, start, "expected a share such as 1% or 0.01");
    if (accept(c, "%"))
        *share /= 100;
    if (*share < 0 || *share > 1)
        return fail(c, start, "a share lies between 0 and 1, or 0% and 100%");
    return 0;
}

static int expect_end(struct cursor *c, const char *message)
{
    skip_spaces(c);
    return *c->at ? fail(c, c->at, message) : 0;
}

int latency_parse(struct latency *latency, const char *text, struct err *err)
{
    struct cursor c = {.text = text, .at = text, .err = err};
    memset(latency, 0, sizeof(*latency));
    if (parse_band(&c, &latency->usual) != 0)
        return -1;
    if (!accept(&c, ","))
        return expect_end(&c, "expected \"..\", \",\" or the end here");
    if (parse_share(&c, &latency->tail_share) != 0)
        return -1;
    if (!accept(&c, ":"))
        return fail(&c, c.at, "expected \":\" and the duration of this share, as in 5ms,1%:500ms");
    if (parse_band(&c, &latency->tail) != 0)
        return -1;
    return expect_end(&c, "expected the end here");
}

bool latency_is_zero(const struct latency *latency)
{
    return latency->usual.hi <= 0 && (latency->tail_share <= 0 || latency->tail.hi <= 0);
}

static double band_draw(const struct latency_band *band, struct rng *rng)
{
    if (band->exponential)
        return fmin(-log1p(-rng_double(rng)) * band->lo, band->hi);
    return band->lo < band->hi ? rng_between(rng, band->lo, band->hi) : band->lo;
}

double latency_draw(const struct latency *latency, struct rng *rng)
{
    bool slow = latency->tail_share > 0 && rng_double(rng) < latency->tail_share;
    return band_draw(slow ? &latency->tail : &latency->usual, rng);
}

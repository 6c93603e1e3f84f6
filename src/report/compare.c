/* Comparing two runs; see compare.h. The two digests are sorted alike, so their
 * series are matched in one walk. */
#include "report/compare.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double ALPHA = 0.05;
/* That many are not too few. */
enum { ANSWERS_MANY = 200 };

const char *const compare_figure_names[COMPARE_FIGURES] = {
    [COMPARE_RATE] = "rps", [COMPARE_FAILURES] = "failures", [COMPARE_MEAN] = "mean",
    [COMPARE_P50] = "p50",  [COMPARE_P90] = "p90",           [COMPARE_P95] = "p95",
    [COMPARE_P99] = "p99",  [COMPARE_P99_9] = "p99.9",
};

static const double percents[COMPARE_FIGURES] = {
    [COMPARE_P50] = 50, [COMPARE_P90] = 90,     [COMPARE_P95] = 95,
    [COMPARE_P99] = 99, [COMPARE_P99_9] = 99.9,
};

const char *const compare_verdict_names[] = {
    [COMPARE_SAME] = "same",
    [COMPARE_SLOWER] = "slower",
    [COMPARE_FASTER] = "faster",
    [COMPARE_MIXED] = "mixed",
    [COMPARE_TOO_FEW] = "too few",
    [COMPARE_TOO_SHORT] = "too short",
    [COMPARE_ONLY_OLD] = "only in the old run",
    [COMPARE_ONLY_NEW] = "only in the new run",
};

/* What a row is judged by: these, and the shift. */
static const enum compare_figure judged[] = {COMPARE_P50, COMPARE_P95, COMPARE_P99,
                                             COMPARE_FAILURES};
enum { JUDGED = sizeof(judged) / sizeof(judged[0]) };

static int side_of(struct interval i)
{
    return !i.known ? 0 : i.low > 0 ? 1 : i.high < 0 ? -1 : 0;
}

static struct interval times_within(const struct hist *h, double percent,
                                    const struct spread *spread, double alpha)
{
    if (percent > 0)
        return difference_percentile(h, percent, spread_of_percentile(spread, percent), alpha);
    return difference_mean(h, spread_of(spread, SPREAD_MEAN), alpha);
}

static struct interval times_between(const struct compare_row *row, double percent, double from,
                                     double to, double alpha)
{
    return difference_ratio(from,
                            times_within(&row->from->response, percent, &row->from_spread, alpha),
                            to, times_within(&row->to->response, percent, &row->to_spread, alpha));
}

/* percent COMPARE_OF_MEAN: the mean. */
static struct compare_change change_of_times(const struct compare_row *row, double percent,
                                             double strict)
{
    const struct hist *a = &row->from->response, *b = &row->to->response;
    double from = percent > 0 ? hist_percentile(a, percent) : hist_mean(a);
    double to = percent > 0 ? hist_percentile(b, percent) : hist_mean(b);
    struct compare_change change = {.from = from / 1000, .to = to / 1000};
    change.measured = a->count > 0 && b->count > 0;
    if (!change.measured)
        return change;
    change.change = from > 0 ? to / from - 1 : 0;
    change.within = times_between(row, percent, from, to, ALPHA);
    change.differs = side_of(times_between(row, percent, from, to, strict));
    return change;
}

struct compare_change compare_percentile(const struct compare_row *row, double percent)
{
    return change_of_times(row, percent, ALPHA);
}

static double share(const struct series *s)
{
    return s->requests > 0 ? (double)s->failures / (double)s->requests : 0;
}

static struct interval failures_between(const struct compare_row *row, double alpha)
{
    const struct series *a = row->from, *b = row->to;
    struct dependence of_a = spread_of(&row->from_spread, SPREAD_FAILURES);
    struct dependence of_b = spread_of(&row->to_spread, SPREAD_FAILURES);
    return difference_minus(share(a), difference_share(a->failures, a->requests, of_a, alpha),
                            share(b), difference_share(b->failures, b->requests, of_b, alpha));
}

static struct compare_change change_of_failures(const struct compare_row *row, double strict)
{
    const struct series *a = row->from, *b = row->to;
    struct compare_change change = {.from = share(a), .to = share(b)};
    change.measured = a->requests > 0 && b->requests > 0;
    if (!change.measured)
        return change;
    change.change = change.to - change.from;
    change.within = failures_between(row, ALPHA);
    change.differs = side_of(failures_between(row, strict));
    return change;
}

struct compare_change compare_failures(const struct compare_row *row)
{
    return change_of_failures(row, ALPHA);
}

static struct compare_change change_of_rate(double from, double to)
{
    return (struct compare_change){
        .from = from, .to = to, .measured = from > 0, .change = from > 0 ? to / from - 1 : 0};
}

/* Whether it is for want of seconds, not of answers, that nothing can be told. */
static bool is_too_short(const struct compare_row *row)
{
    bool seconds =
        row->from_spread.ticks >= SPREAD_TICKS_MIN && row->to_spread.ticks >= SPREAD_TICKS_MIN;
    return !seconds && row->from->requests >= ANSWERS_MANY && row->to->requests >= ANSWERS_MANY;
}

/* Slower or faster, by what differs beyond chance. */
static enum compare_verdict judge(const struct compare_row *row, double strict)
{
    bool slower = false, faster = false;
    for (int i = 0; i < JUDGED; i++) {
        if (judged[i] == COMPARE_FAILURES)
            continue;
        slower |= row->changes[judged[i]].differs > 0;
        faster |= row->changes[judged[i]].differs < 0;
    }
    if (row->shift.known && row->shift.p < strict && !slower && !faster) {
        slower = row->shift.larger > 0.5;
        faster = !slower;
    }
    if (slower || faster)
        return slower && faster ? COMPARE_MIXED : slower ? COMPARE_SLOWER : COMPARE_FASTER;
    bool told = row->shift.known && row->changes[COMPARE_P50].within.known;
    return told ? COMPARE_SAME : is_too_short(row) ? COMPARE_TOO_SHORT : COMPARE_TOO_FEW;
}

void compare_judge(struct compare_row *row, double strict)
{
    row->changes[COMPARE_FAILURES] = change_of_failures(row, strict);
    for (int i = COMPARE_MEAN; i < COMPARE_FIGURES; i++)
        row->changes[i] = change_of_times(row, percents[i], strict);
    row->shift = difference_shift(&row->from->response, spread_of(&row->from_spread, SPREAD_P50),
                                  &row->to->response, spread_of(&row->to_spread, SPREAD_P50));
    row->failures = row->changes[COMPARE_FAILURES].differs;
    row->verdict = judge(row, strict);
}

static int order(const struct digest_row *a, const struct digest_row *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? 1 : -1;
    int by_type = strcmp(a->summary.type, b->summary.type);
    return by_type != 0 ? by_type : strcmp(a->summary.name, b->summary.name);
}

/* The next row of both: the series that comes first, or the one both have. */
static void match(struct comparison *c, size_t *i, size_t *k)
{
    const struct digest_row *a = *i < c->from.rows.len ? &c->from.rows.items[*i] : NULL;
    const struct digest_row *b = *k < c->to.rows.len ? &c->to.rows.items[*k] : NULL;
    int which = order(a, b);
    struct compare_row *row = vec_add(&c->rows);
    const struct digest_row *any = which <= 0 ? a : b;
    assert(any != NULL); /* one of them has a row left */
    row->type = any->summary.type;
    row->name = any->summary.name;
    if (which <= 0) {
        row->from = a->series;
        row->from_spread = spreads_get(c->from_side.spreads, a->series->id);
        ++*i;
    }
    if (which >= 0) {
        row->to = b->series;
        row->to_spread = spreads_get(c->to_side.spreads, b->series->id);
        ++*k;
    }
    if (which != 0) {
        row->verdict = which < 0 ? COMPARE_ONLY_OLD : COMPARE_ONLY_NEW;
        return;
    }
    row->changes[COMPARE_RATE] = change_of_rate(a->summary.rps, b->summary.rps);
    compare_judge(row, c->strict);
}

void compare_init(struct comparison *c, const struct compare_side *from,
                  const struct compare_side *to)
{
    *c = (struct comparison){.from_side = *from, .to_side = *to};
    digest_init(&c->from, from->run, from->end);
    digest_init(&c->to, to->run, to->end);
    size_t i = 0, k = 0;
    size_t most = c->from.rows.len < c->to.rows.len ? c->from.rows.len : c->to.rows.len;
    c->strict = ALPHA / (double)((most + 1) * (JUDGED + 1)); /* and that of all together */
    while (i < c->from.rows.len || k < c->to.rows.len)
        match(c, &i, &k);
    c->total = (struct compare_row){
        .type = "",
        .name = "Aggregated",
        .from = &c->from.total,
        .to = &c->to.total,
        .from_spread = spreads_get(from->spreads, c->from.total.id),
        .to_spread = spreads_get(to->spreads, c->to.total.id),
    };
    c->total.changes[COMPARE_RATE] =
        change_of_rate(c->from.total_summary.rps, c->to.total_summary.rps);
    compare_judge(&c->total, c->strict);
}

void compare_release(struct comparison *c)
{
    vec_release(&c->rows);
    digest_release(&c->from);
    digest_release(&c->to);
}

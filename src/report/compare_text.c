/* A comparison for people: what was compared, a table of changes by series, what
 * they amount to, and the figures of all requests together. See compare.h. */
#include "report/compare.h"

#include "base/units.h"
#include "report/figure.h"
#include "report/table.h"
#include "report/verdict.h"

#include <math.h>
#include <string.h>

static void add_percent(struct buf *out, double ratio)
{
    double percent = 100 * ratio;
    int decimals = fabs(percent) < 99.95 ? 1 : 0;
    buf_addf(out, "%+.*f%%", decimals, fabs(percent) < 0.05 ? 0.0 : percent);
}

/* Shares change by points; a tenth of one may matter. */
static void add_points(struct buf *out, double difference)
{
    buf_addf(out, "%+.2f", fabs(difference) < 0.00005 ? 0.0 : 100 * difference);
}

static void add_change(struct buf *out, enum compare_figure figure, double change)
{
    if (figure == COMPARE_FAILURES)
        add_points(out, change);
    else
        add_percent(out, change);
}

static void add_interval(struct buf *out, enum compare_figure figure, struct interval within)
{
    add_change(out, figure, within.low);
    buf_adds(out, " … ");
    add_change(out, figure, within.high);
}

/* --- in words -------------------------------------------------------------------- */

static void describe_change(struct buf *out, const struct compare_row *row,
                            enum compare_figure figure, int *said)
{
    const struct compare_change *change = &row->changes[figure];
    if (change->differs == 0)
        return;
    buf_adds(out, *said == 0 ? ": " : ", ");
    buf_addf(out, "%s ", compare_figure_names[figure]);
    add_change(out, figure, change->change);
    buf_adds(out, *said == 0 ? " (95% confidence " : " (");
    add_interval(out, figure, change->within);
    buf_adds(out, ")");
    ++*said;
}

static void describe_failures(struct buf *out, const struct compare_row *row)
{
    const struct compare_change *change = &row->changes[COMPARE_FAILURES];
    if (row->failures == 0)
        return;
    buf_addf(out, "; %s failures: ", row->failures > 0 ? "more" : "fewer");
    add_points(out, change->change);
    buf_adds(out, " points (");
    add_interval(out, COMPARE_FAILURES, change->within);
    buf_adds(out, ")");
}

void compare_describe(struct buf *out, const struct compare_row *row)
{
    int said = 0;
    switch (row->verdict) {
    case COMPARE_ONLY_OLD:
    case COMPARE_ONLY_NEW:
        buf_adds(out, compare_verdict_names[row->verdict]);
        return;
    case COMPARE_TOO_FEW:
        buf_adds(out, "too few answers to tell");
        break;
    case COMPARE_TOO_SHORT:
        buf_adds(out, "too short to tell: both runs need 6 seconds or more of such requests");
        break;
    case COMPARE_SAME:
        buf_adds(out, "no difference that the data show");
        break;
    default:
        buf_adds(out, row->verdict == COMPARE_MIXED ? "slower and faster"
                                                    : compare_verdict_names[row->verdict]);
        describe_change(out, row, COMPARE_P50, &said);
        describe_change(out, row, COMPARE_P95, &said);
        describe_change(out, row, COMPARE_P99, &said);
        if (said == 0)
            buf_addf(out,
                     ": a request takes longer than in the old run with a probability of %.0f%%",
                     100 * row->shift.larger);
    }
    describe_failures(out, row);
}

static enum page_style style_of(const struct compare_row *row)
{
    switch (row->verdict) {
    case COMPARE_SLOWER:
    case COMPARE_MIXED:
        return PAGE_BAD;
    case COMPARE_FASTER:
        return row->failures > 0 ? PAGE_BAD : PAGE_GOOD;
    default:
        return row->failures > 0 ? PAGE_BAD : row->failures < 0 ? PAGE_GOOD : PAGE_PLAIN;
    }
}

static void print_words(struct page *page, const struct compare_row *row)
{
    struct buf text = BUF_INIT;
    buf_addf(&text, "  %s%s%s: ", row->type, *row->type != 0 ? " " : "", row->name);
    compare_describe(&text, row);
    page_wrap(page, style_of(row), 0, 4, buf_cstr(&text));
    buf_release(&text);
}

/* --- tables ----------------------------------------------------------------------- */

/* More is worse, but of the rate. Only what chance does not explain is coloured. */
static enum page_style change_style(enum compare_figure figure, const struct compare_change *change)
{
    if (change->differs == 0)
        return figure == COMPARE_RATE ? PAGE_PLAIN : PAGE_DIM;
    return change->differs > 0 ? PAGE_BAD : PAGE_GOOD;
}

static void add_changes(struct table *t, const struct compare_row *row)
{
    static const enum compare_figure shown[] = {COMPARE_RATE, COMPARE_FAILURES, COMPARE_MEAN,
                                                COMPARE_P50,  COMPARE_P95,      COMPARE_P99};
    table_add(t, PAGE_PLAIN, row->type);
    table_add(t, PAGE_PLAIN, row->name);
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        const struct compare_change *change = &row->changes[shown[i]];
        struct buf text = BUF_INIT;
        if (change->measured)
            add_change(&text, shown[i], change->change);
        else
            buf_addch(&text, '-');
        table_add(t, change_style(shown[i], change), buf_cstr(&text));
        buf_release(&text);
    }
    table_add(t, style_of(row), compare_verdict_names[row->verdict]);
}

static void print_changes(struct page *page, const struct comparison *c)
{
    static const struct table_column columns[] = {
        {.title = "Type"},
        {.title = "Name", .flexible = true, .least = 16},
        {.title = "Req/s", .right = true, .drop = 1},
        {.title = "Failed", .right = true, .drop = 2},
        {.title = "Mean", .right = true, .drop = 3},
        {.title = "p50", .right = true},
        {.title = "p95", .right = true},
        {.title = "p99", .right = true},
        {.title = ""},
    };
    struct table t;
    page_heading(page, "Changes", "response times; failed in points of their share");
    table_init(&t, page, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < c->rows.len; i++)
        add_changes(&t, &c->rows.items[i]);
    if (c->rows.len != 1) {
        table_rule(&t);
        add_changes(&t, &c->total);
    }
    table_print(&t);
    table_release(&t);
}

static void add_value(struct table *t, enum compare_figure figure, double value, int decimals)
{
    char text[FIGURE_MAX];
    if (figure == COMPARE_FAILURES)
        table_addf(t, PAGE_PLAIN, "%.2f%%", 100 * value);
    else
        table_add(t, PAGE_PLAIN, figure_number(text, value, figure == COMPARE_RATE ? 2 : decimals));
}

static void print_total(struct page *page, const struct comparison *c)
{
    static const struct table_column columns[] = {
        {.title = ""},
        {.title = "Old", .right = true},
        {.title = "New", .right = true},
        {.title = "Change", .right = true},
        {.title = "95% confidence", .right = true, .drop = 1},
    };
    static const char *const titles[COMPARE_FIGURES] = {"Requests/s", "Failed", "Mean", "p50",
                                                        "p90",        "p95",    "p99",  "p99.9"};
    struct table t;
    page_heading(page, "All requests", "times in ms");
    table_init(&t, page, columns, sizeof(columns) / sizeof(columns[0]));
    for (int i = 0; i < COMPARE_FIGURES; i++) {
        const struct compare_change *change = &c->total.changes[i];
        struct buf text = BUF_INIT;
        if (!change->measured)
            continue;
        table_add(&t, PAGE_PLAIN, titles[i]);
        add_value(&t, (enum compare_figure)i, change->from, c->to.decimals);
        add_value(&t, (enum compare_figure)i, change->to, c->to.decimals);
        add_change(&text, (enum compare_figure)i, change->change);
        table_add(&t, change_style((enum compare_figure)i, change), buf_cstr(&text));
        buf_clear(&text);
        if (change->within.known)
            add_interval(&text, (enum compare_figure)i, change->within);
        else if (i != COMPARE_RATE)
            buf_adds(&text, c->total.verdict == COMPARE_TOO_SHORT ? "too short" : "too few");
        table_add(&t, PAGE_DIM, buf_cstr(&text));
        buf_release(&text);
    }
    table_print(&t);
    table_release(&t);
}

/* --- what was compared -------------------------------------------------------------- */

static void print_side(struct page *page, const char *which, const struct compare_side *side)
{
    char when[FIGURE_MAX], duration[FIGURE_MAX], users[UNITS_MAX];
    struct buf text = BUF_INIT;
    page_addf(page, PAGE_DIM, "%s  ", which);
    page_add(page, PAGE_STRONG, side->label);
    if (side->run->started_wall > 0)
        buf_addf(&text, " · %.19s", figure_utc(when, side->run->started_wall));
    buf_addf(&text, " · %s · %s · %s %s%s", side->run->title,
             figure_elapsed(duration, side->end->duration_s),
             units_format_count(users, side->run->users),
             side->run->url != NULL ? "connection" : "user", side->run->users == 1 ? "" : "s");
    page_wrap(page, PAGE_PLAIN, (int)strlen(which) + 2, 5, buf_cstr(&text));
    buf_release(&text);
}

static void print_doubt(struct page *page, const char *text)
{
    page_add(page, PAGE_STRONG, "Note: ");
    page_wrap(page, PAGE_PLAIN, 6, 6, text);
}

/* A run that ended before its time measured another mix of beginning and end. */
static void doubt_outcome(struct page *page, const struct compare_side *side)
{
    struct buf text = BUF_INIT;
    if (side->end->outcome != REPORT_FINISHED) {
        buf_addf(&text, "%s ended before its time", side->label);
        print_doubt(page, buf_cstr(&text));
    }
    buf_release(&text);
}

static void doubt_generator(struct page *page, const struct compare_side *side)
{
    struct verdict verdict;
    struct buf text = BUF_INIT;
    verdict_reach(&verdict, &side->end->total->generator);
    if (verdict.limited) {
        buf_addf(&text, "in %s the generator was the limit: its own delays are part of the times",
                 side->label);
        print_doubt(page, buf_cstr(&text));
    }
    buf_release(&text);
}

/* What else than the server may have changed the figures. */
static void print_doubts(struct page *page, const struct comparison *c)
{
    const struct report_run *a = c->from_side.run, *b = c->to_side.run;
    if (strcmp(a->title, b->title) != 0)
        print_doubt(page, "the runs are not of the same scenario or URL");
    if (a->users != b->users)
        print_doubt(page, a->url != NULL ? "the runs had different numbers of connections"
                                         : "the runs had different numbers of users");
    if (a->rate != b->rate || a->rate_to != b->rate_to)
        print_doubt(page, "the runs were at different rates");
    if (a->warmup_s != b->warmup_s)
        print_doubt(page, "the runs had different warm-ups");
    if (2 * fmin(a->duration_s, b->duration_s) < fmax(a->duration_s, b->duration_s))
        print_doubt(page, "one of the runs was meant to last more than twice as long as the other");
    doubt_outcome(page, &c->from_side);
    doubt_outcome(page, &c->to_side);
    doubt_generator(page, &c->from_side);
    doubt_generator(page, &c->to_side);
}

void compare_print(struct page *page, const struct comparison *c)
{
    print_side(page, "old", &c->from_side);
    print_side(page, "new", &c->to_side);
    print_changes(page, c);
    print_total(page, c);
    page_end_line(page);
    for (size_t i = 0; i < c->rows.len; i++)
        print_words(page, &c->rows.items[i]);
    if (c->rows.len != 1)
        print_words(page, &c->total);
    print_doubts(page, c);
}

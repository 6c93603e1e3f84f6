/* The console's sections about a schedule and about the warm-up. */
#include "report/console.h"

#include "base/units.h"
#include "report/figure.h"
#include "report/table.h"

static void add_counts(struct table *t, const struct arrival_stats *a, enum page_style style)
{
    char figure[FIGURE_MAX];
    const struct {
        uint64_t count;
        bool bad;
    } cells[] = {{a->due, false}, {a->started, false}, {a->late, true}, {a->dropped, true}};
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
        table_add(t, cells[i].bad && cells[i].count > 0 ? PAGE_BAD : style,
                  units_format_count(figure, cells[i].count));
    if (a->lag.count > 0)
        table_add(t, style, figure_duration_ms(figure, hist_percentile(&a->lag, 99) / 1000));
    else
        table_add(t, style, "-");
}

/* The classes that had arrivals; how many. */
static size_t by_class(struct console *c, struct table *t)
{
    size_t rows = 0;
    const struct stats *total = c->end->total;
    for (size_t i = 0; i < c->run->classes_len; i++) {
        const struct report_class *class = &c->run->classes[i];
        if (class->number >= total->class_arrivals.len ||
            total->class_arrivals.items[class->number].due == 0)
            continue;
        table_add(t, PAGE_PLAIN, class->name);
        table_add(t, PAGE_PLAIN, class->arrivals != NULL ? class->arrivals : "");
        add_counts(t, &total->class_arrivals.items[class->number], PAGE_PLAIN);
        rows++;
    }
    return rows;
}

static void explain(struct console *c, const struct arrival_stats *a)
{
    const char *what = c->run->url != NULL ? "connection" : "user";
    char n[UNITS_MAX];
    struct buf line = BUF_INIT;
    if (a->late > 0)
        buf_addf(&line,
                 "%s had to wait for a free %s: the response times say so, the service times do "
                 "not.",
                 units_format_count(n, a->late), what);
    if (a->dropped > 0)
        buf_addf(&line, "%s%s never started: they still waited when the run ended.",
                 line.len > 0 ? " " : "", units_format_count(n, a->dropped));
    if (a->started + a->dropped > a->due)
        buf_addf(&line, " %s of all were due in the warm-up.",
                 units_format_count(n, a->started + a->dropped - a->due));
    if (line.len > 0) {
        page_spaces(&c->page, 2);
        page_wrap(&c->page, PAGE_BAD, 2, 2, buf_cstr(&line));
    }
    buf_release(&line);
}

void console_arrivals(struct console *c)
{
    static const struct table_column columns[] = {
        {.title = "Class", .flexible = true, .least = 12},
        {.title = "Rate", .right = true, .drop = 1},
        {.title = "Due", .right = true},
        {.title = "Started", .right = true, .drop = 2},
        {.title = "Late", .right = true},
        {.title = "Dropped", .right = true},
        {.title = "99% started within", .right = true},
    };
    const struct arrival_stats *a = &c->end->total->arrivals;
    if (a->due + a->started + a->dropped == 0)
        return;
    page_heading(&c->page, "Arrivals", "what was due at the rate asked for");
    bool single = c->run->classes_len == 0;
    struct table t;
    table_init(&t, &c->page, columns + (single ? 2 : 0), single ? 5 : 7);
    size_t rows = single ? 0 : by_class(c, &t);
    if (rows > 1)
        table_rule(&t);
    if (!single && rows != 1) {
        table_add(&t, PAGE_STRONG, "");
        table_add(&t, PAGE_STRONG, "");
    }
    if (rows != 1)
        add_counts(&t, a, PAGE_STRONG);
    console_say_dropped(c, table_print(&t));
    table_release(&t);
    explain(c, a);
}

void console_warmup(struct console *c)
{
    const struct series *sum = c->end->warmup_sum;
    if (sum == NULL || c->digest.total.requests == 0)
        return;
    char after[UNITS_MAX], n[UNITS_MAX], failed[UNITS_MAX];
    struct buf line = BUF_INIT;
    buf_addf(&line, "After a warm-up of %s with %s request%s",
             units_format_elapsed(after, c->run->warmup_s), units_format_count(n, sum->requests),
             sum->requests == 1 ? "" : "s");
    if (sum->failures > 0)
        buf_addf(&line, ", %s of them failed", units_format_count(failed, sum->failures));
    buf_adds(&line, ", which are not in these figures.");
    page_wrap(&c->page, PAGE_PLAIN, 0, 0, buf_cstr(&line));
    buf_release(&line);
}

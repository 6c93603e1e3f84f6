/* The console's section of custom metrics. */
#include "base/units.h"
#include "report/console.h"
#include "report/figure.h"
#include "report/table.h"
#include "stats/summary.h"

#include <math.h>

/* As many decimals as the number is worth: none of a whole one. */
static const char *amount(char buf[FIGURE_MAX], double n)
{
    double size = fabs(n);
    int decimals = n == floor(n) ? 0 : size < 10 ? 3 : size < 1000 ? 2 : 1;
    return figure_number(buf, n, decimals);
}

static void add_value(struct table *t, const struct metric_summary *m)
{
    char value[FIGURE_MAX], rate[FIGURE_MAX];
    switch (m->about.kind) {
    case METRIC_COUNTER:
        table_addf(t, PAGE_STRONG, "%s (%s/s)", amount(value, m->value),
                   figure_number(rate, m->per_s, 2));
        return;
    case METRIC_RATE:
        table_add(t, PAGE_STRONG, figure_percent(value, m->trues, m->count));
        return;
    default:
        table_add(t, PAGE_STRONG, amount(value, m->value));
    }
}

static void add_spread(struct table *t, const struct metric_summary *m)
{
    enum { MEDIAN = 0, P95 = 5, P99 = 7 };
    bool trend = m->about.kind == METRIC_TREND, spread = trend || m->about.kind == METRIC_GAUGE;
    const struct {
        bool has;
        double value;
    } figures[] = {{spread, m->min},
                   {trend, m->p[MEDIAN]},
                   {trend, m->p[P95]},
                   {trend, m->p[P99]},
                   {spread, m->max}};
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        char figure[FIGURE_MAX];
        table_add(t, PAGE_PLAIN, figures[i].has ? amount(figure, figures[i].value) : "");
    }
}

void console_metrics(struct console *c)
{
    static const struct table_column columns[] = {
        {.title = "Metric", .flexible = true, .least = 10},
        {.title = "Type", .drop = 3},
        {.title = "Count", .right = true, .drop = 5},
        {.title = "Value", .right = true}, /* of a gauge the last, of a trend the average */
        {.title = "Min", .right = true, .drop = 7},
        {.title = "Median", .right = true, .drop = 2},
        {.title = "p95", .right = true, .drop = 1},
        {.title = "p99", .right = true, .drop = 6},
        {.title = "Max", .right = true, .drop = 4},
    };
    struct catalog *catalog = c->run->catalog;
    uint32_t len = catalog_metrics_len(catalog);
    if (len == 0)
        return;
    page_heading(&c->page, "Metrics", "");
    struct table t;
    table_init(&t, &c->page, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint32_t id = 0; id < len; id++) {
        struct metric_summary m;
        metric_summarize(&m, catalog_metric_get(catalog, id),
                         metric_get(&c->end->total->metrics, id), c->end->duration_s);
        char figure[FIGURE_MAX];
        if (*m.about.unit)
            table_addf(&t, PAGE_PLAIN, "%s (%s)", m.about.name, m.about.unit);
        else
            table_add(&t, PAGE_PLAIN, m.about.name);
        table_add(&t, PAGE_PLAIN, metric_kind_names[m.about.kind]);
        table_add(&t, PAGE_PLAIN, units_format_count(figure, m.count));
        add_value(&t, &m);
        add_spread(&t, &m);
    }
    table_print(&t);
    table_release(&t);
}

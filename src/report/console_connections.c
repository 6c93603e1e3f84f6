/* The console's section about how connections came to be, and how long the
 * first byte of an answer took. */
#include "report/console.h"

#include "base/units.h"
#include "report/figure.h"
#include "report/table.h"

#include <stdio.h>

static void add_times(struct table *t, const char *what, const struct hist *times)
{
    char text[FIGURE_MAX];
    if (times->count == 0)
        return;
    table_add(t, PAGE_PLAIN, what);
    table_add(t, PAGE_PLAIN, units_format_count(text, times->count));
    const double percents[] = {50, 95, 99, 100};
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
        table_add(t, PAGE_PLAIN,
                  figure_duration_ms(text, hist_percentile(times, percents[i]) / 1000));
}

/* In a scenario; a one-off's report says so beside its other counts. */
static void add_counts(struct console *c)
{
    const struct generator_stats *g = &c->end->total->generator;
    char n[UNITS_MAX];
    page_addf(&c->page, PAGE_PLAIN, "  %s opened", units_format_count(n, g->connects));
    if (g->reconnects > 0)
        page_addf(&c->page, PAGE_BAD, ", %s of them after one closed",
                  units_format_count(n, g->reconnects));
    page_end_line(&c->page);
}

void console_connections(struct console *c)
{
    static const struct table_column columns[] = {
        {.title = ""},
        {.title = "Times", .right = true},
        {.title = "50%", .right = true},
        {.title = "95%", .right = true},
        {.title = "99%", .right = true},
        {.title = "100%", .right = true},
    };
    const struct connection_times *times = &c->end->total->connections;
    const struct hist *first_byte = &c->digest.total.first_byte;
    if (times->connect.count + times->handshake.count + first_byte->count == 0)
        return;
    page_heading(&c->page, "Connections", "");
    if (!c->single)
        add_counts(c);
    struct table t;
    char n[UNITS_MAX], handshake[64] = "TLS handshake";
    if (times->resumed > 0)
        snprintf(handshake, sizeof(handshake), "TLS handshake, %s resumed",
                 units_format_count(n, times->resumed));
    table_init(&t, &c->page, columns, sizeof(columns) / sizeof(columns[0]));
    add_times(&t, "connect", &times->connect);
    add_times(&t, handshake, &times->handshake);
    add_times(&t, "sent to first byte", first_byte);
    table_print(&t);
    table_release(&t);
}

/* Draws latency histograms; see histogram.h. */
#include "report/histogram.h"

#include "base/units.h"
#include "report/figure.h"

#include <math.h>
#include <string.h>

/* Round numbers within a decade, from coarse to fine (the E series of
 * preferred values, IEC 60063, and its halvings). */
static const double ladder_1[] = {1};
static const double ladder_2[] = {1, 3};
static const double ladder_3[] = {1, 2, 5};
static const double ladder_6[] = {1, 1.5, 2, 3, 5, 7};
static const double ladder_12[] = {1, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2};
static const double ladder_24[] = {1,   1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2,   2.2, 2.4, 2.7, 3,
                                   3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5, 8.2, 9.1};

static const struct ladder {
    const double *rungs;
    int len;
} ladders[] = {
    {ladder_24, 24}, {ladder_12, 12}, {ladder_6, 6}, {ladder_3, 3}, {ladder_2, 2}, {ladder_1, 1},
};

/* The edges from the first at or above min to the first at or above max, that
 * one being max itself; -1 when there are too many. */
static int climb(const struct ladder *ladder, const struct hist *h, struct histogram_bar *bars)
{
    int n = 0;
    for (uint64_t decade = 1; decade <= HIST_MAX_US; decade *= 10) {
        for (int i = 0; i < ladder->len; i++) {
            uint64_t edge = (uint64_t)llround((double)decade * ladder->rungs[i]);
            if (edge < h->min || (n > 0 && edge <= bars[n - 1].upto))
                continue;
            if (n == HISTOGRAM_BARS_MAX)
                return -1;
            bars[n++] = (struct histogram_bar){.upto = edge < h->max ? edge : h->max};
            if (edge >= h->max)
                return n;
        }
    }
    return n;
}

int histogram_bars(const struct hist *h, struct histogram_bar bars[HISTOGRAM_BARS_MAX])
{
    if (h->count == 0)
        return 0;
    int n = -1;
    for (size_t i = 0; n < 0; i++)
        n = climb(&ladders[i], h, bars);
    if (n == 0 || bars[n - 1].upto < h->max) { /* beyond the last rung */
        n = n < HISTOGRAM_BARS_MAX ? n + 1 : n;
        bars[n - 1] = (struct histogram_bar){.upto = h->max};
    }
    struct hist_iter it = {.hist = h};
    for (int bar = 0; hist_next(&it);) {
        while (bar < n - 1 && it.low > bars[bar].upto)
            bar++;
        bars[bar].count += it.count;
    }
    return n;
}

static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

/* A bar of count to most, `width` columns for most; what is not nothing shows. */
static void draw_bar(struct page *page, uint64_t count, uint64_t most, int width)
{
    struct buf bar = BUF_INIT;
    double length = (double)count / (double)most * width;
    int whole = (int)length;
    int rest = (int)((length - whole) * 8);
    if (count > 0 && whole == 0 && rest == 0)
        rest = 1;
    for (int i = 0; i < whole; i++)
        buf_adds(&bar, page->utf8 ? "█" : "#");
    if (rest > 0)
        buf_adds(&bar, page->utf8 ? eighths[rest] : rest >= 4 ? "#" : whole == 0 ? "." : "");
    page_add_clean(page, PAGE_BAR, buf_cstr(&bar), bar.len);
    buf_release(&bar);
}

enum { BAR_MAX = 40, BAR_LEAST = 10, SHARE_WIDTH = 7, SUM_WIDTH = 10 };

static int wider(int a, int b)
{
    return a > b ? a : b;
}

static uint64_t highest(const struct histogram_bar *bars, int n)
{
    uint64_t most = 0;
    for (int i = 0; i < n; i++)
        most = bars[i].count > most ? bars[i].count : most;
    return most;
}

void histogram_draw(struct page *page, const struct hist *h)
{
    struct histogram_bar bars[HISTOGRAM_BARS_MAX];
    int n = histogram_bars(h, bars);
    if (n == 0)
        return;
    char edge[FIGURE_MAX], count[UNITS_MAX], share[FIGURE_MAX], sum[FIGURE_MAX];
    uint64_t most = highest(bars, n), running = 0;
    int decimals = bars[0].upto < 100 ? 3 : bars[0].upto < 10000 ? 2 : 1;
    figure_number(edge, (double)h->max / 1000, decimals);
    units_format_count(count, most);
    int edge_width = wider((int)strlen("up to ms"), (int)strlen(edge));
    int count_width = wider((int)strlen("Requests"), (int)strlen(count));
    int figures_width = 2 + edge_width + 2 + count_width + 2 + SHARE_WIDTH + 2 + SUM_WIDTH + 2;
    int room = page->columns > 0 ? page->columns - figures_width : BAR_MAX;
    int bar_width = room > BAR_MAX ? BAR_MAX : wider(room, BAR_LEAST);

    page_addf(page, PAGE_DIM, "  %*s  %*s  %*s  %*s", edge_width, "up to ms", count_width,
              "Requests", SHARE_WIDTH, "Share", SUM_WIDTH, "Cumulative");
    page_end_line(page);
    for (int i = 0; i < n; i++) {
        running += bars[i].count;
        page_addf(page, PAGE_PLAIN, "  %*s  %*s  %*s  %*s", edge_width,
                  figure_number(edge, (double)bars[i].upto / 1000, decimals), count_width,
                  units_format_count(count, bars[i].count), SHARE_WIDTH,
                  figure_percent(share, bars[i].count, h->count), SUM_WIDTH,
                  figure_percent(sum, running, h->count));
        if (bars[i].count > 0) {
            page_spaces(page, 2);
            draw_bar(page, bars[i].count, most, bar_width);
        }
        page_end_line(page);
    }
}

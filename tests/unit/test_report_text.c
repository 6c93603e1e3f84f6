/* The small parts of the console report: foreign text, tables, figures,
 * histogram edges, verdicts. */
#include "report/text.h"

#include "report/figure.h"
#include "report/histogram.h"
#include "report/table.h"
#include "report/verdict.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_clean(const char *text, bool utf8, const char *expected)
{
    struct buf out = BUF_INIT;
    text_clean(&out, text, utf8);
    assert_string_equal(buf_cstr(&out), expected);
    buf_release(&out);
}

#define BAD "\xEF\xBF\xBD"

static void test_clean(void **state)
{
    (void)state;
    assert_clean("", true, "");
    assert_clean("plain", true, "plain");
    assert_clean("a\nb\r\nc\td", true, "a\\nb\\nc d");
    assert_clean("\033[2J\007\177", true, "\\x1b[2J\\x07\\x7f");
    assert_clean("caf\xc3\xa9 \xe6\x99\x82", true, "caf\xc3\xa9 \xe6\x99\x82");
    assert_clean("caf\xc3\xa9 \xe6\x99\x82", false, "caf? ?");
    assert_clean("· … ═ ✓", false, "- ... = +");
    assert_clean("\xc2\x9b"
                 "31m",
                 true, BAD "31m"); /* C1: CSI */
    assert_clean("\xe2\x80\xae"
                 "x",
                 true, BAD "x");                                /* direction override */
    assert_clean("\xff\xc3", true, BAD BAD);                    /* no start; cut short */
    assert_clean("\xc0\xaf", true, BAD BAD);                    /* overlong */
    assert_clean("\xe0\x80\xaf", true, BAD BAD BAD);            /* overlong */
    assert_clean("\xed\xa0\x80", true, BAD BAD BAD);            /* surrogate */
    assert_clean("\xf4\x90\x80\x80", true, BAD BAD BAD BAD);    /* beyond U+10FFFF */
    assert_clean("\xf0\x9f\x98\x80", true, "\xf0\x9f\x98\x80"); /* an emoji */
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("caf\xc3\xa9"), 4);
    assert_int_equal(text_width("e\xcc\x81"), 1);    /* e + combining acute */
    assert_int_equal(text_width("\xe6\x99\x82"), 2); /* a Chinese character */
    assert_int_equal(text_width("\xf0\x9f\x98\x80"), 2);
}

static void assert_cut(const char *text, int width, bool utf8, const char *expected)
{
    struct buf out = BUF_INIT;
    text_cut(&out, text, width, utf8);
    assert_string_equal(buf_cstr(&out), expected);
    assert_true(text_width(buf_cstr(&out)) <= width);
    buf_release(&out);
}

static void test_cut(void **state)
{
    (void)state;
    assert_cut("/api/v1/time", 12, true, "/api/v1/time");
    assert_cut("/api/v1/time", 11, true, "/api/…/time");
    assert_cut("/api/v1/time", 10, false, "/api..time");
    assert_cut("/api/v1/time", 2, true, "/a");
    assert_cut("/api/v1/time", 0, true, "");
    assert_cut("\xe6\x99\x82\xe5\x88\xbb\xe6\x99\x82\xe5\x88\xbb", 6, true,
               "\xe6\x99\x82…\xe5\x88\xbb");
}

static void test_figures(void **state)
{
    (void)state;
    char b[FIGURE_MAX];
    assert_string_equal(figure_number(b, 0, 2), "0.00");
    assert_string_equal(figure_number(b, 999.994, 2), "999.99");
    assert_string_equal(figure_number(b, 999.996, 2), "1,000.00");
    assert_string_equal(figure_number(b, 1234567.5, 1), "1,234,567.5");
    assert_string_equal(figure_number(b, 1234, 0), "1,234");
    assert_string_equal(figure_number(b, -123456, 0), "-123,456");
    assert_string_equal(figure_number(b, -123, 0), "-123");
    assert_string_equal(figure_number(b, NAN, 2), "-");
    assert_string_equal(figure_number(b, INFINITY, 2), "-");
    assert_string_equal(figure_number(b, 1e300, 2), "-");
    assert_string_equal(figure_percent(b, 0, 0), "-");
    assert_string_equal(figure_percent(b, 0, 10), "0.00%");
    assert_string_equal(figure_percent(b, 1, 3), "33.33%");
    assert_string_equal(figure_percent(b, 1, 1000000), "<0.01%");
    assert_string_equal(figure_percent(b, 999999, 1000000), ">99.99%");
    assert_string_equal(figure_percent(b, 10, 10), "100.00%");
    assert_string_equal(figure_elapsed(b, -1), "0.0s");
    assert_string_equal(figure_elapsed(b, 14.84), "14.8s");
    assert_string_equal(figure_elapsed(b, 90), "1m 30s");
}

static const struct table_column columns[] = {
    {.title = "Name", .flexible = true, .least = 6},
    {.title = "A", .right = true, .drop = 1},
    {.title = "B", .right = true, .drop = 2},
};

static void assert_table(int width, int dropped, const char *expected)
{
    struct buf out = BUF_INIT;
    struct page page = {.out = &out, .columns = width, .utf8 = true};
    struct table t;
    table_init(&t, &page, columns, 3);
    table_add(&t, PAGE_PLAIN, "/long/name");
    table_add(&t, PAGE_PLAIN, "1");
    table_add(&t, PAGE_PLAIN, "");
    table_rule(&t);
    table_add(&t, PAGE_PLAIN, "");
    table_addf(&t, PAGE_PLAIN, "%d", 100);
    table_add(&t, PAGE_PLAIN, "22");
    assert_int_equal(table_print(&t), dropped);
    assert_string_equal(buf_cstr(&out), expected);
    table_release(&t);
    buf_release(&out);
}

static void test_table(void **state)
{
    (void)state;
    const char *whole = "  Name          A   B\n"
                        "  ───────────────────\n"
                        "  /long/name    1\n"
                        "  ───────────────────\n"
                        "              100  22\n";
    assert_table(0, 0, whole);
    assert_table(21, 0, whole);
    assert_table(17, 0,
                 "  Name      A   B\n"
                 "  ───────────────\n"
                 "  /lo…me    1\n"
                 "  ───────────────\n"
                 "          100  22\n");
    assert_table(16, 1,
                 "  Name         A\n"
                 "  ──────────────\n"
                 "  /lon…name    1\n"
                 "  ──────────────\n"
                 "             100\n");
    assert_table(4, 2,
                 "  Name\n"
                 "  ──────\n"
                 "  /lo…me\n"
                 "  ──────\n"
                 "\n");
}

static void test_histogram_bars(void **state)
{
    (void)state;
    struct hist h;
    struct histogram_bar bars[HISTOGRAM_BARS_MAX];
    hist_init(&h);
    assert_int_equal(histogram_bars(&h, bars), 0);
    hist_record(&h, 0);
    assert_int_equal(histogram_bars(&h, bars), 1);
    assert_int_equal(bars[0].upto, 0);
    assert_int_equal(bars[0].count, 1);
    hist_record(&h, HIST_MAX_US);
    int n = histogram_bars(&h, bars);
    assert_in_range(n, 2, HISTOGRAM_BARS_MAX);
    assert_int_equal(bars[n - 1].upto, HIST_MAX_US);
    assert_int_equal(bars[0].count + bars[n - 1].count, 2);
    hist_release(&h);
}

/* Whatever the spread, all is counted once, under rising edges. */
static void test_histogram_is_complete(void **state)
{
    (void)state;
    for (uint64_t low = 1; low < HIST_MAX_US; low *= 7) {
        for (uint64_t high = low; high < HIST_MAX_US; high = high * 3 + 1) {
            struct hist h;
            struct histogram_bar bars[HISTOGRAM_BARS_MAX];
            hist_init(&h);
            for (int i = 0; i <= 40; i++)
                hist_record(&h, low + (high - low) * (uint64_t)i / 40);
            int n = histogram_bars(&h, bars);
            uint64_t count = 0;
            assert_in_range(n, 1, HISTOGRAM_BARS_MAX);
            for (int i = 0; i < n; i++) {
                assert_true(i == 0 || bars[i].upto > bars[i - 1].upto);
                count += bars[i].count;
            }
            assert_int_equal(bars[n - 1].upto, high);
            assert_int_equal(count, 41);
            hist_release(&h);
        }
    }
}

static void assert_verdict(double share, uint64_t lag_us, int workers, int cpus, bool limited,
                           const char *expected)
{
    struct generator_stats g = {.wall_ns = share >= 0 ? 1000000 : 0};
    g.cpu_ns = share >= 0 ? (uint64_t)(share * 1000000) : 0;
    hist_init(&g.loop_lag);
    if (lag_us > 0)
        hist_record(&g.loop_lag, lag_us);
    struct verdict v;
    struct buf text = BUF_INIT;
    verdict_reach(&v, &g);
    verdict_describe(&text, &v, workers, cpus);
    assert_int_equal(v.limited, limited);
    assert_string_equal(buf_cstr(&text), expected);
    buf_release(&text);
    hist_release(&g.loop_lag);
}

static void test_verdict(void **state)
{
    (void)state;
    assert_verdict(-1, 0, 2, 0, false, "The generator's own load is not known.");
    assert_verdict(0.9, 10000, 2, 4, false,
                   "The figures are the server's: the workers were busy 90% of the time, and 99% "
                   "of their timers ran at most 10.0 ms late.");
    assert_verdict(0.91, 0, 1, 4, true,
                   "The generator was the limit: the worker was busy 91% of the time. Its own "
                   "delays are part of the times above: try more workers (-t 2), less load, or "
                   "another machine.");
    assert_verdict(0.49, 10100, 2, 4, true,
                   "The generator was the limit: the workers were busy 49% of the time, and 1% of "
                   "their timers ran more than 10.1 ms late. Something else kept the CPU from it, "
                   "and these delays are part of the times above: end what runs beside it, or use "
                   "another machine.");
    assert_verdict(-1, 10100, 4, 4, true,
                   "The generator was the limit: 1% of their timers ran more than 10.1 ms late. "
                   "Its own delays are part of the times above: try less load, or another "
                   "machine.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_histogram_bars),
        cmocka_unit_test(test_histogram_is_complete),
        cmocka_unit_test(test_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

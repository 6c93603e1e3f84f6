/* The live line: its text as a function of the tick, and how it behaves on a
 * terminal (a pseudo-terminal here), on a plain stream and around log lines. */
#include "report/progress.h"

#include "base/log.h"
#include "report/text.h"
#include "report_cases.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

/* 12 s into the good run: 33,021 requests in the last second, 12 failures. */
static void fill(struct fixture *f, struct report_tick *tick)
{
    fixture_init(f);
    uint32_t id = fixture_series(f, "GET", "/");
    fixture_answers(f, id, 200, 33009, 400, 1900);
    fixture_failures(f, id, ERR_RESET, 0, "reset", 12, 1, 1, 2);
    *tick = (struct report_tick){
        .elapsed_s = 12.01,
        .users = 1000,
        .total = f->stats,
        .interval = f->stats,
        .interval_s = 1,
    };
}

static void assert_line(const struct report_run *run, const struct report_tick *tick, int columns,
                        bool utf8, const char *expected)
{
    struct buf text = BUF_INIT;
    struct report_tick summed = *tick;
    struct tick_sums sums;
    tick_sums_init(&sums, &summed);
    struct page page = {.out = &text, .columns = columns, .utf8 = utf8};
    progress_line(&page, run, &summed);
    tick_sums_release(&sums);
    assert_string_equal(buf_cstr(&text), expected);
    if (columns > 0)
        assert_true(text_width(buf_cstr(&text)) <= columns);
    buf_release(&text);
}

static void give(struct progress *p, struct report_tick tick)
{
    struct tick_sums sums;
    tick_sums_init(&sums, &tick);
    progress_tick(p, &tick);
    tick_sums_release(&sums);
}

static void test_line_says_what_waits(void **state)
{
    (void)state;
    struct fixture f;
    struct report_tick t;
    fill(&f, &t);
    t.waiting = 1234;
    t.warmup = true;
    f.run.warmup_s = 20;
    assert_line(&f.run, &t, 90, true,
                "warming up, 12s of 50s · 33,021 req/s · 1,234 waiting · 12 failed · p95 1.62 ms");
    fixture_release(&f);
}

static void test_line_fits_every_width(void **state)
{
    (void)state;
    struct fixture f;
    struct report_tick t;
    fill(&f, &t);
    assert_line(&f.run, &t, 0, true,
                "12s of 30s · 1,000 users · 33,021 req/s · 12 failed (0.04%) · p50 493 us · p95 "
                "1.62 ms");
    assert_line(
        &f.run, &t, 120, true,
        "12s of 30s ██████░░░░░░░░░░ · 1,000 users · 33,021 req/s · 12 failed (0.04%) · p50 "
        "493 us · p95 1.62 ms");
    assert_line(&f.run, &t, 90, true,
                "12s of 30s · 1,000 users · 33,021 req/s · 12 failed (0.04%) · p50 493 us · p95 "
                "1.62 ms");
    assert_line(&f.run, &t, 79, false,
                "12s of 30s - 1,000 users - 33,021 req/s - 12 failed - p50 493 us - p95 1.62 ms");
    assert_line(&f.run, &t, 60, true, "12s of 30s · 33,021 req/s · 12 failed · p95 1.62 ms");
    assert_line(&f.run, &t, 40, true, "12s of 30s · 33,021 req/s · 12 failed");
    assert_line(&f.run, &t, 30, true, "12s of 30s · 33,021 req/s");
    assert_line(&f.run, &t, 10, true, "12s of 30s");
    assert_line(&f.run, &t, 5, true, "12s o");
    struct tick_sums sums;
    tick_sums_init(&sums, &t);
    for (int columns = 1; columns < 140; columns++) {
        struct buf text = BUF_INIT;
        struct page page = {.out = &text, .columns = columns, .utf8 = true};
        progress_line(&page, &f.run, &t);
        assert_in_range(text_width(buf_cstr(&text)), 1, columns);
        buf_release(&text);
    }
    tick_sums_release(&sums);
    fixture_release(&f);
}

static void test_line_states(void **state)
{
    (void)state;
    struct fixture f;
    struct report_tick t;
    fill(&f, &t);
    f.run.url = "http://h/";
    f.run.duration_s = 0;
    f.run.requests = 66042;
    t.users = 1;
    assert_line(&f.run, &t, 140, true,
                "12s, 33,021 of 66,042 requests ████████░░░░░░░░ · 1 connection · 33,021 req/s · "
                "12 failed (0.04%) · p50 493 us · p95 1.62 ms");
    f.run.requests = 0;
    t.stopping = true;
    assert_line(&f.run, &t, 60, true, "stopping, 12s · 33,021 req/s · 12 failed · p95 1.62 ms");
    t.stopping = false;
    stats_clear(f.stats);
    f.run.duration_s = 30;
    t.elapsed_s = 0;
    t.interval_s = 0;
    assert_line(&f.run, &t, 0, true, "0s of 30s · 1 connection · 0.0 req/s · 0 failed");
    t.elapsed_s = 45; /* the grace at the end goes beyond the plan */
    assert_line(&f.run, &t, 100, true,
                "45s of 30s ████████████████ · 1 connection · 0.0 req/s · 0 failed");
    fixture_release(&f);
}

static void test_intro(void **state)
{
    (void)state;
    struct fixture f;
    struct buf text = BUF_INIT;
    struct page page = {.out = &text, .utf8 = true};
    fixture_init(&f);
    progress_intro(&page, &f.run);
    assert_string_equal(buf_cstr(&text),
                        "inrush 0.1.0: baseline, 1,000 users at 100/s for 30s, 2 workers");
    buf_clear(&text);
    f.run = (struct report_run){
        .title = "http://h/\033[31m",
        .url = "http://h/",
        .version = "0.1.0",
        .users = 1,
        .rate = 2000,
        .requests = 5000,
        .workers = 1,
        .catalog = f.run.catalog,
    };
    progress_intro(&page, &f.run);
    assert_string_equal(buf_cstr(&text), "inrush 0.1.0: http://h/\\x1b[31m, 1 connection, 2,000 "
                                         "requests/s, 5,000 requests, 1 worker");
    buf_release(&text);
    fixture_release(&f);
}

/* Plain lines: what runs, then one every two seconds over those two seconds. */
static void test_plain_lines(void **state)
{
    (void)state;
    struct fixture f;
    struct report_tick t;
    char *shown = NULL;
    size_t len;
    fill(&f, &t);
    FILE *live = open_memstream(&shown, &len);
    struct stats *empty = stats_new();
    struct report_options opt = {.live = live, .utf8 = true};
    struct progress *p = progress_new(&f.run, &opt);
    for (int second = 0; second <= 5; second++) {
        t.elapsed_s = second + (second == 2 ? -0.01 : 0.01);
        t.interval_s = second == 0 ? 0 : 1;
        t.interval = t.total = second == 0 ? empty : f.stats;
        give(p, t);
    }
    progress_free(p);
    fclose(live);
    assert_string_equal(
        shown,
        "inrush 0.1.0: baseline, 1,000 users at 100/s for 30s, 2 workers\n"
        "inrush: 2s of 30s · 1,000 users · 33,021 req/s · 12 failed (0.04%) · p50 493 us · p95 "
        "1.62 ms\n"
        "inrush: 4s of 30s · 1,000 users · 33,021 req/s · 12 failed (0.04%) · p50 493 us · p95 "
        "1.62 ms\n");
    free(shown);
    stats_free(empty);
    fixture_release(&f);
}

static void test_quiet(void **state)
{
    (void)state;
    struct fixture f;
    struct report_tick t;
    char *shown = NULL;
    size_t len;
    fill(&f, &t);
    FILE *live = open_memstream(&shown, &len);
    for (int terminal = 0; terminal <= 1; terminal++) {
        struct report_options opt = {.live = live, .quiet = true, .terminal = terminal};
        struct progress *p = progress_new(&f.run, &opt);
        give(p, t);
        progress_free(p);
    }
    fclose(live);
    assert_string_equal(shown, "");
    free(shown);
    fixture_release(&f);
}

/* A log line finds the terminal's line empty, and the live line comes back. */
static void test_log_lines_do_not_tear(void **state)
{
    (void)state;
    struct fixture f;
    struct report_tick t;
    char *shown = NULL;
    size_t len;
    fill(&f, &t);
    FILE *live = open_memstream(&shown, &len);
    struct report_options opt = {.live = live, .utf8 = true, .terminal = true};
    struct progress *p = progress_new(&f.run, &opt);
    log_info("before the first line");
    give(p, t);
    fflush(live);
    size_t drawn = len;
    log_info("a line of a worker");
    fflush(live);
    const char *line = strstr(shown, "\r\033[K12s of 30s");
    assert_non_null(line);
    /* Behind the line as drawn: erased for the log, and drawn again. */
    size_t line_len = drawn - (size_t)(line - shown);
    assert_int_equal(len - drawn, 4 + line_len);
    assert_memory_equal(shown + drawn, "\r\033[K\r\033[K12s of 30s", 18);
    progress_free(p);
    log_info("after the last line");
    fclose(live);
    assert_string_equal(shown + len - 4, "\r\033[K");
    free(shown);
    fixture_release(&f);
}

static void *log_some(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++)
        log_info("a line of another thread");
    return NULL;
}

/* Lines of other threads while the main thread draws: whatever the order,
 * each erasing is followed by a drawing, and the last leaves nothing. */
static void test_other_threads_log(void **state)
{
    (void)state;
    struct fixture f;
    struct report_tick t;
    char *shown = NULL;
    size_t len;
    pthread_t threads[2];
    fill(&f, &t);
    FILE *live = open_memstream(&shown, &len);
    struct report_options opt = {.live = live, .utf8 = true, .terminal = true};
    struct progress *p = progress_new(&f.run, &opt);
    give(p, t);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_some, NULL), 0);
    for (int i = 0; i < 50; i++)
        give(p, t);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    progress_free(p);
    fclose(live);
    size_t erased = 0, drawn = 0;
    for (const char *s = shown; (s = strstr(s, "\r\033[K")) != NULL; s += 4) {
        erased++;
        drawn += strncmp(s + 4, "12s of 30s", 10) == 0;
    }
    assert_int_equal(drawn, 1 + 50 + 20);
    assert_int_equal(erased, drawn + 20 + 1);
    free(shown);
    fixture_release(&f);
}

/* Reads the terminal's output until it ends in the text. */
static void read_until(int master, const char *expected)
{
    char text[8192];
    size_t len = 0, expected_len = strlen(expected);
    do {
        ssize_t n = read(master, text + len, sizeof(text) - len);
        if (n <= 0 || (len += (size_t)n) == sizeof(text))
            fail_msg("%s did not come, but %.*s", expected, (int)len, text);
    } while (len < expected_len || memcmp(text + len - expected_len, expected, expected_len) != 0);
}

static void test_terminal_width_is_followed(void **state)
{
    (void)state;
    struct fixture f;
    struct report_tick t;
    fill(&f, &t);
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    FILE *live = fopen(ptsname(master), "r+e");
    assert_non_null(live);
    struct report_options opt = {.live = live, .utf8 = true, .terminal = true};
    struct progress *p = progress_new(&f.run, &opt);
    static const int columns[] = {140, 60, 45, 20, 100};
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns[i]};
        assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
        assert_int_equal(page_terminal_columns(live), columns[i]);
        give(p, t);
        /* The last column stays free. */
        struct buf expected = BUF_INIT;
        struct page page = {.out = &expected, .columns = columns[i] - 1, .utf8 = true};
        struct report_tick summed = t;
        struct tick_sums sums;
        tick_sums_init(&sums, &summed);
        buf_adds(&expected, "\r\033[K");
        progress_line(&page, &f.run, &summed);
        tick_sums_release(&sums);
        read_until(master, buf_cstr(&expected));
        buf_release(&expected);
    }
    progress_free(p);
    fclose(live);
    close(master);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_says_what_waits),
        cmocka_unit_test(test_line_fits_every_width),
        cmocka_unit_test(test_line_states),
        cmocka_unit_test(test_intro),
        cmocka_unit_test(test_plain_lines),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_log_lines_do_not_tear),
        cmocka_unit_test(test_other_threads_log),
        cmocka_unit_test(test_terminal_width_is_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

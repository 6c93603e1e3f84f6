/*
 * What the reporters write, compared with tests/golden/report/NAME. With
 * UPDATE_GOLDEN=1 in the environment the files are written instead: look at
 * them before committing.
 */
#include "report_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static char *golden_path(const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/../../golden/report/%s", TEST_DATA_DIR, name) > 0);
    return path;
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    char *text = NULL;
    size_t cap = 0;
    ssize_t len = getdelim(&text, &cap, 0, file);
    fclose(file);
    if (len < 0) {
        free(text);
        return NULL;
    }
    return text;
}

static void assert_golden(const char *name, const char *actual)
{
    char *path = golden_path(name);
    if (actual == NULL) {
        fail_msg("nothing was written for %s", path);
        return;
    }
    if (getenv("UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        fputs(actual, file);
        assert_int_equal(fclose(file), 0);
    }
    char *expected = read_file(path);
    if (expected == NULL) {
        fail_msg("%s is missing; UPDATE_GOLDEN=1 writes it", path);
        return;
    }
    if (strcmp(actual, expected) != 0)
        fail_msg("%s differs; this was written:\n%s", path, actual);
    free(expected);
    free(path);
}

struct look {
    int columns;
    bool utf8, color, latency, spectrum;
};

/* The console report of a case, owned by the caller. */
static char *console(void (*build)(struct fixture *), struct look look)
{
    struct fixture f;
    struct err err;
    char *text = NULL;
    size_t len;
    fixture_init(&f);
    build(&f);
    FILE *out = open_memstream(&text, &len);
    struct report_options opt = {
        .out = out,
        .live = stderr,
        .columns = look.columns,
        .latency = look.latency,
        .spectrum = look.spectrum,
        .quiet = true,
        .color = look.color,
        .utf8 = look.utf8,
    };
    const struct reporter_kind *kind = report_kind("console");
    struct reporter *reporter = kind->open(&f.run, &opt, &err);
    assert_non_null(reporter);
    assert_int_equal(kind->end(reporter, fixture_end(&f), &err), 0);
    fclose(out);
    fixture_release(&f);
    return text;
}

static void check_console(const char *suffix, void (*build)(struct fixture *), const char *name,
                          struct look look)
{
    char file[64];
    snprintf(file, sizeof(file), "%s%s.txt", name, suffix);
    char *text = console(build, look);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf "));
    assert_golden(file, text);
    free(text);
}

static void test_console_cases(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_CASES; i++)
        check_console("", fixture_cases[i].build, fixture_cases[i].name,
                      (struct look){.utf8 = true});
}

static void test_console_narrow_terminal(void **state)
{
    (void)state;
    check_console(".80", case_scenario, "scenario",
                  (struct look){.columns = 80, .utf8 = true, .latency = true});
    check_console(".80", case_names, "names", (struct look){.columns = 80, .utf8 = true});
    check_console(".40", case_scenario, "scenario", (struct look){.columns = 40, .utf8 = true});
}

static void build_many(struct fixture *f)
{
    for (int i = 0; i < 60; i++) {
        char name[32];
        snprintf(name, sizeof(name), "/things/%02d", i);
        fixture_answers(f, fixture_series(f, "GET", name), 200, (uint64_t)(i + 1), 900, 2100);
    }
}

/* A terminal gets the 50 busiest series and how many more there are; a file
 * all of them. */
static void test_console_many_series(void **state)
{
    (void)state;
    char *text = console(build_many, (struct look){.columns = 100, .utf8 = true});
    assert_null(strstr(text, "/things/09 "));
    assert_non_null(strstr(text, "/things/10 "));
    assert_non_null(strstr(text, "/things/59 "));
    assert_non_null(strstr(text, "The 50 busiest; 10 more in a file, or with --json or --html."));
    assert_non_null(strstr(text, "1,830")); /* the sum is over all */
    free(text);
    text = console(build_many, (struct look){.utf8 = true});
    assert_non_null(strstr(text, "/things/00 "));
    assert_null(strstr(text, "busiest"));
    free(text);
}

static void test_console_ascii(void **state)
{
    (void)state;
    check_console(".ascii", case_names, "names", (struct look){.columns = 100});
    check_console(".ascii", case_oneoff, "oneoff", (struct look){.columns = 100, .latency = true});
}

static void test_console_color(void **state)
{
    (void)state;
    check_console(".color", case_scenario, "scenario",
                  (struct look){.columns = 120, .utf8 = true, .color = true});
}

static void test_console_latency(void **state)
{
    (void)state;
    check_console(".latency", case_good, "good",
                  (struct look){.columns = 100, .utf8 = true, .latency = true});
    check_console(".latency", case_oneoff, "oneoff",
                  (struct look){.columns = 100, .utf8 = true, .latency = true});
    check_console(".latency", case_huge, "huge",
                  (struct look){.columns = 100, .utf8 = true, .latency = true});
}

static void test_console_spectrum(void **state)
{
    (void)state;
    check_console(".spectrum", case_oneoff, "oneoff",
                  (struct look){.utf8 = true, .spectrum = true});
    check_console(".spectrum", case_nothing, "nothing",
                  (struct look){.utf8 = true, .spectrum = true});
}

/* No line of a report for a terminal is wider than the terminal. */
static void test_console_fits(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_CASES; i++) {
        char *text = console(fixture_cases[i].build, (struct look){.columns = 72, .latency = true});
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            if (strlen(line) > 72)
                fail_msg("%s: %zu columns: %s", fixture_cases[i].name, strlen(line), line);
        }
        free(text);
    }
}

/* The run in two ticks, as a run of two seconds would be told: nothing yet, then
 * the whole as one interval, then the same total without anything new. */
static void tick(const struct reporter_kind *kind, struct reporter *reporter, struct fixture *f)
{
    struct stats *nothing = stats_new();
    struct report_tick ticks[] = {
        {.users = 0, .total = nothing, .interval = nothing},
        {.elapsed_s = 15, .users = f->run.users, .total = f->stats, .interval = f->stats},
        {.elapsed_s = 30, .total = f->stats, .interval = nothing, .stopping = true},
    };
    for (int i = 0; i < 3; i++) {
        struct tick_sums sums;
        ticks[i].interval_s = i > 0 ? 15 : 0;
        tick_sums_init(&sums, &ticks[i]);
        spreads_tick(&f->spreads, &ticks[i]);
        if (kind->tick != NULL)
            kind->tick(reporter, &ticks[i]);
        tick_sums_release(&sums);
    }
    stats_free(nothing);
}

/* What a reporter writes of a case to dir/out, or to files that begin so. */
static void report(const char *name, void (*build)(struct fixture *), const char *path)
{
    struct fixture f;
    struct err err;
    fixture_init(&f);
    build(&f);
    const struct reporter_kind *kind = report_kind(name);
    struct report_options opt = {.path = path};
    struct reporter *reporter = kind->open(&f.run, &opt, &err);
    if (reporter == NULL)
        fail_msg("%s", err.message);
    tick(kind, reporter, &f);
    assert_int_equal(kind->end(reporter, fixture_end(&f), &err), 0);
    fixture_release(&f);
}

static void check_file(const char *path, const char *golden)
{
    char *text = read_file(path);
    if (text == NULL)
        fail_msg("%s was not written", path);
    unlink(path);
    assert_golden(golden, text);
    free(text);
}

/* A reporter's golden files: NAME and each of the endings, of the cases that show
 * it all (NULL: of every case). */
static void check_cases(const char *name, const char *const *endings, const char *only)
{
    for (int i = 0; i < FIXTURE_CASES; i++) {
        char written[64], path[96], golden[64];
        if (only != NULL && strstr(only, fixture_cases[i].name) == NULL)
            continue;
        snprintf(written, sizeof(written), "/tmp/inrush-golden-%d", (int)getpid());
        report(name, fixture_cases[i].build, written);
        for (int k = 0; endings[k] != NULL; k++) {
            bool single = endings[1] == NULL;
            snprintf(path, sizeof(path), "%s%s", written, single ? "" : endings[k]);
            snprintf(golden, sizeof(golden), "%s%s", fixture_cases[i].name, endings[k]);
            check_file(path, golden);
        }
    }
}

static void test_json_cases(void **state)
{
    (void)state;
    check_cases("json", (const char *[]){".json", NULL}, NULL);
}

static void test_junit_cases(void **state)
{
    (void)state;
    check_cases("junit", (const char *[]){".xml", NULL},
                "scenario, names, refused, aborted, interrupted");
}

static void test_timeseries_cases(void **state)
{
    (void)state;
    check_cases("timeseries", (const char *[]){".ndjson", NULL}, "scenario, oneoff_rate, names");
}

static void test_csv_cases(void **state)
{
    (void)state;
    check_cases("csv",
                (const char *[]){"_stats.csv", "_stats_history.csv", "_failures.csv",
                                 "_exceptions.csv", NULL},
                "scenario, names, nothing");
}

/* One answer in an hour, whose time lies off the middle of its bucket: it is the mean. */
static void case_one_answer(struct fixture *f)
{
    case_oneoff(f);
    stats_clear(f->stats);
    f->run.duration_s = f->end.duration_s = 3600;
    struct sample sample = {.series = fixture_series(f, "GET", f->run.url),
                            .response_ns = 5041 * NS_PER_US,
                            .status = 200,
                            .bytes = 153};
    stats_record(f->stats, &sample);
}

/* wrk's layout; what goes to stderr stands below it. */
static void test_wrk(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*build)(struct fixture *);
        bool latency, uncorrected;
    } cases[] = {
        {"oneoff", case_oneoff, false, false},
        {"oneoff.latency", case_oneoff, true, false},
        {"oneoff_rate", case_oneoff_rate, true, true},
        {"nothing_oneoff", case_nothing_oneoff, true, false},
        {"aborted", case_aborted, false, false},
        {"one_answer", case_one_answer, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct err err;
        char *text = NULL, file[64];
        size_t len;
        fixture_init(&f);
        cases[i].build(&f);
        for (uint64_t n = 0; f.stats->series_len > 0 && n < 100; n++)
            hist_record(&f.stats->rates, 11000 + n * n);
        FILE *out = open_memstream(&text, &len);
        struct report_options opt = {.out = out,
                                     .live = out,
                                     .latency = cases[i].latency,
                                     .uncorrected = cases[i].uncorrected};
        const struct reporter_kind *kind = report_kind("wrk");
        struct reporter *reporter = kind->open(&f.run, &opt, &err);
        struct report_tick tick = {.total = f.stats, .interval = f.stats};
        fixture_tick(kind, reporter, tick);
        fixture_tick(kind, reporter, tick);
        assert_int_equal(kind->end(reporter, fixture_end(&f), &err), 0);
        fclose(out);
        assert_null(strstr(text, "nan"));
        snprintf(file, sizeof(file), "%s.wrk.txt", cases[i].name);
        assert_golden(file, text);
        free(text);
        fixture_release(&f);
    }
}

static void test_exit_status(void **state)
{
    (void)state;
    static const struct {
        void (*build)(struct fixture *);
        int status;
    } cases[] = {
        {case_good, 0},    {case_scenario, 2},      {case_nothing, 3},
        {case_refused, 3}, {case_interrupted, 130}, {case_aborted, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        fixture_init(&f);
        cases[i].build(&f);
        assert_int_equal(report_exit_status(&f.end), cases[i].status);
        f.end.outcome = REPORT_INTERRUPTED;
        f.end.signal = 15;
        assert_int_equal(report_exit_status(&f.end), 143);
        fixture_release(&f);
    }
}

static void test_kinds(void **state)
{
    (void)state;
    assert_string_equal(report_kind("console")->name, "console");
    assert_string_equal(report_kind("json")->name, "json");
    assert_null(report_kind("xml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_console_cases),
        cmocka_unit_test(test_console_narrow_terminal),
        cmocka_unit_test(test_console_many_series),
        cmocka_unit_test(test_console_ascii),
        cmocka_unit_test(test_console_color),
        cmocka_unit_test(test_console_latency),
        cmocka_unit_test(test_console_spectrum),
        cmocka_unit_test(test_console_fits),
        cmocka_unit_test(test_json_cases),
        cmocka_unit_test(test_junit_cases),
        cmocka_unit_test(test_timeseries_cases),
        cmocka_unit_test(test_csv_cases),
        cmocka_unit_test(test_wrk),
        cmocka_unit_test(test_exit_status),
        cmocka_unit_test(test_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

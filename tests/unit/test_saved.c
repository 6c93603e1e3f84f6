/* Runs that are written as JSON and read back: nothing is lost, sums are exact,
 * and what is no such file is refused with its place. */
#include "report/saved.h"

#include "report/json_report.h"
#include "report_cases.h"
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

static char path[64];

static int setup(void **state)
{
    (void)state;
    strcpy(path, "/tmp/inrush-saved-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_text(const char *text, size_t len)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static struct saved *read_ok(struct catalog *catalog)
{
    struct err err = {0};
    struct saved *saved;
    if (saved_read(&saved, path, catalog, &err) != 0)
        fail_msg("%s", err.message);
    return saved;
}

static void assert_same_text(const char *name, const char *expected, const char *actual)
{
    size_t same = 0, line = 0;
    while (expected[same] != 0 && expected[same] == actual[same]) {
        if (expected[same++] == '\n')
            line = same;
    }
    if (expected[same] != actual[same])
        fail_msg("%s: instead of\n%.200s\nthere is\n%.200s", name, expected + line, actual + line);
}

/* Written, read and written again: the same text, digit by digit. */
static void test_nothing_is_lost(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_CASES; i++) {
        struct fixture f;
        struct buf first = BUF_INIT, second = BUF_INIT;
        fixture_init(&f);
        fixture_cases[i].build(&f);
        if (f.stats->series_len > 0)
            spreads_add(&f.spreads, &(struct spread){0, 12, {3.25, 1e-6, 123456.5}});
        spreads_add(&f.spreads, &(struct spread){UINT32_MAX, 12, {1, 2, 3}});
        json_report_text(&first, &f.run, fixture_end(&f));
        write_text(first.data, first.len);

        struct catalog *catalog = catalog_new();
        struct saved *saved = read_ok(catalog);
        saved->run.cpus = f.run.cpus; /* only advice depends on it */
        json_report_text(&second, &saved->run, &saved->end);
        assert_same_text(fixture_cases[i].name, buf_cstr(&first), buf_cstr(&second));
        saved_free(saved);
        catalog_free(catalog);
        buf_release(&first);
        buf_release(&second);
        fixture_release(&f);
    }
}

/* A part of a run: its own requests, at its own time. */
struct part {
    uint64_t from, to; /* the requests i of [0, 6000) */
    double started, duration_s;
    uint32_t users;
};

static void record_part(struct stats *stats, uint32_t get, uint32_t post, const struct part *part,
                        double started)
{
    static const char *const messages[] = {"HTTP 500 Internal Server Error",
                                           "HTTP 503 Unavailable"};
    for (uint64_t i = part->from; i < part->to; i++) {
        bool failed = i % 50 == 7;
        struct sample sample = {
            .series = i % 3 == 0 ? post : get,
            .response_ns = (200 + i * i % 9973) * NS_PER_US,
            .first_byte_ns = (100 + i % 97) * NS_PER_US,
            .bytes = 100 + i,
            .status = failed ? 500 : 200,
            .error = failed ? ERR_STATUS : ERR_NONE,
            .message = messages[i % 2],
            .end_ns = s_to_ns(started) + i * 1000 * NS_PER_US,
        };
        stats_record(stats, &sample);
    }
    stats_record_check(stats, "is well", part->from == 0);
    stats_record_script_error(stats, "x.lua:1: oh", "stack", s_to_ns(started) + NS_PER_MS);
    stats->generator.cpu_ns += (part->to - part->from) * 1000;
    stats->generator.wall_ns += s_to_ns(part->duration_s);
}

static void init_part(struct fixture *f, const struct part *part)
{
    fixture_init(f);
    f->run.started_wall = part->started;
    f->run.users = part->users;
    f->end.duration_s = part->duration_s;
    f->stats->begin_ns = s_to_ns(part->started);
    f->stats->end_ns = s_to_ns(part->started + part->duration_s);
    record_part(f->stats, fixture_series(f, "GET", "/a"), fixture_series(f, "POST", "/b"), part,
                part->started);
}

static struct saved *save_and_read(const struct part *part, struct catalog *catalog)
{
    struct fixture f;
    struct buf text = BUF_INIT;
    init_part(&f, part);
    json_report_text(&text, &f.run, fixture_end(&f));
    write_text(text.data, text.len);
    buf_release(&text);
    fixture_release(&f);
    return read_ok(catalog);
}

static void assert_hist_equal(const struct hist *a, const struct hist *b)
{
    struct hist_iter x = {.hist = a}, y = {.hist = b};
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->min, b->min);
    assert_int_equal(a->max, b->max);
    assert_true(a->sum == b->sum && a->sum2 == b->sum2);
    while (hist_next(&x)) {
        assert_true(hist_next(&y));
        assert_int_equal(x.low, y.low);
        assert_int_equal(x.count, y.count);
    }
}

/* The halves of a run, merged, are the run. */
static void test_halves_make_the_whole(void **state)
{
    (void)state;
    const struct part halves[] = {{0, 2500, 1000000, 2.5, 10}, {2500, 6000, 1000002.5, 3.5, 10}};
    const struct part both = {0, 6000, 1000000, 6, 10};
    struct catalog *catalog = catalog_new();
    struct saved *parts[2], *whole;
    struct err err;
    for (int i = 0; i < 2; i++)
        parts[i] = save_and_read(&halves[i], catalog);
    struct saved *merged = saved_merge(parts, 2, &err);
    whole = save_and_read(&both, catalog);
    assert_non_null(merged);
    assert_float_equal(merged->end.duration_s, 6, 1e-6);
    assert_int_equal(merged->run.users, 10); /* one after the other */
    for (uint32_t id = 0; id < 2; id++) {
        const struct series *a = merged->total->series[id], *b = whole->total->series[id];
        assert_int_equal(a->requests, b->requests);
        assert_int_equal(a->failures, b->failures);
        assert_int_equal(a->bytes, b->bytes);
        assert_int_equal(a->statuses.len, 2);
        assert_hist_equal(&a->response, &b->response);
        assert_hist_equal(&a->first_byte, &b->first_byte);
    }
    assert_int_equal(merged->total->failures.len, whole->total->failures.len);
    for (size_t i = 0; i < whole->total->failures.len; i++) {
        uint64_t count = 0;
        for (size_t k = 0; k < merged->total->failures.len; k++) {
            const struct failure *f = &merged->total->failures.items[k];
            if (f->series == whole->total->failures.items[i].series &&
                strcmp(f->message, whole->total->failures.items[i].message) == 0)
                count = f->count;
        }
        assert_int_equal(count, whole->total->failures.items[i].count);
    }
    assert_int_equal(merged->total->checks.items[0].passes, 1);
    assert_int_equal(merged->total->checks.items[0].failures, 1);
    assert_int_equal(merged->total->script_errors.items[0].count, 2);
    assert_int_equal(merged->total->generator.cpu_ns, whole->total->generator.cpu_ns);
    saved_free(merged);
    saved_free(whole);
    saved_free(parts[0]);
    saved_free(parts[1]);
    catalog_free(catalog);
}

/* Users of runs that overlap count together, times once. */
static void test_overlapping_runs(void **state)
{
    (void)state;
    static const struct {
        struct part parts[3];
        double duration_s;
        uint32_t users;
        const char *note;
    } cases[] = {
        {{{0, 9, 1000, 10, 5}, {0, 9, 1000, 10, 7}, {0, 9, 1000, 10, 1}}, 10, 13, "overlapped"},
        {{{0, 9, 1000, 10, 5}, {0, 9, 1010, 10, 7}, {0, 9, 1030, 5, 1}}, 25, 7, "followed"},
        {{{0, 9, 1030, 5, 1}, {0, 9, 1000, 10, 5}, {0, 9, 1005, 10, 7}}, 20, 12, "overlapped"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct catalog *catalog = catalog_new();
        struct saved *parts[3];
        struct err err;
        for (int k = 0; k < 3; k++)
            parts[k] = save_and_read(&cases[i].parts[k], catalog);
        struct saved *merged = saved_merge(parts, 3, &err);
        assert_non_null(merged);
        assert_float_equal(merged->end.duration_s, cases[i].duration_s, 1e-6);
        assert_int_equal(merged->run.users, cases[i].users);
        assert_float_equal(merged->run.started_wall, 1000, 1e-6);
        assert_contains(merged->end.notes[0], cases[i].note);
        saved_free(merged);
        for (int k = 0; k < 3; k++)
            saved_free(parts[k]);
        catalog_free(catalog);
    }
}

/* The text of a good file with `from` replaced once. */
static void write_changed(const char *from, const char *to)
{
    struct fixture f;
    struct buf text = BUF_INIT, changed = BUF_INIT;
    fixture_init(&f);
    case_scenario(&f);
    json_report_text(&text, &f.run, fixture_end(&f));
    const char *at = strstr(buf_cstr(&text), from);
    assert_non_null(at);
    buf_add(&changed, text.data, (size_t)(at - text.data));
    buf_adds(&changed, to);
    buf_adds(&changed, at + strlen(from));
    write_text(changed.data, changed.len);
    buf_release(&text);
    buf_release(&changed);
    fixture_release(&f);
}

static void assert_refused(const char *word)
{
    struct catalog *catalog = catalog_new();
    struct saved *saved = NULL;
    struct err err = {0};
    if (saved_read(&saved, path, catalog, &err) == 0)
        fail_msg("it was read, without \"%s\"", word);
    assert_null(saved);
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_contains(err.message, path);
    assert_contains(err.message, word);
    catalog_free(catalog);
}

static void test_what_is_no_report(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"", "empty"},
        {"{\n  \"inrush\": \"0.1", "cut"},
        {"{\n  \"inrush\" \"0.1\",\n\"x\": 1}", "not JSON, from line 2"},
        {"[1, 2]", "no report"},
        {"{}", "no report"},
        {"{\"requests\": 7}", "no report"},
        {"{\"inrush\": \"0.1.0\", \"series\": [], \"totals\": {}, \"generator\": {}}",
         "run it again"},
        {"{\"inrush\": \"9\", \"schema\": 2, \"series\": [], \"totals\": {}, \"generator\": {}}",
         "schema 2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_text(cases[i].text, strlen(cases[i].text));
        assert_refused(cases[i].word);
    }
}

static void test_what_is_wrong_in_a_report(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *word;
    } cases[] = {
        {"\"duration_s\": 30,\n  \"outcome\"", "\"outcome\"", "duration_s is missing"},
        {"\"users\": 1000,\n  \"workers\"", "\"users\": -3,\n  \"workers\"",
         "users is not a whole number"},
        {"\"users\": 1000,\n  \"workers\"", "\"users\": \"many\",\n  \"workers\"",
         "users is not a whole number"},
        {"\"started\": \"20", "\"started\": \"Monday 20", "started is not a time"},
        {"\"requests\": 20003", "\"requests\": 2", "series[0] has fewer requests"},
        {"\"buckets\": [[180,", "\"buckets\": [[181,", "latency"},
        {"\"buckets\": [[180,1", "\"buckets\": [[180,2", "add up"},
        {"[181,", "[179,", "buckets[1] is out of order"},
        {"\"kind\": \"status\"", "\"kind\": \"boredom\"", "errors[0].kind is none"},
        {"\"statuses\": {\n        \"200\": 20000", "\"statuses\": {\n        \"zwei\": 20000",
         "series[0].statuses.zwei is no status code"},
        {"\"name\": \"/api/v1/time/{timezone}\",\n      \"requests\"",
         "\"name\": \"/api/v1/time\",\n      \"requests\"", "series[1] is there twice"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_changed(cases[i].from, cases[i].to);
        assert_refused(cases[i].word);
    }
}

/* Wherever it is cut, it is refused. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    struct fixture f;
    struct buf text = BUF_INIT;
    fixture_init(&f);
    case_names(&f);
    json_report_text(&text, &f.run, fixture_end(&f));
    for (size_t len = 1; len < text.len - 2; len += 97) {
        write_text(text.data, len);
        assert_refused("");
    }
    buf_release(&text);
    fixture_release(&f);
}

static void test_missing_file(void **state)
{
    (void)state;
    struct catalog *catalog = catalog_new();
    struct saved *saved;
    struct err err;
    assert_int_equal(saved_read(&saved, "/tmp/no/such.json", catalog, &err), -1);
    assert_contains(err.message, "/tmp/no/such.json");
    assert_int_equal(saved_read(&saved, "/tmp", catalog, &err), -1);
    assert_contains(err.message, "/tmp");
    catalog_free(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(test_halves_make_the_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overlapping_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_report, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_wrong_in_a_report, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut_anywhere, setup, teardown),
        cmocka_unit_test(test_missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Where reports go when they cannot: full disks, closed pipes, directories;
 * and that a file appears whole or not at all. */
#include "report/output.h"

#include "report_cases.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/inrush-output-XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* as main does */
    signal(SIGXFSZ, SIG_IGN);
    strcpy(dir, "/tmp/inrush-output-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/report.json", dir);
    return 0;
}

static int entries(void)
{
    int n = 0;
    DIR *d = opendir(dir);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

static int teardown(void **state)
{
    (void)state;
    DIR *d = opendir(dir);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    return rmdir(dir);
}

static void write_old(void)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs("old", file);
    assert_int_equal(fclose(file), 0);
}

static void assert_content(const char *expected)
{
    char text[256] = "";
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[n] = 0;
    assert_string_equal(text, expected);
}

static const struct buf text = {.data = (char *)"new report\n", .len = 11, .cap = 11};

static void test_file(void **state)
{
    (void)state;
    struct err err;
    umask(022);
    assert_int_equal(output_check(path, &err), 0);
    assert_int_equal(entries(), 0);
    assert_int_equal(output_file(path, &text, &err), 0);
    assert_content("new report\n");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    write_old();
    assert_int_equal(output_check(path, &err), 0);
    assert_content("old");
    assert_int_equal(output_file(path, &text, &err), 0);
    assert_content("new report\n");
    assert_int_equal(entries(), 1);
}

static void test_behind_a_link(void **state)
{
    (void)state;
    struct err err;
    char link[64];
    write_old();
    snprintf(link, sizeof(link), "%s/link", dir);
    assert_int_equal(symlink("report.json", link), 0);
    assert_int_equal(output_check(link, &err), 0);
    assert_int_equal(output_file(link, &text, &err), 0);
    struct stat st;
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_content("new report\n");
    assert_int_equal(entries(), 2);
}

static void assert_unwritable(const char *where, const char *why)
{
    struct err err = {0};
    assert_int_equal(output_check(where, &err), -1);
    assert_non_null(strstr(err.message, where));
    assert_non_null(strstr(err.message, why));
    assert_null(report_kind("json")->open(&(struct report_run){0},
                                          &(struct report_options){.path = where}, &err));
    assert_int_equal(output_file(where, &text, &err), -1);
}

static void test_unwritable_places(void **state)
{
    (void)state;
    char where[96];
    assert_unwritable(dir, "directory");
    snprintf(where, sizeof(where), "%s/missing/report.json", dir);
    assert_unwritable(where, "No such file or directory");
    write_old();
    snprintf(where, sizeof(where), "%s/under-a-file", path);
    assert_unwritable(where, "Not a directory");
    assert_content("old");
    assert_int_equal(entries(), 1);
    struct err err;
    assert_int_equal(output_check("", &err), -1);
    assert_int_equal(output_check("-", &err), 0);
    assert_int_equal(output_check(NULL, &err), 0);
}

/* No room for the whole report: what was there stays, nothing else is left. */
static void test_no_room(void **state)
{
    (void)state;
    struct err err = {0};
    struct rlimit old, tight;
    write_old();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = (struct rlimit){.rlim_cur = 5, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    int rc = output_file(path, &text, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(rc, -1);
    assert_non_null(strstr(err.message, path));
    assert_content("old");
    assert_int_equal(entries(), 1);
}

/* A report that grows: there all the time, under its own name at the end. */
static void test_growing(void **state)
{
    (void)state;
    struct err err;
    struct buf more = {.data = (char *)"more\n", .len = 5, .cap = 5};
    write_old();
    struct output *o = output_open(path, &err);
    assert_non_null(o);
    assert_int_equal(entries(), 1); /* a run that does not begin leaves nothing */
    output_write(o, &text);
    assert_int_equal(entries(), 2);
    assert_content("old");
    output_write(o, &more);
    assert_int_equal(output_close(o, &err), 0);
    assert_content("new report\nmore\n");
    assert_int_equal(entries(), 1);

    o = output_open(path, &err);
    assert_non_null(o);
    assert_int_equal(output_close(o, &err), 0); /* nothing to say: empty, and not the old one */
    assert_content("");
}

/* The first write that fails is the one that is told of. */
static void test_growing_without_room(void **state)
{
    (void)state;
    struct err err = {0};
    struct rlimit old, tight;
    write_old();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = (struct rlimit){.rlim_cur = 15, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    struct output *o = output_open(path, &err);
    assert_non_null(o);
    for (int i = 0; i < 3; i++)
        output_write(o, &text);
    setrlimit(RLIMIT_FSIZE, &old);
    output_write(o, &text);
    assert_int_equal(output_close(o, &err), -1);
    assert_non_null(strstr(err.message, "File too large"));
    assert_non_null(strstr(err.message, path));
    assert_content("old");
    assert_int_equal(entries(), 1);
}

static void test_full_disk(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(output_check("/dev/full", &err), 0);
    assert_int_equal(output_file("/dev/full", &text, &err), -1);
    assert_string_equal(err.message,
                        "cannot write the report to /dev/full: No space left on device");
    assert_int_equal(err.kind, ERR_SYSTEM);
    FILE *full = fopen("/dev/full", "we");
    assert_int_equal(output_stream(full, "stdout", &text, &err), -1);
    assert_string_equal(err.message, "cannot write the report to stdout: No space left on device");
    fclose(full);
}

/* inrush ... | head */
static void test_closed_pipe(void **state)
{
    (void)state;
    struct err err = {0};
    struct fixture f;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    FILE *out = fdopen(ends[1], "w");
    fixture_init(&f);
    case_scenario(&f);
    const struct reporter_kind *kind = report_kind("console");
    struct report_options opt = {.out = out, .quiet = true, .utf8 = true};
    struct reporter *reporter = kind->open(&f.run, &opt, &err);
    assert_int_equal(kind->end(reporter, fixture_end(&f), &err), -1);
    assert_string_equal(err.message, "cannot write the report to stdout: Broken pipe");
    fclose(out);
    fixture_release(&f);
}

/* A full disk under the JSON costs an error, not the console report. */
static void test_json_fails_alone(void **state)
{
    (void)state;
    struct err err = {0};
    struct fixture f;
    char *shown = NULL;
    size_t len;
    fixture_init(&f);
    case_good(&f);
    FILE *out = open_memstream(&shown, &len);
    const struct reporter_kind *json = report_kind("json"), *console = report_kind("console");
    struct report_options opt = {.path = "/dev/full", .out = out, .quiet = true};
    struct reporter *a = json->open(&f.run, &opt, &err);
    struct reporter *b = console->open(&f.run, &opt, &err);
    assert_int_equal(json->end(a, fixture_end(&f), &err), -1);
    assert_int_equal(console->end(b, fixture_end(&f), &err), 0);
    fclose(out);
    assert_non_null(strstr(shown, "BASELINE TEST SUMMARY"));
    free(shown);
    fixture_release(&f);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* One file, one report, however it is spelt; devices are for all. */
static void test_shared(void **state)
{
    (void)state;
    struct err err;
    char link[64], dotted[96];
    snprintf(link, sizeof(link), "%s/link", dir);
    snprintf(dotted, sizeof(dotted), "%s/./report.json", dir);
    struct output *first = output_open(path, &err);
    assert_non_null(first);
    assert_null(output_open(path, &err));
    assert_non_null(strstr(err.message, path));
    assert_null(output_open(dotted, &err)); /* neither is there yet */
    write_old();
    output_abandon(first);
    assert_content("old");

    assert_int_equal(symlink("report.json", link), 0);
    first = output_open(link, &err);
    assert_non_null(first);
    assert_null(output_open(path, &err));
    output_write(first, &text);
    assert_content("old");
    assert_int_equal(output_close(first, &err), 0);
    assert_content("new report\n");

    struct output *one = output_open("/dev/null", &err), *other = output_open("/dev/null", &err);
    assert_true(one != NULL && other != NULL);
    output_abandon(one);
    assert_int_equal(output_close(other, &err), 0);

    one = output_open("-", &err);
    assert_non_null(one);
    assert_null(output_open("/dev/stdout", &err));
    output_abandon(one);
    output_abandon(NULL);
}

/* Opened for a run that did not begin: each kind gives back what it took and
 * leaves no file. What it took in memory the sanitizers know. */
static void test_discarded(void **state)
{
    (void)state;
    static const char *const names[] = {"prometheus", "json",     "csv",     "timeseries", "junit",
                                        "hdr",        "requests", "html",    "influx",     "statsd",
                                        "console",    "wrk",      "baseline"};
    enum { KINDS = sizeof(names) / sizeof(names[0]) };
    struct err err = {0};
    struct fixture f;
    struct reporter *opened[KINDS];
    char places[KINDS][96];
    fixture_init(&f);
    for (int round = 0; round < 2; round++) { /* again, as nothing is taken any more */
        for (int i = 0; i < KINDS; i++) {
            snprintf(places[i], sizeof(places[i]), "%s/report.%s", dir, names[i]);
            if (strcmp(names[i], "prometheus") == 0)
                strcpy(places[i], "0");
            else if (strcmp(names[i], "statsd") == 0)
                strcpy(places[i], "127.0.0.1:9");
            struct report_options opt = {.path = places[i], .live = stderr};
            opened[i] = report_kind(names[i])->open(&f.run, &opt, &err);
            if (opened[i] == NULL)
                fail_msg("%s", err.message);
        }
        for (int i = KINDS; i-- > 0;)
            report_kind(names[i])->discard(opened[i]);
        assert_int_equal(entries(), 0);
    }
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_file),      TEST(test_behind_a_link), TEST(test_unwritable_places),
        TEST(test_no_room),   TEST(test_growing),       TEST(test_growing_without_room),
        TEST(test_full_disk), TEST(test_closed_pipe),   TEST(test_json_fails_alone),
        TEST(test_shared),    TEST(test_discarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

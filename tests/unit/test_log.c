/* base/log.h: levels, the hook around each line, and whole lines from several
 * threads; base/clock.h. */
#include "unit.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

/* stderr goes into a file while a test runs. */
static FILE *captured;
static int terminal;

static int capture(void **state)
{
    (void)state;
    captured = tmpfile();
    fflush(stderr);
    terminal = dup(STDERR_FILENO);
    return captured && dup2(fileno(captured), STDERR_FILENO) == STDERR_FILENO ? 0 : -1;
}

static int restore(void **state)
{
    (void)state;
    log_set_level(LOG_INFO);
    log_set_hook(NULL, NULL);
    dup2(terminal, STDERR_FILENO);
    close(terminal);
    fclose(captured);
    return 0;
}

static const char *written(struct buf *text)
{
    buf_clear(text);
    lseek(fileno(captured), 0, SEEK_SET);
    ssize_t n;
    while ((n = read(fileno(captured), buf_reserve(text, 4096), 4096)) > 0)
        text->len += (size_t)n;
    return buf_cstr(text);
}

static void levels_choose_and_name_the_lines(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    log_debug("unseen");
    log_info("%d users", 3);
    log_warn("slow");
    log_error("broken");
    log_set_level(LOG_DEBUG);
    log_debug("seen");
    log_set_level(LOG_ERROR);
    log_info("unseen");
    log_warn("unseen");
    log_error("last");
    assert_string_equal(written(&text), "inrush: 3 users\n"
                                        "inrush: warning: slow\n"
                                        "inrush: error: broken\n"
                                        "inrush: debug: seen\n"
                                        "inrush: error: last\n");
    buf_release(&text);
}

static void mark(void *arg, int after)
{
    fprintf(stderr, after ? "%s>" : "<%s", (const char *)arg);
}

static void the_hook_goes_around_each_line(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    char name[] = "x";
    log_set_hook(mark, name);
    log_info("one");
    log_debug("unseen");
    log_info("two");
    log_set_hook(NULL, NULL);
    log_info("three");
    assert_string_equal(written(&text), "<xinrush: one\nx><xinrush: two\nx>inrush: three\n");
    buf_release(&text);
}

enum { THREADS = 4, LINES = 200 };

static void *chatter(void *arg)
{
    (void)arg;
    for (int i = 0; i < LINES; i++)
        log_info("%050d", 7);
    return NULL;
}

static void lines_of_several_threads_stay_whole(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, chatter, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    char line[80];
    snprintf(line, sizeof(line), "inrush: %050d\n", 7);
    struct buf text = BUF_INIT;
    const char *at = written(&text);
    for (int i = 0; i < THREADS * LINES; i++, at += strlen(line))
        assert_memory_equal(at, line, strlen(line));
    assert_string_equal(at, "");
    buf_release(&text);
}

static void clocks_go_forward(void **state)
{
    (void)state;
    uint64_t wall = clock_ns(), thread = clock_thread_cpu_ns();
    while (clock_thread_cpu_ns() == thread)
        ;
    assert_true(clock_ns() > wall);
    assert_true(clock_wall() > 1.6e9);

    assert_true(s_to_ns(1.5) == 1500 * NS_PER_MS);
    assert_true(s_to_ns(1e-9) == 1);
    assert_true(s_to_ns(0) == 0);
    assert_true(s_to_ns(-1) == 0);
    assert_true(ns_to_s(250 * NS_PER_MS) == 0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(levels_choose_and_name_the_lines, capture, restore),
        cmocka_unit_test_setup_teardown(the_hook_goes_around_each_line, capture, restore),
        cmocka_unit_test_setup_teardown(lines_of_several_threads_stay_whole, capture, restore),
        cmocka_unit_test(clocks_go_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

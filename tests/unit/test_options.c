/* cli/options.h: right command lines, and what they say. */
#include "options_line.h"

static void defaults(void **state)
{
    (void)state;
    struct line line;
    parse(&line, "http://h/");
    assert_good(&line);
    assert_int_equal(line.args.command->id, CMD_ONEOFF);
    assert_string_equal(line.args.argument, "http://h/");
    assert_int_equal(line.args.connections, 10);
    assert_true(line.args.duration == 10);
    assert_true(line.args.timeout == 2);
    assert_int_equal(line.args.requests, 0);
    assert_int_equal(line.args.threads, 0);
    assert_int_equal(line.args.users, 0);
    assert_null(line.args.method);
    assert_int_equal(line.args.headers.len, 0);
    for (int id = 0; id < CLI_OPTS; id++)
        assert_false(cli_given(&line.args, id));
    release(&line);

    parse(&line, "run", "baseline");
    assert_good(&line);
    assert_int_equal(line.args.users, 1);
    assert_true(line.args.spawn_rate == 0);
    assert_true(line.args.duration == 0);
    assert_true(line.args.timeout == 10);
    assert_true(line.args.stop_timeout == 5);
    assert_int_equal(line.args.connections, 0);
    assert_false(cli_given(&line.args, OPT_USERS));
    release(&line);

    parse(&line, "serve");
    assert_good(&line);
    assert_int_equal(line.args.port, 8888);
    assert_string_equal(line.args.bind, "127.0.0.1");
    assert_null(line.args.serve_latency);
    release(&line);
}

static void all_spellings(void **state)
{
    (void)state;
    static const char *const lines[][4] = {
        {"--connections", "64", "h:1"},
        {"--connections=64", "h:1"},
        {"-c64", "h:1"},
        {"-c", "64", "h:1"},
        {"-qLc64", "h:1"},
        {"-qLc", "64", "h:1"},
        {"h:1", "-c", "64"},
        {"h:1", "-c64", "-q"},
        {"-c1", "-c64", "h:1"}, /* the last one wins */
        {"-c64", "--", "h:1"},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        int n = 0;
        while (n < 4 && lines[i][n])
            n++;
        struct line line;
        parse_words(&line, lines[i], n);
        assert_good(&line);
        assert_int_equal(line.args.connections, 64);
        assert_true(cli_given(&line.args, OPT_CONNECTIONS));
        assert_string_equal(line.args.argument, "h:1");
        release(&line);
    }
}

static void wrk_and_locust_names(void **state)
{
    (void)state;
    struct line line;
    parse(&line, "-t2", "-c100", "-d30s", "-T", "500ms", "--latency", "-H", "A: b", "localhost");
    assert_good(&line);
    assert_int_equal(line.args.threads, 2);
    assert_true(line.args.duration == 30);
    assert_true(line.args.timeout == 0.5);
    assert_true(line.args.latency);
    release(&line);

    parse(&line, "run", "x.lua", "--host", "http://h", "--users", "50", "--spawn-rate", "2.5",
          "--run-time", "3m", "--headless", "-T", "a", "-E", "b");
    assert_good(&line);
    assert_string_equal(line.args.host, "http://h");
    assert_int_equal(line.args.users, 50);
    assert_true(line.args.spawn_rate == 2.5);
    assert_true(line.args.duration == 180);
    assert_words(&line.args.tags, "a");
    assert_words(&line.args.exclude_tags, "b");
    assert_true(cli_given(&line.args, OPT_DURATION));
    assert_true(cli_given(&line.args, OPT_HEADLESS));
    release(&line);
}

static void headers_are_split(void **state)
{
    (void)state;
    struct line line;
    parse(&line, "-H", "Accept: text/plain", "-H", "A:b", "-HX-Empty:", "-H", "T : a:b ", "h/");
    assert_good(&line);
    static const char *const want[][2] = {
        {"Accept", "text/plain"}, {"A", "b"}, {"X-Empty", ""}, {"T", "a:b"}};
    assert_int_equal(line.args.headers.len, 4);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(line.args.headers.items[i].name, want[i][0]);
        assert_string_equal(line.args.headers.items[i].value, want[i][1]);
    }
    release(&line);
}

static void lists_and_settings(void **state)
{
    (void)state;
    struct line line;
    parse(&line, "run", "x", "--class", "A,B", "--class=C", "--set", "K=a=b",
          "--set=E=", "--threshold", "p95 < 1s, really", "--json", "-");
    assert_good(&line);
    assert_words(&line.args.classes, "A B C");
    assert_words(&line.args.thresholds, "p95 < 1s, really");
    assert_int_equal(line.args.settings.len, 2);
    assert_string_equal(line.args.settings.items[0].name, "K");
    assert_string_equal(line.args.settings.items[0].value, "a=b");
    assert_string_equal(line.args.settings.items[1].value, "");
    assert_string_equal(line.args.json, "-");
    release(&line);
}

static void shares(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double share;
    } cases[] = {{"5%", 0.05}, {"0.5", 0.5}, {"0", 0}, {"100%", 1}, {"1", 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct line line;
        parse(&line, "serve", "--error-rate", cases[i].text);
        assert_good(&line);
        assert_true(line.args.error_rate == cases[i].share);
        release(&line);
    }
}

static void words_behind_two_dashes(void **state)
{
    (void)state;
    struct line line;
    parse(&line, "run", "x.lua", "--", "-u", "5");
    assert_good(&line);
    assert_string_equal(line.args.argument, "x.lua");
    assert_int_equal(line.args.rest_len, 2);
    assert_string_equal(line.args.rest[0], "-u");
    assert_string_equal(line.args.rest[1], "5");
    assert_false(cli_given(&line.args, OPT_USERS));
    release(&line);

    parse(&line, "run", "--", "-odd.lua", "a");
    assert_good(&line);
    assert_string_equal(line.args.argument, "-odd.lua");
    assert_int_equal(line.args.rest_len, 1);
    release(&line);

    parse(&line, "run", "x.lua", "--");
    assert_good(&line);
    assert_int_equal(line.args.rest_len, 0);
    release(&line);
}

static void a_value_may_look_like_an_option(void **state)
{
    (void)state;
    struct line line;
    parse(&line, "--body", "-5", "h/");
    assert_good(&line);
    assert_string_equal(line.args.body, "-5");
    release(&line);
    parse(&line, "--body=--seed", "h/");
    assert_good(&line);
    assert_string_equal(line.args.body, "--seed");
    release(&line);
    parse(&line, "--body", "", "h/");
    assert_good(&line);
    assert_string_equal(line.args.body, "");
    release(&line);
}

static void help_and_version(void **state)
{
    (void)state;
    struct line line;
    parse(&line, "--help");
    assert_good(&line);
    assert_int_equal(line.args.command->id, CMD_HELP);
    assert_null(line.args.argument);
    release(&line);

    parse(&line, "run", "-h", "--nonsense");
    assert_good(&line);
    assert_int_equal(line.args.command->id, CMD_HELP);
    assert_string_equal(line.args.argument, "run");
    release(&line);

    parse(&line, "help", "serve");
    assert_good(&line);
    assert_int_equal(line.args.command->id, CMD_HELP);
    assert_string_equal(line.args.argument, "serve");
    release(&line);

    parse(&line, "http://h", "-V");
    assert_good(&line);
    assert_int_equal(line.args.command->id, CMD_VERSION);
    release(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(all_spellings),
        cmocka_unit_test(wrk_and_locust_names),
        cmocka_unit_test(headers_are_split),
        cmocka_unit_test(lists_and_settings),
        cmocka_unit_test(shares),
        cmocka_unit_test(words_behind_two_dashes),
        cmocka_unit_test(a_value_may_look_like_an_option),
        cmocka_unit_test(help_and_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

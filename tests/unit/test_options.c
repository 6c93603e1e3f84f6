/* The option table's own rules, and the parser on right and wrong lines. */
#include "cli/options.h"

#include "base/buf.h"
#include "cli/commands.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

/* One line, parsed: words("run", "x") without the program's name. */
struct line {
    struct cli_args args;
    struct err err;
    int failed;
    const char *argv[32];
};

static struct line *parse_words(struct line *line, const char *const *words, int n)
{
    memset(line, 0x5a, sizeof(*line)); /* cli_parse must not need it clean */
    line->argv[0] = "inrush";
    for (int i = 0; i < n; i++)
        line->argv[i + 1] = words[i];
    line->argv[n + 1] = NULL;
    line->failed = cli_parse(&line->args, n + 1, line->argv, &line->err);
    return line;
}

#define parse(line, ...)                                    \
    parse_words((line), (const char *const[]){__VA_ARGS__}, \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void release(struct line *line)
{
    cli_args_release(&line->args);
}

static void assert_good(const struct line *line)
{
    if (line->failed)
        fail_msg("refused: %s", line->err.message);
}

static void check_refusal(struct line *line, const char *want, bool whole)
{
    assert_int_equal(line->failed, -1);
    assert_int_equal(line->err.kind, ERR_USAGE);
    if (whole)
        assert_string_equal(line->err.message, want);
    else if (!strstr(line->err.message, want))
        fail_msg("'%s' is not in: %s", want, line->err.message);
    release(line);
}

/* The line is refused with this message; with one that has this part. */
#define assert_refused(want, ...) \
    check_refusal(parse(&(struct line){.failed = 0}, __VA_ARGS__), want, true)
#define assert_refused_with(part, ...) \
    check_refusal(parse(&(struct line){.failed = 0}, __VA_ARGS__), part, false)

static void assert_words(const struct cli_list *list, const char *joined)
{
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < list->len; i++)
        buf_addf(&text, "%s%s", i ? " " : "", list->items[i]);
    assert_string_equal(buf_cstr(&text), joined);
    buf_release(&text);
}

/* ---- the table ---- */

static void no_command_has_a_name_twice(void **state)
{
    (void)state;
    for (unsigned command = 0; command < CLI_COMMANDS; command++) {
        const struct cli_option *option, *later;
        for (size_t i = 0; (option = cli_option_at(i)) != NULL; i++) {
            unsigned bit = 1u << command;
            if (!(option->commands & bit))
                continue;
            assert_ptr_equal(cli_option_long(bit, option->name, strlen(option->name)), option);
            for (int a = 0; a < CLI_ALIASES && option->aliases[a]; a++)
                assert_ptr_equal(
                    cli_option_long(bit, option->aliases[a], strlen(option->aliases[a])), option);
            if (option->short_name)
                assert_ptr_equal(cli_option_short(bit, option->short_name), option);
            assert_ptr_equal(cli_option_by_id(bit, option->id), option);
            for (size_t j = i + 1; (later = cli_option_at(j)) != NULL; j++)
                if (later->commands & bit)
                    assert_int_not_equal(later->id, option->id);
        }
    }
}

static void every_row_is_complete(void **state)
{
    (void)state;
    bool seen[CLI_OPTS] = {false};
    const struct cli_option *option;
    for_each_cli_option(option)
    {
        seen[option->id] = true;
        assert_non_null(option->name);
        assert_non_null(option->help);
        assert_true(option->commands != 0);
        assert_true(option->commands < 1u << CLI_COMMANDS);
        assert_int_equal(option->value != NULL, cli_takes_value(option));
        assert_true(option->help[strlen(option->help) - 1] != '.');
        if (cli_repeatable(option))
            assert_null(option->fallback);
    }
    for (int id = 0; id < CLI_OPTS; id++)
        assert_true(seen[id]);
}

static void every_command_is_complete(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLI_COMMANDS; i++) {
        const struct cli_command *command = &cli_commands[i];
        assert_int_equal(command->id, i);
        assert_non_null(command->summary);
        assert_non_null(command->description);
        assert_non_null(command->main);
        assert_int_equal(command->argument != ARG_NONE, command->argument_name != NULL);
        assert_int_equal(strncmp(command->usage, command->name, strlen(command->name)), 0);
        if (command->argument_name)
            assert_non_null(strstr(command->usage, command->argument_name));
        assert_non_null(cli_option_long(1u << i, "help", 4));
    }
}

/* Each example of help and man page must parse as a line of its command. */
static void the_examples_are_right(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLI_COMMANDS; i++) {
        for (int e = 0; e < CLI_EXAMPLES && cli_commands[i].examples[e].line; e++) {
            char text[256];
            const char *words[24];
            int n = 0;
            snprintf(text, sizeof(text), "%s", cli_commands[i].examples[e].line);
            char *begin = strstr(text, "inrush ");
            assert_non_null(begin);
            char *at = begin + strlen("inrush ");
            at[strcspn(at, ">|&)")] = '\0';
            /* Words and 'quoted words', as the shell splits them. */
            while (*at) {
                at += strspn(at, " ");
                if (!*at)
                    break;
                char end = *at == '\'' ? '\'' : ' ';
                at += end == '\'';
                words[n++] = at;
                at = strchrnul(at, end);
                if (*at)
                    *at++ = '\0';
            }
            struct line line;
            parse_words(&line, words, n);
            assert_good(&line);
            assert_int_equal(line.args.command->id, i);
            release(&line);
        }
    }
}

/* ---- right lines ---- */

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

/* ---- wrong lines ---- */

static void unknown_options(void **state)
{
    (void)state;
    assert_refused("unknown option --durtion; did you mean --duration? "
                   "(inrush run --help lists them)",
                   "run", "--durtion", "3", "x");
    assert_refused("unknown option --durtion; did you mean --duration? (inrush --help lists them)",
                   "--durtion=3", "h/");
    assert_refused("unknown option --dur; did you mean --duration? (inrush --help lists them)",
                   "--dur", "3", "h/");
    assert_refused("unknown option --zzzzzzzz (inrush --help lists them)", "--zzzzzzzz", "h/");
    assert_refused("unknown option -C; did you mean -c? (inrush --help lists them)", "-C", "h/");
    assert_refused("unknown option -1 (inrush --help lists them)", "-1", "h/");
    assert_refused("unknown option --- (inrush --help lists them)", "---");
    assert_refused("unknown option -- (inrush --help lists them)", "--=x");
}

static void options_of_another_command(void **state)
{
    (void)state;
    assert_refused("--users is an option of 'inrush run', not of 'inrush URL' "
                   "(inrush --help lists them)",
                   "--users", "5", "h/");
    assert_refused("-c is an option of 'inrush URL', not of 'inrush run' "
                   "(inrush run --help lists them)",
                   "run", "-c5", "x");
    assert_refused("--host is an option of 'inrush run' and 'inrush check', not of "
                   "'inrush serve' (inrush serve --help lists them)",
                   "serve", "--host", "h");
    assert_refused("unknown option -H; Locust's -H is --host here", "run", "-H", "http://h", "x");
    assert_refused_with("inrush run FILE.lua", "run", "-f", "x.lua");
}

static void unknown_commands(void **state)
{
    (void)state;
    assert_refused("unknown command 'rnu'; did you mean 'run'?", "rnu", "x");
    assert_refused("unknown command 'foo' (inrush --help lists them; if it is a host, write "
                   "http://foo/)",
                   "foo");
    assert_refused_with("neither a URL nor a command", "-c5", "foo");
    assert_refused("'run' is a command and stands first: inrush run [options]", "-c5", "run");
    assert_refused("unknown command 'serv'; did you mean 'serve'?", "help", "serv");
    assert_refused_with("URL is empty", "");
}

static void a_scenario_where_a_url_is_due(void **state)
{
    (void)state;
    assert_refused("'baseline' is a scenario: inrush run baseline", "baseline");
    assert_refused_with("'shop.lua' is a scenario, not a URL: inrush run shop.lua", "shop.lua");
    assert_refused_with("'shop.lua' is a scenario, not a URL: inrush run shop.lua", "-c5",
                        "shop.lua");
    assert_refused_with("'baseline' is a scenario, not a URL", "http://h/", "baseline");
    struct line line;
    assert_good(parse(&line, "http://h/shop.lua"));
    release(&line);
    assert_good(parse(&line, "h:80/shop.lua"));
    release(&line);
    assert_refused("inrush run takes a SCENARIO, and 'http://h/' is a URL; to load that: inrush "
                   "http://h/",
                   "run", "http://h/");
}

static void missing_values(void **state)
{
    (void)state;
    assert_refused("-c (--connections) needs a value: N", "h/", "-c");
    assert_refused("--json needs a value: FILE", "h/", "--json");
    assert_refused("--host needs a value, and '--users' is an option; if it is meant, write "
                   "--host=--users",
                   "run", "x", "--host", "--users", "5");
    assert_refused("--latency takes no value", "--latency=x", "h/");
    assert_refused("--json: the file name is empty", "--json=", "h/");
}

static void bad_values(void **state)
{
    (void)state;
    assert_refused_with("--duration: ", "--duration", "10x", "h/");
    assert_refused_with("10x", "--duration", "10x", "h/");
    assert_refused_with("500ms", "--duration", "10x", "h/");
    assert_refused_with("--run-time: ", "run", "--run-time", "x", "x");
    assert_refused("-d (--duration): '0' is too short; at least 1ms", "-d0", "h/");
    assert_refused("-d (--duration): '9000d' is too long; at most 366d", "-d9000d", "h/");
    assert_refused("-c (--connections): '0' is too small; at least 1", "-c0", "h/");
    assert_refused("-c (--connections): '99M' is too much; at most 10000000", "-c99M", "h/");
    assert_refused("-t (--threads): '3m' is too much; at most 1024 (how long to run is -d, "
                   "--duration)",
                   "run", "x", "-t", "3m");
    assert_refused_with("--port: ", "serve", "--port", "99999");
    assert_refused("--error-rate: '5' is not a share of the whole; write 5% or 0.05", "serve",
                   "--error-rate", "5");
    assert_refused_with("not a share", "serve", "--error-rate", "%");
    assert_refused_with("not a share", "serve", "--error-rate", "-1%");
    assert_refused_with("not a share", "serve", "--error-rate",
                        "0.00000000000000000000000000000000000000000001");
    assert_refused("-m (--method): HTTP methods are upper case; write POST", "-m", "post", "h/");
    assert_refused_with("not an HTTP method", "-m", "G T", "h/");
    assert_refused("--class: 'A,,B' holds an empty name; write A,B", "run", "x", "--class", "A,,B");
    assert_refused_with("empty name", "run", "x", "--class", "");
    assert_refused("--set: 'foo' is not KEY=VALUE", "run", "x", "--set", "foo");
    assert_refused_with("not KEY=VALUE", "run", "x", "--set", "=v");
}

static void bad_headers(void **state)
{
    (void)state;
    assert_refused("-H (--header): 'foo' has no colon; write 'Name: value', such as "
                   "'Accept: text/plain'",
                   "-H", "foo", "h/");
    assert_refused_with("'a b' is not a header name", "-H", "a b: c", "h/");
    assert_refused_with("'' is not a header name", "-H", ": c", "h/");
    assert_refused_with("control character", "-H", "a: b\r\nEvil: c", "h/");
    assert_refused_with("control character", "-H", "a: b\x7f", "h/");
}

static void arguments(void **state)
{
    (void)state;
    assert_refused_with("the URL is missing", "-c5");
    assert_refused_with("the URL is missing", "--");
    assert_refused_with("inrush run needs a SCENARIO", "run");
    assert_refused_with("inrush show needs a NAME", "show");
    assert_refused_with("inrush new needs a FILE", "new");
    assert_refused_with("bash, zsh or fish", "completions");
    assert_refused_with("no completions for 'csh'", "completions", "csh");
    assert_refused("inrush list takes no argument, and got 'x'", "list", "x");
    assert_refused("inrush run takes one SCENARIO, and got 'x' and 'A' (user classes are chosen "
                   "with --class)",
                   "run", "x", "A");
    assert_refused("'i' behind -- is for a script; name one with -s, --script", "h/", "--", "i");
    assert_refused("a script has one URL, and got 'h/' and 'i/'", "-sx.lua", "h/", "i/");
}

static void exclusive_options(void **state)
{
    (void)state;
    assert_refused("--body and --json-body exclude each other", "h/", "-b1", "--json-body", "2");
    assert_refused("--body and --body-file exclude each other", "h/", "-b1", "--body-file", "-");
    assert_refused("--insecure and --cacert exclude each other: the first trusts everybody", "h/",
                   "-k", "--cacert", "ca.pem");
    assert_refused("--json and --names exclude each other", "list", "--json", "--names");
    assert_refused("--tui and --no-tui exclude each other", "run", "x", "--tui", "--no-tui");
    assert_refused_with("--duration and --repeat-until-interrupted exclude each other", "h/", "-d1",
                        "--repeat-until-interrupted");
    assert_refused_with("--requests and --warmup exclude each other", "h/", "-n1", "--warmup",
                        "1s");
    assert_refused("--key needs --cert", "h/", "--key", "key.pem");
}

static void two_reporters_on_one_file(void **state)
{
    (void)state;
    assert_refused("--json and --html both write out; give each its own", "h/", "--html=out",
                   "--json=out");
    assert_refused("--json and --junit both write to standard output; give each its own", "run",
                   "x", "--json", "-", "--junit", "-");
    struct line line;
    parse(&line, "h/", "--json", "-", "--html", "out", "--baseline", "out");
    assert_good(&line);
    release(&line);
}

static void several_urls(void **state)
{
    (void)state;
    struct line line;
    parse(&line, "h/", "-c2", "i/", "j/");
    assert_good(&line);
    assert_string_equal(line.args.argument, "h/");
    assert_int_equal(line.args.arguments_len, 3);
    assert_string_equal(line.args.arguments[2], "j/");
    release(&line);

    parse(&line, "--urls-from", "list.txt");
    assert_good(&line);
    assert_null(line.args.argument);
    assert_int_equal(line.args.arguments_len, 0);
    release(&line);

    parse(&line, "-s", "x.lua", "h/", "--", "a", "-b");
    assert_good(&line);
    assert_string_equal(line.args.script, "x.lua");
    assert_int_equal(line.args.rest_len, 2);
    release(&line);
    assert_refused_with("neither a URL nor a command", "h/", "foo");
}

static void a_long_word_is_no_trouble(void **state)
{
    (void)state;
    char word[4096];
    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    word[0] = word[1] = '-';
    assert_refused_with("unknown option --xxx", word, "h/");
    memcpy(word, "-H", 2);
    assert_refused_with("-H (--header): 'xxx", word, "h/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_command_has_a_name_twice),
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(every_command_is_complete),
        cmocka_unit_test(the_examples_are_right),
        cmocka_unit_test(defaults),
        cmocka_unit_test(all_spellings),
        cmocka_unit_test(wrk_and_locust_names),
        cmocka_unit_test(headers_are_split),
        cmocka_unit_test(lists_and_settings),
        cmocka_unit_test(shares),
        cmocka_unit_test(words_behind_two_dashes),
        cmocka_unit_test(a_value_may_look_like_an_option),
        cmocka_unit_test(help_and_version),
        cmocka_unit_test(unknown_options),
        cmocka_unit_test(options_of_another_command),
        cmocka_unit_test(unknown_commands),
        cmocka_unit_test(a_scenario_where_a_url_is_due),
        cmocka_unit_test(missing_values),
        cmocka_unit_test(bad_values),
        cmocka_unit_test(bad_headers),
        cmocka_unit_test(arguments),
        cmocka_unit_test(exclusive_options),
        cmocka_unit_test(two_reporters_on_one_file),
        cmocka_unit_test(several_urls),
        cmocka_unit_test(a_long_word_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

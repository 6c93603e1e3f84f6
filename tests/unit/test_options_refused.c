/* cli/options.h: wrong command lines, and what is said to them. */
#include "options_line.h"

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
        cmocka_unit_test(unknown_options),   cmocka_unit_test(options_of_another_command),
        cmocka_unit_test(unknown_commands),  cmocka_unit_test(a_scenario_where_a_url_is_due),
        cmocka_unit_test(missing_values),    cmocka_unit_test(bad_values),
        cmocka_unit_test(bad_headers),       cmocka_unit_test(arguments),
        cmocka_unit_test(exclusive_options), cmocka_unit_test(two_reporters_on_one_file),
        cmocka_unit_test(several_urls),      cmocka_unit_test(a_long_word_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The option table. What a row means is in options.h; parse.c stores by it,
 * help.c, manpage.c and completions.c print it.
 *
 * A long or short name means one thing within a command, but may mean another
 * in another command (--latency is a flag of a load and a time of `serve`).
 */
#include "cli/options.h"

#include "cli/commands.h"

#include <string.h>

/* A type and a field that can hold it, checked by the compiler. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in any. */
#define STORE(cli, ctype, member)                               \
    .type = (cli), .field = offsetof(struct cli_args, member) + \
                            _Generic(((struct cli_args *)0)->member, ctype : 0)
/* NOLINTEND(bugprone-macro-parentheses) */
#define FLAG(member)     STORE(CLI_FLAG, bool, member)
#define STRING(member)   STORE(CLI_STRING, const char *, member)
#define PATH(member)     STORE(CLI_PATH, const char *, member)
#define METHOD(member)   STORE(CLI_METHOD, const char *, member)
#define DURATION(member) STORE(CLI_DURATION, double, member)
#define COUNT(member)    STORE(CLI_COUNT, uint64_t, member)
#define NUMBER(member)   STORE(CLI_NUMBER, double, member)
#define SHARE(member)    STORE(CLI_SHARE, double, member)
#define PORT(member)     STORE(CLI_PORT, uint64_t, member)
#define LIST(member)     STORE(CLI_LIST, struct cli_list, member)
#define WORDS(member)    STORE(CLI_WORDS, struct cli_list, member)
#define HEADERS(member)  STORE(CLI_HEADERS, struct cli_pairs, member)
#define SETTINGS(member) STORE(CLI_SETTINGS, struct cli_pairs, member)

#define BIT(name)   (1u << CMD_##name)
#define LOADS       (BIT(ONEOFF) | BIT(RUN))
#define SCENARIOS   (BIT(RUN) | BIT(CHECK))
#define LONG_LIVED  (LOADS | BIT(CHECK) | BIT(SERVE))
#define EVERY       ((1u << CLI_COMMANDS) - 1)
#define USERS_MAX   10e6
#define THREADS_MAX 1024
#define TIME_MIN    0.001 /* of what must take some time */

const char *const cli_group_names[CLI_GROUPS] = {
    [GROUP_LOAD] = "Load",     [GROUP_REQUEST] = "Request", [GROUP_SCENARIO] = "Scenario",
    [GROUP_SERVER] = "Server", [GROUP_REPORT] = "Report",   [GROUP_OTHER] = "Other",
};

const struct cli_option cli_options[] = {
    /* Load. */
    {
        .id = OPT_CONNECTIONS,
        .name = "connections",
        .short_name = 'c',
        .commands = BIT(ONEOFF),
        .group = GROUP_LOAD,
        COUNT(connections),
        .value = "N",
        .fallback = "10",
        .min = 1,
        .max = USERS_MAX,
        .help = "Keep N connections busy, spread over the threads; none is rounded away",
    },
    {
        .id = OPT_USERS,
        .name = "users",
        .short_name = 'u',
        .commands = BIT(RUN),
        .group = GROUP_LOAD,
        COUNT(users),
        .value = "N",
        .fallback = "1",
        .otherwise = "the scenario's, else 1",
        .min = 1,
        .max = USERS_MAX,
        .help = "Run N users, divided over the classes by their weights",
    },
    {
        .id = OPT_SPAWN_RATE,
        .name = "spawn-rate",
        .short_name = 'r',
        .commands = BIT(RUN),
        .group = GROUP_LOAD,
        NUMBER(spawn_rate),
        .value = "N",
        .otherwise = "the scenario's, else all at once",
        .min = 0.001,
        .max = USERS_MAX,
        .help = "Start N users per second, evenly spread inside each second",
    },
    {
        .id = OPT_DURATION,
        .name = "duration",
        .short_name = 'd',
        .commands = BIT(ONEOFF),
        .group = GROUP_LOAD,
        DURATION(duration),
        .value = "TIME",
        .fallback = "10s",
        .otherwise = "10s; with -n, until N is reached",
        .min = TIME_MIN,
        .help = "Send for so long: 500ms, 10s, 1m30s",
    },
    {
        .id = OPT_DURATION,
        .name = "duration",
        .aliases = {"run-time"},
        .short_name = 'd',
        .commands = BIT(RUN),
        .group = GROUP_LOAD,
        DURATION(duration),
        .value = "TIME",
        .otherwise = "the scenario's, else until Ctrl-C",
        .min = TIME_MIN,
        .help = "Run for so long, counted from the first user: 30s, 3m, 1h30m",
    },
    {
        .id = OPT_REQUESTS,
        .name = "requests",
        .short_name = 'n',
        .commands = BIT(ONEOFF),
        .group = GROUP_LOAD,
        COUNT(requests),
        .value = "N",
        .min = 1,
        .help = "Send exactly N requests",
    },
    {
        .id = OPT_THREADS,
        .name = "threads",
        .aliases = {"workers"},
        .short_name = 't',
        .commands = LOADS,
        .group = GROUP_LOAD,
        COUNT(threads),
        .value = "N",
        .otherwise = "one per CPU",
        .min = 1,
        .max = THREADS_MAX,
        .hint = "how long to run is -d, --duration",
        .help = "Generate the load from N threads",
    },
    {
        .id = OPT_STOP_TIMEOUT,
        .name = "stop-timeout",
        .commands = BIT(RUN),
        .group = GROUP_LOAD,
        DURATION(stop_timeout),
        .value = "TIME",
        .fallback = "5s",
        .help = "At the end, give running tasks so long to finish",
    },
    {
        .id = OPT_SEED,
        .name = "seed",
        .commands = LOADS | BIT(CHECK),
        .group = GROUP_LOAD,
        COUNT(seed),
        .value = "N",
        .otherwise = "another every time",
        .help = "Make the random choices those of seed N",
    },

    /* Request. */
    {
        .id = OPT_METHOD,
        .name = "method",
        .short_name = 'm',
        .commands = BIT(ONEOFF),
        .group = GROUP_REQUEST,
        METHOD(method),
        .value = "METHOD",
        .otherwise = "GET; POST with a body",
        .choices = "GET HEAD POST PUT PATCH DELETE OPTIONS",
        .help = "Send this kind of request",
    },
    {
        .id = OPT_HEADER,
        .name = "header",
        .short_name = 'H',
        .commands = BIT(ONEOFF),
        .group = GROUP_REQUEST,
        HEADERS(headers),
        .value = "'NAME: VALUE'",
        .help = "Send this header too",
    },
    {
        .id = OPT_BODY,
        .name = "body",
        .short_name = 'b',
        .commands = BIT(ONEOFF),
        .group = GROUP_REQUEST,
        STRING(body),
        .value = "TEXT",
        .help = "Send this body",
    },
    {
        .id = OPT_JSON_BODY,
        .name = "json-body",
        .commands = BIT(ONEOFF),
        .group = GROUP_REQUEST,
        STRING(json_body),
        .value = "JSON",
        .help = "Send this body with Content-Type: application/json",
    },
    {
        .id = OPT_TIMEOUT,
        .name = "timeout",
        .short_name = 'T',
        .commands = BIT(ONEOFF),
        .group = GROUP_REQUEST,
        DURATION(timeout),
        .value = "TIME",
        .fallback = "2s",
        .min = TIME_MIN,
        .help = "Count a request as failed when it takes longer",
    },

    /* Scenario. */
    {
        .id = OPT_HOST,
        .name = "host",
        .commands = SCENARIOS,
        .group = GROUP_SCENARIO,
        STRING(host),
        .value = "URL",
        .otherwise = "the scenario's",
        .help = "Send the requests of every class there",
    },
    {
        .id = OPT_CLASS,
        .name = "class",
        .commands = SCENARIOS,
        .group = GROUP_SCENARIO,
        WORDS(classes),
        .value = "NAME,...",
        .otherwise = "all",
        .help = "Take only these user classes",
    },
    {
        .id = OPT_EXCLUDE_CLASS,
        .name = "exclude-class",
        .commands = SCENARIOS,
        .group = GROUP_SCENARIO,
        WORDS(exclude_classes),
        .value = "NAME,...",
        .help = "Leave these user classes out",
    },
    {
        .id = OPT_TAGS,
        .name = "tags",
        .short_name = 'T',
        .commands = SCENARIOS,
        .group = GROUP_SCENARIO,
        WORDS(tags),
        .value = "TAG,...",
        .otherwise = "all tasks",
        .help = "Take only tasks with one of these tags",
    },
    {
        .id = OPT_EXCLUDE_TAGS,
        .name = "exclude-tags",
        .short_name = 'E',
        .commands = SCENARIOS,
        .group = GROUP_SCENARIO,
        WORDS(exclude_tags),
        .value = "TAG,...",
        .help = "Leave out tasks with one of these tags; wins over --tags",
    },
    {
        .id = OPT_PROFILE,
        .name = "profile",
        .commands = SCENARIOS,
        .group = GROUP_SCENARIO,
        STRING(profile),
        .value = "NAME",
        .help = "Start from one of the scenario's named sets of defaults",
    },
    {
        .id = OPT_SET,
        .name = "set",
        .commands = SCENARIOS,
        .group = GROUP_SCENARIO,
        SETTINGS(settings),
        .value = "KEY=VALUE",
        .help = "Give the scenario a setting; goes before the environment variable KEY",
    },
    {
        .id = OPT_TIMEOUT,
        .name = "timeout",
        .commands = SCENARIOS,
        .group = GROUP_SCENARIO,
        DURATION(timeout),
        .value = "TIME",
        .fallback = "10s",
        .min = TIME_MIN,
        .help = "Fail a request that takes longer, unless the script gives it another time",
    },
    {
        .id = OPT_ABORT_ON_SCRIPT_ERROR,
        .name = "abort-on-script-error",
        .commands = BIT(RUN),
        .group = GROUP_SCENARIO,
        FLAG(abort_on_script_error),
        .help = "Stop the run at the first error a script raises",
    },
    {
        .id = OPT_REQUIRE_ALL,
        .name = "require-all",
        .commands = SCENARIOS,
        .group = GROUP_SCENARIO,
        FLAG(require_all),
        .help = "Do not start when an optional part of the scenario cannot be reached, instead of "
                "skipping it",
    },
    {
        .id = OPT_HEADLESS,
        .name = "headless",
        .commands = BIT(RUN),
        .group = GROUP_SCENARIO,
        FLAG(headless),
        .help = "No web page. It is always so; accepted because Locust needs it",
    },

    /* Server. */
    {
        .id = OPT_PORT,
        .name = "port",
        .short_name = 'p',
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        PORT(port),
        .value = "PORT",
        .fallback = "8888",
        .help = "Listen on this TCP port; 0 takes any free one and says which",
    },
    {
        .id = OPT_BIND,
        .name = "bind",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        STRING(bind),
        .value = "ADDRESS",
        .fallback = "127.0.0.1",
        .help = "Listen on this address; 0.0.0.0 lets other machines in",
    },
    {
        .id = OPT_SERVE_LATENCY,
        .name = "latency",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        STRING(serve_latency),
        .value = "TIME",
        .help = "Answer so much later: 20ms, 10ms..50ms, exp:20ms, or 5ms,1%:500ms, where 1 % "
                "take 500ms",
    },
    {
        .id = OPT_ERROR_RATE,
        .name = "error-rate",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        SHARE(error_rate),
        .value = "SHARE",
        .fallback = "0",
        .help = "Answer this share of the requests with status 500: 5% or 0.05",
    },
    {
        .id = OPT_TOKEN,
        .name = "token",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        STRING(token),
        .value = "TOKEN",
        .help = "Demand 'Authorization: Bearer TOKEN' on all but /health and /version",
    },
    {
        .id = OPT_SSE,
        .name = "sse",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        FLAG(sse),
        .help = "Answer MCP by event streams whenever the client accepts them; else when its "
                "Accept names them first",
    },
    {
        .id = OPT_STRICT,
        .name = "strict",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        FLAG(strict),
        .help = "Refuse what strict MCP servers do: an Accept that does not name both types, and "
                "requests before notifications/initialized",
    },
    {
        .id = OPT_SESSION_LIMIT,
        .name = "session-limit",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        COUNT(session_limit),
        .value = "N",
        .fallback = "100000",
        .min = 1,
        .max = 10e6,
        .help = "Have at most N MCP sessions at once; one more is refused with status 503",
    },
    {
        .id = OPT_SESSION_IDLE,
        .name = "session-idle",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        DURATION(session_idle),
        .value = "TIME",
        .fallback = "30m",
        .min = 1,
        .max = 1e9,
        .help = "Forget an MCP session that was not used for so long, in whole seconds",
    },
    {
        .id = OPT_LIST_PAGE,
        .name = "list-page",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        COUNT(list_page),
        .value = "N",
        .otherwise = "all",
        .min = 1,
        .max = 1000,
        .help = "Give out the lists of MCP in pages of N items",
    },
    {
        .id = OPT_REQUIRE_CAPABILITY,
        .name = "require-capability",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        STRING(require_capability),
        .value = "NAME",
        .help = "Refuse tool calls of MCP's stateless era unless the client declares this "
                "capability",
    },
    {
        .id = OPT_JWT_SECRET,
        .name = "jwt-secret",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        STRING(jwt_secret),
        .value = "SECRET",
        .fallback = "my-test-key",
        .help = "On the gateway's route /servers/ID/mcp, demand JWTs signed with this secret",
    },
    {
        .id = OPT_SERVER_ID,
        .name = "server-id",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        STRING(server_id),
        .value = "ID",
        .fallback = "9779b6698cbd4b4995ee04a4fab38737",
        .help = "The ID of the one server behind the gateway's route",
    },
    {
        .id = OPT_THREADS,
        .name = "threads",
        .aliases = {"workers"},
        .short_name = 't',
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        COUNT(threads),
        .value = "N",
        .otherwise = "one per CPU",
        .min = 1,
        .max = THREADS_MAX,
        .help = "Answer from N threads",
    },
    {
        .id = OPT_SEED,
        .name = "seed",
        .commands = BIT(SERVE),
        .group = GROUP_SERVER,
        COUNT(seed),
        .value = "N",
        .otherwise = "another every time",
        .help = "Make the choice of failing requests that of seed N",
    },

    /* Report. */
    {
        .id = OPT_LATENCY,
        .name = "latency",
        .short_name = 'L',
        .commands = LOADS,
        .group = GROUP_REPORT,
        FLAG(latency),
        .help = "Draw the distribution of response times",
    },
    {
        .id = OPT_JSON,
        .name = "json",
        .commands = LOADS,
        .group = GROUP_REPORT,
        PATH(json),
        .value = "FILE",
        .help = "Write the whole result as JSON; - is standard output",
    },
    {
        .id = OPT_THRESHOLD,
        .name = "threshold",
        .commands = LOADS,
        .group = GROUP_REPORT,
        LIST(thresholds),
        .value = "EXPR",
        .help = "What must hold at the end, else exit with status 2: 'p95 < 200ms', "
                "'failures < 1%', 'GET /health: p99 < 50ms'",
    },
    {
        .id = OPT_LIST_JSON,
        .name = "json",
        .commands = BIT(LIST),
        .group = GROUP_REPORT,
        FLAG(list_json),
        .help = "List as JSON",
    },
    {
        .id = OPT_NAMES,
        .name = "names",
        .commands = BIT(LIST),
        .group = GROUP_REPORT,
        FLAG(names),
        .help = "List the names alone, one a line",
    },

    /* Other. */
    {
        .id = OPT_FORCE,
        .name = "force",
        .short_name = 'f',
        .commands = BIT(NEW),
        .group = GROUP_OTHER,
        FLAG(force),
        .help = "Replace FILE if it exists",
    },
    {
        .id = OPT_QUIET,
        .name = "quiet",
        .aliases = {"only-summary"},
        .short_name = 'q',
        .commands = LOADS,
        .group = GROUP_OTHER,
        FLAG(quiet),
        .help = "Show no progress, only the report",
    },
    {
        .id = OPT_QUIET,
        .name = "quiet",
        .short_name = 'q',
        .commands = BIT(SERVE),
        .group = GROUP_OTHER,
        FLAG(quiet),
        .help = "Show nothing but errors",
    },
    {
        .id = OPT_VERBOSE,
        .name = "verbose",
        .short_name = 'v',
        .commands = LONG_LIVED,
        .group = GROUP_OTHER,
        FLAG(verbose),
        .help = "Say more about what happens",
    },
    {
        .id = OPT_NO_COLOR,
        .name = "no-color",
        .commands = LOADS | BIT(CHECK),
        .group = GROUP_OTHER,
        FLAG(no_color),
        .help = "Use no colours; they are used on a terminal only",
    },
    {
        .id = OPT_HELP,
        .name = "help",
        .short_name = 'h',
        .commands = EVERY,
        .group = GROUP_OTHER,
        FLAG(help),
        .help = "Show this help",
    },
    {
        .id = OPT_VERSION,
        .name = "version",
        .short_name = 'V',
        .commands = BIT(ONEOFF),
        .group = GROUP_OTHER,
        FLAG(version),
        .help = "Show the version",
    },
};

const size_t cli_options_len = sizeof(cli_options) / sizeof(cli_options[0]);

_Static_assert(CLI_OPTS <= 64, "struct cli_args.given has one bit per option");

static bool is_named(const struct cli_option *option, const char *name, size_t len)
{
    if (strlen(option->name) == len && memcmp(option->name, name, len) == 0)
        return true;
    for (int i = 0; i < CLI_ALIASES && option->aliases[i]; i++)
        if (strlen(option->aliases[i]) == len && memcmp(option->aliases[i], name, len) == 0)
            return true;
    return false;
}

const struct cli_option *cli_option_long(unsigned command, const char *name, size_t len)
{
    for (size_t i = 0; i < cli_options_len; i++)
        if (cli_options[i].commands & command && is_named(&cli_options[i], name, len))
            return &cli_options[i];
    return NULL;
}

const struct cli_option *cli_option_short(unsigned command, char name)
{
    for (size_t i = 0; i < cli_options_len; i++)
        if (cli_options[i].commands & command && cli_options[i].short_name == name && name)
            return &cli_options[i];
    return NULL;
}

bool cli_repeatable(const struct cli_option *option)
{
    return option->type == CLI_LIST || option->type == CLI_WORDS || option->type == CLI_HEADERS ||
           option->type == CLI_SETTINGS;
}

/*
 * The command line as data: every option of every command is one row of a
 * table, and what a row says is stored in struct cli_args. The parser, --help,
 * the man page and the shell completions are all made from the table, so that
 * none of them can disagree.
 *
 * To add an option: a field in struct cli_args, a number in enum cli_opt, a
 * row in the options_GROUP.c where it belongs; if another option rules it out,
 * or it needs another, a row in conflicts.c.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_command; /* cli/commands.h */

/* What an option means; the number under which cli_given knows it. Rows of
 * different commands share a number when they fill the same field. */
enum cli_opt {
    OPT_CONNECTIONS,
    OPT_DURATION,
    OPT_REQUESTS,
    OPT_THREADS,
    OPT_RATE,
    OPT_CLOSED,
    OPT_MAX_USERS,
    OPT_WARMUP,
    OPT_REPEAT_UNTIL_INTERRUPTED,
    OPT_SCRIPT,
    OPT_METHOD,
    OPT_HEADER,
    OPT_BODY,
    OPT_JSON_BODY,
    OPT_BODY_FILE,
    OPT_URLS_FROM,
    OPT_TIMEOUT,
    OPT_NO_KEEPALIVE,
    OPT_REQUESTS_PER_CONNECTION,
    OPT_CONNECT_TO,
    OPT_SOURCES,
    OPT_INSECURE,
    OPT_CACERT,
    OPT_CERT,
    OPT_KEY,
    OPT_SNI,
    OPT_TLS_MIN,
    OPT_TLS_MAX,
    OPT_CIPHERS,
    OPT_NO_TLS_RESUME,
    OPT_USERS,
    OPT_SPAWN_RATE,
    OPT_HOST,
    OPT_CLASS,
    OPT_EXCLUDE_CLASS,
    OPT_TAGS,
    OPT_EXCLUDE_TAGS,
    OPT_PROFILE,
    OPT_SET,
    OPT_SEED,
    OPT_STOP_TIMEOUT,
    OPT_ABORT_ON_SCRIPT_ERROR,
    OPT_REQUIRE_ALL,
    OPT_HEADLESS,
    OPT_THRESHOLD,
    OPT_FAIL_IF,
    OPT_STRICT_GENERATOR,
    OPT_BASELINE,
    OPT_LATENCY,
    OPT_UNCORRECTED,
    OPT_BATCH_LATENCY,
    OPT_SPECTRUM,
    OPT_WRK_OUTPUT,
    OPT_TUI,
    OPT_NO_TUI,
    OPT_JSON,
    OPT_OUTPUT,
    OPT_CSV,
    OPT_HTML,
    OPT_JUNIT,
    OPT_TIMESERIES,
    OPT_HDR,
    OPT_LOG_REQUESTS,
    OPT_PROMETHEUS,
    OPT_STATSD,
    OPT_INFLUX,
    OPT_QUIET,
    OPT_VERBOSE,
    OPT_NO_COLOR,
    OPT_LIST_JSON,
    OPT_NAMES,
    OPT_FORCE,
    OPT_PORT,
    OPT_BIND,
    OPT_SERVE_LATENCY,
    OPT_ERROR_RATE,
    OPT_TOKEN,
    OPT_SSE,
    OPT_STRICT,
    OPT_SESSION_LIMIT,
    OPT_SESSION_IDLE,
    OPT_LIST_PAGE,
    OPT_REQUIRE_CAPABILITY,
    OPT_JWT_SECRET,
    OPT_SERVER_ID,
    OPT_HELP,
    OPT_VERSION,
    CLI_OPTS
};

/* Words of a repeatable option, in the order given. */
struct cli_list {
    char **items; /* owned, as are the words */
    size_t len, cap;
};

/* "Name: value" (spaces around both are gone) or KEY=VALUE (as written), split. */
struct cli_pair {
    char *name;  /* owned */
    char *value; /* owned; may be "" */
};

struct cli_pairs {
    struct cli_pair *items; /* owned */
    size_t len, cap;
};

/*
 * One command line, parsed and checked. Fields whose option is not among the
 * command's are zero; the others hold what was given, else the row's default.
 * Every `const char *` points into argv, or is NULL when not given; lists own
 * their words.
 */
struct cli_args {
    const struct cli_command *command; /* never NULL after cli_parse */
    const char *argument;   /* the URL, SCENARIO, NAME, FILE...; NULL: an optional one not given */
    const char **arguments; /* all of them, where a command takes several; the array is owned,
                                the words are argv's; [0] is `argument` */
    size_t arguments_len;
    const char *const *rest; /* the words behind "--", for the script; borrowed from argv */
    size_t rest_len;
    int argc; /* the whole line, for the reports; borrowed */
    const char *const *argv;
    bool given[CLI_OPTS]; /* the person wrote it; ask cli_given */

    /* Load. */
    uint64_t connections; /* one-off; 10 */
    uint64_t users;       /* run; 1 */
    double spawn_rate;    /* run: users per second; 0: all at once */
    double duration;      /* seconds; one-off 10, run 0: until interrupted. With -n and without
                             -d a one-off has no end but its count: see cli_given */
    uint64_t requests;    /* one-off: exactly so many; 0: no such limit */
    uint64_t threads;     /* workers; 0: as many as CPUs */
    uint64_t seed;        /* of every random choice; not given: the command takes a fresh one */
    double stop_timeout;  /* run: seconds that running tasks have to finish; 5 */
    const char *rate;     /* as run/schedule.h has it; NULL: as fast as answers come */
    bool closed;          /* with a rate: users wait for their answers, late ones are not made up */
    uint64_t max_users;   /* run: most users that arrivals may have at work; 0: no such limit */
    double warmup;        /* seconds at the start that are kept out of the figures; 0: none */
    bool repeat_until_interrupted; /* one-off: no end but a signal */

    /* The request of a one-off. */
    const char *method; /* not given: GET, or POST with a body */
    const char *body;
    const char *json_body;    /* the same with Content-Type: application/json; never both */
    struct cli_pairs headers; /* names are valid tokens, values have no control characters */
    const char *body_file;    /* path; "-": stdin; never with another body */
    const char *urls_from;    /* path of a list of URLs */
    const char *script;       /* path of a wrk script */
    double timeout;           /* seconds for one request; one-off 2, run and check 10 */

    /* Connections. */
    bool no_keepalive;
    uint64_t requests_per_connection; /* 0: as many as the server likes */
    struct cli_list connect_to;       /* HOST:PORT:TO as net/endpoint.h has it */
    struct cli_list sources;          /* addresses to connect from */
    bool insecure;
    const char *cacert, *cert, *key; /* paths; NULL: the system's, none, in cert */
    const char *sni;
    const char *tls_min, *tls_max; /* "1.2" */
    const char *ciphers;
    bool no_tls_resume;

    /* The scenario. */
    const char *host;
    const char *profile;
    struct cli_list classes, exclude_classes; /* comma lists are taken apart */
    struct cli_list tags, exclude_tags;
    struct cli_pairs settings; /* --set: what inrush.env looks at first */
    bool abort_on_script_error;
    bool require_all;
    bool headless; /* says what is so anyway; nobody needs to look at it */

    /* Report. */
    struct cli_list thresholds; /* as written; stats/threshold.h parses them */
    struct cli_list fail_if;    /* the same, each the opposite of what must hold */
    bool strict_generator;
    const char *baseline; /* path of an earlier run's JSON */
    bool latency;
    bool uncorrected;
    bool batch_latency;
    bool spectrum;
    bool wrk_output;
    bool tui, no_tui; /* never both */
    bool quiet;
    bool verbose;
    bool no_color;

    /* Output: paths, "-" is stdout; no two of them the same. */
    const char *json;
    const char *output; /* merge: the sum */
    const char *csv;    /* prefix of several files */
    const char *html;
    const char *junit;
    const char *timeseries;
    const char *hdr;
    const char *log_requests;
    const char *prometheus; /* "[ADDR:]PORT" */
    const char *statsd;     /* "HOST:PORT" */
    const char *influx;     /* path or http:// URL */

    /* list, new. */
    bool list_json;
    bool names;
    bool force;

    /* serve. */
    uint64_t port; /* 0: any free one */
    const char *bind;
    const char *serve_latency; /* as target/latency.h has it; NULL: none */
    double error_rate;         /* 0..1 */
    const char *token;
    bool sse;
    bool strict;
    uint64_t session_limit;
    double session_idle; /* seconds */
    uint64_t list_page;  /* 0: all */
    const char *require_capability;
    const char *jwt_secret;
    const char *server_id;

    bool help, version; /* never seen by a command: the parser turns them into one */
};

static inline bool cli_given(const struct cli_args *args, enum cli_opt opt)
{
    return args->given[opt];
}

/* What a value must look like and, with it, the type of its field. */
enum cli_type {
    CLI_FLAG,     /* bool; takes no value */
    CLI_STRING,   /* const char * */
    CLI_PATH,     /* const char *; completed with file names */
    CLI_OUTPUT,   /* the same, of a file to be written: two options may not name the same */
    CLI_METHOD,   /* const char *; an HTTP method */
    CLI_DURATION, /* double, seconds */
    CLI_COUNT,    /* uint64_t */
    CLI_NUMBER,   /* double */
    CLI_SHARE,    /* double, 0..1, written 5% or 0.05 */
    CLI_PORT,     /* uint64_t */
    CLI_LIST,     /* struct cli_list; repeatable */
    CLI_WORDS,    /* struct cli_list; repeatable, and each may be a comma list */
    CLI_HEADERS,  /* struct cli_pairs; "Name: value"; repeatable */
    CLI_SETTINGS, /* struct cli_pairs; KEY=VALUE; repeatable */
};

/* Headings of --help and the man page, in their order there. */
enum cli_group {
    GROUP_LOAD,
    GROUP_REQUEST,
    GROUP_NETWORK,
    GROUP_SCENARIO,
    GROUP_SERVER,
    GROUP_REPORT,
    GROUP_OUTPUT,
    GROUP_OTHER,
    CLI_GROUPS
};

extern const char *const cli_group_names[CLI_GROUPS];

enum { CLI_ALIASES = 3 };

struct cli_option {
    enum cli_opt id;
    const char *name;                 /* without "--" */
    const char *aliases[CLI_ALIASES]; /* further long names, NULL-padded */
    char short_name;                  /* 0: none */
    unsigned commands;                /* those that take it: bits 1 << enum cli_command_id */
    enum cli_group group;
    enum cli_type type;
    size_t field;          /* offset in struct cli_args */
    const char *value;     /* placeholder in help: "N", "TIME", "FILE" */
    const char *fallback;  /* the default, written as the person would; NULL: zero */
    const char *otherwise; /* what happens without it, shown where a default would be */
    double min, max;       /* of a duration, count or number; max 0: none */
    const char *choices;   /* words that completion offers, separated by spaces; or NULL */
    const char *hint;      /* ends the error about a bad value; or NULL */
    const char *help;      /* a phrase without full stop; may hold several sentences */
};

/* The i-th row, in the order of help within a group; NULL behind the last. */
const struct cli_option *cli_option_at(size_t i);

#define for_each_cli_option(option) \
    for (size_t i_ = 0; ((option) = cli_option_at(i_)) != NULL; i_++)

/* The row of a command (a bit, cli_command_bit) by long name or alias (len
 * bytes), by short name, by number; NULL when it has none. */
const struct cli_option *cli_option_long(unsigned command, const char *name, size_t len);
const struct cli_option *cli_option_short(unsigned command, char name);
const struct cli_option *cli_option_by_id(unsigned command, enum cli_opt id);

static inline bool cli_takes_value(const struct cli_option *option)
{
    return option->type != CLI_FLAG;
}

static inline bool cli_is_path(const struct cli_option *option)
{
    return option->type == CLI_PATH || option->type == CLI_OUTPUT;
}

bool cli_repeatable(const struct cli_option *option);

/*
 * Parses argv (argv[0] is the program) into args, which need not be
 * initialised; argv must outlive it. GNU conventions: --opt value, --opt=value,
 * -c64, -c 64, bundled flags, options behind arguments, "--"; the last of a
 * repeated scalar wins. --help and --version become the commands `help` and
 * `version`. -1: *err (ERR_USAGE) says what is wrong and what would be right.
 * Release args in either case.
 */
int cli_parse(struct cli_args *args, int argc, const char *const *argv, struct err *err);
void cli_args_release(struct cli_args *args);

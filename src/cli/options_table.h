/*
 * What the files of the option table share: options_GROUP.c hold the rows, one
 * per option, and options.c strings the groups together. What a row means is
 * in options.h. Included by those files only.
 *
 * A long or short name means one thing within a command, but may mean another
 * in another command (--latency is a flag of a load and a time of `serve`).
 */
#pragma once

#include "cli/commands.h"
#include "cli/options.h"

/* A type and a field that can hold it, checked by the compiler. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in any. */
#define STORE(cli, ctype, member)                               \
    .type = (cli), .field = offsetof(struct cli_args, member) + \
                            _Generic(((struct cli_args *)0)->member, ctype : 0)
/* NOLINTEND(bugprone-macro-parentheses) */
#define FLAG(member)     STORE(CLI_FLAG, bool, member)
#define STRING(member)   STORE(CLI_STRING, const char *, member)
#define PATH(member)     STORE(CLI_PATH, const char *, member)
#define OUTPUT(member)   STORE(CLI_OUTPUT, const char *, member)
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
#define CLIENTS     (LOADS | BIT(CHECK)) /* those that connect to somebody's server */
#define LONG_LIVED  (CLIENTS | BIT(SERVE))
#define EVERY       ((1u << CLI_COMMANDS) - 1)
#define USERS_MAX   10e6
#define THREADS_MAX 1024
#define TIME_MIN    0.001 /* of what must take some time */

/* One per options_GROUP.c. */
#define CLI_OPTIONS_FILES(X) \
    X(load)                  \
    X(request)               \
    X(network)               \
    X(scenario)              \
    X(serve)                 \
    X(report)                \
    X(output)                \
    X(other)

#define DECLARE_ROWS(file)                               \
    extern const struct cli_option cli_options_##file[]; \
    extern const size_t cli_options_##file##_len;
CLI_OPTIONS_FILES(DECLARE_ROWS)
#undef DECLARE_ROWS

/*
 * The commands: one row each, with everything that help, the man page and the
 * completions say about it and the function that does it.
 *
 * To add a command: a number in enum cli_command_id, a row in commands.c, its
 * body in cmd_NAME.c.
 */
#pragma once

#include "cli/options.h"

#include <stdbool.h>
#include <stddef.h>

enum cli_command_id {
    CMD_ONEOFF, /* inrush [options] URL: the one without a word */
    CMD_RUN,
    CMD_LIST,
    CMD_SHOW,
    CMD_NEW,
    CMD_CHECK,
    CMD_COMPARE,
    CMD_MERGE,
    CMD_SERVE,
    CMD_COMPLETIONS,
    CMD_MAN,
    CMD_HELP,
    CMD_VERSION,
    CLI_COMMANDS
};

/* What a command's argument is; decides how it is checked and completed. */
enum cli_argument {
    ARG_NONE,
    ARG_URL,
    ARG_SCENARIO, /* a bundled scenario's name or a .lua file */
    ARG_BUNDLED,  /* a bundled scenario's name */
    ARG_FILE,
    ARG_SHELL,
    ARG_COMMAND,
};

struct cli_example {
    const char *line; /* NULL ends the list */
    const char *what;
};

enum { CLI_EXAMPLES = 5 };

struct cli_command {
    enum cli_command_id id;
    enum cli_argument argument;
    const char *name;        /* "" for the one-off */
    const char *usage;       /* behind "inrush " */
    const char *summary;     /* one line, lower case, no full stop */
    const char *description; /* paragraphs, separated by an empty line */
    struct cli_example examples[CLI_EXAMPLES];
    const char *argument_name; /* "URL", as in usage; NULL for ARG_NONE */
    /* The exit status. args is complete and checked; it lives until the return. */
    int (*main)(const struct cli_args *args);
    bool argument_optional;
    unsigned arguments_min, arguments_max; /* of those that take several; 0, 0: one */
    bool takes_rest;                       /* words behind "--" are the script's */
};

/* By id. */
extern const struct cli_command cli_commands[CLI_COMMANDS];

enum { CLI_ANY_NUMBER = UINT16_MAX }; /* an arguments_max that nobody reaches */

/* By name; NULL when there is none. The one-off has no name to be found by. */
const struct cli_command *cli_command_find(const char *name);

/* The bit of a command in struct cli_option.commands. */
static inline unsigned cli_command_bit(const struct cli_command *command)
{
    return 1u << command->id;
}

/* "inrush run", or "inrush" for the one-off; into buf, returned. */
enum { CLI_NAME_MAX = 32 };
const char *cli_command_title(const struct cli_command *command, char buf[CLI_NAME_MAX]);

/* The words that ARG_SHELL allows. */
enum { CLI_SHELLS = 3 };
extern const char *const cli_shells[CLI_SHELLS];

/* How the process ends, for every command. */
enum cli_exit {
    EXIT_OK = 0,
    EXIT_USAGE = 1,     /* command line, configuration or script could not be used */
    EXIT_THRESHOLD = 2, /* the run finished and a threshold did not hold */
    EXIT_NO_DATA = 3,   /* no request completed */
    EXIT_SIGHUP = 129,
    EXIT_SIGINT = 130,
    EXIT_SIGTERM = 143,
};

/* What the exit statuses and the environment mean, for help and man page. */
struct cli_note {
    const char *name;
    const char *text;
};
extern const struct cli_note cli_exit_notes[];
extern const size_t cli_exit_notes_len;
extern const struct cli_note cli_env_notes[];
extern const size_t cli_env_notes_len;

/* The bodies: cmd_NAME.c each. */
int cmd_oneoff(const struct cli_args *args);
int cmd_run(const struct cli_args *args);
int cmd_list(const struct cli_args *args);
int cmd_show(const struct cli_args *args);
int cmd_new(const struct cli_args *args);
int cmd_check(const struct cli_args *args);
int cmd_compare(const struct cli_args *args);
int cmd_merge(const struct cli_args *args);
int cmd_serve(const struct cli_args *args);
int cmd_completions(const struct cli_args *args);
int cmd_man(const struct cli_args *args);
int cmd_help(const struct cli_args *args);
int cmd_version(const struct cli_args *args);

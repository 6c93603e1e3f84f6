/* The command table, and the notes that help and the man page end with. */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#define SERVER "http://localhost:8888"

const struct cli_command cli_commands[CLI_COMMANDS] = {
    [CMD_ONEOFF] =
        {
            .id = CMD_ONEOFF,
            .name = "",
            .usage = "[options] URL... [-- ARGUMENTS]",
            .summary = "load one URL from the command line",
            .description =
                "Sends the same request over and over, each connection the next one as soon as "
                "its answer is there, and reports how many were answered, how fast, and what "
                "failed. Counts may end in k, M or G (x1000); times are written 500ms, 10s, "
                "1m30s.",
            .examples =
                {
                    {"inrush -c 64 -d 30s --latency " SERVER "/health",
                     "64 connections for 30 seconds, with the latency distribution"},
                    {"inrush -n 10k -H 'Accept: text/html' --json r.json localhost:8888/",
                     "exactly 10,000 requests with a header, the result also as JSON"},
                    {"inrush --json-body '{}' --threshold 'p95 < 20ms' localhost:8888/orders",
                     "POST, and exit with status 2 unless 95 % are answered within 20 ms"},
                },
            .argument = ARG_URL,
            .argument_name = "URL",
            .arguments_min = 1,
            .arguments_max = CLI_ANY_NUMBER,
            .takes_rest = true,
            .main = cmd_oneoff,
        },
    [CMD_RUN] =
        {
            .id = CMD_RUN,
            .name = "run",
            .usage = "run [options] SCENARIO [-- ARGUMENTS]",
            .summary = "run a scenario",
            .description =
                "Runs the users of a scenario: a Lua file, or the name of a bundled one (inrush "
                "list). What the scenario leaves open comes from the built-in defaults; its own "
                "defaults go before those, a profile before its defaults, and the command line "
                "before them all.\n\n"
                "Ctrl-C ends the run well: no new tasks start, running ones finish, and the "
                "report is written. A second Ctrl-C ends it at once.",
            .examples =
                {
                    {"inrush run baseline -u 1000 -r 100 -d 3m",
                     "a bundled scenario: 1,000 users, 100 more each second, for 3 minutes"},
                    {"inrush run mine.lua --host localhost:8888 --class Shopper --tags read",
                     "one class of a file, only its tasks tagged read"},
                    {"inrush run baseline --profile stress --host http://10.0.0.5:8888",
                     "a profile of the scenario, against another server"},
                    {"inrush run x.lua --users 50 --spawn-rate 5 --run-time 1m --headless",
                     "Locust's names work too"},
                },
            .argument = ARG_SCENARIO,
            .argument_name = "SCENARIO",
            .takes_rest = true,
            .main = cmd_run,
        },
    [CMD_LIST] =
        {
            .id = CMD_LIST,
            .name = "list",
            .usage = "list [options]",
            .summary = "list the bundled scenarios",
            .description = "Lists the scenarios that come with inrush, with a line on each.",
            .argument = ARG_NONE,
            .main = cmd_list,
        },
    [CMD_SHOW] =
        {
            .id = CMD_SHOW,
            .name = "show",
            .usage = "show NAME",
            .summary = "print a bundled scenario's source",
            .description = "Prints the Lua source of a bundled scenario, to read or to start from.",
            .examples =
                {
                    {"inrush show baseline > mine.lua", "a copy to edit"},
                },
            .argument = ARG_BUNDLED,
            .argument_name = "NAME",
            .main = cmd_show,
        },
    [CMD_NEW] =
        {
            .id = CMD_NEW,
            .name = "new",
            .usage = "new [options] FILE",
            .summary = "start a scenario of your own",
            .description = "Writes a small scenario with comments to FILE. It runs as it is, "
                           "against inrush serve.",
            .examples =
                {
                    {"inrush new shop.lua && inrush check shop.lua", "write one and try it"},
                },
            .argument = ARG_FILE,
            .argument_name = "FILE",
            .main = cmd_new,
        },
    [CMD_CHECK] =
        {
            .id = CMD_CHECK,
            .name = "check",
            .usage = "check [options] SCENARIO [-- ARGUMENTS]",
            .summary = "run each task of a scenario once, aloud",
            .description =
                "Reads a scenario, starts one user of each class and lets it run each of its "
                "tasks once, in order, without the waits between them, showing every request and "
                "what came back. For writing scenarios: nothing is loaded.\n\n"
                "Ends with 0 when every request succeeded, 2 when some failed, 3 when all did or "
                "there were none, and 1 when the script itself has an error.",
            .examples =
                {
                    {"inrush check mine.lua --class Shopper", "the tasks of one class"},
                },
            .argument = ARG_SCENARIO,
            .argument_name = "SCENARIO",
            .takes_rest = true,
            .main = cmd_check,
        },
    [CMD_COMPARE] =
        {
            .id = CMD_COMPARE,
            .name = "compare",
            .usage = "compare [options] OLD NEW",
            .summary = "compare the results of two runs",
            .description =
                "Shows by how much rate, failures and response times changed between two runs, "
                "series by series, from the files that --json wrote. Each change comes with the "
                "range in which it lies with 95 % confidence, and is called a difference only "
                "when chance does not explain it.\n\n"
                "Ends with 2 when a change is one that --fail-if names, else with 0.",
            .examples =
                {
                    {"inrush compare last-week.json today.json", "what changed"},
                    {"inrush compare old.json new.json --fail-if 'p95 +10%'",
                     "exit with status 2 when the p95 is more than 10 % longer"},
                },
            .argument = ARG_FILE,
            .argument_name = "OLD NEW",
            .arguments_min = 2,
            .arguments_max = 2,
            .main = cmd_compare,
        },
    [CMD_MERGE] =
        {
            .id = CMD_MERGE,
            .name = "merge",
            .usage = "merge [options] FILE FILE...",
            .summary = "add the results of several runs",
            .description =
                "Adds up runs, from the files that --json wrote: counts, times, failures and "
                "checks, as if one run had made all the requests. The users of runs that "
                "overlapped count together, the times of runs that followed one another. Shows "
                "the report of the sum; -o keeps it as JSON, for compare, or to merge again.",
            .examples =
                {
                    {"inrush merge host1.json host2.json -o both.json",
                     "two machines that loaded one server at the same time"},
                },
            .argument = ARG_FILE,
            .argument_name = "FILE",
            .arguments_min = 2,
            .arguments_max = CLI_ANY_NUMBER,
            .main = cmd_merge,
        },
    [CMD_SERVE] =
        {
            .id = CMD_SERVE,
            .name = "serve",
            .usage = "serve [options]",
            .summary = "serve something to load: a fast-time server, REST and MCP",
            .description =
                "Starts the embedded target, which answers what the baseline scenario loads, "
                "until Ctrl-C: the REST routes (/api/v1/time, /api/v1/convert, /health and "
                "others), MCP at /http and /mcp, and the MCP gateway's /servers/ID/mcp. It can be "
                "made slow, or made to fail, to see how a report shows that.",
            .examples =
                {
                    {"inrush serve", "a target on port 8888"},
                    {"inrush serve --latency 50ms --error-rate 1%", "a slow one with errors"},
                },
            .argument = ARG_NONE,
            .main = cmd_serve,
        },
    [CMD_COMPLETIONS] =
        {
            .id = CMD_COMPLETIONS,
            .name = "completions",
            .usage = "completions SHELL",
            .summary = "print completions for bash, zsh or fish",
            .description = "Prints the completion script of a shell. An installed inrush has "
                           "brought them along.",
            .examples =
                {
                    {"source <(inrush completions bash)", "in ~/.bashrc"},
                    {"inrush completions zsh > ~/.zfunc/_inrush", "a directory of $fpath"},
                    {"inrush completions fish > ~/.config/fish/completions/inrush.fish",
                     "for fish"},
                },
            .argument = ARG_SHELL,
            .argument_name = "SHELL",
            .main = cmd_completions,
        },
    [CMD_MAN] =
        {
            .id = CMD_MAN,
            .name = "man",
            .usage = "man",
            .summary = "print the manual page",
            .description = "Prints the manual page as troff source.",
            .examples =
                {
                    {"inrush man | man -l -", "read it without installing it"},
                },
            .argument = ARG_NONE,
            .main = cmd_man,
        },
    [CMD_HELP] =
        {
            .id = CMD_HELP,
            .name = "help",
            .usage = "help [COMMAND]",
            .summary = "show help for a command",
            .description = "Shows what inrush, or one of its commands, takes and does.",
            .argument = ARG_COMMAND,
            .argument_name = "COMMAND",
            .argument_optional = true,
            .main = cmd_help,
        },
    [CMD_VERSION] =
        {
            .id = CMD_VERSION,
            .name = "version",
            .usage = "version",
            .summary = "show the version",
            .description = "Shows the version.",
            .argument = ARG_NONE,
            .main = cmd_version,
        },
};

const char *const cli_shells[CLI_SHELLS] = {"bash", "zsh", "fish"};

const struct cli_note cli_exit_notes[] = {
    {"0", "the run finished and every threshold held"},
    {"1", "the command line, the configuration or the script could not be used"},
    {"2", "a threshold did not hold"},
    {"3", "nothing was measured: no request was answered; with --strict, the generator was the "
          "limit"},
    {"129, 130, 143", "SIGHUP (its terminal was closed), SIGINT (Ctrl-C) or SIGTERM ended it; the "
                      "reports are written all the same"},
};
const size_t cli_exit_notes_len = sizeof(cli_exit_notes) / sizeof(cli_exit_notes[0]);

const struct cli_note cli_env_notes[] = {
    {"NO_COLOR", "when set and not empty, no colours are used"},
};
const size_t cli_env_notes_len = sizeof(cli_env_notes) / sizeof(cli_env_notes[0]);

const struct cli_command *cli_command_find(const char *name)
{
    for (int i = 0; i < CLI_COMMANDS; i++)
        if (cli_commands[i].name[0] && strcmp(cli_commands[i].name, name) == 0)
            return &cli_commands[i];
    return NULL;
}

const char *cli_command_title(const struct cli_command *command, char buf[CLI_NAME_MAX])
{
    snprintf(buf, CLI_NAME_MAX, "inrush%s%s", command->name[0] ? " " : "", command->name);
    return buf;
}

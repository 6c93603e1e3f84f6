/*
 * Which options do not go together, as tables. A pair of options that a
 * command does not have never meets there, so the rows need not say where they
 * apply.
 */
#include "cli/conflicts.h"

#include "cli/commands.h"
#include "cli/value.h"

#include <string.h>

static const struct {
    enum cli_opt a, b;
    const char *why; /* NULL: plain */
} exclusive[] = {
    {OPT_BODY, OPT_JSON_BODY, NULL},
    {OPT_BODY, OPT_BODY_FILE, NULL},
    {OPT_JSON_BODY, OPT_BODY_FILE, NULL},
    {OPT_SCRIPT, OPT_URLS_FROM, "the script decides where requests go"},
    {OPT_SCRIPT, OPT_BODY_FILE, "the script makes the bodies: wrk.body"},
    {OPT_REQUESTS, OPT_REPEAT_UNTIL_INTERRUPTED, "the one ends the run, the other does not"},
    {OPT_DURATION, OPT_REPEAT_UNTIL_INTERRUPTED, "the one ends the run, the other does not"},
    {OPT_REQUESTS, OPT_WARMUP, "a warm-up would use up an unknown part of the requests"},
    {OPT_NO_KEEPALIVE, OPT_REQUESTS_PER_CONNECTION,
     "without keep-alive each connection has one request"},
    {OPT_INSECURE, OPT_CACERT, "the first trusts everybody"},
    {OPT_TUI, OPT_NO_TUI, NULL},
    {OPT_LIST_JSON, OPT_NAMES, NULL},
    {OPT_TUI, OPT_QUIET, "the second shows no progress"},
};

static const struct {
    enum cli_opt option, needs;
} dependent[] = {
    {OPT_KEY, OPT_CERT},
};

/* The option's name in this command. */
static const char *name_of(const struct cli_args *args, enum cli_opt id)
{
    return cli_option_by_id(cli_command_bit(args->command), id)->name;
}

static int check_exclusive(const struct cli_args *args, struct err *err)
{
    for (size_t i = 0; i < sizeof(exclusive) / sizeof(exclusive[0]); i++) {
        if (!cli_given(args, exclusive[i].a) || !cli_given(args, exclusive[i].b))
            continue;
        const char *why = exclusive[i].why;
        return usage_error(err, "--%s and --%s exclude each other%s%s",
                           name_of(args, exclusive[i].a), name_of(args, exclusive[i].b),
                           why ? ": " : "", why ? why : "");
    }
    return 0;
}

static int check_dependent(const struct cli_args *args, struct err *err)
{
    for (size_t i = 0; i < sizeof(dependent) / sizeof(dependent[0]); i++)
        if (cli_given(args, dependent[i].option) && !cli_given(args, dependent[i].needs))
            return usage_error(err, "--%s needs --%s", name_of(args, dependent[i].option),
                               name_of(args, dependent[i].needs));
    return 0;
}

static const char *output_of(const struct cli_args *args, const struct cli_option *option)
{
    if (option->type != CLI_OUTPUT || !(option->commands & cli_command_bit(args->command)))
        return NULL;
    return *(const char *const *)((const char *)args + option->field);
}

/* Two reporters on one file would overwrite each other. Here for the message,
 * which names the options; that two paths lead to one file is found when they
 * are opened (report/output.h), which also lets devices be shared. */
static int check_outputs(const struct cli_args *args, struct err *err)
{
    const struct cli_option *option, *other;
    for_each_cli_option(option)
    {
        const char *path = output_of(args, option);
        for (size_t i = 0; path && (other = cli_option_at(i)) != option; i++) {
            const char *taken = output_of(args, other);
            if (taken && strcmp(path, taken) == 0 && strncmp(path, "/dev/", 5) != 0)
                return usage_error(err, "--%s and --%s both write %s; give each its own",
                                   other->name, option->name,
                                   strcmp(path, "-") == 0 ? "to standard output" : path);
        }
    }
    return 0;
}

/* What depends on the words around the options. */
static int check_arguments(const struct cli_args *args, struct err *err)
{
    if (args->command->id != CMD_ONEOFF)
        return 0;
    if (args->rest_len > 0 && !args->script)
        return usage_error(err, "'%s' behind -- is for a script; name one with -s, --script",
                           args->rest[0]);
    if (args->script && args->arguments_len > 1)
        return usage_error(err, "a script has one URL, and got '%s' and '%s'", args->arguments[0],
                           args->arguments[1]);
    return 0;
}

int conflicts_check(const struct cli_args *args, struct err *err)
{
    if (check_exclusive(args, err) < 0 || check_dependent(args, err) < 0 ||
        check_outputs(args, err) < 0)
        return -1;
    return check_arguments(args, err);
}

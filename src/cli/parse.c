/*
 * The command line parser: words in, struct cli_args out, by the tables in
 * options.h and commands.h. Called once by main; knows no option by name.
 *
 * An error names what was written, what is wrong with it and what would be
 * right, and the first one ends the parsing.
 */
#include "cli/options.h"

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/conflicts.h"
#include "cli/mistake.h"
#include "cli/value.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct parser {
    struct cli_args *args;
    struct err *err;
    const char *const *argv; /* NULL-terminated by argc */
    int argc;
    int next; /* the next word to look at */
    const struct cli_command *command;
    unsigned bit; /* the command's, in struct cli_option.commands */
};

/* An option as the person wrote it, for messages: "--run-time", "-t (--threads)". */
enum { SPELLING_MAX = 80 };

static int take(struct parser *p, const struct cli_option *option, const char *text,
                const char *spelling)
{
    if (value_store(p->args, option, text, p->err) < 0) {
        char message[sizeof(p->err->message)];
        snprintf(message, sizeof(message), "%s", p->err->message);
        return usage_error(p->err, "%s: %s%s%s%s", spelling, message, option->hint ? " (" : "",
                           option->hint ? option->hint : "", option->hint ? ")" : "");
    }
    p->args->given[option->id] = true;
    return 0;
}

/* ---- options ---- */

/* Something like an option that this command has: "--users" behind --host
 * means that the value was forgotten. */
static bool is_option(const struct parser *p, const char *word)
{
    if (strncmp(word, "--", 2) != 0)
        return false;
    size_t len = strcspn(word + 2, "=");
    return len > 0 && cli_option_long(p->bit, word + 2, len) != NULL;
}

/* The option's value from the next word. */
static int take_next(struct parser *p, const struct cli_option *option, const char *spelling)
{
    if (p->next >= p->argc)
        return usage_error(p->err, "%s needs a value: %s", spelling, option->value);
    const char *word = p->argv[p->next];
    if (is_option(p, word))
        return usage_error(p->err,
                           "%s needs a value, and '%s' is an option; if it is meant, write --%s=%s",
                           spelling, word, option->name, word);
    p->next++;
    return take(p, option, word, spelling);
}

static int parse_long(struct parser *p, const char *word)
{
    size_t len = strcspn(word + 2, "=");
    const char *value = word[2 + len] ? word + 2 + len + 1 : NULL;
    char spelling[SPELLING_MAX];
    snprintf(spelling, sizeof(spelling), "--%.*s", (int)(len < SPELLING_MAX ? len : SPELLING_MAX),
             word + 2);
    const struct cli_option *option = cli_option_long(p->bit, word + 2, len);
    if (!option)
        return mistake_option(p->command, spelling, p->err);
    if (!cli_takes_value(option)) {
        if (value)
            return usage_error(p->err, "%s takes no value", spelling);
        return take(p, option, NULL, spelling);
    }
    if (value)
        return take(p, option, value, spelling);
    return take_next(p, option, spelling);
}

/* -c64, -c 64, and flags bundled before them: -Lqc64. */
static int parse_shorts(struct parser *p, const char *word)
{
    for (const char *c = word + 1; *c; c++) {
        const struct cli_option *option = cli_option_short(p->bit, *c);
        if (!option)
            return mistake_option(p->command, (char[]){'-', *c, '\0'}, p->err);
        char spelling[SPELLING_MAX];
        snprintf(spelling, sizeof(spelling), "-%c (--%s)", *c, option->name);
        if (cli_takes_value(option)) {
            if (c[1])
                return take(p, option, c + 1, spelling);
            return take_next(p, option, spelling);
        }
        if (take(p, option, NULL, spelling) < 0)
            return -1;
    }
    return 0;
}

/* ---- commands and arguments ---- */

/* Whether a word is meant as a URL or host, not as a command. */
static bool looks_like_url(const char *word)
{
    return strpbrk(word, ":/.") != NULL || strcasecmp(word, "localhost") == 0;
}

/* Whether a word where a URL is due is rather the file of a scenario, before
 * which "run" was forgotten; a server may have a path that ends so too. */
static bool looks_like_scenario(const char *word)
{
    size_t len = strlen(word);
    if (len <= 4 || strcmp(word + len - 4, ".lua") != 0)
        return false;
    return strpbrk(word, ":/") == NULL || access(word, F_OK) == 0;
}

static int check_argument(struct parser *p, const char *word)
{
    if (!*word)
        return usage_error(p->err, "the %s is empty", p->command->argument_name);
    switch (p->command->argument) {
    case ARG_URL:
        if (cli_command_find(word))
            return usage_error(p->err, "'%s' is a command and stands first: inrush %s [options]",
                               word, word);
        return looks_like_url(word) && !looks_like_scenario(word) ? 0 : mistake_url(word, p->err);
    case ARG_SCENARIO:
        return strstr(word, "://") ? mistake_scenario(p->command, word, p->err) : 0;
    case ARG_SHELL:
        for (int i = 0; i < CLI_SHELLS; i++)
            if (strcmp(word, cli_shells[i]) == 0)
                return 0;
        return usage_error(p->err, "no completions for '%s'; there are some for %s, %s and %s",
                           word, cli_shells[0], cli_shells[1], cli_shells[2]);
    case ARG_COMMAND:
        if (!cli_command_find(word))
            return mistake_command(word, p->err);
        return 0;
    case ARG_NONE:
    case ARG_BUNDLED:
    case ARG_FILE:
        return 0;
    }
    return 0;
}

static unsigned most_arguments(const struct cli_command *command)
{
    return command->arguments_max > 0 ? command->arguments_max : 1;
}

static int too_many_arguments(struct parser *p, const char *word)
{
    char title[CLI_NAME_MAX];
    cli_command_title(p->command, title);
    if (most_arguments(p->command) > 1)
        return usage_error(p->err, "%s takes no more than %u arguments, and '%s' is one more",
                           title, most_arguments(p->command), word);
    return usage_error(
        p->err, "%s takes one %s, and got '%s' and '%s'%s", title, p->command->argument_name,
        p->args->argument, word,
        cli_option_long(p->bit, "class", 5) ? " (user classes are chosen with --class)" : "");
}

static int parse_argument(struct parser *p, const char *word)
{
    struct cli_args *args = p->args;
    if (!p->command->argument_name) {
        char title[CLI_NAME_MAX];
        cli_command_title(p->command, title);
        return usage_error(p->err, "%s takes no argument, and got '%s'", title, word);
    }
    if (args->arguments_len >= most_arguments(p->command))
        return too_many_arguments(p, word);
    if (check_argument(p, word) < 0)
        return -1;
    if (args->arguments_len == 0)
        args->argument = word;
    args->arguments[args->arguments_len++] = word;
    return 0;
}

/* The words behind "--": an argument, if one is still due, then the script's. */
static int parse_rest(struct parser *p)
{
    if (p->next < p->argc && !p->args->argument && p->command->argument_name &&
        parse_argument(p, p->argv[p->next++]) < 0)
        return -1;
    if (p->next < p->argc && !p->command->takes_rest)
        return parse_argument(p, p->argv[p->next]);
    p->args->rest = p->argv + p->next;
    p->args->rest_len = (size_t)(p->argc - p->next);
    p->next = p->argc;
    return 0;
}

static unsigned fewest_arguments(const struct parser *p)
{
    const struct cli_command *command = p->command;
    if (!command->argument_name || command->argument_optional || p->args->urls_from)
        return 0;
    return command->arguments_min > 0 ? command->arguments_min : 1;
}

static int missing_argument(struct parser *p)
{
    char title[CLI_NAME_MAX];
    cli_command_title(p->command, title);
    switch (p->command->argument) {
    case ARG_URL:
        return usage_error(p->err,
                           "the URL is missing: inrush [options] URL (inrush --help shows more)");
    case ARG_FILE:
        if (p->command->arguments_min > 1)
            return usage_error(p->err, "%s needs %u files, and got %zu (%s --help shows more)",
                               title, p->command->arguments_min, p->args->arguments_len, title);
        break;
    case ARG_SCENARIO:
        return usage_error(
            p->err, "%s needs a SCENARIO: a .lua file, or one of those that inrush list shows",
            title);
    case ARG_BUNDLED:
        return usage_error(p->err, "%s needs a NAME: one of those that inrush list shows", title);
    case ARG_SHELL:
        return usage_error(p->err, "%s needs a SHELL: %s, %s or %s", title, cli_shells[0],
                           cli_shells[1], cli_shells[2]);
    default:
        break;
    }
    return usage_error(p->err, "%s needs a %s (%s --help shows more)", title,
                       p->command->argument_name, title);
}

static int set_command(struct parser *p, const struct cli_command *command)
{
    p->command = command;
    p->bit = cli_command_bit(command);
    p->args->command = command;
    const struct cli_option *option;
    for_each_cli_option(option)
    {
        if (option->commands & p->bit && option->fallback &&
            value_store(p->args, option, option->fallback, p->err) < 0)
            return err_prefix(p->err, "default of --%s", option->name);
    }
    return 0;
}

/* The command is the first word; without one it is a one-off. */
static int parse_command(struct parser *p)
{
    const char *word = p->next < p->argc ? p->argv[p->next] : "-";
    const struct cli_command *command = &cli_commands[CMD_ONEOFF];
    if (word[0] != '-') {
        const struct cli_command *named = cli_command_find(word);
        if (named) {
            command = named;
            p->next++;
        } else if (*word && !looks_like_url(word)) {
            p->args->command = command;
            return mistake_command(word, p->err);
        }
    }
    return set_command(p, command);
}

static void become(struct cli_args *args, enum cli_command_id id, const char *argument)
{
    args->command = &cli_commands[id];
    args->argument = argument;
}

/* --help and --version end the parsing: the rest need not be right. */
static bool is_answered(struct parser *p)
{
    if (p->args->help)
        become(p->args, CMD_HELP, p->command->name[0] ? p->command->name : NULL);
    else if (p->args->version)
        become(p->args, CMD_VERSION, NULL);
    return p->args->help || p->args->version;
}

int cli_parse(struct cli_args *args, int argc, const char *const *argv, struct err *err)
{
    *args = (struct cli_args){
        .command = &cli_commands[CMD_ONEOFF],
        .arguments = xcalloc((size_t)argc + 1, sizeof(*args->arguments)),
        .argc = argc,
        .argv = argv,
    };
    struct err ignored;
    struct parser p = {.args = args,
                       .err = err ? err : &ignored,
                       .argv = argv,
                       .argc = argc,
                       .next = 1,
                       .command = args->command};
    if (parse_command(&p) < 0)
        return -1;
    while (p.next < argc) {
        const char *word = argv[p.next++];
        int failed;
        if (strcmp(word, "--") == 0)
            failed = parse_rest(&p);
        else if (word[0] == '-' && word[1] == '-')
            failed = parse_long(&p, word);
        else if (word[0] == '-' && word[1])
            failed = parse_shorts(&p, word);
        else
            failed = parse_argument(&p, word);
        if (failed)
            return -1;
        if (is_answered(&p))
            return 0;
    }
    if (args->arguments_len < fewest_arguments(&p))
        return missing_argument(&p);
    return conflicts_check(args, p.err);
}

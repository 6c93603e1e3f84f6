/*
 * "Did you mean": errors about options and commands that there are not. Each
 * says the nearest thing there is: the option spelt right, the command that
 * has it, the name it has here.
 */
#include "cli/mistake.h"

#include "base/suggest.h"
#include "base/vec.h"
#include "cli/commands.h"
#include "cli/value.h"
#include "script/source.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What people who come from Locust write, and what it is here. */
static const struct {
    unsigned commands;
    const char *name;
    const char *advice;
} advices[] = {
    {1u << CMD_RUN | 1u << CMD_CHECK, "-H", "Locust's -H is --host here"},
    {1u << CMD_RUN, "-f", "the scenario is the argument: inrush run FILE.lua"},
    {1u << CMD_RUN, "--locustfile", "the scenario is the argument: inrush run FILE.lua"},
};

static const char *advice_for(unsigned bit, const char *name)
{
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
        if (advices[i].commands & bit && strcmp(advices[i].name, name) == 0)
            return advices[i].advice;
    return NULL;
}

static bool is_long(const char *text)
{
    return text[1] == '-';
}

/* "inrush URL", "inrush run". */
static const char *say_command(const struct cli_command *command, char buf[CLI_NAME_MAX])
{
    cli_command_title(command, buf);
    return command->id == CMD_ONEOFF ? "inrush URL" : buf;
}

/* The commands that have the option, as bits. */
static unsigned commands_with(const char *text)
{
    unsigned commands = 0;
    for (unsigned i = 0; i < CLI_COMMANDS; i++)
        if (is_long(text) ? cli_option_long(1u << i, text + 2, strlen(text + 2)) != NULL
                          : cli_option_short(1u << i, text[1]) != NULL)
            commands |= 1u << i;
    return commands;
}

/* A bit set of commands as words: "'inrush run' and 'inrush check'". */
static const char *say_commands(unsigned commands, char *buf, size_t size)
{
    size_t len = 0;
    const char *separator = "";
    buf[0] = '\0';
    for (unsigned i = 0; commands && len < size; i++) {
        if (!(commands & 1u << i))
            continue;
        commands &= ~(1u << i);
        char title[CLI_NAME_MAX];
        len += (size_t)snprintf(buf + len, size - len, "%s'%s'", separator,
                                say_command(&cli_commands[i], title));
        bool last_is_next = (commands & (commands - 1)) == 0;
        separator = last_is_next ? " and " : ", ";
    }
    return buf;
}

/* The command's long name that a person may have meant, or NULL: one that
 * begins so, else the nearest. */
static const char *suggest_long(unsigned bit, const char *name)
{
    size_t len = strlen(name);
    VEC(const char *) names = VEC_INIT;
    const struct cli_option *option;
    for_each_cli_option(option)
    {
        if (!(option->commands & bit))
            continue;
        vec_push(&names, option->name);
        for (int a = 0; a < CLI_ALIASES && option->aliases[a]; a++)
            vec_push(&names, option->aliases[a]);
    }
    const char *found = NULL;
    for (size_t i = 0; i < names.len && !found && len >= 3; i++)
        if (strncmp(names.items[i], name, len) == 0)
            found = names.items[i];
    if (!found)
        found = suggest(name, names.items, names.len);
    vec_release(&names);
    return found;
}

/* The same letter in the other case, if that is an option. */
static char suggest_short(unsigned bit, char name)
{
    unsigned char c = (unsigned char)name;
    char other = (char)(islower(c) ? toupper(c) : tolower(c));
    return other != name && cli_option_short(bit, other) ? other : '\0';
}

int mistake_option(const struct cli_command *command, const char *text, struct err *err)
{
    unsigned bit = cli_command_bit(command);
    char title[CLI_NAME_MAX], name[CLI_NAME_MAX];
    cli_command_title(command, title);

    const char *advice = advice_for(bit, text);
    if (advice)
        return usage_error(err, "unknown option %s; %s", text, advice);

    unsigned others = commands_with(text);
    if (others) {
        char list[256];
        return usage_error(err, "%s is an option of %s, not of '%s' (%s --help lists them)", text,
                           say_commands(others, list, sizeof(list)), say_command(command, name),
                           title);
    }

    const char *long_name = is_long(text) ? suggest_long(bit, text + 2) : NULL;
    if (long_name)
        return usage_error(err, "unknown option %s; did you mean --%s? (%s --help lists them)",
                           text, long_name, title);
    char short_name = is_long(text) ? '\0' : suggest_short(bit, text[1]);
    if (short_name)
        return usage_error(err, "unknown option %s; did you mean -%c? (%s --help lists them)", text,
                           short_name, title);
    return usage_error(err, "unknown option %s (%s --help lists them)", text, title);
}

static const char *suggest_command(const char *word)
{
    const char *names[CLI_COMMANDS];
    size_t n = 0;
    for (int i = 0; i < CLI_COMMANDS; i++)
        if (cli_commands[i].name[0])
            names[n++] = cli_commands[i].name;
    return suggest(word, names, n);
}

int mistake_command(const char *word, struct err *err)
{
    if (script_bundled_find(word) >= 0)
        return usage_error(err, "'%s' is a scenario: inrush run %s", word, word);
    const char *near = suggest_command(word);
    if (near)
        return usage_error(err, "unknown command '%s'; did you mean '%s'?", word, near);
    return usage_error(err,
                       "unknown command '%s' (inrush --help lists them; if it is a host, write "
                       "http://%s/)",
                       word, word);
}

int mistake_url(const char *word, struct err *err)
{
    size_t len = strlen(word);
    if (script_bundled_find(word) >= 0 || (len > 4 && strcmp(word + len - 4, ".lua") == 0))
        return usage_error(err,
                           "'%s' is a scenario, not a URL: inrush run %s (if it is a host, write "
                           "http://%s/)",
                           word, word, word);
    return usage_error(
        err, "'%s' is neither a URL nor a command; if it is a host, write http://%s/", word, word);
}

int mistake_scenario(const struct cli_command *command, const char *word, struct err *err)
{
    char title[CLI_NAME_MAX];
    return usage_error(err, "%s takes a SCENARIO, and '%s' is a URL; to load that: inrush %s",
                       cli_command_title(command, title), word, word);
}

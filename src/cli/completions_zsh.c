/* zsh: a call of _arguments per command; see completions_shell.h. */
#include "cli/completions_shell.h"

#include <ctype.h>
#include <string.h>

/* Text inside single quotes inside an _arguments spec: "what" ends at the
 * first of `ends` unless that is escaped, and a quote would end the word. */
static void zsh_text(struct buf *out, const char *text, const char *ends)
{
    for (; *text; text++) {
        if (*text == '\'')
            buf_adds(out, "'\\''");
        else if (*text == '\\' || strchr(ends, *text))
            buf_addf(out, "\\%c", *text);
        else
            buf_addch(out, *text);
    }
}

/* The end of a spec: what a value is called and how it is completed. */
static void zsh_value(struct buf *out, const struct cli_option *option)
{
    buf_addch(out, ':');
    for (const char *c = option->value; *c; c++)
        if (*c != '\'' && *c != ':')
            buf_addch(out, (char)tolower((unsigned char)*c));
    if (cli_is_path(option))
        buf_adds(out, ":_files");
    else if (option->choices)
        buf_addf(out, ":(%s)", option->choices);
    else
        buf_adds(out, ": ");
}

static void zsh_spelling(struct buf *out, const struct cli_option *option, const char *dashes,
                         const char *name, const char *suffix)
{
    buf_adds(out, "            '");
    if (cli_repeatable(option)) {
        buf_addch(out, '*');
    } else {
        buf_addch(out, '(');
        if (option->short_name)
            buf_addf(out, "-%c ", option->short_name);
        buf_addf(out, "--%s", option->name);
        for (int i = 0; i < CLI_ALIASES && option->aliases[i]; i++)
            buf_addf(out, " --%s", option->aliases[i]);
        buf_addch(out, ')');
    }
    buf_addf(out, "%s%s%s[", dashes, name, cli_takes_value(option) ? suffix : "");
    zsh_text(out, option->help, "[]:");
    buf_addch(out, ']');
    if (cli_takes_value(option))
        zsh_value(out, option);
    buf_adds(out, "'\n");
}

static void zsh_command(struct buf *out, const struct cli_command *command)
{
    static const char *const arguments[] = {
        [ARG_NONE] = NULL,
        [ARG_URL] = "1:url:_urls",
        [ARG_SCENARIO] = "1:scenario:_inrush_scenario_or_file",
        [ARG_BUNDLED] = "1:scenario:_inrush_scenarios",
        [ARG_FILE] = "1:file:_files",
        [ARG_SHELL] = "1:shell:(bash zsh fish)",
        [ARG_COMMAND] = "1:command:_inrush_commands",
    };
    const struct cli_option *option;
    buf_addf(out, "    %s)\n        _arguments -s -S \\\n",
             command->name[0] ? command->name : "''");
    struct buf specs = BUF_INIT;
    for_each_option(option, command)
    {
        if (option->short_name)
            zsh_spelling(&specs, option, "-", (char[]){option->short_name, '\0'}, "+");
        zsh_spelling(&specs, option, "--", option->name, "=");
    }
    if (arguments[command->argument])
        buf_addf(&specs, "            '%s'\n", arguments[command->argument]);
    /* All lines but the last go on. */
    for (size_t i = 0; i < specs.len; i++) {
        if (specs.data[i] == '\n' && i + 1 < specs.len)
            buf_adds(out, " \\");
        buf_addch(out, specs.data[i]);
    }
    buf_release(&specs);
    buf_adds(out, "        ;;\n");
}

static const char zsh_head[] =
    "#compdef inrush\n"
    "# zsh completion for inrush; made by \"inrush completions zsh\".\n"
    "\n"
    "_inrush_scenarios()\n"
    "{\n"
    "    local -a names=(${(f)\"$(_call_program scenarios $_inrush_program list --names)\"})\n"
    "    compadd -a names\n"
    "}\n"
    "\n"
    "_inrush_scenario_or_file()\n"
    "{\n"
    "    _inrush_scenarios\n"
    "    _files -g '*.lua'\n"
    "}\n"
    "\n"
    "_inrush_commands()\n"
    "{\n"
    "    local -a commands=(\n";

static const char zsh_middle[] =
    "    )\n"
    "    _describe -t commands 'command' commands\n"
    "}\n"
    "\n"
    "_inrush()\n"
    "{\n"
    "    local curcontext=$curcontext command='' _inrush_program=$words[1]\n"
    "    if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n"
    "        _inrush_commands\n"
    "        _urls\n"
    "        return\n"
    "    fi\n"
    "    case $words[2] in\n"
    "    ";

static const char zsh_tail[] = "    esac\n"
                               "}\n"
                               "\n"
                               "if [[ $funcstack[1] == _inrush ]]; then\n"
                               "    _inrush \"$@\"\n"
                               "else\n"
                               "    compdef _inrush inrush\n"
                               "fi\n";

void completions_zsh(struct buf *out)
{
    buf_adds(out, zsh_head);
    for (int i = 0; i < CLI_COMMANDS; i++) {
        if (!cli_commands[i].name[0])
            continue;
        buf_addf(out, "        '%s:", cli_commands[i].name);
        zsh_text(out, cli_commands[i].summary, ":");
        buf_adds(out, "'\n");
    }
    buf_adds(out, zsh_middle);
    for (int i = 0; i < CLI_COMMANDS; i++)
        if (cli_commands[i].name[0])
            buf_addf(out, "%s%s", i == CMD_RUN ? "" : "|", cli_commands[i].name);
    buf_adds(out, ")\n"
                  "        command=$words[2]\n"
                  "        shift words\n"
                  "        ((CURRENT--))\n"
                  "        ;;\n"
                  "    esac\n"
                  "    case $command in\n");
    for (int i = 0; i < CLI_COMMANDS; i++)
        zsh_command(out, &cli_commands[i]);
    buf_adds(out, zsh_tail);
}

/*
 * Completion scripts from the tables. Each consists of a fixed part, which
 * finds the command among the words, and a generated one per command. Texts of
 * the tables are quoted for the shell in question.
 */
#include "cli/completions.h"

#include "cli/commands.h"

#include <ctype.h>
#include <string.h>

/* Walks the options of one command. */
static const struct cli_option *next_option(const struct cli_command *command, size_t *i)
{
    const struct cli_option *option;
    do
        option = cli_option_at((*i)++);
    while (option && !(option->commands & cli_command_bit(command)));
    return option;
}

#define for_each_option(option, command) \
    for (size_t i_ = 0; ((option) = next_option((command), &i_)) != NULL;)

/* ---- bash ---- */

/* A case pattern of all spellings: "-d|--duration|--run-time". */
static void bash_pattern(struct buf *out, const struct cli_option *option)
{
    if (option->short_name)
        buf_addf(out, "-%c|", option->short_name);
    buf_addf(out, "--%s", option->name);
    for (int i = 0; i < CLI_ALIASES && option->aliases[i]; i++)
        buf_addf(out, "|--%s", option->aliases[i]);
}

static void bash_command(struct buf *out, const struct cli_command *command)
{
    const struct cli_option *option;
    buf_addf(out, "    %s)\n        case $option in\n", command->name[0] ? command->name : "''");
    for_each_option(option, command)
    {
        if (!cli_takes_value(option))
            continue;
        buf_adds(out, "            ");
        bash_pattern(out, option);
        if (cli_is_path(option))
            buf_adds(out, ") _inrush_files; return ;;\n");
        else if (option->choices)
            buf_addf(out, ") _inrush_words '%s'; return ;;\n", option->choices);
        else
            buf_adds(out, ") return ;;\n");
    }
    buf_adds(out, "        esac\n        options='");
    const char *separator = "";
    for_each_option(option, command)
    {
        buf_addf(out, "%s--%s", separator, option->name);
        separator = " ";
    }
    buf_adds(out, "'\n");
    switch (command->argument) {
    case ARG_NONE:
    case ARG_URL:
        break;
    case ARG_SCENARIO:
        buf_adds(out, "        words=$(_inrush_scenarios)\n        files='*.lua'\n");
        break;
    case ARG_BUNDLED:
        buf_adds(out, "        words=$(_inrush_scenarios)\n");
        break;
    case ARG_FILE:
        buf_adds(out, "        files='*'\n");
        break;
    case ARG_SHELL:
        buf_adds(out, "        words='");
        for (int i = 0; i < CLI_SHELLS; i++)
            buf_addf(out, "%s%s", i ? " " : "", cli_shells[i]);
        buf_adds(out, "'\n");
        break;
    case ARG_COMMAND:
        buf_adds(out, "        words=$commands\n");
        break;
    }
    buf_adds(out, "        ;;\n");
}

static const char bash_head[] =
    "# bash completion for inrush; made by \"inrush completions bash\".\n"
    "\n"
    "_inrush_words() # words...: those that begin with what is typed\n"
    "{\n"
    "    local IFS=$' \\t\\n'\n"
    "    COMPREPLY+=($(compgen -W \"$1\" -- \"$cur\"))\n"
    "}\n"
    "\n"
    "_inrush_files() # [pattern]: file names, and directories to go into\n"
    "{\n"
    "    local name pattern=${1:-*}\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    while IFS= read -r name; do\n"
    "        [[ -d $name || ${name##*/} == $pattern ]] && COMPREPLY+=(\"$name\")\n"
    "    done < <(compgen -f -- \"$cur\")\n"
    "}\n"
    "\n"
    "_inrush_scenarios()\n"
    "{\n"
    "    \"${COMP_WORDS[0]}\" list --names 2>/dev/null\n"
    "}\n"
    "\n"
    "_inrush()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local command='' options='' words='' files=''\n";

static const char bash_middle[] =
    "    COMPREPLY=()\n"
    "    # \"--json=FILE\" arrives as three words.\n"
    "    if [[ $cur == '=' ]]; then\n"
    "        cur=''\n"
    "    elif [[ $option == '=' ]]; then\n"
    "        option=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n"
    "    if ((COMP_CWORD > 1)) && [[ \" $commands \" == *\" ${COMP_WORDS[1]} \"* ]]; then\n"
    "        command=${COMP_WORDS[1]}\n"
    "    elif ((COMP_CWORD == 1)); then\n"
    "        words=$commands\n"
    "    fi\n"
    "    case $command in\n";

static const char bash_tail[] = "    esac\n"
                                "    if [[ $cur == -* ]]; then\n"
                                "        _inrush_words \"$options\"\n"
                                "        return\n"
                                "    fi\n"
                                "    [[ $words ]] && _inrush_words \"$words\"\n"
                                "    [[ $files ]] && _inrush_files \"$files\"\n"
                                "    return 0\n"
                                "}\n"
                                "complete -F _inrush inrush\n";

static void bash_write(struct buf *out)
{
    buf_adds(out, bash_head);
    buf_adds(out, "    local commands='");
    for (int i = 0; i < CLI_COMMANDS; i++)
        if (cli_commands[i].name[0])
            buf_addf(out, "%s%s", i == CMD_RUN ? "" : " ", cli_commands[i].name);
    buf_adds(out, "'\n");
    buf_adds(out, bash_middle);
    for (int i = 0; i < CLI_COMMANDS; i++)
        bash_command(out, &cli_commands[i]);
    buf_adds(out, bash_tail);
}

/* ---- zsh ---- */

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

static void zsh_write(struct buf *out)
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

/* ---- fish ---- */

static void fish_quoted(struct buf *out, const char *text)
{
    buf_addch(out, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            buf_addch(out, '\\');
        buf_addch(out, *text);
    }
    buf_addch(out, '\'');
}

static const char fish_head[] =
    "# fish completion for inrush; made by \"inrush completions fish\".\n"
    "\n"
    "function __inrush_is --description 'Whether the command is this one'\n"
    "    set --local words (commandline --tokenize --current-process --cut-at-cursor)\n"
    "    set --local command ''\n"
    "    if contains -- \"$words[2]\" $__inrush_commands\n"
    "        set command $words[2]\n"
    "    end\n"
    "    test \"$command\" = \"$argv[1]\"\n"
    "end\n"
    "\n"
    "function __inrush_first --description 'Whether the first word is being typed'\n"
    "    test (count (commandline --tokenize --current-process --cut-at-cursor)) = 1\n"
    "end\n"
    "\n"
    "function __inrush_scenarios\n"
    "    set --local words (commandline --tokenize --current-process)\n"
    "    eval $words[1] list --names 2>/dev/null\n"
    "end\n"
    "\n";

static void fish_command(struct buf *out, const struct cli_command *command)
{
    struct buf begin = BUF_INIT;
    buf_addf(&begin, "complete -c inrush -n \"__inrush_is '%s'\"", command->name);
    const char *prefix = buf_cstr(&begin);
    const struct cli_option *option;
    for_each_option(option, command)
    {
        buf_adds(out, prefix);
        if (option->short_name)
            buf_addf(out, " -s %c", option->short_name);
        buf_addf(out, " -l %s", option->name);
        if (cli_is_path(option))
            buf_adds(out, " -r -F");
        else if (option->choices)
            buf_addf(out, " -x -a '%s'", option->choices);
        else if (cli_takes_value(option))
            buf_adds(out, " -x");
        buf_adds(out, " -d ");
        fish_quoted(out, option->help);
        buf_addch(out, '\n');
    }
    switch (command->argument) {
    case ARG_NONE:
    case ARG_URL:
        break;
    case ARG_SCENARIO:
        buf_addf(out, "%s -k -a '(__inrush_scenarios; __fish_complete_suffix .lua)'\n", prefix);
        break;
    case ARG_BUNDLED:
        buf_addf(out, "%s -a '(__inrush_scenarios)'\n", prefix);
        break;
    case ARG_FILE:
        buf_addf(out, "%s -F\n", prefix);
        break;
    case ARG_SHELL:
        buf_addf(out, "%s -a '", prefix);
        for (int i = 0; i < CLI_SHELLS; i++)
            buf_addf(out, "%s%s", i ? " " : "", cli_shells[i]);
        buf_adds(out, "'\n");
        break;
    case ARG_COMMAND:
        buf_addf(out, "%s -a \"$__inrush_commands\"\n", prefix);
        break;
    }
    buf_release(&begin);
}

static void fish_write(struct buf *out)
{
    buf_adds(out, fish_head);
    buf_adds(out, "set --global __inrush_commands");
    for (int i = 0; i < CLI_COMMANDS; i++)
        if (cli_commands[i].name[0])
            buf_addf(out, " %s", cli_commands[i].name);
    buf_adds(out, "\n\ncomplete -c inrush -f\n");
    for (int i = 0; i < CLI_COMMANDS; i++) {
        if (!cli_commands[i].name[0])
            continue;
        buf_addf(out, "complete -c inrush -n __inrush_first -a %s -d ", cli_commands[i].name);
        fish_quoted(out, cli_commands[i].summary);
        buf_addch(out, '\n');
    }
    for (int i = 0; i < CLI_COMMANDS; i++)
        fish_command(out, &cli_commands[i]);
}

/* Same order as cli_shells. */
static void (*const writers[CLI_SHELLS])(struct buf *out) = {bash_write, zsh_write, fish_write};

void completions_write(struct buf *out, const char *shell)
{
    for (int i = 0; i < CLI_SHELLS; i++)
        if (strcmp(shell, cli_shells[i]) == 0)
            writers[i](out);
}

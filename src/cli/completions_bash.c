/* bash: one function, with a case per command; see completions_shell.h. */
#include "cli/completions_shell.h"

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

void completions_bash(struct buf *out)
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

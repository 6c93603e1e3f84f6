/* fish: a line per command and option; see completions_shell.h. */
#include "cli/completions_shell.h"

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

void completions_fish(struct buf *out)
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

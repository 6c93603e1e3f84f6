/* Completion scripts from the tables; see completions.h. Called by cmd_help.c. */
#include "cli/completions.h"

#include "cli/completions_shell.h"

#include <string.h>

const struct cli_option *completions_next(const struct cli_command *command, size_t *i)
{
    const struct cli_option *option;
    do
        option = cli_option_at((*i)++);
    while (option && !(option->commands & cli_command_bit(command)));
    return option;
}

/* Same order as cli_shells. */
static void (*const writers[CLI_SHELLS])(struct buf *out) = {
    completions_bash,
    completions_zsh,
    completions_fish,
};

void completions_write(struct buf *out, const char *shell)
{
    for (int i = 0; i < CLI_SHELLS; i++)
        if (strcmp(shell, cli_shells[i]) == 0)
            writers[i](out);
}

/* The commands that answer from the tables: help, version, man, completions. */
#include "base/buf.h"
#include "cli/commands.h"
#include "cli/completions.h"
#include "cli/help.h"
#include "cli/manpage.h"
#include "cli/print.h"

#include <stdlib.h>
#include <unistd.h>

int cmd_help(const struct cli_args *args)
{
    const struct cli_command *command = &cli_commands[CMD_ONEOFF];
    if (args->argument)
        command = cli_command_find(args->argument);
    const char *no_color = getenv("NO_COLOR");
    struct buf out = BUF_INIT;
    help_write(&out, command,
               isatty(STDOUT_FILENO) && !args->no_color && (!no_color || !*no_color));
    return print_out(&out);
}

int cmd_version(const struct cli_args *args)
{
    (void)args;
    struct buf out = BUF_INIT;
    buf_adds(&out, "inrush " INRUSH_VERSION "\n");
    return print_out(&out);
}

int cmd_man(const struct cli_args *args)
{
    (void)args;
    struct buf out = BUF_INIT;
    manpage_write(&out);
    return print_out(&out);
}

int cmd_completions(const struct cli_args *args)
{
    struct buf out = BUF_INIT;
    completions_write(&out, args->argument);
    return print_out(&out);
}

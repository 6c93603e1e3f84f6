/* inrush: parse the command line, do what the command says. */
#include "base/buf.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/options.h"

#include <signal.h>
#include <stdio.h>

static int show_usage(void)
{
    struct buf out = BUF_INIT;
    help_write_usage(&out);
    fputs(buf_cstr(&out), stderr);
    buf_release(&out);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    /* A peer or reader that has gone is an error of that write, not our end. */
    signal(SIGPIPE, SIG_IGN);
    /* So is a file that has reached its limit (ulimit -f). */
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2)
        return show_usage();

    struct cli_args args;
    struct err err;
    int status;
    if (cli_parse(&args, argc, (const char *const *)argv, &err) < 0) {
        log_error("%s", err.message);
        status = EXIT_USAGE;
    } else {
        if (args.verbose)
            log_set_level(LOG_DEBUG);
        status = args.command->main(&args);
    }
    cli_args_release(&args);
    return status;
}

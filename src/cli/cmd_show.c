/* `inrush show NAME`: a bundled scenario's source. */
#include "base/log.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "script/source.h"

int cmd_show(const struct cli_args *args)
{
    struct err err;
    int found = script_bundled_find(args->argument);
    if (found < 0) {
        script_bundled_missing(args->argument, &err);
        log_error("%s", err.message);
        return EXIT_USAGE;
    }
    struct buf out = BUF_INIT;
    size_t len;
    const char *text = script_bundled_text((size_t)found, &len);
    buf_add(&out, text, len);
    return print_out(&out);
}

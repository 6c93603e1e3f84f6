/* `inrush show NAME`: a bundled scenario's source. */
#include "base/log.h"
#include "base/suggest.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "script/source.h"

#include <string.h>

enum { NAMES_MAX = 64 };

int cmd_show(const struct cli_args *args)
{
    const char *names[NAMES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < script_bundled_len() && n < NAMES_MAX; i++) {
        names[n++] = script_bundled_name(i);
        if (strcmp(args->argument, names[n - 1]) != 0)
            continue;
        struct buf out = BUF_INIT;
        size_t len;
        const char *text = script_bundled_text(i, &len);
        buf_add(&out, text, len);
        return print_out(&out);
    }
    const char *near = suggest(args->argument, names, n);
    if (near)
        log_error("no bundled scenario '%s'; did you mean '%s'?", args->argument, near);
    else
        log_error("no bundled scenario '%s'; `inrush list` shows them", args->argument);
    return EXIT_USAGE;
}

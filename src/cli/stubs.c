/* Stand-ins for the commands whose cmd_NAME.c is not there yet. Weak, and last
 * in the library, so that the real one wins; delete this file with the last. */
#include "base/log.h"
#include "cli/commands.h"

#define STUB(name)                                                    \
    __attribute__((weak)) int cmd_##name(const struct cli_args *args) \
    {                                                                 \
        (void)args;                                                   \
        log_error(#name " is not built yet");                         \
        return EXIT_USAGE;                                            \
    }

STUB(oneoff)
STUB(run)
STUB(list)
STUB(show)
STUB(new)
STUB(check)
STUB(serve)

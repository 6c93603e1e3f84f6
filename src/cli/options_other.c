/* Options: the rest. See options_table.h. */
#include "cli/options_table.h"

const struct cli_option cli_options_other[] = {
    {
        .id = OPT_FORCE,
        .name = "force",
        .short_name = 'f',
        .commands = BIT(NEW),
        .group = GROUP_OTHER,
        FLAG(force),
        .help = "Replace FILE if it exists",
    },
    {
        .id = OPT_QUIET,
        .name = "quiet",
        .aliases = {"only-summary"},
        .short_name = 'q',
        .commands = LOADS,
        .group = GROUP_OTHER,
        FLAG(quiet),
        .help = "Show no progress, only the report",
    },
    {
        .id = OPT_QUIET,
        .name = "quiet",
        .short_name = 'q',
        .commands = BIT(SERVE),
        .group = GROUP_OTHER,
        FLAG(quiet),
        .help = "Say where it listens and no more: no table of what was served at the end",
    },
    {
        .id = OPT_VERBOSE,
        .name = "verbose",
        .short_name = 'v',
        .commands = LONG_LIVED,
        .group = GROUP_OTHER,
        FLAG(verbose),
        .help = "Say more about what happens",
    },
    {
        .id = OPT_NO_COLOR,
        .name = "no-color",
        .commands = LOADS | BIT(COMPARE) | BIT(MERGE),
        .group = GROUP_OTHER,
        FLAG(no_color),
        .help = "Use no colours; they are used on a terminal only",
    },
    {
        .id = OPT_HELP,
        .name = "help",
        .short_name = 'h',
        .commands = EVERY,
        .group = GROUP_OTHER,
        FLAG(help),
        .help = "Show this help",
    },
    {
        .id = OPT_VERSION,
        .name = "version",
        .short_name = 'V',
        .commands = BIT(ONEOFF),
        .group = GROUP_OTHER,
        FLAG(version),
        .help = "Show the version",
    },
};

const size_t cli_options_other_len = sizeof(cli_options_other) / sizeof(cli_options_other[0]);

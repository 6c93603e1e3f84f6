/* Options: what the report shows, and what it judges by. See options_table.h. */
#include "cli/options_table.h"

const struct cli_option cli_options_report[] = {
    {
        .id = OPT_LATENCY,
        .name = "latency",
        .short_name = 'L',
        .commands = LOADS | BIT(MERGE),
        .group = GROUP_REPORT,
        FLAG(latency),
        .help = "Draw the distribution of response times",
    },
    {
        .id = OPT_UNCORRECTED,
        .name = "uncorrected",
        .aliases = {"u_latency"},
        .short_name = 'U',
        .commands = BIT(ONEOFF),
        .group = GROUP_REPORT,
        FLAG(uncorrected),
        .help = "With --wrk-output, print service times too, counted from when a request was sent; "
                "the other reports have them whenever a request was due before",
    },
    {
        .id = OPT_SPECTRUM,
        .name = "spectrum",
        .commands = LOADS,
        .group = GROUP_REPORT,
        FLAG(spectrum),
        .help = "Print the percentile spectrum that HdrHistogram's plotters read",
    },
    {
        .id = OPT_WRK_OUTPUT,
        .name = "wrk-output",
        .commands = BIT(ONEOFF),
        .group = GROUP_REPORT,
        FLAG(wrk_output),
        .help = "Print the result as wrk does",
    },
    {
        .id = OPT_TUI,
        .name = "tui",
        .commands = LOADS,
        .group = GROUP_REPORT,
        FLAG(tui),
        .help = "Show the run on the whole terminal; otherwise when it is large enough",
    },
    {
        .id = OPT_NO_TUI,
        .name = "no-tui",
        .commands = LOADS,
        .group = GROUP_REPORT,
        FLAG(no_tui),
        .help = "Show one line of progress, even on a large terminal",
    },
    {
        .id = OPT_THRESHOLD,
        .name = "threshold",
        .commands = LOADS,
        .group = GROUP_REPORT,
        LIST(thresholds),
        .value = "EXPR",
        .help = "What must hold at the end, else exit with status 2: 'p95 < 200ms', "
                "'failures < 1%', 'GET /health: p99 < 50ms'",
    },
    {
        .id = OPT_FAIL_IF,
        .name = "fail-if",
        .commands = LOADS,
        .group = GROUP_REPORT,
        LIST(fail_if),
        .value = "EXPR",
        .help = "The same the other way round: what must not be so: 'p99 > 250ms'; with "
                "--baseline also a change, such as 'p95 +10%'",
    },
    {
        .id = OPT_FAIL_IF,
        .name = "fail-if",
        .commands = BIT(COMPARE),
        .group = GROUP_REPORT,
        LIST(fail_if),
        .value = "CHANGE",
        .help = "Exit with status 2 when something changed by more: 'p95 +10%', "
                "'GET /health: p99 +5ms', 'rps -5%', 'failures +1%'",
    },
    {
        .id = OPT_STRICT_GENERATOR,
        .name = "strict",
        .commands = LOADS,
        .group = GROUP_REPORT,
        FLAG(strict_generator),
        .help = "Exit with status 3 when this machine, not the server, was the limit",
    },
    {
        .id = OPT_BASELINE,
        .name = "baseline",
        .commands = LOADS,
        .group = GROUP_REPORT,
        PATH(baseline),
        .value = "FILE",
        .help = "Compare the result with that of an earlier run, as --json wrote it",
    },
};

const size_t cli_options_report_len = sizeof(cli_options_report) / sizeof(cli_options_report[0]);

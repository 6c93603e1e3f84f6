/* Opening reporters; see outputs.h. Called by launch.c. */
#include "cli/outputs.h"

#include "cli/launch.h"
#include "report/output.h"

#include <assert.h>
#include <string.h>

/* What an option with a path opens. The order is that of ending: files first,
 * since the report on the terminal is to stand last. */
static const struct {
    const char *kind; /* report_kind */
    size_t field;     /* of struct cli_args: a path, NULL when not asked for */
    bool is_path;     /* of one file, which may be stdout; not a prefix or an address */
} outputs[] = {
    {"json", offsetof(struct cli_args, json), true},
    {"csv", offsetof(struct cli_args, csv), false},
    {"timeseries", offsetof(struct cli_args, timeseries), true},
    {"junit", offsetof(struct cli_args, junit), true},
    {"hdr", offsetof(struct cli_args, hdr), true},
    {"requests", offsetof(struct cli_args, log_requests), true},
    {"html", offsetof(struct cli_args, html), true},
    {"influx", offsetof(struct cli_args, influx), true},
    {"statsd", offsetof(struct cli_args, statsd), false},
};
enum { OUTPUTS = sizeof(outputs) / sizeof(outputs[0]) };
static_assert(OUTPUTS + 4 <= OUTPUTS_MAX,
              "live view, console, comparison and Prometheus come on top");

static const char *value_of(const struct cli_args *args, int i)
{
    return *(const char *const *)((const char *)args + outputs[i].field);
}

bool outputs_take_stdout(const struct cli_args *args)
{
    for (int i = 0; i < OUTPUTS; i++) {
        const char *path = outputs[i].is_path ? value_of(args, i) : NULL;
        if (path != NULL && output_is_stdout(path))
            return true;
    }
    return false;
}

static int open_one(struct run_reporter *to, size_t *len, const char *name,
                    const struct report_options *options, const struct report_run *about,
                    struct err *err)
{
    const struct reporter_kind *kind = report_kind(name);
    struct reporter *reporter = kind->open(about, options, err);
    if (reporter == NULL)
        return -1;
    to[(*len)++] = (struct run_reporter){kind, reporter};
    return 0;
}

int outputs_open(struct run_reporter to[OUTPUTS_MAX], size_t *len, const struct cli_args *args,
                 const struct report_run *about, struct baseline *baseline, struct err *err)
{
    struct report_options options;
    bool tui = launch_tui(args);
    report_options_detect(&options, outputs_take_stdout(args));
    options.latency = args->latency;
    options.spectrum = args->spectrum;
    options.uncorrected = args->uncorrected;
    options.quiet = args->quiet || tui;
    if (args->no_color)
        options.color = options.live_color = false;

    /* The first to open, since its port may be taken, and the last in the row,
     * since its end may wait for a scrape. */
    *len = 0;
    options.path = args->prometheus;
    if (args->prometheus && open_one(to, len, "prometheus", &options, about, err) != 0)
        return -1;
    size_t served = *len;
    for (int i = 0; i < OUTPUTS; i++) {
        options.path = value_of(args, i);
        if (options.path != NULL && open_one(to, len, outputs[i].kind, &options, about, err) != 0)
            return -1;
    }
    options.path = NULL;
    /* The live view gives back the screen that the console's report is for. */
    if (tui && open_one(to, len, "tui", &options, about, err) != 0)
        return -1;
    if (open_one(to, len, args->wrk_output ? "wrk" : "console", &options, about, err) != 0)
        return -1;
    options.baseline = baseline;
    if (baseline != NULL && open_one(to, len, "baseline", &options, about, err) != 0)
        return -1;
    if (served > 0) {
        struct run_reporter prometheus = to[0];
        memmove(to, to + 1, (*len - 1) * sizeof(*to));
        to[*len - 1] = prometheus;
    }
    return 0;
}

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

/* Those opened so far. */
struct opened {
    struct run_reporter *items; /* borrowed; room for OUTPUTS_MAX */
    size_t len;
    const struct report_run *about;
};

static int open_one(struct opened *to, const char *name, const struct report_options *options,
                    struct err *err)
{
    const struct reporter_kind *kind = report_kind(name);
    struct reporter *reporter = kind->open(to->about, options, err);
    if (reporter == NULL)
        return -1;
    to->items[to->len++] = (struct run_reporter){kind, reporter};
    return 0;
}

static void discard(struct opened *to)
{
    while (to->len > 0) {
        struct run_reporter *last = &to->items[--to->len];
        last->kind->discard(last->reporter);
    }
}

/* In the order in which they are to end, but for Prometheus': that is the first
 * to open, since its port may be taken. */
static int open_all(struct opened *to, const struct cli_args *args, struct report_options *options,
                    struct baseline *baseline, struct err *err)
{
    options->path = args->prometheus;
    if (options->path != NULL && open_one(to, "prometheus", options, err) != 0)
        return -1;
    for (int i = 0; i < OUTPUTS; i++) {
        options->path = value_of(args, i);
        if (options->path != NULL && open_one(to, outputs[i].kind, options, err) != 0)
            return -1;
    }
    options->path = NULL;
    /* The live view gives back the screen that the console's report is for. */
    if (launch_tui(args) && open_one(to, "tui", options, err) != 0)
        return -1;
    if (open_one(to, args->wrk_output ? "wrk" : "console", options, err) != 0)
        return -1;
    options->baseline = baseline;
    return baseline != NULL ? open_one(to, "baseline", options, err) : 0;
}

int outputs_open(struct run_reporter to[OUTPUTS_MAX], size_t *len, const struct cli_args *args,
                 const struct report_run *about, struct baseline *baseline, struct err *err)
{
    struct opened opened = {.items = to, .about = about};
    struct report_options options;
    report_options_detect(&options, outputs_take_stdout(args));
    options.latency = args->latency;
    options.spectrum = args->spectrum;
    options.uncorrected = args->uncorrected;
    options.quiet = args->quiet || launch_tui(args);
    if (args->no_color)
        options.color = options.live_color = false;
    *len = 0;
    if (open_all(&opened, args, &options, baseline, err) != 0) {
        discard(&opened);
        return -1;
    }
    *len = opened.len;
    if (args->prometheus != NULL) { /* the last in the row: its end may wait for a scrape */
        struct run_reporter prometheus = to[0];
        memmove(to, to + 1, (*len - 1) * sizeof(*to));
        to[*len - 1] = prometheus;
    }
    return 0;
}

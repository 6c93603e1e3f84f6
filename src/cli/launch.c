/* Running a plan under the options of the command line. */
#include "cli/launch.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/outputs.h"
#include "cli/shown.h"
#include "cli/thresholds.h"
#include "report/baseline.h"
#include "report/compare_rule.h"
#include "run/runner.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int launch_workers(const struct cli_args *args, uint32_t users)
{
    uint32_t n = cli_given(args, OPT_THREADS) ? (uint32_t)args->threads : (uint32_t)plan_cpus();
    return (int)(n > users ? users : n);
}

bool launch_tui(const struct cli_args *args)
{
    if (args->tui || args->no_tui || args->quiet || args->wrk_output || outputs_take_stdout(args))
        return args->tui;
    return report_tui_fits();
}

uint32_t launch_users_most(const struct cli_args *args, uint32_t users)
{
    enum { AT_LEAST = 100, TIMES = 10, MOST = 1000000 };
    if (!launch_tui(args) || users >= MOST)
        return users;
    uint32_t most = users > MOST / TIMES ? MOST : users * TIMES;
    return most < AT_LEAST ? AT_LEAST : most;
}

/* The earlier run, with the changes that --fail-if forbids. */
static int read_baseline(struct baseline **out, const struct cli_args *args, struct err *err)
{
    if (args->baseline && baseline_read(out, args->baseline, err) < 0)
        return -1;
    for (size_t i = 0; i < args->fail_if.len; i++) {
        const char *text = args->fail_if.items[i];
        if (!compare_rule_is(text))
            continue;
        if (!args->baseline)
            return err_set(err, ERR_USAGE,
                           "--fail-if '%s' is a change: --baseline FILE says against what", text);
        if (baseline_add_rule(*out, text, err) < 0)
            return -1;
    }
    return 0;
}

/* What reporters are opened for. */
struct opening {
    const struct cli_args *args;
    struct baseline *baseline;
};

static int open_reporters(struct run_spec *spec, struct err *err)
{
    const struct opening *opening = spec->open_arg;
    return outputs_open(spec->reporters, &spec->reporters_len, opening->args, spec->about,
                        opening->baseline, err);
}

int launch(const struct cli_args *args, const struct plan *plan, struct report_run *about,
           struct script *control, struct scenario *scenario)
{
    about->version = INRUSH_VERSION;
    about->users = plan->users;
    about->spawn_rate = plan->spawn_rate;
    about->warmup_s = plan->warmup_s;
    about->duration_s = plan->duration_s;
    about->workers = plan->workers;
    about->cpus = plan_cpus();
    about->seed = plan->seed;
    about->started_wall = clock_wall();
    struct buf command = BUF_INIT;
    shown_command(&command, args->argc, args->argv);
    about->command = buf_cstr(&command);

    struct run_reporter reporters[OUTPUTS_MAX];
    struct run_result result;
    struct thresholds thresholds = {VEC_INIT};
    struct run_spec spec = {
        .plan = plan, .about = about, .control = control, .reporters = reporters};
    struct baseline *baseline = NULL;
    struct err err;
    int status = EXIT_USAGE;
    if (thresholds_read(&thresholds, args, plan, scenario, &err) < 0 ||
        plan_check_fds(plan->users + plan_arrival_users(plan), plan->workers, &err) < 0 ||
        read_baseline(&baseline, args, &err) < 0)
        goto failed;
    struct opening opening = {.args = args, .baseline = baseline};
    spec.open_reporters = open_reporters;
    spec.open_arg = &opening;
    spec.baseline = baseline;
    spec.thresholds = thresholds.items.items;
    spec.thresholds_len = thresholds.items.len;
    spec.strict = args->strict_generator;
    if (run_execute(&spec, &result, &err) < 0)
        goto failed;
    status = result.exit_status;
    if (status == EXIT_OK && result.reports_failed > 0)
        status = EXIT_USAGE;
    if (result.parked) { /* a thread is stuck in a script for good */
        fflush(NULL);
        _exit(status);
    }
    goto out;
failed:
    log_error("%s", err.message);
out:
    buf_release(&command);
    thresholds_release(&thresholds);
    baseline_free(baseline);
    return status;
}

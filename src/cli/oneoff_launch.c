/* Running a one-off; see oneoff_launch.h. Called by cmd_oneoff.c and oneoff_wrk.c. */
#include "cli/oneoff_launch.h"

#include "base/log.h"
#include "base/rng.h"
#include "cli/commands.h"
#include "cli/launch.h"
#include "cli/pace.h"
#include "run/oneoff.h"

/* At the end, answers on their way may still arrive for this long. */
#define GRACE_S 0.03

/* No time ends it, but a count or a signal. */
static bool is_endless(const struct cli_args *args)
{
    return args->repeat_until_interrupted || (args->requests > 0 && !cli_given(args, OPT_DURATION));
}

uint64_t oneoff_seed(const struct cli_args *args)
{
    return cli_given(args, OPT_SEED) ? args->seed : rng_system_seed();
}

int oneoff_launch(const struct cli_args *args, const struct net_options *net,
                  const struct oneoff_load *load)
{
    uint64_t connections = args->connections;
    if (args->requests > 0 && args->requests < connections)
        connections = args->requests; /* the others would have nothing to do */

    struct schedule schedule;
    bool paced;
    struct err err;
    struct oneoff oneoff = {
        .source = load->source,
        .about = load->about,
        .timeout_s = args->timeout,
        .requests = args->requests,
        .requests_per_connection = args->no_keepalive ? 1 : args->requests_per_connection,
        .closed = args->closed,
        .batch_latency = args->batch_latency,
        .wrk = load->wrk,
    };
    struct plan plan = {
        .users = (uint32_t)connections,
        .warmup_s = args->warmup,
        .duration_s = is_endless(args) ? 0 : args->duration,
        .until_interrupted = args->repeat_until_interrupted,
        .stop_timeout_s = GRACE_S,
        .keep_requests = args->log_requests != NULL,
        .workers = launch_workers(args, (uint32_t)connections),
        .seed = load->seed,
        .abort_on_script_error = load->wrk != NULL,
        .net = net,
        .oneoff = &oneoff,
    };
    struct report_run about = {.title = load->title,
                               .url = load->title,
                               .requests = args->requests,
                               .catalog = load->catalog};
    if (pace_oneoff(args, &plan, args->requests, &schedule, &paced, &about, &err) < 0) {
        log_error("%s", err.message);
        return EXIT_USAGE;
    }
    oneoff.schedule = paced ? &schedule : NULL;
    return launch(args, &plan, &about, NULL, NULL);
}

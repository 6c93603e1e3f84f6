/* `inrush URL...`: the same requests over and over. */
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/units.h"
#include "base/url.h"
#include "cli/commands.h"
#include "cli/launch.h"
#include "cli/oneoff_requests.h"
#include "cli/pace.h"
#include "cli/network.h"
#include "cli/oneoff_wrk.h"
#include "run/oneoff.h"
#include "run/requests.h"
#include "run/source_static.h"
#include "run/source_template.h"

#include <stdlib.h>

/* At the end, answers on their way may still arrive for this long. */
#define GRACE_S 0.03

/* No time ends it, but a count or a signal. */
static bool is_endless(const struct cli_args *args)
{
    return args->repeat_until_interrupted || (args->requests > 0 && !cli_given(args, OPT_DURATION));
}

/* The first URL as it was written, without its password, and how many more. */
static char *title_of(const struct requests *requests)
{
    struct url first = requests->origins.items[0];
    first.target = requests->items.items[0].name;
    char *shown = url_redacted(&first);
    if (requests->items.len == 1)
        return shown;
    char more[UNITS_MAX];
    char *title =
        xasprintf("%s and %s more", shown, units_format_count(more, requests->items.len - 1));
    free(shown);
    return title;
}

static int run(const struct cli_args *args, const struct net_options *net,
               struct requests *requests)
{
    uint64_t connections = args->connections;
    if (args->requests > 0 && args->requests < connections)
        connections = args->requests; /* the others would have nothing to do */

    struct catalog *catalog = catalog_new();
    struct err err;
    int status = EXIT_USAGE;
    requests_name(requests, catalog);
    struct schedule schedule;
    bool paced;
    struct oneoff oneoff = {
        .source = requests->templated ? &source_template : &source_static,
        .about = requests,
        .timeout_s = args->timeout,
        .requests = args->requests,
        .requests_per_connection = args->no_keepalive ? 1 : args->requests_per_connection,
        .closed = args->closed,
    };
    struct plan plan = {
        .users = (uint32_t)connections,
        .warmup_s = args->warmup,
        .duration_s = is_endless(args) ? 0 : args->duration,
        .until_interrupted = args->repeat_until_interrupted,
        .stop_timeout_s = GRACE_S,
        .keep_requests = args->log_requests != NULL,
        .workers = launch_workers(args, (uint32_t)connections),
        .seed = cli_given(args, OPT_SEED) ? args->seed : rng_system_seed(),
        .net = net,
        .oneoff = &oneoff,
    };
    char *title = title_of(requests);
    struct report_run about = {
        .title = title, .url = title, .requests = args->requests, .catalog = catalog};
    if (pace_oneoff(args, &plan, args->requests, &schedule, &paced, &about, &err) < 0) {
        log_error("%s", err.message);
    } else {
        oneoff.schedule = paced ? &schedule : NULL;
        status = launch(args, &plan, &about, NULL, NULL);
    }
    free(title);
    catalog_free(catalog);
    return status;
}

int cmd_oneoff(const struct cli_args *args)
{
    if (args->script)
        return oneoff_wrk(args);
    struct net_options net = {0};
    struct requests requests;
    struct err err;
    int status = EXIT_USAGE;
    requests_init(&requests);
    if (oneoff_requests(&requests, args, &err) < 0 || network_open(&net, args, &err) < 0)
        log_error("%s", err.message);
    else
        status = run(args, &net, &requests);
    net_options_release(&net);
    requests_release(&requests);
    return status;
}

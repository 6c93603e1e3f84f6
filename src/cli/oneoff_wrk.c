/* A wrk script from the command line; see oneoff_wrk.h. Called by cmd_oneoff.c. */
#include "cli/oneoff_wrk.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/url.h"
#include "cli/commands.h"
#include "cli/launch.h"
#include "cli/network.h"
#include "cli/outputs.h"
#include "cli/pace.h"
#include "run/oneoff.h"
#include "run/source_wrk.h"
#include "script/http_hosts.h"
#include "script/source.h"
#include "script/wrk.h"

#include <stdlib.h>

/* At the end, answers on their way may still arrive for this long. */
#define GRACE_S 0.03

/* What a script starts from: -H, and what the URL and the body bring with them. */
struct headers {
    VEC(struct http1_header) items;
    char *credentials; /* owned; or NULL */
};

static void headers_init(struct headers *h, const struct cli_args *args, const struct url *url)
{
    bool has_type = false;
    *h = (struct headers){0};
    for (size_t i = 0; i < args->headers.len; i++) {
        struct http1_header header = {http1_span(args->headers.items[i].name),
                                      http1_span(args->headers.items[i].value)};
        has_type |= http1_span_equal_nocase(header.name, http1_span("content-type"));
        vec_push(&h->items, header);
    }
    if (args->json_body && !has_type)
        vec_push(&h->items, ((struct http1_header){http1_span("Content-Type"),
                                                   http1_span("application/json")}));
    h->credentials = http_hosts_credentials(url, h->items.items, h->items.len);
    if (h->credentials)
        vec_push(&h->items,
                 ((struct http1_header){http1_span("Authorization"), http1_span(h->credentials)}));
}

static void headers_release(struct headers *h)
{
    vec_release(&h->items);
    free(h->credentials);
}

/* No time ends it, but a count or a signal. */
static bool is_endless(const struct cli_args *args)
{
    return args->repeat_until_interrupted || (args->requests > 0 && !cli_given(args, OPT_DURATION));
}

static int run(const struct cli_args *args, const struct net_options *net, struct wrk *wrk,
               const struct wrk_options *options)
{
    uint64_t connections = args->connections;
    if (args->requests > 0 && args->requests < connections)
        connections = args->requests; /* the others would have nothing to do */

    struct catalog *catalog = catalog_new();
    struct schedule schedule;
    bool paced;
    struct err err;
    int status = EXIT_USAGE;
    struct source_wrk source = {wrk, options->url, options->script->source->name};
    struct oneoff oneoff = {
        .source = &source_wrk,
        .about = &source,
        .timeout_s = args->timeout,
        .requests = args->requests,
        .requests_per_connection = args->no_keepalive ? 1 : args->requests_per_connection,
        .closed = args->closed,
        .wrk = wrk,
    };
    struct plan plan = {
        .users = (uint32_t)connections,
        .warmup_s = args->warmup,
        .duration_s = is_endless(args) ? 0 : args->duration,
        .until_interrupted = args->repeat_until_interrupted,
        .stop_timeout_s = GRACE_S,
        .keep_requests = args->log_requests != NULL,
        .workers = launch_workers(args, (uint32_t)connections),
        .seed = options->script->seed,
        .abort_on_script_error = true,
        .net = net,
        .oneoff = &oneoff,
    };
    char *title = url_redacted(options->url);
    struct report_run about = {
        .title = title, .url = title, .requests = args->requests, .catalog = catalog};
    struct cli_args with = *args;
    with.wrk_output |= wrk_has_done(wrk);
    if (pace_oneoff(args, &plan, args->requests, &schedule, &paced, &about, &err) < 0) {
        log_error("%s", err.message);
    } else {
        oneoff.schedule = paced ? &schedule : NULL;
        status = launch(&with, &plan, &about, NULL, NULL);
    }
    free(title);
    catalog_free(catalog);
    return status;
}

static int load_and_run(const struct cli_args *args, const struct url *url,
                        const struct net_options *net, const struct script_source *source)
{
    struct script_options script = {
        .source = source,
        .args = args->rest,
        .args_len = args->rest_len,
        .seed = cli_given(args, OPT_SEED) ? args->seed : rng_system_seed(),
        .timeout_s = args->timeout,
        .print_to_stderr = outputs_take_stdout(args),
        .net = net,
    };
    struct headers headers;
    headers_init(&headers, args, url);
    struct wrk_options options = {
        .script = &script,
        .url_text = args->argument,
        .url = url,
        .method = args->method,
        .body = args->body ? args->body : args->json_body,
        .headers = headers.items.items,
        .headers_len = headers.items.len,
    };
    struct err err;
    int status = EXIT_USAGE;
    struct wrk *wrk = wrk_new(&options, &err);
    if (!wrk)
        log_error("%s", err.message);
    else
        status = run(args, net, wrk, &options);
    wrk_free(wrk);
    headers_release(&headers);
    return status;
}

int oneoff_wrk(const struct cli_args *args)
{
    struct net_options net = {0};
    struct script_source source = {0};
    struct url url = {0};
    struct err err;
    int status = EXIT_USAGE;
    if (script_source_read(&source, args->script, &err) < 0 ||
        url_parse(&url, args->argument, &err) < 0 ||
        http_hosts_check(&url, args->argument, &err) < 0 || network_open(&net, args, &err) < 0)
        log_error("%s", err.message);
    else
        status = load_and_run(args, &url, &net, &source);
    net_options_release(&net);
    url_release(&url);
    script_source_release(&source);
    return status;
}

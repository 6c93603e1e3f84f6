/* A wrk script from the command line; see oneoff_wrk.h. Called by cmd_oneoff.c. */
#include "cli/oneoff_wrk.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/url.h"
#include "cli/commands.h"
#include "cli/network.h"
#include "cli/oneoff_launch.h"
#include "cli/outputs.h"
#include "run/source_wrk.h"
#include "script/http_hosts.h"
#include "script/source.h"
#include "script/wrk.h"

#include <stdlib.h>

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

static int run(const struct cli_args *args, const struct net_options *net, struct wrk *wrk,
               const struct wrk_options *options)
{
    char *title = url_redacted(options->url);
    struct catalog *catalog = catalog_new();
    struct source_wrk source = {wrk, options->url, options->script->source->name};
    struct oneoff_load load = {
        .source = &source_wrk,
        .about = &source,
        .title = title,
        .catalog = catalog,
        .seed = options->script->seed,
        .wrk = wrk,
    };
    struct cli_args with = *args;
    with.wrk_output |= wrk_has_done(wrk);
    int status = oneoff_launch(&with, net, &load);
    catalog_free(catalog);
    free(title);
    return status;
}

static int load_and_run(const struct cli_args *args, const struct url *url,
                        const struct net_options *net, const struct script_source *source)
{
    struct script_options script = {
        .source = source,
        .args = args->rest,
        .args_len = args->rest_len,
        .seed = oneoff_seed(args),
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

/* `inrush URL...`: the same requests over and over. */
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/url.h"
#include "cli/commands.h"
#include "cli/network.h"
#include "cli/oneoff_launch.h"
#include "cli/oneoff_requests.h"
#include "cli/oneoff_wrk.h"
#include "run/requests.h"
#include "run/source_static.h"
#include "run/source_template.h"

#include <stdlib.h>

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
    char *title = title_of(requests);
    struct catalog *catalog = catalog_new();
    requests_name(requests, catalog);
    struct oneoff_load load = {
        .source = requests->templated ? &source_template : &source_static,
        .about = requests,
        .title = title,
        .catalog = catalog,
        .seed = oneoff_seed(args),
    };
    int status = oneoff_launch(args, net, &load);
    catalog_free(catalog);
    free(title);
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

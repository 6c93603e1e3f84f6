/* --connect-to, --bind and the TLS options; see network.h. */
#include "cli/network.h"

#include "net/sources.h"

struct tls_options network_tls(const struct cli_args *args)
{
    return (struct tls_options){
        .prefix = "--",
        .insecure = args->insecure,
        .no_resume = args->no_tls_resume,
        .cacert = args->cacert,
        .cert = args->cert,
        .key = args->key,
        .sni = args->sni,
        .min = args->tls_min,
        .max = args->tls_max,
        .ciphers = args->ciphers,
    };
}

static int read_options(struct net_options *o, const struct cli_args *args, struct err *err)
{
    for (size_t i = 0; i < args->connect_to.len; i++) {
        if (connect_rules_add(&o->connect_to, args->connect_to.items[i], err) < 0)
            return err_prefix(err, "--connect-to");
    }
    if (args->sources.len > 0) {
        o->sources = sources_new(args->sources.items, args->sources.len, err);
        if (o->sources == NULL)
            return err_prefix(err, "--bind");
    }
    struct tls_options tls = network_tls(args);
    o->tls = tls_config_new(&tls, err);
    return o->tls != NULL ? 0 : -1;
}

int network_open(struct net_options *o, const struct cli_args *args, struct err *err)
{
    *o = (struct net_options){0};
    if (read_options(o, args, err) == 0)
        return 0;
    net_options_release(o);
    return -1;
}

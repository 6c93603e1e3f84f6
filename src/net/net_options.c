/* The end of a run's network options. */
#include "net/net_options.h"

#include "net/sources.h"
#include "net/tls.h"

void net_options_release(struct net_options *o)
{
    connect_rules_release(&o->connect_to);
    sources_free(o->sources);
    tls_config_free(o->tls);
    *o = (struct net_options){0};
}

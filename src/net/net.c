/* What the network code of one worker shares, put together and taken apart. */
#include "net/net.h"

#include "base/mem.h"
#include "net/alarm.h"
#include "net/deadline.h"
#include "net/dns.h"

#include <stdlib.h>

void net_init(struct net *net, struct ev_loop *loop)
{
    *net = (struct net){
        .loop = loop,
        .deadlines = deadlines_new(loop),
        .alarms = alarms_new(loop),
        .resolver = resolver_new(loop),
        .scratch = xmalloc(NET_SCRATCH),
    };
    rng_init(&net->rng, rng_system_seed(), 0);
}

void net_release(struct net *net)
{
    resolver_free(net->resolver);
    alarms_free(net->alarms);
    deadlines_free(net->deadlines);
    free(net->scratch);
}

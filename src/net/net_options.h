/*
 * What the command line says about connections, for a whole run: made before
 * it, read-only from then on, and handed to whoever makes endpoints.
 */
#pragma once

#include "net/connect_to.h"

struct sources;
struct tls_config;

struct net_options {
    struct connect_rules connect_to;
    struct sources *sources; /* owned; NULL: the system chooses */
    struct tls_config *tls;  /* owned; of every https host without one of its own */
};

void net_options_release(struct net_options *o);

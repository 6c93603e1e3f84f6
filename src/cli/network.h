/* The options about connections and TLS as a run takes them. Shared by the
 * one-off, run and check. */
#pragma once

#include "cli/options.h"
#include "net/net_options.h"
#include "net/tls.h"

/* Checks all of them; -1 with *err naming the option, and then nothing to
 * release. */
int network_open(struct net_options *o, const struct cli_args *args, struct err *err);

/* What the command line says of TLS; strings are those of args. */
struct tls_options network_tls(const struct cli_args *args);

/* What one-offs of every kind have in common: from what is sent, and the options
 * about load, to an exit status. */
#pragma once

#include "cli/options.h"
#include "net/net_options.h"
#include "run/source.h"
#include "stats/catalog.h"

struct wrk;

/* What is sent; all borrowed. */
struct oneoff_load {
    const struct source_kind *source;
    const void *about;       /* the source's */
    const char *title;       /* the URL as the report shows it */
    struct catalog *catalog; /* where the source's requests have their series */
    uint64_t seed;
    struct wrk *wrk; /* the script that the source runs; or NULL */
};

/* Runs it and returns the exit status, errors printed. */
int oneoff_launch(const struct cli_args *args, const struct net_options *net,
                  const struct oneoff_load *load);

/* The seed given, or a fresh one. */
uint64_t oneoff_seed(const struct cli_args *args);

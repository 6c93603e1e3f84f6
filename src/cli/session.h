/* A scenario made ready for a command line: found, loaded in the control
 * state, narrowed to the classes and tags asked for. Shared by run and check. */
#pragma once

#include "cli/options.h"
#include "net/net_options.h"
#include "script/scenario.h"
#include "script/script.h"
#include "script/source.h"

struct session {
    struct script_source source;
    struct script_options script;    /* what every state is loaded with */
    struct script_setting *settings; /* owned */
    struct net_options net;
    struct script *control;
    struct scenario scenario;
    char **skipped; /* owned; by class: why its probe failed, or NULL */
};

/* Fills seed, host, timeout and settings from args; the caller may set further
 * script options before session_open. */
void session_init(struct session *s, const struct cli_args *args);
int session_open(struct session *s, const struct cli_args *args, struct err *err);
/* Probes the selected classes that have one. A class that cannot run is
 * skipped, with a warning, if it is optional; otherwise, or with --require-all, -1
 * with *err naming it and why. */
int session_probe(struct session *s, const struct cli_args *args, struct err *err);
void session_release(struct session *s);

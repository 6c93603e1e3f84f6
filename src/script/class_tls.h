/*
 * What a user class says of TLS, `tls = { insecure = true, cacert = "...", ... }`
 * beside its host, and the configuration that comes of it and of the command
 * line. The command line wins where both speak.
 */
#pragma once

#include "base/err.h"
#include "net/tls.h"

#include <stdbool.h>

struct lua_State;

struct class_tls {
    bool given;
    bool insecure;
    char *cacert, *cert, *key, *sni; /* or NULL; owned, as all here */
    struct tls_config *config;       /* NULL until class_tls_open, or the run's will do */
};

/* Reads the field tls, checked by the scenario API, of the class's table on top
 * of the stack. */
void class_tls_read(struct lua_State *L, struct class_tls *tls);
/* Makes the configuration, if the class has a say. run: of the command line.
 * -1 with *err. */
int class_tls_open(struct class_tls *tls, const struct tls_options *run, struct err *err);
void class_tls_release(struct class_tls *tls);

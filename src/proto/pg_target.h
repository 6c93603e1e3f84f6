/*
 * Where PostgreSQL connections go: libpq's connection parameters, parsed once
 * and shared by all connections to one server.
 *
 * libpq itself resolves host names by blocking; so the name is ours to resolve
 * (net/dns.h), and libpq gets its addresses as hostaddr beside it.
 */
#pragma once

#include "base/err.h"

#include <libpq-fe.h>

struct dns_addresses;
struct pg_target;

/* From a URI, "postgres://user:password@host:port/dbname?sslmode=require", or
 * keywords, "host=... port=..."; what it does not say comes from the PG*
 * variables, the service file and libpq's defaults, as with psql. NULL and
 * *err (ERR_CONFIG) when it cannot be; no message repeats a password. */
struct pg_target *pg_target_new(const char *conninfo, struct err *err);
void pg_target_free(struct pg_target *t);

/* "host:port", or the socket's path: for messages. */
const char *pg_target_name(const struct pg_target *t);

/* The name to resolve and the port that goes with it, or NULL: nothing to. */
const char *pg_target_host(const struct pg_target *t, int *port);

/* Begins to connect (PQconnectStartParams). addresses: of the host; NULL when
 * there was nothing to resolve. NULL only when memory is short. */
PGconn *pg_target_connect(const struct pg_target *t, const struct dns_addresses *addresses);

/* Calls each for every keyword that libpq knows. */
void pg_target_keywords(void (*each)(void *arg, const char *keyword), void *arg);

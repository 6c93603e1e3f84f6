/* libpq's connection parameters; see pg_target.h. */
#include "proto/pg_target.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"
#include "net/endpoint.h"
#include "net/dns.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT 5432
#define SOCKET_DIR   "/var/run/postgresql" /* Debian's libpq has no call that tells */

struct pg_target {
    VEC(const char *) keywords; /* NULL-terminated; libpq's own constants, or ours */
    VEC(const char *) values;   /* owned; those of the last three are set per connect */
    char *host;                 /* owned; NULL: nothing to resolve */
    int port;
    char *name; /* owned */
};

/* The value of a keyword in libpq's list, or NULL when it is not set. */
static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
    for (const PQconninfoOption *o = options; o && o->keyword; o++) {
        if (strcmp(o->keyword, keyword) == 0)
            return o->val && *o->val ? o->val : NULL;
    }
    return NULL;
}

static const char *given_or_default(const PQconninfoOption *given, const PQconninfoOption *defaults,
                                    const char *keyword)
{
    const char *value = value_of(given, keyword);
    return value ? value : value_of(defaults, keyword);
}

/* Whether libpq would connect to a unix socket. */
static bool is_socket(const char *host)
{
    return !host || host[0] == '/' || host[0] == '@';
}

static int read_endpoint(struct pg_target *t, const PQconninfoOption *given,
                         const PQconninfoOption *defaults, struct err *err)
{
    const char *host = given_or_default(given, defaults, "host");
    const char *hostaddr = given_or_default(given, defaults, "hostaddr");
    const char *port = given_or_default(given, defaults, "port");
    char *end;
    long number = port ? strtol(port, &end, 10) : DEFAULT_PORT;
    if (port && (*end != '\0' || number < 1 || number > 65535))
        return err_set(err, ERR_CONFIG, "PostgreSQL port '%s': a port is a number, 1 to 65535",
                       port);
    t->port = (int)number;
    const char *service = value_of(given, "service");
    if (service && !value_of(given, "host")) { /* the host is libpq's to find */
        t->name = xasprintf("service %s", service);
        return 0;
    }
    if ((host && strchr(host, ',')) || (hostaddr && strchr(hostaddr, ',')))
        return err_set(err, ERR_CONFIG,
                       "PostgreSQL host '%s': one connection goes to one host; give other hosts "
                       "user classes of their own",
                       host ? host : hostaddr);
    if (!hostaddr && is_socket(host)) {
        t->name = xasprintf("%s/.s.PGSQL.%d", host ? host : SOCKET_DIR, t->port);
        return 0;
    }
    char name[ENDPOINT_NAME_MAX];
    t->name = xstrdup(endpoint_name_of(name, host ? host : hostaddr, t->port));
    if (!hostaddr)
        t->host = xstrdup(host);
    return 0;
}

static void add(struct pg_target *t, const char *keyword, const char *value)
{
    vec_push(&t->keywords, keyword);
    vec_push(&t->values, value ? xstrdup(value) : NULL);
}

struct pg_target *pg_target_new(const char *conninfo, struct err *err)
{
    char *message = NULL;
    PQconninfoOption *given = PQconninfoParse(conninfo, &message);
    if (!given) {
        /* What it says may quote the password. */
        err_set(err, ERR_CONFIG,
                "not a PostgreSQL address; write postgres://user:password@host:port/dbname, with "
                "special characters as %%XX, or keywords such as host=... port=...");
        PQfreemem(message);
        return NULL;
    }
    PQconninfoOption *defaults = PQconndefaults();
    struct pg_target *t = xcalloc(1, sizeof(*t));
    int rc = read_endpoint(t, given, defaults, err);
    for (const PQconninfoOption *o = given; rc == 0 && o->keyword; o++) {
        if (o->val && strcmp(o->keyword, "host") != 0)
            add(t, o->keyword, o->val);
    }
    add(t, "fallback_application_name", "inrush");
    /* Each connection of a burst would look for Kerberos tickets first. */
    if (!value_of(given, "gssencmode") && !getenv("PGGSSENCMODE"))
        add(t, "gssencmode", "disable");
    if (t->host) { /* pg_target_connect's: as many of each as the host has addresses */
        add(t, "host", NULL);
        add(t, "hostaddr", NULL);
    } else if (value_of(given, "host")) {
        add(t, "host", value_of(given, "host"));
    }
    add(t, NULL, NULL);
    PQconninfoFree(given);
    PQconninfoFree(defaults);
    if (rc == 0)
        return t;
    pg_target_free(t);
    return NULL;
}

void pg_target_free(struct pg_target *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->values.len; i++)
        free((char *)t->values.items[i]);
    vec_release(&t->values);
    vec_release(&t->keywords);
    free(t->host);
    free(t->name);
    free(t);
}

const char *pg_target_name(const struct pg_target *t)
{
    return t->name;
}

const char *pg_target_host(const struct pg_target *t, int *port)
{
    *port = t->port;
    return t->host;
}

PGconn *pg_target_connect(const struct pg_target *t, const struct dns_addresses *addresses)
{
    if (!addresses)
        return PQconnectStartParams(t->keywords.items, t->values.items, 0);
    struct buf hosts = BUF_INIT, numbers = BUF_INIT;
    for (int i = 0; i < addresses->len; i++) {
        const union dns_address *a = &addresses->items[i];
        char number[INET6_ADDRSTRLEN];
        if (a->any.sa_family == AF_INET6)
            inet_ntop(AF_INET6, &a->v6.sin6_addr, number, sizeof(number));
        else
            inet_ntop(AF_INET, &a->v4.sin_addr, number, sizeof(number));
        buf_addf(&hosts, "%s%s", i > 0 ? "," : "", t->host);
        buf_addf(&numbers, "%s%s", i > 0 ? "," : "", number);
    }
    size_t n = t->values.len;
    const char **values = xcalloc(n, sizeof(*values));
    memcpy(values, t->values.items, n * sizeof(*values));
    values[n - 3] = buf_cstr(&hosts);
    values[n - 2] = buf_cstr(&numbers);
    PGconn *conn = PQconnectStartParams(t->keywords.items, values, 0);
    free(values);
    buf_release(&hosts);
    buf_release(&numbers);
    return conn;
}

void pg_target_keywords(void (*each)(void *arg, const char *keyword), void *arg)
{
    PQconninfoOption *options = PQconndefaults();
    for (const PQconninfoOption *o = options; o && o->keyword; o++)
        each(arg, o->keyword);
    PQconninfoFree(options);
}

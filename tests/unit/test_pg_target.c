/* proto/pg_target: what a connection string says, and what it may not. */
#include "proto/pg_target.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* A host of NULL: nothing to resolve. */
static void expect(const char *conninfo, const char *name, const char *host, int port)
{
    struct err err = {0};
    struct pg_target *t = pg_target_new(conninfo, &err);
    assert_non_null(t);
    assert_string_equal(pg_target_name(t), name);
    int given;
    const char *resolved = pg_target_host(t, &given);
    if (host)
        assert_string_equal(resolved, host);
    else
        assert_null(resolved);
    assert_int_equal(given, port);
    pg_target_free(t);
}

static void refuse(const char *conninfo, const char *message)
{
    struct err err = {0};
    assert_null(pg_target_new(conninfo, &err));
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_non_null(strstr(err.message, message));
    assert_null(strstr(err.message, "hush"));
}

static void endpoints(void **state)
{
    (void)state;
    expect("postgres://u:hush@db.example:5433/x", "db.example:5433", "db.example", 5433);
    expect("postgresql://db.example/x", "db.example:5432", "db.example", 5432);
    expect("host=127.0.0.1 port=6000", "127.0.0.1:6000", "127.0.0.1", 6000);
    expect("postgres://[::1]:6000/x", "[::1]:6000", "::1", 6000);
    expect("host=db.example hostaddr=10.0.0.1", "db.example:5432", NULL, 5432);
    expect("postgres:///x?host=/tmp&port=6000", "/tmp/.s.PGSQL.6000", NULL, 6000);
    expect("", "/var/run/postgresql/.s.PGSQL.5432", NULL, 5432);
    expect("service=mine", "service mine", NULL, 5432);
}

static void environment(void **state)
{
    (void)state;
    setenv("PGHOST", "db.example", 1);
    setenv("PGPORT", "6001", 1);
    expect("", "db.example:6001", "db.example", 6001);
    expect("dbname=x", "db.example:6001", "db.example", 6001);
    expect("host=other port=6002", "other:6002", "other", 6002);
    setenv("PGPORT", "many", 1);
    refuse("", "PostgreSQL port 'many': a port is a number, 1 to 65535");
    unsetenv("PGHOST");
    unsetenv("PGPORT");
}

static void refusals(void **state)
{
    (void)state;
    refuse("postgres://u:hush%zz@h/x", "not a PostgreSQL address; write postgres://user:password@");
    refuse("postgres://u:hush@h:port:y/x", "a port is a number");
    refuse("password='hush", "not a PostgreSQL address");
    refuse("hots=x password=hush", "not a PostgreSQL address");
    refuse("host=a,b", "PostgreSQL host 'a,b': one connection goes to one host");
    refuse("port=0", "a port is a number");
    refuse("port=65536", "a port is a number");
    refuse("port=5432x", "a port is a number");
}

int main(void)
{
    static const char *const variables[] = {"PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE"};
    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
        unsetenv(variables[i]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints),
        cmocka_unit_test(environment),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

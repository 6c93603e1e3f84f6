/* proto/pg_error: libpq's texts, as libpq 15 writes them, as our errors. */
#include "proto/pg_error.h"

#include "unit.h"

#define AT(host, address) "connection to server at \"" host "\" (" address "), port 5433 failed: "
#define AT_ADDRESS        "connection to server at \"127.0.0.1\", port 5433 failed: "
#define AT_SOCKET         "connection to server on socket \"/tmp/.s.PGSQL.5433\" failed: "
#define IS_IT_RUNNING     "\n\tIs the server running on that host and accepting TCP/IP connections?\n"

static const struct {
    const char *text, *name;
    enum err_kind kind;
    const char *sqlstate, *message;
} cases[] = {
    {AT_ADDRESS "FATAL:  28P01: password authentication failed for user \"load\"\n"
                "LOCATION:  auth_failed, auth.c:335\n",
     "127.0.0.1:5433", ERR_STATUS, "28P01",
     "password authentication failed for user \"load\" (28P01); check user and password"},
    {AT_ADDRESS "FATAL:  3D000: database \"x: 00000: y\" does not exist\nLOCATION:  a\n",
     "127.0.0.1:5433", ERR_STATUS, "3D000",
     "database \"x: 00000: y\" does not exist (3D000); create the database, or give another "
     "dbname"},
    /* A server that speaks another language. */
    {AT_ADDRESS "\xe8\x87\xb4\xe5\x91\xbd\xe7\x9a\x84:  53300: sorry\n", "127.0.0.1:5433",
     ERR_STATUS, "53300", "sorry (53300); raise the server's max_connections, or run fewer users"},
    {AT_ADDRESS "FATAL:  57P03: the database system is starting up\n", "127.0.0.1:5433",
     ERR_REFUSED, "57P03", "the database system is starting up (57P03); wait until it is up"},
    /* Tried with TLS, then without: the last says why. */
    {AT_ADDRESS
     "FATAL:  28000: no pg_hba.conf entry for host, SSL encryption\nLOCATION:  a\n" AT_ADDRESS
     "FATAL:  28000: no pg_hba.conf entry for host, no encryption\nLOCATION:  a\n",
     "127.0.0.1:5433", ERR_STATUS, "28000",
     "no pg_hba.conf entry for host, no encryption (28000); check user, password and the "
     "server's pg_hba.conf"},
    {AT("localhost", "::1") "Connection refused" IS_IT_RUNNING AT(
         "localhost", "127.0.0.1") "Connection refused" IS_IT_RUNNING,
     "localhost:5433", ERR_REFUSED, "",
     "connection refused by localhost:5433; start PostgreSQL there, or give its host and port"},
    /* One address refuses, the other is the one that matters. */
    {AT("localhost", "::1") "Connection refused" IS_IT_RUNNING AT(
         "localhost", "127.0.0.1") "SSL error: certificate verify failed\n",
     "localhost:5433", ERR_TLS, "",
     "no TLS with localhost:5433: SSL error: certificate verify failed; see sslmode and "
     "sslrootcert"},
    {AT_ADDRESS "server does not support SSL, but SSL was required\n", "127.0.0.1:5433", ERR_TLS,
     "",
     "no TLS with 127.0.0.1:5433: server does not support SSL, but SSL was required; see sslmode "
     "and sslrootcert"},
    {AT_SOCKET "No such file or directory\n\tIs the server running locally and accepting "
               "connections on that socket?\n",
     "/tmp/.s.PGSQL.5433", ERR_REFUSED, "",
     "no PostgreSQL at the socket /tmp/.s.PGSQL.5433; start it, or give its host and port"},
    {AT_SOCKET "Connection refused\n\tIs the server running locally?\n", "/tmp/.s.PGSQL.5433",
     ERR_REFUSED, "",
     "connection refused by /tmp/.s.PGSQL.5433; start PostgreSQL there, or give its host and "
     "port"},
    {AT_ADDRESS "server closed the connection unexpectedly\n\tThis probably means the server "
                "terminated abnormally\n\tbefore or while processing the request.\n",
     "127.0.0.1:5433", ERR_CLOSED, "", "127.0.0.1:5433 closed the connection while connecting"},
    {AT_ADDRESS "fe_sendauth: no password supplied\n", "127.0.0.1:5433", ERR_STATUS, "",
     "127.0.0.1:5433 wants a password; give one in pg, or set PGPASSWORD or ~/.pgpass"},
    {AT_ADDRESS "expected authentication request from server, but received H\n", "127.0.0.1:5433",
     ERR_PROTOCOL, "",
     "127.0.0.1:5433 does not speak PostgreSQL's protocol: expected authentication request from "
     "server, but received H"},
    {AT_ADDRESS "Network is unreachable" IS_IT_RUNNING, "127.0.0.1:5433", ERR_UNREACHABLE, "",
     "cannot connect to 127.0.0.1:5433: Network is unreachable"},
    {"could not do \x1b[31mthat\n", "127.0.0.1:5433", ERR_SYSTEM, "",
     "cannot connect to 127.0.0.1:5433: could not do ?[31mthat"},
    {"", "127.0.0.1:5433", ERR_SYSTEM, "", "cannot connect to 127.0.0.1:5433: "},
};

static void connecting(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct err err = {0};
        char sqlstate[PG_SQLSTATE] = "?";
        pg_error_connect(&err, sqlstate, cases[i].text, cases[i].name);
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(err_kind_name(err.kind), err_kind_name(cases[i].kind));
        assert_string_equal(sqlstate, cases[i].sqlstate);
    }
}

static void expect_lost(const char *text, enum err_kind kind, const char *message)
{
    struct err err = {0};
    pg_error_lost(&err, text, "without an answer");
    assert_string_equal(err.message, message);
    assert_string_equal(err_kind_name(err.kind), err_kind_name(kind));
}

static void lost(void **state)
{
    (void)state;
    const char *closed = "the server closed the connection without an answer";
    expect_lost("", ERR_CLOSED, closed);
    expect_lost("server closed the connection unexpectedly\n\tThis probably means ...\n",
                ERR_CLOSED, closed);
    expect_lost("SSL SYSCALL error: EOF detected\n", ERR_CLOSED, closed);
    expect_lost("could not receive data from server: Connection reset by peer\n", ERR_RESET,
                "the server reset the connection without an answer");
    expect_lost("could not send data to server: Broken pipe\n", ERR_RESET,
                "the server reset the connection without an answer");
    expect_lost("message contents do not agree with length in message type \"D\"\nx\n",
                ERR_PROTOCOL,
                "the connection is lost: message contents do not agree with length in message "
                "type \"D\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connecting),
        cmocka_unit_test(lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

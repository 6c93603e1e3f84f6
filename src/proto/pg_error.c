/* Making errors of libpq's texts and results; see pg_error.h. */
#include "proto/pg_error.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What to do about an SQLSTATE. */
static const struct {
    char sqlstate[PG_SQLSTATE];
    const char *advice;
} advices[] = {
    {"28P01", "check user and password"},
    {"28000", "check user, password and the server's pg_hba.conf"},
    {"3D000", "create the database, or give another dbname"},
    {"42P01", "create the table, or check dbname and search_path"},
    {"53300", "raise the server's max_connections, or run fewer users"},
    {"57P03", "wait until it is up"},
};

/* SQLSTATE class 57P: an operator or a crash ended the session. */
static bool ends_session(const char *sqlstate)
{
    return strncmp(sqlstate, "57P", 3) == 0;
}

static void set(struct err *err, enum err_kind kind, const char *sqlstate, const char *message,
                int len, const char *hint)
{
    for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
        if (strcmp(advices[i].sqlstate, sqlstate) == 0)
            hint = advices[i].advice;
    }
    int hint_len = hint ? (int)strlen(hint) : 0;
    if (hint_len > 0 && hint[hint_len - 1] == '.')
        hint_len--;
    err_set(err, kind, "%.*s (%s)%s%.*s", len, message, sqlstate, hint_len > 0 ? "; " : "",
            hint_len, hint ? hint : "");
    err_printable(err);
}

/* The server's message in a verbose text, "FATAL:  28P01: password ...\n": the
 * last one, when several addresses or ways were tried. NULL: it said nothing. */
static const char *find_sqlstate(const char *text)
{
    const char *found = NULL;
    for (const char *at = text; (at = strstr(at, ":  ")) != NULL; at++) {
        const char *code = at + 3;
        int n = 0;
        while (n < 5 && (isdigit((unsigned char)code[n]) || isupper((unsigned char)code[n])))
            n++;
        if (n == 5 && code[5] == ':' && code[6] == ' ')
            found = code;
    }
    return found;
}

static bool says(const char *text, int errnum)
{
    return strstr(text, strerrordesc_np(errnum)) != NULL;
}

/* The last line that begins a message, without libpq's own "connection to
 * server at ... failed: ". */
static const char *last_reason(const char *text)
{
    static const char failed[] = " failed: ";
    const char *reason = text;
    for (const char *at = text; (at = strstr(at, failed)) != NULL;)
        reason = at += sizeof(failed) - 1;
    return reason;
}

void pg_error_connect(struct err *err, char sqlstate[PG_SQLSTATE], const char *text,
                      const char *name)
{
    const char *code = find_sqlstate(text);
    sqlstate[0] = '\0';
    if (code) {
        memcpy(sqlstate, code, PG_SQLSTATE - 1);
        sqlstate[PG_SQLSTATE - 1] = '\0';
        const char *message = code + 7;
        set(err, ends_session(sqlstate) ? ERR_REFUSED : ERR_STATUS, sqlstate, message,
            (int)strcspn(message, "\n"), NULL);
        return;
    }
    const char *reason = last_reason(text);
    int len = (int)strcspn(reason, "\n");
    if (says(reason, ECONNREFUSED))
        err_set(err, ERR_REFUSED,
                "connection refused by %s; start PostgreSQL there, or give its host and port",
                name);
    else if (says(reason, ENOENT) && name[0] == '/')
        err_set(err, ERR_REFUSED,
                "no PostgreSQL at the socket %s; start it, or give its host and port", name);
    else if (says(reason, ECONNRESET))
        err_set(err, ERR_RESET, "connection reset while connecting to %s", name);
    else if (says(reason, ETIMEDOUT))
        err_set(err, ERR_TIMEOUT, "timed out while connecting to %s: no answer", name);
    else if (says(reason, EHOSTUNREACH) || says(reason, ENETUNREACH))
        err_set(err, ERR_UNREACHABLE, "cannot connect to %s: %.*s", name, len, reason);
    else if (strstr(reason, "closed the connection unexpectedly"))
        err_set(err, ERR_CLOSED, "%s closed the connection while connecting", name);
    else if (strstr(reason, "no password supplied"))
        err_set(err, ERR_STATUS,
                "%s wants a password; give one in pg, or set PGPASSWORD or ~/.pgpass", name);
    else if (strstr(reason, "SSL") || strstr(reason, "certificate"))
        err_set(err, ERR_TLS, "no TLS with %s: %.*s; see sslmode and sslrootcert", name, len,
                reason);
    else if (strstr(reason, "expected authentication request") ||
             strstr(reason, "invalid response"))
        err_set(err, ERR_PROTOCOL, "%s does not speak PostgreSQL's protocol: %.*s", name, len,
                reason);
    else
        err_set(err, ERR_SYSTEM, "cannot connect to %s: %.*s", name, len, reason);
    err_printable(err);
}

void pg_error_lost(struct err *err, const char *text, const char *where)
{
    if (says(text, ECONNRESET) || says(text, EPIPE))
        err_set(err, ERR_RESET, "the server reset the connection %s", where);
    else if (says(text, ETIMEDOUT))
        err_set(err, ERR_TIMEOUT, "the connection timed out %s", where);
    else if (text[0] == '\0' || strstr(text, "closed the connection") || strstr(text, "EOF"))
        err_set(err, ERR_CLOSED, "the server closed the connection %s", where);
    else
        err_set(err, ERR_PROTOCOL, "the connection is lost: %.*s", (int)strcspn(text, "\n"), text);
    err_printable(err);
}

void pg_error_result(struct err *err, char sqlstate[PG_SQLSTATE], const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    sqlstate[0] = '\0';
    if (!code || !message) { /* libpq's own, such as a lost connection */
        pg_error_lost(err, PQresultErrorMessage(result), "without an answer");
        return;
    }
    snprintf(sqlstate, PG_SQLSTATE, "%s", code);
    bool fatal = severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
    set(err, fatal ? ERR_CLOSED : ERR_STATUS, sqlstate, message, (int)strlen(message),
        PQresultErrorField(result, PG_DIAG_MESSAGE_HINT));
}

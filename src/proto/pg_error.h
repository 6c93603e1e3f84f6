/*
 * What libpq says, as our errors: a kind, a message that groups, the SQLSTATE
 * and, where there is one, what to do.
 */
#pragma once

#include "base/err.h"

#include <libpq-fe.h>

enum { PG_SQLSTATE = 6 }; /* five characters and a NUL */

/* A connection could not be made. text is PQerrorMessage's, asked for with
 * PQERRORS_VERBOSE (so that it has the SQLSTATE, which libpq tells nowhere
 * else); name is the target's. sqlstate is left empty when the server said
 * nothing. */
void pg_error_connect(struct err *err, char sqlstate[PG_SQLSTATE], const char *text,
                      const char *name);

/* A connection was lost under an operation; where: "without an answer". */
void pg_error_lost(struct err *err, const char *text, const char *where);

/* The server refused a statement: ERR_STATUS, or ERR_CLOSED when it ended the
 * connection by it. */
void pg_error_result(struct err *err, char sqlstate[PG_SQLSTATE], const PGresult *result);

/*
 * Asking a server to end a query that nobody waits for any more; closing the
 * connection alone would leave it running.
 *
 * libpq does that on a connection of its own and blocks (PQcancel), so a
 * thread does it for the whole process; it lives while there is something to
 * cancel.
 */
#pragma once

#include <libpq-fe.h>

/* conn's query, if one runs; conn may be closed at once. When the thread is far
 * behind (a server that does not answer), nothing is asked. */
void pg_cancel(PGconn *conn);

/* Waits until all have been asked for, but a second at most: before the process
 * ends. */
void pg_cancel_wait(void);

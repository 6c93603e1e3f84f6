/*
 * How many bytes the server sent for a result: libpq reads them and does not
 * count, but the protocol says it (version 3.0, "Message Formats").
 */
#pragma once

#include <libpq-fe.h>
#include <stdint.h>

/* How a statement went: by the simple protocol, or by the extended, parsed by
 * the way, only parsed, or only executed. */
enum pg_wire { PG_WIRE_SIMPLE, PG_WIRE_PARAMS, PG_WIRE_PREPARE, PG_WIRE_PREPARED };

/* Of the result alone; ReadyForQuery follows each exchange. */
uint64_t pg_wire_size(PGresult *result, enum pg_wire how);
enum { PG_WIRE_READY = 6 };

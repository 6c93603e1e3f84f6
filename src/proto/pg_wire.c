/* Sizes of the messages that made a result; see pg_wire.h. */
#include "proto/pg_wire.h"

#include <stddef.h>
#include <string.h>

/* The bytes of a result on the wire: protocol 3.0, "Message Formats". HEAD is
 * the type and the length of a message. */
enum { HEAD = 5, COUNT = 2, COLUMN = 18, LENGTH = 4 };

static uint64_t error_size(const PGresult *result)
{
    static const int fields[] = {
        PG_DIAG_SEVERITY,          PG_DIAG_SEVERITY_NONLOCALIZED, PG_DIAG_SQLSTATE,
        PG_DIAG_MESSAGE_PRIMARY,   PG_DIAG_MESSAGE_DETAIL,        PG_DIAG_MESSAGE_HINT,
        PG_DIAG_CONTEXT,           PG_DIAG_STATEMENT_POSITION,    PG_DIAG_INTERNAL_QUERY,
        PG_DIAG_INTERNAL_POSITION, PG_DIAG_SCHEMA_NAME,           PG_DIAG_TABLE_NAME,
        PG_DIAG_COLUMN_NAME,       PG_DIAG_DATATYPE_NAME,         PG_DIAG_CONSTRAINT_NAME,
        PG_DIAG_SOURCE_FILE,       PG_DIAG_SOURCE_LINE,           PG_DIAG_SOURCE_FUNCTION,
    };
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        const char *value = PQresultErrorField(result, fields[i]);
        size += value ? 1 + strlen(value) + 1 : 0;
    }
    return size > 0 ? HEAD + size + 1 : 0;
}

static uint64_t rows_size(const PGresult *result)
{
    int columns = PQnfields(result), rows = PQntuples(result);
    uint64_t size = HEAD + COUNT; /* RowDescription */
    for (int i = 0; i < columns; i++)
        size += strlen(PQfname(result, i)) + 1 + COLUMN;
    size += (uint64_t)rows * (HEAD + COUNT + (uint64_t)columns * LENGTH);
    for (int row = 0; row < rows; row++) {
        for (int i = 0; i < columns; i++)
            size += (uint64_t)PQgetlength(result, row, i);
    }
    return size;
}

uint64_t pg_wire_size(PGresult *result, enum pg_wire how)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        return error_size(result);
    if (how == PG_WIRE_PREPARE)
        return HEAD; /* ParseComplete */
    uint64_t size = HEAD + strlen(PQcmdStatus(result)) + 1;
    if (status == PGRES_TUPLES_OK)
        size += rows_size(result);
    if (how == PG_WIRE_SIMPLE)
        return size;
    size += how == PG_WIRE_PREPARED ? HEAD : 2 * HEAD;    /* ParseComplete, BindComplete */
    return size + (status == PGRES_TUPLES_OK ? 0 : HEAD); /* NoData */
}

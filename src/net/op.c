/* How an operation fails; see op.h. */
#include "net/op.h"

#include "base/mem.h"

#include <stdlib.h>

struct err *op_error(struct op *op)
{
    if (op->err == NULL) {
        op->err = xmalloc(sizeof(*op->err));
        op->err->kind = ERR_NONE;
        op->err->message[0] = '\0';
    }
    return op->err;
}

void op_cancel(struct op *op, uint64_t now_ns)
{
    if (op->start_ns == 0)
        op->start_ns = now_ns;
    err_set(op_error(op), ERR_CANCELLED, "cancelled");
}

void op_release(struct op *op)
{
    free(op->err);
    op->err = NULL;
}

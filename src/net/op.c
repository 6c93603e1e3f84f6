/* The error of an operation; see op.h. */
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

void op_release(struct op *op)
{
    free(op->err);
    op->err = NULL;
}

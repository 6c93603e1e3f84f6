/*
 * A pending operation, of any protocol: started once, completed exactly once:
 * done, failed, timed out or cancelled. Never from inside its own start. Its
 * memory is the starter's again from the call of `complete` on, and that call
 * may start the next operation.
 *
 * A protocol embeds struct op at the head of its own operation struct.
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "net/deadline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct op {
    /* Set by the starter. */
    void (*complete)(struct op *op);
    void *owner; /* the starter's; borrowed */

    /* Set by the protocol. */
    struct deadline deadline;
    bool pending;
    uint64_t start_ns;      /* the operation began: connecting, or sending on a kept connection */
    uint64_t sent_ns;       /* just before its last byte went to the kernel; 0 if it never did */
    uint64_t first_byte_ns; /* of the answer; 0 if none came */
    uint64_t end_ns;        /* complete */
    uint64_t bytes;         /* received for it, protocol overhead included */
    struct err *err;        /* why it failed, until the next start; NULL: done; owned */
};

/* The protocol's: where to say why a pending operation fails. */
struct err *op_error(struct op *op);

/* The starter's: frees what is held beside the operation's own memory, which
 * was zeroed before its first start. None may be pending. */
void op_release(struct op *op);

/* Why it failed, ERR_NONE and "" if it did not. */
static inline enum err_kind op_failure(const struct op *op)
{
    return op->err == NULL ? ERR_NONE : op->err->kind;
}

static inline const char *op_message(const struct op *op)
{
    return op->err == NULL ? "" : op->err->message;
}

static inline void op_clear_error(struct op *op)
{
    if (op->err != NULL)
        op_release(op);
}

/* What a protocol does with an operation, in this order. */

/* It is pending from now on. The deadline is not armed before it begins; until
 * then its time is the timeout. 0: it has none. */
static inline void op_start(struct op *op, double timeout_s, void (*expired)(struct deadline *d))
{
    op->deadline = (struct deadline){.at_ns = s_to_ns(timeout_s), .expired = expired};
    op->pending = true;
    op->start_ns = op->sent_ns = op->first_byte_ns = op->end_ns = 0;
    op->bytes = 0;
    op_clear_error(op);
}

/* It connects, or sends. */
static inline void op_begin(struct op *op, struct deadlines *deadlines, uint64_t now_ns)
{
    op->start_ns = now_ns;
    if (op->deadline.at_ns > 0)
        deadline_arm(deadlines, &op->deadline, now_ns + op->deadline.at_ns);
}

/* Its starter gives it up, begun or not: why it fails. */
void op_cancel(struct op *op, uint64_t now_ns);

/* It is complete; what it was part of may be gone when this returns. */
static inline void op_complete(struct op *op, struct deadlines *deadlines, uint64_t now_ns)
{
    deadline_cancel(deadlines, &op->deadline);
    op->pending = false;
    op->end_ns = now_ns;
    op->complete(op);
}

static inline struct op *op_of_deadline(struct deadline *d)
{
    return (struct op *)(void *)((char *)d - offsetof(struct op, deadline));
}

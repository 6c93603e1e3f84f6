/*
 * A pending operation, of any protocol: started once, completed exactly once:
 * done, failed, timed out or cancelled. Never from inside its own start. Its
 * memory is the starter's again from the call of `complete` on, and that call
 * may start the next operation.
 *
 * A protocol embeds struct op at the head of its own operation struct.
 */
#pragma once

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
    struct err err;         /* kind ERR_NONE: done */
};

static inline struct op *op_of_deadline(struct deadline *d)
{
    return (struct op *)(void *)((char *)d - offsetof(struct op, deadline));
}

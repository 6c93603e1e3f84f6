/* The connections that wait for their latency to pass: a heap by due time.
 * One thread's; no locks. */
#pragma once

#include "base/vec.h"

#include <stdint.h>

struct MHD_Connection;

struct delayed {
    uint64_t due_ns;
    struct MHD_Connection *connection; /* borrowed; suspended, so it cannot go away */
};

struct delays {
    VEC(struct delayed) heap;
};

void delays_release(struct delays *d);
void delays_add(struct delays *d, uint64_t due_ns, struct MHD_Connection *connection);

/* When the first is due; UINT64_MAX when none waits. */
uint64_t delays_next_ns(const struct delays *d);

/* Takes out the first that is due at now_ns, or returns NULL. */
struct MHD_Connection *delays_take(struct delays *d, uint64_t now_ns);

#include "target/delays.h"

void delays_release(struct delays *d)
{
    vec_release(&d->heap);
}

void delays_add(struct delays *d, uint64_t due_ns, struct MHD_Connection *connection)
{
    struct delayed added = {due_ns, connection};
    vec_push(&d->heap, added);
    struct delayed *heap = d->heap.items;
    size_t i = d->heap.len - 1;
    while (i > 0 && heap[(i - 1) / 2].due_ns > due_ns) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = added;
}

uint64_t delays_next_ns(const struct delays *d)
{
    return d->heap.len > 0 ? d->heap.items[0].due_ns : UINT64_MAX;
}

struct MHD_Connection *delays_take(struct delays *d, uint64_t now_ns)
{
    if (delays_next_ns(d) > now_ns || d->heap.len == 0)
        return NULL;
    struct delayed *heap = d->heap.items;
    struct MHD_Connection *first = heap[0].connection;
    struct delayed last = heap[--d->heap.len];
    size_t len = d->heap.len, i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= len)
            break;
        if (child + 1 < len && heap[child + 1].due_ns < heap[child].due_ns)
            child++;
        if (heap[child].due_ns >= last.due_ns)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return first;
}

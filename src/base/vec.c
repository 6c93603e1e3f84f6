/* Growth of VEC arrays; see vec.h. */
#include "base/vec.h"

#include "base/mem.h"

#include <stdint.h>

void *vec_grow_(void *items, size_t *cap, size_t need, size_t item_size)
{
    if (need <= *cap)
        return items;
    size_t grown = *cap > 0 ? *cap * 2 : 8;
    if (grown < need)
        grown = need;
    /* A wrapped product would be a small array: make it one nobody can have. */
    size_t bytes = grown > SIZE_MAX / item_size ? SIZE_MAX : grown * item_size;
    items = xrealloc(items, bytes);
    *cap = grown;
    return items;
}

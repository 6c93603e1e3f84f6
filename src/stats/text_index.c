/* Linear probing, at most half full, nothing is ever removed; see text_index.h. */
#include "stats/text_index.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { CAP_SMALLEST = 16 };

void text_index_release(struct text_index *index)
{
    free(index->slots);
    *index = (struct text_index){0};
}

void text_index_clear(struct text_index *index)
{
    if (index->len > 0)
        memset(index->slots, 0, index->cap * sizeof(*index->slots));
    index->len = 0;
}

/* FNV-1a, folded to 32 bits. */
uint32_t text_hash(uint32_t seed, const char *text, size_t len)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325) ^ seed;
    h *= UINT64_C(0x100000001B3);
    for (size_t i = 0; i < len; i++) {
        h ^= (unsigned char)text[i];
        h *= UINT64_C(0x100000001B3);
    }
    return (uint32_t)(h ^ (h >> 32));
}

int64_t text_index_find(const struct text_index *index, uint32_t hash,
                        bool (*same)(const void *owner, size_t place, const void *key),
                        const void *owner, const void *key)
{
    if (index->cap == 0)
        return -1;
    uint32_t mask = index->cap - 1;
    for (uint32_t i = hash & mask;; i = (i + 1) & mask) {
        const struct text_slot *slot = &index->slots[i];
        if (slot->place_plus_1 == 0)
            return -1;
        if (slot->hash == hash && same(owner, slot->place_plus_1 - 1, key))
            return slot->place_plus_1 - 1;
    }
}

static void put(struct text_index *index, struct text_slot slot)
{
    uint32_t mask = index->cap - 1;
    uint32_t i = slot.hash & mask;
    while (index->slots[i].place_plus_1 != 0)
        i = (i + 1) & mask;
    index->slots[i] = slot;
}

static void grow(struct text_index *index)
{
    struct text_index old = *index;
    index->cap = old.cap > 0 ? old.cap * 2 : CAP_SMALLEST;
    index->slots = xcalloc(index->cap, sizeof(*index->slots));
    for (uint32_t i = 0; i < old.cap; i++)
        if (old.slots[i].place_plus_1 != 0)
            put(index, old.slots[i]);
    free(old.slots);
}

void text_index_add(struct text_index *index, uint32_t hash, size_t place)
{
    if (index->len >= index->cap / 2)
        grow(index);
    put(index, (struct text_slot){hash, (uint32_t)place + 1});
    index->len++;
}

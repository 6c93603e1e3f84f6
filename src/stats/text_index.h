/*
 * Finds items of an array by a key with text in it: an open hash from the
 * key's hash to the item's place. It owns neither items nor keys; whether an
 * item has the key is asked of its owner. A helper of this floor only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_slot {
    uint32_t hash;
    uint32_t place_plus_1; /* 0: free */
};

struct text_index {
    struct text_slot *slots; /* owned; NULL while cap is 0 */
    uint32_t cap;            /* a power of two, or 0 */
    uint32_t len;
};

void text_index_release(struct text_index *index);
/* Empties it and keeps its memory. */
void text_index_clear(struct text_index *index);

/* The hash of a key: seed stands for what is not text in it, or is the hash
 * of the text before. */
uint32_t text_hash(uint32_t seed, const char *text, size_t len);

/* The place of the item with this hash for which same(owner, place, key)
 * holds, or -1. */
int64_t text_index_find(const struct text_index *index, uint32_t hash,
                        bool (*same)(const void *owner, size_t place, const void *key),
                        const void *owner, const void *key);
/* Adds a key that is not there yet. */
void text_index_add(struct text_index *index, uint32_t hash, size_t place);

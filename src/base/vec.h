/*
 * A growable array of any type.
 *
 *     VEC(int) v = VEC_INIT;
 *     vec_push(&v, 7);
 *     for (size_t i = 0; i < v.len; i++) use(v.items[i]);
 *     vec_release(&v);
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define VEC(type)    \
    struct {         \
        type *items; \
        size_t len;  \
        size_t cap;  \
    }

#define VEC_INIT   \
    {              \
        NULL, 0, 0 \
    }

#define vec_reserve(v, n) \
    ((v)->items = vec_grow_((v)->items, &(v)->cap, (v)->len + (n), sizeof(*(v)->items)))

/* Appends one item; x is evaluated after the array has grown. */
#define vec_push(v, x) (vec_reserve(v, 1), (void)((v)->items[(v)->len++] = (x)))

/* Appends one zeroed item and yields its address. */
#define vec_add(v)                                                                   \
    (vec_reserve(v, 1), (void)memset(&(v)->items[(v)->len], 0, sizeof(*(v)->items)), \
     &(v)->items[(v)->len++])

#define vec_clear(v) ((void)((v)->len = 0))

#define vec_release(v) (free((v)->items), (v)->items = NULL, (v)->len = (v)->cap = 0)

void *vec_grow_(void *items, size_t *cap, size_t need, size_t item_size);

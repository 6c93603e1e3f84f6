/* What template.c, which fills templates in, and those that make them
 * (template_compiler.h) share. */
#pragma once

#include "base/vec.h"
#include "run/template.h"

enum piece_kind {
    PIECE_TEXT,
    PIECE_BODY_LENGTH,
    PIECE_RANDOM,
    PIECE_UUID,
    PIECE_PICK,
    PIECE_COUNTER,
    PIECE_CSV,
    PIECE_NOW,
    PIECE_WORKER,
    PIECE_CONNECTION,
};

/* Values to choose from, escaped already. */
struct choices {
    struct choice {
        const char *data; /* in bytes */
        size_t len;
    } * items; /* owned */
    size_t len;
    char *bytes; /* owned */
};

struct piece {
    enum piece_kind kind;
    union {
        struct {
            char *data; /* owned */
            size_t len;
        } text;
        struct {
            int64_t low, high;
        } random;
        struct {
            int64_t start, step;
        } counter;
        struct choices choices; /* PICK, CSV */
        uint64_t now_unit_ns;
    };
};

struct template
{
    VEC(struct piece) pieces;
};

void template_push(struct template *t, struct piece piece);

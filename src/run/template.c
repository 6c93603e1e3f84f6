/* Filling in: one walk over the pieces; see template.h. */
#include "run/template.h"

#include "base/clock.h"
#include "base/mem.h"
#include "run/template_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool is_field(const struct piece *p)
{
    return p->kind != PIECE_TEXT && p->kind != PIECE_BODY_LENGTH;
}

static void piece_release(struct piece *p)
{
    if (p->kind == PIECE_TEXT) {
        free(p->text.data);
    } else if (p->kind == PIECE_PICK || p->kind == PIECE_CSV) {
        free(p->choices.items);
        free(p->choices.bytes);
    }
}

/* --- putting together -------------------------------------------------------- */

struct template *template_new(void)
{
    return xcalloc(1, sizeof(struct template));
}

void template_free(struct template *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->pieces.len; i++)
        piece_release(&t->pieces.items[i]);
    vec_release(&t->pieces);
    free(t);
}

void template_push(struct template *t, struct piece piece)
{
    vec_push(&t->pieces, piece);
}

void template_add_text(struct template *t, const char *text, size_t len)
{
    if (len == 0)
        return;
    struct piece *last = t->pieces.len > 0 ? &t->pieces.items[t->pieces.len - 1] : NULL;
    if (last && last->kind == PIECE_TEXT) {
        last->text.data = xrealloc(last->text.data, last->text.len + len);
        memcpy(last->text.data + last->text.len, text, len);
        last->text.len += len;
        return;
    }
    template_push(t, (struct piece){.kind = PIECE_TEXT, .text = {xstrndup(text, len), len}});
}

void template_add_body_length(struct template *t)
{
    template_push(t, (struct piece){.kind = PIECE_BODY_LENGTH});
}

void template_add(struct template *t, struct template *other)
{
    for (size_t i = 0; i < other->pieces.len; i++)
        template_push(t, other->pieces.items[i]);
    vec_clear(&other->pieces);
}

size_t template_fields(const struct template *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->pieces.len; i++)
        n += is_field(&t->pieces.items[i]);
    return n;
}

void template_mark(const struct template *t, const char *mark, struct buf *out)
{
    for (size_t i = 0; i < t->pieces.len; i++) {
        const struct piece *p = &t->pieces.items[i];
        if (p->kind == PIECE_TEXT)
            buf_add(out, p->text.data, p->text.len);
        else
            buf_adds(out, mark);
    }
}

void template_cut(struct template *to, const char *bytes, size_t len, const char *mark,
                  struct template *t)
{
    size_t mark_len = strlen(mark);
    for (size_t i = 0; i < t->pieces.len; i++) {
        struct piece *p = &t->pieces.items[i];
        if (p->kind == PIECE_TEXT) {
            piece_release(p);
            continue;
        }
        const char *found = memmem(bytes, len, mark, mark_len);
        assert(found);
        size_t before = (size_t)(found - bytes);
        template_add_text(to, bytes, before);
        template_push(to, *p);
        bytes = found + mark_len;
        len -= before + mark_len;
    }
    template_add_text(to, bytes, len);
    vec_clear(&t->pieces);
}

/* --- filling in ---------------------------------------------------------------- */

static void add_uint(struct buf *out, uint64_t n)
{
    char digits[20], *first = digits + sizeof(digits);
    do {
        *--first = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    buf_add(out, first, (size_t)(digits + sizeof(digits) - first));
}

static void add_int(struct buf *out, int64_t n)
{
    if (n < 0)
        buf_addch(out, '-');
    add_uint(out, n < 0 ? -(uint64_t)n : (uint64_t)n);
}

static void add_uuid(struct buf *out, struct rng *rng)
{
    static const char hex[] = "0123456789abcdef";
    enum { LEN = 36 };
    uint64_t bits[2] = {rng_u64(rng), rng_u64(rng)};
    bits[0] = (bits[0] & ~UINT64_C(0xF000)) | UINT64_C(0x4000);     /* version 4 */
    bits[1] = (bits[1] & ~(UINT64_C(3) << 62)) | UINT64_C(2) << 62; /* the variant of RFC 9562 */
    char *to = buf_reserve(out, LEN);
    for (int i = 0, nibble = 0; i < LEN; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            to[i] = '-';
            continue;
        }
        to[i] = hex[bits[nibble / 16] >> (60 - 4 * (nibble % 16)) & 15];
        nibble++;
    }
    out->len += LEN;
}

static uint64_t now_in(uint64_t unit_ns)
{
    return (uint64_t)(clock_wall() * (double)NS_PER_S) / unit_ns;
}

void template_expand(const struct template *t, const struct template_values *values,
                     struct buf *out)
{
    for (size_t i = 0; i < t->pieces.len; i++) {
        const struct piece *p = &t->pieces.items[i];
        const struct choice *choice;
        switch (p->kind) {
        case PIECE_TEXT:
            buf_add(out, p->text.data, p->text.len);
            break;
        case PIECE_BODY_LENGTH:
            add_uint(out, values->body_len);
            break;
        case PIECE_RANDOM:
            add_int(out, rng_range(values->rng, p->random.low, p->random.high));
            break;
        case PIECE_UUID:
            add_uuid(out, values->rng);
            break;
        case PIECE_PICK:
            choice = &p->choices.items[rng_range(values->rng, 0, (int64_t)p->choices.len - 1)];
            buf_add(out, choice->data, choice->len);
            break;
        case PIECE_COUNTER: /* wraps around, as the person asked by its start and step */
            add_int(out, (int64_t)((uint64_t)p->counter.start +
                                   values->number * (uint64_t)p->counter.step));
            break;
        case PIECE_CSV:
            choice = &p->choices.items[values->row % p->choices.len];
            buf_add(out, choice->data, choice->len);
            break;
        case PIECE_NOW:
            add_uint(out, now_in(p->now_unit_ns));
            break;
        case PIECE_WORKER:
            add_uint(out, values->worker);
            break;
        case PIECE_CONNECTION:
            add_uint(out, values->connection);
            break;
        }
    }
}

/* HdrHistogram's V2 encoding; see hdr_encode.h. */
#include "report/hdr_encode.h"

#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    COOKIE = 0x1c849313,
    COOKIE_COMPRESSED = 0x1c849314,
    DIGITS = 3,
    LOWEST = 1,
    /* What three digits take; a bucket of HdrHistogram's layout holds the upper
     * half of so many, the first one all of them. */
    SUB_BUCKET_BITS = 11,
    COUNT_BYTES_MAX = 9,
};

#define HIGHEST (HIST_MAX_US * 1000)

static void add_be32(struct buf *out, uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_addch(out, (char)(n >> shift));
}

static void add_be64(struct buf *out, uint64_t n)
{
    add_be32(out, (uint32_t)(n >> 32));
    add_be32(out, (uint32_t)n);
}

/* Seven bits a byte, the lowest first, the highest bit saying that more follow;
 * all of the ninth byte's bits count. */
static void add_count(struct buf *out, int64_t count)
{
    uint64_t n = (uint64_t)count << 1 ^ (uint64_t)(count >> 63);
    for (int i = 1; i < COUNT_BYTES_MAX && n >= 0x80; i++) {
        buf_addch(out, (char)(n | 0x80));
        n >>= 7;
    }
    buf_addch(out, (char)n);
}

/* Where HdrHistogram counts a value. */
static uint32_t index_of(uint64_t ns)
{
    const uint64_t sub_buckets = UINT64_C(1) << SUB_BUCKET_BITS;
    int bucket = 63 - __builtin_clzll(ns | (sub_buckets - 1)) - (SUB_BUCKET_BITS - 1);
    return ((uint32_t)bucket << (SUB_BUCKET_BITS - 1)) + (uint32_t)(ns >> bucket);
}

static uint64_t value_ns(const struct hist_iter *it)
{
    double middle = (double)it->low + (double)(it->width - 1) / 2;
    middle = fmin(fmax(middle, (double)it->hist->min), (double)it->hist->max);
    return (uint64_t)(middle * 1000);
}

static void add_zeros(struct buf *out, uint32_t n)
{
    if (n > 0)
        add_count(out, n == 1 ? 0 : -(int64_t)n);
}

/* Two of our buckets may meet in one of theirs, never cross. */
static void add_counts(struct buf *out, const struct hist *h)
{
    struct hist_iter it = {.hist = h};
    uint32_t next = 0, at = 0; /* the first index not written; that of `count` */
    uint64_t count = 0;
    while (hist_next(&it)) {
        uint32_t index = index_of(value_ns(&it));
        if (count > 0 && index != at) {
            add_zeros(out, at - next);
            add_count(out, (int64_t)count);
            next = at + 1;
            count = 0;
        }
        at = index;
        count += it.count;
    }
    if (count > 0) {
        add_zeros(out, at - next);
        add_count(out, (int64_t)count);
    }
}

static void add_payload(struct buf *out, const struct hist *h)
{
    static const double ratio = 1;
    uint64_t ratio_bits;
    struct buf counts = BUF_INIT;
    memcpy(&ratio_bits, &ratio, sizeof(ratio_bits));
    add_counts(&counts, h);
    add_be32(out, COOKIE);
    add_be32(out, (uint32_t)counts.len);
    add_be32(out, 0); /* normalizing offset */
    add_be32(out, DIGITS);
    add_be64(out, LOWEST);
    add_be64(out, HIGHEST);
    add_be64(out, ratio_bits);
    buf_add(out, counts.data, counts.len);
    buf_release(&counts);
}

/* Appends it as zlib's compress() would, but with the memory that a few KB need:
 * its usual 256 KB, fresh each time, take longer than the work. */
static void add_deflated(struct buf *out, const struct buf *from)
{
    enum { WINDOW_BITS = 12, MEMORY_LEVEL = 5 };
    z_stream z = {.next_in = (Bytef *)from->data, .avail_in = (uInt)from->len};
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        abort(); /* it can only lack memory */
    z.avail_out = (uInt)deflateBound(&z, from->len);
    z.next_out = (Bytef *)buf_reserve(out, z.avail_out);
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort(); /* the bound is one */
    out->len += z.total_out;
    deflateEnd(&z);
}

void hdr_encode(struct buf *out, const struct hist *h)
{
    struct buf payload = BUF_INIT, deflated = BUF_INIT, packed = BUF_INIT;
    add_payload(&payload, h);
    add_deflated(&deflated, &payload);
    add_be32(&packed, COOKIE_COMPRESSED);
    add_be32(&packed, (uint32_t)deflated.len);
    buf_add(&packed, deflated.data, deflated.len);

    char *text = buf_reserve(out, (packed.len + 2) / 3 * 4 + 1);
    out->len += (size_t)EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)packed.data,
                                        (int)packed.len);
    buf_release(&payload);
    buf_release(&deflated);
    buf_release(&packed);
}

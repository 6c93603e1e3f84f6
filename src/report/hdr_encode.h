/*
 * A histogram in the encoding that HdrHistogram's libraries read from one
 * another: its V2 format, compressed, in base64.
 *
 *   base64( BE32 0x1c849314, BE32 length, zlib( payload ) )
 *   payload: BE32 0x1c849313, BE32 length of the counts' bytes, BE32 normalizing
 *            offset, BE32 significant digits, BE64 lowest, BE64 highest value,
 *            BE64 double ratio; then the counts up to the highest value's, each
 *            a ZigZag LEB128 of at most nine bytes; -n stands for n zeros
 *
 * The values are nanoseconds, from 1 ns to 1 h with three digits, because that
 * is what HdrHistogram's log tools take values for unless told otherwise. Each
 * of our buckets, which count microseconds, goes where its middle is (the lowest
 * to where the exact minimum is and the highest to the maximum), as percentiles
 * are read from it; so counts are exact and values off by less than 1 in 1,024.
 */
#pragma once

#include "base/buf.h"
#include "stats/hist.h"

/* Appends the encoded histogram; an empty one too. */
void hdr_encode(struct buf *out, const struct hist *h);

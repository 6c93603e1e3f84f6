/*
 * UTF-8 (RFC 3629): decoding, and how wide a terminal draws what it says.
 */
#pragma once

#include <stdint.h>

/* What stands for a byte that is no UTF-8. */
enum { UTF8_REPLACEMENT = 0xFFFD };

/* The next code point of a string; *p moves behind it. An invalid byte is
 * UTF8_REPLACEMENT and one byte long. 0 at the end. */
uint32_t utf8_next(const char **p);

/* The columns of a code point on a terminal: 0, 1 or 2 (Unicode's East Asian
 * Width, UAX #11). */
int utf8_width(uint32_t code);

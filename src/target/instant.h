/* Instants (seconds since the Unix epoch) and offsets from UTC as text, as the
 * fast-time server reads and writes them. Any thread may call. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* RFC 3339 with whole seconds, "Z" for offset 0; into buf, returned. For the
 * years -9999 to 99999. */
enum { INSTANT_MAX = 40 };
const char *instant_format(char buf[INSTANT_MAX], int64_t unix_s, int offset);

/* "-5:00", "+5:45": hours without padding, as fast-time shows offsets. */
enum { OFFSET_MAX = 16 };
const char *offset_format(char buf[OFFSET_MAX], int offset);

/* The instant of "2025-01-15T10:30:00Z", with any offset, or of
 * "2025-01-15 10:30:00", which is UTC. Fractions of a second are accepted and
 * dropped. False: not such a text, or no such day or time. */
bool instant_parse(const char *text, int64_t *unix_s);

/*
 * Writes JSON (RFC 8259) into a buf, two-space indented or compact. Commas
 * and nesting are the writer's; a call out of order is an assertion.
 * Strings are taken as UTF-8: an invalid byte becomes U+FFFD. A number that
 * JSON cannot hold (NaN, infinity) becomes null.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct json {
    struct buf *out; /* borrowed, outlived by the caller's buf */
    bool indent;
    int depth;
    bool has_items[16]; /* per depth: a comma is due */
    bool is_object[16]; /* per depth: keys are due */
    bool after_key;
};

void json_init(struct json *j, struct buf *out, bool indent);
void json_object_begin(struct json *j);
void json_object_end(struct json *j);
void json_array_begin(struct json *j);
void json_array_end(struct json *j);
void json_key(struct json *j, const char *key);
void json_string(struct json *j, const char *s);
void json_string_n(struct json *j, const char *s, size_t len);
/* A key and its string. */
void json_field(struct json *j, const char *key, const char *s);
void json_uint(struct json *j, uint64_t n);
void json_int(struct json *j, int64_t n);
/* At most `digits` decimals, trailing zeros dropped. */
void json_number(struct json *j, double n, int digits);
void json_bool(struct json *j, bool b);
void json_null(struct json *j);
/* A value that is JSON already, as it is. */
void json_raw(struct json *j, const char *value, size_t len);

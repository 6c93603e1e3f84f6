/*
 * Reads a JSON file field by field and says exactly where it is not what it
 * should be: "old.json: series[3].requests is not a whole number".
 *
 * The first error is kept and everything read from then on is empty, so that a
 * caller reads a whole shape and asks once, by reader_close, whether it held.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

#define READER_SECONDS_MAX 5e9 /* 158 years */

struct cJSON; /* a value in the file; NULL stands for an absent one */

struct reader {
    const char *name;   /* of the file, for errors; borrowed */
    struct cJSON *tree; /* owned; the file's object */
    struct buf path;    /* of what is being read: "series[3].latency_ms" */
    VEC(size_t) places; /* of the walks: the index of the item, and where it begins in path */
    struct err err;     /* of kind ERR_NONE while all is well */
};

/* Parses the file; -1 and *err when it cannot be read or is no JSON object,
 * then there is nothing to close. */
int reader_open(struct reader *r, const char *name, struct err *err);
/* 0, or -1 with the first error. What was read from it is gone. */
int reader_close(struct reader *r, struct err *err);

/* Something is wrong with a field, or with the object itself (key NULL):
 * "is not ...". */
void reader_fail(struct reader *r, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether a field is there and not null. */
bool reader_has(const struct cJSON *object, const char *key);

/* Fields that must be there. Counts are whole, not negative and at most 2^53;
 * text lives as long as the reader. */
uint64_t reader_count(struct reader *r, const struct cJSON *object, const char *key);
uint32_t reader_count32(struct reader *r, const struct cJSON *object, const char *key);
/* Seconds: 0 to READER_SECONDS_MAX, so that nanoseconds fit. */
double reader_seconds(struct reader *r, const struct cJSON *object, const char *key);
double reader_number(struct reader *r, const struct cJSON *object, const char *key);
bool reader_bool(struct reader *r, const struct cJSON *object, const char *key);
const char *reader_text(struct reader *r, const struct cJSON *object, const char *key);
/* The same where null, or nothing at all, means 0 or NULL. */
uint64_t reader_count_or_0(struct reader *r, const struct cJSON *object, const char *key);
double reader_number_or_0(struct reader *r, const struct cJSON *object, const char *key);
const char *reader_text_or_null(struct reader *r, const struct cJSON *object, const char *key);

/* An object or a list within. Errors have its name in their path until
 * reader_leave, which takes what enter returned. */
size_t reader_enter(struct reader *r, const struct cJSON *object, const char *key,
                    const struct cJSON **inner);
void reader_leave(struct reader *r, size_t path);

/* The items of a list, or the fields of an object. Every walk goes to its end:
 *     for (item = reader_first(r, list); item != NULL; item = reader_next(r, item)) */
const struct cJSON *reader_first(struct reader *r, const struct cJSON *list);
const struct cJSON *reader_next(struct reader *r, const struct cJSON *item);
/* An item that is text; a count; a list of counts: the i-th. */
const char *reader_item_text(struct reader *r, const struct cJSON *item);
uint64_t reader_item_count(struct reader *r, const struct cJSON *item);
uint64_t reader_item_at(struct reader *r, const struct cJSON *item, int i);
/* The name of a field. */
const char *reader_item_name(const struct cJSON *item);

/* Typed access to a JSON file, on cJSON; see reader.h. */
#include "report/reader.h"

#include "base/file.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>

/* An hour's run of 2,000 series has some 200 MB. */
enum { FILE_MAX = 512 << 20 };
static const double COUNT_MAX = 9007199254740992.0; /* what a double can count to */

/* Why it is no JSON; `at` is where the parser stopped. */
static int no_json(struct err *err, const char *name, const struct buf *text, const char *at)
{
    size_t offset = at != NULL ? (size_t)(at - text->data) : 0, end = text->len, line = 1;
    while (end > 0 && isspace((unsigned char)text->data[end - 1]))
        end--;
    if (end == 0)
        return err_set(err, ERR_CONFIG, "%s is empty; name a file that --json wrote", name);
    if (text->data[0] == '{' && text->data[end - 1] != '}')
        return err_set(err, ERR_CONFIG, "%s was cut: it ends in the middle of the JSON", name);
    for (size_t i = 0; i < offset && i < text->len; i++)
        line += text->data[i] == '\n';
    return err_set(err, ERR_CONFIG,
                   "%s is not JSON, from line %zu on; name a file that --json wrote", name, line);
}

int reader_open(struct reader *r, const char *name, struct err *err)
{
    struct buf text = BUF_INIT;
    const char *end = NULL;
    *r = (struct reader){.name = file_name(name)};
    int rc = file_read(&text, name, FILE_MAX, err);
    if (rc == 0) {
        buf_cstr(&text);
        r->tree = cJSON_ParseWithLengthOpts(text.data, text.len + 1, &end, true);
        if (r->tree == NULL)
            rc = no_json(err, r->name, &text, end);
        else if (!cJSON_IsObject(r->tree))
            rc = err_set(err, ERR_CONFIG, "%s is no report of a run; name a file that --json wrote",
                         r->name);
    }
    buf_release(&text);
    if (rc != 0)
        cJSON_Delete(r->tree);
    return rc;
}

int reader_close(struct reader *r, struct err *err)
{
    int rc = r->err.kind == ERR_NONE ? 0 : -1;
    if (rc != 0 && err != NULL)
        *err = r->err;
    cJSON_Delete(r->tree);
    buf_release(&r->path);
    vec_release(&r->places);
    return rc;
}

void reader_fail(struct reader *r, const char *key, const char *fmt, ...)
{
    if (r->err.kind != ERR_NONE)
        return;
    va_list args;
    va_start(args, fmt);
    err_setv(&r->err, ERR_CONFIG, fmt, args);
    va_end(args);
    struct buf where = BUF_INIT;
    buf_add(&where, r->path.data, r->path.len);
    if (key != NULL)
        buf_addf(&where, "%s%s", where.len > 0 ? "." : "", key);
    struct err what = r->err;
    err_set(&r->err, ERR_CONFIG, "%s: %s %s", r->name, buf_cstr(&where), what.message);
    err_printable(&r->err);
    buf_release(&where);
}

/* A field, NULL where there is none or the object itself is missing. */
static const cJSON *field(const cJSON *object, const char *key)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

static const cJSON *needed(struct reader *r, const cJSON *object, const char *key)
{
    const cJSON *item = field(object, key);
    if (item == NULL)
        reader_fail(r, key, "is missing");
    return item;
}

bool reader_has(const cJSON *object, const char *key)
{
    const cJSON *item = field(object, key);
    return item != NULL && !cJSON_IsNull(item);
}

static uint64_t count_of(struct reader *r, const cJSON *item, const char *key)
{
    if (r->err.kind != ERR_NONE)
        return 0;
    double n = item != NULL && cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (n >= 0 && n <= COUNT_MAX && n == floor(n))
        return (uint64_t)n;
    reader_fail(r, key, "is not a whole number");
    return 0;
}

static double number_of(struct reader *r, const cJSON *item, const char *key)
{
    if (r->err.kind != ERR_NONE)
        return 0;
    if (item != NULL && cJSON_IsNumber(item) && isfinite(item->valuedouble))
        return item->valuedouble;
    reader_fail(r, key, "is not a number");
    return 0;
}

static const char *text_of(struct reader *r, const cJSON *item, const char *key)
{
    if (r->err.kind == ERR_NONE && item != NULL && cJSON_IsString(item))
        return item->valuestring;
    reader_fail(r, key, "is not text");
    return "";
}

uint64_t reader_count(struct reader *r, const cJSON *object, const char *key)
{
    const cJSON *item = needed(r, object, key);
    return count_of(r, item, key);
}

uint32_t reader_count32(struct reader *r, const cJSON *object, const char *key)
{
    uint64_t count = reader_count(r, object, key);
    if (count > UINT32_MAX)
        reader_fail(r, key, "is too large");
    return count > UINT32_MAX ? 0 : (uint32_t)count;
}

double reader_seconds(struct reader *r, const cJSON *object, const char *key)
{
    double seconds = reader_number(r, object, key);
    if (seconds >= 0 && seconds <= READER_SECONDS_MAX)
        return seconds;
    reader_fail(r, key, "is no span of time");
    return 0;
}

double reader_number(struct reader *r, const cJSON *object, const char *key)
{
    const cJSON *item = needed(r, object, key);
    return number_of(r, item, key);
}

const char *reader_text(struct reader *r, const cJSON *object, const char *key)
{
    const cJSON *item = needed(r, object, key);
    return text_of(r, item, key);
}

bool reader_bool(struct reader *r, const cJSON *object, const char *key)
{
    const cJSON *item = needed(r, object, key);
    if (!cJSON_IsBool(item))
        reader_fail(r, key, "is neither true nor false");
    return cJSON_IsTrue(item);
}

uint64_t reader_count_or_0(struct reader *r, const cJSON *object, const char *key)
{
    return reader_has(object, key) ? reader_count(r, object, key) : 0;
}

double reader_number_or_0(struct reader *r, const cJSON *object, const char *key)
{
    return reader_has(object, key) ? reader_number(r, object, key) : 0;
}

const char *reader_text_or_null(struct reader *r, const cJSON *object, const char *key)
{
    return reader_has(object, key) ? reader_text(r, object, key) : NULL;
}

size_t reader_enter(struct reader *r, const cJSON *object, const char *key, const cJSON **inner)
{
    size_t path = r->path.len;
    *inner = needed(r, object, key);
    if (*inner != NULL && !cJSON_IsObject(*inner) && !cJSON_IsArray(*inner)) {
        reader_fail(r, key, "is neither an object nor a list");
        *inner = NULL;
    }
    buf_addf(&r->path, "%s%s", path > 0 ? "." : "", key);
    return path;
}

void reader_leave(struct reader *r, size_t path)
{
    r->path.len = path;
}

static void add_place(struct reader *r, const cJSON *item, size_t index)
{
    if (item->string != NULL)
        buf_addf(&r->path, ".%s", item->string);
    else
        buf_addf(&r->path, "[%zu]", index);
}

const cJSON *reader_first(struct reader *r, const cJSON *list)
{
    const cJSON *item = list != NULL ? list->child : NULL;
    if (item == NULL)
        return NULL;
    vec_push(&r->places, 0);
    vec_push(&r->places, r->path.len);
    add_place(r, item, 0);
    return item;
}

const cJSON *reader_next(struct reader *r, const cJSON *item)
{
    size_t *place = &r->places.items[r->places.len - 2];
    r->path.len = place[1];
    if (item->next != NULL) {
        add_place(r, item->next, ++place[0]);
        return item->next;
    }
    r->places.len -= 2;
    return NULL;
}

const char *reader_item_text(struct reader *r, const cJSON *item)
{
    return text_of(r, item, NULL);
}

uint64_t reader_item_count(struct reader *r, const cJSON *item)
{
    return count_of(r, item, NULL);
}

uint64_t reader_item_at(struct reader *r, const cJSON *item, int i)
{
    const cJSON *number = cJSON_IsArray(item) ? item->child : NULL;
    for (; number != NULL && i > 0; i--)
        number = number->next;
    return count_of(r, number, NULL);
}

const char *reader_item_name(const cJSON *item)
{
    return item->string != NULL ? item->string : "";
}

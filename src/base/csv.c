/* One pass over a copy of the text, in which quoted fields shrink in place;
 * see csv.h. */
#include "base/csv.h"

#include "base/mem.h"
#include "base/vec.h"

#include <stdbool.h>

struct reader {
    const char *name;
    char *at, *end; /* unread */
    size_t line;    /* that of `at`, from 1 */
    struct err *err;
};

/* `"..."`, at the opening quote. */
static int read_quoted(struct reader *r, struct csv_field *field)
{
    size_t opened = r->line;
    char *to = ++r->at;
    field->data = to;
    for (; r->at < r->end; r->at++) {
        if (*r->at == '\n')
            r->line++;
        if (*r->at == '"') {
            r->at++;
            if (r->at == r->end || *r->at != '"') {
                field->len = (size_t)(to - field->data);
                return 0;
            }
        }
        *to++ = *r->at;
    }
    return err_set(r->err, ERR_CONFIG, "%s:%zu: a quoted field begins here and never ends", r->name,
                   opened);
}

static int read_plain(struct reader *r, struct csv_field *field)
{
    field->data = r->at;
    while (r->at < r->end && *r->at != ',' && *r->at != '\n' && *r->at != '"')
        r->at++;
    if (r->at < r->end && *r->at == '"')
        return err_set(r->err, ERR_CONFIG,
                       "%s:%zu: a quote inside an unquoted field; quote the whole field and double "
                       "the quotes in it",
                       r->name, r->line);
    field->len = (size_t)(r->at - field->data);
    if (field->len > 0 && r->at[-1] == '\r' && (r->at == r->end || *r->at == '\n'))
        field->len--;
    return 0;
}

static int read_field(struct reader *r, struct csv_field *field)
{
    if (r->at == r->end || *r->at != '"')
        return read_plain(r, field);
    if (read_quoted(r, field) < 0)
        return -1;
    if (r->at < r->end && *r->at == '\r' && (r->at + 1 == r->end || r->at[1] == '\n'))
        r->at++;
    if (r->at < r->end && *r->at != ',' && *r->at != '\n')
        return err_set(r->err, ERR_CONFIG, "%s:%zu: text behind the closing quote of a field",
                       r->name, r->line);
    return 0;
}

static bool skip_empty_lines(struct reader *r)
{
    for (;;) {
        if (r->at < r->end && *r->at == '\n')
            r->at++;
        else if (r->end - r->at >= 2 && r->at[0] == '\r' && r->at[1] == '\n')
            r->at += 2;
        else
            return r->at < r->end;
        r->line++;
    }
}

int csv_parse(struct csv *c, const char *name, const char *text, size_t len, struct err *err)
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (len >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        len -= 3;
    }
    VEC(struct csv_field) fields = VEC_INIT;
    *c = (struct csv){.text = xstrndup(text, len)};
    struct reader r = {.name = name, .at = c->text, .end = c->text + len, .line = 1, .err = err};
    size_t rows = 0;
    while (skip_empty_lines(&r)) {
        size_t line = r.line, before = fields.len;
        for (;;) {
            if (read_field(&r, vec_add(&fields)) < 0)
                goto failed;
            if (r.at == r.end || *r.at == '\n')
                break;
            r.at++; /* the comma */
        }
        size_t found = fields.len - before;
        if (rows++ == 0)
            c->columns = found;
        if (found != c->columns) {
            err_set(err, ERR_CONFIG, "%s:%zu: %zu field%s, and the header has %zu", name, line,
                    found, found == 1 ? "" : "s", c->columns);
            goto failed;
        }
    }
    if (rows < 2) {
        err_set(err, ERR_CONFIG, "%s: %s", name,
                rows == 0 ? "it is empty; the first line names the columns"
                          : "no rows behind the header");
        goto failed;
    }
    c->fields = fields.items;
    c->rows = rows - 1;
    return 0;
failed:
    vec_release(&fields);
    csv_release(c);
    return -1;
}

void csv_release(struct csv *c)
{
    free(c->text);
    free(c->fields);
    *c = (struct csv){0};
}

int csv_column(const struct csv *c, const char *name, size_t len)
{
    for (size_t i = 0; i < c->columns; i++)
        if (c->fields[i].len == len && memcmp(c->fields[i].data, name, len) == 0)
            return (int)i;
    return -1;
}

/*
 * {{csv FILE COLUMN}}: the files, each read once for all the templates that
 * name it, and their columns.
 */
#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "run/template_compiler.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A file of more is no list of test data any more. */
enum { CSV_MAX = 1024 << 20 };

struct template_files {
    VEC(struct file {
        char *path; /* owned */
        struct csv csv;
    })
    items;
};

struct template_files *template_files_new(void)
{
    return xcalloc(1, sizeof(struct template_files));
}

void template_files_free(struct template_files *files)
{
    if (!files)
        return;
    for (size_t i = 0; i < files->items.len; i++) {
        free(files->items.items[i].path);
        csv_release(&files->items.items[i].csv);
    }
    vec_release(&files->items);
    free(files);
}

static bool has_control(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (iscntrl((unsigned char)data[i]))
            return true;
    return false;
}

static const struct csv *open_csv(struct template_compiler *c, size_t at, const char *path)
{
    for (size_t i = 0; i < c->files->items.len; i++) {
        if (strcmp(c->files->items.items[i].path, path) == 0) {
            return &c->files->items.items[i].csv;
        }
    }
    struct buf text = BUF_INIT;
    struct file made = {.path = xstrdup(path)};
    struct err why;
    int rc = file_read(&text, path, CSV_MAX, &why);
    if (rc == 0)
        rc = csv_parse(&made.csv, file_name(path), text.data ? text.data : "", text.len, &why);
    buf_release(&text);
    if (rc < 0) {
        free(made.path);
        template_fail(c, at, "%s", why.message);
        return NULL;
    }
    vec_push(&c->files->items, made);
    return &c->files->items.items[c->files->items.len - 1].csv;
}

static int unknown_column(struct template_compiler *c, size_t at, const char *path,
                          const struct csv *csv, const char *name)
{
    struct buf names = BUF_INIT;
    const char **words = xcalloc(csv->columns, sizeof(*words));
    for (size_t i = 0; i < csv->columns; i++) {
        const struct csv_field *f = &csv->fields[i];
        words[i] = xstrndup(f->data, f->len);
        buf_addf(&names, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    const char *near = suggest(name, words, csv->columns);
    if (near)
        template_fail(c, at, "%s has no column \"%.40s\"; did you mean \"%s\"?", file_name(path),
                      name, near);
    else
        template_fail(c, at, "%s has no column \"%.40s\"; it has %.160s", file_name(path), name,
                      buf_cstr(&names));
    for (size_t i = 0; i < csv->columns; i++)
        free((char *)words[i]);
    free(words);
    buf_release(&names);
    return -1;
}

static bool is_ambiguous(const struct csv *csv, size_t column)
{
    const struct csv_field *name = &csv->fields[column];
    for (size_t i = column + 1; i < csv->columns; i++) {
        const struct csv_field *other = &csv->fields[i];
        if (other->len == name->len && memcmp(other->data, name->data, name->len) == 0)
            return true;
    }
    return false;
}

static int take_column(struct template_compiler *c, size_t at, const char *path,
                       const struct csv *csv, const char *name, struct piece *p)
{
    int column = csv_column(csv, name, strlen(name));
    if (column < 0)
        return unknown_column(c, at, path, csv, name);
    if (is_ambiguous(csv, (size_t)column))
        return template_fail(c, at, "%s has two columns \"%.40s\"; name them apart",
                             file_name(path), name);
    struct template_collector values = {BUF_INIT, VEC_INIT};
    for (size_t row = 0; row < csv->rows; row++) {
        struct csv_field field = csv_at(csv, row, (size_t)column);
        if (c->escape == TEMPLATE_HEADER && has_control(field.data, field.len)) {
            template_collector_release(&values);
            return template_fail(
                c, at,
                "row %zu of %s has a control character in this column; a header may "
                "not hold it",
                row + 1, file_name(path));
        }
        template_collect(&values, c->escape, field.data, field.len);
    }
    p->choices = template_collected(&values);
    return 0;
}

int template_compile_csv(struct template_compiler *c, struct piece *p)
{
    size_t file_at = c->at;
    char *path = template_take_word(c);
    size_t column_at = c->at;
    char *name = template_take_word(c);
    const struct csv *csv = open_csv(c, file_at, path);
    int rc = csv ? take_column(c, column_at, path, csv, name, p) : -1;
    free(path);
    free(name);
    return rc;
}

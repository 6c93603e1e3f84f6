/*
 * Compiling templates; see template.h. A text is cut at its "{{" and "}}" (not
 * those inside quotes), and what is between them is read from left to right:
 * the function's name, then its arguments.
 */
#include "base/caret.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "run/template_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
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

struct compiler {
    struct template_files *files;
    const char *what;
    const char *text; /* the whole */
    size_t len;
    enum template_escape escape;
    struct err *err;
    size_t at, end; /* unread, inside of {{ and }} */
};

#define fail(c, place, ...) \
    caret_error((c)->err, (c)->what, (c)->text, (c)->len, place, __VA_ARGS__)

/* --- words ------------------------------------------------------------------- */

static void skip_blanks(struct compiler *c)
{
    while (c->at < c->end && isspace((unsigned char)c->text[c->at]))
        c->at++;
}

/* The closing quote of the string that begins at `at`, or `end`. */
static size_t string_end(const char *text, size_t at, size_t end)
{
    for (at++; at < end && text[at] != '"'; at++)
        at += text[at] == '\\' && at + 1 < end;
    return at;
}

/* A word, or a string without its quotes and backslashes; owned by the caller. */
static char *take_word(struct compiler *c)
{
    struct buf word = BUF_INIT;
    buf_reserve(&word, 1);
    skip_blanks(c);
    if (c->at < c->end && c->text[c->at] == '"') {
        size_t close = string_end(c->text, c->at, c->end);
        for (c->at++; c->at < close; c->at++) {
            c->at += c->text[c->at] == '\\' && c->at + 1 < close;
            buf_addch(&word, c->text[c->at]);
        }
        c->at = close + 1;
    } else {
        while (c->at < c->end && !isspace((unsigned char)c->text[c->at]))
            buf_addch(&word, c->text[c->at++]);
    }
    skip_blanks(c);
    return buf_detach(&word);
}

static int take_int(struct compiler *c, int64_t *n, const char *name)
{
    skip_blanks(c);
    size_t at = c->at;
    char *word = take_word(c), *rest;
    errno = 0;
    long long value = strtoll(word, &rest, 10);
    int rc = 0;
    if (*rest || rest == word || isspace((unsigned char)*word))
        rc = fail(c, at, "%s must be a whole number, not \"%.40s\"", name, word);
    else if (errno == ERANGE)
        rc = fail(c, at, "%s is too large", name);
    *n = value;
    free(word);
    return rc;
}

/* --- values ------------------------------------------------------------------- */

static void escape_url(struct buf *out, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)data[i];
        if (byte < 0x80 && (isalnum(byte) || strchr("-._~", byte)) && byte != '\0')
            buf_addch(out, (char)byte);
        else
            buf_addf(out, "%%%02X", byte);
    }
}

static void escape_json(struct buf *out, const char *data, size_t len)
{
    struct buf string = BUF_INIT;
    struct json json;
    json_init(&json, &string, false);
    json_string_n(&json, data, len);
    buf_add(out, string.data + 1, string.len - 2);
    buf_release(&string);
}

static bool has_control(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (iscntrl((unsigned char)data[i]))
            return true;
    return false;
}

/* Values on their way into a struct choices, whose bytes may still move. */
struct collector {
    struct buf bytes;
    VEC(size_t) ends;
};

static void collect(struct collector *to, enum template_escape escape, const char *data, size_t len)
{
    if (escape == TEMPLATE_URL)
        escape_url(&to->bytes, data, len);
    else if (escape == TEMPLATE_JSON)
        escape_json(&to->bytes, data, len);
    else
        buf_add(&to->bytes, data, len);
    vec_push(&to->ends, to->bytes.len);
}

static void collector_release(struct collector *c)
{
    buf_release(&c->bytes);
    vec_release(&c->ends);
}

static struct choices collected(struct collector *from)
{
    struct choices made = {.len = from->ends.len};
    buf_reserve(&from->bytes, 1);
    made.bytes = buf_detach(&from->bytes);
    made.items = xcalloc(made.len, sizeof(*made.items));
    size_t begin = 0;
    for (size_t i = 0; i < made.len; i++) {
        made.items[i] = (struct choice){made.bytes + begin, from->ends.items[i] - begin};
        begin = from->ends.items[i];
    }
    collector_release(from);
    return made;
}

/* --- the functions -------------------------------------------------------------- */

static int compile_random(struct compiler *c, struct piece *p)
{
    size_t at = c->at;
    if (take_int(c, &p->random.low, "the lowest number") < 0 ||
        take_int(c, &p->random.high, "the highest number") < 0)
        return -1;
    if (p->random.low > p->random.high)
        return fail(c, at, "the lowest number stands first");
    return 0;
}

static int compile_counter(struct compiler *c, struct piece *p)
{
    p->counter.start = p->counter.step = 1;
    if (c->at < c->end && take_int(c, &p->counter.start, "the first number") < 0)
        return -1;
    return c->at < c->end ? take_int(c, &p->counter.step, "the step") : 0;
}

/* '|' if one stands between the values, else ','. */
static char separator(const struct compiler *c)
{
    for (size_t i = c->at; i < c->end; i++) {
        if (c->text[i] == '"')
            i = string_end(c->text, i, c->end);
        else if (c->text[i] == '|')
            return '|';
    }
    return ',';
}

/* An unquoted value may have blanks inside. */
static int take_value(struct compiler *c, char by, struct collector *to)
{
    skip_blanks(c);
    size_t begin = c->at;
    if (c->at < c->end && c->text[c->at] == '"') {
        char *word = take_word(c);
        collect(to, c->escape, word, strlen(word));
        free(word);
        if (c->at < c->end && c->text[c->at] != by)
            return fail(c, c->at, "a \"%c\" must stand between two values", by);
    } else {
        while (c->at < c->end && c->text[c->at] != by)
            c->at++;
        size_t end = c->at;
        while (end > begin && isspace((unsigned char)c->text[end - 1]))
            end--;
        if (end == begin)
            return fail(c, begin, "a value is missing here; an empty one is \"\"");
        collect(to, c->escape, c->text + begin, end - begin);
    }
    return 0;
}

static int compile_pick(struct compiler *c, struct piece *p)
{
    struct collector values = {BUF_INIT, VEC_INIT};
    char by = separator(c);
    for (;;) {
        if (take_value(c, by, &values) < 0) {
            collector_release(&values);
            return -1;
        }
        if (c->at == c->end)
            break;
        c->at++;
    }
    p->choices = collected(&values);
    return 0;
}

static const struct csv *open_csv(struct compiler *c, size_t at, const char *path)
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
        fail(c, at, "%s", why.message);
        return NULL;
    }
    vec_push(&c->files->items, made);
    return &c->files->items.items[c->files->items.len - 1].csv;
}

static int unknown_column(struct compiler *c, size_t at, const char *path, const struct csv *csv,
                          const char *name)
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
        fail(c, at, "%s has no column \"%.40s\"; did you mean \"%s\"?", file_name(path), name,
             near);
    else
        fail(c, at, "%s has no column \"%.40s\"; it has %.160s", file_name(path), name,
             buf_cstr(&names));
    for (size_t i = 0; i < csv->columns; i++)
        free((char *)words[i]);
    free(words);
    buf_release(&names);
    return -1;
}

static int take_column(struct compiler *c, size_t at, const char *path, const struct csv *csv,
                       const char *name, struct piece *p)
{
    int column = csv_column(csv, name, strlen(name));
    if (column < 0)
        return unknown_column(c, at, path, csv, name);
    struct collector values = {BUF_INIT, VEC_INIT};
    for (size_t row = 0; row < csv->rows; row++) {
        struct csv_field field = csv_at(csv, row, (size_t)column);
        if (c->escape == TEMPLATE_HEADER && has_control(field.data, field.len)) {
            collector_release(&values);
            return fail(c, at,
                        "row %zu of %s has a control character in this column; a header may "
                        "not hold it",
                        row + 1, file_name(path));
        }
        collect(&values, c->escape, field.data, field.len);
    }
    p->choices = collected(&values);
    return 0;
}

static int compile_csv(struct compiler *c, struct piece *p)
{
    size_t file_at = c->at;
    char *path = take_word(c);
    size_t column_at = c->at;
    char *name = take_word(c);
    const struct csv *csv = open_csv(c, file_at, path);
    int rc = csv ? take_column(c, column_at, path, csv, name, p) : -1;
    free(path);
    free(name);
    return rc;
}

static int compile_now(struct compiler *c, struct piece *p)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"", NS_PER_S}, {"s", NS_PER_S}, {"ms", NS_PER_MS}, {"us", NS_PER_US}};
    size_t at = c->at;
    char *word = take_word(c);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(word, units[i].name) == 0)
            p->now_unit_ns = units[i].ns;
    free(word);
    return p->now_unit_ns ? 0 : fail(c, at, "the unit is s, ms or us");
}

static const struct function {
    const char *name;
    enum piece_kind kind;
    int (*compile)(struct compiler *c, struct piece *p); /* NULL: no arguments */
    bool needs;                                          /* at least one argument */
    const char *usage;
} functions[] = {
    {"random", PIECE_RANDOM, compile_random, true, "random LOW HIGH"},
    {"int", PIECE_RANDOM, compile_random, true, "int LOW HIGH"},
    {"uuid", PIECE_UUID, NULL, false, "uuid"},
    {"pick", PIECE_PICK, compile_pick, true, "pick A | B | C"},
    {"counter", PIECE_COUNTER, compile_counter, false, "counter START STEP"},
    {"csv", PIECE_CSV, compile_csv, true, "csv FILE COLUMN"},
    {"now", PIECE_NOW, compile_now, false, "now UNIT"},
    {"timestamp", PIECE_NOW, compile_now, false, "timestamp UNIT"},
    {"worker", PIECE_WORKER, NULL, false, "worker"},
    {"connection", PIECE_CONNECTION, NULL, false, "connection"},
};
enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

static int unknown_function(struct compiler *c, size_t at, const char *name)
{
    const char *names[FUNCTIONS];
    struct buf known = BUF_INIT;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        names[i] = functions[i].name;
        buf_addf(&known, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *near = suggest(name, names, FUNCTIONS);
    if (!*name)
        fail(c, at, "nothing between {{ and }}; known: %s", buf_cstr(&known));
    else if (near)
        fail(c, at, "unknown function \"%.40s\"; did you mean \"%s\"?", name, near);
    else
        fail(c, at, "unknown function \"%.40s\"; known: %s; to send {{, write {{\"{{\"}}", name,
             buf_cstr(&known));
    buf_release(&known);
    return -1;
}

static int compile_function(struct compiler *c, struct template *t)
{
    size_t at = c->at;
    char *name = take_word(c);
    const struct function *f = functions;
    while (f < functions + FUNCTIONS && strcmp(f->name, name) != 0)
        f++;
    struct piece piece = {0};
    int rc = 0;
    if (f == functions + FUNCTIONS)
        rc = unknown_function(c, at, name);
    else if (f->needs && c->at == c->end)
        rc = fail(c, at, "%s lacks its values; write {{%s}}", name, f->usage);
    else if (f->compile)
        rc = f->compile(c, &piece);
    if (rc == 0) {
        piece.kind = f->kind;
        template_push(t, piece);
        if (c->at < c->end)
            rc = fail(c, c->at, "nothing is expected here; write {{%s}}", f->usage);
    }
    free(name);
    return rc;
}

/* {{"text"}} */
static int compile_text(struct compiler *c, struct template *t)
{
    char *text = take_word(c);
    template_add_text(t, text, strlen(text));
    free(text);
    return c->at < c->end ? fail(c, c->at, "nothing is expected behind the text") : 0;
}

/* Where the "}}" of the "{{" before `at` begins; len: there is none. */
static size_t find_close(const char *text, size_t at, size_t len)
{
    for (; at + 1 < len; at++) {
        if (text[at] == '"')
            at = string_end(text, at, len);
        else if (text[at] == '}' && text[at + 1] == '}')
            return at;
    }
    return len;
}

size_t template_text_span(const char *text, const char *stops)
{
    size_t at = 0, len = strlen(text);
    while (at < len && !strchr(stops, text[at])) {
        bool open = text[at] == '{' && text[at + 1] == '{';
        size_t close = open ? find_close(text, at + 2, len) : len;
        at = close < len ? close + 2 : at + 1;
    }
    return at;
}

static int compile(struct compiler *c, struct template *t)
{
    size_t at = 0;
    for (;;) {
        const char *open = at < c->len ? memmem(c->text + at, c->len - at, "{{", 2) : NULL;
        size_t begin = open ? (size_t)(open - c->text) : c->len;
        template_add_text(t, c->text + at, begin - at);
        if (!open)
            return 0;
        c->at = begin + 2;
        c->end = find_close(c->text, c->at, c->len);
        if (c->end == c->len)
            return fail(c, begin, "no }} closes this; to send {{ itself, write {{\"{{\"}}");
        at = c->end + 2;
        skip_blanks(c);
        while (c->end > c->at && isspace((unsigned char)c->text[c->end - 1]))
            c->end--;
        bool is_text = c->at < c->end && c->text[c->at] == '"';
        if ((is_text ? compile_text(c, t) : compile_function(c, t)) < 0)
            return -1;
    }
}

struct template *template_compile(struct template_files *files, const char *what, const char *text,
                                  size_t len, enum template_escape escape, struct err *err)
{
    struct compiler c = {
        .files = files, .what = what, .text = text, .len = len, .escape = escape, .err = err};
    struct template *t = template_new();
    if (compile(&c, t) == 0)
        return t;
    template_free(t);
    return NULL;
}

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

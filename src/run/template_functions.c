/*
 * The functions of templates, {{NAME ARGUMENTS}}: a table of their names, and
 * what each makes of its arguments, read from left to right.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "run/template_compiler.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int compile_random(struct template_compiler *c, struct piece *p)
{
    size_t at = c->at;
    if (template_take_int(c, &p->random.low, "the lowest number") < 0 ||
        template_take_int(c, &p->random.high, "the highest number") < 0)
        return -1;
    if (p->random.low > p->random.high)
        return template_fail(c, at, "the lowest number stands first");
    return 0;
}

static int compile_counter(struct template_compiler *c, struct piece *p)
{
    p->counter.start = p->counter.step = 1;
    if (c->at < c->end && template_take_int(c, &p->counter.start, "the first number") < 0)
        return -1;
    return c->at < c->end ? template_take_int(c, &p->counter.step, "the step") : 0;
}

/* '|' if one stands between the values, else ','. */
static char separator(const struct template_compiler *c)
{
    for (size_t i = c->at; i < c->end; i++) {
        if (c->text[i] == '"')
            i = template_string_end(c->text, i, c->end);
        else if (c->text[i] == '|')
            return '|';
    }
    return ',';
}

/* An unquoted value may have blanks inside. */
static int take_value(struct template_compiler *c, char by, struct template_collector *to)
{
    template_skip_blanks(c);
    size_t begin = c->at;
    if (c->at < c->end && c->text[c->at] == '"') {
        char *word = template_take_word(c);
        template_collect(to, c->escape, word, strlen(word));
        free(word);
        if (c->at < c->end && c->text[c->at] != by)
            return template_fail(c, c->at, "a \"%c\" must stand between two values", by);
    } else {
        while (c->at < c->end && c->text[c->at] != by)
            c->at++;
        size_t end = c->at;
        while (end > begin && isspace((unsigned char)c->text[end - 1]))
            end--;
        if (end == begin)
            return template_fail(c, begin, "a value is missing here; an empty one is \"\"");
        template_collect(to, c->escape, c->text + begin, end - begin);
    }
    return 0;
}

static int compile_pick(struct template_compiler *c, struct piece *p)
{
    struct template_collector values = {BUF_INIT, VEC_INIT};
    char by = separator(c);
    for (;;) {
        if (take_value(c, by, &values) < 0) {
            template_collector_release(&values);
            return -1;
        }
        if (c->at == c->end)
            break;
        c->at++;
    }
    p->choices = template_collected(&values);
    return 0;
}

static int compile_now(struct template_compiler *c, struct piece *p)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"", NS_PER_S}, {"s", NS_PER_S}, {"ms", NS_PER_MS}, {"us", NS_PER_US}};
    size_t at = c->at;
    char *word = template_take_word(c);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(word, units[i].name) == 0)
            p->now_unit_ns = units[i].ns;
    free(word);
    return p->now_unit_ns ? 0 : template_fail(c, at, "the unit is s, ms or us");
}

static const struct function {
    const char *name;
    enum piece_kind kind;
    int (*compile)(struct template_compiler *c, struct piece *p); /* NULL: no arguments */
    bool needs;                                                   /* at least one argument */
    const char *usage;
} functions[] = {
    {"random", PIECE_RANDOM, compile_random, true, "random LOW HIGH"},
    {"int", PIECE_RANDOM, compile_random, true, "int LOW HIGH"},
    {"uuid", PIECE_UUID, NULL, false, "uuid"},
    {"pick", PIECE_PICK, compile_pick, true, "pick A | B | C"},
    {"counter", PIECE_COUNTER, compile_counter, false, "counter START STEP"},
    {"csv", PIECE_CSV, template_compile_csv, true, "csv FILE COLUMN"},
    {"now", PIECE_NOW, compile_now, false, "now UNIT"},
    {"timestamp", PIECE_NOW, compile_now, false, "timestamp UNIT"},
    {"worker", PIECE_WORKER, NULL, false, "worker"},
    {"connection", PIECE_CONNECTION, NULL, false, "connection"},
};
enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

static int unknown_function(struct template_compiler *c, size_t at, const char *name)
{
    const char *names[FUNCTIONS];
    struct buf known = BUF_INIT;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        names[i] = functions[i].name;
        buf_addf(&known, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *near = suggest(name, names, FUNCTIONS);
    if (!*name)
        template_fail(c, at, "nothing between {{ and }}; known: %s", buf_cstr(&known));
    else if (near)
        template_fail(c, at, "unknown function \"%.40s\"; did you mean \"%s\"?", name, near);
    else
        template_fail(c, at, "unknown function \"%.40s\"; known: %s; to send {{, write {{\"{{\"}}",
                      name, buf_cstr(&known));
    buf_release(&known);
    return -1;
}

int template_compile_function(struct template_compiler *c, struct template *t)
{
    size_t at = c->at;
    char *name = template_take_word(c);
    const struct function *f = functions;
    while (f < functions + FUNCTIONS && strcmp(f->name, name) != 0)
        f++;
    struct piece piece = {0};
    int rc = 0;
    if (f == functions + FUNCTIONS)
        rc = unknown_function(c, at, name);
    else if (f->needs && c->at == c->end)
        rc = template_fail(c, at, "%s lacks its values; write {{%s}}", name, f->usage);
    else if (f->compile)
        rc = f->compile(c, &piece);
    if (rc == 0) {
        piece.kind = f->kind;
        template_push(t, piece);
        if (c->at < c->end)
            rc = template_fail(c, c->at, "nothing is expected here; write {{%s}}", f->usage);
    }
    free(name);
    return rc;
}

/*
 * Compiling templates; see template.h. A text is cut at its "{{" and "}}" (not
 * those inside quotes); what is between them is a text or a function's
 * (template_functions.c).
 */
#include "run/template_compiler.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* {{"text"}} */
static int compile_text(struct template_compiler *c, struct template *t)
{
    char *text = template_take_word(c);
    template_add_text(t, text, strlen(text));
    free(text);
    return c->at < c->end ? template_fail(c, c->at, "nothing is expected behind the text") : 0;
}

/* Where the "}}" of the "{{" before `at` begins; len: there is none. */
static size_t find_close(const char *text, size_t at, size_t len)
{
    for (; at + 1 < len; at++) {
        if (text[at] == '"')
            at = template_string_end(text, at, len);
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

static int compile(struct template_compiler *c, struct template *t)
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
            return template_fail(c, begin,
                                 "no }} closes this; to send {{ itself, write {{\"{{\"}}");
        at = c->end + 2;
        template_skip_blanks(c);
        while (c->end > c->at && isspace((unsigned char)c->text[c->end - 1]))
            c->end--;
        bool is_text = c->at < c->end && c->text[c->at] == '"';
        if ((is_text ? compile_text(c, t) : template_compile_function(c, t)) < 0)
            return -1;
    }
}

struct template *template_compile(struct template_files *files, const char *what, const char *text,
                                  size_t len, enum template_escape escape, struct err *err)
{
    struct template_compiler c = {
        .files = files, .what = what, .text = text, .len = len, .escape = escape, .err = err};
    struct template *t = template_new();
    if (compile(&c, t) == 0)
        return t;
    template_free(t);
    return NULL;
}

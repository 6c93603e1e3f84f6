/*
 * The words between a template's braces; see template_compiler.h.
 */
#include "run/template_compiler.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

void template_skip_blanks(struct template_compiler *c)
{
    while (c->at < c->end && isspace((unsigned char)c->text[c->at]))
        c->at++;
}

size_t template_string_end(const char *text, size_t at, size_t end)
{
    for (at++; at < end && text[at] != '"'; at++)
        at += text[at] == '\\' && at + 1 < end;
    return at;
}

char *template_take_word(struct template_compiler *c)
{
    struct buf word = BUF_INIT;
    buf_reserve(&word, 1);
    template_skip_blanks(c);
    if (c->at < c->end && c->text[c->at] == '"') {
        size_t close = template_string_end(c->text, c->at, c->end);
        for (c->at++; c->at < close; c->at++) {
            c->at += c->text[c->at] == '\\' && c->at + 1 < close;
            buf_addch(&word, c->text[c->at]);
        }
        c->at = close + 1;
    } else {
        while (c->at < c->end && !isspace((unsigned char)c->text[c->at]))
            buf_addch(&word, c->text[c->at++]);
    }
    template_skip_blanks(c);
    return buf_detach(&word);
}

int template_take_int(struct template_compiler *c, int64_t *n, const char *name)
{
    template_skip_blanks(c);
    size_t at = c->at;
    char *word = template_take_word(c), *rest;
    errno = 0;
    long long value = strtoll(word, &rest, 10);
    int rc = 0;
    if (*word == '\0')
        rc = template_fail(c, at, "%s is missing", name);
    else if (*rest || rest == word || isspace((unsigned char)*word))
        rc = template_fail(c, at, "%s must be a whole number, not \"%.40s\"", name, word);
    else if (errno == ERANGE)
        rc = template_fail(c, at, "%s is too large", name);
    *n = value;
    free(word);
    return rc;
}

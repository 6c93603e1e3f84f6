/* The tools of the threshold parser; see threshold_parser.h. */
#include "stats/threshold_parser.h"

#include "base/buf.h"
#include "base/mem.h"

#include <ctype.h>
#include <string.h>

enum { EXPRESSION_SHOWN = 120 };

int parser_fail(const struct threshold_parser *p, size_t at, const char *fmt, ...)
{
    if (!p->err)
        return -1;
    const char *text = p->text;
    size_t len = strlen(text), start = 0;
    if (len > EXPRESSION_SHOWN && at > EXPRESSION_SHOWN / 2) {
        start = at - EXPRESSION_SHOWN / 2;
        while (start < at && ((unsigned char)text[start] & 0xC0) == 0x80)
            start++;
    }
    struct err reason;
    va_list args;
    va_start(args, fmt);
    err_setv(&reason, ERR_CONFIG, fmt, args);
    va_end(args);
    err_printable(&reason);

    struct buf lines = BUF_INIT;
    for (size_t i = start; i < len && i - start < EXPRESSION_SHOWN; i++)
        buf_addch(&lines, iscntrl((unsigned char)text[i]) ? ' ' : text[i]);
    buf_adds(&lines, "\n    ");
    for (size_t i = start; i < at; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80) /* one column per UTF-8 character */
            buf_addch(&lines, ' ');
    err_set(p->err, ERR_CONFIG, "threshold: %s\n    %s^", reason.message, buf_cstr(&lines));
    buf_release(&lines);
    return -1;
}

size_t parser_skip(const char *text, size_t at)
{
    return at + strspn(text + at, " \t");
}

bool parser_word(struct threshold_parser *p, const char *word)
{
    size_t len = strlen(word);
    const char *at = p->text + p->at;
    if (strncmp(at, word, len) != 0 || (at[len] && at[len] != ' ' && at[len] != '\t'))
        return false;
    p->at = parser_skip(p->text, p->at + len);
    return true;
}

int parser_quoted(struct threshold_parser *p, char **name)
{
    size_t begin = p->at + 1;
    const char *end = strchr(p->text + begin, '"');
    if (!end)
        return parser_fail(p, p->at, "the quote that begins here has no end");
    if (end == p->text + begin)
        return parser_fail(p, p->at, "there is no name between the quotes");
    *name = xstrndup(p->text + begin, (size_t)(end - p->text) - begin);
    p->at = (size_t)(end - p->text) + 1;
    return 0;
}

/* The tools of the threshold parser; see threshold_parser.h. */
#include "stats/threshold_parser.h"

#include "base/caret.h"
#include "base/mem.h"

#include <ctype.h>
#include <string.h>

int parser_fail(const struct threshold_parser *p, size_t at, const char *fmt, ...)
{
    struct err reason;
    va_list args;
    va_start(args, fmt);
    err_setv(&reason, ERR_CONFIG, fmt, args);
    va_end(args);
    return caret_error(p->err, "threshold", p->text, strlen(p->text), at, "%s", reason.message);
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

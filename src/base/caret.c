/* See caret.h. */
#include "base/caret.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdbool.h>

enum { SHOWN = 120 };

static bool continues_character(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* As it is shown: control characters as spaces. */
static void add_shown(struct buf *out, const char *text, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        buf_addch(out, iscntrl((unsigned char)text[i]) ? ' ' : text[i]);
}

/* The indentation, and blanks as wide as what is shown. */
static void add_blanks(struct buf *out, const char *text, size_t begin, size_t end)
{
    struct buf shown = BUF_INIT;
    add_shown(&shown, text, begin, end);
    buf_adds(out, "    ");
    const char *p = buf_cstr(&shown);
    for (uint32_t code; (code = utf8_next(&p)) != 0;)
        for (int width = utf8_width(code); width > 0; width--)
            buf_addch(out, ' ');
    buf_release(&shown);
}

int caret_error(struct err *err, const char *what, const char *text, size_t len, size_t at,
                const char *fmt, ...)
{
    if (!err)
        return -1;
    struct err reason;
    va_list args;
    va_start(args, fmt);
    err_setv(&reason, ERR_CONFIG, fmt, args);
    va_end(args);
    err_printable(&reason);

    size_t begin = at, end = at;
    while (begin > 0 && text[begin - 1] != '\n')
        begin--;
    while (end < len && text[end] != '\n')
        end++;
    if (end - begin > SHOWN && at - begin > SHOWN / 2) {
        begin = at - SHOWN / 2;
        while (begin < at && continues_character(text[begin]))
            begin++;
    }
    if (end - begin > SHOWN)
        end = begin + SHOWN;

    struct buf lines = BUF_INIT;
    add_shown(&lines, text, begin, end);
    buf_addch(&lines, '\n');
    add_blanks(&lines, text, begin, at);
    err_set(err, ERR_CONFIG, "%s\n    %s^", reason.message, buf_cstr(&lines));
    buf_release(&lines);
    return what ? err_prefix(err, "%s", what) : -1;
}

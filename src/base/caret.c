/* See caret.h. A column is a UTF-8 character. */
#include "base/caret.h"

#include "base/buf.h"

#include <ctype.h>
#include <stdbool.h>

enum { SHOWN = 120 };

static bool continues_character(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
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
    for (size_t i = begin; i < end; i++)
        buf_addch(&lines, iscntrl((unsigned char)text[i]) ? ' ' : text[i]);
    buf_adds(&lines, "\n    ");
    for (size_t i = begin; i < at; i++)
        if (!continues_character(text[i]))
            buf_addch(&lines, ' ');
    err_set(err, ERR_CONFIG, "%s\n    %s^", reason.message, buf_cstr(&lines));
    buf_release(&lines);
    return what ? err_prefix(err, "%s", what) : -1;
}

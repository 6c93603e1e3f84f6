/* What sorts characters, and foreign bytes made fit for an error message. */
#include "proto/http1_chars.h"

#include <stdio.h>
#include <string.h>

/* !#$%&'*+-. 0-9 A-Z ^_` a-z |~ */
const bool http1_token_chars[256] = {
    ['!'] = true,         ['#' ... '\''] = true, ['*'] = true,         ['+'] = true,
    ['-'] = true,         ['.'] = true,          ['0' ... '9'] = true, ['A' ... 'Z'] = true,
    ['^' ... 'z'] = true, ['|'] = true,          ['~'] = true,
};

static char *put_escaped(char *to, char c)
{
    static const char named[] = "\rr\nn\tt\"\"\\\\";
    for (const char *n = named; *n; n += 2) {
        if (*n == c) {
            *to++ = '\\';
            *to++ = n[1];
            return to;
        }
    }
    if (c >= ' ' && c <= '~')
        *to++ = c;
    else
        to += sprintf(to, "\\x%02x", (unsigned char)c);
    return to;
}

const char *http1_quote(char out[HTTP1_QUOTE_MAX], struct http1_span bytes)
{
    char *to = out;
    *to++ = '"';
    for (size_t i = 0; i < bytes.len && i < HTTP1_QUOTE_SHOWN; i++)
        to = put_escaped(to, bytes.data[i]);
    *to++ = '"';
    if (bytes.len > HTTP1_QUOTE_SHOWN) {
        memcpy(to, "...", 3);
        to += 3;
    }
    *to = '\0';
    return out;
}

#include "target/base64.h"

#include <stdint.h>

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct buf *out, const char *text, size_t len)
{
    if (len % 4 == 0) {
        for (int padding = 0; padding < 2 && len > 0 && text[len - 1] == '='; padding++)
            len--;
    }
    if (len % 4 == 1)
        return false;
    size_t start = out->len;
    uint32_t bits = 0;
    int bits_len = 0;
    for (size_t i = 0; i < len; i++) {
        int d = digit(text[i]);
        if (d < 0) {
            out->len = start;
            return false;
        }
        bits = bits << 6 | (uint32_t)d;
        bits_len += 6;
        if (bits_len >= 8) {
            bits_len -= 8;
            buf_addch(out, (char)(bits >> bits_len));
        }
    }
    return true;
}

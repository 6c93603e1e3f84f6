/* UTF-8; see utf8.h. */
#include "base/utf8.h"

#include <stdbool.h>
#include <stddef.h>

uint32_t utf8_next(const char **p)
{
    const unsigned char *s = (const unsigned char *)*p;
    if (s[0] == 0)
        return 0;
    int more = s[0] < 0x80   ? 0
               : s[0] < 0xC2 ? -1
               : s[0] < 0xE0 ? 1
               : s[0] < 0xF0 ? 2
               : s[0] < 0xF5 ? 3
                             : -1;
    if (more <= 0) {
        *p += 1;
        return more == 0 ? s[0] : UTF8_REPLACEMENT;
    }
    uint32_t code = s[0] & (0x3FU >> more);
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            *p += 1;
            return UTF8_REPLACEMENT;
        }
        code = code << 6 | (s[i] & 0x3FU);
    }
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < least[more] || surrogate || code > 0x10FFFF) {
        *p += 1;
        return UTF8_REPLACEMENT;
    }
    *p += more + 1;
    return code;
}

struct range {
    uint32_t first, last;
};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

#define IN(code, ranges) in_ranges(code, ranges, sizeof(ranges) / sizeof((ranges)[0]))

/* The blocks of combining marks, and of the signs that Unicode's East Asian
 * Width (UAX #11) makes two columns wide; what names hold in practice. */
static const struct range combining[] = {
    {0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}};
static const struct range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
                                    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
                                    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
                                    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

int utf8_width(uint32_t code)
{
    return code < 0x300 ? 1 : IN(code, combining) ? 0 : IN(code, wide) ? 2 : 1;
}

/*
 * UTF-8 for terminals: decoding (RFC 3629), widths, and cleaning of foreign
 * text. Used by page.c and table.c, through which everything on the console
 * passes, so nothing reaches the terminal uncleaned.
 */
#include "report/text.h"

enum { REPLACEMENT = 0xFFFD };

uint32_t text_next(const char **p)
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
        return more == 0 ? s[0] : REPLACEMENT;
    }
    uint32_t code = s[0] & (0x3FU >> more);
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            *p += 1;
            return REPLACEMENT;
        }
        code = code << 6 | (s[i] & 0x3FU);
    }
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < least[more] || surrogate || code > 0x10FFFF) {
        *p += 1;
        return REPLACEMENT;
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

/* C1 controls and what changes the direction of the text around it. */
static const struct range harmful[] = {
    {0x80, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};

/* The blocks of combining marks, and of the signs that Unicode's East Asian
 * Width (UAX #11) makes two columns wide; what names hold in practice. */
static const struct range combining[] = {
    {0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}};
static const struct range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
                                    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
                                    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
                                    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

static int code_width(uint32_t code)
{
    return code < 0x300 ? 1 : IN(code, combining) ? 0 : IN(code, wide) ? 2 : 1;
}

/* The signs that reports themselves draw with. */
static const char *ascii_likeness(uint32_t code)
{
    static const struct {
        uint32_t code;
        const char *ascii;
    } signs[] = {
        {0x00B7, "-"},   /* middle dot */
        {0x00D7, "x"},   /* times */
        {0x2013, "-"},   /* en dash */
        {0x2026, "..."}, /* ellipsis */
        {0x2500, "-"},   /* light line */
        {0x2550, "="},   /* double line */
        {0x2588, "#"},   /* full block */
        {0x2591, "."},   /* light shade */
        {0x2713, "+"},   /* check mark */
        {0x2717, "x"},   /* ballot x */
    };
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (signs[i].code == code)
            return signs[i].ascii;
    }
    return "?";
}

void text_clean(struct buf *out, const char *s, bool utf8)
{
    while (*s != 0) {
        const char *from = s;
        uint32_t code = text_next(&s);
        if (code == '\n')
            buf_adds(out, "\\n");
        else if (code == '\t')
            buf_addch(out, ' ');
        else if (code == '\r' && *s == '\n')
            continue;
        else if (code < 0x20 || code == 0x7F)
            buf_addf(out, "\\x%02x", code);
        else if (code < 0x80)
            buf_addch(out, (char)code);
        else if (!utf8)
            buf_adds(out, ascii_likeness(code));
        else if (code == REPLACEMENT || IN(code, harmful))
            buf_adds(out, "\xEF\xBF\xBD");
        else
            buf_add(out, from, (size_t)(s - from));
    }
}

void text_for_file(struct buf *out, const char *s)
{
    while (*s != 0) {
        const char *from = s;
        uint32_t code = text_next(&s);
        bool layout = code == '\n' || code == '\r' || code == '\t';
        bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
        if (code == REPLACEMENT || (control && !layout) || code == 0xFFFE || code == 0xFFFF)
            buf_adds(out, "\xEF\xBF\xBD");
        else
            buf_add(out, from, (size_t)(s - from));
    }
}

int text_width(const char *s)
{
    int width = 0;
    for (uint32_t code; (code = text_next(&s)) != 0;)
        width += code_width(code);
    return width;
}

size_t text_prefix(const char *s, int width)
{
    const char *p = s, *end = s;
    for (uint32_t code; (code = text_next(&p)) != 0; end = p) {
        width -= code_width(code);
        if (width < 0)
            break;
    }
    return (size_t)(end - s);
}

/* The last part of s that fits into width columns. */
static const char *suffix(const char *s, int width)
{
    int excess = text_width(s) - width;
    while (excess > 0) {
        uint32_t code = text_next(&s);
        excess -= code_width(code);
    }
    return s;
}

void text_cut(struct buf *out, const char *s, int width, bool utf8)
{
    if (text_width(s) <= width) {
        buf_adds(out, s);
        return;
    }
    const char *ellipsis = utf8 ? "…" : "..";
    int room = width - text_width(ellipsis);
    if (room < 2) {
        buf_add(out, s, text_prefix(s, width));
        return;
    }
    int tail = room / 2;
    buf_add(out, s, text_prefix(s, room - tail));
    buf_adds(out, ellipsis);
    buf_adds(out, suffix(s, tail));
}

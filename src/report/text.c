/*
 * Foreign text, cleaned and cut. Used by page.c and table.c, through which everything on the console
 * passes, so nothing reaches the terminal uncleaned.
 */
#include "report/text.h"

#include "base/utf8.h"

/* C1 controls and what changes the direction of the text around it. */
static bool is_harmful(uint32_t code)
{
    return (code >= 0x80 && code <= 0x9F) || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
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
        uint32_t code = utf8_next(&s);
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
        else if (code == UTF8_REPLACEMENT || is_harmful(code))
            buf_adds(out, "\xEF\xBF\xBD");
        else
            buf_add(out, from, (size_t)(s - from));
    }
}

void text_for_file(struct buf *out, const char *s)
{
    while (*s != 0) {
        const char *from = s;
        uint32_t code = utf8_next(&s);
        bool layout = code == '\n' || code == '\r' || code == '\t';
        bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
        if (code == UTF8_REPLACEMENT || (control && !layout) || code == 0xFFFE || code == 0xFFFF)
            buf_adds(out, "\xEF\xBF\xBD");
        else
            buf_add(out, from, (size_t)(s - from));
    }
}

int text_width(const char *s)
{
    int width = 0;
    for (uint32_t code; (code = utf8_next(&s)) != 0;)
        width += utf8_width(code);
    return width;
}

size_t text_prefix(const char *s, int width)
{
    const char *p = s, *end = s;
    for (uint32_t code; (code = utf8_next(&p)) != 0; end = p) {
        width -= utf8_width(code);
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
        uint32_t code = utf8_next(&s);
        excess -= utf8_width(code);
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

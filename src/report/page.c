/* Console text: styles, headings, wrapping. The only file that knows terminal
 * escape sequences, but for the live line's own (progress.c). */
#include "report/page.h"

#include "report/text.h"

#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const escapes[] = {
    [PAGE_PLAIN] = "",        [PAGE_STRONG] = "\033[1m", [PAGE_DIM] = "\033[2m",
    [PAGE_GOOD] = "\033[32m", [PAGE_BAD] = "\033[31m",   [PAGE_BAR] = "\033[36m",
};

int page_terminal_columns(FILE *stream)
{
    int fd = stream != NULL ? fileno(stream) : -1;
    struct winsize size;
    if (fd < 0 || !isatty(fd))
        return 0;
    /* A terminal that does not tell its width (a serial line) gets the usual one. */
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void page_add_clean(struct page *page, enum page_style style, const char *text, size_t len)
{
    bool styled = page->color && style != PAGE_PLAIN && len > 0;
    if (styled)
        buf_adds(page->out, escapes[style]);
    buf_add(page->out, text, len);
    if (styled)
        buf_adds(page->out, "\033[0m");
}

void page_add(struct page *page, enum page_style style, const char *text)
{
    struct buf clean = BUF_INIT;
    text_clean(&clean, text, page->utf8);
    page_add_clean(page, style, buf_cstr(&clean), clean.len);
    buf_release(&clean);
}

void page_addf(struct page *page, enum page_style style, const char *fmt, ...)
{
    struct buf text = BUF_INIT;
    va_list args;
    va_start(args, fmt);
    buf_addv(&text, fmt, args);
    va_end(args);
    page_add(page, style, buf_cstr(&text));
    buf_release(&text);
}

void page_spaces(struct page *page, int n)
{
    if (n > 0)
        buf_fill(page->out, ' ', (size_t)n);
}

void page_end_line(struct page *page)
{
    buf_addch(page->out, '\n');
}

void page_heading(struct page *page, const char *title, const char *remark)
{
    page_end_line(page);
    page_add(page, PAGE_STRONG, title);
    if (*remark != 0)
        page_addf(page, PAGE_DIM, " (%s)", remark);
    page_end_line(page);
}

/* How much of clean text goes on a line of room columns: up to the last space
 * that fits, or as much as fits when one word is longer. */
static size_t line_length(const char *text, int room)
{
    size_t fits = text_prefix(text, room);
    if (text[fits] == 0 || text[fits] == ' ')
        return fits;
    for (size_t n = fits; n > 0; n--) {
        if (text[n - 1] == ' ')
            return n - 1;
    }
    return fits > 0 ? fits : 1;
}

void page_wrap(struct page *page, enum page_style style, int at, int indent, const char *text)
{
    struct buf clean = BUF_INIT;
    text_clean(&clean, text, page->utf8);
    const char *rest = buf_cstr(&clean);
    if (page->columns <= 0) {
        page_add_clean(page, style, rest, clean.len);
        page_end_line(page);
        buf_release(&clean);
        return;
    }
    do {
        int room = page->columns - at;
        size_t n = line_length(rest, room < 8 ? 8 : room);
        page_add_clean(page, style, rest, n);
        page_end_line(page);
        rest += n;
        while (*rest == ' ')
            rest++;
        at = indent;
        if (*rest != 0)
            page_spaces(page, indent);
    } while (*rest != 0);
    buf_release(&clean);
}

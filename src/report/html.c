/*
 * The HTML reporter: one page that needs nothing else, neither a network nor a
 * server. Its parts are the files in page/, which the build embeds; the
 * figures stand in it as JSON, and its script draws them. So numbers are
 * formatted in one place for all sections, and foreign text never is markup.
 */
#include "base/embedded.h"
#include "base/mem.h"
#include "report/html_data.h"
#include "report/output.h"
#include "report/reporters.h"

#include <stdlib.h>
#include <string.h>

extern const struct embedded_file report_page[];
extern const size_t report_page_len;

struct reporter {
    const struct report_run *run; /* borrowed */
    struct output *file;          /* owned */
    struct timeline *timeline;    /* owned */
};

static struct reporter *html_open(const struct report_run *run, const struct report_options *opt,
                                  struct err *err)
{
    struct output *file = output_open(opt->path, err);
    if (file == NULL)
        return NULL;
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->run = run;
    r->file = file;
    r->timeline = timeline_new(run->duration_s > 0 ? run->warmup_s + run->duration_s : 0);
    return r;
}

static void html_tick(struct reporter *r, const struct report_tick *tick)
{
    timeline_tick(r->timeline, tick);
}

/* Text between tags, or in an attribute. */
static void add_escaped(struct buf *out, const char *text)
{
    for (; *text != 0; text++) {
        switch (*text) {
        case '<':
            buf_adds(out, "&lt;");
            break;
        case '>':
            buf_adds(out, "&gt;");
            break;
        case '&':
            buf_adds(out, "&amp;");
            break;
        case '"':
            buf_adds(out, "&quot;");
            break;
        default:
            buf_addch(out, *text);
        }
    }
}

static void add_files(struct buf *out, const char *ending)
{
    size_t len = strlen(ending);
    for (size_t i = 0; i < report_page_len; i++) {
        const struct embedded_file *file = &report_page[i];
        if (file->len > 0 && strcmp(file->name + strlen(file->name) - len, ending) == 0)
            buf_add(out, file->source, file->len);
    }
}

/* What stands for {{name}} in report.html. */
static void add_slot(struct buf *out, const char *name, size_t len, struct reporter *r,
                     const struct report_end *end)
{
    if (strncmp(name, "title", len) == 0) {
        add_escaped(out, r->run->title);
    } else if (strncmp(name, "version", len) == 0) {
        add_escaped(out, r->run->version);
    } else if (strncmp(name, "style", len) == 0) {
        add_files(out, ".css");
    } else if (strncmp(name, "script", len) == 0) {
        add_files(out, ".js");
    } else {
        html_data_put(out, r->run, end, r->timeline);
    }
}

static void add_page(struct buf *out, struct reporter *r, const struct report_end *end)
{
    const char *at = report_page[0].source; /* report.html */
    for (const char *slot; (slot = strstr(at, "{{")) != NULL;) {
        const char *name = slot + 2, *close = strstr(name, "}}");
        buf_add(out, at, (size_t)(slot - at));
        add_slot(out, name, (size_t)(close - name), r, end);
        at = close + 2;
    }
    buf_adds(out, at);
}

static int html_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    struct buf text = BUF_INIT;
    add_page(&text, r, end);
    output_write(r->file, &text);
    int rc = output_close(r->file, err);
    buf_release(&text);
    timeline_free(r->timeline);
    free(r);
    return rc;
}

static void html_discard(struct reporter *r)
{
    output_abandon(r->file);
    timeline_free(r->timeline);
    free(r);
}

const struct reporter_kind report_html = {
    .name = "html",
    .open = html_open,
    .tick = html_tick,
    .end = html_end,
    .discard = html_discard,
};

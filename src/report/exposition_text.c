/* Prometheus' text format; see exposition.h. */
#include "report/exposition.h"
#include "report/text.h"

#include <inttypes.h>
#include <stdio.h>

static void text_family(struct exposition *e, const char *help)
{
    static const char *const types[] = {
        [EXPOSITION_COUNTER] = "counter",
        [EXPOSITION_GAUGE] = "gauge",
        [EXPOSITION_HISTOGRAM] = "histogram",
    };
    buf_addf(e->out, "# HELP %s %s\n# TYPE %s %s\n", e->name, help, e->name, types[e->type]);
}

static void add_quoted(struct buf *out, const char *value)
{
    struct buf valid = BUF_INIT;
    text_for_file(&valid, value);
    buf_addch(out, '"');
    for (size_t i = 0; i < valid.len; i++) {
        char c = valid.data[i];
        if (c == '\n')
            buf_adds(out, "\\n");
        else if (c == '"' || c == '\\')
            buf_addf(out, "\\%c", c);
        else
            buf_addch(out, c);
    }
    buf_addch(out, '"');
    buf_release(&valid);
}

/* le: of a classic bucket; NULL otherwise. */
static void add_sample(struct exposition *e, const char *suffix,
                       const struct exposition_label *labels, size_t n, const char *le)
{
    buf_addf(e->out, "%s%s", e->name, suffix);
    char sign = '{';
    for (size_t i = 0; i < n; i++) {
        buf_addf(e->out, "%c%s=", sign, labels[i].name);
        add_quoted(e->out, labels[i].value);
        sign = ',';
    }
    if (le != NULL) {
        buf_addf(e->out, "%cle=\"%s\"", sign, le);
        sign = ',';
    }
    buf_adds(e->out, sign == ',' ? "} " : " ");
}

static void text_value(struct exposition *e, const struct exposition_label *labels, size_t n,
                       double value)
{
    add_sample(e, "", labels, n, NULL);
    buf_addf(e->out, "%.15g\n", value);
}

static void text_times(struct exposition *e, const struct exposition_label *labels, size_t n,
                       const struct exposition_times *t)
{
    for (int i = 0; i < EXPOSITION_BOUNDS; i++) {
        char le[24];
        snprintf(le, sizeof(le), "%g", exposition_bounds[i]);
        add_sample(e, "_bucket", labels, n, le);
        buf_addf(e->out, "%" PRIu64 "\n", t->below[i]);
    }
    add_sample(e, "_bucket", labels, n, "+Inf");
    buf_addf(e->out, "%" PRIu64 "\n", t->count);
    add_sample(e, "_sum", labels, n, NULL);
    buf_addf(e->out, "%.15g\n", t->sum_s);
    add_sample(e, "_count", labels, n, NULL);
    buf_addf(e->out, "%" PRIu64 "\n", t->count);
}

const struct exposition_format exposition_text = {
    .content_type = "text/plain; version=0.0.4; charset=utf-8",
    .family = text_family,
    .value = text_value,
    .times = text_times,
};

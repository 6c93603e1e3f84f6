/* Comparing a run with an earlier one as it ends; see baseline.h. */
#include "report/baseline.h"

#include "base/mem.h"
#include "report/compare.h"
#include "report/compare_rule.h"
#include "report/output.h"
#include "report/reporters.h"
#include "report/saved.h"

#include <stdlib.h>

struct baseline {
    const char *path;                 /* borrowed */
    struct catalog *catalog;          /* of the earlier run; owned */
    struct saved *saved;              /* owned */
    VEC(struct compare_rule *) rules; /* owned */
    struct comparison comparison;
    bool compared;
};

int baseline_read(struct baseline **out, const char *path, struct err *err)
{
    struct baseline *b = xcalloc(1, sizeof(*b));
    b->path = path;
    b->catalog = catalog_new();
    if (saved_read(&b->saved, path, b->catalog, err) != 0) {
        baseline_free(b);
        *out = NULL;
        return err_prefix(err, "--baseline");
    }
    *out = b;
    return 0;
}

void baseline_free(struct baseline *b)
{
    if (b == NULL)
        return;
    if (b->compared)
        compare_release(&b->comparison);
    for (size_t i = 0; i < b->rules.len; i++)
        compare_rule_free(b->rules.items[i]);
    vec_release(&b->rules);
    saved_free(b->saved);
    catalog_free(b->catalog);
    free(b);
}

int baseline_add_rule(struct baseline *b, const char *text, struct err *err)
{
    struct compare_rule *rule;
    if (compare_rule_parse(&rule, text, err) != 0)
        return -1;
    vec_push(&b->rules, rule);
    return 0;
}

size_t baseline_rules(const struct baseline *b)
{
    return b->rules.len;
}

void baseline_judge(struct baseline *b, const struct report_run *run, const struct report_end *end,
                    struct threshold_result *results)
{
    const struct compare_side from = {b->path, &b->saved->run, &b->saved->end, &b->saved->spreads};
    const struct compare_side to = {"this run", run, end, end->spreads};
    compare_init(&b->comparison, &from, &to);
    b->compared = true;
    for (size_t i = 0; i < b->rules.len; i++)
        compare_rule_judge(b->rules.items[i], &b->comparison, &results[i]);
}

/* --- the reporter ------------------------------------------------------------------ */

struct reporter {
    struct baseline *baseline; /* borrowed */
    struct report_options opt;
};

static struct reporter *baseline_open(const struct report_run *run,
                                      const struct report_options *opt, struct err *err)
{
    (void)run;
    (void)err; /* what can be wrong was found when it was read */
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->baseline = opt->baseline;
    r->opt = *opt;
    r->opt.out = opt->out != NULL ? opt->out : stdout;
    return r;
}

static int baseline_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    (void)end; /* judged already */
    struct buf text = BUF_INIT;
    struct page page = {
        .out = &text,
        .columns = r->opt.columns > 0 ? r->opt.columns : page_terminal_columns(r->opt.out),
        .color = r->opt.color,
        .utf8 = r->opt.utf8,
    };
    if (r->baseline->compared) {
        page_heading(&page, "Compared with an earlier run", "");
        compare_print(&page, &r->baseline->comparison);
    }
    int rc = output_stream(r->opt.out, r->opt.out == stderr ? "stderr" : "stdout", &text, err);
    buf_release(&text);
    free(r);
    return rc;
}

static void baseline_discard(struct reporter *r)
{
    free(r);
}

const struct reporter_kind report_baseline = {
    .name = "baseline",
    .open = baseline_open,
    .end = baseline_end,
    .discard = baseline_discard,
};

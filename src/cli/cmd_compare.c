/* `inrush compare OLD NEW`: what changed between two runs. */
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "report/compare.h"
#include "report/compare_rule.h"
#include "report/output.h"
#include "report/saved.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

struct comparing {
    const struct cli_args *args;
    struct catalog *catalog;
    struct saved *from, *to;
    struct output *json; /* NULL: not asked for */
    VEC(struct compare_rule *) rules;
    VEC(struct threshold_result) results;
    struct comparison comparison;
};

static int read_all(struct comparing *c, struct err *err)
{
    const struct cli_args *args = c->args;
    for (size_t i = 0; i < args->fail_if.len; i++) {
        struct compare_rule *rule;
        if (compare_rule_parse(&rule, args->fail_if.items[i], err) != 0)
            return -1;
        vec_push(&c->rules, rule);
    }
    if (saved_read(&c->from, args->arguments[0], c->catalog, err) != 0 ||
        saved_read(&c->to, args->arguments[1], c->catalog, err) != 0)
        return -1;
    if (args->json != NULL) {
        c->json = output_open(args->json, err);
        return c->json != NULL ? 0 : -1;
    }
    return 0;
}

static bool judge(struct comparing *c)
{
    bool held = true;
    for (size_t i = 0; i < c->rules.len; i++) {
        struct threshold_result *result = vec_add(&c->results);
        compare_rule_judge(c->rules.items[i], &c->comparison, result);
        held &= result->passed;
    }
    return held;
}

static void print_results(struct page *page, const struct comparing *c)
{
    static const struct table_column columns[] = {
        {.title = ""},
        {.title = "Fail if", .flexible = true, .least = 20},
        {.title = "Found", .right = true},
    };
    struct table t;
    if (c->results.len == 0)
        return;
    page_heading(page, "Thresholds", "");
    table_init(&t, page, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < c->results.len; i++) {
        const struct threshold_result *r = &c->results.items[i];
        table_add(&t, r->passed ? PAGE_GOOD : PAGE_BAD, r->passed ? "passed" : "FAILED");
        table_add(&t, PAGE_PLAIN, r->expression);
        table_add(&t, r->passed ? PAGE_PLAIN : PAGE_BAD, r->shown);
    }
    table_print(&t);
    table_release(&t);
}

static int print(const struct comparing *c)
{
    struct report_options options;
    struct buf text = BUF_INIT;
    struct err err;
    report_options_detect(&options, c->args->json != NULL && output_is_stdout(c->args->json));
    struct page page = {
        .out = &text,
        .columns = page_terminal_columns(options.out),
        .color = options.color && !c->args->no_color,
        .utf8 = options.utf8,
    };
    compare_print(&page, &c->comparison);
    print_results(&page, c);
    int rc = output_stream(options.out, options.out == stderr ? "stderr" : "stdout", &text, &err);
    if (rc != 0)
        log_error("%s", err.message);
    buf_release(&text);
    return rc;
}

static void put_results(struct json *j, const struct comparing *c)
{
    json_key(j, "thresholds");
    json_array_begin(j);
    for (size_t i = 0; i < c->results.len; i++) {
        const struct threshold_result *r = &c->results.items[i];
        json_object_begin(j);
        json_field(j, "expression", r->expression);
        json_field(j, "found", r->shown);
        json_key(j, "passed");
        json_bool(j, r->passed);
        json_object_end(j);
    }
    json_array_end(j);
}

static int write_json(struct comparing *c)
{
    struct buf text = BUF_INIT;
    struct json j;
    struct err err;
    if (c->json == NULL)
        return 0;
    json_init(&j, &text, true);
    json_object_begin(&j);
    compare_put(&j, &c->comparison);
    put_results(&j, c);
    json_object_end(&j);
    buf_addch(&text, '\n');
    output_write(c->json, &text);
    int rc = output_close(c->json, &err);
    c->json = NULL;
    if (rc != 0)
        log_error("%s", err.message);
    buf_release(&text);
    return rc;
}

int cmd_compare(const struct cli_args *args)
{
    struct comparing c = {.args = args, .catalog = catalog_new()};
    struct err err;
    int status = EXIT_USAGE;
    if (read_all(&c, &err) != 0) {
        log_error("%s", err.message);
        goto out;
    }
    const struct compare_side from = {args->arguments[0], &c.from->run, &c.from->end,
                                      &c.from->spreads};
    const struct compare_side to = {args->arguments[1], &c.to->run, &c.to->end, &c.to->spreads};
    compare_init(&c.comparison, &from, &to);
    bool held = judge(&c);
    bool written = write_json(&c) == 0;
    written &= print(&c) == 0;
    status = !written ? EXIT_USAGE : held ? EXIT_OK : EXIT_THRESHOLD;
    compare_release(&c.comparison);
out:
    output_abandon(c.json);
    for (size_t i = 0; i < c.rules.len; i++)
        compare_rule_free(c.rules.items[i]);
    vec_release(&c.rules);
    vec_release(&c.results);
    saved_free(c.from);
    saved_free(c.to);
    catalog_free(c.catalog);
    return status;
}

/*
 * The JUnit reporter: what was asked of the run as test cases, for the pages
 * on which Jenkins, GitLab and their like show tests. Three suites: the run
 * itself (a file without cases is an error to Jenkins), thresholds, checks.
 *
 * The format was never standardized; this keeps to what Jenkins' junit-10.xsd
 * and GitLab's "unit test reports" both read: a testcase with name and
 * classname, in it a failure (asked for and not so) or an error (could not be
 * found out), with a message and text.
 */
#include "base/units.h"
#include "report/at_end.h"
#include "report/condition.h"
#include "report/digest.h"
#include "report/figure.h"
#include "report/reporters.h"
#include "report/text.h"
#include "report/verdict.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- XML ------------------------------------------------------------------------ */

/* Text between tags or inside double quotes. Line ends in an attribute are
 * written as references, or a reader would see spaces. */
static void add_text(struct buf *out, const char *s)
{
    struct buf clean = BUF_INIT;
    text_for_file(&clean, s);
    for (size_t i = 0; i < clean.len; i++) {
        switch (clean.data[i]) {
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
        case '\n':
        case '\r':
        case '\t':
            buf_addf(out, "&#%d;", clean.data[i]);
            break;
        default:
            buf_addch(out, clean.data[i]);
        }
    }
    buf_release(&clean);
}

static void add_attribute(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, " %s=\"", name);
    add_text(out, value);
    buf_addch(out, '"');
}

/* --- suites ---------------------------------------------------------------------- */

/* Cases are collected first: a suite begins with how many there are. */
struct suite {
    const char *name;
    struct buf properties, cases;
    unsigned tests, failures, errors;
};

enum verdict_of_case { PASSED, FAILED, ERROR };

/* One case; what was found is its message and, with more in `details`, its text. */
static void add_case(struct suite *s, const struct report_run *run, const char *name,
                     enum verdict_of_case verdict, const char *message, const char *details)
{
    struct buf class = BUF_INIT;
    s->tests++;
    buf_addf(&class, "%s.%s", run->title, s->name);
    buf_adds(&s->cases, "    <testcase");
    add_attribute(&s->cases, "classname", buf_cstr(&class));
    add_attribute(&s->cases, "name", name);
    buf_adds(&s->cases, " time=\"0\"");
    buf_release(&class);
    if (verdict == PASSED) {
        buf_adds(&s->cases, "/>\n");
        return;
    }
    const char *element = verdict == FAILED ? "failure" : "error";
    if (verdict == FAILED)
        s->failures++;
    else
        s->errors++;
    buf_addf(&s->cases, ">\n      <%s", element);
    add_attribute(&s->cases, "message", message);
    add_attribute(&s->cases, "type", s->name);
    buf_addch(&s->cases, '>');
    add_text(&s->cases, details);
    buf_addf(&s->cases, "</%s>\n    </testcase>\n", element);
}

static void add_suite(struct buf *out, struct suite *s, const struct report_run *run,
                      double duration_s)
{
    char when[FIGURE_MAX];
    if (s->tests > 0) {
        buf_addf(out, "  <testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"%u\"",
                 s->name, s->tests, s->failures, s->errors);
        /* Without fraction and zone: there are readers that take no others. */
        buf_addf(out, " skipped=\"0\" time=\"%.3f\" timestamp=\"%.19s\">\n", duration_s,
                 figure_utc(when, run->started_wall));
        buf_add(out, s->properties.data, s->properties.len);
        buf_add(out, s->cases.data, s->cases.len);
        buf_adds(out, "  </testsuite>\n");
    }
    buf_release(&s->properties);
    buf_release(&s->cases);
}

/* --- what was asked --------------------------------------------------------------- */

static void add_property(struct suite *s, const char *name, const char *value)
{
    buf_adds(&s->properties, "      <property");
    add_attribute(&s->properties, "name", name);
    add_attribute(&s->properties, "value", value);
    buf_adds(&s->properties, "/>\n");
}

/* Whose figures they are. */
static void add_generator(struct suite *s, const struct report_run *run,
                          const struct report_end *end)
{
    const struct generator_stats *g = &end->total->generator;
    struct condition_figure figures[CONDITION_FIGURES];
    struct buf text = BUF_INIT;
    struct verdict verdict;
    verdict_of_run(&verdict, &text, run, end->total, end->total_sum->requests);
    condition_figures(figures, g, g);
    buf_adds(&s->properties, "    <properties>\n");
    add_property(s, "generator.limited", verdict.limited ? "true" : "false");
    add_property(s, "generator.verdict", buf_cstr(&text));
    for (int i = 0; i < CONDITION_FIGURES; i++) {
        buf_clear(&text);
        buf_addf(&text, "generator.%s", figures[i].name);
        char value[FIGURE_MAX];
        snprintf(value, sizeof(value), "%.10g", figures[i].value);
        if (!isnan(figures[i].value))
            add_property(s, buf_cstr(&text), value);
    }
    buf_adds(&s->properties, "    </properties>\n");
    buf_release(&text);
}

static void add_run(struct suite *s, const struct report_run *run, const struct report_end *end)
{
    struct buf details = BUF_INIT;
    int status = report_exit_status(end);
    /* A threshold that did not hold is a case of its own. */
    enum verdict_of_case verdict = status == 0 || status == 2 ? PASSED : ERROR;
    const char *message = end->reason != NULL ? end->reason : report_exit_meaning(end);
    buf_addf(&details, "The run ended after %.3f s with exit status %d: %s.", end->duration_s,
             status, message);
    add_generator(s, run, end);
    add_case(s, run, "the run finished and requests were answered", verdict, message,
             buf_cstr(&details));
    buf_release(&details);
}

static void add_threshold(struct suite *s, const struct report_run *run,
                          const struct threshold_result *t)
{
    struct buf message = BUF_INIT, details = BUF_INIT;
    enum verdict_of_case verdict = t->passed ? PASSED : t->no_data ? ERROR : FAILED;
    buf_addf(&message, "found: %s", t->shown);
    buf_addf(&details, "Asked for: %s\nFound: %s", t->expression, t->shown);
    if (*t->scope != 0)
        buf_addf(&details, "\nOver: %s", t->scope);
    add_case(s, run, t->expression, verdict, buf_cstr(&message), buf_cstr(&details));
    buf_release(&message);
    buf_release(&details);
}

static void add_check(struct suite *s, const struct report_run *run, const struct check_count *c)
{
    char failed[UNITS_MAX], all[UNITS_MAX];
    struct buf message = BUF_INIT;
    buf_addf(&message, "failed %s of %s times", units_format_count(failed, c->failures),
             units_format_count(all, c->failures + c->passes));
    add_case(s, run, c->name, c->failures == 0 ? PASSED : FAILED, buf_cstr(&message),
             buf_cstr(&message));
    buf_release(&message);
}

static void junit_text(struct buf *out, const struct report_run *run, const struct report_end *end)
{
    enum { RUN, THRESHOLDS, CHECKS, SUITES };
    struct suite suites[SUITES] = {{.name = "run"}, {.name = "thresholds"}, {.name = "checks"}};
    add_run(&suites[RUN], run, end);
    for (size_t i = 0; i < end->thresholds_len; i++)
        add_threshold(&suites[THRESHOLDS], run, &end->thresholds[i]);
    for (size_t i = 0; i < end->total->checks.len; i++)
        add_check(&suites[CHECKS], run, &end->total->checks.items[i]);

    unsigned tests = 0, failures = 0, errors = 0;
    for (int i = 0; i < SUITES; i++) {
        tests += suites[i].tests;
        failures += suites[i].failures;
        errors += suites[i].errors;
    }
    buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    add_attribute(out, "name", run->title);
    buf_addf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" time=\"%.3f\">\n", tests, failures,
             errors, end->duration_s);
    for (int i = 0; i < SUITES; i++)
        add_suite(out, &suites[i], run, end->duration_s);
    buf_adds(out, "</testsuites>\n");
}

static int junit_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    return at_end_write(r, junit_text, end, err);
}

const struct reporter_kind report_junit = {
    .name = "junit",
    .open = at_end_open,
    .end = junit_end,
    .discard = at_end_discard,
};

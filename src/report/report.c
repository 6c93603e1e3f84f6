/* The table of reporters, and what all of them must agree on. */
#include "report/report.h"

#include "report/page.h"
#include "report/reporters.h"
#include "report/verdict.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* clang-format off */
static const struct reporter_kind *const kinds[] = {
    &report_console,
    &report_baseline,
    &report_csv,
    &report_json,
    &report_junit,
    &report_timeseries,
    &report_hdr,
    &report_requests,
    &report_tui,
    &report_html,
    &report_prometheus,
    &report_influx,
    &report_statsd,
    &report_wrk,
};
/* clang-format on */

const struct reporter_kind *report_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    }
    return NULL;
}

uint64_t report_answered(const struct stats *total)
{
    uint64_t requests = 0, lost = 0;
    for (uint32_t i = 0; i < total->series_len; i++)
        requests += total->series[i] != NULL ? total->series[i]->requests : 0;
    for (size_t i = 0; i < total->failures.len; i++)
        if (err_kind_unanswered(total->failures.items[i].kind))
            lost += total->failures.items[i].count;
    return lost < requests ? requests - lost : 0;
}

enum {
    STATUS_OK = 0,
    STATUS_CONFIG = 1,
    STATUS_THRESHOLD = 2,
    STATUS_NO_DATA = 3,
    STATUS_SIGNAL = 128
};

/* With --strict: whatever else is to be said, it is said of the generator. */
static bool is_unfit(const struct report_end *end)
{
    struct verdict verdict;
    if (!end->strict || report_answered(end->total) == 0)
        return false;
    verdict_reach(&verdict, &end->total->generator);
    return verdict.limited;
}

int report_exit_status(const struct report_end *end)
{
    if (end->outcome == REPORT_INTERRUPTED)
        return STATUS_SIGNAL + (end->signal != 0 ? end->signal : SIGINT);
    if (end->outcome == REPORT_ABORTED)
        return STATUS_CONFIG;
    if (is_unfit(end))
        return STATUS_NO_DATA;
    if (end->outcome == REPORT_THRESHOLD)
        return STATUS_THRESHOLD;
    if (report_answered(end->total) == 0)
        return STATUS_NO_DATA;
    for (size_t i = 0; i < end->thresholds_len; i++) {
        if (!end->thresholds[i].passed)
            return STATUS_THRESHOLD;
    }
    return STATUS_OK;
}

const char *report_exit_meaning(const struct report_end *end)
{
    int status = report_exit_status(end);
    switch (status) {
    case STATUS_OK:
        return "the run finished and every threshold held";
    case STATUS_CONFIG:
        return "the script ended the run";
    case STATUS_THRESHOLD:
        return "a threshold failed";
    case STATUS_NO_DATA:
        return is_unfit(end) ? "the generator was the limit" : "no request was answered";
    case STATUS_SIGNAL + SIGINT:
        return "interrupted (SIGINT)";
    case STATUS_SIGNAL + SIGTERM:
        return "terminated (SIGTERM)";
    case STATUS_SIGNAL + SIGHUP:
        return "its terminal was closed (SIGHUP)";
    default:
        return status > STATUS_SIGNAL ? "ended by a signal" : "unknown";
    }
}

/* The character set that the locale's name asks for. Read from the
 * environment: setlocale() would change how the whole program prints numbers. */
static bool locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != 0)
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}

void report_options_detect(struct report_options *opt, bool stdout_taken)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    bool capable = term != NULL && strcmp(term, "dumb") != 0;
    bool color = capable && (no_color == NULL || *no_color == 0);
    *opt = (struct report_options){.out = stdout_taken ? stderr : stdout, .live = stderr};
    opt->terminal = capable && page_terminal_columns(opt->live) > 0;
    opt->color = color && page_terminal_columns(opt->out) > 0;
    opt->live_color = color && opt->terminal;
    opt->utf8 = locale_is_utf8();
}

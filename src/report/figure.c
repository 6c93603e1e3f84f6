/* Figures as text; see figure.h. */
#include "report/figure.h"

#include "base/units.h"
#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

static const char *text(char buf[FIGURE_MAX], const char *what)
{
    snprintf(buf, FIGURE_MAX, "%s", what);
    return buf;
}

const char *figure_number(char buf[FIGURE_MAX], double n, int decimals)
{
    char digits[FIGURE_MAX];
    int len = isfinite(n) ? snprintf(digits, sizeof(digits), "%.*f", decimals, n) : -1;
    if (len < 0 || len >= FIGURE_MAX * 2 / 3)
        return text(buf, "-");
    int whole = decimals > 0 ? len - decimals - 1 : len;
    char *to = buf;
    for (int i = 0; i < len; i++) {
        int left = whole - i; /* digits of the whole part still to come */
        if (i > 0 && left > 0 && left % 3 == 0 && digits[i - 1] != '-')
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = 0;
    return buf;
}

const char *figure_percent(char buf[FIGURE_MAX], uint64_t part, uint64_t whole)
{
    if (whole == 0)
        return text(buf, "-");
    double percent = 100.0 * (double)part / (double)whole;
    if (part > 0 && percent < 0.005)
        return text(buf, "<0.01%");
    if (part < whole && percent >= 99.995)
        return text(buf, ">99.99%");
    snprintf(buf, FIGURE_MAX, "%.2f%%", percent);
    return buf;
}

static bool is_whole(double n)
{
    return fabs(n - round(n)) < 1e-9;
}

/* Two decimals at most, but for a rate of which they would say too little. */
static const char *rate_number(char buf[FIGURE_MAX], double rate)
{
    int decimals = 0;
    double scaled = rate;
    for (; decimals < 2 && !is_whole(scaled); decimals++)
        scaled *= 10;
    return figure_number(buf, rate, is_whole(scaled) || rate >= 1 ? decimals : 4);
}

/* "100 requests/h" says more than 0.0278 a second. */
static const char *rate_unit(const struct report_run *run, double *times)
{
    bool plain = run->ramp || run->rate >= 1 || is_whole(run->rate * 100);
    if (!plain && is_whole(run->rate * 60)) {
        *times = 60;
        return "m";
    }
    if (!plain && is_whole(run->rate * 3600)) {
        *times = 3600;
        return "h";
    }
    *times = 1;
    return "s";
}

const char *figure_rate(char buf[FIGURE_MAX], const struct report_run *run)
{
    char from[FIGURE_MAX], to[FIGURE_MAX];
    const char *what = run->url != NULL ? "requests" : "tasks";
    double times;
    const char *unit = rate_unit(run, &times);
    rate_number(from, run->rate * times);
    rate_number(to, run->rate_to);
    if (run->ramp)
        snprintf(buf, FIGURE_MAX, "%.14s to %.14s %s/%s", from, to, what, unit);
    else
        snprintf(buf, FIGURE_MAX, "%.30s %s/%s", from, what, unit);
    return buf;
}

const char *figure_elapsed(char buf[FIGURE_MAX], double seconds)
{
    if (seconds < 59.95) {
        snprintf(buf, FIGURE_MAX, "%.1fs", seconds > 0 ? seconds : 0);
        return buf;
    }
    char elapsed[UNITS_MAX];
    snprintf(buf, FIGURE_MAX, "%s", units_format_elapsed(elapsed, seconds));
    return buf;
}

const char *figure_duration_ms(char buf[FIGURE_MAX], double ms)
{
    char duration[UNITS_MAX];
    snprintf(buf, FIGURE_MAX, "%s", units_format_duration(duration, ms / 1000));
    return buf;
}

const char *figure_utc(char buf[FIGURE_MAX], double wall)
{
    char date[24];
    long long ms = llround(wall * 1000);
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    if (gmtime_r(&seconds, &tm) == NULL ||
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        return text(buf, "-");
    snprintf(buf, FIGURE_MAX, "%s.%03dZ", date, (int)(ms % 1000));
    return buf;
}

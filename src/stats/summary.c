/* The figures of a series; see summary.h. */
#include "stats/summary.h"

const double summary_percentiles[SUMMARY_PERCENTILES] = {
    50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99,
};

const char *const summary_percentile_names[SUMMARY_PERCENTILES] = {
    "p50", "p66", "p75", "p80", "p90", "p95", "p98", "p99", "p99.9", "p99.99",
};

static double us_to_ms(double us)
{
    return us / 1000;
}

void latency_summarize(struct latency_summary *out, const struct hist *h)
{
    *out = (struct latency_summary){0};
    if (h->count == 0)
        return;
    out->count = h->count;
    out->min = us_to_ms((double)h->min);
    out->mean = us_to_ms(hist_mean(h));
    out->stdev = us_to_ms(hist_stdev(h));
    out->max = us_to_ms((double)h->max);
    hist_percentiles(h, summary_percentiles, SUMMARY_PERCENTILES, out->p);
    for (int i = 0; i < SUMMARY_PERCENTILES; i++)
        out->p[i] = us_to_ms(out->p[i]);
}

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

void metric_summarize(struct metric_summary *out, struct metric_about about, const struct metric *m,
                      double duration_s)
{
    *out = (struct metric_summary){.about = about};
    if (!m)
        return;
    out->count = m->count;
    switch (about.kind) {
    case METRIC_COUNTER:
        out->value = m->sum;
        out->per_s = ratio(m->sum, duration_s);
        break;
    case METRIC_GAUGE:
        out->value = m->last;
        out->min = m->min;
        out->max = m->max;
        break;
    case METRIC_RATE:
        out->trues = m->trues;
        out->value = ratio((double)m->trues, (double)m->count);
        break;
    default:
        out->value = metric_mean(m);
        out->min = m->min;
        out->max = m->max;
        out->stdev = metric_stdev(m);
        for (int i = 0; i < SUMMARY_PERCENTILES; i++)
            out->p[i] = metric_percentile(m, about.unit, summary_percentiles[i]);
    }
}

void series_summarize(struct series_summary *out, const struct series *series, const char *type,
                      const char *name, double duration_s)
{
    *out = (struct series_summary){
        .type = type,
        .name = name,
        .requests = series->requests,
        .failures = series->failures,
        .bytes = series->bytes,
        .failure_ratio = ratio((double)series->failures, (double)series->requests),
        .rps = ratio((double)series->requests, duration_s),
        .failures_per_s = ratio((double)series->failures, duration_s),
        .bytes_per_s = ratio((double)series->bytes, duration_s),
        .has_service = series->has_service,
    };
    latency_summarize(&out->latency, &series->response);
    if (series->has_service)
        latency_summarize(&out->service, &series->service);
}

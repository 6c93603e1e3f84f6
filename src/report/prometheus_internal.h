/* The copy that prometheus_figures.c makes and prometheus_expose.c shows. */
#pragma once

#include "report/prometheus_figures.h"

struct copied_series {
    uint64_t requests, bytes;
    uint64_t failures[ERR_KINDS];
    VEC(struct status_count) statuses;
    bool has_service;
    struct exposition_times response, service;
};

struct copied_check {
    char *name; /* owned */
    uint64_t passes, failures;
};

enum { METRIC_QUANTILES = 3 };

/* A custom metric; what it means depends on its kind. */
struct copied_metric {
    struct metric_about about;
    double value;
    uint64_t count, trues;
    double quantiles[METRIC_QUANTILES]; /* 50, 95, 99; a trend's */
};
struct prometheus_figures {
    const struct report_run *run;     /* borrowed */
    VEC(struct copied_series) series; /* by number in the catalog */
    VEC(struct copied_check) checks;
    VEC(struct copied_metric) metrics; /* by number in the catalog */
    uint64_t script_errors;
    uint32_t users;
    double elapsed_s;
    bool warmup, ended;
    struct generator_stats generator;     /* without its histogram */
    uint64_t due, started, late, dropped; /* of a schedule */
    struct exposition_times loop_lag;
};

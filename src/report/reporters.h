/* The rows of the table in report.c. A new reporter: one file with its kind,
 * one line here, one row there. */
#pragma once

#include "report/report.h"

extern const struct reporter_kind report_console;
extern const struct reporter_kind report_baseline;
extern const struct reporter_kind report_csv;
extern const struct reporter_kind report_json;
extern const struct reporter_kind report_junit;
extern const struct reporter_kind report_timeseries;
extern const struct reporter_kind report_hdr;
extern const struct reporter_kind report_requests;
extern const struct reporter_kind report_tui;
extern const struct reporter_kind report_html;
extern const struct reporter_kind report_prometheus;
extern const struct reporter_kind report_influx;
extern const struct reporter_kind report_statsd;
extern const struct reporter_kind report_wrk;

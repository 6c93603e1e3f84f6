/* A run as wrk counts it; see wrk_figures.h. */
#include "report/wrk_figures.h"

static void count_failure(struct wrk_figures *f, enum err_kind kind, uint64_t count)
{
    switch (kind) {
    case ERR_DNS:
    case ERR_REFUSED:
    case ERR_UNREACHABLE:
    case ERR_TLS:
    case ERR_SYSTEM:
        f->errors.connect += count;
        break;
    case ERR_RESET:
    case ERR_CLOSED:
    case ERR_PROTOCOL:
        f->errors.read += count;
        break;
    case ERR_TIMEOUT:
        f->errors.timeout += count;
        break;
    default:
        break;
    }
}

void wrk_figures_init(struct wrk_figures *f, const struct report_end *end)
{
    *f = (struct wrk_figures){
        .duration_us = end->duration_s * 1e6,
        .requests = report_answered(end->total),
        .bytes = end->total_sum->bytes,
        .total = end->total_sum,
        .latency = &end->total_sum->response,
        .rates = &end->total->rates,
    };
    for (size_t i = 0; i < f->total->statuses.len; i++) {
        if (f->total->statuses.items[i].status >= 400)
            f->errors.status += f->total->statuses.items[i].count;
    }
    for (size_t i = 0; i < end->total->failures.len; i++)
        count_failure(f, end->total->failures.items[i].kind, end->total->failures.items[i].count);
}

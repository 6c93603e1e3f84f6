/* Keeping every request; see request_log.h. */
#include "stats/request_log.h"

#include "base/mem.h"
#include "stats/stats.h"

#include <stdlib.h>
#include <string.h>

struct request_log *request_log_new(void)
{
    return xcalloc(1, sizeof(struct request_log));
}

void request_log_free(struct request_log *log)
{
    if (!log)
        return;
    vec_release(&log->items);
    buf_release(&log->texts);
    free(log);
}

void request_log_clear(struct request_log *log)
{
    vec_clear(&log->items);
    buf_clear(&log->texts);
}

static uint32_t add_text(struct request_log *log, const char *text)
{
    size_t at = log->texts.len;
    buf_add(&log->texts, text, strlen(text) + 1);
    return (uint32_t)at;
}

void request_log_add(struct request_log *log, const struct sample *sample)
{
    struct logged_request request = {
        .end_ns = sample->end_ns,
        .response_ns = sample->response_ns,
        .service_ns = sample->has_service ? sample->service_ns : 0,
        .has_service = sample->has_service,
        .first_byte_ns = sample->first_byte_ns,
        .bytes = sample->bytes,
        .series = sample->series,
        .user = sample->user,
        .status = sample->status,
        .error = sample->error,
    };
    if (sample->error != ERR_NONE)
        request.message =
            add_text(log, sample->message ? sample->message : err_kind_name(sample->error));
    vec_push(&log->items, request);
}

void request_log_merge(struct request_log *dst, const struct request_log *src, int worker,
                       bool warmup)
{
    uint32_t texts_before = (uint32_t)dst->texts.len;
    for (size_t i = 0; i < src->items.len; i++) {
        struct logged_request *request = vec_add(&dst->items);
        *request = src->items.items[i];
        request->message += texts_before;
        request->worker = worker;
        request->warmup = warmup;
    }
    buf_add(&dst->texts, src->texts.data, src->texts.len);
}

const char *request_log_message(const struct request_log *log, const struct logged_request *request)
{
    return log->texts.data + request->message;
}

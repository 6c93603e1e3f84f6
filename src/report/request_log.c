/*
 * The request log: a line of JSON for every request, so that whoever doubts a
 * figure can compute it anew. Grows with each tick; the requests of a worker
 * are in the order in which they completed, those of several are not.
 */
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "report/output.h"
#include "report/reporters.h"

#include <stdlib.h>

/* So much is put together before it is written. */
enum { CHUNK = 1 << 18 };

struct reporter {
    const struct report_run *run; /* borrowed */
    struct output *output;        /* owned */
    struct buf text;              /* not yet written */
    VEC(char *) names;            /* by series: its type and name as JSON, once needed; owned */
    bool begun;
    uint64_t start_ns; /* of the load, once it has begun */
};

static struct reporter *requests_open(const struct report_run *run,
                                      const struct report_options *opt, struct err *err)
{
    struct output *output = output_open(opt->path, err);
    if (output == NULL)
        return NULL;
    struct reporter *r = xcalloc(1, sizeof(*r));
    r->run = run;
    r->output = output;
    return r;
}

static const char *name_of(struct reporter *r, uint32_t series)
{
    while (r->names.len <= series)
        vec_push(&r->names, NULL);
    if (r->names.items[series] == NULL) {
        struct catalog_entry entry = catalog_get(r->run->catalog, series);
        struct buf text = BUF_INIT;
        struct json j;
        buf_adds(&text, ",\"type\":");
        json_init(&j, &text, false);
        json_string(&j, entry.type);
        buf_adds(&text, ",\"name\":");
        json_init(&j, &text, false);
        json_string(&j, entry.name);
        r->names.items[series] = buf_detach(&text);
    }
    return r->names.items[series];
}

static void add_uint(struct buf *out, const char *key, uint64_t n)
{
    char digits[24], *at = digits + sizeof(digits);
    do
        *--at = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    buf_adds(out, key);
    buf_add(out, at, (size_t)(digits + sizeof(digits) - at));
}

/* A number of nanoseconds as units of `unit` ns with all `digits` decimals. */
static void add_time(struct buf *out, const char *key, uint64_t ns, uint64_t unit, int digits)
{
    char decimals[12];
    uint64_t rest = ns % unit;
    add_uint(out, key, ns / unit);
    decimals[0] = '.';
    for (int i = digits; i > 0; i--, rest /= 10)
        decimals[i] = (char)('0' + rest % 10);
    buf_add(out, decimals, (size_t)digits + 1);
}

static void add_seconds(struct buf *out, const char *key, uint64_t ns)
{
    add_time(out, key, ns, NS_PER_S, 9);
}

static void add_ms(struct buf *out, const char *key, uint64_t ns)
{
    add_time(out, key, ns, NS_PER_MS, 6);
}

static void add_failure(struct buf *out, const struct logged_request *request, const char *message)
{
    struct json j;
    buf_adds(out, ",\"error\":\"");
    buf_adds(out, err_kind_name(request->error));
    buf_adds(out, "\",\"message\":");
    json_init(&j, out, false);
    json_string(&j, message);
}

static void add_line(struct reporter *r, const struct request_log *log,
                     const struct logged_request *request)
{
    struct buf *out = &r->text;
    add_seconds(out,
                "{\"end_s\":", request->end_ns > r->start_ns ? request->end_ns - r->start_ns : 0);
    add_uint(out, ",\"worker\":", (uint64_t)request->worker);
    add_uint(out, ",\"user\":", request->user);
    buf_adds(out, name_of(r, request->series));
    add_ms(out, ",\"response_ms\":", request->response_ns);
    if (request->has_service)
        add_ms(out, ",\"service_ms\":", request->service_ns);
    if (request->first_byte_ns > 0)
        add_ms(out, ",\"first_byte_ms\":", request->first_byte_ns);
    if (request->status > 0)
        add_uint(out, ",\"status\":", (uint64_t)request->status);
    add_uint(out, ",\"bytes\":", request->bytes);
    if (request->error != ERR_NONE)
        add_failure(out, request, request_log_message(log, request));
    if (request->warmup)
        buf_adds(out, ",\"warmup\":true");
    buf_adds(out, "}\n");
}

static void flush(struct reporter *r)
{
    output_write_live(r->output, &r->text);
    buf_clear(&r->text);
}

static void requests_tick(struct reporter *r, const struct report_tick *tick)
{
    const struct request_log *log = tick->interval->requests;
    if (!r->begun) {
        r->begun = true;
        r->start_ns = tick->total->begin_ns;
    }
    for (size_t i = 0; log != NULL && i < log->items.len; i++) {
        add_line(r, log, &log->items.items[i]);
        if (r->text.len >= CHUNK)
            flush(r);
    }
    flush(r);
}

static void release(struct reporter *r)
{
    for (size_t i = 0; i < r->names.len; i++)
        free(r->names.items[i]);
    vec_release(&r->names);
    buf_release(&r->text);
    free(r);
}

static int requests_end(struct reporter *r, const struct report_end *end, struct err *err)
{
    (void)end; /* the ticks had it all */
    int rc = output_close(r->output, err);
    release(r);
    return rc;
}

static void requests_discard(struct reporter *r)
{
    output_abandon(r->output);
    release(r);
}

const struct reporter_kind report_requests = {
    .name = "requests",
    .open = requests_open,
    .tick = requests_tick,
    .end = requests_end,
    .discard = requests_discard,
};

/*
 * One request from its headers to its answer. libmicrohttpd calls
 * exchange_on_request once with the headers, then for each piece of a body,
 * then once more; after a delay it calls again. Invariant: the request is
 * counted at the first call and its status when the answer is queued.
 */
#include "target/exchange.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "target/api.h"
#include "target/counts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BODY_MAX = 1 << 20 };

static const char json_type[] = "application/json";
static const char text_type[] = "text/plain; charset=utf-8";

static const int fixed_status[FIXED_REPLIES] = {
    [REPLY_NOT_FOUND] = 404, [REPLY_USE_GET] = 405,   [REPLY_USE_POST] = 405,
    [REPLY_USE_MCP] = 405,   [REPLY_TOO_LARGE] = 413, [REPLY_INJECTED] = 500,
    [REPLY_NO_TOKEN] = 401,  [REPLY_NO_BEARER] = 401, [REPLY_WRONG_TOKEN] = 401,
};

struct MHD_Response *exchange_response(const char *data, size_t len, const char *type)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(len, (void *)data, MHD_RESPMEM_MUST_COPY);
    if (r)
        MHD_add_response_header(r, "Content-Type", type);
    return r;
}

static struct MHD_Response *make_text(const char *text)
{
    return exchange_response(text, strlen(text), text_type);
}

static struct MHD_Response *make_error(int status, const char *message)
{
    struct buf body = BUF_INIT;
    api_error(&body, status, message);
    struct MHD_Response *r = exchange_response(body.data, body.len, json_type);
    buf_release(&body);
    return r;
}

static struct MHD_Response *with_header(struct MHD_Response *r, const char *name, const char *value)
{
    MHD_add_response_header(r, name, value);
    return r;
}

void exchange_make_replies(struct target *t)
{
    static const char challenge[] = "WWW-Authenticate";
    static const char bearer[] = "Bearer realm=\"inrush serve\"";
    struct MHD_Response **fixed = t->fixed;
    fixed[REPLY_NOT_FOUND] = make_text("404 page not found\n");
    fixed[REPLY_USE_GET] = with_header(make_error(405, "Method not allowed"), "Allow", "GET, HEAD");
    fixed[REPLY_USE_POST] = with_header(make_error(405, "Method not allowed"), "Allow", "POST");
    fixed[REPLY_USE_MCP] =
        with_header(make_error(405, "Method not allowed"), "Allow", "POST, DELETE");
    fixed[REPLY_TOO_LARGE] = make_error(413, "Request body larger than 1 MiB");
    fixed[REPLY_INJECTED] = make_error(500, "Injected by --error-rate");
    fixed[REPLY_NO_TOKEN] = with_header(make_text("Authorization required\n"), challenge, bearer);
    fixed[REPLY_NO_BEARER] =
        with_header(make_text("Invalid authorization format\n"), challenge, bearer);
    fixed[REPLY_WRONG_TOKEN] = with_header(make_text("Invalid token\n"), challenge, bearer);

    for (int i = 0; i < ROUTES; i++) {
        if (routes[i].kind != ROUTE_IS_API || !api_is_constant((enum route)i, NULL))
            continue;
        struct buf body = BUF_INIT;
        api_answer(&(struct api_request){.route = (enum route)i}, &body);
        t->constants[i] = exchange_response(body.data, body.len, json_type);
        buf_release(&body);
    }
}

void exchange_free_replies(struct target *t)
{
    for (int i = 0; i < FIXED_REPLIES; i++)
        MHD_destroy_response(t->fixed[i]);
    for (int i = 0; i < ROUTES; i++) {
        if (t->constants[i])
            MHD_destroy_response(t->constants[i]);
    }
}

enum MHD_Result exchange_queue(struct server *s, struct MHD_Connection *connection,
                               const struct exchange *x, int status, struct MHD_Response *response)
{
    if (x->route != ROUTE_STATS)
        sheet_count_status(&s->sheet, x->route, status);
    return MHD_queue_response(connection, (unsigned)status, response);
}

static enum MHD_Result queue_fixed(struct server *s, struct MHD_Connection *connection,
                                   const struct exchange *x, enum fixed_reply reply)
{
    return exchange_queue(s, connection, x, fixed_status[reply], s->target->fixed[reply]);
}

/* Whether the request may pass; else *reply says why not. */
static bool is_authorized(const struct target *t, struct MHD_Connection *connection,
                          enum route route, enum fixed_reply *reply)
{
    static const char scheme[] = "Bearer ";
    if (!t->token || routes[route].open)
        return true;
    const char *given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    if (!given || !*given)
        *reply = REPLY_NO_TOKEN;
    else if (strncmp(given, scheme, sizeof(scheme) - 1) != 0)
        *reply = REPLY_NO_BEARER;
    else if (strcmp(given + sizeof(scheme) - 1, t->token) != 0)
        *reply = REPLY_WRONG_TOKEN;
    else
        return true;
    return false;
}

static enum MHD_Result answer_route(struct server *s, struct MHD_Connection *connection,
                                    const struct exchange *x, const char *path)
{
    struct target *t = s->target;
    struct buf *body = &s->scratch;
    const char *query_name = api_query_name(x->route);
    struct api_request request = {
        .route = x->route,
        .query = query_name
                     ? MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, query_name)
                     : NULL,
        .body = x->body.data,
        .body_len = x->body.len,
        .now = (int64_t)time(NULL),
        .uptime_s = (clock_ns() - t->started_ns) / NS_PER_S,
    };
    if (api_is_constant(x->route, request.query))
        return exchange_queue(s, connection, x, 200, t->constants[x->route]);

    int status = 200;
    buf_clear(body);
    if (x->route == ROUTE_STATS) {
        struct target_counts counts;
        target_counts(t, &counts);
        counts_write_json(&counts, body);
    } else {
        route_find(path, routes[x->route].method, &request.variable, &request.variable_len);
        status = api_answer(&request, body);
    }
    struct MHD_Response *response = exchange_response(body->data, body->len, json_type);
    if (!response)
        return MHD_NO;
    enum MHD_Result result = exchange_queue(s, connection, x, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum fixed_reply method_reply(enum route route)
{
    if (routes[route].kind != ROUTE_IS_API)
        return REPLY_USE_MCP;
    return route == ROUTE_CONVERT ? REPLY_USE_POST : REPLY_USE_GET;
}

static enum MHD_Result answer(struct server *s, struct MHD_Connection *connection,
                              const struct exchange *x, const char *path, const char *method)
{
    enum fixed_reply reply;
    if (x->fails)
        return queue_fixed(s, connection, x, REPLY_INJECTED);
    if (!is_authorized(s->target, connection, x->route, &reply))
        return queue_fixed(s, connection, x, reply);
    if (x->route == ROUTE_UNKNOWN)
        return queue_fixed(s, connection, x, REPLY_NOT_FOUND);
    if (!route_takes(x->route, method))
        return queue_fixed(s, connection, x, method_reply(x->route));
    if (x->too_large)
        return queue_fixed(s, connection, x, REPLY_TOO_LARGE);
    if (routes[x->route].kind != ROUTE_IS_API)
        return exchange_answer_mcp(s, connection, x, path, method);
    return answer_route(s, connection, x, path);
}

static void draw_fate(struct target *t, struct exchange *x)
{
    struct rng rng;
    rng_init(&rng, t->seed, atomic_fetch_add_explicit(&t->serial, 1, memory_order_relaxed));
    x->fails = t->error_rate > 0 && rng_double(&rng) < t->error_rate;
    double late = latency_draw(&t->latency, &rng);
    if (late > 0)
        x->due_ns = clock_ns() + s_to_ns(late);
}

static struct exchange *exchange_new(struct server *s, const char *path, const char *method)
{
    const char *variable;
    size_t variable_len;
    struct exchange *x = xcalloc(1, sizeof(*x));
    x->route = route_find(path, method, &variable, &variable_len);
    if (x->route == ROUTE_STATS)
        return x;
    sheet_count(&s->sheet.requests[x->route]);
    if (s->target->has_fate)
        draw_fate(s->target, x);
    return x;
}

enum MHD_Result exchange_on_request(void *cls, struct MHD_Connection *connection, const char *path,
                                    const char *method, const char *version, const char *upload,
                                    size_t *upload_len, void **state)
{
    (void)version;
    struct server *s = cls;
    struct exchange *x = *state;
    if (!x) {
        /* An answer now, before the body, would cost the connection. */
        *state = exchange_new(s, path, method);
        return MHD_YES;
    }
    if (*upload_len > 0) {
        x->too_large |= x->body.len + *upload_len > BODY_MAX;
        if (!x->too_large)
            buf_add(&x->body, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    if (x->due_ns > 0) {
        uint64_t due_ns = x->due_ns;
        x->due_ns = 0;
        if (due_ns > clock_ns()) {
            MHD_suspend_connection(connection);
            delays_add(&s->delays, due_ns, connection);
            return MHD_YES;
        }
    }
    return answer(s, connection, x, path, method);
}

void exchange_on_completed(void *cls, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode how)
{
    (void)cls;
    (void)connection;
    (void)how;
    struct exchange *x = *state;
    *state = NULL;
    if (!x)
        return;
    buf_release(&x->body);
    free(x);
}

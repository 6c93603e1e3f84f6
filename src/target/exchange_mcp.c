/* A request of MCP: from its headers and body to mcp.h, and back as JSON or as
 * an event stream. */
#include "target/exchange.h"

#include "base/clock.h"
#include "base/mem.h"
#include "target/event_stream.h"
#include "target/gateway.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char json_type[] = "application/json";

/* An event stream on its way: each event is a chunk of its own. */
struct stream {
    struct buf bytes;
    size_t sent;
};

static ssize_t read_stream(void *cls, uint64_t pos, char *to, size_t max)
{
    (void)pos;
    struct stream *stream = cls;
    size_t left = stream->bytes.len - stream->sent;
    if (left == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    size_t n = event_stream_first(stream->bytes.data + stream->sent, left);
    if (n > max)
        n = max;
    memcpy(to, stream->bytes.data + stream->sent, n);
    stream->sent += n;
    return (ssize_t)n;
}

static void free_stream(void *cls)
{
    struct stream *stream = cls;
    buf_release(&stream->bytes);
    free(stream);
}

static struct MHD_Response *make_stream(const struct buf *message, bool primed)
{
    enum { BLOCK = 4096 };
    struct stream *stream = xcalloc(1, sizeof(*stream));
    event_stream_write(&stream->bytes, message->data, message->len, primed);
    struct MHD_Response *r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream,
                                                               stream, free_stream);
    if (!r) {
        free_stream(stream);
        return NULL;
    }
    MHD_add_response_header(r, "Content-Type", "text/event-stream");
    MHD_add_response_header(r, "Cache-Control", "no-cache");
    return r;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result queue_and_drop(struct server *s, struct MHD_Connection *connection,
                                      const struct exchange *x, int status, struct MHD_Response *r)
{
    if (!r)
        return MHD_NO;
    enum MHD_Result result = exchange_queue(s, connection, x, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result queue_json(struct server *s, struct MHD_Connection *connection,
                                  const struct exchange *x, int status)
{
    struct MHD_Response *r = exchange_response(s->scratch.data, s->scratch.len, json_type);
    if (r && status == 401)
        MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
    return queue_and_drop(s, connection, x, status, r);
}

static enum MHD_Result queue_answer(struct server *s, struct MHD_Connection *connection,
                                    const struct exchange *x, const struct mcp_answer *answer)
{
    const char *accept = header(connection, "Accept");
    struct MHD_Response *r;
    if (s->scratch.len == 0)
        r = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    else if (answer->status == 200 && event_stream_is_wanted(accept, s->target->event_streams))
        r = make_stream(&s->scratch, answer->version == MCP_2025_11_25);
    else
        r = exchange_response(s->scratch.data, s->scratch.len, json_type);
    if (r && answer->session[0])
        MHD_add_response_header(r, "Mcp-Session-Id", answer->session);
    return queue_and_drop(s, connection, x, answer->status, r);
}

/* application/json, with or without parameters. */
static bool is_json(const char *type)
{
    size_t len = sizeof(json_type) - 1;
    return type && strncasecmp(type, json_type, len) == 0 &&
           (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

/* The status of a POST whose types are no good, and why; or 0. */
static int refuse_types(const struct target *t, struct MHD_Connection *connection, const char **why)
{
    if (t->strict && !event_stream_or_json_is_accepted(header(connection, "Accept"))) {
        *why = "Not Acceptable: Accept must name application/json and text/event-stream";
        return 406;
    }
    *why = "Content-Type must be application/json";
    return is_json(header(connection, "Content-Type")) ? 0 : 415;
}

enum MHD_Result exchange_answer_mcp(struct server *s, struct MHD_Connection *connection,
                                    const struct exchange *x, const char *path, const char *method)
{
    struct mcp_request request = {
        .gateway = routes[x->route].kind == ROUTE_IS_GATEWAY,
        .body = x->body.data,
        .body_len = x->body.len,
        .session = header(connection, "Mcp-Session-Id"),
        .version = header(connection, "MCP-Protocol-Version"),
        .method = header(connection, "Mcp-Method"),
        .name = header(connection, "Mcp-Name"),
        .now = (int64_t)time(NULL),
        .clock_s = (uint32_t)(clock_ns() / NS_PER_S),
    };
    buf_clear(&s->scratch);
    if (request.gateway) {
        const char *server;
        size_t server_len;
        route_find(path, method, &server, &server_len);
        int status = gateway_check(s->gateway, header(connection, "Authorization"), server,
                                   server_len, request.now, &request.owner, &s->scratch);
        if (status != 200)
            return queue_json(s, connection, x, status);
    }
    struct mcp_answer answer;
    if (strcmp(method, "DELETE") == 0) {
        answer = mcp_end_session(s->target->mcp, &request, &s->scratch);
        return queue_answer(s, connection, x, &answer);
    }
    const char *why;
    int refused = refuse_types(s->target, connection, &why);
    if (refused) {
        mcp_refuse(&s->scratch, why);
        return queue_json(s, connection, x, refused);
    }
    answer = mcp_answer(s->target->mcp, &request, &s->scratch);
    sheet_count_mcp(&s->sheet, &answer);
    return queue_answer(s, connection, x, &answer);
}

/* The connections of a user's HTTP client: to which origin, with which headers. */
#include "base/mem.h"
#include "script/http_client.h"
#include "script/scenario.h"

#include <string.h>

/* The class's headers as an array; their strings are kept by the class. */
static size_t class_headers(lua_State *L, const struct user_class *class,
                            struct http1_header headers[HTTP_HEADERS_MAX])
{
    size_t n = 0;
    lua_rawgeti(L, LUA_REGISTRYINDEX, class->self);
    lua_getfield(L, -1, "headers");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (n == HTTP_HEADERS_MAX)
            script_raise(L, "user class '%s' cannot have more than %d headers", class->about->name,
                         HTTP_HEADERS_MAX);
        headers[n].name = http_span_at(L, -2);
        headers[n].value = http_span_at(L, -1);
        n++;
    }
    lua_pop(L, 2);
    return n;
}

static struct http_link *link_to(lua_State *L, struct http_client *c, const char *base, size_t len)
{
    struct user *u = c->user;
    struct script *s = u->script;
    for (size_t i = 0; i < c->links.len; i++) {
        const struct http_host *h = c->links.items[i].host;
        if (h->base_len == len && memcmp(h->base, base, len) == 0)
            return &c->links.items[i];
    }
    struct http_host *host = http_hosts_find(s->hosts, u->class, base, len);
    if (!host) {
        struct http1_header headers[HTTP_HEADERS_MAX];
        size_t n = class_headers(L, u->class, headers);
        struct err err;
        if (http_hosts_add(s->hosts, u->class, u->class->about->tls.config, base, len, headers, n,
                           &host, &err) < 0)
            script_raise(L, "%s", err.message);
    }
    vec_push(&c->links, ((struct http_link){.host = host}));
    struct http_link *link = &c->links.items[c->links.len - 1];
    link->conn = http1_conn_new(s->net, &host->to);
    return link;
}

struct http_link *http_link_find(lua_State *L, struct http_client *c, struct http1_span *target)
{
    const struct user *u = c->user;
    if (target->len > 0 && target->data[0] == '/') {
        const char *base = u->script->options->host;
        if (!base)
            base = u->class->about->host;
        if (!base)
            script_raise(L,
                         "user class '%s' has no host for the path %s; give it one (host = "
                         "\"http://...\"), or run with --host",
                         u->class->about->name, target->data);
        return link_to(L, c, base, strlen(base));
    }
    const char *authority = strstr(target->data, "://");
    if (!authority)
        script_raise(L, "the target must be a path that begins with / or a whole URL, not '%s'",
                     target->data);
    authority += 3;
    size_t base_len = (size_t)(authority - target->data) + strcspn(authority, "/?#");
    struct http_link *link = link_to(L, c, target->data, base_len);
    target->data += base_len;
    target->len -= base_len;
    if (target->len == 0 || target->data[0] != '/') { /* http://host?query */
        lua_pushfstring(L, "/%s", target->data);
        *target = http_span_at(L, -1);
    }
    return link;
}

size_t http_link_index(lua_State *L, struct http_client *c, struct http1_span *target)
{
    return (size_t)(http_link_find(L, c, target) - c->links.items);
}

int http_defaults_with(lua_State *L, const struct http_client *c, const struct http_link *link,
                       const struct http1_header *own, size_t own_len, struct http1_defaults *out,
                       struct err *err)
{
    struct http1_header headers[2 * HTTP_HEADERS_MAX];
    struct http1_header *theirs = headers + HTTP_HEADERS_MAX;
    size_t n = own_len, theirs_len = class_headers(L, c->user->class, theirs);
    if (own_len > 0)
        memcpy(headers, own, own_len * sizeof(*own));
    for (size_t i = 0; i < theirs_len; i++) {
        bool replaced = false;
        for (size_t j = 0; j < own_len && !replaced; j++)
            replaced = http1_span_equal_nocase(theirs[i].name, own[j].name);
        if (!replaced)
            headers[n++] = theirs[i];
    }
    return http1_defaults_init(out, link->host->authority, headers, n, err);
}

const struct http1_defaults *http_link_defaults(lua_State *L, struct http_client *c,
                                                struct http_link *link)
{
    if (c->headers.len == 0)
        return &link->host->defaults;
    if (!link->has_own) {
        struct http1_header headers[HTTP_HEADERS_MAX];
        size_t n = 0;
        for (size_t i = 0; i < c->headers.len; i++, n++) {
            headers[n].name = http1_span(c->headers.items[i].name);
            headers[n].value = http1_span(c->headers.items[i].value);
        }
        struct err err;
        if (http_defaults_with(L, c, link, headers, n, &link->own, &err) < 0)
            script_raise(L, "%s", err.message);
        link->has_own = true;
    }
    return &link->own;
}

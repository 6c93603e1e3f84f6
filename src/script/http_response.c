/* Where what a response holds is found; see http_response.h. */
#include "script/http_response.h"

#include "base/buf.h"

static const char headers_meta[] = "inrush.http.Headers";

const char *const http_response_names[HTTP_RESPONSE_FIELDS] = {
    [HTTP_RESPONSE_STATUS] = "status",   [HTTP_RESPONSE_BODY] = "body",
    [HTTP_RESPONSE_HEAD] = "head",       [HTTP_RESPONSE_HEADERS] = "headers",
    [HTTP_RESPONSE_ELAPSED] = "elapsed", [HTTP_RESPONSE_BYTES] = "bytes",
    [HTTP_RESPONSE_ERROR] = "error",
};

struct http_client *http_response_owner(lua_State *L)
{
    const struct script *s = script_of(L);
    return s->current ? http_client_of(s->current) : NULL;
}

struct http_client *http_response_live(lua_State *L, uint64_t number)
{
    struct http_client *c = http_response_owner(L);
    return c && c->response == number ? c : NULL;
}

static void push_headers(lua_State *L, const char *head, size_t len)
{
    struct http1_span rest = {head, len};
    struct http1_header field;
    struct buf value = BUF_INIT;
    lua_newtable(L);
    luaL_getmetatable(L, headers_meta);
    lua_setmetatable(L, -2);
    while (http1_header_next(&rest, &field)) {
        luaL_Buffer name;
        luaL_buffinit(L, &name);
        for (size_t i = 0; i < field.name.len; i++) {
            char c = field.name.data[i];
            luaL_addchar(&name, (char)(c >= 'A' && c <= 'Z' ? c + 32 : c));
        }
        luaL_pushresult(&name);
        buf_clear(&value);
        lua_pushvalue(L, -1);
        lua_rawget(L, -3);
        if (lua_isstring(L, -1)) { /* a field given twice is one list (RFC 9110 5.2) */
            size_t had;
            const char *before = lua_tolstring(L, -1, &had);
            buf_add(&value, before, had);
            buf_adds(&value, ", ");
        }
        lua_pop(L, 1);
        http1_value_add(&value, field.value);
        lua_pushlstring(L, value.data ? value.data : "", value.len);
        lua_rawset(L, -3);
    }
    buf_release(&value);
}

/* Pushes the field of the client's last response. */
static void push_field(lua_State *L, struct http_client *c, enum http_response_field field)
{
    const struct op *op = &c->op.op;
    switch (field) {
    case HTTP_RESPONSE_STATUS:
        lua_pushinteger(L, c->op.status);
        break;
    case HTTP_RESPONSE_BODY:
        lua_pushlstring(L, c->op.body ? c->op.body : "", c->op.body ? c->op.body_len : 0);
        break;
    case HTTP_RESPONSE_HEAD:
        lua_pushlstring(L, c->op.head ? c->op.head : "", c->op.head ? c->op.head_len : 0);
        break;
    case HTTP_RESPONSE_HEADERS:
        push_headers(L, c->op.head, c->op.head ? c->op.head_len : 0);
        break;
    case HTTP_RESPONSE_ELAPSED:
        lua_pushnumber(L, ns_to_s(op->end_ns - op->start_ns));
        break;
    case HTTP_RESPONSE_BYTES:
        lua_pushnumber(L, (double)op->bytes);
        break;
    case HTTP_RESPONSE_ERROR:
        if (c->user->has_sample && c->user->sample.error != ERR_NONE)
            lua_pushstring(L, c->user->sample.message);
        else
            lua_pushnil(L);
        break;
    case HTTP_RESPONSE_NONE:
        lua_pushnil(L);
        break;
    }
}

/* Pushes the table number -> fields of the responses of the user's running
 * task, made on first use. */
static void push_kept(lua_State *L, struct http_client *c)
{
    if (c->kept_ref == LUA_NOREF) {
        lua_newtable(L);
        c->kept_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, c->kept_ref);
}

/* Pushes the kept fields of a response, or nil. */
static void push_fields(lua_State *L, struct http_client *c, uint64_t number)
{
    if (c->kept_ref == LUA_NOREF) {
        lua_pushnil(L);
        return;
    }
    push_kept(L, c);
    lua_pushlightuserdata(L, (void *)(uintptr_t)number);
    lua_rawget(L, -2);
    lua_replace(L, -2);
}

/* The same, made when there are none. */
static void push_fields_made(lua_State *L, struct http_client *c, uint64_t number)
{
    push_fields(L, c, number);
    if (lua_istable(L, -1))
        return;
    lua_pop(L, 1);
    push_kept(L, c);
    lua_newtable(L);
    lua_pushlightuserdata(L, (void *)(uintptr_t)number);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
    lua_replace(L, -2);
}

bool http_response_push_kept(lua_State *L, struct http_client *c, uint64_t number, const char *name)
{
    push_fields(L, c, number);
    if (lua_istable(L, -1)) {
        lua_getfield(L, -1, name);
        lua_replace(L, -2);
    }
    if (!lua_isnil(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

void http_response_keep(lua_State *L, struct http_client *c, uint64_t number, const char *name)
{
    push_fields_made(L, c, number);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* Keeps what the last response holds, before its bytes go. */
static void preserve(struct user *u)
{
    struct http_client *c = http_client_of(u);
    lua_State *L = u->thread.co;
    static const enum http_response_field needed[] = {HTTP_RESPONSE_STATUS, HTTP_RESPONSE_BODY,
                                                      HTTP_RESPONSE_HEAD,   HTTP_RESPONSE_ELAPSED,
                                                      HTTP_RESPONSE_BYTES,  HTTP_RESPONSE_ERROR};
    luaL_checkstack(L, 8, "response");
    push_fields_made(L, c, c->response);
    for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
        push_field(L, c, needed[i]);
        lua_setfield(L, -2, http_response_names[needed[i]]);
    }
    lua_pop(L, 1);
    c->response = 0;
}

/* Forgets what was kept: the task has ended. */
static void forget(struct user *u)
{
    struct http_client *c = http_client_of(u);
    c->response = 0;
    if (c->kept_ref == LUA_NOREF)
        return;
    luaL_unref(u->script->L, LUA_REGISTRYINDEX, c->kept_ref);
    c->kept_ref = LUA_NOREF;
}

void http_response_push(struct http_client *c)
{
    struct user *u = c->user;
    c->response = ++u->script->responses;
    u->preserve = preserve;
    u->task_over = forget;
    lua_pushlightuserdata(u->thread.co, (void *)(uintptr_t)c->response);
}

void http_response_push_field(lua_State *L, uint64_t number, enum http_response_field field)
{
    struct http_client *c = http_response_live(L, number);
    bool kept_once_made = field == HTTP_RESPONSE_BODY || field == HTTP_RESPONSE_HEADERS;
    const char *name = http_response_names[field];
    if (c && !kept_once_made) {
        push_field(L, c, field);
        return;
    }
    struct http_client *owner = http_response_owner(L);
    if (owner && http_response_push_kept(L, owner, number, name))
        return;
    if (c) {
        push_field(L, c, field);
        http_response_keep(L, c, number, name);
        return;
    }
    const char *head_name = http_response_names[HTTP_RESPONSE_HEAD];
    if (!owner || !http_response_push_kept(L, owner, number, head_name))
        script_raise(L,
                     "res.%s is gone: a response lasts until its task ends; keep what you need "
                     "of it (user.token = res:json().token)",
                     name);
    if (field == HTTP_RESPONSE_HEADERS) { /* kept as text so far */
        size_t len;
        const char *head = lua_tolstring(L, -1, &len);
        push_headers(L, head, len);
        http_response_keep(L, owner, number, name);
    } else {
        lua_pushnil(L); /* kept, and it has none: an error */
    }
    lua_replace(L, -2);
}

void http_response_push_body(lua_State *L, uint64_t number)
{
    struct http_client *c = http_response_live(L, number);
    if (c)
        push_field(L, c, HTTP_RESPONSE_BODY);
    else
        http_response_push_field(L, number, HTTP_RESPONSE_BODY);
}

/* headers[name] with any case. */
static int headers_index(lua_State *L)
{
    size_t len;
    const char *name = luaL_checklstring(L, 2, &len);
    luaL_Buffer lower;
    luaL_buffinit(L, &lower);
    for (size_t i = 0; i < len; i++)
        luaL_addchar(&lower, (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]));
    luaL_pushresult(&lower);
    lua_rawget(L, 1);
    return 1;
}

void http_response_open_headers(lua_State *L)
{
    luaL_newmetatable(L, headers_meta);
    lua_pushcfunction(L, headers_index);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

/*
 * A call of user.http as data: its options read and checked, and the parts of
 * the request made of them. Used by lua_http.c, inside the method's C function,
 * whose arguments and upvalues these functions look at.
 */
#pragma once

#include "script/http_client.h"

enum http_option {
    OPT_NONE,
    OPT_NAME,
    OPT_TYPE,
    OPT_HEADERS,
    OPT_QUERY,
    OPT_JSON,
    OPT_BODY,
    OPT_FORM,
    OPT_TIMEOUT,
    OPT_EXPECT,
    OPT_RECORD,
    OPT_EVENTS,
    OPT_BACKGROUND,
    OPTIONS
};

extern const char *const http_option_names[OPTIONS];

/* The arguments of a method. */
enum { ARG_SELF = 1, ARG_TARGET, ARG_OPTIONS };

/*
 * Strings that the state has met, by address: Lua keeps one copy of each
 * string, so as long as somebody holds it the address says which it is.
 */
enum { SERIES_CACHE = 256 };

struct http_names {
    const void *options[OPTIONS]; /* held by the registry */
    struct {
        const char *type, *name; /* bytes of strings that the table of series holds */
        uint32_t id;
    } series[SERIES_CACHE];
};

/* Upvalues of a method: struct http_names; the table type -> name -> series; cjson's
 * encode; the HTTP method. */
enum { UP_NAMES = 1, UP_SERIES, UP_ENCODE, UP_METHOD };

/* What a call asked for. Spans point at Lua strings that its option table, at
 * ARG_OPTIONS, keeps alive. */
struct http_call {
    struct http1_request request;
    struct http1_header headers[HTTP_HEADERS_MAX + 1]; /* one is Content-Type, if we add it */
    unsigned given;                                    /* bits 1 << enum http_option */
    double timeout_s;
    struct http1_span type, name; /* the series; type is the method unless given */
    int expect[HTTP_EXPECT_MAX];
    int expect_len;
    bool record;
    bool background;
};

/* The method's call without options yet; raises when the target is none. */
void http_call_init(lua_State *L, struct http_call *call, const struct user *u);
/* Reads the options at ARG_OPTIONS; raises for one that is wrong. */
void http_call_read(lua_State *L, const struct http_names *names, struct http_call *call);

static inline bool http_call_given(const struct http_call *call, enum http_option option)
{
    return call->given >> option & 1;
}

/* The number of the series that the call counts under. */
uint32_t http_call_series(lua_State *L, struct http_names *names, struct script *s,
                          const struct http_call *call);

/* Makes body, query and the path's prefix; what they are made of stays on the
 * stack. */
void http_call_complete(lua_State *L, struct script *s, struct http_call *call, const char *prefix);

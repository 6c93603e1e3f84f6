/*
 * What a response holds. A response costs no Lua object: it is a light userdata
 * with its number in the state, and everything asked of it is looked up under that
 * number (all light userdata share one metatable; nothing else of ours is one, and
 * JSON's null, which is, is the number 0).
 *
 * The last response of the current user is read out of the connection's bytes.
 * Before the user's next operation its fields are kept as Lua values, since the
 * script may still ask for them; when the task ends they go.
 */
#pragma once

#include "script/http_client.h"

enum http_response_field {
    HTTP_RESPONSE_NONE,
    HTTP_RESPONSE_STATUS,
    HTTP_RESPONSE_BODY,
    HTTP_RESPONSE_HEAD, /* the bytes that headers is made of */
    HTTP_RESPONSE_HEADERS,
    HTTP_RESPONSE_ELAPSED, /* seconds */
    HTTP_RESPONSE_BYTES,
    HTTP_RESPONSE_ERROR,
};

enum { HTTP_RESPONSE_FIELDS = HTTP_RESPONSE_ERROR + 1 };

/* As scripts call them. */
extern const char *const http_response_names[HTTP_RESPONSE_FIELDS];

/* Makes the client's last request's response and pushes it on the coroutine of the
 * user, which waits for it. */
void http_response_push(struct http_client *c);

/* The client of the user whose task runs; NULL outside tasks. */
struct http_client *http_response_owner(lua_State *L);
/* The client whose last response is that number, or NULL. */
struct http_client *http_response_live(lua_State *L, uint64_t number);

/* Pushes a field, wherever it is; raises when the response is gone. */
void http_response_push_field(lua_State *L, uint64_t number, enum http_response_field field);
/* Pushes the body without keeping it: for who makes something of it that is kept. */
void http_response_push_body(lua_State *L, uint64_t number);

/* Keeps the value on top with the fields of a response of the client's user; it
 * stays on top. */
void http_response_keep(lua_State *L, struct http_client *c, uint64_t number, const char *name);
/* Pushes what was kept under a name; false, and nothing pushed, if nothing was. */
bool http_response_push_kept(lua_State *L, struct http_client *c, uint64_t number,
                             const char *name);

/* Makes the table of headers known to the state: a name is found in any case. */
void http_response_open_headers(lua_State *L);

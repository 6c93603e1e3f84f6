/*
 * The Lua userdata that stands for a user's client of a protocol (user.http). The
 * client goes with its user, but the script may have kept the value: then the box
 * is empty, and using it an error.
 */
#pragma once

#include "script/internal.h"

struct client_box {
    const char *meta; /* name of its metatable; the address says which without a look-up */
    void *client;     /* borrowed; NULL: gone */
    int ref;          /* registry reference that keeps the box until then */
};

/* Makes the client's box, with the metatable of that name (always the same address),
 * and pushes it. Valid until client_box_empty. */
struct client_box *client_box_new(lua_State *L, const char *meta, void *client);
/* The client goes. */
void client_box_empty(lua_State *L, struct client_box *box);

/* Raises for a value that is no such box, or an empty one; see client_box_at. */
void client_box_wrong(lua_State *L, bool is_box, const char *method, const char *what)
    __attribute__((noreturn));

/* The box at an argument; raises if it has another metatable, which a method called with
 * a dot brings about, or empty. method, what: "user.http:get", "http client", for the
 * message. */
static inline struct client_box *client_box_at(lua_State *L, int index, const char *meta,
                                               const char *method, const char *what)
{
    struct client_box *box = lua_touserdata(L, index);
    bool is_box = box && lua_objlen(L, index) == sizeof(*box) && box->meta == meta;
    if (!is_box || !box->client)
        client_box_wrong(L, is_box, method, what);
    return box;
}

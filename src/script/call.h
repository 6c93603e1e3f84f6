/*
 * What calls of every protocol have in common: the options name, timeout and
 * record, and finding the series by its name. Used by lua_NAME.c.
 */
#pragma once

#include "net/op.h"
#include "script/internal.h"

struct call {
    uint32_t series; /* when named */
    bool named;
    bool record;
    double timeout_s;
};

/* A call without options: the class's timeout, or the run's. */
struct call call_new(const struct user *u);

/* The number of the series of a type that the string at `name` names. `known`:
 * where a table of names and numbers is, kept by the caller. */
uint32_t call_series(lua_State *L, int known, const char *type, int name);

/* Seconds of the value on top: a number, or a text such as '500ms'; 0 for what is
 * neither. */
double call_duration(lua_State *L);

/* Reads the option whose name is at -2 and whose value is at -1. False when it
 * is none of the three; raises when its value is wrong. known, type: as for
 * call_series. */
bool call_read_option(lua_State *L, struct call *call, int known, const char *type);

/* Raises for an option that `what` ("a Redis command") does not have; its name is
 * at -2. There are the three and the n names in others. */
void call_unknown_option(lua_State *L, const char *what, const char *const *others, size_t n);

/* Raises unless the running task is u's and may wait; what: "user.redis". */
void call_check_user(lua_State *L, struct user *u, const char *what);

/* Makes the sample of a completed operation. */
void call_set_sample(struct user *u, const struct call *call, const struct op *op);

/* A client's method fail(why): fails its last request, which was this call. */
void call_fail(lua_State *L, struct user *u, const struct call *call, const char *what);

/*
 * user.pg: what a call asks for. Options, the series it counts under, and its
 * statements, copied: the script's tables may change while the call waits.
 */
#include "base/suggest.h"
#include "script/pg_client.h"
#include "script/scenario.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum option {
    OPT_NONE,
    OPT_NAME,
    OPT_PARAMS,
    OPT_TIMEOUT,
    OPT_RECORD,
    OPT_PREPARE,
    OPT_ROWS,
};

static const char *const option_names[] = {
    [OPT_NAME] = "name",     [OPT_PARAMS] = "params",   [OPT_TIMEOUT] = "timeout",
    [OPT_RECORD] = "record", [OPT_PREPARE] = "prepare", [OPT_ROWS] = "rows",
};

enum { OPTIONS = sizeof(option_names) / sizeof(*option_names) };

enum { NAME_MAX_BYTES = 60 }; /* of a series that is named by its SQL */

/*
 * Texts that the state has met, and their numbers: of the series of that name,
 * of the series that the SQL names, of the SQL among the prepared. One table
 * each, an upvalue, which keeps the text; before them a cache by address, which
 * says which text it is as long as somebody keeps it (Lua has one copy of each).
 */
enum known { KNOWN_NAME, KNOWN_SQL, KNOWN_PREPARED, KNOWN };
enum { SLOTS = 256 };

struct slot {
    const void *text;
    bool known[KNOWN];
    uint32_t numbers[KNOWN];
};

struct names {
    const void *options[OPTIONS]; /* the options' names by address; held by the registry */
    uint32_t prepared;            /* how many have a number */
    struct slot slots[SLOTS];
};

static void want(lua_State *L, bool good, int option, const char *what)
{
    if (!good)
        script_raise(L, "query option '%s' must be %s, not %s", option_names[option], what,
                     luaL_typename(L, -1));
}

static void unknown_option(lua_State *L, int key)
{
    if (lua_type(L, key) != LUA_TSTRING)
        script_raise(L, "query options must have names; found a value at [%s]",
                     lua_isnumber(L, key) ? lua_tostring(L, key) : luaL_typename(L, key));
    const char *given = lua_tostring(L, key);
    const char *near = suggest(given, option_names + 1, OPTIONS - 1);
    if (near)
        script_raise(L, "unknown query option '%s'; did you mean '%s'?", given, near);
    script_raise(L,
                 "unknown query option '%s'; there are name, params, timeout, record, prepare and "
                 "rows",
                 given);
}

/* The SQL on one line, cut. */
static size_t squeeze(char *to, const char *sql, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bool space = strchr(" \t\r\n\f\v", sql[i]) != NULL; /* and NUL */
        if (space && (n == 0 || to[n - 1] == ' '))
            continue;
        if (n == NAME_MAX_BYTES) {
            while (n > 0 && ((unsigned char)to[n - 1] & 0xC0) == 0x80)
                n--; /* no half of a UTF-8 character before the dots */
            if (n > 0 && (unsigned char)to[n - 1] >= 0xC0)
                n--;
            memcpy(to + n, "...", 3);
            return n + 3;
        }
        to[n++] = space ? ' ' : sql[i];
    }
    while (n > 0 && to[n - 1] == ' ')
        n--;
    if (n > 0)
        return n;
    static const char nothing[] = "(empty)";
    memcpy(to, nothing, sizeof(nothing) - 1);
    return sizeof(nothing) - 1;
}

static uint32_t intern(lua_State *L, const char *name, size_t len)
{
    return catalog_intern(script_of(L)->catalog, "PSQL", 4, name, len);
}

/* The number of the text at an index, which is seen for the first time. */
static uint32_t number_text(lua_State *L, struct names *names, int index, enum known which)
{
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    char name[NAME_MAX_BYTES + 3];
    switch (which) {
    case KNOWN_NAME:
        return intern(L, text, len);
    case KNOWN_SQL:
        return intern(L, name, squeeze(name, text, len));
    default:
        return ++names->prepared;
    }
}

/* The number of the text at an index. */
static uint32_t find(lua_State *L, int index, enum known which)
{
    struct names *names = lua_touserdata(L, lua_upvalueindex(PG_UP_NAMES));
    const void *text = lua_topointer(L, index);
    struct slot *slot = &names->slots[((uintptr_t)text >> 4) % SLOTS];
    if (slot->text == text && slot->known[which])
        return slot->numbers[which];

    uint32_t number;
    lua_pushvalue(L, index);
    lua_rawget(L, lua_upvalueindex(PG_UP_NAMES + 1 + (int)which));
    if (lua_isnil(L, -1)) {
        number = number_text(L, names, index, which);
        lua_pushvalue(L, index);
        lua_pushinteger(L, (lua_Integer)number);
        lua_rawset(L, lua_upvalueindex(PG_UP_NAMES + 1 + (int)which));
    } else {
        number = (uint32_t)lua_tointeger(L, -1);
    }
    lua_pop(L, 1);
    if (slot->text != text)
        *slot = (struct slot){.text = text};
    slot->known[which] = true;
    slot->numbers[which] = number;
    return number;
}

static bool read_flag(lua_State *L, int option)
{
    want(L, lua_isboolean(L, -1), option, "true or false");
    return lua_toboolean(L, -1);
}

static void read_option(lua_State *L, struct pg_call *call, int which)
{
    switch (which) {
    case OPT_NAME:
        want(L, lua_type(L, -1) == LUA_TSTRING, which, "a string");
        call->common.series = find(L, lua_gettop(L), KNOWN_NAME);
        call->common.named = true;
        break;
    case OPT_PARAMS:
        want(L, lua_istable(L, -1), which, "a list of values");
        call->params = -1;
        break;
    case OPT_TIMEOUT:
        call->common.timeout_s = call_duration(L);
        want(L, call->common.timeout_s > 0, which,
             "above 0: seconds, or a duration such as '500ms'");
        break;
    case OPT_RECORD:
        call->common.record = read_flag(L, which);
        break;
    case OPT_PREPARE:
        call->prepare = read_flag(L, which);
        break;
    case OPT_ROWS:
        call->rows = read_flag(L, which);
        break;
    default:
        break;
    }
}

static int which_option(const struct names *names, const void *key)
{
    for (int i = OPT_NONE + 1; i < OPTIONS; i++) {
        if (names->options[i] == key)
            return i;
    }
    return OPT_NONE;
}

void pg_call_read(lua_State *L, int index, int list, struct pg_call *call)
{
    const struct names *names = lua_touserdata(L, lua_upvalueindex(PG_UP_NAMES));
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TNUMBER && lua_tonumber(L, -2) >= 1 &&
            lua_tonumber(L, -2) <= list)
            continue;
        int which = which_option(names, lua_topointer(L, -2));
        if (which == OPT_NONE)
            unknown_option(L, lua_gettop(L) - 1);
        read_option(L, call, which);
    }
    if (call->params) {
        lua_getfield(L, index, option_names[OPT_PARAMS]);
        call->params = lua_gettop(L);
    }
}

/* --- statements --------------------------------------------------------------- */

static void add_text(struct pg_client *c, const char *data, size_t len)
{
    buf_add(&c->text, data, len);
    buf_addch(&c->text, '\0');
}

/* The value on top as parameter `number`. */
static void add_param(lua_State *L, struct pg_client *c, int number)
{
    struct pg_param p = {.at = c->text.len};
    size_t len = 0;
    const char *data = "";
    char digits[40];
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        p.at = PG_PARAM_NULL;
        break;
    case LUA_TLIGHTUSERDATA: /* cjson.null */
        if (lua_touserdata(L, -1))
            script_raise(L, "parameter %d cannot be a userdata value", number);
        p.at = PG_PARAM_NULL;
        break;
    case LUA_TBOOLEAN:
        data = lua_toboolean(L, -1) ? "true" : "false";
        len = strlen(data);
        break;
    case LUA_TNUMBER: {
        double n = lua_tonumber(L, -1);
        data = digits;
        if (isfinite(n))
            len = (size_t)snprintf(digits, sizeof(digits),
                                   n == floor(n) && fabs(n) < 1e15 ? "%.0f" : "%.17g", n);
        else
            data = isnan(n) ? "NaN" : n > 0 ? "Infinity" : "-Infinity";
        len = strlen(data);
        break;
    }
    case LUA_TSTRING:
        data = lua_tolstring(L, -1, &len);
        if (memchr(data, '\0', len))
            script_raise(L,
                         "parameter %d has a zero byte, which no text may have; for a bytea "
                         "write { bytea = value }",
                         number);
        break;
    case LUA_TTABLE:
        lua_getfield(L, -1, "bytea");
        if (lua_type(L, -1) != LUA_TSTRING)
            script_raise(L,
                         "parameter %d is a table; encode it (cjson.encode), or write { bytea = "
                         "value } for bytes",
                         number);
        data = lua_tolstring(L, -1, &len); /* the table keeps it */
        lua_pop(L, 1);
        p.format = 1;
        break;
    default:
        script_raise(L, "parameter %d cannot be a %s", number, luaL_typename(L, -1));
    }
    if (p.at != PG_PARAM_NULL)
        add_text(c, data, len);
    p.len = (int)len;
    vec_push(&c->params, p);
}

/* A list may have holes when it says how long it is: { n = 3, 1, nil, 3 }. */
static int params_len(lua_State *L, int list)
{
    lua_getfield(L, list, "n");
    int n = lua_isnumber(L, -1) ? (int)lua_tointeger(L, -1) : (int)lua_objlen(L, list);
    lua_pop(L, 1);
    if (n < 0 || n > UINT16_MAX)
        script_raise(L, "a query cannot have %d parameters, at most %d", n, UINT16_MAX);
    return n;
}

void pg_statements_add(lua_State *L, struct pg_client *c, int sql, const struct pg_call *call)
{
    size_t len;
    const char *text = lua_tolstring(L, sql, &len);
    if (strlen(text) != len)
        script_raise(L, "SQL cannot have a zero byte; give the value as a parameter");
    struct pg_statement s = {0};
    s.prepared = call->prepare ? find(L, sql, KNOWN_PREPARED) : 0;
    vec_push(&c->sql, c->text.len);
    add_text(c, text, len);
    if (call->params) {
        s.params_len = params_len(L, call->params);
        for (int i = 1; i <= s.params_len; i++) {
            lua_rawgeti(L, call->params, i);
            add_param(L, c, i);
            lua_pop(L, 1);
        }
    }
    vec_push(&c->statements, s);
}

void pg_statements_clear(struct pg_client *c)
{
    buf_clear(&c->text);
    vec_clear(&c->statements);
    vec_clear(&c->sql);
    vec_clear(&c->params);
}

void pg_statements_settle(struct pg_client *c)
{
    size_t n = c->params.len, next = 0;
    vec_clear(&c->values);
    vec_clear(&c->lengths);
    vec_clear(&c->formats);
    for (size_t i = 0; i < n; i++) {
        const struct pg_param *p = &c->params.items[i];
        vec_push(&c->values, p->at == PG_PARAM_NULL ? NULL : c->text.data + p->at);
        vec_push(&c->lengths, p->len);
        vec_push(&c->formats, p->format);
    }
    for (size_t i = 0; i < c->statements.len; i++) {
        struct pg_statement *s = &c->statements.items[i];
        s->sql = c->text.data + c->sql.items[i];
        if (s->params_len > 0) {
            s->params = c->values.items + next;
            s->param_lengths = c->lengths.items + next;
            s->param_formats = c->formats.items + next;
            next += (size_t)s->params_len;
        }
    }
}

/* --- calls -------------------------------------------------------------------- */

struct pg_call pg_call_new(const struct pg_client *c)
{
    return (struct pg_call){.common = call_new(c->user)};
}

void pg_call_name(lua_State *L, struct pg_call *call, const char *name)
{
    if (call->common.named)
        return;
    lua_pushstring(L, name);
    call->common.series = find(L, lua_gettop(L), KNOWN_NAME);
    lua_pop(L, 1);
}

void pg_call_name_by_sql(lua_State *L, struct pg_call *call, int sql)
{
    if (!call->common.named)
        call->common.series = find(L, sql, KNOWN_SQL);
}

void pg_call_push_upvalues(lua_State *L)
{
    struct names *names = lua_newuserdata(L, sizeof(*names));
    memset(names, 0, sizeof(*names));
    for (int i = OPT_NONE + 1; i < OPTIONS; i++) {
        lua_pushstring(L, option_names[i]);
        names->options[i] = lua_topointer(L, -1);
        luaL_ref(L, LUA_REGISTRYINDEX); /* for good */
    }
    for (int i = 0; i < KNOWN; i++)
        lua_newtable(L);
}

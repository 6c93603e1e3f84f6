/* The TLS options of a user class; see class_tls.h. */
#include "script/class_tls.h"

#include "base/mem.h"
#include "script/luajit.h"

#include <stdlib.h>

static char *copy_field(lua_State *L, const char *field)
{
    lua_getfield(L, -1, field);
    const char *text = lua_tostring(L, -1);
    char *copy = text ? xstrdup(text) : NULL;
    lua_pop(L, 1);
    return copy;
}

void class_tls_read(lua_State *L, struct class_tls *tls)
{
    *tls = (struct class_tls){0};
    lua_getfield(L, -1, "tls");
    tls->given = lua_istable(L, -1);
    if (tls->given) {
        lua_getfield(L, -1, "insecure");
        tls->insecure = lua_toboolean(L, -1);
        lua_pop(L, 1);
        tls->cacert = copy_field(L, "cacert");
        tls->cert = copy_field(L, "cert");
        tls->key = copy_field(L, "key");
        tls->sni = copy_field(L, "sni");
    }
    lua_pop(L, 1);
}

int class_tls_open(struct class_tls *tls, const struct tls_options *run, struct err *err)
{
    if (!tls->given)
        return 0;
    struct tls_options both = *run;
    both.prefix = "tls.";
    both.insecure = run->insecure || tls->insecure;
    if (!run->cacert)
        both.cacert = tls->cacert;
    if (!run->cert && !run->key) { /* the two belong together */
        both.cert = tls->cert;
        both.key = tls->key;
    }
    if (!run->sni)
        both.sni = tls->sni;
    tls->config = tls_config_new(&both, err);
    return tls->config ? 0 : -1;
}

void class_tls_release(struct class_tls *tls)
{
    tls_config_free(tls->config);
    free(tls->cacert);
    free(tls->cert);
    free(tls->key);
    free(tls->sni);
    *tls = (struct class_tls){0};
}

/* The TLS options of a user class; see class_tls.h. */
#include "script/class_tls.h"

#include "script/field.h"

#include <stdlib.h>

void class_tls_read(lua_State *L, struct class_tls *tls)
{
    *tls = (struct class_tls){0};
    lua_getfield(L, -1, "tls");
    tls->given = lua_istable(L, -1);
    if (tls->given) {
        tls->insecure = field_boolean(L, "insecure");
        tls->cacert = field_copy(L, "cacert");
        tls->cert = field_copy(L, "cert");
        tls->key = field_copy(L, "key");
        tls->sni = field_copy(L, "sni");
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

/* Configurations and targets of TLS; see tls.h. Everything that can be wrong is
 * found when the configuration is made: its own context is the proof. */
#include "net/tls.h"

#include "base/mem.h"
#include "net/tls_ciphers.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct tls_config {
    SSL_CTX *model; /* owned: certificates and authorities, which targets share */
    struct system_authorities *system; /* owned: none were named; NULL: model has those to trust */
    struct tls_ciphers ciphers;
    int min, max; /* TLS1_2_VERSION ... */
    bool insecure, resume;
    bool partial_chain; /* what was named is trusted itself, authority or not */
    char *sni;          /* owned; NULL: the host */
};

/* Read into the model for the first target: most runs have none. */
struct system_authorities {
    pthread_mutex_t lock;
    bool read;
};

struct tls_target {
    const struct tls_config *config; /* borrowed */
    SSL_CTX *ctx;                    /* owned */
    char *name;                      /* owned: to verify */
    bool is_address;                 /* which SNI does not carry (RFC 6066 3) */
    SSL_SESSION *session;            /* owned: the last that the server gave; or NULL */
};

/* --- configurations ------------------------------------------------------------- */

static int fail_file(struct err *err, const struct tls_options *o, const char *option,
                     const char *path, const char *what)
{
    ERR_clear_error();
    return err_set(err, ERR_CONFIG, "%s%s %s: %s", o->prefix, option, path, what);
}

static int check_readable(const struct tls_options *o, const char *option, const char *path,
                          struct err *err)
{
    FILE *file = fopen(path, "re");
    int c = file != NULL ? fgetc(file) : EOF;
    int errnum = errno;
    bool failed = file == NULL || (c == EOF && ferror(file));
    if (file != NULL)
        fclose(file);
    return failed ? fail_file(err, o, option, path, strerror(errnum)) : 0;
}

/* Whether a directory holds certificates under the hashes of their names. */
static bool is_hashed(const char *path)
{
    DIR *dir = opendir(path);
    bool found = false;
    const struct dirent *entry;
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
        found =
            strspn(entry->d_name, "0123456789abcdef") == 8 && strcmp(entry->d_name + 8, ".0") == 0;
    if (dir != NULL)
        closedir(dir);
    return found;
}

/* A hashed directory is looked into when an authority is wanted; the file of all
 * of them would be parsed whole, which takes longer than a short run. */
static void read_system_authorities(SSL_CTX *ctx)
{
    const char *dir = getenv(X509_get_default_cert_dir_env());
    bool has_file = getenv(X509_get_default_cert_file_env()) != NULL;
    SSL_CTX_set_default_verify_dir(ctx);
    if (has_file || !is_hashed(dir != NULL ? dir : X509_get_default_cert_dir()))
        SSL_CTX_set_default_verify_file(ctx);
}

/* Workers make their targets at the same time. */
static void use_system_authorities(const struct tls_config *c)
{
    if (c->system == NULL || c->insecure)
        return;
    pthread_mutex_lock(&c->system->lock);
    if (!c->system->read)
        read_system_authorities(c->model);
    c->system->read = true;
    pthread_mutex_unlock(&c->system->lock);
}

static int read_authorities(struct tls_config *c, const struct tls_options *o, struct err *err)
{
    SSL_CTX *ctx = c->model;
    if (o->cacert == NULL) {
        c->system = xcalloc(1, sizeof(*c->system));
        pthread_mutex_init(&c->system->lock, NULL);
        return 0;
    }
    if (check_readable(o, "cacert", o->cacert, err) < 0)
        return -1;
    if (SSL_CTX_load_verify_file(ctx, o->cacert) != 1)
        return fail_file(err, o, "cacert", o->cacert, "it holds no certificate in PEM form");
    c->partial_chain = true;
    return 0;
}

/* OpenSSL asks for the password of an encrypted key: there is none. */
static int on_password(char *buf, int size, int for_writing, void *asked)
{
    (void)buf, (void)size, (void)for_writing;
    *(bool *)asked = true;
    return -1;
}

static int read_key(SSL_CTX *ctx, const struct tls_options *o, struct err *err)
{
    const char *path = o->key != NULL ? o->key : o->cert;
    const char *option = o->key != NULL ? "key" : "cert";
    bool asked = false;
    if (check_readable(o, option, path, err) < 0)
        return -1;
    SSL_CTX_set_default_passwd_cb(ctx, on_password);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, &asked);
    int rc = SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
    if (rc == 1)
        return 0;
    if (asked)
        return fail_file(err, o, option, path,
                         "the key is encrypted; decrypt it first: openssl pkey -in FILE -out "
                         "DECRYPTED");
    int reason = ERR_GET_REASON(ERR_peek_last_error());
    if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
        return fail_file(err, o, option, path, "the key is not that of the certificate");
    return fail_file(err, o, option, path,
                     o->key != NULL ? "it holds no private key in PEM form"
                                    : "it holds no private key; name the key's file too");
}

static int read_certificate(SSL_CTX *ctx, const struct tls_options *o, struct err *err)
{
    if (o->cert == NULL)
        return o->key == NULL ? 0 : fail_file(err, o, "key", o->key, "there is no cert to it");
    if (check_readable(o, "cert", o->cert, err) < 0)
        return -1;
    if (SSL_CTX_use_certificate_chain_file(ctx, o->cert) != 1)
        return fail_file(err, o, "cert", o->cert, "it holds no certificate in PEM form");
    return read_key(ctx, o, err);
}

static int read_version(int *version, int otherwise, const struct tls_options *o,
                        const char *option, const char *text, struct err *err)
{
    *version = otherwise;
    if (text == NULL)
        return 0;
    if (strcmp(text, "1.2") != 0 && strcmp(text, "1.3") != 0)
        return fail_file(err, o, option, text, "the versions of TLS are 1.2 and 1.3");
    *version = text[2] == '2' ? TLS1_2_VERSION : TLS1_3_VERSION;
    return 0;
}

/* Only ciphers of one version leave only that version. */
static int narrow_versions(struct tls_config *c, const struct tls_options *o, struct err *err)
{
    bool narrowed = false;
    if (o->ciphers != NULL && c->ciphers.suites == NULL && c->max == TLS1_3_VERSION) {
        c->max = TLS1_2_VERSION;
        narrowed = true;
    }
    if (o->ciphers != NULL && c->ciphers.list == NULL && c->min == TLS1_2_VERSION) {
        c->min = TLS1_3_VERSION;
        narrowed = true;
    }
    if (c->min <= c->max)
        return 0;
    if (narrowed)
        return err_set(err, ERR_CONFIG, "%sciphers has none for TLS %s", o->prefix,
                       c->ciphers.suites == NULL ? "1.3" : "1.2");
    return err_set(err, ERR_CONFIG, "no version of TLS is left: the lowest is %s, the highest %s",
                   o->min, o->max);
}

static int read_options(struct tls_config *c, const struct tls_options *o, struct err *err)
{
    struct in6_addr address;
    if (o->sni != NULL &&
        (inet_pton(AF_INET, o->sni, &address) == 1 || inet_pton(AF_INET6, o->sni, &address) == 1 ||
         o->sni[0] == '\0' || strpbrk(o->sni, " /:\"") != NULL))
        return fail_file(err, o, "sni", o->sni[0] != '\0' ? o->sni : "''", "it is not a host name");
    if (read_version(&c->min, TLS1_2_VERSION, o, "tls-min", o->min, err) < 0 ||
        read_version(&c->max, TLS1_3_VERSION, o, "tls-max", o->max, err) < 0)
        return -1;
    if (o->ciphers != NULL && tls_ciphers_read(&c->ciphers, o->ciphers, err) < 0)
        return err_prefix(err, "%sciphers", o->prefix);
    if (narrow_versions(c, o, err) < 0 || read_authorities(c, o, err) < 0)
        return -1;
    return read_certificate(c->model, o, err);
}

struct tls_config *tls_config_new(const struct tls_options *o, struct err *err)
{
    struct tls_config *c = xcalloc(1, sizeof(*c));
    c->model = SSL_CTX_new(TLS_client_method());
    c->insecure = o->insecure;
    c->resume = !o->no_resume;
    c->sni = o->sni != NULL ? xstrdup(o->sni) : NULL;
    if (c->model == NULL)
        err_set(err, ERR_SYSTEM, "OpenSSL cannot be used: %s",
                ERR_reason_error_string(ERR_peek_last_error()));
    if (c->model == NULL || read_options(c, o, err) < 0) {
        tls_config_free(c);
        return NULL;
    }
    return c;
}

void tls_config_free(struct tls_config *c)
{
    if (c == NULL)
        return;
    SSL_CTX_free(c->model);
    if (c->system != NULL)
        pthread_mutex_destroy(&c->system->lock);
    free(c->system);
    tls_ciphers_release(&c->ciphers);
    free(c->sni);
    free(c);
}

/* --- targets ----------------------------------------------------------------------- */

/* A session that may be resumed; 1: it is ours now. */
static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_target *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    SSL_SESSION_free(t->session);
    t->session = session;
    return 1;
}

static void share_certificate(SSL_CTX *ctx, SSL_CTX *model)
{
    STACK_OF(X509) *chain = NULL;
    X509 *cert = SSL_CTX_get0_certificate(model);
    if (cert == NULL)
        return;
    SSL_CTX_get0_chain_certs(model, &chain);
    SSL_CTX_use_cert_and_key(ctx, cert, SSL_CTX_get0_privatekey(model), chain, 1);
}

static void verify(struct tls_target *t)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(t->ctx);
    SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
    if (t->config->partial_chain)
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    if (t->is_address) {
        X509_VERIFY_PARAM_set1_ip_asc(param, t->name);
        return;
    }
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(param, t->name, 0);
}

/* The host as a certificate names it: without the dot of a root. */
static char *certificate_name(const char *host)
{
    size_t len = strlen(host);
    return xstrndup(host, len > 1 && host[len - 1] == '.' ? len - 1 : len);
}

static void offer_protocol(SSL_CTX *ctx, const char *protocol)
{
    char *wire = xasprintf("%c%s", (int)strlen(protocol), protocol);
    SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)wire, (unsigned)strlen(wire));
    free(wire);
}

struct tls_target *tls_target_new(const struct tls_config *config, const char *host,
                                  const char *protocol)
{
    struct tls_target *t = xcalloc(1, sizeof(*t));
    struct in6_addr address;
    t->config = config;
    t->name = certificate_name(config->sni != NULL ? config->sni : host);
    t->is_address =
        inet_pton(AF_INET, t->name, &address) == 1 || inet_pton(AF_INET6, t->name, &address) == 1;
    t->ctx = SSL_CTX_new(TLS_client_method());
    if (t->ctx == NULL)
        abort(); /* the configuration could make one: out of memory */
    SSL_CTX_set_min_proto_version(t->ctx, config->min);
    SSL_CTX_set_max_proto_version(t->ctx, config->max);
    tls_ciphers_use(&config->ciphers, t->ctx);
    use_system_authorities(config);
    SSL_CTX_set1_cert_store(t->ctx, SSL_CTX_get_cert_store(config->model));
    share_certificate(t->ctx, config->model);
    if (protocol != NULL)
        offer_protocol(t->ctx, protocol);
    if (!config->insecure)
        verify(t);
    SSL_CTX_set_app_data(t->ctx, t);
    if (config->resume) {
        SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(t->ctx, on_new_session);
    } else {
        SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(t->ctx, SSL_OP_NO_TICKET);
    }
    /* One recv takes in whatever is there; idle connections hold no buffers. */
    SSL_CTX_set_read_ahead(t->ctx, 1);
    SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION);
    return t;
}

void tls_target_free(struct tls_target *t)
{
    if (t == NULL)
        return;
    SSL_SESSION_free(t->session);
    SSL_CTX_free(t->ctx);
    free(t->name);
    free(t);
}

SSL *tls_target_connection(struct tls_target *t)
{
    SSL *ssl = SSL_new(t->ctx);
    if (ssl == NULL)
        abort(); /* out of memory */
    if (!t->is_address)
        SSL_set_tlsext_host_name(ssl, t->name);
    if (t->session != NULL)
        SSL_set_session(ssl, t->session);
    SSL_set_connect_state(ssl);
    return ssl;
}

const char *tls_target_name(const struct tls_target *t)
{
    return t->name;
}

/* Ciphers, each name tried on a context of its own; see tls_ciphers.h. */
#include "net/tls_ciphers.h"

#include "base/buf.h"
#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char separators[] = ":, ";

static bool is_suite(const char *word)
{
    return strncmp(word, "TLS_", 4) == 0;
}

/* An unknown suite is no failure to OpenSSL: it is not there afterwards. */
static bool suite_is_known(SSL_CTX *ctx, const char *word)
{
    if (SSL_CTX_set_ciphersuites(ctx, word) != 1)
        return false;
    STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(ctx);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
        if (strcmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i)), word) == 0)
            return true;
    }
    return false;
}

static bool word_is_known(const char *word)
{
    if (strchr("!-+@", word[0]) != NULL) /* means something beside the others only */
        return true;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    bool known = is_suite(word) ? suite_is_known(ctx, word) : SSL_CTX_set_cipher_list(ctx, word);
    SSL_CTX_free(ctx);
    ERR_clear_error();
    return known;
}

static void add_word(struct buf *to, const char *word)
{
    if (to->len > 0)
        buf_adds(to, ":");
    buf_adds(to, word);
}

static char *text_or_null(struct buf *b)
{
    if (b->len > 0)
        return buf_detach(b);
    buf_release(b);
    return NULL;
}

/* Whether OpenSSL takes all the words of TLS 1.2 together. */
static int check_list(const char *list, struct err *err)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    int rc = SSL_CTX_set_cipher_list(ctx, list);
    SSL_CTX_free(ctx);
    ERR_clear_error();
    if (rc == 1)
        return 0;
    return err_set(err, ERR_CONFIG, "\"%.200s\" leaves no cipher; see `openssl ciphers -s`", list);
}

int tls_ciphers_read(struct tls_ciphers *c, const char *text, struct err *err)
{
    struct buf list = BUF_INIT, suites = BUF_INIT;
    char *words = xstrdup(text), *rest = NULL;
    int rc = 0;
    for (char *word = strtok_r(words, separators, &rest); word != NULL && rc == 0;
         word = strtok_r(NULL, separators, &rest)) {
        if (word_is_known(word))
            add_word(is_suite(word) ? &suites : &list, word);
        else
            rc = err_set(err, ERR_CONFIG, "knows no cipher \"%.100s\"; see `openssl ciphers -s`",
                         word);
    }
    free(words);
    *c = (struct tls_ciphers){text_or_null(&list), text_or_null(&suites)};
    if (rc == 0 && c->list == NULL && c->suites == NULL)
        rc = err_set(err, ERR_CONFIG, "names no cipher; see `openssl ciphers -s`");
    if (rc == 0 && c->list != NULL)
        rc = check_list(c->list, err);
    if (rc < 0) {
        tls_ciphers_release(c);
        err_printable(err);
    }
    return rc;
}

void tls_ciphers_release(struct tls_ciphers *c)
{
    free(c->list);
    free(c->suites);
    *c = (struct tls_ciphers){0};
}

void tls_ciphers_use(const struct tls_ciphers *c, SSL_CTX *ctx)
{
    if (c->list != NULL)
        SSL_CTX_set_cipher_list(ctx, c->list);
    if (c->suites != NULL)
        SSL_CTX_set_ciphersuites(ctx, c->suites);
}

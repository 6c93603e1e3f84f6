/*
 * The transport that encrypts: OpenSSL over a socket.
 *
 * OpenSSL reads and writes through a BIO of ours, which is recv and send. It
 * reads ahead, so one recv takes in a whole answer, record headers and all;
 * and a recv that came back short is not repeated until the loop says that
 * there is more. So the steady state is one send and one recv per request here
 * as well.
 *
 * Invariant: OpenSSL's queue of errors of this thread is empty whenever one of
 * the four operations returns. Whether it waits is asked of the connection, not
 * of that queue, in which others may have left something.
 */
#include "net/stream.h"

#include "base/mem.h"
#include "net/tls.h"
#include "net/tls_refusal.h"
#include "stats/stats.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What a stream has for it; s->transport. */
struct tls_stream {
    SSL *ssl;           /* owned */
    struct err *failed; /* owned: what went wrong behind bytes that were read; or NULL */
    int errnum;         /* of the last recv or send that failed; 0 after the peer's end */
    bool agreed;        /* the handshake is done */
    bool dry;           /* the last recv took all there was */
    bool ended;         /* the peer's side of the socket */
};

/* --- the socket as a BIO ----------------------------------------------------------- */

static int bio_read(BIO *bio, char *data, int len)
{
    struct stream *s = BIO_get_data(bio);
    struct tls_stream *t = s->transport;
    ssize_t n = -1;
    BIO_clear_retry_flags(bio);
    if (t->dry)
        errno = EAGAIN;
    else
        n = recv(s->fd, data, (size_t)len, 0);
    t->dry = n < len;
    if (n > 0)
        return (int)n;
    t->ended = n == 0;
    t->errnum = n == 0 ? 0 : errno;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    return (int)n;
}

static int bio_write(BIO *bio, const char *data, int len)
{
    struct stream *s = BIO_get_data(bio);
    struct tls_stream *t = s->transport;
    BIO_clear_retry_flags(bio);
    ssize_t n = send(s->fd, data, (size_t)len, MSG_NOSIGNAL);
    if (n >= 0)
        return (int)n;
    t->errnum = errno;
    if (errno == EAGAIN || errno == EINTR)
        BIO_set_retry_write(bio);
    return -1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH; /* nothing is held back */
}

static BIO_METHOD *bio_method;

static void make_bio_method(void)
{
    bio_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "inrush stream");
    if (bio_method == NULL)
        abort(); /* out of memory */
    BIO_meth_set_read(bio_method, bio_read);
    BIO_meth_set_write(bio_method, bio_write);
    BIO_meth_set_ctrl(bio_method, bio_ctrl);
}

static void attach(struct stream *s)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct tls_stream *t = xcalloc(1, sizeof(*t));
    pthread_once(&once, make_bio_method);
    BIO *bio = BIO_new(bio_method);
    if (bio == NULL)
        abort(); /* out of memory */
    BIO_set_data(bio, s);
    BIO_set_init(bio, 1);
    t->ssl = tls_target_connection(s->to->tls);
    SSL_set_bio(t->ssl, bio, bio);
    s->transport = t;
}

/* --- what went wrong ------------------------------------------------------------------ */

/* Whether an operation that gave nothing waits for the socket. */
static bool is_waiting(const struct tls_stream *t)
{
    return SSL_want(t->ssl) != SSL_NOTHING && BIO_should_retry(SSL_get_rbio(t->ssl));
}

static int fail_alert(const struct tls_stream *t, int alert, struct err *err)
{
    const char *hint = "";
    switch (alert) {
    case SSL_AD_CERTIFICATE_REQUIRED:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNKNOWN_CA:
        hint = "; --cert FILE shows it a certificate";
        break;
    case SSL_AD_PROTOCOL_VERSION:
        hint = "; see --tls-min and --tls-max";
        break;
    case SSL_AD_HANDSHAKE_FAILURE:
        hint = "; see --ciphers, --cert";
        break;
    case SSL_AD_UNRECOGNIZED_NAME:
        hint = "; see --sni";
        break;
    case SSL_AD_NO_APPLICATION_PROTOCOL:
        hint = "; it does not speak http/1.1, the one that is offered";
        break;
    }
    const char *name = SSL_alert_desc_string_long(alert);
    if (alert == SSL_AD_CERTIFICATE_REQUIRED) /* newer than OpenSSL's list of names */
        name = "certificate required";
    return err_set(err, ERR_TLS, "the server %s TLS with alert %d, %s%s",
                   t->agreed ? "ended" : "refused", alert, name, hint);
}

static int fail_reason(const struct tls_stream *t, unsigned long error, struct err *err)
{
    int reason = ERR_GET_REASON(error);
    if (reason > SSL_AD_REASON_OFFSET)
        return fail_alert(t, reason - SSL_AD_REASON_OFFSET, err);
    switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_BAD_PROTOCOL_VERSION_NUMBER:
        if (!t->agreed)
            return err_set(err, ERR_TLS,
                           "the server does not answer in TLS; is it an http:// server?");
        break;
    case SSL_R_UNSUPPORTED_PROTOCOL:
        return err_set(err, ERR_TLS,
                       "the server speaks no version of TLS that is allowed; see --tls-min");
    }
    const char *text = ERR_reason_error_string(error);
    return err_set(err, ERR_TLS, "TLS failed: %s", text != NULL ? text : "no reason given");
}

/* Fills err from what made an operation fail; -1. */
static int explain(struct stream *s, struct err *err)
{
    struct tls_stream *t = s->transport;
    unsigned long error = ERR_peek_last_error();
    const char *when = t->agreed ? "" : " during the TLS handshake";
    if (!t->agreed && SSL_get_verify_result(t->ssl) != X509_V_OK &&
        ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        tls_refusal(t->ssl, tls_target_name(s->to->tls), err);
    else if (ERR_GET_LIB(error) == ERR_LIB_SSL)
        fail_reason(t, error, err);
    else if (t->ended)
        err_set(err, ERR_CLOSED, "the server closed the connection %s",
                t->agreed ? "without a TLS close_notify" : "during the TLS handshake");
    else if (t->errnum == ECONNRESET || t->errnum == EPIPE)
        err_set(err, ERR_RESET, "the server reset the connection%s", when);
    else if (t->errnum != 0)
        err_errno(err, t->errnum, "connection lost%s", when);
    else
        err_set(err, ERR_TLS, "TLS failed: %s", ERR_reason_error_string(error));
    ERR_clear_error();
    return -1;
}

/* --- the operations ---------------------------------------------------------------------- */

static int tls_handshake(struct stream *s, bool *want_write, struct err *err)
{
    if (s->transport == NULL)
        attach(s);
    struct tls_stream *t = s->transport;
    t->dry = false;
    if (SSL_do_handshake(t->ssl) == 1) {
        t->agreed = true;
        if (s->net->stats != NULL && SSL_session_reused(t->ssl))
            s->net->stats->connections.resumed++;
        if (SSL_has_pending(t->ssl)) /* the server spoke first */
            ev_feed_event(s->net->loop, &s->io_read, EV_READ);
        return 1;
    }
    if (is_waiting(t)) {
        *want_write = SSL_want_write(t->ssl);
        ERR_clear_error();
        return 0;
    }
    char name[ENDPOINT_NAME_MAX];
    explain(s, err);
    return err_prefix(err, "TLS with %s", endpoint_name(name, s->to));
}

/* What SSL_read found instead of bytes, as read has it. */
static ssize_t read_nothing(struct stream *s, struct err *err)
{
    struct tls_stream *t = s->transport;
    if (is_waiting(t)) {
        errno = EAGAIN;
        return -1;
    }
    if (SSL_get_shutdown(t->ssl) & SSL_RECEIVED_SHUTDOWN && ERR_peek_last_error() == 0)
        return 0;
    explain(s, err);
    errno = EPROTO;
    return -1;
}

static ssize_t tls_read(struct stream *s, void *data, size_t len, struct err *err)
{
    struct tls_stream *t = s->transport;
    size_t got = 0;
    t->dry = false;
    if (t->failed != NULL) {
        *err = *t->failed;
        errno = EPROTO;
        return -1;
    }
    do {
        int n = SSL_read(t->ssl, (char *)data + got, (int)(len - got));
        if (n > 0) {
            got += (size_t)n;
            continue;
        }
        ssize_t rc = read_nothing(s, err);
        if (got == 0)
            return rc;
        if (rc < 0 && errno == EAGAIN)
            break;
        if (rc < 0) {
            t->failed = xmalloc(sizeof(*t->failed));
            *t->failed = *err;
        }
        ev_feed_event(s->net->loop, &s->io_read, EV_READ); /* tells of the end next */
        return (ssize_t)got;
    } while (got < len && (!t->dry || SSL_has_pending(t->ssl)));
    if (got == len && SSL_has_pending(t->ssl))
        ev_feed_event(s->net->loop, &s->io_read, EV_READ);
    return (ssize_t)got;
}

static ssize_t tls_write(struct stream *s, const void *data, size_t len)
{
    struct tls_stream *t = s->transport;
    size_t sent = 0;
    while (sent < len) {
        size_t left = len - sent;
        int n = SSL_write(t->ssl, (const char *)data + sent, left > INT_MAX ? INT_MAX : (int)left);
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        bool waits = is_waiting(t);
        ERR_clear_error();
        if (waits && sent > 0)
            break;
        errno = waits ? EAGAIN : t->errnum != 0 ? t->errnum : EPROTO;
        return -1;
    }
    return (ssize_t)sent;
}

static void tls_close(struct stream *s)
{
    struct tls_stream *t = s->transport;
    if (t == NULL)
        return;
    if (t->agreed && t->failed == NULL && s->failed_write == 0)
        SSL_shutdown(t->ssl); /* says close_notify and waits for none */
    SSL_free(t->ssl);
    ERR_clear_error();
    free(t->failed);
    free(t);
    s->transport = NULL;
}

const struct stream_ops stream_tls = {
    .handshake = tls_handshake,
    .read = tls_read,
    .write = tls_write,
    .close = tls_close,
};

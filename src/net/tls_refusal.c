/* Saying why a certificate is refused; see tls_refusal.h. */
#include "net/tls_refusal.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <time.h>

enum { NAMES_MAX = 4 };

/* The names of a certificate: those of its subjectAltName. */
static void add_names(struct buf *out, X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    int n = names != NULL ? sk_GENERAL_NAME_num(names) : 0;
    for (int i = 0; i < n && i < NAMES_MAX; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        char text[INET6_ADDRSTRLEN] = "?";
        buf_adds(out, i > 0 ? ", " : "");
        if (name->type == GEN_DNS) {
            buf_add(out, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                    (size_t)ASN1_STRING_length(name->d.dNSName));
            continue;
        }
        if (name->type == GEN_IPADD)
            inet_ntop(ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6,
                      ASN1_STRING_get0_data(name->d.iPAddress), text, sizeof(text));
        buf_adds(out, text);
    }
    if (n > NAMES_MAX)
        buf_addf(out, " and %d more", n - NAMES_MAX);
    if (n == 0)
        buf_adds(out, "no name");
    GENERAL_NAMES_free(names);
}

static void add_time(struct buf *out, const ASN1_TIME *time)
{
    struct tm tm;
    char text[32];
    if (time != NULL && ASN1_TIME_to_tm(time, &tm) == 1 &&
        strftime(text, sizeof(text), "%Y-%m-%d", &tm) > 0)
        buf_addf(out, " (%s)", text);
}

int tls_refusal(const SSL *ssl, const char *name, struct err *err)
{
    long why = SSL_get_verify_result(ssl);
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    X509 *cert = chain != NULL && sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : NULL;
    struct buf what = BUF_INIT;
    const char *hint = "--insecure does not look";
    switch (why) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        buf_adds(&what, "it is for ");
        if (cert != NULL)
            add_names(&what, cert);
        else
            buf_adds(&what, "another name");
        buf_addf(&what, ", not %s", name);
        hint = "--sni NAME asks for another, --insecure does not look";
        break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        buf_adds(&what, X509_verify_cert_error_string(why));
        if (cert != NULL && X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
            add_time(&what, X509_get0_notAfter(cert));
        else if (cert != NULL && X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
            add_time(&what, X509_get0_notBefore(cert));
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        hint = "--cacert FILE trusts it, --insecure does not look";
        buf_adds(&what, X509_verify_cert_error_string(why));
        break;
    default:
        buf_adds(&what, X509_verify_cert_error_string(why));
    }
    err_set(err, ERR_TLS, "certificate verify failed: %s; %s", buf_cstr(&what), hint);
    err_printable(err);
    buf_release(&what);
    return -1;
}

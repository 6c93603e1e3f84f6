/* Splitting and checking URLs; see url.h. The text is cut at its delimiters
 * from left to right (scheme, authority, target) and each part is then checked
 * by itself, so an error can say which part is wrong. */
#include "base/url.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/units.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

/* DNS, RFC 1035 section 2.3.4: 255 octets on the wire are 253 as text. */
enum { HOST_MAX = 253 };

/* How much of a wrong URL an error repeats. */
enum { SHOWN = 120 };

static const struct {
    const char *scheme;
    int port;
} known_ports[] = {
    {"http", 80},     {"https", 443},     {"redis", 6379},
    {"rediss", 6379}, {"postgres", 5432}, {"postgresql", 5432},
};

static int default_port(const char *scheme)
{
    for (size_t i = 0; i < sizeof(known_ports) / sizeof(known_ports[0]); i++)
        if (strcmp(known_ports[i].scheme, scheme) == 0)
            return known_ports[i].port;
    return 0;
}

/* A run of characters of the text. */
struct span {
    const char *at;
    size_t len;
};

static char *span_lower(struct span s)
{
    char *copy = xstrndup(s.at, s.len);
    for (size_t i = 0; i < s.len; i++)
        copy[i] = (char)tolower((unsigned char)copy[i]);
    return copy;
}

/* Fails with `URL "<text>" <message>`; the text is shortened and made safe for
 * a terminal. */
static int fail(struct err *err, const char *text, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(struct err *err, const char *text, const char *fmt, ...)
{
    if (!err)
        return -1;
    va_list args;
    va_start(args, fmt);
    err_setv(err, ERR_CONFIG, fmt, args);
    va_end(args);
    err_set(err, ERR_CONFIG, "URL \"%.*s%s\" %s", SHOWN, text, strlen(text) > SHOWN ? "..." : "",
            err->message);
    err_printable(err);
    return -1;
}

static bool is_unsendable(unsigned char c)
{
    return c <= ' ' || c >= 0x7F;
}

/* Refuses what may not stand in a request line, and shows how it is encoded:
 * all bytes of a non-ASCII character at once. */
static int check_sendable(const char *text, struct span part, struct err *err)
{
    const unsigned char *s = (const unsigned char *)part.at;
    size_t i = 0;
    while (i < part.len && !is_unsendable(s[i]))
        i++;
    if (i == part.len)
        return 0;
    size_t n = 1;
    if (s[i] >= 0xC0)
        while (n < 4 && i + n < part.len && (s[i + n] & 0xC0) == 0x80)
            n++;
    char encoded[4 * 3 + 1] = "";
    for (size_t k = 0; k < n; k++) {
        static const char hex[] = "0123456789ABCDEF";
        encoded[3 * k] = '%';
        encoded[3 * k + 1] = hex[s[i + k] >> 4];
        encoded[3 * k + 2] = hex[s[i + k] & 15];
    }
    encoded[3 * n] = '\0';
    if (s[i] == ' ')
        return fail(err, text, "has a space; write it as %%20");
    if (s[i] < 0x80)
        return fail(err, text, "has a control character; write it as %s", encoded);
    return fail(err, text, "has the non-ASCII character \"%.*s\"; write it as %s", (int)n,
                part.at + i, encoded);
}

static int parse_scheme(struct url *url, const char *text, const char **rest, struct err *err)
{
    struct span scheme = {text, strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "0123456789+-.")};
    if (strncmp(text + scheme.len, "://", 3) != 0) {
        url->scheme = xstrdup("http");
        *rest = text;
        return 0;
    }
    if (scheme.len == 0 || !isalpha((unsigned char)text[0]))
        return fail(err, text, "has no scheme before \"://\"; write http://HOST/");
    url->scheme = span_lower(scheme);
    *rest = text + scheme.len + 3;
    return 0;
}

static int parse_port(struct url *url, const char *text, struct span port, struct err *err)
{
    url->port = default_port(url->scheme);
    if (port.len == 0)
        return 0;
    struct err why;
    char *copy = xstrndup(port.at, port.len);
    int rc = units_parse_port(copy, 0, &url->port, &why);
    free(copy);
    if (rc)
        return fail(err, text, "has a bad port: %s", why.message);
    url->port_given = true;
    return 0;
}

static int parse_ipv6(struct url *url, const char *text, struct span host, struct err *err)
{
    struct in6_addr address;
    url->host = span_lower(host);
    if (inet_pton(AF_INET6, url->host, &address) != 1)
        return fail(err, text, "has no IPv6 address in its brackets; write one such as [::1]");
    return 0;
}

static int parse_name(struct url *url, const char *text, struct span host, struct err *err)
{
    if (host.len == 0)
        return fail(err, text, "has no host; write it as %s://HOST%s", url->scheme,
                    text[0] == '/' && text[1] != '/' ? "/PATH" : "/");
    if (host.len > HOST_MAX)
        return fail(err, text, "has a host name longer than %d characters", HOST_MAX);
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.at[i];
        if (c >= 0x80)
            return fail(err, text, "has a non-ASCII host name; write its ASCII form (\"xn--...\")");
        if (!isalnum(c) && !strchr("-._~", c))
            return fail(err, text, "has %s in its host name",
                        c == ' '     ? "a space"
                        : iscntrl(c) ? "a control character"
                                     : (char[]){'"', (char)c, '"', '\0'});
    }
    url->host = span_lower(host);
    return 0;
}

/* [userinfo "@"] (name | "[" IPv6 "]") [":" port] */
static int parse_authority(struct url *url, const char *text, struct span authority,
                           struct err *err)
{
    struct span host = authority, port = {NULL, 0};
    const char *at_sign = memrchr(authority.at, '@', authority.len);
    if (at_sign) {
        struct span userinfo = {authority.at, (size_t)(at_sign - authority.at)};
        if (check_sendable(text, userinfo, err))
            return -1;
        url->userinfo = xstrndup(userinfo.at, userinfo.len);
        host.at = at_sign + 1;
        host.len = authority.len - userinfo.len - 1;
    }

    const char *end = host.at + host.len;
    if (host.len > 0 && host.at[0] == '[') {
        const char *bracket = memchr(host.at, ']', host.len);
        if (!bracket || (bracket + 1 < end && bracket[1] != ':'))
            return fail(err, text,
                        "has an unclosed \"[\"; write an IPv6 host as [::1] or [::1]:8080");
        if (bracket + 1 < end)
            port = (struct span){bracket + 2, (size_t)(end - bracket - 2)};
        host = (struct span){host.at + 1, (size_t)(bracket - host.at - 1)};
        return parse_ipv6(url, text, host, err) || parse_port(url, text, port, err) ? -1 : 0;
    }

    const char *colon = memchr(host.at, ':', host.len);
    if (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
        return fail(err, text,
                    "has more than one \":\" in its host; an IPv6 address stands in "
                    "brackets: http://[::1]:8080/");
    if (colon) {
        port = (struct span){colon + 1, (size_t)(end - colon - 1)};
        host.len = (size_t)(colon - host.at);
    }
    return parse_name(url, text, host, err) || parse_port(url, text, port, err) ? -1 : 0;
}

/* "http:/host" and "http:host" would otherwise be a host called "http". */
static bool is_scheme_with_slash_missing(const char *text)
{
    size_t len = strcspn(text, ":/?#");
    if (text[len] != ':' || isdigit((unsigned char)text[len + 1]))
        return false;
    for (size_t i = 0; i < sizeof(known_ports) / sizeof(known_ports[0]); i++)
        if (strlen(known_ports[i].scheme) == len &&
            strncasecmp(known_ports[i].scheme, text, len) == 0)
            return true;
    return false;
}

static const char unix_prefix[] = "unix:";

bool url_is_unix(const char *text)
{
    return strncasecmp(text, unix_prefix, sizeof(unix_prefix) - 1) == 0;
}

/* "unix:" path [":" target] */
static int parse_unix(struct url *url, const char *text, struct err *err)
{
    const size_t most = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
    const char *path = text + sizeof(unix_prefix) - 1;
    const char *target = strstr(path, ":/");
    size_t len = target ? (size_t)(target - path) : strlen(path);
    if (path[0] != '/' || path[1] == '/')
        return fail(err, text,
                    "lacks the whole path of the socket; write unix:/run/app.sock, or "
                    "unix:/run/app.sock:/target");
    if (len > most)
        return fail(err, text, "has a path longer than the %zu bytes that a socket's may have",
                    most);
    struct span sent = {target ? target + 1 : "/", target ? strcspn(target + 1, "#") : 1};
    if (check_sendable(text, sent, err))
        return -1;
    url->scheme = xstrdup("http");
    url->host = xstrdup("localhost");
    url->port = default_port(url->scheme);
    url->unix_path = xstrndup(path, len);
    url->target = xstrndup(sent.at, sent.len);
    return 0;
}

int url_parse(struct url *url, const char *text, struct err *err)
{
    *url = (struct url){0};
    if (url_is_unix(text))
        return parse_unix(url, text, err);
    if (text[0] == '\0')
        return err_set(err, ERR_CONFIG,
                       "the URL is empty; write one such as http://localhost:8080/");

    const char *rest = text;
    if (parse_scheme(url, text, &rest, err))
        goto failed;
    if (rest == text && is_scheme_with_slash_missing(text)) {
        fail(err, text, "lacks \"//\" after its scheme; write http://HOST/");
        goto failed;
    }
    struct span authority = {rest, strcspn(rest, "/?#")};
    if (parse_authority(url, text, authority, err))
        goto failed;

    struct span target = {rest + authority.len, strcspn(rest + authority.len, "#")};
    if (check_sendable(text, target, err))
        goto failed;
    url->target = target.len > 0 && target.at[0] == '/'
                      ? xstrndup(target.at, target.len)
                      : xasprintf("/%.*s", (int)target.len, target.at);
    return 0;

failed:
    url_release(url);
    return -1;
}

void url_release(struct url *url)
{
    free(url->scheme);
    free(url->userinfo);
    free(url->host);
    free(url->unix_path);
    free(url->target);
    *url = (struct url){0};
}

static void add_authority(struct buf *out, const struct url *url)
{
    bool ipv6 = strchr(url->host, ':') != NULL;
    buf_addf(out, ipv6 ? "[%s]" : "%s", url->host);
    if (url->port != default_port(url->scheme))
        buf_addf(out, ":%d", url->port);
}

char *url_authority(const struct url *url)
{
    struct buf out = BUF_INIT;
    add_authority(&out, url);
    return buf_detach(&out);
}

char *url_redacted(const struct url *url)
{
    struct buf out = BUF_INIT;
    if (url->unix_path) {
        buf_addf(&out, "%s%s:%s", unix_prefix, url->unix_path, url->target);
        return buf_detach(&out);
    }
    buf_addf(&out, "%s://", url->scheme);
    if (url->userinfo) {
        size_t user_len = strcspn(url->userinfo, ":");
        buf_add(&out, url->userinfo, user_len);
        buf_adds(&out, url->userinfo[user_len] ? ":***@" : "@");
    }
    add_authority(&out, url);
    buf_adds(&out, url->target);
    return buf_detach(&out);
}

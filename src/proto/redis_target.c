/* Reading Redis URLs; see redis_target.h. */
#include "proto/redis_target.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/url.h"
#include "net/endpoint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* A percent-encoded part, decoded; NULL when it would hold a NUL or nothing
 * valid. */
static char *decoded(const char *text, size_t len)
{
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            if (len - i < 3 || !isxdigit((unsigned char)text[i + 1]) ||
                !isxdigit((unsigned char)text[i + 2]))
                goto wrong;
            c = (char)(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
            i += 2;
        }
        if (c == '\0')
            goto wrong;
        buf_addch(&out, c);
    }
    return buf_detach(&out);

wrong:
    buf_release(&out);
    return NULL;
}

static int parse_db(struct redis_target *t, const char *text, size_t len, struct err *err)
{
    char *end;
    long db = len > 0 && isdigit((unsigned char)text[0]) ? strtol(text, &end, 10) : -1;
    if (db < 0 || end != text + len || db > 1000000)
        return err_set(err, ERR_CONFIG, "has the database \"%.*s\"; it is a number such as 0",
                       (int)(len < 80 ? len : 80), text);
    t->db = (int)db;
    return 0;
}

/* "db=1", the only thing that may follow a "?". */
static int parse_query(struct redis_target *t, const char *query, struct err *err)
{
    if (*query == '\0')
        return 0;
    if (strncmp(query, "?db=", 4) != 0)
        return err_set(err, ERR_CONFIG, "ends in \"%.80s\"; only ?db=NUMBER may stand there",
                       query);
    return parse_db(t, query + 4, strlen(query + 4), err);
}

/* [user] ":" password */
static int parse_userinfo(struct redis_target *t, const char *text, size_t len, struct err *err)
{
    const char *colon = memchr(text, ':', len);
    if (colon == NULL)
        return err_set(err, ERR_CONFIG,
                       "has a user without a password; write user:password@, or :password@ "
                       "for a password alone");
    size_t user_len = (size_t)(colon - text);
    if (user_len > 0)
        t->user = decoded(text, user_len);
    t->password = decoded(colon + 1, len - user_len - 1);
    if ((user_len > 0 && t->user == NULL) || t->password == NULL)
        return err_set(err, ERR_CONFIG,
                       "has a \"%%\" in its user or password that encodes nothing; write %%25");
    if (*t->password == '\0') { /* "default:@" as some write it */
        free(t->password);
        t->password = NULL;
    }
    return 0;
}

static int parse_unix(struct redis_target *t, const char *rest, struct err *err)
{
    if (strncmp(rest, "//", 2) == 0) {
        rest += 2;
        const char *slash = strchr(rest, '/');
        const char *at = memchr(rest, '@', slash != NULL ? (size_t)(slash - rest) : 0);
        if (at != NULL) {
            if (parse_userinfo(t, rest, (size_t)(at - rest), err) < 0)
                return -1;
            rest = at + 1;
        }
    }
    if (*rest != '/')
        return err_set(err, ERR_CONFIG,
                       "lacks the whole path of the socket; write unix:///run/redis.sock");
    size_t len = strcspn(rest, "?#");
    t->path = decoded(rest, len);
    if (t->path == NULL)
        return err_set(err, ERR_CONFIG,
                       "has a \"%%\" in its path that encodes nothing; write %%25");
    const size_t most = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
    if (strlen(t->path) > most)
        return err_set(err, ERR_CONFIG, "has a path longer than the %zu bytes a socket's may have",
                       most);
    t->name = xstrdup(t->path);
    return parse_query(t, rest + len, err);
}

static int parse_tcp(struct redis_target *t, const char *text, struct err *err)
{
    struct url url;
    if (url_parse(&url, text, err) < 0)
        return err_prefix(err, "is none:");
    int rc = -1;
    char name[ENDPOINT_NAME_MAX];
    t->host = xstrdup(url.host);
    t->port = url.port;
    t->name = xstrdup(endpoint_name_of(name, t->host, t->port));
    if (url.userinfo != NULL && parse_userinfo(t, url.userinfo, strlen(url.userinfo), err) < 0)
        goto out;
    const char *db = url.target + 1;
    size_t len = strcspn(db, "?");
    if (len > 0 && parse_db(t, db, len, err) < 0)
        goto out;
    rc = parse_query(t, db + len, err);
out:
    url_release(&url);
    return rc;
}

static const char *after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncasecmp(text, prefix, len) == 0 ? text + len : NULL;
}

int redis_target_parse(struct redis_target *t, const char *url, struct err *err)
{
    *t = (struct redis_target){0};
    const char *rest;
    int rc;
    if (after(url, "redis://"))
        rc = parse_tcp(t, url, err);
    else if ((rest = after(url, "unix:")) || (rest = after(url, "redis+unix:")))
        rc = parse_unix(t, rest, err);
    else if (after(url, "rediss://"))
        rc = err_set(err, ERR_CONFIG,
                     "asks for TLS, which inrush cannot do with Redis; use redis://, or a local "
                     "tunnel");
    else
        rc = err_set(err, ERR_CONFIG,
                     "must begin with redis:// or unix://, such as redis://localhost:6379/0");
    if (rc < 0) {
        redis_target_release(t);
        err_printable(err);
    }
    return rc;
}

void redis_target_release(struct redis_target *t)
{
    free(t->host);
    free(t->path);
    free(t->user);
    free(t->password);
    free(t->name);
    *t = (struct redis_target){0};
}

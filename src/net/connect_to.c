/* Rules of --connect-to; see connect_to.h. A rule is read from left to right,
 * a part at a time, each with the colon that ends it. */
#include "net/connect_to.h"

#include "base/mem.h"
#include "base/units.h"
#include "base/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int wrong(struct err *err, const char *text, const char *what)
{
    err_set(err, ERR_USAGE,
            "\"%.200s\" %s; write HOST:PORT:ADDRESS:PORT, each of which may be empty, or "
            "unix:/path",
            text, what);
    err_printable(err);
    return -1;
}

/* The rest of a rule and whether it goes on: nothing follows a part without a
 * colon. */
struct rest {
    const char *text; /* the whole rule, for messages */
    const char *at;
    bool more;
};

static int take(struct rest *rest, size_t len, char **part, struct err *err)
{
    if (!rest->more)
        return wrong(err, rest->text, "has fewer than four parts");
    *part = len > 0 ? xstrndup(rest->at, len) : NULL;
    rest->at += len;
    rest->more = *rest->at == ':';
    rest->at += rest->more;
    return 0;
}

/* NULL where it is empty; *host is the caller's also on failure. */
static int take_host(struct rest *rest, char **host, struct err *err)
{
    struct in6_addr address;
    if (rest->at[0] == '[') {
        size_t len = strcspn(rest->at, "]");
        char after = rest->at[len] != '\0' ? rest->at[len + 1] : 'x';
        if (after != ':' && after != '\0')
            return wrong(err, rest->text, "has an unclosed \"[\"");
        rest->at++;
        *host = xstrndup(rest->at, len - 1);
        rest->at += len;
        rest->more = after == ':';
        rest->at += rest->more;
        if (inet_pton(AF_INET6, *host, &address) != 1)
            return wrong(err, rest->text, "has no IPv6 address in its brackets");
    } else if (take(rest, strcspn(rest->at, ":"), host, err) < 0) {
        return -1;
    }
    for (char *c = *host; c != NULL && *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("-._~:", *c) == NULL)
            return wrong(err, rest->text, "has a host name that cannot be");
        *c = (char)tolower((unsigned char)*c);
    }
    return 0;
}

/* Left alone where it is empty. */
static int take_port(struct rest *rest, int *port, struct err *err)
{
    char *part = NULL;
    struct err why;
    if (take(rest, strcspn(rest->at, ":"), &part, err) < 0)
        return -1;
    int rc = part != NULL ? units_parse_port(part, 0, port, &why) : 0;
    free(part);
    return rc < 0 ? wrong(err, rest->text, "has a port that is not a number from 1 to 65535") : 0;
}

static int take_unix_path(struct rest *rest, char **path, struct err *err)
{
    struct url url;
    if (url_parse(&url, rest->at, err) < 0)
        return -1;
    int rc = 0;
    if (strcmp(url.target, "/") == 0)
        *path = xstrdup(url.unix_path);
    else
        rc = wrong(err, rest->text, "has something behind the path of the socket");
    url_release(&url);
    return rc;
}

static int read_rule(struct connect_rule *rule, const char *text, struct err *err)
{
    struct rest rest = {text, text, true};
    if (!url_is_unix(text) &&
        (take_host(&rest, &rule->host, err) < 0 || take_port(&rest, &rule->port, err) < 0))
        return -1;
    if (rest.more && url_is_unix(rest.at))
        return take_unix_path(&rest, &rule->unix_path, err);
    if (take_host(&rest, &rule->to_host, err) < 0 || take_port(&rest, &rule->to_port, err) < 0)
        return -1;
    return rest.more ? wrong(err, text, "has more than four parts") : 0;
}

static void rule_release(struct connect_rule *rule)
{
    free(rule->host);
    free(rule->to_host);
    free(rule->unix_path);
}

int connect_rules_add(struct connect_rules *rules, const char *text, struct err *err)
{
    struct connect_rule rule = {0};
    if (read_rule(&rule, text, err) < 0) {
        rule_release(&rule);
        return -1;
    }
    vec_push(&rules->items, rule);
    return 0;
}

void connect_rules_release(struct connect_rules *rules)
{
    for (size_t i = 0; i < rules->items.len; i++)
        rule_release(&rules->items.items[i]);
    vec_release(&rules->items);
}

const struct connect_rule *connect_rules_match(const struct connect_rules *rules, const char *host,
                                               int port)
{
    for (size_t i = 0; i < rules->items.len; i++) {
        const struct connect_rule *rule = &rules->items.items[i];
        if ((rule->host == NULL || strcmp(rule->host, host) == 0) &&
            (rule->port == 0 || rule->port == port))
            return rule;
    }
    return NULL;
}

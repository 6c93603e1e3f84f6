/* net/endpoint.h, connect_to.h and sources.h: from what is asked for to where
 * the connection goes. */
#include "unit.h"

#include "base/mem.h"
#include "base/url.h"
#include "net/endpoint.h"
#include "net/net_options.h"
#include "net/sources.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

/* What an endpoint for `url` is called under `rules`. */
static void assert_goes_to(const char *url_text, const char *const *rules, size_t rules_len,
                           const char *wanted)
{
    struct net_options options = {0};
    struct err err = {.message = ""};
    struct url url;
    for (size_t i = 0; i < rules_len; i++) {
        if (connect_rules_add(&options.connect_to, rules[i], &err) != 0)
            fail_msg("%s: %s", rules[i], err.message);
    }
    assert_int_equal(url_parse(&url, url_text, &err), 0);
    struct endpoint e;
    char name[ENDPOINT_NAME_MAX];
    endpoint_init(&e, &options, NULL, &url);
    assert_string_equal(endpoint_name(name, &e), wanted);
    endpoint_release(&e);
    url_release(&url);
    net_options_release(&options);
}

static void without_rules_a_url_goes_where_it_says(void **state)
{
    (void)state;
    assert_goes_to("http://h:81/x", NULL, 0, "h:81");
    assert_goes_to("http://[::1]/", NULL, 0, "[::1]:80");
    assert_goes_to("unix:/run/a.sock:/x", NULL, 0, "/run/a.sock");
}

static void rules_send_connections_elsewhere(void **state)
{
    (void)state;
    static const struct {
        const char *url, *rule, *wanted;
    } cases[] = {
        {"http://h:81/", "h:81:b:82", "b:82"},
        {"http://H:81/", "h:81:B:82", "b:82"},
        {"http://h:81/", "H:81:b:", "b:81"},
        {"http://h:81/", "h:81::82", "h:82"},
        {"http://h:81/", "h:81::", "h:81"},
        {"http://h:81/", ":::", "h:81"},
        {"http://h:81/", "::b:82", "b:82"},
        {"http://h:81/", "h::b:82", "b:82"},
        {"http://h:81/", ":81:b:82", "b:82"},
        {"http://h:81/", "h:82:b:83", "h:81"},
        {"http://h:81/", "g:81:b:83", "h:81"},
        {"http://h/", "h:80:b:8080", "b:8080"},
        {"http://[::1]:81/", "[::1]:81:[::2]:82", "[::2]:82"},
        {"http://h:81/", "::[::2]:", "[::2]:81"},
        {"http://h:81/", "unix:/run/a.sock", "/run/a.sock"},
        {"http://h:81/", "h:81:unix:/run/a.sock", "/run/a.sock"},
        {"http://h:81/", "g:81:unix:/run/a.sock", "h:81"},
        {"unix:/run/a.sock", "localhost:80:b:82", "b:82"},
        {"unix:/run/a.sock", "localhost::unix:/run/b.sock", "/run/b.sock"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_goes_to(cases[i].url, &cases[i].rule, 1, cases[i].wanted);
}

static void the_first_rule_that_matches_counts(void **state)
{
    (void)state;
    static const char *const rules[] = {"a:80:one:1", "b:80:two:2", "::three:3"};
    assert_goes_to("http://a/", rules, ARRAY_LEN(rules), "one:1");
    assert_goes_to("http://b/", rules, ARRAY_LEN(rules), "two:2");
    assert_goes_to("http://c/", rules, ARRAY_LEN(rules), "three:3");
}

static void bad_rules(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *says;
    } cases[] = {
        {"", "fewer than four parts"},
        {"h", "fewer than four parts"},
        {"h:80", "fewer than four parts"},
        {"h:80:b", "fewer than four parts"},
        {"h:80:b:81:", "more than four parts"},
        {"h:80:b:81:82", "more than four parts"},
        {"h:x:b:81", "a port that is not a number"},
        {"h:80:b:65536", "a port that is not a number"},
        {"h:80:b:0", "a port that is not a number"},
        {"h:80:[::1:81", "an unclosed"},
        {"h:80:[x]:81", "no IPv6 address in its brackets"},
        {"[]:80:b:81", "no IPv6 address in its brackets"},
        {"[::1]x:80:b:81", "an unclosed"},
        {"h/x:80:b:81", "a host name that cannot be"},
        {"a b:80:b:81", "a host name that cannot be"},
        {"http://h:80", "a port that is not a number"},
        {"unix:run/a.sock", "lacks the whole path"},
        {"unix:", "lacks the whole path"},
        {"h:80:unix:", "lacks the whole path"},
        {"unix:/run/a.sock:/x", "something behind the path"},
    };
    struct connect_rules rules = {VEC_INIT};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {.message = ""};
        if (connect_rules_add(&rules, cases[i].rule, &err) == 0)
            fail_msg("%s is taken", cases[i].rule);
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].rule, err.message);
    }
    assert_int_equal(rules.items.len, 0);
    connect_rules_release(&rules);
}

/* The IPv4 address that a socket is bound to next, its last byte. */
static int bound_byte(struct sources *s)
{
    struct sockaddr_in address = {0};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(sources_bind(s, fd, AF_INET), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(address.sin_port, 0); /* chosen when it connects */
    close(fd);
    return (int)(ntohl(address.sin_addr.s_addr) & 0xFF);
}

static void sources_take_turns(void **state)
{
    (void)state;
    char one[] = "127.0.0.1", two[] = "127.0.0.2", three[] = "127.0.0.3";
    char *const addresses[] = {one, two, three};
    struct err err;
    struct sources *s = sources_new(addresses, ARRAY_LEN(addresses), &err);
    assert_non_null(s);
    for (int i = 0; i < 6; i++)
        assert_int_equal(bound_byte(s), i % 3 + 1);
    assert_true(sources_have(s, AF_INET));
    assert_false(sources_have(s, AF_INET6));
    sources_free(s);
    sources_free(NULL);
}

static void bad_sources(void **state)
{
    (void)state;
    static const struct {
        const char *address, *says;
        enum err_kind kind;
    } cases[] = {
        {"localhost", "\"localhost\" is not an address", ERR_USAGE},
        {"", "\"\" is not an address", ERR_USAGE},
        {"127.0.0.1:80", "is not an address", ERR_USAGE},
        {"192.0.2.1", "cannot connect from 192.0.2.1: this machine has no such address",
         ERR_SYSTEM},
        {"2001:db8::1", "cannot connect from 2001:db8::1", ERR_SYSTEM},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char first[] = "127.0.0.1";
        char *second = xstrdup(cases[i].address);
        char *const addresses[] = {first, second};
        struct err err = {.message = ""};
        assert_null(sources_new(addresses, 2, &err));
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].address, err.message);
        assert_int_equal(err.kind, cases[i].kind);
        free(second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_a_url_goes_where_it_says),
        cmocka_unit_test(rules_send_connections_elsewhere),
        cmocka_unit_test(the_first_rule_that_matches_counts),
        cmocka_unit_test(bad_rules),
        cmocka_unit_test(sources_take_turns),
        cmocka_unit_test(bad_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

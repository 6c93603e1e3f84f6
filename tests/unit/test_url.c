/* base/url.h: URLs people type, right and wrong. */
#include "unit.h"

#include "base/url.h"

#include <stdio.h>
#include <stdlib.h>

static void good_urls(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *scheme, *userinfo, *host;
        int port;
        bool port_given;
        const char *target;
    } cases[] = {
        {"http://localhost:8888/health", "http", NULL, "localhost", 8888, true, "/health"},
        {"http://localhost", "http", NULL, "localhost", 80, false, "/"},
        {"https://example.org/", "https", NULL, "example.org", 443, false, "/"},
        {"redis://cache/0", "redis", NULL, "cache", 6379, false, "/0"},
        {"rediss://cache", "rediss", NULL, "cache", 6379, false, "/"},
        {"postgres://db/app", "postgres", NULL, "db", 5432, false, "/app"},
        {"postgresql://db/app", "postgresql", NULL, "db", 5432, false, "/app"},
        {"ftp://files/x", "ftp", NULL, "files", 0, false, "/x"},
        {"HTTP://Example.ORG/Path", "http", NULL, "example.org", 80, false, "/Path"},
        /* without a scheme */
        {"localhost", "http", NULL, "localhost", 80, false, "/"},
        {"localhost:8080", "http", NULL, "localhost", 8080, true, "/"},
        {"localhost:8080/x?u=http://a/b", "http", NULL, "localhost", 8080, true, "/x?u=http://a/b"},
        {"127.0.0.1:80/", "http", NULL, "127.0.0.1", 80, true, "/"},
        {"[::1]:8080/x", "http", NULL, "::1", 8080, true, "/x"},
        {"http:8080/x", "http", NULL, "http", 8080, true, "/x"},
        {"bob@h/x", "http", "bob", "h", 80, false, "/x"},
        /* queries and fragments */
        {"http://h?q=1", "http", NULL, "h", 80, false, "/?q=1"},
        {"http://h/a?q=1&r=a/b?c", "http", NULL, "h", 80, false, "/a?q=1&r=a/b?c"},
        {"http://h/a#top", "http", NULL, "h", 80, false, "/a"},
        {"http://h#top", "http", NULL, "h", 80, false, "/"},
        {"http://h?q#a?b/c#d", "http", NULL, "h", 80, false, "/?q"},
        {"http://h/a#\xC3\xA9 x", "http", NULL, "h", 80, false, "/a"},
        {"http://h//a/../b;c=%20%zz", "http", NULL, "h", 80, false, "//a/../b;c=%20%zz"},
        {"http://h/{id}|\"<>^`\\", "http", NULL, "h", 80, false, "/{id}|\"<>^`\\"},
        {"http://h/a@b:c", "http", NULL, "h", 80, false, "/a@b:c"},
        /* hosts */
        {"http://[2001:DB8::1]/", "http", NULL, "2001:db8::1", 80, false, "/"},
        {"http://[::ffff:10.0.0.1]:9", "http", NULL, "::ffff:10.0.0.1", 9, true, "/"},
        {"http://my_service-1.local./", "http", NULL, "my_service-1.local.", 80, false, "/"},
        /* userinfo */
        {"http://bob:s3:cret@h:81/", "http", "bob:s3:cret", "h", 81, true, "/"},
        {"redis://:pw@h", "redis", ":pw", "h", 6379, false, "/"},
        {"http://a@b@h/", "http", "a@b", "h", 80, false, "/"},
        {"http://@h/", "http", "", "h", 80, false, "/"},
        {"http://u:p@[::1]:8080/", "http", "u:p", "::1", 8080, true, "/"},
        /* ports */
        {"http://h:/x", "http", NULL, "h", 80, false, "/x"},
        {"http://h:1", "http", NULL, "h", 1, true, "/"},
        {"http://h:00080", "http", NULL, "h", 80, true, "/"},
        {"http://h:65535", "http", NULL, "h", 65535, true, "/"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct url url;
        struct err err = {.message = ""};
        if (url_parse(&url, cases[i].text, &err) != 0)
            fail_msg("%s: %s", cases[i].text, err.message);
        assert_string_equal(url.scheme, cases[i].scheme);
        if (cases[i].userinfo)
            assert_string_equal(url.userinfo, cases[i].userinfo);
        else
            assert_null(url.userinfo);
        assert_string_equal(url.host, cases[i].host);
        assert_int_equal(url.port, cases[i].port);
        assert_int_equal(url.port_given, cases[i].port_given);
        assert_string_equal(url.target, cases[i].target);
        url_release(&url);
        assert_null(url.host);
    }
}

static void bad_urls(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "the URL is empty; write one such as http://localhost:8080/"},
        {"://h/", "URL \"://h/\" has no scheme before \"://\"; write http://HOST/"},
        {"1http://h/", "has no scheme before \"://\""},
        {"http://", "URL \"http://\" has no host; write it as http://HOST/"},
        {"http:///x", "has no host"},
        {"http://?q", "has no host"},
        {"http://#f", "has no host"},
        {"http://:80/", "has no host"},
        {"http://bob@/", "has no host"},
        {"/health", "URL \"/health\" has no host; write it as http://HOST/PATH"},
        {"https:/h/x", "URL \"https:/h/x\" lacks \"//\" after its scheme; write http://HOST/"},
        {"http:h", "lacks \"//\""},
        {"http:", "lacks \"//\""},
        /* ports */
        {"http://h:0/", "has a bad port: port \"0\" is not a number from 1 to 65535"},
        {"http://h:65536/", "has a bad port: port \"65536\""},
        {"http://h:99999999999999999999/", "has a bad port"},
        {"http://h:8o/", "has a bad port: port \"8o\""},
        {"http://h:-1/", "has a bad port"},
        {"http://h: 80/", "has a bad port"},
        {"http://h:8\n\x1B[m/", "has a bad port: port \"8??[m\""},
        {"localhost:port/x", "has a bad port: port \"port\""},
        {"http://[::1]:x/", "has a bad port"},
        /* IPv6 */
        {"http://::1/", "more than one \":\" in its host; an IPv6 address stands in brackets: "
                        "http://[::1]:8080/"},
        {"http://h:80:81/", "more than one \":\""},
        {"http://[::1/", "has an unclosed \"[\""},
        {"http://[::1]x/", "has an unclosed \"[\""},
        {"http://[]/", "has no IPv6 address in its brackets"},
        {"http://[localhost]/", "has no IPv6 address in its brackets"},
        {"http://[127.0.0.1]/", "has no IPv6 address in its brackets"},
        {"http://[::1%25lo]/", "has no IPv6 address in its brackets"},
        {"http://[1:2:3]/", "has no IPv6 address in its brackets"},
        /* characters */
        {"http://h/a b", "URL \"http://h/a b\" has a space; write it as %20"},
        {"http://h/a ", "has a space"},
        {" http://h/", "has a space in its host name"},
        {"http://h/caf\xC3\xA9?x", "has the non-ASCII character \"\xC3\xA9\"; write it as %C3%A9"},
        {"http://h/\xF0\x9F\x98\x80", "write it as %F0%9F%98%80"},
        {"http://h/\xFFz", "write it as %FF"},
        {"http://h/\x80\x80", "write it as %80"},
        {"http://h/a\r\nX: y", "URL \"http://h/a??X: y\" has a control character; write it as %0D"},
        {"http://h/\t", "write it as %09"},
        {"http://h/\x7F", "write it as %7F"},
        {"http://us er@h/", "has a space; write it as %20"},
        {"http://h h/", "has a space in its host name"},
        {"http://h\n/", "has a control character in its host name"},
        {"http://b\xC3\xBC"
         "cher.example/",
         "non-ASCII host name; write its ASCII form (\"xn--...\")"},
        {"http://h%41/", "has \"%\" in its host name"},
        {"http://h\"/", "has \"\"\" in its host name"},
        {"http://h]/", "has \"]\" in its host name"},
        {"http://h\\x/", "has \"\\\" in its host name"},
        {"http://<h>/", "has \"<\" in its host name"},
        /* unix sockets */
        {"unix:", "URL \"unix:\" lacks the whole path of the socket; write unix:/run/app.sock"},
        {"unix:run/app.sock", "lacks the whole path"},
        {"unix://run/app.sock", "lacks the whole path"},
        {"unix:/run/app.sock:/a b", "has a space; write it as %20"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct url url;
        struct err err = {.message = ""};
        if (url_parse(&url, cases[i].text, &err) != -1)
            fail_msg("%s is taken", cases[i].text);
        assert_contains(err.message, cases[i].message);
        assert_int_equal(err.kind, ERR_CONFIG);
        assert_null(url.scheme); /* nothing is left to release */
        assert_null(url.host);
    }
    struct url url;
    assert_int_equal(url_parse(&url, "http://", NULL), -1);
    url_release(&url); /* and doing so is harmless */
}

static void long_texts(void **state)
{
    (void)state;
    char text[5000];
    struct url url;
    struct err err;

    /* a long target is sent as it is */
    snprintf(text, sizeof(text), "http://h/%04000d", 1);
    assert_int_equal(url_parse(&url, text, &err), 0);
    assert_string_equal(url.target, text + strlen("http://h"));
    url_release(&url);

    /* the longest host, and one more */
    snprintf(text, sizeof(text), "http://%0253d/", 1);
    assert_int_equal(url_parse(&url, text, &err), 0);
    url_release(&url);
    snprintf(text, sizeof(text), "http://%0254d/", 1);
    assert_int_equal(url_parse(&url, text, &err), -1);
    assert_contains(err.message, "longer than 253 characters");

    /* the longest path of a socket, and one more */
    snprintf(text, sizeof(text), "unix:/%0106d:/x", 1);
    assert_int_equal(url_parse(&url, text, &err), 0);
    assert_int_equal(strlen(url.unix_path), 107);
    url_release(&url);
    snprintf(text, sizeof(text), "unix:/%0107d:/x", 1);
    assert_int_equal(url_parse(&url, text, &err), -1);
    assert_contains(err.message, "longer than the 107 bytes");

    /* an error repeats only its beginning */
    snprintf(text, sizeof(text), "http://h/%04000d x", 1);
    assert_int_equal(url_parse(&url, text, &err), -1);
    assert_contains(err.message, "...\" has a space; write it as %20");
    assert_true(strlen(err.message) < 200);
}

static void unix_sockets(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path, *target;
    } cases[] = {
        {"unix:/run/app.sock", "/run/app.sock", "/"},
        {"unix:/run/app.sock:/", "/run/app.sock", "/"},
        {"UNIX:/run/app.sock:/a?b=:/c#d", "/run/app.sock", "/a?b=:/c"},
        {"unix:/run/a b:c.sock:/x", "/run/a b:c.sock", "/x"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct url url;
        struct err err = {.message = ""};
        if (url_parse(&url, cases[i].text, &err) != 0)
            fail_msg("%s: %s", cases[i].text, err.message);
        assert_string_equal(url.scheme, "http");
        assert_string_equal(url.host, "localhost");
        assert_int_equal(url.port, 80);
        assert_string_equal(url.unix_path, cases[i].path);
        assert_string_equal(url.target, cases[i].target);
        url_release(&url);
        assert_null(url.unix_path);
    }
    assert_true(url_is_unix("unix:x"));
    assert_false(url_is_unix("unix"));
}

static void shown(const char *text, const char *authority, const char *redacted)
{
    struct url url;
    struct err err;
    assert_int_equal(url_parse(&url, text, &err), 0);
    char *a = url_authority(&url), *r = url_redacted(&url);
    assert_string_equal(a, authority);
    assert_string_equal(r, redacted);
    free(a);
    free(r);
    url_release(&url);
}

static void urls_are_shown_without_their_passwords(void **state)
{
    (void)state;
    shown("HTTP://H:80", "h", "http://h/");
    shown("http://h:8080/x?y#z", "h:8080", "http://h:8080/x?y");
    shown("https://h:80/", "h:80", "https://h:80/");
    shown("[::1]:8080", "[::1]:8080", "http://[::1]:8080/");
    shown("https://[::1]:443", "[::1]", "https://[::1]/");
    shown("ftp://h/x", "h", "ftp://h/x");
    shown("ftp://h:21/x", "h:21", "ftp://h:21/x");
    shown("http://bob@h/", "h", "http://bob@h/");
    shown("http://bob:secret@h/", "h", "http://bob:***@h/");
    shown("http://bob:se@cr:et@h:1/", "h:1", "http://bob:***@h:1/");
    shown("redis://:secret@h/0", "h", "redis://:***@h/0");
    shown("http://bob:@h/", "h", "http://bob:***@h/");
    shown("unix:/run/app.sock", "localhost", "unix:/run/app.sock:/");
    shown("unix:/run/app.sock:/x?y", "localhost", "unix:/run/app.sock:/x?y");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_urls),
        cmocka_unit_test(bad_urls),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(unix_sockets),
        cmocka_unit_test(urls_are_shown_without_their_passwords),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

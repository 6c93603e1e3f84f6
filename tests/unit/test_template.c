/* Templates: what is filled in, how it is escaped, what is refused; and the
 * requests that are made of them. */
#include "base/mem.h"
#include "run/requests.h"
#include "run/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct context {
    struct template_files *files;
    struct rng rng;
    struct template_values values;
    struct buf out;
    char csv[64];
};

static int setup(void **state)
{
    static const char rows[] =
        "id,name,line,two,two\n1,\"Ada \"\"A\"\"\",x,,\n2,a/b&c,\"y\nz\",,\n3,\xC3\xBC,w,,\n";
    struct context *c = xcalloc(1, sizeof(*c));
    c->files = template_files_new();
    rng_init(&c->rng, 1, 1);
    c->values = (struct template_values){.rng = &c->rng, .worker = 2, .connection = 7};
    snprintf(c->csv, sizeof(c->csv), "/tmp/inrush-template-%d.csv", (int)getpid());
    FILE *file = fopen(c->csv, "we");
    assert_non_null(file);
    fputs(rows, file);
    assert_int_equal(fclose(file), 0);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct context *c = *state;
    unlink(c->csv);
    template_files_free(c->files);
    buf_release(&c->out);
    free(c);
    return 0;
}

/* CSV in a text stands for the file. */
static char *with_file(const struct context *c, const char *text)
{
    const char *word = strstr(text, "CSV");
    return word ? xasprintf("%.*s%s%s", (int)(word - text), text, c->csv, word + 3) : xstrdup(text);
}

static struct template *compiled(struct context *c, const char *text, enum template_escape escape)
{
    struct err err;
    char *whole = with_file(c, text);
    struct template *t = template_compile(c->files, "body", whole, strlen(whole), escape, &err);
    if (!t)
        fail_msg("%s: %s", text, err.message);
    free(whole);
    return t;
}

static const char *filled(struct context *c, const char *text, enum template_escape escape)
{
    struct template *t = compiled(c, text, escape);
    buf_clear(&c->out);
    template_expand(t, &c->values, &c->out);
    template_free(t);
    return buf_cstr(&c->out);
}

#define assert_filled(c, text, expected) \
    assert_string_equal(filled(c, text, TEMPLATE_BODY), expected)

static void text_stays(void **state)
{
    struct context *c = *state;
    assert_filled(c, "", "");
    assert_filled(c, "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}");
    assert_filled(c, "{ { }} }", "{ { }} }");
    assert_filled(c, "{{\"{{\"}}x}}", "{{x}}");
    assert_filled(c, "{{ \"a\\\"b\\\\\" }}", "a\"b\\");
    assert_filled(c, "{{\"}}\"}}", "}}");
}

static void numbers(void **state)
{
    struct context *c = *state;
    bool seen[7] = {false};
    for (int i = 0; i < 500; i++) {
        int n = atoi(filled(c, "{{random -3 3}}", TEMPLATE_BODY));
        assert_in_range(n + 3, 0, 6);
        seen[n + 3] = true;
    }
    for (size_t i = 0; i < 7; i++)
        assert_true(seen[i]);
    assert_filled(c, "{{int 5 5}}", "5");
    assert_filled(c, "{{random -9223372036854775808 -9223372036854775808}}",
                  "-9223372036854775808");
    c->values.number = 4;
    assert_filled(c, "{{counter}} {{counter 10}} {{counter 0 -2}} {{ counter 100 10 }}",
                  "5 14 -8 140");
    assert_filled(c, "{{worker}}/{{connection}}", "2/7");
}

static void the_time(void **state)
{
    struct context *c = *state;
    long long before = (long long)time(NULL);
    long long s = atoll(filled(c, "{{now}}", TEMPLATE_BODY));
    long long ms = atoll(filled(c, "{{timestamp ms}}", TEMPLATE_BODY));
    long long after = (long long)time(NULL);
    assert_true(s >= before - 1 && s <= after);
    assert_true(ms / 1000 >= before - 1 && ms / 1000 <= after);
}

static void uuids(void **state)
{
    struct context *c = *state;
    char first[64];
    snprintf(first, sizeof(first), "%s", filled(c, "{{uuid}}", TEMPLATE_BODY));
    for (int i = 0; i < 100; i++) {
        const char *text = filled(c, "{{uuid}}", TEMPLATE_BODY);
        assert_int_equal(strlen(text), 36);
        assert_int_equal(strspn(text, "0123456789abcdef-"), 36);
        assert_int_equal(text[14], '4');
        assert_non_null(strchr("89ab", text[19]));
        assert_string_not_equal(text, first);
    }
}

static void choices(void **state)
{
    struct context *c = *state;
    unsigned seen = 0;
    for (int i = 0; i < 200; i++) {
        const char *text = filled(c, "{{pick a, b | c,d | \" | \"}}", TEMPLATE_BODY);
        seen |= strcmp(text, "a, b") == 0 ? 1 : strcmp(text, "c,d") == 0 ? 2 : 4;
        assert_true(strcmp(text, "a, b") == 0 || strcmp(text, "c,d") == 0 ||
                    strcmp(text, " | ") == 0);
    }
    assert_int_equal(seen, 7);
    assert_filled(c, "{{pick  x y }}", "x y");
    assert_filled(c, "{{pick \"\"}}", "");
    assert_non_null(strstr("a b", filled(c, "{{pick a, b}}", TEMPLATE_BODY)));
}

static void rows_of_a_file(void **state)
{
    struct context *c = *state;
    for (uint64_t row = 0; row < 7; row++) {
        static const char *const expected[] = {"1 Ada \"A\"", "2 a/b&c", "3 \xC3\xBC"};
        c->values.row = row;
        struct template *id = compiled(c, "{{csv CSV id}} ", TEMPLATE_BODY);
        struct template *name = compiled(c, "{{csv CSV name}}", TEMPLATE_BODY);
        template_add(id, name);
        buf_clear(&c->out);
        template_expand(id, &c->values, &c->out);
        assert_string_equal(buf_cstr(&c->out), expected[row % 3]);
        template_free(name);
        template_free(id);
    }
}

static void escapes(void **state)
{
    struct context *c = *state;
    assert_string_equal(filled(c, "/{{csv CSV name}}", TEMPLATE_URL), "/Ada%20%22A%22");
    assert_string_equal(filled(c, "{{csv CSV name}}", TEMPLATE_JSON), "Ada \\\"A\\\"");
    assert_string_equal(filled(c, "{{csv CSV name}}", TEMPLATE_HEADER), "Ada \"A\"");
    c->values.row = 1;
    assert_string_equal(filled(c, "{{csv CSV name}}", TEMPLATE_URL), "a%2Fb%26c");
    assert_string_equal(filled(c, "{{csv CSV line}}", TEMPLATE_JSON), "y\\nz");
    assert_string_equal(filled(c, "{{csv CSV line}}", TEMPLATE_BODY), "y\nz");
    c->values.row = 2;
    assert_string_equal(filled(c, "{{csv CSV name}}", TEMPLATE_URL), "%C3%BC");
}

static void the_same_seed_fills_in_the_same(void **state)
{
    struct context *c = *state;
    const char *text = "{{random 1 1000000}} {{uuid}} {{pick a|b|c|d|e|f}}";
    rng_init(&c->rng, 42, 3);
    char *first = xstrdup(filled(c, text, TEMPLATE_BODY));
    rng_init(&c->rng, 42, 3);
    assert_filled(c, text, first);
    rng_init(&c->rng, 42, 4);
    assert_string_not_equal(filled(c, text, TEMPLATE_BODY), first);
    free(first);
}

static void assert_refused(struct context *c, const char *text, enum template_escape escape,
                           const char *why, const char *under)
{
    struct err err;
    char *whole = with_file(c, text);
    assert_null(template_compile(c->files, "body", whole, strlen(whole), escape, &err));
    assert_int_equal(err.kind, ERR_CONFIG);
    if (!strstr(err.message, why))
        fail_msg("%s: %s", text, err.message);
    const char *line = strchr(err.message, '\n') + 1, *caret = strchr(line, '\n') + 1;
    assert_int_equal(strncmp(line + strlen(caret) - 1, under, strlen(under)), 0);
    free(whole);
}

static void what_is_wrong(void **state)
{
    struct context *c = *state;
    const enum template_escape body = TEMPLATE_BODY;
    assert_refused(c, "a {{randm 1 2}}", body, "did you mean \"random\"?", "randm");
    assert_refused(c, "{{zzzzzz}}", body, "known: random, int, uuid,", "zzzzzz");
    assert_refused(c, "{{}}", body, "nothing between", "}}");
    assert_refused(c, "x{{uuid", body, "no }} closes this", "{{uuid");
    assert_refused(c, "x{{\"uuid}}", body, "no }} closes this", "{{");
    assert_refused(c, "{{uuid 4}}", body, "write {{uuid}}", "4}}");
    assert_refused(c, "{{random}}", body, "write {{random LOW HIGH}}", "random");
    assert_refused(c, "{{random 1}}", body, "the highest number is missing", "}}");
    assert_refused(c, "{{random 1 x}}", body, "not \"x\"", "x}}");
    assert_refused(c, "{{random 2 1}}", body, "the lowest number stands first", "2 1");
    assert_refused(c, "{{random 1 99999999999999999999}}", body, "too large", "9999");
    assert_refused(c, "{{random 1 2 3}}", body, "nothing is expected here", "3}}");
    assert_refused(c, "{{counter a}}", body, "the first number must be", "a}}");
    assert_refused(c, "{{pick a||b}}", body, "a value is missing here", "|b");
    assert_refused(c, "{{pick \"a\" b|c}}", body, "must stand between two values", "b|c");
    assert_refused(c, "{{now years}}", body, "the unit is s, ms or us", "years");
    assert_refused(c, "{{csv /no/such.csv id}}", body, "cannot read /no/such.csv", "/no");
    assert_refused(c, "{{csv CSV nam}}", body, "did you mean \"name\"?", "nam}}");
    assert_refused(c, "{{csv CSV zzz}}", body, "it has id, name, line", "zzz");
    assert_refused(c, "{{csv CSV two}}", body, "two columns \"two\"", "two}}");
    assert_refused(c, "{{csv CSV line}}", TEMPLATE_HEADER, "row 2 of", "line");
    assert_refused(c, "{{\"a\" b}}", body, "nothing is expected behind", "b}}");
}

/* --- requests ------------------------------------------------------------------- */

static void assert_request(struct context *c, const struct request *r, const char *expected)
{
    struct buf body = BUF_INIT;
    buf_clear(&c->out);
    if (!r->head) {
        buf_add(&c->out, r->bytes, r->len);
    } else {
        if (r->body)
            template_expand(r->body, &c->values, &body);
        c->values.body_len = body.len;
        template_expand(r->head, &c->values, &c->out);
        buf_add(&c->out, body.data, body.len);
    }
    assert_string_equal(buf_cstr(&c->out), expected);
    buf_release(&body);
}

static void requests_of_all_parts(void **state)
{
    struct context *c = *state;
    struct requests requests;
    struct err err;
    const struct http1_header headers[] = {
        {http1_span("X-Id"), http1_span("~0~{{connection}}")},
        {http1_span("User-Agent"), http1_span("t")},
    };
    struct request_parts parts = {
        .what = "URL",
        .method = "PUT",
        .url = "http://u:p@example.test:81/{{worker}}/x?n={{counter}}#part",
        .headers = headers,
        .headers_len = 2,
        .body = "<{{counter 99}}>",
        .body_len = 16,
    };
    requests_init(&requests);
    assert_int_equal(requests_add(&requests, &parts, &err), 0);
    assert_true(requests.templated);
    c->values.number = 1;
    assert_request(c, &requests.items.items[0],
                   "PUT /2/x?n=2 HTTP/1.1\r\nHost: example.test:81\r\nX-Id: ~0~7\r\n"
                   "User-Agent: t\r\nAuthorization: Basic dTpw\r\nContent-Length: 5\r\n\r\n<100>");

    parts.body_fixed = true;
    parts.url = "http://example.test:81";
    parts.headers = headers + 1;
    parts.headers_len = 1;
    assert_int_equal(requests_add(&requests, &parts, &err), 0);
    assert_int_equal(requests.origins.len, 1);
    assert_request(c, &requests.items.items[1],
                   "PUT / HTTP/1.1\r\nHost: example.test:81\r\nUser-Agent: t\r\n"
                   "Content-Length: 16\r\n\r\n<{{counter 99}}>");
    requests_release(&requests);
}

static void series_of_several_urls(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "http://a/x/{{pick \"?\" | b}}?q={{uuid}}",
        "http://a/y?a",
        "http://a/y?b",
        "http://a/z?c",
    };
    struct requests requests;
    struct catalog *catalog = catalog_new();
    struct err err;
    requests_init(&requests);
    for (size_t i = 0; i < 4; i++) {
        struct request_parts parts = {.what = "URL", .method = "GET", .url = urls[i]};
        assert_int_equal(requests_add(&requests, &parts, &err), 0);
    }
    requests_name(&requests, catalog);
    static const char *const names[] = {"/x/{{pick \"?\" | b}}", "/y?a", "/y?b", "/z"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(catalog_get(catalog, requests.items.items[i].series).name, names[i]);

    struct request_parts other = {.what = "URL", .method = "GET", .url = "http://b:81/z"};
    assert_int_equal(requests_add(&requests, &other, &err), 0);
    requests_name(&requests, catalog);
    assert_string_equal(catalog_get(catalog, requests.items.items[3].series).name, "a/z");
    assert_string_equal(catalog_get(catalog, requests.items.items[4].series).name, "b:81/z");
    requests_release(&requests);
    catalog_free(catalog);
}

static void templates_in_the_wrong_place(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "http://{{uuid}}/",
        "{{uuid}}",
        "http://a:{{random 1 2}}/",
        "http://a/#{{uuid}}",
        "unix:/run/{{worker}}.sock:/x",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct requests requests;
        struct err err;
        struct request_parts parts = {.what = "URL", .method = "GET", .url = urls[i]};
        requests_init(&requests);
        assert_int_equal(requests_add(&requests, &parts, &err), -1);
        assert_non_null(strstr(err.message, "^"));
        requests_release(&requests);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(text_stays),
        TEST(numbers),
        TEST(the_time),
        TEST(uuids),
        TEST(choices),
        TEST(rows_of_a_file),
        TEST(escapes),
        TEST(the_same_seed_fills_in_the_same),
        TEST(what_is_wrong),
        TEST(requests_of_all_parts),
        TEST(series_of_several_urls),
        TEST(templates_in_the_wrong_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* target/jwt.h: tokens made by another implementation (Python's hmac), and what
 * is no token. test_target_mcp.py tries every claim. */
#include "unit.h"

#include "target/jwt.h"

#include "base/mem.h"

#include <stdlib.h>

enum { NOW = 1900000000 };

/* {"sub":"me","exp":4000000000,"aud":"mcpgateway-api","iss":"mcpgateway"} */
static const char good[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJtZSIsImV4cCI6NDAwMDAwMDAwMCwiYXV"
    "kIjoibWNwZ2F0ZXdheS1hcGkiLCJpc3MiOiJtY3BnYXRld2F5In0.32HRVc4f39m8cpu77IpB_dIfvZl"
    "eF1B4yhGxbSn4XYc";

/* The same with "username" for "sub". */
static const char named[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VybmFtZSI6Im1lIiwiZXhwIjo0MDAwMDAwMDA"
    "wLCJhdWQiOiJtY3BnYXRld2F5LWFwaSIsImlzcyI6Im1jcGdhdGV3YXkifQ.wT6wbBwwORccviNmrXOL"
    "u0dtFxsaIdUqc2bzUrBdGHA";

/* Among two audiences, not before 1800000000. */
static const char dated[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJtZSIsImV4cCI6NDAwMDAwMDAwMCwiYXV"
    "kIjpbImEiLCJtY3BnYXRld2F5LWFwaSJdLCJpc3MiOiJtY3BnYXRld2F5IiwibmJmIjoxODAwMDAwMDA"
    "wfQ.ZAhgOEbpC5uR9HakkysZrTlYj-ARh6yqVtFFRGr8S6Q";

/* The first, "alg":"none", but signed all the same. */
static const char unsecured[] =
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSIsImV4cCI6NDAwMDAwMDAwMCwiYXVkIjoibWNwZ2F0ZXdh"
    "eS1hcGkiLCJpc3MiOiJtY3BnYXRld2F5In0.t36VNzLnLZ23wjrFOewwx0ymypg7pxpBc9WJsY9iqkI";

/* The first without "exp". */
static const char endless[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJtZSIsImF1ZCI6Im1jcGdhdGV3YXktYXB"
    "pIiwiaXNzIjoibWNwZ2F0ZXdheSJ9.GJGTK_8UczdUnNcTn7Fpyo1lX2SkPQDvecT5jrzlR-M";

static const char *check(const char *secret, const char *token, int64_t now, uint64_t *subject)
{
    struct jwt *jwt = jwt_new(secret);
    const char *why = NULL;
    for (int i = 0; i < 2; i++) /* a second check finds the key as it was */
        why = jwt_check(jwt, token, now, subject);
    jwt_free(jwt);
    return why;
}

static void good_tokens(void **state)
{
    (void)state;
    uint64_t by_sub = 0, by_username = 0, by_list = 0;
    assert_null(check("my-test-key", good, NOW, &by_sub));
    assert_null(check("my-test-key", named, NOW, &by_username));
    assert_null(check("my-test-key", dated, NOW, &by_list));
    assert_true(by_sub != 0 && by_sub == by_username && by_sub == by_list);
}

static void assert_refused(const char *secret, const char *token, int64_t now, const char *words)
{
    uint64_t subject = 0;
    const char *why = check(secret, token, now, &subject);
    assert_non_null(why);
    assert_contains(why, words);
    assert_true(subject == 0);
}

static void bad_tokens(void **state)
{
    (void)state;
    assert_refused("my-test-kex", good, NOW, "signature");
    assert_refused("", good, NOW, "signature");
    assert_refused("my-test-key", good, 4000000000, "expired");
    assert_refused("my-test-key", dated, 1799999999, "not valid yet");
    assert_refused("my-test-key", unsecured, NOW, "HS256");
    assert_refused("my-test-key", endless, NOW, "no expiry");
    static const char *const cases[] = {"", ".", "..", "...", "a.b.c", "e30.e30.", "W10.W10.W10"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t subject;
        assert_non_null(check("my-test-key", cases[i], NOW, &subject));
    }
}

/* No change of any one character is overlooked. */
static void every_character_counts(void **state)
{
    (void)state;
    struct jwt *jwt = jwt_new("my-test-key");
    uint64_t subject;
    for (size_t i = 0; i + 1 < strlen(good); i++) { /* the last one has bits to spare */
        char *token = xstrdup(good);
        token[i] = token[i] == 'x' ? 'y' : 'x';
        assert_non_null(jwt_check(jwt, token, NOW, &subject));
        free(token);
    }
    assert_null(jwt_check(jwt, good, NOW, &subject));
    jwt_free(jwt);
    jwt_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_tokens),
        cmocka_unit_test(bad_tokens),
        cmocka_unit_test(every_character_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

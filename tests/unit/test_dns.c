/* net/dns.h: what is answered at once, what in the thread, and giving up. */
#include "loop.h"

#include "net/dns.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* The system's resolver, scripted, so that the test needs no name server. */
static atomic_int asked;
static int find_six_of_each; /* instead of one */
static sem_t *hold;          /* what a look-up waits for, when set */

static struct addrinfo *add_address(struct addrinfo *list, const char *text)
{
    struct addrinfo *ai = calloc(1, sizeof(*ai) + sizeof(struct sockaddr_in6));
    ai->ai_addr = (struct sockaddr *)(void *)(ai + 1);
    ai->ai_next = list;
    if (strchr(text, ':') != NULL) {
        struct sockaddr_in6 *v6 = (void *)ai->ai_addr;
        inet_pton(AF_INET6, text, &v6->sin6_addr);
        v6->sin6_family = AF_INET6;
        ai->ai_addrlen = sizeof(*v6);
    } else {
        struct sockaddr_in *v4 = (void *)ai->ai_addr;
        inet_pton(AF_INET, text, &v4->sin_addr);
        v4->sin_family = AF_INET;
        ai->ai_addrlen = sizeof(*v4);
    }
    ai->ai_family = ai->ai_addr->sa_family;
    return ai;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *req,
                struct addrinfo **pai)
{
    struct in6_addr any;
    (void)service;
    *pai = NULL;
    if (inet_pton(AF_INET, name, &any) == 1 || inet_pton(AF_INET6, name, &any) == 1) {
        *pai = add_address(NULL, name);
        return 0;
    }
    if (req->ai_flags & AI_NUMERICHOST)
        return EAI_NONAME;
    asked++;
    if (hold != NULL)
        sem_wait(hold);
    if (strcmp(name, "missing.test") == 0)
        return EAI_NONAME;
    for (int i = find_six_of_each ? 6 : 1; i > 0; i--)
        *pai = add_address(*pai, "2001:db8::1");
    for (int i = find_six_of_each ? 6 : 1; i > 0; i--)
        *pai = add_address(*pai, "192.0.2.1");
    return 0;
}

void freeaddrinfo(struct addrinfo *ai)
{
    while (ai != NULL) {
        struct addrinfo *next = ai->ai_next;
        free(ai);
        ai = next;
    }
}

struct asker {
    struct dns_query query;
    struct ev_loop *loop;
    struct resolver *resolver;
    int answers;
    struct dns_addresses found;
    struct err err;
    struct dns_query *cancel; /* what the answer cancels */
};

static void answered(struct dns_query *q, const struct dns_addresses *addresses,
                     const struct err *err)
{
    struct asker *a = q->owner;
    a->answers++;
    a->found = *addresses;
    assert_true((err == NULL) == (addresses->len > 0));
    if (err != NULL)
        a->err = *err;
    if (a->cancel != NULL)
        dns_cancel(a->resolver, a->cancel);
}

static void asker_init(struct asker *a, const struct asker *like)
{
    *a = (struct asker){.loop = like->loop, .resolver = like->resolver};
    a->query.done = answered;
    a->query.owner = a;
}

static int setup(void **state)
{
    struct asker *a = calloc(1, sizeof(*a)), first = {0};
    asked = 0;
    find_six_of_each = 0;
    hold = NULL;
    first.loop = ev_loop_new(EVFLAG_AUTO);
    first.resolver = resolver_new(first.loop);
    asker_init(a, &first);
    *state = a;
    return 0;
}

static int teardown(void **state)
{
    struct asker *a = *state;
    resolver_free(a->resolver);
    ev_loop_destroy(a->loop);
    free(a);
    return 0;
}

static const char *text_of(const union dns_address *address)
{
    static char text[64];
    char host[INET6_ADDRSTRLEN];
    if (address->any.sa_family == AF_INET6)
        snprintf(text, sizeof(text), "[%s]:%d",
                 inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof(host)),
                 ntohs(address->v6.sin6_port));
    else
        snprintf(text, sizeof(text), "%s:%d",
                 inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof(host)),
                 ntohs(address->v4.sin_port));
    return text;
}

static void numbers_are_answered_at_once(void **state)
{
    struct asker *a = *state;
    struct dns_addresses out;
    assert_int_equal(dns_resolve(a->resolver, &a->query, "127.0.0.1", 80, &out), 1);
    assert_int_equal(out.len, 1);
    assert_string_equal(text_of(&out.items[0]), "127.0.0.1:80");
    assert_int_equal(dns_resolve(a->resolver, &a->query, "::1", 8080, &out), 1);
    assert_string_equal(text_of(&out.items[0]), "[::1]:8080");
    assert_int_equal(asked, 0);
}

static void localhost_is_loopback_without_asking(void **state)
{
    struct asker *a = *state;
    static const char *const names[] = {"localhost", "LocalHost", "api.localhost", "localhost."};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct dns_addresses out;
        assert_int_equal(dns_resolve(a->resolver, &a->query, names[i], 80, &out), 1);
        assert_int_equal(out.len, 2);
        assert_string_equal(text_of(&out.items[0]), "[::1]:80");
        assert_string_equal(text_of(&out.items[1]), "127.0.0.1:80");
    }
    assert_int_equal(asked, 0);
    struct dns_addresses out;
    assert_int_equal(dns_resolve(a->resolver, &a->query, "notlocalhost", 80, &out), 0);
    loop_until(a->loop, a->answers);
}

static void a_name_is_asked_for_once_and_kept(void **state)
{
    struct asker *a = *state;
    struct dns_addresses out;
    assert_int_equal(dns_resolve(a->resolver, &a->query, "host.test", 80, &out), 0);
    assert_int_equal(a->answers, 0);
    loop_until(a->loop, a->answers);
    assert_int_equal(a->found.len, 2);
    assert_string_equal(text_of(&a->found.items[0]), "[2001:db8::1]:80");
    assert_string_equal(text_of(&a->found.items[1]), "192.0.2.1:80");

    assert_int_equal(dns_resolve(a->resolver, &a->query, "host.test", 81, &out), 1);
    assert_string_equal(text_of(&out.items[1]), "192.0.2.1:81");
    dns_forget(a->resolver, "host.test"); /* too fresh to be forgotten */
    assert_int_equal(dns_resolve(a->resolver, &a->query, "host.test", 81, &out), 1);
    assert_int_equal(asked, 1);
}

static void no_more_addresses_are_kept_than_fit(void **state)
{
    struct asker *a = *state;
    struct dns_addresses out;
    find_six_of_each = 1;
    dns_resolve(a->resolver, &a->query, "host.test", 80, &out);
    loop_until(a->loop, a->answers);
    assert_int_equal(a->found.len, DNS_ADDRESSES);
    assert_int_equal(a->found.items[5].any.sa_family, AF_INET6);
    assert_int_equal(a->found.items[6].any.sa_family, AF_INET);
}

static void a_missing_name_is_named_and_asked_for_again(void **state)
{
    struct asker *a = *state;
    struct dns_addresses out;
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(dns_resolve(a->resolver, &a->query, "missing.test", 80, &out), 0);
        loop_until(a->loop, a->answers == i);
        assert_int_equal(a->found.len, 0);
        assert_int_equal(a->err.kind, ERR_DNS);
        assert_contains(a->err.message, "missing.test");
        assert_int_equal(asked, i);
    }
}

static void all_who_ask_meanwhile_share_the_answer(void **state)
{
    struct asker *a = *state, b, c, d;
    struct dns_addresses out;
    sem_t gate;
    sem_init(&gate, 0, 0);
    hold = &gate;
    asker_init(&b, a);
    asker_init(&c, a);
    asker_init(&d, a);
    dns_resolve(a->resolver, &a->query, "host.test", 1, &out);
    dns_resolve(a->resolver, &b.query, "host.test", 2, &out);
    dns_resolve(a->resolver, &c.query, "host.test", 3, &out);
    dns_resolve(a->resolver, &d.query, "other.test", 4, &out);
    /* Cancelled before the answer; the other by whichever comes first. */
    dns_cancel(a->resolver, &b.query);
    a->cancel = &c.query;
    c.cancel = &a->query;
    sem_post(&gate);
    sem_post(&gate);
    loop_until(a->loop, a->answers + c.answers == 1 && d.answers == 1);
    loop_turn(a->loop);
    assert_int_equal(a->answers + c.answers, 1);
    assert_int_equal(b.answers, 0);
    assert_int_equal(asked, 2);
    assert_string_equal(text_of(&d.found.items[1]), "192.0.2.1:4");
    sem_destroy(&gate);
}

static void freeing_does_not_wait_for_a_look_up_that_hangs(void **state)
{
    struct asker *a = *state;
    struct dns_addresses out;
    static sem_t gate; /* outlives this test, as the look-up does */
    sem_init(&gate, 0, 0);
    hold = &gate;
    dns_resolve(a->resolver, &a->query, "host.test", 80, &out);
    loop_until(a->loop, asked == 1);
    dns_cancel(a->resolver, &a->query);
    resolver_free(a->resolver);
    a->resolver = NULL;
    sem_post(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_are_answered_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(localhost_is_loopback_without_asking, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_is_asked_for_once_and_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(no_more_addresses_are_kept_than_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_name_is_named_and_asked_for_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(all_who_ask_meanwhile_share_the_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(freeing_does_not_wait_for_a_look_up_that_hangs, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

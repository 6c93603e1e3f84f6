/*
 * A slot is free while its secret is 0. Whoever changes the secret from that of
 * a session to 0, by compare-and-swap, has ended it and gives the slot back.
 * A reader that finds the secret before and after reading the rest has read one
 * session: the rest is only written while the secret is 0, and a secret does
 * not come back.
 */
#include "target/sessions.h"

#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct slot {
    _Atomic uint64_t secret;
    _Atomic uint64_t ready; /* the secret of the last session that became ready */
    _Atomic uint64_t owner;
    _Atomic uint16_t kind; /* place and version */
    _Atomic uint32_t used_s;
};

struct sessions {
    struct slot *slots; /* owned; limit of them */
    uint32_t limit, idle_s;
    _Atomic uint64_t opened, closed, expired;

    pthread_mutex_t lock; /* guards what follows */
    uint32_t fresh;       /* slots from here on were never used */
    uint32_t *free_slots; /* owned; room for all */
    uint32_t free_len;
    uint32_t swept_s; /* when expired sessions were last looked for */
    bool was_swept;
};

struct sessions *sessions_new(uint32_t limit, uint32_t idle_s)
{
    assert(limit >= 1 && limit <= SESSIONS_MAX);
    struct sessions *s = xcalloc(1, sizeof(*s));
    s->slots = xcalloc(limit, sizeof(*s->slots)); /* zero pages until they are used */
    s->free_slots = xcalloc(limit, sizeof(*s->free_slots));
    s->limit = limit;
    s->idle_s = idle_s;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void sessions_free(struct sessions *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s->free_slots);
    free(s->slots);
    free(s);
}

static void count(_Atomic uint64_t *n)
{
    atomic_fetch_add_explicit(n, 1, memory_order_relaxed);
}

/* Ends the session if nobody did before; its slot is then the caller's to give back. */
static bool end(struct slot *slot, uint64_t secret)
{
    return atomic_compare_exchange_strong(&slot->secret, &secret, 0);
}

static void give_back(struct sessions *s, uint32_t index)
{
    pthread_mutex_lock(&s->lock);
    s->free_slots[s->free_len++] = index;
    pthread_mutex_unlock(&s->lock);
}

static bool is_expired(const struct sessions *s, const struct slot *slot, uint32_t now_s)
{
    uint32_t used_s = atomic_load_explicit(&slot->used_s, memory_order_relaxed);
    return now_s > used_s && now_s - used_s > s->idle_s;
}

/* Gives back what expired. At most once a second: a full table that is full of
 * live sessions would otherwise be read for each that is refused. */
static void sweep(struct sessions *s, uint32_t now_s)
{
    if (s->was_swept && s->swept_s == now_s)
        return;
    s->was_swept = true;
    s->swept_s = now_s;
    for (uint32_t i = 0; i < s->fresh; i++) {
        uint64_t secret = atomic_load(&s->slots[i].secret);
        if (secret != 0 && is_expired(s, &s->slots[i], now_s) && end(&s->slots[i], secret)) {
            count(&s->expired);
            s->free_slots[s->free_len++] = i;
        }
    }
}

static bool take_slot(struct sessions *s, uint32_t now_s, uint32_t *index)
{
    pthread_mutex_lock(&s->lock);
    if (s->free_len == 0 && s->fresh == s->limit)
        sweep(s, now_s);
    bool found = s->free_len > 0 || s->fresh < s->limit;
    if (s->free_len > 0)
        *index = s->free_slots[--s->free_len];
    else if (found)
        *index = s->fresh++;
    pthread_mutex_unlock(&s->lock);
    return found;
}

static uint64_t draw_secret(void)
{
    uint64_t secret = 0;
    while (secret == 0) {
        if (getrandom(&secret, sizeof(secret), 0) != sizeof(secret))
            secret = 0; /* a signal came; so few bytes are never cut otherwise */
    }
    return secret;
}

static char *write_hex(char *to, uint64_t n, int digits)
{
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        *to++ = "0123456789abcdef"[n >> shift & 15];
    return to;
}

static bool read_hex(const char *from, int digits, uint64_t *n)
{
    *n = 0;
    for (int i = 0; i < digits; i++) {
        char c = from[i];
        if (c >= '0' && c <= '9')
            *n = *n << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            *n = *n << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    return true;
}

/* The slot that the id names and the secret it claims, or NULL. */
static struct slot *locate(struct sessions *s, const char *id, uint64_t *secret)
{
    uint64_t index;
    if (strlen(id) != SESSION_ID_MAX - 1 || !read_hex(id, 8, &index) ||
        !read_hex(id + 8, 16, secret) || index >= s->limit || *secret == 0)
        return NULL;
    return &s->slots[index];
}

bool sessions_open(struct sessions *s, const struct session *session, uint32_t now_s,
                   char id[SESSION_ID_MAX])
{
    uint32_t index;
    if (!take_slot(s, now_s, &index))
        return false;
    struct slot *slot = &s->slots[index];
    uint64_t secret = draw_secret();
    /* Released, so that a reader of these also sees the 0 that came before. */
    atomic_store_explicit(&slot->owner, session->owner, memory_order_release);
    atomic_store_explicit(&slot->kind, (uint16_t)(session->place << 8 | session->version),
                          memory_order_release);
    atomic_store_explicit(&slot->used_s, now_s, memory_order_relaxed);
    atomic_store_explicit(&slot->secret, secret, memory_order_release);
    count(&s->opened);
    *write_hex(write_hex(id, index, 8), secret, 16) = '\0';
    return true;
}

bool sessions_find(struct sessions *s, const char *id, uint32_t now_s, struct session *session)
{
    uint64_t secret;
    struct slot *slot = locate(s, id, &secret);
    if (!slot || atomic_load_explicit(&slot->secret, memory_order_acquire) != secret)
        return false;
    if (is_expired(s, slot, now_s)) {
        if (end(slot, secret)) {
            count(&s->expired);
            give_back(s, (uint32_t)(slot - s->slots));
        }
        return false;
    }
    session->owner = atomic_load_explicit(&slot->owner, memory_order_acquire);
    uint16_t kind = atomic_load_explicit(&slot->kind, memory_order_acquire);
    session->place = (uint8_t)(kind >> 8);
    session->version = (uint8_t)kind;
    session->ready = atomic_load_explicit(&slot->ready, memory_order_acquire) == secret;
    /* Once a second, so that threads seldom write the line that they all read. */
    if (atomic_load_explicit(&slot->used_s, memory_order_relaxed) != now_s)
        atomic_store_explicit(&slot->used_s, now_s, memory_order_relaxed);
    return atomic_load_explicit(&slot->secret, memory_order_relaxed) == secret;
}

void sessions_make_ready(struct sessions *s, const char *id)
{
    uint64_t secret;
    struct slot *slot = locate(s, id, &secret);
    if (!slot)
        return;
    /* In this order: if the slot has another session by then, and that has become
     * ready, then either the secret or the exchange does not fit. */
    uint64_t ready = atomic_load(&slot->ready);
    if (atomic_load(&slot->secret) == secret)
        atomic_compare_exchange_strong(&slot->ready, &ready, secret);
}

bool sessions_close(struct sessions *s, const char *id)
{
    uint64_t secret;
    struct slot *slot = locate(s, id, &secret);
    if (!slot || !end(slot, secret))
        return false;
    count(&s->closed);
    give_back(s, (uint32_t)(slot - s->slots));
    return true;
}

struct sessions_count sessions_count(struct sessions *s)
{
    /* What ends is read before what begins, so that no difference is negative. */
    struct sessions_count counts;
    counts.closed = atomic_load(&s->closed);
    counts.expired = atomic_load(&s->expired);
    counts.opened = atomic_load(&s->opened);
    return counts;
}

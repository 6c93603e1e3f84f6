/* Waiting to connect again; see backoff.h. */
#include "net/backoff.h"

#include "base/clock.h"
#include "net/watch.h"

static const uint64_t FIRST_NS = 10 * NS_PER_MS;
static const uint64_t MOST_NS = 1 * NS_PER_S;

static void leave_list(struct backoff *b)
{
    if (b->link == NULL)
        return;
    *b->link = b->next;
    if (b->next != NULL)
        b->next->link = b->link;
    b->link = NULL;
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop, (void)revents;
    struct backoff *b = timer->data;
    leave_list(b);
    b->due(b);
}

void backoff_init(struct backoff *b, struct net *net, void (*due)(struct backoff *b), void *owner)
{
    *b = (struct backoff){.net = net, .due = due, .owner = owner};
    watch_timer_init(&b->timer, on_timer, b);
}

void backoff_failed(struct backoff *b)
{
    uint64_t wait = FIRST_NS << b->failures;
    if (b->net->paced)
        return;
    if (b->net->hurried)
        wait = FIRST_NS;
    else if (wait < MOST_NS)
        b->failures++;
    else
        wait = MOST_NS;
    b->retry_ns = clock_ns() + wait - (uint64_t)((double)wait * 0.5 * rng_double(&b->net->rng));
}

void backoff_connected(struct backoff *b)
{
    b->failures = 0;
    b->retry_ns = 0;
}

bool backoff_is_over(const struct backoff *b, uint64_t now_ns)
{
    return now_ns >= b->retry_ns;
}

void backoff_wait(struct backoff *b)
{
    uint64_t now_ns = clock_ns();
    b->link = &b->net->waiting;
    b->next = b->net->waiting;
    if (b->next != NULL)
        b->next->link = &b->next;
    b->net->waiting = b;
    watch_timer_start(b->net->loop, &b->timer,
                      b->retry_ns > now_ns ? ns_to_s(b->retry_ns - now_ns) : 0);
}

void backoff_raise(struct backoff *b)
{
    ev_feed_event(b->net->loop, &b->timer, EV_CUSTOM);
}

void backoff_stop(struct backoff *b)
{
    leave_list(b);
    ev_timer_stop(b->net->loop, &b->timer); /* an event that was fed, too */
}

void backoff_hurry(struct net *net)
{
    net->hurried = true;
    while (net->waiting != NULL) {
        struct backoff *b = net->waiting;
        backoff_stop(b);
        backoff_raise(b);
    }
}

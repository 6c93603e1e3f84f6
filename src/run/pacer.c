/*
 * One alarm at a time, for the next arrival; see pacer.h.
 *
 * While somebody is free the alarm is set for the next arrival. While nobody is,
 * `waiting` stands and the alarm is not set: pacer_go_on is what happens next.
 * So an arrival that starts while `waiting` stands had to wait: it is late.
 */
#include "run/pacer.h"

#include "base/clock.h"
#include "stats/arrivals.h"

/* So long arrivals start in one go; then answers have their turn. */
#define SLICE_NS NS_PER_MS

static void count_start(struct pacer *p, uint64_t lag_ns, bool late)
{
    stats_record_start(*p->stats, p->class, lag_ns, late);
    p->started++;
}

/* Those that began with the one before them, due or not yet. */
static void pass_begun_more(struct pacer *p, uint64_t now)
{
    for (; p->begun_more > 0 && !pacer_is_done(p); p->begun_more--) {
        uint64_t due_ns = p->start_ns + p->next.due_ns;
        count_start(p, due_ns < now ? now - due_ns : 0, due_ns < now && p->waiting);
        share_next(&p->next);
    }
    p->begun_more = 0;
}

static void start_due(struct pacer *p)
{
    uint64_t now = clock_ns(), until = now + SLICE_NS;
    if (p->beginning || p->paused || p->stopped)
        return;
    while (!pacer_is_done(p)) {
        uint64_t due_ns = p->start_ns + p->next.due_ns;
        if (due_ns > now)
            p->waiting = false;
        if (due_ns > now || now >= until) {
            alarm_set(p->alarms, &p->alarm, due_ns);
            return;
        }
        p->beginning = true;
        enum pacer_answer answer = p->begin(p, due_ns);
        p->beginning = false;
        if (answer == PACER_NOBODY) {
            p->waiting = true;
            return;
        }
        if (answer == PACER_BEGUN)
            count_start(p, now - due_ns, p->waiting);
        share_next(&p->next);
        pass_begun_more(p, now);
        now = clock_ns();
    }
    p->waiting = false;
}

static void on_alarm(struct alarm *a)
{
    start_due(a->owner);
}

void pacer_init(struct pacer *p, struct alarms *alarms, struct stats *const *stats, uint32_t class,
                const struct share *share)
{
    p->alarms = alarms;
    p->stats = stats;
    p->class = class;
    p->alarm = (struct alarm){.ring = on_alarm, .owner = p};
    p->next = p->uncounted = *share;
}

void pacer_start(struct pacer *p, uint64_t start_ns, uint64_t from_ns)
{
    p->start_ns = start_ns;
    if (from_ns > start_ns) {
        share_skip(&p->next, from_ns - start_ns);
        p->uncounted = p->next;
    }
    if (!pacer_is_done(p))
        alarm_set(p->alarms, &p->alarm, p->start_ns + p->next.due_ns);
}

void pacer_taken_begun(struct pacer *p, uint64_t lag_ns)
{
    if (!p->stopped) /* else it was counted as dropped */
        count_start(p, lag_ns, false);
}

uint64_t pacer_left(const struct pacer *p)
{
    const struct share *next = &p->next;
    uint64_t count = next->schedule->count;
    if (count == 0)
        return UINT64_MAX;
    return next->number < count ? (count - next->number - 1) / next->step + 1 : 0;
}

void pacer_go_on(struct pacer *p)
{
    if (p->waiting)
        start_due(p);
}

void pacer_go_on_soon(struct pacer *p)
{
    if (p->waiting && !p->stopped)
        alarm_set(p->alarms, &p->alarm, 0);
}

static void count_due(struct pacer *p, uint64_t n)
{
    p->due += n;
    stats_count_arrivals(*p->stats, p->class, n, 0);
}

void pacer_count(struct pacer *p)
{
    uint64_t now = clock_ns();
    if (p->paused || p->stopped || now < p->start_ns)
        return;
    /* "At or before now" is what start_due means by due. */
    count_due(p, share_skip(&p->uncounted, now - p->start_ns + 1));
}

void pacer_pause(struct pacer *p, bool paused)
{
    uint64_t now = clock_ns();
    if (paused == p->paused || p->stopped)
        return;
    if (paused) {
        pacer_count(p);
        p->paused_ns = now;
        alarm_cancel(p->alarms, &p->alarm);
    } else if (now > p->paused_ns) {
        p->start_ns += now - p->paused_ns;
    }
    p->paused = paused;
    start_due(p);
}

void pacer_stop(struct pacer *p)
{
    uint64_t now = clock_ns();
    if (p->stopped)
        return;
    while (!p->waiting && !p->paused && !p->beginning && !pacer_is_done(p) &&
           p->start_ns + p->next.due_ns <= now)
        start_due(p);
    if (p->waiting || p->beginning)
        pacer_count(p);
    else
        count_due(p, share_skip(&p->uncounted, p->next.due_ns));
    p->stopped = true;
    alarm_cancel(p->alarms, &p->alarm);
    if (p->due > p->started)
        stats_count_arrivals(*p->stats, p->class, 0, p->due - p->started);
}

/* Users without workers: checks and probes. */
#include "run/solo.h"

#include "base/mem.h"
#include "script/user.h"

#include <stdlib.h>
#include <string.h>

int solo_open(struct solo *solo, const struct script_options *options,
              const struct scenario *scenario, struct err *err)
{
    memset(solo, 0, sizeof(*solo));
    solo->catalog = catalog_new();
    solo->stats = stats_new();
    solo->loop = ev_loop_new(EVFLAG_AUTO);
    if (!solo->loop) {
        err_set(err, ERR_SYSTEM, "cannot make an event loop");
        goto fail;
    }
    net_init(&solo->net, solo->loop);
    solo->net.stats = solo->stats;
    solo->script = script_new(options, 1, &solo->net, solo->catalog, solo->stats, err);
    if (!solo->script || script_bind(solo->script, scenario, err) < 0)
        goto fail;
    return 0;
fail:
    solo_release(solo);
    return -1;
}

void solo_release(struct solo *solo)
{
    script_free(solo->script);
    if (solo->loop) {
        net_release(&solo->net);
        ev_loop_destroy(solo->loop);
    }
    stats_free(solo->stats);
    catalog_free(solo->catalog);
    memset(solo, 0, sizeof(*solo));
}

static void task_user_gone(struct user *u)
{
    struct solo *solo = u->owner;
    ev_break(solo->loop, EVBREAK_ALL);
}

void solo_run_tasks(struct solo *solo, size_t class_index)
{
    struct user *u = user_new(solo->script, class_index, ++solo->users, task_user_gone, solo);
    user_start_in_turn(u);
    if (u->state != USER_GONE)
        ev_run(solo->loop, 0);
    user_free(u);
}

/* --- probes ---------------------------------------------------------------- */

struct probing {
    struct solo *solo;
    int pending;
    ev_timer deadline;
};

static void probe_user_gone(struct user *u)
{
    struct probing *p = u->owner;
    if (--p->pending == 0)
        ev_break(p->solo->loop, EVBREAK_ALL);
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)timer;
    (void)revents;
    ev_break(loop, EVBREAK_ALL);
}

void solo_probe(struct solo *solo, struct scenario *scenario, double timeout_s, char **skipped)
{
    size_t n = scenario->classes.len;
    struct user **users = xcalloc(n, sizeof(*users));
    struct err *failures = xcalloc(n, sizeof(*failures));
    struct probing p = {.solo = solo, .pending = 1}; /* one of our own until all have begun */

    for (size_t i = 0; i < n; i++) {
        if (!scenario->classes.items[i].selected || !scenario->classes.items[i].has_probe)
            continue;
        p.pending++;
        users[i] = user_new(solo->script, i, ++solo->users, probe_user_gone, &p);
        user_start_probe(users[i], &failures[i]);
    }
    if (--p.pending > 0) {
        ev_timer_init(&p.deadline, on_deadline, timeout_s, 0.);
        ev_now_update(solo->loop);
        ev_timer_start(solo->loop, &p.deadline);
        ev_run(solo->loop, 0);
        ev_timer_stop(solo->loop, &p.deadline);
    }
    for (size_t i = 0; i < n; i++) {
        if (!users[i])
            continue;
        if (users[i]->state != USER_GONE) {
            user_kill(users[i]);
            err_set(&failures[i], ERR_TIMEOUT, "no answer within %g s", timeout_s);
        }
        user_free(users[i]);
        if (failures[i].kind == ERR_NONE)
            continue;
        skipped[i] = xstrdup(failures[i].message);
        scenario->classes.items[i].selected = false;
    }
    free(users);
    free(failures);
}

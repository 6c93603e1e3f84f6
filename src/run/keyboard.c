/*
 * A person at the keyboard: a reporter that takes keys asks, through struct
 * report_control, for another number of users, a pause, or the end. What was
 * changed is noted in the report.
 */
#include "run/runner_internal.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "net/watch.h"
#include "run/crowd.h"

#include <poll.h>

static int change_users(void *run, int by, uint32_t *now, struct err *err)
{
    struct run *r = run;
    const struct plan *plan = r->spec->plan;
    struct crowd_change none = {.made = false};
    if (!r->workers[0]->kind->resize)
        return err_set(err, ERR_USAGE, "their number is fixed (-c)");
    if (r->asked_users == WORKER_USERS_PLANNED)
        r->asked_users = crowd_at(plan, &none, ns_to_s(clock_ns() - r->start_ns));
    int64_t wanted = (int64_t)r->asked_users + by;
    if (wanted < 0)
        wanted = 0;
    if (wanted > plan->users_most)
        return err_set(err, ERR_USAGE, "%u is the most for this run", plan->users_most);
    if (plan_check_fds((uint32_t)wanted, plan->workers, err) < 0)
        return -1;
    *now = r->asked_users = (uint32_t)wanted;
    for (int i = 0; i < r->workers_len; i++)
        worker_resize(r->workers[i], r->asked_users);
    return 0;
}

static void pause_all(void *run, bool paused)
{
    struct run *r = run;
    uint64_t now = clock_ns();
    if (paused == (r->paused_ns != 0))
        return;
    if (!paused)
        r->paused_s += ns_to_s(now - r->paused_ns);
    r->paused_ns = paused ? now : 0;
    for (int i = 0; i < r->workers_len; i++)
        worker_pause(r->workers[i], paused);
}

static void stop_as_planned(void *run)
{
    run_stop(run, REPORT_FINISHED);
}

/* A terminal that was closed can be read for ever, and has nothing to say. */
static bool is_gone(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static void on_input(struct ev_loop *loop, ev_io *io, int revents)
{
    (void)revents;
    struct run *r = io->data;
    if (is_gone(io->fd)) {
        ev_io_stop(loop, io);
        return;
    }
    const struct report_control control = {
        .run = r, .change_users = change_users, .pause = pause_all, .stop = stop_as_planned};
    r->keys->kind->input(r->keys->reporter, &control);
}

void keyboard_watch(struct run *r)
{
    for (size_t i = 0; i < r->spec->reporters_len; i++) {
        const struct run_reporter *to = &r->spec->reporters[i];
        if (!to->kind->input_fd)
            continue;
        r->keys = to;
        watch_io_init(&r->input, on_input, r);
        watch_io_set(&r->input, to->kind->input_fd(to->reporter), EV_READ);
        ev_io_start(r->loop, &r->input);
        return;
    }
}

/* A person changed what was planned: the figures are of that. */
void keyboard_note(struct run *r)
{
    char n[UNITS_MAX];
    pause_all(r, false);
    if (r->paused_s > 0)
        run_note(r, xasprintf("the run was paused for %s, which its rates include",
                              units_format_elapsed(n, r->paused_s)));
    if (r->asked_users != WORKER_USERS_PLANNED)
        run_note(r, xasprintf("the number of users was changed by hand, to %s in the end",
                              units_format_count(n, r->asked_users)));
}

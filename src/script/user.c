/*
 * The life of a user: a state machine driven by its timer and by the
 * operations its tasks wait for. Every transition goes through advance().
 * What it measures is user_sample.c's.
 */
#include "script/user.h"

#include "base/log.h"
#include "base/mem.h"
#include "script/internal.h"
#include "script/scenario.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents);
static void on_alarm(struct alarm *alarm);
static void next_step(struct user *u);

/* The random streams below are the workers'. */
static const uint64_t USER_STREAMS = UINT64_C(1) << 32;

struct user *user_new(struct script *s, size_t class_index, uint32_t number,
                      void (*gone)(struct user *u), void *owner)
{
    struct user *u = xcalloc(1, sizeof(*u));
    u->script = s;
    u->class = &s->classes[class_index];
    u->number = number;
    rng_init(&u->rng, s->options->seed, USER_STREAMS + number);
    u->gone = gone;
    u->owner = owner;
    u->thread.ref = LUA_NOREF;
    ev_timer_init(&u->timer, on_timer, 0., 0.);
    u->timer.data = u;
    u->alarm = (struct alarm){.ring = on_alarm, .owner = u};
    script_push_user(s->L, u);
    u->self = luaL_ref(s->L, LUA_REGISTRYINDEX);
    return u;
}

static void stop_waiting(struct user *u)
{
    ev_timer_stop(u->script->net->loop, &u->timer);
    alarm_cancel(u->script->net->alarms, &u->alarm);
}

void user_free(struct user *u)
{
    if (!u)
        return;
    assert(!u->cancel && !u->thread.co);
    stop_waiting(u);
    for (size_t i = 0; i < script_protocols_len; i++) {
        if (u->clients[i])
            script_protocols[i].free(u->clients[i]);
    }
    luaL_unref(u->script->L, LUA_REGISTRYINDEX, u->self);
    free(u->measures);
    free(u->failure);
    free(u);
}

static void run(struct user *u, int function, enum user_state state, const char *task)
{
    struct script *s = u->script;
    if (s->options->trace)
        log_info("%s: %s", u->class->about->name, task);
    u->state = state;
    u->waited = false;
    atomic_store_explicit(&s->running_class, u->class->about->name, memory_order_relaxed);
    atomic_store_explicit(&s->running_task, task, memory_order_relaxed);
    u->function = function;
    script_borrow_thread(u);
    lua_rawgeti(u->thread.co, LUA_REGISTRYINDEX, function);
    lua_rawgeti(u->thread.co, LUA_REGISTRYINDEX, u->self);
}

/* What its coroutine left on top is why it failed. */
static void task_failed(struct user *u)
{
    lua_State *co = u->thread.co;
    const char *text = lua_tostring(co, -1);
    char *message =
        text ? xstrdup(text) : xasprintf("(error object is a %s value)", luaL_typename(co, -1));
    luaL_traceback(u->script->L, co, NULL, 0);
    if (u->cancel) { /* it had begun to wait where it may not */
        void (*cancel)(struct user *) = u->cancel;
        u->cancel = NULL;
        cancel(u);
        user_fail_sample(u, ERR_SCRIPT, message);
    }
    u->measuring = 0;
    user_commit(u);
    if (!u->probe)
        script_report_error(u->script, message, lua_tostring(u->script->L, -1));
    else if (u->probe->kind == ERR_NONE)
        err_set(u->probe, ERR_SCRIPT, "%s", message);
    lua_pop(u->script->L, 1);
    free(message);
}

/* Lets go of what only the running function could ask for. */
static void forget(struct user *u)
{
    u->preserve = NULL;
    if (u->task_over)
        u->task_over(u);
    u->task_over = NULL;
}

/* Resumes the user's coroutine and goes on when the function has ended. */
static void advance(struct user *u, int nargs)
{
    switch (script_resume(u, nargs)) {
    case SCRIPT_WAITING:
        u->waited = true;
        return;
    case SCRIPT_DONE:
        user_commit(u);
        script_return_thread(u, true);
        break;
    case SCRIPT_FAILED:
        task_failed(u);
        script_return_thread(u, false);
        break;
    }
    forget(u);
    if (u->state == USER_TASK)
        u->script->stats->generator.tasks++;
    next_step(u);
}

static void leave(struct user *u)
{
    u->state = USER_GONE;
    u->gone(u);
}

static void run_task(struct user *u, const struct user_task *task)
{
    u->groups = &task->about->groups;
    stats_count_task(u->script->stats, task->about->number);
    run(u, task->run, USER_TASK, task->about->name);
    advance(u, 1);
}

static void run_next_task(struct user *u)
{
    const struct user_class *class = u->class;
    size_t i = 0;
    if (u->in_turn) {
        i = u->turn++;
        u->stopping = u->turn == class->tasks_len;
        run_task(u, &class->tasks[i]);
        return;
    }
    if (u->script->paused) {
        u->state = USER_WAITING;
        u->held = true;
        return;
    }
    if (class->tasks_len > 1) {
        double at = rng_double(&u->rng) * class->tasks[class->tasks_len - 1].cumulative;
        while (i + 1 < class->tasks_len && at >= class->tasks[i].cumulative)
            i++;
    }
    run_task(u, &class->tasks[i]);
}

static void wait_for(struct user *u, double seconds)
{
    u->state = USER_WAITING;
    ev_timer_set(&u->timer, seconds, 0.);
    ev_timer_start(u->script->net->loop, &u->timer);
}

static void wait_or_go_on(struct user *u)
{
    const struct user_class *class = u->class;
    switch (class->wait) {
    case WAIT_BETWEEN:
        wait_for(u, rng_between(&u->rng, class->low, class->high));
        return;
    case WAIT_FUNCTION:
        wait_for(u, wait_function_seconds(u));
        return;
    case WAIT_PACING: {
        uint64_t now = clock_ns();
        u->schedule_ns += s_to_ns(class->low);
        if (u->schedule_ns > now) {
            u->state = USER_WAITING;
            alarm_set(u->script->net->alarms, &u->alarm, u->schedule_ns);
            return;
        }
        u->late_ns = now - u->schedule_ns;
        break;
    }
    case WAIT_NONE:
        break;
    }
    /* Without any wait the next task begins at once, but a task that never
     * waited for anything lets the loop run first. */
    if (u->waited)
        run_next_task(u);
    else
        wait_for(u, 0);
}

/* A function of the script has ended: what comes next. */
static void next_step(struct user *u)
{
    u->late_ns = 0; /* what was late is over, even if it made no request */
    if (u->state == USER_STOPPING) {
        leave(u);
    } else if (u->stopping) {
        u->stopping = false;
        user_stop(u);
    } else if (u->on_call) {
        u->state = USER_WAITING;
        u->idle(u);
    } else if (u->state == USER_STARTING) {
        u->schedule_ns = clock_ns();
        run_next_task(u);
    } else if (u->in_turn) {
        run_next_task(u);
    } else {
        wait_or_go_on(u);
    }
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    run_next_task(timer->data);
}

static void on_alarm(struct alarm *alarm)
{
    struct user *u = alarm->owner;
    uint64_t now = clock_ns();
    u->late_ns = now > alarm->at_ns ? now - alarm->at_ns : 0;
    run_next_task(u);
}

void user_set_on_call(struct user *u, void (*idle)(struct user *u))
{
    u->on_call = true;
    u->idle = idle;
}

bool user_is_idle(const struct user *u)
{
    return u->on_call && u->state == USER_WAITING && !u->thread.co && !u->held;
}

void user_begin_task(struct user *u, uint64_t due_ns)
{
    uint64_t now = clock_ns();
    u->late_ns = now > due_ns ? now - due_ns : 0;
    run_next_task(u);
}

void user_start(struct user *u)
{
    u->state = USER_STARTING;
    if (u->class->on_start == LUA_NOREF) {
        next_step(u);
        return;
    }
    u->groups = &u->class->about->groups;
    run(u, u->class->on_start, USER_STARTING, "on_start");
    advance(u, 1);
}

void user_start_in_turn(struct user *u)
{
    u->in_turn = true;
    user_start(u);
}

void user_start_probe(struct user *u, struct err *failure)
{
    u->probe = failure;
    u->groups = &u->class->about->groups;
    run(u, u->class->probe, USER_STOPPING, "probe");
    advance(u, 1);
}

void user_stop(struct user *u)
{
    if (u->state == USER_GONE || u->state == USER_STOPPING)
        return;
    if (u->thread.co) { /* busy */
        u->stopping = true;
        if (u->pauses)
            ev_feed_event(u->script->net->loop, &u->timer, EV_TIMER);
        return;
    }
    stop_waiting(u);
    if (u->class->on_stop == LUA_NOREF) {
        leave(u);
        return;
    }
    u->groups = &u->class->about->groups;
    run(u, u->class->on_stop, USER_STOPPING, "on_stop");
    advance(u, 1);
}

void user_go_on(struct user *u)
{
    if (!u->held || u->state != USER_WAITING)
        return;
    u->held = false;
    u->late_ns = 0;
    u->schedule_ns = clock_ns(); /* what was due meanwhile is not owed */
    wait_for(u, 0);
}

void user_kill(struct user *u)
{
    if (u->state == USER_GONE)
        return;
    stop_waiting(u);
    if (u->cancel) {
        void (*cancel)(struct user *) = u->cancel;
        u->cancel = NULL;
        cancel(u);
    }
    if (u->thread.co) {
        u->measuring = 0;
        user_commit(u);
        forget(u);
        script_return_thread(u, false);
    }
    leave(u);
}

/* --- for bindings --------------------------------------------------------- */

struct user *user_of(lua_State *L, const char *what)
{
    struct script *s = script_of(L);
    if (!s->current)
        script_raise(L, "%s works only inside a task, on_start or on_stop: nothing else can wait",
                     what);
    if (s->current->thread.co != L)
        script_raise(L, "%s cannot be used inside a coroutine of the script's own", what);
    return s->current;
}

struct user *user_to_wait(lua_State *L, const char *what)
{
    struct user *u = user_of(L, what);
    if (!lua_isyieldable(L))
        script_raise(L,
                     "%s cannot wait inside a function that Lua itself calls back (table.sort, "
                     "string.gsub, ...); call it before or after",
                     what);
    return u;
}

void user_begin(struct user *u)
{
    if (u->preserve)
        u->preserve(u);
    u->preserve = NULL;
    user_commit(u);
}

void user_wait(struct user *u, void (*cancel)(struct user *u))
{
    u->cancel = cancel;
}

void user_resume(struct user *u, int values)
{
    u->cancel = NULL;
    advance(u, values);
}

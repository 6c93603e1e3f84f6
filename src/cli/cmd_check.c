/*
 * `inrush check SCENARIO`: one user of each class after another, each of its
 * tasks once, every request told aloud. In one thread, without workers: for the
 * person who writes a scenario.
 */
#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "script/user.h"

#include <stdio.h>

struct checker {
    struct ev_loop *loop;
    struct net net;
    struct catalog *catalog;
    struct stats *stats;
    struct script *script;
    uint32_t users;
};

static void gone(struct user *u)
{
    struct checker *c = u->owner;
    ev_break(c->loop, EVBREAK_ALL);
}

static size_t check_class(struct checker *c, size_t class_index)
{
    struct user *u = user_new(c->script, class_index, ++c->users, gone, c);
    user_start_in_turn(u);
    if (u->state != USER_GONE)
        ev_run(c->loop, 0);
    user_free(u);
    return c->script->classes[class_index].tasks_len;
}

static uint64_t count_script_errors(const struct stats *stats)
{
    uint64_t n = 0;
    for (size_t i = 0; i < stats->script_errors.len; i++)
        n += stats->script_errors.items[i].count;
    return n;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* The last line; the exit status. */
static int sum_up(const struct checker *c, size_t tasks)
{
    struct series total;
    series_init(&total, UINT32_MAX);
    stats_total(c->stats, &total);
    uint64_t errors = count_script_errors(c->stats);
    log_info("%zu task%s, %llu request%s, %llu failed, %llu script error%s", tasks, plural(tasks),
             (unsigned long long)total.requests, plural(total.requests),
             (unsigned long long)total.failures, (unsigned long long)errors, plural(errors));
    int status = errors > 0 || total.failures > 0 ? EXIT_THRESHOLD : EXIT_OK;
    if (total.requests == 0 || total.requests == total.failures)
        status = EXIT_NO_DATA;
    if (errors > 0)
        status = EXIT_USAGE;
    series_release(&total);
    return status;
}

static int check(struct session *s)
{
    struct checker c = {.catalog = catalog_new(), .stats = stats_new()};
    struct err err;
    int status = EXIT_USAGE;
    size_t tasks = 0;
    c.loop = ev_loop_new(EVFLAG_AUTO);
    net_init(&c.net, c.loop);
    c.script = script_new(&s->script, 1, &c.net, c.catalog, c.stats, &err);
    if (!c.script || script_bind(c.script, &s->scenario, &err) < 0) {
        log_error("%s", err.message);
        goto out;
    }
    script_emit(c.script, "worker_start");
    for (size_t i = 0; i < c.script->classes_len; i++) {
        if (c.script->classes[i].about->selected)
            tasks += check_class(&c, i);
    }
    script_emit(c.script, "worker_stop");
    status = sum_up(&c, tasks);
out:
    script_free(c.script);
    net_release(&c.net);
    ev_loop_destroy(c.loop);
    stats_free(c.stats);
    catalog_free(c.catalog);
    return status;
}

int cmd_check(const struct cli_args *args)
{
    struct session s;
    struct err err;
    int status = EXIT_USAGE;
    session_init(&s, args);
    s.script.trace = true;
    if (session_open(&s, args, &err) < 0)
        log_error("%s", err.message);
    else
        status = check(&s);
    session_release(&s);
    return status;
}

/*
 * `inrush check SCENARIO`: one user of each class after another, each of its
 * tasks once, every request told aloud. In one thread, without workers: for the
 * person who writes a scenario.
 */
#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "run/solo.h"
#include "script/user.h"

#include <stdio.h>

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
static int sum_up(const struct stats *stats, size_t tasks)
{
    struct series total;
    series_init(&total, UINT32_MAX);
    stats_total(stats, &total);
    uint64_t errors = count_script_errors(stats);
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
    struct solo solo;
    struct err err;
    size_t tasks = 0;
    if (solo_open(&solo, &s->script, &s->scenario, &err) < 0) {
        log_error("%s", err.message);
        return EXIT_USAGE;
    }
    script_emit(solo.script, "worker_start");
    for (size_t i = 0; i < s->scenario.classes.len; i++) {
        if (!s->scenario.classes.items[i].selected)
            continue;
        solo_run_tasks(&solo, i);
        tasks += solo.script->classes[i].tasks_len;
    }
    script_emit(solo.script, "worker_stop");
    int status = sum_up(solo.stats, tasks);
    solo_release(&solo);
    return status;
}

int cmd_check(const struct cli_args *args)
{
    struct session s;
    struct err err;
    int status = EXIT_USAGE;
    session_init(&s, args);
    s.script.trace = true;
    if (session_open(&s, args, &err) < 0 || session_probe(&s, args, &err) < 0)
        log_error("%s", err.message);
    else
        status = check(&s);
    session_release(&s);
    return status;
}

/* `inrush run SCENARIO`. */
#include "base/log.h"
#include "base/mem.h"
#include "base/url.h"
#include "cli/commands.h"
#include "cli/launch.h"
#include "cli/outputs.h"
#include "cli/pace.h"
#include "cli/session.h"

#include <stdlib.h>
#include <string.h>

/* What a scenario without defaults, and a command line without options, run. */
enum { DEFAULT_USERS = 1 };

static double choose(const struct cli_args *args, enum cli_opt option, double given,
                     double scenario, double otherwise)
{
    if (cli_given(args, option))
        return given;
    return scenario >= 0 ? scenario : otherwise;
}

/* The class's host as the report shows it; owned. */
static char *shown_host(const struct session *s, const struct scenario_class *class)
{
    const char *host = class->target    ? class->target
                       : s->script.host ? s->script.host
                                        : class->host;
    struct url url;
    if (!host)
        return xstrdup("");
    if (url_parse(&url, host, NULL) < 0)
        return xstrdup(host);
    char *shown = url_redacted(&url);
    size_t len = strlen(shown);
    if (strcmp(url.target, "/") == 0 && len > 0 && shown[len - 1] == '/')
        shown[len - 1] = '\0';
    url_release(&url);
    return shown;
}

/* The scenario's stages, unless the command line gives the run another course.
 * *to is the caller's to free. */
static void plan_stages(struct plan *plan, struct plan_stage **to, const struct cli_args *args,
                        const struct scenario_settings *settings)
{
    *to = NULL;
    if (settings->stages.len == 0)
        return;
    if (cli_given(args, OPT_USERS) || cli_given(args, OPT_SPAWN_RATE) ||
        cli_given(args, OPT_DURATION)) {
        log_info("the scenario's stages give way to what the command line says");
        return;
    }
    struct plan_stage *stages = xcalloc(settings->stages.len, sizeof(*stages));
    double end_s = 0;
    plan->users = 0;
    for (size_t i = 0; i < settings->stages.len; i++) {
        const struct scenario_stage *stage = &settings->stages.items[i];
        end_s += stage->duration_s;
        stages[i] = (struct plan_stage){.name = stage->name, .end_s = end_s, .users = stage->users};
        if (stage->users > plan->users)
            plan->users = stage->users;
    }
    plan->duration_s = end_s;
    plan->stages = *to = stages;
    plan->stages_len = settings->stages.len;
}

/* "100/s", "50/s to 200/s, at random"; owned. */
static char *shown_rate(const struct plan_arrivals *arrivals)
{
    char rate[RATE_TEXT_MAX];
    return xasprintf("%s%s", rate_format(rate, &arrivals->schedule.rate),
                     arrivals->schedule.poisson ? ", at random" : "");
}

/* The tasks that are left of a class, as the report lists them; owned by the caller. */
static struct report_task *shown_tasks(const struct scenario_class *class, size_t *len)
{
    struct report_task *tasks = xcalloc(class->tasks.len + 1, sizeof(*tasks));
    *len = 0;
    for (size_t i = 0; i < class->tasks.len; i++) {
        const struct scenario_task *task = &class->tasks.items[i];
        if (task->enabled)
            tasks[(*len)++] = (struct report_task){task->name, task->weight, task->number};
    }
    return tasks;
}

static int run(const struct cli_args *args, struct session *s)
{
    const struct scenario_settings *defaults = &s->scenario.defaults;
    struct catalog *catalog = catalog_new();
    struct plan plan = {
        .users =
            (uint32_t)choose(args, OPT_USERS, (double)args->users, defaults->users, DEFAULT_USERS),
        .spawn_rate = choose(args, OPT_SPAWN_RATE, args->spawn_rate, defaults->spawn_rate, 0),
        .warmup_s = choose(args, OPT_WARMUP, args->warmup, defaults->warmup_s, 0),
        .duration_s = choose(args, OPT_DURATION, args->duration, defaults->duration_s, 0),
        .stop_timeout_s = choose(args, OPT_STOP_TIMEOUT, args->stop_timeout,
                                 defaults->stop_timeout_s, args->stop_timeout),
        .seed = s->script.seed,
        .abort_on_script_error = args->abort_on_script_error,
        .keep_requests = args->log_requests != NULL,
        .scenario = &s->scenario,
        .script = &s->script,
    };
    struct plan_stage *stages;
    plan_stages(&plan, &stages, args, defaults);
    plan.users_most = launch_users_most(args, plan.users);
    struct report_run about = {
        .title = defaults->title ? defaults->title : s->source.name,
        .scenario = args->argument,
        .catalog = catalog,
    };
    struct schedule shared;
    struct err err;
    int status = EXIT_USAGE;
    VEC(struct report_class) classes = VEC_INIT;
    if (pace_run(args, &plan, &shared, &about, &err) < 0) {
        log_error("%s", err.message);
        goto out;
    }
    plan.workers = launch_workers(args, plan.users + plan_arrival_users(&plan));
    plan_order(&plan);
    for (size_t i = 0; i < s->scenario.classes.len; i++) {
        const struct scenario_class *class = &s->scenario.classes.items[i];
        if (!class->selected && !s->skipped[i])
            continue;
        bool open = plan.arrivals && plan.arrivals[i].open;
        size_t tasks_len;
        struct report_task *tasks = shown_tasks(class, &tasks_len);
        vec_push(&classes,
                 ((struct report_class){
                     .name = class->name,
                     .target = shown_host(s, class),
                     .users = open ? plan.arrivals[i].max_users : plan_class_users(&plan, i),
                     .arrivals = open ? shown_rate(&plan.arrivals[i]) : NULL,
                     .number = (uint32_t)i,
                     .tasks = tasks,
                     .tasks_len = tasks_len,
                     .skipped = s->skipped[i],
                 }));
    }
    about.classes = classes.items;
    about.classes_len = classes.len;
    status = launch(args, &plan, &about, s->control, &s->scenario);
    for (size_t i = 0; i < classes.len; i++) {
        free((char *)classes.items[i].target);
        free((char *)classes.items[i].arrivals);
        free((struct report_task *)classes.items[i].tasks);
    }
out:
    vec_release(&classes);
    plan_release(&plan);
    free(stages);
    catalog_free(catalog);
    return status;
}

int cmd_run(const struct cli_args *args)
{
    struct session s;
    struct err err;
    int status = EXIT_USAGE;
    session_init(&s, args);
    s.script.print_to_stderr = outputs_take_stdout(args);
    if (session_open(&s, args, &err) < 0 || session_probe(&s, args, &err) < 0)
        log_error("%s", err.message);
    else
        status = run(args, &s);
    session_release(&s);
    return status;
}

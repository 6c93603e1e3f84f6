/* Reading what a scenario declares out of Lua; see scenario.h. */
#include "script/scenario.h"

#include "base/mem.h"
#include "script/field.h"
#include "script/internal.h"

#include <stdlib.h>
#include <string.h>

/* The field `stages`: a list of tables; an unnamed one is called by its number. */
static void read_stages(lua_State *L, struct scenario_settings *to)
{
    lua_getfield(L, -1, "stages");
    int n = lua_istable(L, -1) ? (int)lua_objlen(L, -1) : 0;
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        char *name = field_copy(L, "name");
        vec_push(&to->stages, ((struct scenario_stage){
                                  .name = name ? name : xasprintf("stage %d", i),
                                  .duration_s = field_number(L, "duration", 0),
                                  .users = (uint32_t)field_number(L, "users", 0),
                              }));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void scenario_clear_stages(struct scenario_settings *settings)
{
    for (size_t i = 0; i < settings->stages.len; i++)
        free(settings->stages.items[i].name);
    vec_release(&settings->stages);
}

static void read_settings(lua_State *L, struct scenario_settings *to)
{
    to->title = field_copy(L, "title");
    to->users = field_number(L, "users", -1);
    to->spawn_rate = field_number(L, "spawn_rate", -1);
    to->duration_s = field_number(L, "duration", -1);
    to->warmup_s = field_number(L, "warmup", -1);
    to->stop_timeout_s = field_number(L, "stop_timeout", -1);
    to->timeout_s = field_number(L, "timeout", -1);
    read_stages(L, to);
}

/* Appends the strings of the list in `field`. */
static void read_tags(lua_State *L, const char *field, struct scenario_task *task)
{
    lua_getfield(L, -1, field);
    int n = lua_istable(L, -1) ? (int)lua_objlen(L, -1) : 0;
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        vec_push(&task->tags, xstrdup(lua_tostring(L, -1)));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* The class's table is on top. */
static void read_arrivals(lua_State *L, struct scenario_class *class)
{
    lua_getfield(L, -1, "arrivals");
    class->has_arrivals = lua_istable(L, -1);
    if (class->has_arrivals) {
        class->arrivals.from = field_number(L, "from", 0);
        class->arrivals.to = field_number(L, "to", 0);
        class->poisson = field_boolean(L, "poisson");
    }
    lua_pop(L, 1);
    class->max_users = (uint32_t)field_number(L, "max_users", 0);
}

/* The class's table is on top. */
static void read_class(lua_State *L, struct scenario_class *class)
{
    class->name = field_copy(L, "name");
    class->weight = field_number(L, "weight", 1);
    class->fixed_count = (uint32_t)field_number(L, "fixed_count", 0);
    read_arrivals(L, class);
    class->host = field_copy(L, "host");
    class_tls_read(L, &class->tls);
    class->target = field_copy(L, "target");
    class->abstract = field_boolean(L, "abstract");
    class->optional = field_boolean(L, "optional");
    lua_getfield(L, -1, "probe");
    class->has_probe = lua_isfunction(L, -1);
    lua_pop(L, 1);
    class->selected = !class->abstract;

    lua_getfield(L, -1, "tasks");
    int n = (int)lua_objlen(L, -1);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        struct scenario_task *task = vec_add(&class->tasks);
        task->name = field_copy(L, "name");
        task->weight = field_number(L, "weight", 1);
        task->enabled = task->weight > 0;
        read_tags(L, "tags", task);
        lua_pushvalue(L, -3); /* the class */
        read_tags(L, "tags", task);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
}

static void number_tasks(struct scenario *scenario)
{
    uint32_t number = 0;
    for (size_t i = 0; i < scenario->classes.len; i++) {
        struct scenario_class *class = &scenario->classes.items[i];
        for (size_t j = 0; j < class->tasks.len; j++)
            class->tasks.items[j].number = number++;
    }
}

bool scenario_can_run(const struct scenario_class *class)
{
    for (size_t i = 0; i < class->tasks.len; i++) {
        if (class->tasks.items[i].enabled)
            return true;
    }
    return false;
}

/* Whether the file has some of the hooks that wrk calls. */
static bool looks_like_wrks(lua_State *L)
{
    static const char *const hooks[] = {"setup", "init", "delay", "request", "response", "done"};
    bool found = false;
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]) && !found; i++) {
        lua_pushstring(L, hooks[i]);
        lua_rawget(L, LUA_GLOBALSINDEX);
        found = lua_isfunction(L, -1);
        lua_pop(L, 1);
    }
    return found;
}

static int check(const struct scenario *scenario, lua_State *L, const char *file, struct err *err)
{
    if (scenario->classes.len == 0 && looks_like_wrks(L))
        return err_set(err, ERR_CONFIG, SCRIPT_IS_WRKS, file, file);
    if (scenario->classes.len == 0)
        return err_set(err, ERR_CONFIG,
                       "%s declares no user class; begin with inrush.user_class(\"Name\", {...}) "
                       "(`inrush new FILE` writes an example)",
                       file);
    for (size_t i = 0; i < scenario->classes.len; i++) {
        const struct scenario_class *class = &scenario->classes.items[i];
        if (class->abstract || scenario_can_run(class))
            continue;
        if (class->tasks.len > 0)
            return err_set(err, ERR_CONFIG,
                           "%s: every task of user class '%s' has weight 0; give one more, or "
                           "declare the class abstract",
                           file, class->name);
        return err_set(err, ERR_CONFIG,
                       "%s: user class '%s' has no task; add one with %s:task(\"name\", "
                       "function(user) ... end), or declare it abstract",
                       file, class->name, class->name);
    }
    return 0;
}

static void read_profiles(lua_State *L, struct scenario *scenario)
{
    lua_getfield(L, -1, "profiles");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        struct scenario_settings *profile = vec_add(&scenario->profiles);
        read_settings(L, profile);
        profile->name = xstrdup(lua_tostring(L, -2));
    }
    lua_pop(L, 1);
}

static void read_thresholds(lua_State *L, struct scenario *scenario)
{
    lua_getfield(L, -1, "thresholds");
    int n = (int)lua_objlen(L, -1);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        vec_push(&scenario->thresholds, xstrdup(lua_tostring(L, -1)));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void read_classes(lua_State *L, struct scenario *scenario)
{
    lua_getfield(L, -1, "classes");
    int n = (int)lua_objlen(L, -1);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        read_class(L, vec_add(&scenario->classes));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    number_tasks(scenario);
}

int scenario_read(struct scenario *scenario, struct script *control, struct err *err)
{
    lua_State *L = control->L;
    memset(scenario, 0, sizeof(*scenario));
    script_push_scenario(L);
    lua_getfield(L, -1, "defaults");
    read_settings(L, &scenario->defaults);
    lua_pop(L, 1);
    read_profiles(L, scenario);
    read_thresholds(L, scenario);
    read_classes(L, scenario);
    lua_pop(L, 1);

    if (check(scenario, L, control->options->source->chunkname + 1, err) < 0) {
        scenario_release(scenario);
        return -1;
    }
    return 0;
}

static void settings_release(struct scenario_settings *settings)
{
    free(settings->name);
    free(settings->title);
    scenario_clear_stages(settings);
}

void scenario_release(struct scenario *scenario)
{
    settings_release(&scenario->defaults);
    for (size_t i = 0; i < scenario->profiles.len; i++)
        settings_release(&scenario->profiles.items[i]);
    vec_release(&scenario->profiles);
    for (size_t i = 0; i < scenario->thresholds.len; i++)
        free(scenario->thresholds.items[i]);
    vec_release(&scenario->thresholds);
    for (size_t i = 0; i < scenario->classes.len; i++) {
        struct scenario_class *class = &scenario->classes.items[i];
        for (size_t j = 0; j < class->tasks.len; j++) {
            struct scenario_task *task = &class->tasks.items[j];
            for (size_t k = 0; k < task->tags.len; k++)
                free(task->tags.items[k]);
            vec_release(&task->tags);
            vec_release(&task->groups);
            free(task->name);
        }
        vec_release(&class->tasks);
        vec_release(&class->groups);
        free(class->name);
        free(class->host);
        class_tls_release(&class->tls);
        free(class->target);
    }
    vec_release(&scenario->classes);
    memset(scenario, 0, sizeof(*scenario));
}

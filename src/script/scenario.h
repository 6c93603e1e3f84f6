/*
 * What a scenario declares, as plain C: read once from the control state, then
 * narrowed by the command line (classes, tags) and shared, read-only, with all
 * workers.
 */
#pragma once

#include "base/err.h"
#include "base/rate.h"
#include "base/vec.h"
#include "script/class_tls.h"

#include <stdbool.h>
#include <stdint.h>

struct script;

/* Numbers of groups (stats/groups.h). */
struct scenario_groups {
    uint32_t *items; /* owned */
    size_t len, cap;
};

struct scenario_task {
    char *name; /* owned, as all strings here */
    double weight;
    VEC(char *) tags;              /* the class's included */
    bool enabled;                  /* by the selection; true at first, unless its weight is 0 */
    struct scenario_groups groups; /* its requests are counted under these too */
    uint32_t number;               /* of all tasks of the scenario, from 0 */
};

struct scenario_class {
    char *name;
    double weight;
    uint32_t fixed_count; /* exactly so many users; 0: by weight */
    bool has_arrivals;    /* its tasks begin at a rate */
    struct rate arrivals;
    bool poisson;         /* ... at random moments */
    uint32_t max_users;   /* at most so many serve the arrivals; 0: the run's bound */
    char *host;           /* as the scenario says, else NULL */
    struct class_tls tls; /* to https hosts */
    char *target;         /* what the report shows as its target instead of the host; or NULL */
    bool abstract;
    bool has_probe;
    bool optional; /* skipped when its probe fails; else the run does not start */
    bool selected; /* by the selection; true at first, unless abstract */
    VEC(struct scenario_task) tasks;
    struct scenario_groups groups; /* those of on_start and on_stop are */
};

/* A part of the run: the number of users goes evenly from what it was to
 * `users` while the stage lasts. */
struct scenario_stage {
    char *name; /* owned */
    double duration_s;
    uint32_t users;
};

/* Fields that the scenario left alone are negative, or NULL. */
struct scenario_settings {
    char *name; /* of a profile; NULL for the defaults */
    char *title;
    double users;
    double spawn_rate;
    double duration_s;
    double warmup_s;
    double stop_timeout_s;
    double timeout_s;
    VEC(struct scenario_stage) stages; /* instead of users, spawn_rate and duration_s */
};

struct scenario {
    struct scenario_settings defaults;
    VEC(struct scenario_settings) profiles;
    VEC(char *) thresholds;
    VEC(struct scenario_class) classes;
};

/* Reads what the loaded file has declared; -1 with ERR_CONFIG when there is no
 * class, or one that cannot run. */
int scenario_read(struct scenario *scenario, struct script *control, struct err *err);
void scenario_release(struct scenario *scenario);

/* Whether any of its tasks is enabled. */
bool scenario_can_run(const struct scenario_class *class);
void scenario_clear_stages(struct scenario_settings *settings);

/* Lays a profile's settings over the defaults; -1 names the nearest profile. */
int scenario_use_profile(struct scenario *scenario, const char *name, struct err *err);

/* Keeps the classes named (none: all but the abstract) less the excluded; an
 * abstract class runs when it is named. Words are exact names. */
int scenario_select_classes(struct scenario *scenario, char *const *names, size_t names_len,
                            char *const *excluded, size_t excluded_len, struct err *err);
/* Keeps the tasks with one of the tags (none: all) and without any excluded
 * one; a class without tasks left is not selected any more. -1 when nothing is
 * left, or a tag is on no task. */
int scenario_select_tags(struct scenario *scenario, char *const *tags, size_t tags_len,
                         char *const *excluded, size_t excluded_len, struct err *err);

/* From now on what the users of a class do, or tasks with a tag, is counted
 * under this group besides; -1 names the nearest class or tag. */
int scenario_group_class(struct scenario *scenario, const char *name, uint32_t number,
                         struct err *err);
int scenario_group_tag(struct scenario *scenario, const char *tag, uint32_t number,
                       struct err *err);

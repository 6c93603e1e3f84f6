/* Which of a run's names a threshold that found nothing may have meant; see
 * threshold.h. */
#include "stats/threshold.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "stats/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct names {
    VEC(char *) items; /* owned */
};

/* By name alone where it was asked for so, else as the report shows them. */
static void add_series(struct names *to, struct catalog *catalog)
{
    uint32_t len = catalog_len(catalog);
    for (uint32_t id = 0; id < len; id++)
        vec_push(&to->items, xstrdup(catalog_get(catalog, id).name));
    for (uint32_t id = 0; id < len; id++) {
        struct catalog_entry entry = catalog_get(catalog, id);
        vec_push(&to->items, xasprintf("%s %s", entry.type, entry.name));
    }
}

static void add_checks(struct names *to, const struct stats *stats)
{
    for (size_t i = 0; i < stats->checks.len; i++)
        vec_push(&to->items, xstrdup(stats->checks.items[i].name));
}

static void add_metrics(struct names *to, struct catalog *catalog)
{
    uint32_t len = catalog_metrics_len(catalog);
    for (uint32_t id = 0; id < len; id++)
        vec_push(&to->items, xstrdup(catalog_metric_get(catalog, id).name));
}

void threshold_suggest(const struct threshold *t, const struct stats *stats,
                       struct catalog *catalog, struct threshold_result *result)
{
    const char *asked = t->what ? t->what : t->name;
    struct names names = {VEC_INIT};
    if (!result->unknown || !asked)
        return;
    if (t->source == THRESHOLD_METRIC)
        add_metrics(&names, catalog);
    else if (t->source == THRESHOLD_CHECKS)
        add_checks(&names, stats);
    else
        add_series(&names, catalog);

    const char *near = suggest(asked, (const char *const *)names.items.items, names.items.len);
    size_t len = strlen(result->shown), room = sizeof(result->shown) - len;
    if (near && strlen(near) + sizeof("; \"\"?") <= room) /* whole, or not at all */
        snprintf(result->shown + len, room, "; \"%s\"?", near);

    for (size_t i = 0; i < names.items.len; i++)
        free(names.items.items[i]);
    vec_release(&names.items);
}

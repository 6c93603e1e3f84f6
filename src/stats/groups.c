/* Groups of series; see groups.h. */
#include "stats/groups.h"

#include "base/mem.h"
#include "stats/stats.h"

#include <stdlib.h>
#include <string.h>

void groups_release(struct series_groups *groups)
{
    for (uint32_t i = 0; i < groups->len; i++) {
        if (groups->items[i])
            series_release(groups->items[i]);
        free(groups->items[i]);
    }
    free(groups->items);
    *groups = (struct series_groups){NULL, 0};
}

void groups_clear(struct series_groups *groups)
{
    for (uint32_t i = 0; i < groups->len; i++)
        if (groups->items[i] && groups->items[i]->requests > 0)
            series_clear(groups->items[i]);
}

static struct series *touch(struct series_groups *groups, uint32_t number)
{
    if (number >= groups->len) {
        uint32_t len = number + 4;
        groups->items = xrealloc(groups->items, len * sizeof(struct series *));
        memset(groups->items + groups->len, 0, (len - groups->len) * sizeof(struct series *));
        groups->len = len;
    }
    if (!groups->items[number]) {
        groups->items[number] = xmalloc(sizeof(struct series));
        series_init(groups->items[number], number);
    }
    return groups->items[number];
}

void groups_merge(struct series_groups *dst, const struct series_groups *src)
{
    for (uint32_t i = 0; i < src->len; i++)
        if (src->items[i] && src->items[i]->requests > 0)
            series_merge(touch(dst, i), src->items[i]);
}

void groups_record(struct series_groups *groups, uint32_t number, const struct sample *sample)
{
    series_record(touch(groups, number), sample);
}

const struct series *groups_get(const struct series_groups *groups, uint32_t number)
{
    return number < groups->len && groups->items[number] && groups->items[number]->requests > 0
               ? groups->items[number]
               : NULL;
}

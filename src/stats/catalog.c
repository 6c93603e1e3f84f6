/* The list of series and metrics; see catalog.h. Entries are never moved or
 * changed once given out; the lock guards the index and the lengths. */
#include "stats/catalog.h"

#include "base/log.h"
#include "base/mem.h"
#include "stats/text_index.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct catalog {
    pthread_mutex_t lock;
    struct text_index index;
    uint32_t len;
    struct catalog_entry entries[CATALOG_MAX]; /* strings owned */
    uint32_t metrics_len;
    struct metric_about metrics[METRICS_MAX]; /* strings owned */
};

/* The last place is kept for the series of all names that found none. */
static const uint32_t other_id = CATALOG_MAX - 1;

struct key {
    const char *type, *name;
    size_t type_len, name_len;
};

struct catalog *catalog_new(void)
{
    struct catalog *c = xcalloc(1, sizeof(*c));
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void catalog_free(struct catalog *c)
{
    if (!c)
        return;
    for (uint32_t i = 0; i < c->len; i++) {
        free((char *)c->entries[i].type);
        free((char *)c->entries[i].name);
    }
    for (uint32_t i = 0; i < c->metrics_len; i++) {
        free((char *)c->metrics[i].name);
        free((char *)c->metrics[i].unit);
    }
    text_index_release(&c->index);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static bool equal(const char *stored, const char *text, size_t len)
{
    return strncmp(stored, text, len) == 0 && stored[len] == '\0';
}

static bool is_entry(const void *owner, size_t place, const void *wanted)
{
    const struct catalog_entry *entry = &((const struct catalog *)owner)->entries[place];
    const struct key *key = wanted;
    return equal(entry->name, key->name, key->name_len) &&
           equal(entry->type, key->type, key->type_len);
}

static uint32_t append(struct catalog *c, const struct key *key, uint32_t hash)
{
    uint32_t id = c->len++;
    c->entries[id].type = xstrndup(key->type, key->type_len);
    c->entries[id].name = xstrndup(key->name, key->name_len);
    text_index_add(&c->index, hash, id);
    return id;
}

/* How much of a text a message repeats. */
static int shown_len(size_t len)
{
    return len < 100 ? (int)len : 100;
}

uint32_t catalog_intern(struct catalog *c, const char *type, size_t type_len, const char *name,
                        size_t name_len)
{
    /* A Lua string may hold a NUL; what is behind it would show nowhere. */
    struct key key = {type, name, strnlen(type, type_len), strnlen(name, name_len)};
    uint32_t hash = text_hash(text_hash(0, key.type, key.type_len), key.name, key.name_len);
    bool overflowed = false;

    pthread_mutex_lock(&c->lock);
    int64_t found = text_index_find(&c->index, hash, is_entry, c, &key);
    uint32_t id;
    if (found >= 0) {
        id = (uint32_t)found;
    } else if (c->len < other_id) {
        id = append(c, &key, hash);
    } else {
        id = other_id;
        if (c->len == other_id) {
            static const struct key other = {"", "(other)", 0, sizeof("(other)") - 1};
            append(c, &other, text_hash(text_hash(0, "", 0), other.name, other.name_len));
            overflowed = true;
        }
    }
    pthread_mutex_unlock(&c->lock);

    if (overflowed)
        log_warn(
            "more than %d different request names: \"%.*s %.*s\" and all later ones are counted "
            "as \"(other)\"; give such requests a `name` without the varying part",
            CATALOG_MAX - 1, shown_len(key.type_len), key.type, shown_len(key.name_len), key.name);
    return id;
}

struct catalog_entry catalog_get(struct catalog *c, uint32_t id)
{
    pthread_mutex_lock(&c->lock);
    assert(id < c->len);
    struct catalog_entry entry = c->entries[id];
    pthread_mutex_unlock(&c->lock);
    return entry;
}

bool catalog_is_called(struct catalog_entry entry, const char *text)
{
    size_t len = strlen(entry.type);
    if (strcmp(entry.name, text) == 0)
        return true;
    return len > 0 && strncmp(entry.type, text, len) == 0 && text[len] == ' ' &&
           strcmp(entry.name, text + len + 1) == 0;
}

uint32_t catalog_len(struct catalog *c)
{
    pthread_mutex_lock(&c->lock);
    uint32_t len = c->len;
    pthread_mutex_unlock(&c->lock);
    return len;
}

static int check_same(const struct metric_about *known, enum metric_kind kind, const char *unit,
                      struct err *err)
{
    if (known->kind != kind)
        return err_set(err, ERR_CONFIG, "'%.60s' is a %s already and cannot be a %s too",
                       known->name, metric_kind_names[known->kind], metric_kind_names[kind]);
    if (strcmp(known->unit, unit) != 0)
        return err_set(err, ERR_CONFIG, "%s '%.60s' has the unit '%.20s' already, not '%.20s'",
                       metric_kind_names[kind], known->name, known->unit, unit);
    return 0;
}

static int metric_locked(struct catalog *c, enum metric_kind kind, const char *name,
                         const char *unit, uint32_t *id, struct err *err)
{
    for (*id = 0; *id < c->metrics_len; (*id)++) {
        if (strcmp(c->metrics[*id].name, name) == 0)
            return check_same(&c->metrics[*id], kind, unit, err);
    }
    if (c->metrics_len == METRICS_MAX)
        return err_set(err, ERR_CONFIG,
                       "'%.60s' would be more than %d metrics; leave what varies out of the name",
                       name, METRICS_MAX);
    c->metrics[c->metrics_len++] =
        (struct metric_about){.name = xstrdup(name), .unit = xstrdup(unit), .kind = kind};
    return 0;
}

int catalog_metric(struct catalog *c, enum metric_kind kind, const char *name, const char *unit,
                   uint32_t *id, struct err *err)
{
    pthread_mutex_lock(&c->lock);
    int rc = metric_locked(c, kind, name, unit, id, err);
    pthread_mutex_unlock(&c->lock);
    return rc;
}

struct metric_about catalog_metric_get(struct catalog *c, uint32_t id)
{
    pthread_mutex_lock(&c->lock);
    assert(id < c->metrics_len);
    struct metric_about about = c->metrics[id];
    pthread_mutex_unlock(&c->lock);
    return about;
}

uint32_t catalog_metrics_len(struct catalog *c)
{
    pthread_mutex_lock(&c->lock);
    uint32_t len = c->metrics_len;
    pthread_mutex_unlock(&c->lock);
    return len;
}

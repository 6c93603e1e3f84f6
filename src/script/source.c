/* Finding scenarios: files, and those inside the program. */
#include "script/source.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "script/embedded.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SOURCE_MAX = 64 << 20 };

static int read_file(const char *path, struct buf *out, struct err *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return err_set(err, ERR_CONFIG, "%s is a directory; name a .lua file", path);
    return file_read(out, path, SOURCE_MAX, err);
}

int script_source_read(struct script_source *source, const char *path, struct err *err)
{
    memset(source, 0, sizeof(*source));
    struct buf text = BUF_INIT;
    if (read_file(path, &text, err) < 0) {
        buf_release(&text);
        return -1;
    }
    const char *base = strrchr(path, '/');
    source->directory = base ? xstrndup(path, (size_t)(base - path)) : xstrdup(".");
    if (base && base == path) {
        free(source->directory);
        source->directory = xstrdup("/");
    }
    base = base ? base + 1 : path;
    size_t len = strlen(base);
    if (len > 4 && strcmp(base + len - 4, ".lua") == 0)
        len -= 4;
    source->name = xstrndup(base, len);
    source->chunkname = xasprintf("@%s", path);
    source->len = text.len;
    source->text = buf_detach(&text);
    return 0;
}

int script_source_find(struct script_source *source, const char *word, struct err *err)
{
    memset(source, 0, sizeof(*source));
    size_t len = strlen(word);
    bool is_path = strchr(word, '/') || (len > 4 && strcmp(word + len - 4, ".lua") == 0);
    if (is_path)
        return script_source_read(source, word, err);

    int found = script_bundled_find(word);
    if (found >= 0) {
        const char *text = script_bundled_text((size_t)found, &source->len);
        source->name = xstrdup(word);
        source->chunkname = xasprintf("@%s.lua", word);
        source->text = xstrndup(text, source->len);
        return 0;
    }
    struct stat st;
    if (stat(word, &st) == 0 && S_ISREG(st.st_mode))
        return script_source_read(source, word, err);

    return script_bundled_missing(word, err);
}

void script_source_release(struct script_source *source)
{
    free(source->name);
    free(source->chunkname);
    free(source->directory);
    free(source->text);
    memset(source, 0, sizeof(*source));
}

size_t script_bundled_len(void)
{
    return bundled_scenarios_len;
}

int script_bundled_find(const char *name)
{
    for (size_t i = 0; i < bundled_scenarios_len; i++) {
        if (strcmp(bundled_scenarios[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

int script_bundled_missing(const char *name, struct err *err)
{
    const char **names = xcalloc(bundled_scenarios_len + 1, sizeof(*names));
    for (size_t i = 0; i < bundled_scenarios_len; i++)
        names[i] = bundled_scenarios[i].name;
    const char *near = suggest(name, names, bundled_scenarios_len);
    free(names);
    if (near)
        return err_set(err, ERR_CONFIG, "no bundled scenario '%s'; did you mean '%s'?", name, near);
    return err_set(err, ERR_CONFIG, "no scenario '%s'; `inrush list` shows the bundled ones", name);
}

const char *script_bundled_name(size_t i)
{
    return bundled_scenarios[i].name;
}

const char *script_bundled_text(size_t i, size_t *len)
{
    *len = bundled_scenarios[i].len;
    return bundled_scenarios[i].source;
}

const char *script_template(size_t *len)
{
    for (size_t i = 0; i < lua_embedded_len; i++) {
        if (strcmp(lua_embedded[i].name, "template") == 0) {
            *len = lua_embedded[i].len;
            return lua_embedded[i].source;
        }
    }
    abort(); /* it is in the program */
}

char *script_bundled_description(size_t i)
{
    const char *line = bundled_scenarios[i].source;
    line += strspn(line, "- ");
    size_t len = strcspn(line, "\n");
    if (len > 0 && line[len - 1] == '.')
        len--;
    return xstrndup(line, len);
}

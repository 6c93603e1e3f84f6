/* Finding scenarios: files, and those inside the program. */
#include "script/source.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "script/embedded.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int read_file(const char *path, struct buf *out, struct err *err)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(err, ERR_CONFIG, "cannot read %s: %s", path, strerror(errno));
    struct stat st;
    if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
        fclose(f);
        return err_set(err, ERR_CONFIG, "%s is a directory; name a .lua file", path);
    }
    char block[16384];
    size_t n;
    while ((n = fread(block, 1, sizeof(block), f)) > 0)
        buf_add(out, block, n);
    int failed = ferror(f);
    fclose(f);
    if (failed)
        return err_set(err, ERR_CONFIG, "cannot read %s: %s", path, strerror(errno));
    return 0;
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

static const struct embedded_file *bundled(const char *name)
{
    for (size_t i = 0; i < bundled_scenarios_len; i++) {
        if (strcmp(bundled_scenarios[i].name, name) == 0)
            return &bundled_scenarios[i];
    }
    return NULL;
}

int script_source_find(struct script_source *source, const char *word, struct err *err)
{
    memset(source, 0, sizeof(*source));
    size_t len = strlen(word);
    bool is_path = strchr(word, '/') || (len > 4 && strcmp(word + len - 4, ".lua") == 0);
    if (is_path)
        return script_source_read(source, word, err);

    const struct embedded_file *found = bundled(word);
    if (found) {
        source->name = xstrdup(word);
        source->chunkname = xasprintf("@%s.lua", word);
        source->text = xstrndup(found->source, found->len);
        source->len = found->len;
        return 0;
    }
    struct stat st;
    if (stat(word, &st) == 0 && S_ISREG(st.st_mode))
        return script_source_read(source, word, err);

    const char **names = xcalloc(bundled_scenarios_len + 1, sizeof(*names));
    for (size_t i = 0; i < bundled_scenarios_len; i++)
        names[i] = bundled_scenarios[i].name;
    const char *near = suggest(word, names, bundled_scenarios_len);
    free(names);
    if (near)
        return err_set(err, ERR_CONFIG, "no bundled scenario '%s'; did you mean '%s'?", word, near);
    return err_set(
        err, ERR_CONFIG,
        "no bundled scenario '%s' and no such file; `inrush list` shows the bundled ones", word);
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

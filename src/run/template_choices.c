/*
 * The values that a template chooses from, escaped by where they will stand;
 * see template_compiler.h.
 */
#include "base/json.h"
#include "base/mem.h"
#include "run/template_compiler.h"

#include <ctype.h>
#include <string.h>

static void escape_url(struct buf *out, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)data[i];
        if (byte < 0x80 && (isalnum(byte) || strchr("-._~", byte)) && byte != '\0')
            buf_addch(out, (char)byte);
        else
            buf_addf(out, "%%%02X", byte);
    }
}

static void escape_json(struct buf *out, const char *data, size_t len)
{
    struct buf string = BUF_INIT;
    struct json json;
    json_init(&json, &string, false);
    json_string_n(&json, data, len);
    buf_add(out, string.data + 1, string.len - 2);
    buf_release(&string);
}

void template_collect(struct template_collector *to, enum template_escape escape, const char *data,
                      size_t len)
{
    if (escape == TEMPLATE_URL)
        escape_url(&to->bytes, data, len);
    else if (escape == TEMPLATE_JSON)
        escape_json(&to->bytes, data, len);
    else
        buf_add(&to->bytes, data, len);
    vec_push(&to->ends, to->bytes.len);
}

void template_collector_release(struct template_collector *c)
{
    buf_release(&c->bytes);
    vec_release(&c->ends);
}

struct choices template_collected(struct template_collector *from)
{
    struct choices made = {.len = from->ends.len};
    buf_reserve(&from->bytes, 1);
    made.bytes = buf_detach(&from->bytes);
    made.items = xcalloc(made.len, sizeof(*made.items));
    size_t begin = 0;
    for (size_t i = 0; i < made.len; i++) {
        made.items[i] = (struct choice){made.bytes + begin, from->ends.items[i] - begin};
        begin = from->ends.items[i];
    }
    template_collector_release(from);
    return made;
}

/* `inrush list`: the bundled scenarios. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "script/source.h"

#include <stdlib.h>
#include <string.h>

static void write_json(struct buf *out)
{
    struct json j;
    json_init(&j, out, true);
    json_array_begin(&j);
    for (size_t i = 0; i < script_bundled_len(); i++) {
        char *description = script_bundled_description(i);
        json_object_begin(&j);
        json_key(&j, "name");
        json_string(&j, script_bundled_name(i));
        json_key(&j, "description");
        json_string(&j, description);
        json_object_end(&j);
        free(description);
    }
    json_array_end(&j);
    buf_addch(out, '\n');
}

int cmd_list(const struct cli_args *args)
{
    struct buf out = BUF_INIT;
    if (args->list_json) {
        write_json(&out);
        return print_out(&out);
    }
    size_t width = 0;
    for (size_t i = 0; i < script_bundled_len(); i++) {
        size_t len = strlen(script_bundled_name(i));
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < script_bundled_len(); i++) {
        char *description = script_bundled_description(i);
        if (args->names)
            buf_addf(&out, "%s\n", script_bundled_name(i));
        else
            buf_addf(&out, "%-*s  %s\n", (int)width, script_bundled_name(i), description);
        free(description);
    }
    return print_out(&out);
}

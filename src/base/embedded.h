/*
 * Files inside the program, generated at build time by src/EmbedFiles.cmake
 * from real ones: Lua modules, bundled scenarios, the parts of a page. Whoever
 * embeds a table declares it: const struct embedded_file NAME[] and NAME_len.
 */
#pragma once

#include <stddef.h>

struct embedded_file {
    const char *name;   /* relative to the table's root; of Lua modules as require has it */
    const char *source; /* the file's bytes, NUL-terminated */
    size_t len;         /* without the NUL */
};

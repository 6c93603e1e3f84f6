/* What every unit test includes: cmocka, whose header needs others before it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* The text contains the part. */
#define assert_contains(text, part)                              \
    do {                                                         \
        if (!strstr((text), (part)))                             \
            fail_msg("\"%s\" is not in \"%s\"", (part), (text)); \
    } while (0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The plainest source: the same bytes over and over; of several requests, each
 * in its turn. Its `about` is a struct requests without templates. */
#pragma once

#include "run/source.h"

extern const struct source_kind source_static;

/* The manual page inrush(1) as man(7) troff source, from the tables. */
#pragma once

#include "base/buf.h"

void manpage_write(struct buf *out);

/* What this process and machine have left: open files, sockets, memory. Looked
 * at by the main thread, once a tick. */
#pragma once

#include "stats/generator.h"

/* Raises the figures of g that are about the process and the machine. */
void resources_look(struct generator_stats *g);

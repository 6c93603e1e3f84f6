/* What --help and a bare `inrush` show, from the tables; at most 80 columns
 * (an example's command line may be longer: it must stay one to be copied). */
#pragma once

#include "base/buf.h"
#include "cli/commands.h"

#include <stdbool.h>

/* The help of one command; the one-off's is the overview of them all.
 * styled: headings are bold (ANSI). */
void help_write(struct buf *out, const struct cli_command *command, bool styled);

/* A few lines for who typed no word. */
void help_write_usage(struct buf *out);

/* The default and the other names of an option as one phrase for help and man
 * page: "default: 10s; also --run-time; repeatable". "" when there is none. */
void help_option_facts(struct buf *out, const struct cli_option *option);

/* Errors about words that name nothing, with what was probably meant. */
#pragma once

#include "cli/commands.h"

/* An option the command does not have, as written: "--durtion", "-x". Returns -1. */
int mistake_option(const struct cli_command *command, const char *text, struct err *err);

/* A first word that is no command and does not look like a URL. Returns -1. */
int mistake_command(const char *word, struct err *err);

/* A word where a URL is due that is none, a scenario perhaps. Returns -1. */
int mistake_url(const char *word, struct err *err);

/* A URL where the command's scenario is due. Returns -1. */
int mistake_scenario(const struct cli_command *command, const char *word, struct err *err);

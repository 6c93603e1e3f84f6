/*
 * What the completions of the shells share. Each is a file, completions_SHELL.c,
 * and a row in completions.c: a fixed part, which finds the command among the
 * words, and a generated one per command. Texts of the tables are quoted for the
 * shell in question.
 */
#pragma once

#include "base/buf.h"
#include "cli/commands.h"

/* The options of one command, in the table's order. */
const struct cli_option *completions_next(const struct cli_command *command, size_t *i);
#define for_each_option(option, command) \
    for (size_t i_ = 0; ((option) = completions_next((command), &i_)) != NULL;)

/* Append the script of a shell. */
void completions_bash(struct buf *out);
void completions_zsh(struct buf *out);
void completions_fish(struct buf *out);

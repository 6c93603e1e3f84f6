/*
 * Lines for the person at the terminal, on stderr: "inrush: warning: ...".
 * Any thread may log. A live view that owns the terminal's last line installs
 * a hook that clears it before, and draws it again after, each line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* What is shown; LOG_INFO at start. */
void log_set_level(enum log_level level);

/* around(arg, 0) is called before a line is written and around(arg, 1) after
 * it, under the log's lock; NULL removes it. */
void log_set_hook(void (*around)(void *arg, int after), void *arg);

/* Takes lines instead of their stream, for a view that owns the whole terminal:
 * true when it has. Called under the log's lock; NULL removes it. */
void log_set_sink(bool (*sink)(void *arg, FILE *to, const char *text, size_t len), void *arg);

void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Writes what is not a line of ours, such as a script's print(), to stdout or
 * stderr with the same care for a live view. */
void log_print(FILE *to, const char *text, size_t len);

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

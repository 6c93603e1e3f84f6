/* Lines on stderr; see log.h. Invariant: one line is one write under the lock,
 * between the hook's two calls. */
#include "base/log.h"

#include "base/buf.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int shown = LOG_INFO;
static void (*hook)(void *arg, int after);
static void *hook_arg;
static bool (*sink)(void *arg, FILE *to, const char *text, size_t len);
static void *sink_arg;

static const char *const prefixes[] = {
    [LOG_ERROR] = "inrush: error: ",
    [LOG_WARN] = "inrush: warning: ",
    [LOG_INFO] = "inrush: ",
    [LOG_DEBUG] = "inrush: debug: ",
};

void log_set_level(enum log_level level)
{
    atomic_store(&shown, (int)level);
}

void log_set_hook(void (*around)(void *arg, int after), void *arg)
{
    pthread_mutex_lock(&lock);
    hook = around;
    hook_arg = arg;
    pthread_mutex_unlock(&lock);
}

void log_set_sink(bool (*take)(void *arg, FILE *to, const char *text, size_t len), void *arg)
{
    pthread_mutex_lock(&lock);
    sink = take;
    sink_arg = arg;
    pthread_mutex_unlock(&lock);
}

void log_at(enum log_level level, const char *fmt, ...)
{
    if ((int)level > atomic_load_explicit(&shown, memory_order_relaxed))
        return;
    struct buf line = BUF_INIT;
    buf_adds(&line, prefixes[level]);
    va_list args;
    va_start(args, fmt);
    buf_addv(&line, fmt, args);
    va_end(args);
    buf_addch(&line, '\n');
    log_print(stderr, line.data, line.len);
    buf_release(&line);
}

void log_print(FILE *to, const char *text, size_t len)
{
    pthread_mutex_lock(&lock);
    if (sink && sink(sink_arg, to, text, len)) {
        pthread_mutex_unlock(&lock);
        return;
    }
    if (hook)
        hook(hook_arg, 0);
    fwrite(text, 1, len, to);
    if (hook || to == stderr)
        fflush(to);
    if (hook)
        hook(hook_arg, 1);
    pthread_mutex_unlock(&lock);
}

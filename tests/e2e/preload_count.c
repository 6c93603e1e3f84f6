/*
 * Counts a program's calls of what a load generator must be sparing with.
 * Preloaded (LD_PRELOAD) by test_steady_state.py; at exit it writes one line
 * "name count" per function to the file that PRELOAD_COUNT_FILE names.
 *
 * Only calls between libraries pass here: what libc does inside itself, such
 * as stdio's writes, is not counted.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* clang-format off */
#define COUNTED(F) \
    F(send) F(sendto) F(sendmsg) F(write) F(writev) \
    F(recv) F(recvfrom) F(recvmsg) F(read) F(readv) \
    F(epoll_ctl) F(epoll_wait) F(epoll_pwait) \
    F(malloc) F(calloc) F(realloc) F(free)
/* clang-format on */

#define AS_ENUM(name) COUNT_##name,
enum { COUNTED(AS_ENUM) COUNTS };

#define AS_TEXT(name) [COUNT_##name] = #name,
static const char *const names[COUNTS] = {COUNTED(AS_TEXT)};

static atomic_ulong counts[COUNTS];

static void count(int which)
{
    atomic_fetch_add_explicit(&counts[which], 1, memory_order_relaxed);
}

/* Counts the call and makes it: the next definition is looked up once. */
#define FORWARD(result, name, params, args)                                       \
    result name params                                                            \
    {                                                                             \
        static result(*_Atomic next) params;                                      \
        count(COUNT_##name);                                                      \
        result(*call) params = atomic_load_explicit(&next, memory_order_relaxed); \
        if (!call) {                                                              \
            *(void **)&call = dlsym(RTLD_NEXT, #name);                            \
            atomic_store_explicit(&next, call, memory_order_relaxed);             \
        }                                                                         \
        return call args;                                                         \
    }

FORWARD(ssize_t, send, (int fd, const void *data, size_t len, int flags), (fd, data, len, flags))
FORWARD(ssize_t, sendto,
        (int fd, const void *data, size_t len, int flags, const struct sockaddr *to,
         socklen_t size),
        (fd, data, len, flags, to, size))
FORWARD(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), (fd, msg, flags))
FORWARD(ssize_t, write, (int fd, const void *data, size_t len), (fd, data, len))
FORWARD(ssize_t, writev, (int fd, const struct iovec *parts, int n), (fd, parts, n))
FORWARD(ssize_t, recv, (int fd, void *data, size_t len, int flags), (fd, data, len, flags))
FORWARD(ssize_t, recvfrom,
        (int fd, void *data, size_t len, int flags, struct sockaddr *from, socklen_t *size),
        (fd, data, len, flags, from, size))
FORWARD(ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), (fd, msg, flags))
FORWARD(ssize_t, read, (int fd, void *data, size_t len), (fd, data, len))
FORWARD(ssize_t, readv, (int fd, const struct iovec *parts, int n), (fd, parts, n))
FORWARD(int, epoll_ctl, (int ep, int op, int fd, struct epoll_event *event), (ep, op, fd, event))
FORWARD(int, epoll_wait, (int ep, struct epoll_event *events, int n, int ms), (ep, events, n, ms))
FORWARD(int, epoll_pwait, (int ep, struct epoll_event *events, int n, int ms, const sigset_t *mask),
        (ep, events, n, ms, mask))

/* Reads and writes may come as bare system calls; those take six words at most. */
long syscall(long number, ...)
{
    static long (*_Atomic next)(long, ...);
    long words[6];
    va_list args;
    va_start(args, number);
    for (int i = 0; i < 6; i++)
        words[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_sendto)
        count(COUNT_sendto);
    else if (number == SYS_recvfrom)
        count(COUNT_recvfrom);
    long (*call)(long, ...) = atomic_load_explicit(&next, memory_order_relaxed);
    if (!call) {
        *(void **)&call = dlsym(RTLD_NEXT, "syscall");
        atomic_store_explicit(&next, call, memory_order_relaxed);
    }
    return call(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

/* dlsym allocates, so the allocator is reached by glibc's other names. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void __libc_free(void *p);

void *malloc(size_t size)
{
    count(COUNT_malloc);
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count(COUNT_calloc);
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    count(COUNT_realloc);
    return __libc_realloc(p, size);
}

void free(void *p)
{
    if (p)
        count(COUNT_free);
    __libc_free(p);
}

__attribute__((destructor)) static void report(void)
{
    const char *path = getenv("PRELOAD_COUNT_FILE");
    FILE *out = path ? fopen(path, "w") : NULL;
    if (!out)
        return;
    unsigned long seen[COUNTS];
    for (int i = 0; i < COUNTS; i++)
        seen[i] = atomic_load(&counts[i]);
    for (int i = 0; i < COUNTS; i++)
        fprintf(out, "%s %lu\n", names[i], seen[i]);
    fclose(out);
}

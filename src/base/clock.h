/* The two clocks: monotonic nanoseconds for everything measured, wall time
 * for what people and files date. */
#pragma once

#include <pthread.h>
#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t clock_ns(void);
/* CPU time of the calling thread, and of another that has not been joined, in
 * nanoseconds. */
uint64_t clock_thread_cpu_ns(void);
uint64_t clock_cpu_ns_of(pthread_t thread);
/* A count that grows evenly, where reading it is cheap: the CPU's time stamps.
 * How many there are to a nanosecond is found by reading clock_ns() too, over
 * some time. For measuring on a hot path what need not be exact. */
static inline uint64_t clock_ticks(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return clock_ns();
#endif
}

/* Seconds since the Unix epoch. */
double clock_wall(void);

static inline double ns_to_s(uint64_t ns)
{
    return (double)ns / 1e9;
}

/* Half of what clock_ns() can count at most, so that it can be added to one. */
static inline uint64_t s_to_ns(double s)
{
    return s <= 0 ? 0 : s < 9e9 ? (uint64_t)(s * 1e9 + 0.5) : UINT64_C(9000000000000000000);
}

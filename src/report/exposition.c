/* Histograms as Prometheus has them; see exposition.h. */
#include "report/exposition.h"

#include <math.h>
#include <pthread.h>

const double exposition_bounds[EXPOSITION_BOUNDS] = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
    0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30,    60,
};

/* The native buckets that a histogram's values can fall into: 1 us is in the
 * first, an hour in the last. */
enum { NATIVE_FIRST = -318, NATIVE_LAST = 190, NATIVE = NATIVE_LAST - NATIVE_FIRST + 1 };

static uint64_t classic_us[EXPOSITION_BOUNDS], native_us[NATIVE]; /* each bucket's highest value */
static pthread_once_t bounds_made = PTHREAD_ONCE_INIT;

/* The highest value that the histogram counts in a bucket whose middle is at
 * most `us`. */
static uint64_t highest_within(double us)
{
    int octave = hist_octave((uint64_t)us), sub = hist_sub((uint64_t)us, octave);
    uint64_t low = hist_bucket_low(octave, sub), width = hist_bucket_width(octave);
    double middle = (double)low + (double)(width - 1) / 2;
    return middle <= us ? low + width - 1 : low - 1;
}

static void make_bounds(void)
{
    for (int i = 0; i < EXPOSITION_BOUNDS; i++)
        classic_us[i] = (uint64_t)llround(exposition_bounds[i] * 1e6);
    for (int i = 0; i < NATIVE; i++)
        native_us[i] =
            highest_within(exp2((double)(NATIVE_FIRST + i) / (1 << EXPOSITION_SCHEMA)) * 1e6);
}

void exposition_times_set(struct exposition_times *t, const struct hist *h)
{
    uint64_t upto[NATIVE];
    pthread_once(&bounds_made, make_bounds);
    t->count = h->count;
    t->sum_s = h->sum / 1e6;
    t->zeros = hist_count_up_to(h, 0);
    hist_counts_up_to(h, classic_us, EXPOSITION_BOUNDS, t->below);
    hist_counts_up_to(h, native_us, NATIVE, upto);
    vec_clear(&t->native);
    uint64_t before = t->zeros;
    for (int i = 0; i < NATIVE; i++) {
        if (upto[i] > before)
            vec_push(&t->native, ((struct exposition_bucket){NATIVE_FIRST + i, upto[i] - before}));
        before = upto[i];
    }
}

void exposition_times_release(struct exposition_times *t)
{
    vec_release(&t->native);
}

void exposition_family(struct exposition *e, const char *name, const char *help,
                       enum exposition_type type)
{
    exposition_end(e);
    e->name = name;
    e->type = type;
    e->format->family(e, help);
}

void exposition_value(struct exposition *e, const struct exposition_label *labels, size_t n,
                      double value)
{
    e->format->value(e, labels, n, value);
}

void exposition_times(struct exposition *e, const struct exposition_label *labels, size_t n,
                      const struct exposition_times *times)
{
    e->format->times(e, labels, n, times);
}

void exposition_end(struct exposition *e)
{
    if (e->name != NULL && e->format->end != NULL)
        e->format->end(e);
    e->name = NULL;
}

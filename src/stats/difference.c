/* Confidence in differences; see difference.h. */
#include "stats/difference.h"

#include "stats/student.h"

#include <math.h>

/* Below this many effective values nothing is said from normal approximations. */
static const double VALUES_MIN = 10;
/* Where a binomial is normal for our purposes: its variance. */
static const double NORMAL_VARIANCE = 100;

static const double NORMAL = INFINITY; /* degrees of freedom */

/* How many independent values the count is worth. */
static double independent(uint64_t count, double effect)
{
    return (double)count / fmax(effect, 1);
}

/* The same, in an interval of that confidence, with the effect being known only
 * from so many seconds. */
static double effective(uint64_t count, struct dependence dependence, double alpha)
{
    double less = student_bound(alpha, NORMAL) / student_bound(alpha, dependence.freedom);
    return independent(count, dependence.effect) * less * less;
}

/* --- percentiles --------------------------------------------------------------- */

/* Of n values, how many lie in a tail of probability q: at least `fewest` and at
 * most `most`, each missed with probability alpha / 2. */
struct tail {
    double fewest, most;
};

static struct tail binomial_tail(double n, double q, double alpha)
{
    double variance = n * q * (1 - q);
    if (variance >= NORMAL_VARIANCE) {
        double reach = student_bound(alpha, NORMAL) * sqrt(variance);
        return (struct tail){floor(n * q - reach), ceil(n * q + reach)};
    }
    struct tail tail = {0, n};
    double probability = exp(n * log1p(-q)), below = 0; /* of k in the tail; of fewer */
    for (double k = 0; k <= n; k++) {
        if (below <= alpha / 2)
            tail.fewest = k;
        below += probability;
        if (below >= 1 - alpha / 2) {
            tail.most = k;
            break;
        }
        probability *= (n - k) / (k + 1) * q / (1 - q);
    }
    return tail;
}

/* The bucket that holds the value of a rank, counted from 1. */
static struct interval bucket_at(const struct hist *h, double rank)
{
    struct hist_iter it = {.hist = h};
    while (hist_next(&it)) {
        if ((double)it.cumulative >= rank)
            break;
    }
    return (struct interval){fmax((double)it.low, (double)h->min),
                             fmin((double)(it.low + it.width), (double)h->max), true};
}

struct interval difference_percentile(const struct hist *h, double percent,
                                      struct dependence dependence, double alpha)
{
    double n = floor(effective(h->count, dependence, alpha));
    double p = percent / 100;
    bool upper = p > 0.5; /* count from the nearer end */
    if (n < 1 || p <= 0 || p >= 1)
        return (struct interval){0};
    struct tail tail = binomial_tail(n, upper ? 1 - p : p, alpha);
    /* The ranks that bracket it; from 1 to n, or beyond when there is none. */
    double low = upper ? n - tail.most : tail.fewest;
    double high = upper ? n - tail.fewest + 1 : tail.most + 1;
    if (low < 1 || high > n)
        return (struct interval){0};
    double scale = (double)h->count / n;
    return (struct interval){bucket_at(h, floor(low * scale)).low,
                             bucket_at(h, ceil(high * scale)).high, true};
}

/* --- means and shares ------------------------------------------------------------ */

struct interval difference_mean(const struct hist *h, struct dependence dependence, double alpha)
{
    double n = effective(h->count, dependence, alpha), mean = hist_mean(h);
    if (n < VALUES_MIN)
        return (struct interval){0};
    double reach = student_bound(alpha, NORMAL) * hist_stdev(h) / sqrt(n);
    return (struct interval){fmax(mean - reach, (double)h->min), fmin(mean + reach, (double)h->max),
                             true};
}

/* Wilson's score interval. */
struct interval difference_share(uint64_t part, uint64_t whole, struct dependence dependence,
                                 double alpha)
{
    double n = effective(whole, dependence, alpha);
    if (n < 1)
        return (struct interval){0};
    double p = (double)part / (double)whole, z = student_bound(alpha, NORMAL), z2 = z * z;
    double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
    double reach = z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    return (struct interval){fmax(middle - reach, 0), fmin(middle + reach, 1), true};
}

/* --- two runs ----------------------------------------------------------------------- */

struct interval difference_minus(double from, struct interval from_within, double to,
                                 struct interval to_within)
{
    double change = to - from;
    return (struct interval){
        .low = change - hypot(to - to_within.low, from_within.high - from),
        .high = change + hypot(to_within.high - to, from - from_within.low),
        .known = from_within.known && to_within.known,
    };
}

/* Times below a microsecond count as half of one. */
static double log_of(double us)
{
    return log(fmax(us, 0.5));
}

static struct interval log_of_all(struct interval us)
{
    return (struct interval){log_of(us.low), log_of(us.high), us.known};
}

struct interval difference_ratio(double from, struct interval from_within, double to,
                                 struct interval to_within)
{
    struct interval logs =
        difference_minus(log_of(from), log_of_all(from_within), log_of(to), log_of_all(to_within));
    return (struct interval){expm1(logs.low), expm1(logs.high), logs.known};
}

struct shift difference_shift(const struct hist *a, struct dependence of_a, const struct hist *b,
                              struct dependence of_b)
{
    struct hist_iter in_a = {.hist = a}, in_b = {.hist = b};
    bool more_a = hist_next(&in_a), more_b = hist_next(&in_b);
    double below = 0; /* values of a in the buckets passed */
    double larger = 0, ties = 0;
    double all = (double)a->count + (double)b->count;
    double n = independent(a->count, of_a.effect), m = independent(b->count, of_b.effect);
    double freedom = fmin(of_a.freedom, of_b.freedom);
    if (n < VALUES_MIN || m < VALUES_MIN || freedom < 1)
        return (struct shift){0.5, 1, false};
    while (more_a || more_b) {
        bool has_a = more_a && (!more_b || in_a.low <= in_b.low);
        bool has_b = more_b && (!more_a || in_b.low <= in_a.low);
        double from_a = has_a ? (double)in_a.count : 0, from_b = has_b ? (double)in_b.count : 0;
        double tied = from_a + from_b;
        larger += from_b * (below + from_a / 2);
        ties += tied * (tied * tied - 1);
        below += from_a;
        more_a = has_a ? hist_next(&in_a) : more_a;
        more_b = has_b ? hist_next(&in_b) : more_b;
    }
    struct shift shift = {larger / (double)a->count / (double)b->count, 1, true};
    double variance = (n + m + 1) / (12 * n * m) * (1 - ties / (all * (all * all - 1)));
    if (variance > 0)
        shift.p = student_tails((shift.larger - 0.5) / sqrt(variance), freedom);
    else if (shift.larger != 0.5)
        shift.p = 0;
    return shift;
}

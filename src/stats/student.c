/* Student's t; see student.h. */
#include "stats/student.h"

#include <math.h>

/* Beyond, approximations by the normal distribution are closer than anybody
 * needs, and the sums longer. */
static const double FREEDOM_EXACT = 100;

/* A and S 26.7.3 and 26.7.4. */
static double exact_tails(double t, int freedom)
{
    double angle = atan(t / sqrt(freedom)), cosine = cos(angle);
    int odd = freedom % 2;
    double term = odd ? cosine : 1, sum = 0;
    for (int k = odd ? 3 : 2; k <= freedom; k += 2) {
        sum += term;
        term *= (k - 1.0) / k * cosine * cosine;
    }
    double within = odd ? M_2_PI * (angle + sin(angle) * sum) : sin(angle) * sum;
    return fmax(1 - within, 0);
}

double student_tails(double t, double freedom)
{
    if (freedom < 1)
        return 1;
    t = fabs(t);
    if (freedom <= FREEDOM_EXACT)
        return exact_tails(t, (int)freedom);
    if (isfinite(freedom)) /* 26.7.8 */
        t *= (1 - 1 / (4 * freedom)) / sqrt(1 + t * t / (2 * freedom));
    return erfc(t / M_SQRT2);
}

/* The t between 0 and `high` whose tails are alpha. */
static double bisect(double alpha, double freedom, double high)
{
    double low = 0;
    for (int i = 0; i < 80; i++) {
        double t = (low + high) / 2;
        if (student_tails(t, freedom) > alpha)
            low = t;
        else
            high = t;
    }
    return high;
}

double student_bound(double alpha, double freedom)
{
    static const double LARGEST = 1e9;
    if (freedom < 1)
        return INFINITY;
    if (freedom <= FREEDOM_EXACT)
        return bisect(alpha, freedom, LARGEST);
    double z = bisect(alpha, INFINITY, 40), z2 = z * z;
    if (isinf(freedom))
        return z;
    return z + z * (z2 + 1) / (4 * freedom) +
           z * (5 * z2 * z2 + 16 * z2 + 3) / (96 * freedom * freedom); /* 26.7.5 */
}

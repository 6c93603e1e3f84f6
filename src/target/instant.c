#include "target/instant.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* n in so many digits; returns what is behind them. By hand: with printf the
 * two times of an answer cost more than all the rest of it. */
static char *put_number(char *to, int n, int digits)
{
    for (int i = digits - 1; i >= 0; i--, n /= 10)
        to[i] = (char)('0' + n % 10);
    return to + digits;
}

static char *put_two(char *to, char before, int n)
{
    *to = before;
    return put_number(to + 1, n, 2);
}

const char *instant_format(char buf[INSTANT_MAX], int64_t unix_s, int offset)
{
    struct tm tm;
    time_t local = unix_s + offset;
    gmtime_r(&local, &tm);
    int year = tm.tm_year + 1900;
    char *to = buf;
    if (year < 0)
        *to++ = '-';
    to = put_number(to, abs(year), abs(year) > 9999 ? 5 : 4);
    to = put_two(to, '-', tm.tm_mon + 1);
    to = put_two(to, '-', tm.tm_mday);
    to = put_two(to, 'T', tm.tm_hour);
    to = put_two(to, ':', tm.tm_min);
    to = put_two(to, ':', tm.tm_sec);
    int minutes = abs(offset) / 60;
    if (minutes == 0) {
        *to++ = 'Z';
    } else {
        to = put_two(to, offset < 0 ? '-' : '+', minutes / 60);
        to = put_two(to, ':', minutes % 60);
    }
    *to = '\0';
    return buf;
}

const char *offset_format(char buf[OFFSET_MAX], int offset)
{
    int minutes = abs(offset) / 60;
    snprintf(buf, OFFSET_MAX, "%c%d:%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return buf;
}

/* Exactly `digits` digits at *p, which moves behind them; -1 if they are not there. */
static int take_number(const char **p, int digits)
{
    int n = 0;
    for (int i = 0; i < digits; i++, (*p)++) {
        if (!isdigit((unsigned char)**p))
            return -1;
        n = n * 10 + (**p - '0');
    }
    return n;
}

static bool take_char(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

/* "Z", "+05:30"; seconds east. */
static bool take_offset(const char **p, int *offset)
{
    *offset = 0;
    if (take_char(p, 'Z'))
        return true;
    int sign = take_char(p, '+') ? 1 : take_char(p, '-') ? -1 : 0;
    if (sign == 0)
        return false;
    int hours = take_number(p, 2);
    if (hours < 0 || hours > 23 || !take_char(p, ':'))
        return false;
    int minutes = take_number(p, 2);
    if (minutes < 0 || minutes > 59)
        return false;
    *offset = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool instant_parse(const char *text, int64_t *unix_s)
{
    struct tm tm = {0};
    const char *p = text;
    int year = take_number(&p, 4);
    if (year < 0 || !take_char(&p, '-'))
        return false;
    int month = take_number(&p, 2);
    if (month < 1 || month > 12 || !take_char(&p, '-'))
        return false;
    int day = take_number(&p, 2);
    bool rfc3339 = *p == 'T';
    if (day < 1 || !(take_char(&p, 'T') || take_char(&p, ' ')))
        return false;
    int hour = take_number(&p, 2);
    if (hour < 0 || hour > 23 || !take_char(&p, ':'))
        return false;
    int minute = take_number(&p, 2);
    if (minute < 0 || minute > 59 || !take_char(&p, ':'))
        return false;
    int second = take_number(&p, 2);
    if (second < 0 || second > 59)
        return false;
    if (take_char(&p, '.')) {
        if (!isdigit((unsigned char)*p))
            return false;
        while (isdigit((unsigned char)*p))
            p++;
    }
    int offset = 0;
    if ((rfc3339 && !take_offset(&p, &offset)) || *p)
        return false;

    tm = (struct tm){.tm_year = year - 1900,
                     .tm_mon = month - 1,
                     .tm_mday = day,
                     .tm_hour = hour,
                     .tm_min = minute,
                     .tm_sec = second};
    time_t t = timegm(&tm);
    if (tm.tm_mday != day) /* timegm made 2 March of 30 February */
        return false;
    *unix_s = (int64_t)t - offset;
    return true;
}

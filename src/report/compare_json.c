/* A comparison as JSON: every figure of every series that both runs have, its
 * change and the interval of that. See compare.h. */
#include "report/compare.h"

#include "report/put.h"

#include <math.h>

static void put_share(struct json *j, const char *key, double value)
{
    json_key(j, key);
    json_number(j, value, 6);
}

static void put_change(struct json *j, enum compare_figure figure,
                       const struct compare_change *change)
{
    bool share = figure == COMPARE_FAILURES;
    json_key(j, compare_figure_names[figure]);
    if (!change->measured) {
        json_null(j);
        return;
    }
    json_object_begin(j);
    (share ? put_share : put_number)(j, "old", change->from);
    (share ? put_share : put_number)(j, "new", change->to);
    put_share(j, "change", change->change);
    put_share(j, "low", change->within.known ? change->within.low : NAN);
    put_share(j, "high", change->within.known ? change->within.high : NAN);
    put_string(j, "differs", change->differs > 0 ? "more" : change->differs < 0 ? "less" : NULL);
    json_object_end(j);
}

static void put_row(struct json *j, const struct compare_row *row)
{
    struct buf text = BUF_INIT;
    bool both = row->from != NULL && row->to != NULL;
    json_object_begin(j);
    put_string(j, "type", row->type);
    put_string(j, "name", row->name);
    put_string(j, "verdict", compare_verdict_names[row->verdict]);
    compare_describe(&text, row);
    put_string(j, "statement", buf_cstr(&text));
    buf_release(&text);
    json_key(j, "requests");
    json_object_begin(j);
    put_uint(j, "old", row->from != NULL ? row->from->requests : 0);
    put_uint(j, "new", row->to != NULL ? row->to->requests : 0);
    json_object_end(j);
    for (int i = 0; both && i < COMPARE_FIGURES; i++)
        put_change(j, (enum compare_figure)i, &row->changes[i]);
    if (both) {
        json_key(j, "shift");
        json_object_begin(j);
        put_share(j, "probability", row->shift.known ? row->shift.larger : NAN);
        put_share(j, "p_value", row->shift.known ? row->shift.p : NAN);
        json_object_end(j);
    }
    json_object_end(j);
}

static void put_side(struct json *j, const char *key, const struct compare_side *side)
{
    json_key(j, key);
    json_object_begin(j);
    put_string(j, "file", side->label);
    put_string(j, "title", side->run->title);
    put_utc(j, "started", side->run->started_wall);
    put_number(j, "duration_s", side->end->duration_s);
    put_uint(j, "users", side->run->users);
    json_object_end(j);
}

void compare_put(struct json *j, const struct comparison *c)
{
    put_side(j, "old", &c->from_side);
    put_side(j, "new", &c->to_side);
    json_key(j, "totals");
    put_row(j, &c->total);
    json_key(j, "series");
    json_array_begin(j);
    for (size_t i = 0; i < c->rows.len; i++)
        put_row(j, &c->rows.items[i]);
    json_array_end(j);
}

/* Reading CSV, and the errors that point into a line. */
#include "base/caret.h"
#include "base/csv.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_field(const struct csv *c, size_t row, size_t column, const char *expected)
{
    struct csv_field field = csv_at(c, row, column);
    assert_int_equal(field.len, strlen(expected));
    assert_memory_equal(field.data, expected, field.len);
}

static void parse(struct csv *c, const char *text)
{
    struct err err;
    if (csv_parse(c, "users.csv", text, strlen(text), &err) < 0)
        fail_msg("%s", err.message);
}

static void assert_refused(const char *text, const char *message)
{
    struct csv c;
    struct err err;
    assert_int_equal(csv_parse(&c, "users.csv", text, strlen(text), &err), -1);
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_string_equal(err.message, message);
}

static void fields_and_rows(void **state)
{
    (void)state;
    struct csv c;
    parse(&c, "\xEF\xBB\xBFid,name\r\n1,Ada\r\n\r\n2,\n");
    assert_int_equal(c.columns, 2);
    assert_int_equal(c.rows, 2);
    assert_field(&c, 0, 0, "1");
    assert_field(&c, 0, 1, "Ada");
    assert_field(&c, 1, 1, "");
    assert_int_equal(csv_column(&c, "id", 2), 0);
    assert_int_equal(csv_column(&c, "name", 4), 1);
    assert_int_equal(csv_column(&c, "nam", 3), -1);
    csv_release(&c);
}

static void quoted_fields(void **state)
{
    (void)state;
    struct csv c;
    parse(&c, "a,b\n\"London, Soho\",\"say \"\"hi\"\"\"\n\"two\r\nlines\",\"\"\r\nx,y");
    assert_int_equal(c.rows, 3);
    assert_field(&c, 0, 0, "London, Soho");
    assert_field(&c, 0, 1, "say \"hi\"");
    assert_field(&c, 1, 0, "two\r\nlines");
    assert_field(&c, 1, 1, "");
    assert_field(&c, 2, 1, "y");
    csv_release(&c);
}

static void what_is_wrong(void **state)
{
    (void)state;
    assert_refused("", "users.csv: it is empty; the first line names the columns");
    assert_refused("a,b\n", "users.csv: no rows behind the header");
    assert_refused("a,b\n1\n", "users.csv:2: 1 field, and the header has 2");
    assert_refused("a\n\"1\n2\"\n3,4\n", "users.csv:4: 2 fields, and the header has 1");
    assert_refused("a\nb\"c\n", "users.csv:2: a quote inside an unquoted field; quote the whole "
                                "field and double the quotes in it");
    assert_refused("a\n\n\"b\nc", "users.csv:3: a quoted field begins here and never ends");
    assert_refused("a\n\"b\"c\n", "users.csv:2: text behind the closing quote of a field");
}

static void a_caret_under_the_place(void **state)
{
    (void)state;
    struct err err;
    const char *text = "one\nt\xC3\xBCwo x\nthree";
    assert_int_equal(caret_error(&err, "body", text, strlen(text), 9, "no %s", "x"), -1);
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_string_equal(err.message, "body: no x\n    t\xC3\xBCwo x\n        ^");
    text = "\xE6\x97\xA5\xE6\x9C\xAC"
           "e\xCC\x81: x"; /* two of two columns, one with an accent */
    caret_error(&err, NULL, text, strlen(text), strlen(text) - 1, "no");
    assert_non_null(strstr(err.message, "\n           ^"));
    assert_int_equal(caret_error(NULL, "body", text, strlen(text), 0, "no"), -1);
}

static void a_caret_in_a_long_line(void **state)
{
    (void)state;
    struct err err;
    char text[1000];
    memset(text, 'a', sizeof(text));
    text[700] = 'X';
    caret_error(&err, "URL", text, sizeof(text), 700, "here");
    const char *line = strchr(err.message, '\n') + 1;
    const char *caret = strchr(line, '\n') + 1;
    assert_true(caret - line < 130);
    assert_int_equal(line[strlen(caret) - 1], 'X');
}

static void files(void **state)
{
    (void)state;
    struct err err;
    struct buf text = BUF_INIT;
    assert_int_equal(file_read(&text, TEST_DATA_DIR "/no-such-file", 10, &err), -1);
    assert_non_null(strstr(err.message, "no-such-file: No such file or directory"));
    assert_int_equal(file_read(&text, TEST_DATA_DIR, 10, &err), -1);
    assert_non_null(strstr(err.message, "Is a directory"));
    assert_int_equal(file_read(&text, "/dev/zero", 1 << 20, &err), -1);
    assert_string_equal(err.message, "/dev/zero is larger than 1 MiB");
    assert_string_equal(file_name("-"), "standard input");
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_rows),        cmocka_unit_test(quoted_fields),
        cmocka_unit_test(what_is_wrong),          cmocka_unit_test(a_caret_under_the_place),
        cmocka_unit_test(a_caret_in_a_long_line), cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

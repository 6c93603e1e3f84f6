/*
 * Templates of any text. One that compiles fills in the same values each time,
 * also when it is taken apart and put together again around marks; one that does
 * not says why.
 *
 * Input: a byte that chooses the escape, the text; FILE in it stands for a CSV file.
 */
#include "run/template.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No input has it. */
static const char mark[] = "\x01\x02mark\x02\x01";

/* The path of a CSV file that lives as long as the process. */
static const char *csv_file(void)
{
    static char path[32];
    static const char csv[] = "name,city\nAda,\"London, Soho\"\nGrace,\"New\nYork\"\n";
    if (path[0] == '\0') {
        int fd = memfd_create("csv", MFD_CLOEXEC);
        assert(fd >= 0 && write(fd, csv, sizeof(csv) - 1) == (ssize_t)sizeof(csv) - 1);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    return path;
}

/* The input with the path in place of each FILE. */
static void name_file(struct buf *out, const char *data, size_t size)
{
    static const char word[] = "FILE";
    for (size_t i = 0; i < size; i++) {
        if (size - i >= sizeof(word) - 1 && memcmp(data + i, word, sizeof(word) - 1) == 0) {
            buf_adds(out, csv_file());
            i += sizeof(word) - 2;
        } else {
            buf_addch(out, data[i]);
        }
    }
}

static void expand(const struct template *t, struct buf *out)
{
    struct rng rng;
    rng_init(&rng, 1, 2);
    const struct template_values values = {
        .rng = &rng, .number = 7, .row = 5, .body_len = 12, .worker = 2, .connection = 3};
    template_expand(t, &values, out);
}

static int says_now(const char *text)
{
    return strstr(text, "now") || strstr(text, "timestamp");
}

static void assert_equal(const struct buf *a, const struct buf *b)
{
    assert(a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0));
}

static void check_filled(struct template *t, const char *text, size_t len)
{
    struct buf once = BUF_INIT, again = BUF_INIT, marked = BUF_INIT;
    struct template *cut = template_new();
    expand(t, &once);
    if (!strstr(text, "{{"))
        assert(once.len == len && (len == 0 || memcmp(once.data, text, len) == 0));
    expand(t, &again);
    if (!says_now(text))
        assert_equal(&once, &again);

    template_mark(t, mark, &marked);
    size_t fields = template_fields(t);
    template_cut(cut, buf_cstr(&marked), marked.len, mark, t);
    assert(template_fields(cut) == fields);
    buf_clear(&again);
    expand(cut, &again);
    if (!says_now(text))
        assert_equal(&once, &again);
    template_free(cut);
    buf_release(&once);
    buf_release(&again);
    buf_release(&marked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* No other files are read, and no mark is in the text. */
    if (size == 0 || memchr(data, '/', size) || memchr(data, '\0', size) || memchr(data, 1, size))
        return 0;
    struct buf input = BUF_INIT;
    name_file(&input, (const char *)data + 1, size - 1);
    const char *text = buf_cstr(&input);

    struct err err = {ERR_NONE, ""};
    struct template_files *files = template_files_new();
    assert(template_text_span(text, "/?") <= input.len);
    struct template *t =
        template_compile(files, "text", text, input.len, (enum template_escape)(data[0] % 4), &err);
    if (t) {
        assert(err.kind == ERR_NONE);
        check_filled(t, text, input.len);
    } else {
        assert(err.kind == ERR_CONFIG && err.message[0]);
        assert(strlen(err.message) < sizeof(err.message));
    }
    template_free(t);
    template_files_free(files);
    buf_release(&input);
    return 0;
}

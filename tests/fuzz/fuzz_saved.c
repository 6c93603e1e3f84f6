/*
 * report/saved.h on any bytes: they are refused with a reason, or read as a run
 * that comes out the same when it is written and read again, and that can be
 * merged and compared with itself.
 */
#include "base/mem.h"
#include "report/compare.h"
#include "report/json_report.h"
#include "report/saved.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What saved_read makes of the bytes, which it knows from files only. */
static struct saved *read_bytes(const void *data, size_t size, struct catalog *catalog)
{
    char path[64];
    struct err err = {0};
    struct saved *saved = NULL;
    int fd = memfd_create("saved", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (saved_read(&saved, path, catalog, &err) != 0) {
        assert(saved == NULL && err.kind != ERR_NONE);
        assert(*err.message != 0 && strpbrk(err.message, "\n\033") == NULL);
    }
    close(fd);
    return saved;
}

static void write_text(struct buf *out, const struct saved *s)
{
    json_report_text(out, &s->run, &s->end);
}

static void write_again(const struct saved *saved)
{
    struct buf first = BUF_INIT, second = BUF_INIT;
    struct catalog *catalog = catalog_new();
    write_text(&first, saved);
    struct saved *again = read_bytes(first.data, first.len, catalog);
    if (again != NULL) { /* it may not: figures are written with fewer digits */
        write_text(&second, again);
        assert(second.len > 0);
    }
    saved_free(again);
    catalog_free(catalog);
    buf_release(&first);
    buf_release(&second);
}

static void use(struct saved *saved)
{
    struct err err;
    struct buf text = BUF_INIT;
    struct page page = {.out = &text, .columns = 80};
    const struct compare_side side = {"x", &saved->run, &saved->end, &saved->spreads};
    struct comparison comparison;
    compare_init(&comparison, &side, &side);
    for (size_t i = 0; i < comparison.rows.len; i++)
        assert(comparison.rows.items[i].verdict == COMPARE_SAME ||
               comparison.rows.items[i].verdict == COMPARE_TOO_FEW ||
               comparison.rows.items[i].verdict == COMPARE_TOO_SHORT);
    compare_print(&page, &comparison);
    compare_release(&comparison);

    struct saved *const twice[] = {saved, saved};
    struct saved *merged = saved_merge(twice, 2, &err);
    if (merged != NULL) {
        buf_clear(&text);
        write_text(&text, merged);
    }
    saved_free(merged);
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct catalog *catalog = catalog_new();
    struct saved *saved = read_bytes(data, size, catalog);
    if (saved != NULL) {
        write_again(saved);
        use(saved);
    }
    saved_free(saved);
    catalog_free(catalog);
    return 0;
}

/*
 * Stands in for libFuzzer where the compiler has none: gives the target every
 * file named, or in a directory named, and every beginning of the short ones.
 *
 *     fuzz_url tests/fuzz/corpus/url
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SHORT = 1024 };

/* A copy of exactly the size, so that a sanitizer sees a read beyond it. */
static void give(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (!copy)
        abort();
    if (size > 0)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int replay_file(const char *path, long size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    if (!f || !data || fread(data, 1, (size_t)size, f) != (size_t)size) {
        perror(path);
        exit(1);
    }
    fclose(f);
    give(data, (size_t)size);
    for (long n = 0; n < size && size <= SHORT; n++)
        give(data, (size_t)n);
    free(data);
    return 1;
}

/* How many files were given. */
static int replay(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        perror(path);
        exit(1);
    }
    if (!S_ISDIR(info.st_mode))
        return replay_file(path, (long)info.st_size);

    DIR *dir = opendir(path);
    if (!dir) {
        perror(path);
        exit(1);
    }
    int files = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        char inner[4096];
        snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        files += replay(inner);
    }
    closedir(dir);
    return files;
}

int main(int argc, char **argv)
{
    int files = 0;
    for (int i = 1; i < argc; i++)
        if (argv[i][0] != '-') /* libFuzzer's options say nothing here */
            files += replay(argv[i]);
    printf("%d files\n", files);
    return files > 0 ? 0 : 1;
}

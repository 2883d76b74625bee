#include "tests/fuzz/memfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void memfile_open(int file)
{
    const int made = memfd_create("fuzz", MFD_CLOEXEC);
    if (made < 0 || dup2(made, file) != file)
        abort();
    close(made);
}

void memfile_write(int file, const void *octets, size_t len)
{
    if (fcntl(file, F_GETFD) < 0)
        memfile_open(file);
    if (ftruncate(file, 0) != 0 || pwrite(file, octets, len, 0) != (ssize_t)len)
        abort();
}

size_t memfile_split(const uint8_t *octets, size_t len)
{
    static const char mark[] = "\n%%\n";
    const size_t mark_len = sizeof mark - 1;
    const uint8_t *found = memmem(octets, len, mark, mark_len);
    const size_t first_len = found != NULL ? (size_t)(found - octets) + 1 : len;
    const size_t second_at = found != NULL ? (size_t)(found - octets) + mark_len : len;

    memfile_write(MEMFILE_FIRST, octets, first_len);
    memfile_write(MEMFILE_SECOND, octets + second_at, len - second_at);
    return first_len;
}

#include "health/board.h"

#include <stddef.h>
#include <sys/mman.h>

struct board *board_new(void)
{
    /* Zero pages: every target starts as HEALTH_UNKNOWN, and untouched words cost nothing. */
    void *pages = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

void board_free(struct board *board)
{
    if (board != NULL)
        munmap(board, sizeof *board);
}

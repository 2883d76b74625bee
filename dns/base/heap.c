#include "dns/base/heap.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

enum { MAPPED = 128 * 1024 };

void heap_init(void)
{
    mallopt(M_MMAP_THRESHOLD, MAPPED);
}

void heap_trim(void)
{
    malloc_trim(0);
}

#else

void heap_init(void)
{
}

void heap_trim(void)
{
}

#endif

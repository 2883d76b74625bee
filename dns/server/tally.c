#include "dns/server/tally.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "geo/region.h"
#include "zones/service.h"

struct tally *tally_new(void)
{
    struct tally *tally = aligned_alloc(64, (sizeof *tally + 63) / 64 * 64);
    if (tally == NULL)
        return NULL;
    /* Address space for every id there can be; the kernel gives pages as they are counted in. */
    void *named = mmap(NULL, TALLY_NAMED * sizeof(struct counter), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (named == MAP_FAILED) {
        free(tally);
        return NULL;
    }
    *tally = (struct tally){ .named = named };
    return tally;
}

void tally_free(struct tally *tally)
{
    if (tally == NULL)
        return;
    munmap(tally->named, TALLY_NAMED * sizeof(struct counter));
    free(tally);
}

static void count_named(struct tally *tally, uint32_t id)
{
    if (id < TALLY_NAMED)
        counter_add(&tally->named[id], 1);
}

void tally_query(struct tally *tally, enum transport transport, const struct query_note *note,
                 size_t len)
{
    counter_add(&tally->queries[transport], 1);
    if (note->malformed)
        counter_add(&tally->malformed, 1);
    if (note->zone != NULL)
        count_named(tally, note->zone->counter_id);
    if (len == 0)
        return;

    const size_t rcode = note->rcode < TALLY_RCODES - 1 ? note->rcode : TALLY_RCODES - 1;
    counter_add(&tally->rcodes[rcode], 1);
    if (note->truncated)
        counter_add(&tally->truncated, 1);
    if (note->service != NULL && note->region < note->service->region_count)
        count_named(tally, note->service->regions[note->region].counter_id);
}

enum transport tally_transport(const struct client *client)
{
    const bool v6 = client->source.family == FAMILY_V6;
    if (client->stream)
        return v6 ? TRANSPORT_TCP6 : TRANSPORT_TCP4;
    return v6 ? TRANSPORT_UDP6 : TRANSPORT_UDP4;
}

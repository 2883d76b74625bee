#include "tools/load_flight.h"

#include <stddef.h>
#include <string.h>

void flight_init(struct flight *flight)
{
    memset(flight, 0, sizeof *flight);
    flight->oldest = flight->newest = FLIGHT_NONE;
    for (unsigned i = 0; i < FLIGHT_IDS; i++)
        flight->free[i] = (uint16_t)i;
}

uint16_t flight_depart(struct flight *flight, uint32_t query, uint64_t due_ns, uint64_t sent_ns)
{
    const uint16_t id = flight->free[flight->next_free];
    struct flight_slot *slot = &flight->slots[id];

    flight->next_free = (flight->next_free + 1) % FLIGHT_IDS;
    *slot = (struct flight_slot){
        .due_ns = due_ns,
        .sent_ns = sent_ns,
        .query = query,
        .older = flight->newest,
        .newer = FLIGHT_NONE,
        .away = true,
    };
    if (flight->newest == FLIGHT_NONE)
        flight->oldest = id;
    else
        flight->slots[flight->newest].newer = id;
    flight->newest = id;
    flight->away++;
    return id;
}

const struct flight_slot *flight_find(const struct flight *flight, unsigned id)
{
    if (id >= FLIGHT_IDS || !flight->slots[id].away)
        return NULL;
    return &flight->slots[id];
}

void flight_land(struct flight *flight, uint16_t id)
{
    struct flight_slot *slot = &flight->slots[id];

    if (slot->older == FLIGHT_NONE)
        flight->oldest = slot->newer;
    else
        flight->slots[slot->older].newer = slot->newer;
    if (slot->newer == FLIGHT_NONE)
        flight->newest = slot->older;
    else
        flight->slots[slot->newer].older = slot->older;
    slot->away = false;
    /* Behind all that rest already: those in use are in front of next_free. */
    flight->free[(flight->next_free + FLIGHT_IDS - flight->away) % FLIGHT_IDS] = id;
    flight->away--;
}

uint32_t flight_expire(struct flight *flight, uint64_t before_ns)
{
    uint32_t count = 0;

    while (flight->oldest != FLIGHT_NONE && flight->slots[flight->oldest].sent_ns < before_ns) {
        flight_land(flight, flight->oldest);
        count++;
    }
    return count;
}

#include "geo/gazetteer.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/hash.h"
#include "dns/base/intern.h"
#include "geo/centres.h"

/*
 * A place as numbers, so that equal places are equal octets: no padding, and
 * the same spelling of "unknown" everywhere. Texts are ids of the intern set;
 * 0 is the empty one.
 */
struct facts {
    uint32_t continent;
    uint32_t country;
    uint32_t subdivision[PLACE_SUBDIVISIONS];
    uint32_t city;
    uint32_t asn;
    uint16_t fix; /* enum place_fix; PLACE_COUNTRY only once settled */
    uint16_t accuracy_km;
    double latitude;
    double longitude;
};
_Static_assert(sizeof(struct facts) == 48, "padding would be compared");

/*
 *   slots  [ - 2 - 0 - - 1 - ]   ids by hash, linear probing, at most half full
 *   items  [ 0 1 2 ]             by id
 *
 * There are hundreds of thousands of them: a slot repeats its hash, so that
 * passing one by does not fetch an item from far away.
 */
struct fact_slot {
    uint32_t id; /* FREE when free */
    uint32_t hash;
};

struct fact_set {
    struct facts *items;
    struct fact_slot *slots; /* 2 * cap of them, a power of two */
    uint32_t count, cap;
};

enum { CAP_FIRST = 1024, CAP_MOST = 1 << 30 };
static const uint32_t FREE = UINT32_MAX;

struct gazetteer {
    struct intern *texts;
    struct fact_set gathered;
    uint32_t *ids;   /* 1 + the id that a gathered place will have; 0: not settled */
    uint32_t *order; /* the gathered place of each such id */
    uint32_t settled_count, settled_cap;
    struct place *places;
    size_t place_count;
};

/* ---- sets of facts --------------------------------------------------------- */

static void fact_set_release(struct fact_set *set)
{
    free(set->items);
    free(set->slots);
    *set = (struct fact_set){ 0 };
}

static uint32_t facts_hash(const struct facts *facts)
{
    uint64_t words[sizeof *facts / sizeof(uint64_t)];
    memcpy(words, facts, sizeof words);
    uint64_t hash = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        hash = hash_mix(hash + words[i] + 0x9e3779b97f4a7c15u);
    return (uint32_t)hash;
}

/* The slot that holds equal facts, or the free one where they belong. */
static struct fact_slot *fact_set_slot(const struct fact_set *set, const struct facts *facts,
                                       uint32_t hash)
{
    const size_t mask = (size_t)set->cap * 2 - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        struct fact_slot *slot = &set->slots[at];
        if (slot->id == FREE ||
            (slot->hash == hash && memcmp(&set->items[slot->id], facts, sizeof *facts) == 0))
            return slot;
    }
}

static bool fact_set_grow(struct fact_set *set)
{
    if (set->cap == CAP_MOST)
        return false;
    const uint32_t cap = set->cap == 0 ? CAP_FIRST : set->cap * 2;
    const size_t mask = (size_t)cap * 2 - 1;
    struct facts *items = reallocarray(set->items, cap, sizeof *items);
    if (items == NULL)
        return false;
    set->items = items;
    struct fact_slot *slots = reallocarray(NULL, cap, 2 * sizeof *slots);
    if (slots == NULL)
        return false;

    memset(slots, 0xff, (mask + 1) * sizeof *slots);
    for (size_t i = 0; i < (size_t)set->cap * 2; i++) {
        if (set->slots[i].id == FREE)
            continue;
        size_t at = set->slots[i].hash & mask;
        while (slots[at].id != FREE)
            at = (at + 1) & mask;
        slots[at] = set->slots[i];
    }
    free(set->slots);
    set->slots = slots;
    set->cap = cap;
    return true;
}

static enum status fact_set_add(struct fact_set *set, const struct facts *facts, uint32_t *id)
{
    if (set->count == set->cap && !fact_set_grow(set))
        return STATUS_MEMORY;
    const uint32_t hash = facts_hash(facts);
    struct fact_slot *slot = fact_set_slot(set, facts, hash);
    if (slot->id == FREE) {
        set->items[set->count] = *facts;
        *slot = (struct fact_slot){ set->count++, hash };
    }
    *id = slot->id;
    return STATUS_OK;
}

/* ---- from records to facts ------------------------------------------------- */

static enum status text_add(struct gazetteer *gazetteer, const char *octets, size_t len,
                            uint32_t *id)
{
    *id = intern_add(gazetteer->texts, octets, len);
    return *id == INTERN_NONE ? STATUS_MEMORY : STATUS_OK;
}

static enum status code_add(struct gazetteer *gazetteer, struct record_text code, uint32_t *id)
{
    char upper[2];
    for (size_t i = 0; i < code.len && i < sizeof upper; i++)
        upper[i] = (char)toupper((unsigned char)code.octets[i]);
    return text_add(gazetteer, upper, code.len < sizeof upper ? code.len : sizeof upper, id);
}

/* "US-CA" or "US-California": without its country a subdivision says nothing. */
static enum status subdivision_add(struct gazetteer *gazetteer, const struct record *record,
                                   struct record_text text, uint32_t *id)
{
    char joined[3 + RECORD_TEXT_LIMIT];
    *id = 0;
    if (record->country.len != 2 || text.len == 0 || text.len > RECORD_TEXT_LIMIT)
        return STATUS_OK;
    joined[0] = (char)toupper((unsigned char)record->country.octets[0]);
    joined[1] = (char)toupper((unsigned char)record->country.octets[1]);
    joined[2] = '-';
    memcpy(joined + 3, text.octets, text.len);
    return text_add(gazetteer, joined, 3 + text.len, id);
}

enum status gazetteer_add(struct gazetteer *gazetteer, const struct record *record, uint32_t *id)
{
    struct facts facts = { .asn = record->asn };
    if (code_add(gazetteer, record->continent, &facts.continent) != STATUS_OK ||
        code_add(gazetteer, record->country, &facts.country) != STATUS_OK ||
        text_add(gazetteer, record->city.octets, record->city.len, &facts.city) != STATUS_OK)
        return STATUS_MEMORY;
    for (size_t i = 0; i < PLACE_SUBDIVISIONS; i++)
        if (subdivision_add(gazetteer, record, record->subdivision[i], &facts.subdivision[i]) !=
            STATUS_OK)
            return STATUS_MEMORY;
    if (record->has_location) {
        facts.fix = PLACE_EXACT;
        facts.accuracy_km = record->accuracy_km;
        /* Adding zero makes -0.0 equal to 0.0 in its octets too. */
        facts.latitude = record->latitude + 0.0;
        facts.longitude = record->longitude + 0.0;
    }
    return fact_set_add(&gazetteer->gathered, &facts, id);
}

enum status gazetteer_merge(struct gazetteer *gazetteer, uint32_t first, uint32_t second,
                            uint32_t *id)
{
    struct facts facts = gazetteer->gathered.items[first];
    const struct facts *other = &gazetteer->gathered.items[second];

    if (facts.continent == 0)
        facts.continent = other->continent;
    if (facts.country == 0)
        facts.country = other->country;
    if (facts.subdivision[0] == 0)
        memcpy(facts.subdivision, other->subdivision, sizeof facts.subdivision);
    if (facts.city == 0)
        facts.city = other->city;
    if (facts.asn == 0)
        facts.asn = other->asn;
    if (facts.fix == PLACE_NOWHERE) {
        facts.fix = other->fix;
        facts.accuracy_km = other->accuracy_km;
        facts.latitude = other->latitude;
        facts.longitude = other->longitude;
    }
    return fact_set_add(&gazetteer->gathered, &facts, id);
}

/* ---- settling and freezing ------------------------------------------------- */

static const char *text_get(const struct gazetteer *gazetteer, uint32_t id)
{
    return intern_get(gazetteer->texts, id, NULL);
}

/* Room to settle everything that is gathered now. */
static bool settled_grow(struct gazetteer *gazetteer)
{
    const uint32_t cap = gazetteer->gathered.cap, before = gazetteer->settled_cap;
    uint32_t *ids = reallocarray(gazetteer->ids, cap, sizeof *ids);
    if (ids == NULL)
        return false;
    memset(ids + before, 0, (cap - before) * sizeof *ids);
    gazetteer->ids = ids;
    uint32_t *order = reallocarray(gazetteer->order, cap, sizeof *order);
    if (order == NULL)
        return false;
    gazetteer->order = order;
    gazetteer->settled_cap = cap;
    return true;
}

/*
 * Country-level records of city databases carry the geographic centre of the
 * country (in the United States a lake, in Canada tundra), where nobody lives. A
 * record that names neither a city nor a subdivision is taken for one of them,
 * unless it says that its coordinates are good for less than VAGUE_KM.
 */
enum { VAGUE_KM = 100 };

static bool facts_are_vague(const struct facts *facts)
{
    return facts->city == 0 && facts->subdivision[0] == 0 &&
           (facts->accuracy_km == 0 || facts->accuracy_km >= VAGUE_KM);
}

/* What the record leaves to be known from elsewhere. True when it became another place by that. */
static bool facts_complete(struct gazetteer *gazetteer, struct facts *facts, enum status *status)
{
    const struct facts before = *facts;
    const struct centre *centre =
        facts->country != 0 ? centre_find(text_get(gazetteer, facts->country)) : NULL;

    *status = STATUS_OK;
    if (centre == NULL)
        return false;
    if (facts->continent == 0)
        *status = text_add(gazetteer, centre->continent, 2, &facts->continent);
    if (facts->fix == PLACE_NOWHERE || facts_are_vague(facts)) {
        facts->fix = PLACE_COUNTRY;
        facts->accuracy_km = 0;
        facts->latitude = (double)centre->latitude;
        facts->longitude = (double)centre->longitude;
    }
    return memcmp(&before, facts, sizeof before) != 0;
}

enum status gazetteer_settle(struct gazetteer *gazetteer, uint32_t id, uint32_t *settled)
{
    struct facts facts = gazetteer->gathered.items[id];
    enum status status;

    /* Completed, it may say what another one has said from the start. */
    if (facts_complete(gazetteer, &facts, &status) && status == STATUS_OK)
        status = fact_set_add(&gazetteer->gathered, &facts, &id);
    if (status != STATUS_OK)
        return status;
    if (id >= gazetteer->settled_cap && !settled_grow(gazetteer))
        return STATUS_MEMORY;
    if (gazetteer->ids[id] == 0) {
        gazetteer->order[gazetteer->settled_count++] = id;
        gazetteer->ids[id] = gazetteer->settled_count;
    }
    *settled = gazetteer->ids[id] - 1;
    return STATUS_OK;
}

static void settled_release(struct gazetteer *gazetteer)
{
    free(gazetteer->ids);
    free(gazetteer->order);
    gazetteer->ids = gazetteer->order = NULL;
}

enum status gazetteer_freeze(struct gazetteer *gazetteer)
{
    const uint32_t count = gazetteer->settled_count;
    struct place *places = reallocarray(NULL, count, sizeof *places);
    if (places == NULL)
        return STATUS_MEMORY;

    for (uint32_t i = 0; i < count; i++) {
        const struct facts *facts = &gazetteer->gathered.items[gazetteer->order[i]];
        places[i] = (struct place){
            .continent = text_get(gazetteer, facts->continent),
            .country = text_get(gazetteer, facts->country),
            .city = text_get(gazetteer, facts->city),
            .asn = facts->asn,
            .fix = (enum place_fix)facts->fix,
            .latitude = facts->latitude,
            .longitude = facts->longitude,
            .accuracy_km = facts->accuracy_km,
        };
        for (size_t j = 0; j < PLACE_SUBDIVISIONS; j++)
            places[i].subdivision[j] = text_get(gazetteer, facts->subdivision[j]);
    }
    gazetteer->places = places;
    gazetteer->place_count = count;
    fact_set_release(&gazetteer->gathered);
    settled_release(gazetteer);
    return STATUS_OK;
}

size_t gazetteer_count(const struct gazetteer *gazetteer)
{
    return gazetteer->place_count;
}

const struct place *gazetteer_place(const struct gazetteer *gazetteer, uint32_t id)
{
    return &gazetteer->places[id];
}

/* ---- life ------------------------------------------------------------------ */

struct gazetteer *gazetteer_new(void)
{
    static const struct facts nothing;
    struct gazetteer *gazetteer = calloc(1, sizeof *gazetteer);
    if (gazetteer == NULL)
        return NULL;

    /* Text 0 is the empty one, and place 0, before and after settling, knows nothing. */
    uint32_t id;
    gazetteer->texts = intern_new();
    if (gazetteer->texts == NULL || text_add(gazetteer, "", 0, &id) != STATUS_OK ||
        fact_set_add(&gazetteer->gathered, &nothing, &id) != STATUS_OK ||
        gazetteer_settle(gazetteer, id, &id) != STATUS_OK) {
        gazetteer_free(gazetteer);
        return NULL;
    }
    return gazetteer;
}

void gazetteer_free(struct gazetteer *gazetteer)
{
    if (gazetteer == NULL)
        return;
    fact_set_release(&gazetteer->gathered);
    settled_release(gazetteer);
    intern_free(gazetteer->texts);
    free(gazetteer->places);
    free(gazetteer);
}

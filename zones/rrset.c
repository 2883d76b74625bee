#include "zones/rrset.h"

#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"

/* Where a type has the names that may be compressed. */
struct places {
    uint8_t lead;
    uint8_t names;
};

/*
 * In all types of RFC 1035 they stand side by side, behind fields of fixed
 * size (rrtype.h, `layout`). Newer types have none.
 */
static struct places places_of(uint16_t type)
{
    const struct rrtype_row *row = rrtype_find(type);
    const char *field = row != NULL ? row->layout : "";
    struct places places = { 0 };
    unsigned lead = 0;

    for (; *field >= '1' && *field <= '4'; field++)
        lead += (unsigned)(*field - '0');
    for (; *field == 'c'; field++)
        places.names++;
    if (places.names > 0)
        places.lead = (uint8_t)lead;
    return places;
}

size_t rrset_cuts_len(uint16_t type, size_t count)
{
    return count * places_of(type).names * sizeof(struct rrset_cut);
}

/* The first name of an rrset, to which later ones may point. */
struct first {
    const uint8_t *name; /* NULL: none yet */
    const struct rrset_cut *cut;
};

/* The longest ending that the owner or the first name can lend; of equals, the owner's. */
static struct rrset_cut cut_of(const uint8_t *name, const uint8_t *owner, const struct first *first)
{
    const size_t len = name_len(name);
    const size_t of_owner = name_shared_len(name, owner);
    const size_t of_first = first->name != NULL ? name_shared_len(name, first->name) : 0;
    struct rrset_cut cut = { .len = (uint8_t)len, .kept = (uint8_t)len };

    /* What the first name has in common must begin where it is written itself. */
    if (of_first > of_owner && of_first > 1 && first->cut->len - of_first < first->cut->kept) {
        cut.kept = (uint8_t)(len - of_first);
        cut.base = RRSET_BASE_FIRST;
        cut.distance = (uint8_t)(first->cut->len - of_first);
    } else if (of_owner > 1) {
        cut.kept = (uint8_t)(len - of_owner);
        cut.base = RRSET_BASE_OWNER;
        cut.distance = (uint8_t)of_owner;
    }
    return cut;
}

/* False when an rdata is shorter than its type promises: then it is left as it is. */
static bool cuts_make(const struct rrset *rrset, const uint8_t *owner, struct rrset_cut *cut)
{
    struct first first = { NULL, cut };
    const uint8_t *at = rrset->rdata;

    for (unsigned i = 0; i < rrset->count; i++) {
        uint16_t len;
        const uint8_t *rdata = rrset_next(&at, &len);
        struct reader reader = reader_over(rdata, len);

        reader_take(&reader, rrset->lead);
        for (unsigned n = 0; n < rrset->names; n++) {
            const uint8_t *name = name_read(&reader);
            if (name == NULL)
                return false;
            *cut++ = cut_of(name, owner, &first);
            if (first.name == NULL)
                first.name = name;
        }
    }
    return true;
}

/* In minimal answers these alone take others along (dns/server/answer.c). */
static bool is_helped(uint16_t type)
{
    return type == RRTYPE_NS || type == RRTYPE_SVCB || type == RRTYPE_HTTPS;
}

void rrset_prepare(struct rrset *rrset, const uint8_t *owner, struct rrset_cut *cuts)
{
    const struct places places = places_of(rrset->type);
    const uint8_t *lender = name_is_wildcard(owner) ? name_parent(owner) : owner;

    rrset->lead = places.lead;
    rrset->names = places.names;
    rrset->form = RRSET_UNKNOWN;
    if (cuts_make(rrset, lender, cuts))
        rrset->form = is_helped(rrset->type) ? RRSET_HELPED : RRSET_ALONE;
}

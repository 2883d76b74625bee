#include "zones/rrset_room.h"

#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"

enum {
    HEADER = 12,
    QUESTION = 4,             /* behind its name: type and class */
    POINTER = 2,              /* what a name takes that stood before */
    RECORD = POINTER + 10     /* before the rdata: owner, type, class, TTL, length */
};

/* What pointers could save in the rdata; a root takes less than a pointer. */
static size_t saving(uint16_t type, const struct builder_record *record)
{
    size_t saved = 0;
    size_t offset = 0;
    unsigned field = 0;
    bool compressible;
    while (rrtype_next_name(type, record->rdata, record->rdata_len, &offset, &field,
                            &compressible)) {
        const size_t len = name_len(record->rdata + offset);
        if (compressible && len > POINTER)
            saved += len - POINTER;
    }
    return saved;
}

size_t rrset_room(const struct builder_node *node, const struct builder_rrset *rrset)
{
    size_t room = HEADER + name_len(node->owner) + QUESTION;
    for (uint32_t i = 0; i < rrset->count; i++) {
        const struct builder_record *record = &rrset->records[i];
        room += RECORD + record->rdata_len - saving(rrset->type, record);
    }
    return room;
}

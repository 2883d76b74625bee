#ifndef MERIDIAN_TESTS_ZONES_SKETCH_H
#define MERIDIAN_TESTS_ZONES_SKETCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/base/arena.h"
#include "dns/base/prefix.h"
#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "zones/builder.h"
#include "zones/zonedb.h"

/*
 * Zones sketched in a table, without files: what twins above the zone file
 * need. Every record has TTL 3600 but the SOA, whose negative TTL is 300.
 */
enum { SKETCH_TTL = 3600, SKETCH_NEGATIVE_TTL = 300, SKETCH_SERIAL = 7 };

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct sketch_record {
    const char *owner; /* absolute */
    uint16_t type;
    const char *rdata; /* a name (of MX and HTTPS: after the 10); an address; else octets */
};

/* A wire name in one of sixteen buffers that take turns. */
static inline const uint8_t *wire(const char *text)
{
    static uint8_t names[16][NAME_MAX_LEN];
    static unsigned turn;
    uint8_t *name = names[turn++ % 16];
    const char *why = NULL;

    if (!name_from_text(text, strlen(text), NULL, name, &why))
        fail_msg("%s: %s", text, why);
    return name;
}

static inline uint16_t sketch_name(const char *text, uint8_t *out)
{
    const uint8_t *name = wire(text);
    memcpy(out, name, name_len(name));
    return (uint16_t)name_len(name);
}

static inline uint16_t sketch_soa(const char *apex, uint8_t *out)
{
    static const uint8_t numbers[20] = {
        [3] = SKETCH_SERIAL, [18] = SKETCH_NEGATIVE_TTL >> 8, [19] = SKETCH_NEGATIVE_TTL & 0xff
    };
    uint16_t len = sketch_name(apex, out);

    len = (uint16_t)(len + sketch_name(apex, out + len));
    memcpy(out + len, numbers, sizeof numbers);
    return (uint16_t)(len + sizeof numbers);
}

static inline uint16_t sketch_rdata(const struct sketch_record *record, uint8_t *out)
{
    struct address address;

    switch (record->type) {
    case RRTYPE_NS:
    case RRTYPE_CNAME:
    case RRTYPE_DNAME:
        return sketch_name(record->rdata, out);
    case RRTYPE_SOA:
        return sketch_soa(record->rdata, out);
    case RRTYPE_A:
    case RRTYPE_AAAA:
        assert_true(address_parse(record->rdata, &address));
        memcpy(out, address.octets, family_bits(address.family) / 8);
        return family_bits(address.family) / 8;
    case RRTYPE_MX:
    case RRTYPE_HTTPS:
        out[0] = 0;
        out[1] = 10;
        return (uint16_t)(2 + sketch_name(record->rdata, out + 2));
    case RRTYPE_TXT:
        out[0] = (uint8_t)strlen(record->rdata);
        memcpy(out + 1, record->rdata, out[0]);
        return (uint16_t)(1 + out[0]);
    default:
        memcpy(out, record->rdata, strlen(record->rdata));
        return (uint16_t)strlen(record->rdata);
    }
}

/* A builder with an SOA, an NS and the records; freeze it with sketch_freeze(). */
static inline struct builder *sketch_begin(struct arena *arena, const char *apex,
                                           const struct sketch_record *records, size_t count)
{
    const struct sketch_record head[] = { { apex, RRTYPE_SOA, apex },
                                          { apex, RRTYPE_NS, "ns.elsewhere.test." } };
    const struct diag diag = { .file = "sketch" };
    struct builder *builder = builder_new(wire(apex), arena);
    uint8_t rdata[1024];

    assert_non_null(builder);
    for (size_t i = 0; i < COUNT(head) + count; i++) {
        const struct sketch_record *record = i < COUNT(head) ? &head[i] : &records[i - COUNT(head)];
        const uint16_t len = sketch_rdata(record, rdata);
        assert_int_equal(
            builder_add(builder, &diag, wire(record->owner), record->type, SKETCH_TTL, rdata, len),
            STATUS_OK);
    }
    return builder;
}

static inline const struct zone *sketch_freeze(struct builder *builder)
{
    struct zone *zone;
    char name[NAME_TEXT];

    assert_int_equal(
        builder_freeze(builder, name_to_label_text(builder_apex(builder), name), &zone), STATUS_OK);
    builder_free(builder);
    return zone;
}

static inline const struct zone *sketch_zone(struct arena *arena, const char *apex,
                                             const struct sketch_record *records, size_t count)
{
    return sketch_freeze(sketch_begin(arena, apex, records, count));
}

/* A zone whose files could not be loaded. */
static inline const struct zone *sketch_broken_zone(struct arena *arena, const char *apex)
{
    struct zone *zone = ARENA_NEW(arena, struct zone);
    const uint8_t *name = wire(apex);

    assert_non_null(zone);
    zone->apex = arena_copy(arena, name, name_len(name), 1);
    assert_non_null(zone->apex);
    zone->apex_labels = (uint8_t)name_labels(name);
    zone->name = "broken";
    return zone;
}

#endif

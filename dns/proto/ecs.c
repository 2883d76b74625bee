#include "dns/proto/ecs.h"

#include <string.h>

#include "dns/base/run.h"
#include "dns/proto/reader.h"

enum { ECS_HEAD_LEN = 4 }; /* family, source and scope prefix */

static size_t address_octets(uint8_t source_prefix)
{
    return (source_prefix + 7u) / 8;
}

/* Whether a bit of the last octet that the prefix touches lies beyond the prefix. */
static bool has_stray_bits(const uint8_t *address, uint8_t source_prefix)
{
    if (source_prefix % 8 == 0)
        return false;
    return (address[source_prefix / 8] & 0xffu >> source_prefix % 8) != 0;
}

/*
 * RFC 7871 section 6: the address has exactly as many octets as the source
 * prefix covers, and every bit after that prefix is zero; in a query the scope
 * prefix is zero (section 7.1.2). Anything else earns the sender a FORMERR, "as
 * a signal to the software developer making the request".
 *
 * A family that is neither IPv4 nor IPv6 has no known number of bits, so the
 * option cannot be told from a broken one and is refused like one. Family 0 is
 * the exception when it carries nothing (source prefix 0, no address): stubs
 * that only want to opt out send it, and section 7.1.2 makes the family of an
 * empty address a mere SHOULD. It is echoed as sent.
 */
bool ecs_parse(const uint8_t *option, size_t len, struct ecs *out)
{
    if (len < ECS_HEAD_LEN)
        return false;
    const uint16_t family = octets_u16(option);
    const uint8_t source_prefix = option[2];
    const uint8_t scope_prefix = option[3];
    const uint8_t *address = option + ECS_HEAD_LEN;

    if (len != ECS_HEAD_LEN + address_octets(source_prefix))
        return false;
    if (family > FAMILY_V6 || source_prefix > family_bits(family) || scope_prefix != 0)
        return false;
    if (has_stray_bits(address, source_prefix))
        return false;

    *out = (struct ecs){ .family = family, .source_prefix = source_prefix };
    run_copy(out->address, address, address_octets(source_prefix));
    return true;
}

size_t ecs_write(const struct ecs *ecs, uint8_t out[ECS_MAX_LEN])
{
    out[0] = (uint8_t)(ecs->family >> 8);
    out[1] = (uint8_t)ecs->family;
    out[2] = ecs->source_prefix;
    out[3] = ecs->scope_prefix;
    run_copy(out + ECS_HEAD_LEN, ecs->address, address_octets(ecs->source_prefix));
    return ecs_len(ecs);
}

bool ecs_prefix(const struct ecs *ecs, struct prefix *out)
{
    if (ecs->family == FAMILY_NONE || ecs->source_prefix == 0)
        return false;
    *out =
        (struct prefix){ .address = { .family = (uint8_t)ecs->family }, .len = ecs->source_prefix };
    memcpy(out->address.octets, ecs->address, sizeof ecs->address);
    return true;
}

#include "tests/fuzz/response.h"

#include <string.h>

enum { HEADER = 12, NAME_LIMIT = 255, RECORDS_COMPARED = 512 };
enum { TYPE_A = 1, TYPE_AAAA = 28, TYPE_OPT = 41, OPTION_ECS = 8 };

struct check {
    const uint8_t *octets;
    size_t len;
    size_t at;
    const char *fault;
    struct response *out;
    uint64_t seen[RECORDS_COMPARED]; /* hashes of whole records */
    size_t seen_count;
};

static bool fail(struct check *check, const char *fault)
{
    if (check->fault == NULL)
        check->fault = fault;
    return false;
}

static unsigned u16_at(const struct check *check, size_t at)
{
    return (unsigned)check->octets[at] << 8 | check->octets[at + 1];
}

static uint64_t hash_octet(uint64_t hash, unsigned octet)
{
    return (hash ^ octet) * 0x100000001b3u;
}

/* Labels count for the hash in lower case. */
static void hash_label(uint64_t *hash, const uint8_t *label)
{
    for (unsigned i = 0; i <= label[0]; i++)
        *hash = hash_octet(*hash, label[i] >= 'A' && label[i] <= 'Z' ? label[i] + 32u : label[i]);
}

/* The name at `at`, whose own octets must end before `end`; check->at goes behind it. */
static bool read_name(struct check *check, size_t end, bool may_point, uint64_t *hash)
{
    size_t at = check->at;
    size_t lowest = check->at; /* a pointer leads to before everything read so far */
    size_t total = 0;
    bool jumped = false;

    for (;;) {
        if (at >= (jumped ? check->len : end))
            return fail(check, "a name is cut off");
        const unsigned octet = check->octets[at];
        if (octet >= 0xc0) {
            if (at + 2 > (jumped ? check->len : end))
                return fail(check, "a pointer is cut off");
            const size_t target = u16_at(check, at) & 0x3fff;
            if (!may_point)
                return fail(check, "a name is compressed where it must not be");
            if (target < HEADER || target >= lowest)
                return fail(check, "a pointer does not lead backwards");
            if (!jumped)
                check->at = at + 2;
            jumped = true;
            lowest = at = target;
            continue;
        }
        if (octet > 63 || at + 1 + octet > (jumped ? check->len : end))
            return fail(check, "a label is bad");
        total += octet + 1;
        if (total > NAME_LIMIT)
            return fail(check, "a name is over 255 octets");
        hash_label(hash, check->octets + at);
        at += octet + 1;
        if (octet == 0)
            break;
    }
    if (!jumped)
        check->at = at;
    return true;
}

static const struct layout {
    unsigned type;
    unsigned before; /* octets before the first name */
    unsigned names;
    unsigned after; /* least octets behind the last */
    bool may_point;
} layouts[] = {
    { 2, 0, 1, 0, true },   /* NS */
    { 5, 0, 1, 0, true },   /* CNAME */
    { 6, 0, 2, 20, true },  /* SOA */
    { 12, 0, 1, 0, true },  /* PTR */
    { 15, 2, 1, 0, true },  /* MX */
    { 17, 0, 2, 0, false }, /* RP */
    { 33, 6, 1, 0, false }, /* SRV */
    { 39, 0, 1, 0, false }, /* DNAME */
    { 64, 2, 1, 0, false }, /* SVCB */
    { 65, 2, 1, 0, false }, /* HTTPS */
};

static bool hash_octets(struct check *check, size_t end, size_t count, uint64_t *hash)
{
    if (count > end - check->at)
        return fail(check, "rdata is too short");
    while (count-- > 0)
        *hash = hash_octet(*hash, check->octets[check->at++]);
    return true;
}

static bool read_rdata(struct check *check, unsigned type, size_t end, uint64_t *hash)
{
    const size_t len = end - check->at;
    if ((type == TYPE_A && len != 4) || (type == TYPE_AAAA && len != 16))
        return fail(check, "an address has a wrong length");
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        const struct layout *layout = &layouts[i];
        if (layout->type != type)
            continue;
        if (!hash_octets(check, end, layout->before, hash))
            return false;
        for (unsigned n = 0; n < layout->names; n++)
            if (!read_name(check, end, layout->may_point, hash))
                return false;
        if (end - check->at < layout->after)
            return fail(check, "rdata is too short");
    }
    return hash_octets(check, end, end - check->at, hash);
}

static bool read_options(struct check *check, size_t end)
{
    while (check->at < end) {
        if (end - check->at < 4 || end - check->at - 4 < u16_at(check, check->at + 2))
            return fail(check, "an option is cut off");
        const unsigned len = u16_at(check, check->at + 2);
        if (u16_at(check, check->at) == OPTION_ECS) {
            if (check->out->ecs != NULL)
                return fail(check, "ECS stands there twice");
            check->out->ecs = check->octets + check->at + 4;
            check->out->ecs_len = (uint16_t)len;
        }
        check->at += 4 + len;
    }
    return true;
}

static bool read_opt(struct check *check, size_t owner_at, unsigned section, size_t end)
{
    if (check->out->has_opt)
        return fail(check, "a second OPT");
    if (section != 3 || check->octets[owner_at] != 0)
        return fail(check, "an OPT where none may stand");
    check->out->has_opt = true;
    check->out->rcode = (uint16_t)(check->out->rcode | (unsigned)check->octets[owner_at + 5] << 4);
    return read_options(check, end);
}

static bool remember(struct check *check, uint64_t hash)
{
    for (size_t i = 0; i < check->seen_count; i++)
        if (check->seen[i] == hash)
            return fail(check, "a record stands there twice");
    if (check->seen_count < RECORDS_COMPARED)
        check->seen[check->seen_count++] = hash;
    return true;
}

static bool read_record(struct check *check, unsigned section)
{
    const size_t owner_at = check->at;
    uint64_t hash = 0xcbf29ce484222325u;

    if (!read_name(check, check->len, true, &hash))
        return false;
    const size_t fixed = check->at;
    if (check->len - fixed < 10)
        return fail(check, "a record is cut off");
    const unsigned type = u16_at(check, fixed);
    const size_t rdata_len = u16_at(check, fixed + 8);
    check->at = fixed + 10;
    if (check->len - check->at < rdata_len)
        return fail(check, "rdata is cut off");
    if (type == TYPE_OPT)
        return read_opt(check, owner_at, section, check->at + rdata_len);
    if ((check->octets[fixed + 4] & 0x80) != 0)
        return fail(check, "a TTL is over 2147483647");
    for (unsigned i = 0; i < 4; i++) /* type and class */
        hash = hash_octet(hash, check->octets[fixed + i]);
    return read_rdata(check, type, check->at + rdata_len, &hash) && remember(check, hash);
}

static bool read_message(struct check *check)
{
    struct response *out = check->out;
    uint64_t ignored = 0;

    if (check->len < HEADER)
        return fail(check, "shorter than a header");
    out->id = (uint16_t)u16_at(check, 0);
    out->flags = (uint16_t)u16_at(check, 2);
    out->rcode = out->flags & 15;
    for (unsigned i = 0; i < 4; i++)
        out->counts[i] = (uint16_t)u16_at(check, 4 + 2 * i);
    check->at = HEADER;
    for (unsigned i = 0; i < out->counts[0]; i++) {
        if (!read_name(check, check->len, false, &ignored))
            return false;
        if (check->len - check->at < 4)
            return fail(check, "the question is cut off");
        check->at += 4;
    }
    out->question_len = check->at - HEADER;
    for (unsigned section = 1; section < 4; section++)
        for (unsigned i = 0; i < out->counts[section]; i++)
            if (!read_record(check, section))
                return false;
    return check->at == check->len || fail(check, "octets behind the last section");
}

const char *response_fault(const uint8_t *octets, size_t len, struct response *out)
{
    struct check check;

    memset(out, 0, sizeof *out);
    check.octets = octets;
    check.len = len;
    check.fault = NULL;
    check.out = out;
    check.seen_count = 0;
    read_message(&check);
    return check.fault;
}

#include "dns/proto/rrtype.h"

#include "tests/dns/proto/octets.h"

/* From the IANA registry, independently of the table. */
static const struct {
    const char *mnemonic;
    uint16_t type;
} registry[] = {
    { "A", 1 },           { "NS", 2 },       { "CNAME", 5 },       { "SOA", 6 },
    { "NULL", 10 },       { "WKS", 11 },     { "PTR", 12 },        { "HINFO", 13 },
    { "MINFO", 14 },      { "MX", 15 },      { "TXT", 16 },        { "RP", 17 },
    { "AFSDB", 18 },      { "X25", 19 },     { "ISDN", 20 },       { "RT", 21 },
    { "NSAP-PTR", 23 },   { "SIG", 24 },     { "KEY", 25 },        { "PX", 26 },
    { "AAAA", 28 },       { "LOC", 29 },     { "NXT", 30 },        { "SRV", 33 },
    { "NAPTR", 35 },      { "KX", 36 },      { "CERT", 37 },       { "DNAME", 39 },
    { "OPT", 41 },        { "APL", 42 },     { "DS", 43 },         { "SSHFP", 44 },
    { "IPSECKEY", 45 },   { "RRSIG", 46 },   { "NSEC", 47 },       { "DNSKEY", 48 },
    { "DHCID", 49 },      { "NSEC3", 50 },   { "NSEC3PARAM", 51 }, { "TLSA", 52 },
    { "SMIMEA", 53 },     { "HIP", 55 },     { "CDS", 59 },        { "CDNSKEY", 60 },
    { "OPENPGPKEY", 61 }, { "CSYNC", 62 },   { "ZONEMD", 63 },     { "SVCB", 64 },
    { "HTTPS", 65 },      { "DSYNC", 66 },   { "SPF", 99 },        { "NID", 104 },
    { "L32", 105 },       { "L64", 106 },    { "LP", 107 },        { "EUI48", 108 },
    { "EUI64", 109 },     { "NXNAME", 128 }, { "TKEY", 249 },      { "TSIG", 250 },
    { "IXFR", 251 },      { "AXFR", 252 },   { "MAILB", 253 },     { "MAILA", 254 },
    { "ANY", 255 },       { "*", 255 },      { "URI", 256 },       { "CAA", 257 },
    { "AVC", 258 },       { "DOA", 259 },    { "AMTRELAY", 260 },  { "RESINFO", 261 },
    { "WALLET", 262 },    { "CLA", 263 },    { "IPN", 264 },       { "TA", 32768 },
    { "DLV", 32769 },
};

static void knows_the_registry(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(registry); i++) {
        uint16_t type = 0;
        if (!rrtype_from_text(registry[i].mnemonic, strlen(registry[i].mnemonic), &type) ||
            type != registry[i].type)
            fail_msg("%s is read as %u", registry[i].mnemonic, type);
    }
}

static void every_type_survives_text(void **state)
{
    (void)state;
    unsigned known = 0;
    for (unsigned number = 0; number <= UINT16_MAX; number++) {
        char text[RRTYPE_TEXT];
        uint16_t type = 0;
        rrtype_to_text((uint16_t)number, text);
        assert_true(strlen(text) < RRTYPE_TEXT);
        if (!rrtype_from_text(text, strlen(text), &type) || type != number)
            fail_msg("%u became %s became %u", number, text, type);

        const struct rrtype_row *row = rrtype_find((uint16_t)number);
        if (row == NULL)
            continue;
        known++;
        assert_int_equal(row->type, number);
        if (row->meta && !rrtype_is_meta((uint16_t)number))
            fail_msg("%s: meta in the table only", row->mnemonic);
        if (strspn(row->layout, "cn1246s*") != strlen(row->layout))
            fail_msg("%s: layout %s", row->mnemonic, row->layout);
        const char *rest = strchr(row->layout, '*');
        if (rest != NULL && rest[1] != '\0')
            fail_msg("%s: something follows the rest", row->mnemonic);
        /* RFC 3597 section 4: only types of RFC 1035 may have compressed names. */
        if (strchr(row->layout, 'c') != NULL && number > RRTYPE_MX)
            fail_msg("%s: may not be compressed", row->mnemonic);
        if (row->additional && strpbrk(row->layout, "cn") == NULL)
            fail_msg("%s: additional addresses, but no name", row->mnemonic);
    }
    assert_true(known >= COUNT(registry) - 1);
}

static void reads_types_as_words(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        int type; /* -1: refused */
    } cases[] = {
        { "aaaa", 4, 28 },      { "Https", 5, 65 },       { "nsap-ptr", 8, 23 },
        { "TYPE0", 5, 0 },      { "type1", 5, 1 },        { "TYPE65535", 9, 65535 },
        { "TYPE65536", 9, -1 }, { "TYPE", 4, -1 },        { "TYPE-1", 6, -1 },
        { "TYPE1x", 6, -1 },    { "TYPE100000", 10, -1 }, { "", 0, -1 },
        { "AAA", 3, -1 },       { "AAAAA", 5, -1 },       { "A\0", 2, -1 },
        { "\0", 1, -1 },        { "IN", 2, -1 },          { "1", 1, -1 },
        { "AX", 1, 1 },         { "MXX", 2, 15 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = (char *)octets_copy(cases[i].text, cases[i].len);
        uint16_t type = 4711;
        const bool accepted = rrtype_from_text(text, cases[i].len, &type);
        if (accepted != (cases[i].type >= 0) || type != (accepted ? cases[i].type : 4711))
            fail_msg("'%s' (%zu): %s, type %u", cases[i].text, cases[i].len,
                     accepted ? "accepted" : "refused", type);
        free(text);
    }
}

static void tells_meta_types_from_data(void **state)
{
    (void)state;
    static const uint16_t meta[] = { 0, 41, 128, 200, 249, 250, 251, 252, 253, 254, 255 };
    static const uint16_t data[] = { 1, 10, 40, 42, 54, 99, 127, 256, 257, 32769, 65280, 65535 };
    for (size_t i = 0; i < COUNT(meta); i++) {
        if (!rrtype_is_meta(meta[i]))
            fail_msg("%u is meta", meta[i]);
    }
    for (size_t i = 0; i < COUNT(data); i++) {
        if (rrtype_is_meta(data[i]))
            fail_msg("%u is data", data[i]);
    }
}

#define A_TEST "\1a\4test\0"
#define B_TEST "\1b\4test\0"

static const struct {
    const char *what;
    uint16_t type;
    const char *rdata;
    size_t len;
    struct {
        size_t offset;
        bool compressible;
    } names[2];
    unsigned count;
} rdatas[] = {
    { "A", 1, "\300\0\2\1", 4, { { 0 } }, 0 },
    { "NS", 2, A_TEST, 8, { { 0, true } }, 1 },
    { "SOA", 6, A_TEST B_TEST "12345678901234567890", 36, { { 0, true }, { 8, true } }, 2 },
    { "MX", 15, "\0\12" A_TEST, 10, { { 2, true } }, 1 },
    { "MINFO", 14, A_TEST B_TEST, 16, { { 0, true }, { 8, true } }, 2 },
    { "RP", 17, A_TEST B_TEST, 16, { { 0, false }, { 8, false } }, 2 },
    { "PX", 26, "\0\1" A_TEST B_TEST, 18, { { 2, false }, { 10, false } }, 2 },
    { "SRV", 33, "\0\1\0\2\0\3" A_TEST, 14, { { 6, false } }, 1 },
    { "SRV of the root", 33, "\0\1\0\2\0\3\0", 7, { { 6, false } }, 1 },
    { "NAPTR", 35, "\0\1\0\2\1s\0\2xx" A_TEST, 18, { { 10, false } }, 1 },
    { "DNAME", 39, A_TEST, 8, { { 0, false } }, 1 },
    { "RRSIG", 46, "\0\1\15\3\0\0\0\1\0\0\0\2\0\0\0\3\0\4" A_TEST "sig", 29, { { 18, false } }, 1 },
    { "NSEC", 47, A_TEST "\0\1\100", 11, { { 0, false } }, 1 },
    { "HTTPS", 65, "\0\1" A_TEST "\0\1\0\3\2h2", 17, { { 2, false } }, 1 },
    { "DSYNC", 66, "\0\73\1\0\65" A_TEST, 13, { { 5, false } }, 1 },
    { "TXT", 16, "\7a\4test\0", 8, { { 0 } }, 0 },
    { "an unknown type", 65280, A_TEST, 8, { { 0 } }, 0 },
    { "MX without its name", 15, "\0\12", 2, { { 0 } }, 0 },
    { "MX with half a name", 15, "\0\12\1a\4tes", 8, { { 0 } }, 0 },
    { "MX with a pointer", 15, "\0\12\300\0", 4, { { 0 } }, 0 },
    { "MX cut in its number", 15, "\0", 1, { { 0 } }, 0 },
    { "SOA cut after one name", 6, A_TEST "\1b\4tes", 14, { { 0, true } }, 1 },
    { "NAPTR cut in a string", 35, "\0\1\0\2\1s\0\77xx", 10, { { 0 } }, 0 },
    { "no rdata", 2, "", 0, { { 0 } }, 0 },
};

static void finds_the_names_in_rdata(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rdatas); i++) {
        uint8_t *rdata = octets_copy(rdatas[i].rdata, rdatas[i].len);
        size_t offset = 0;
        unsigned field = 0;
        unsigned count = 0;
        bool compressible;
        while (rrtype_next_name(rdatas[i].type, rdata, rdatas[i].len, &offset, &field,
                                &compressible)) {
            if (count == rdatas[i].count)
                fail_msg("%s: more than %u names", rdatas[i].what, count);
            if (offset != rdatas[i].names[count].offset)
                fail_msg("%s: name %u at %zu", rdatas[i].what, count, offset);
            if (compressible != rdatas[i].names[count].compressible)
                fail_msg("%s: name %u compressed or not", rdatas[i].what, count);
            count++;
        }
        if (count != rdatas[i].count)
            fail_msg("%s: %u names", rdatas[i].what, count);
        free(rdata);
    }
}

static void asks_for_addresses_where_the_rfcs_do(void **state)
{
    (void)state;
    static const uint16_t with[] = { 2, 7, 15, 18, 21, 33, 36, 64, 65 };
    static const uint16_t without[] = { 1, 5, 6, 12, 14, 17, 26, 35, 39, 46, 47, 107 };
    for (size_t i = 0; i < COUNT(with); i++) {
        if (!rrtype_find(with[i])->additional)
            fail_msg("%s wants addresses", rrtype_find(with[i])->mnemonic);
    }
    for (size_t i = 0; i < COUNT(without); i++) {
        if (rrtype_find(without[i])->additional)
            fail_msg("%s wants no addresses", rrtype_find(without[i])->mnemonic);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_registry),
        cmocka_unit_test(every_type_survives_text),
        cmocka_unit_test(reads_types_as_words),
        cmocka_unit_test(tells_meta_types_from_data),
        cmocka_unit_test(finds_the_names_in_rdata),
        cmocka_unit_test(asks_for_addresses_where_the_rfcs_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

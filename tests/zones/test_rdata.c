#include "zones/rdata.h"

#include <ldns/ldns.h>

#include "dns/proto/rrtype.h"
#include "tests/zones/zonetext.h"

static uint16_t type_of(const char *mnemonic)
{
    uint16_t type = 0;
    if (!rrtype_from_text(mnemonic, strlen(mnemonic), &type))
        fail_msg("%s is no type", mnemonic);
    return type;
}

/* The wire form in hex, or the message it was refused with; one buffer. */
static const char *made(const char *mnemonic, const char *text)
{
    static char result[2 * RDATA_MAX_LEN + 1];
    uint8_t *rdata = malloc(RDATA_MAX_LEN);
    uint16_t len = 0;
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "map", .path = "at" };
    assert_non_null(rdata);
    assert_non_null(report);

    if (rdata_from_text(&diag, type_of(mnemonic), text, wire("example."), rdata, &len) ==
        STATUS_OK) {
        assert_int_equal(report_mistakes(report), 0);
        result[0] = '\0';
        for (unsigned i = 0; i < len; i++)
            sprintf(result + 2 * i, "%02x", rdata[i]);
    } else {
        assert_int_equal(report_mistakes(report), 1);
        assert_memory_equal(report_text(report, 0), "map: at: ", 9);
        snprintf(result, sizeof result, "%s", report_text(report, 0) + 9);
    }
    report_free(report);
    free(rdata);
    return result;
}

static const struct {
    const char *type, *text, *hex;
} good[] = {
    { "A", "192.0.2.1", "c0000201" },
    { "A", "\\# 4 C0 00 0201", "c0000201" },
    { "AAAA", "2001:db8::192.0.2.1", "20010db80000000000000000c0000201" },
    { "NS", "ns", "026e73076578616d706c6500" },
    { "NS", "@", "076578616d706c6500" },
    { "NS", "NS.Example.ORG.", "024e53074578616d706c65034f524700" },
    { "CNAME", "a\\.b.", "03612e6200" },
    { "MX", "65535 .", "ffff00" },
    { "SOA", ". . 4294967295 1w2d3h4m5s 0 1M 1h30m",
      "0000ffffffff000c08a5000000000000003c00001518" },
    { "TXT", "a \"b c\" \"\" \\\"\\065\\000", "016103622063000322410" "0" },
    { "SRV", "1 2 3 .", "00010002000300" },
    { "CAA", "0 issue \"ca; a=b\"", "0005697373756563613b20613d62" },
    { "CAA", "128 tbs Unknown", "8003746273556e6b6e6f776e" },
    { "DS", "1 RSASHA256 1 000102030405060708090a0b0c0d0e0f 10111213",
      "0001080100010203040506070809" "0a0b0c0d0e0f10111213" },
    { "DNSKEY", "257 3 13 AAEC Aw==", "0101030d00010203" },
    { "RRSIG", "A 8 2 300 20380119031408 19700101000000 7 . AA==",
      "000108020000012c8000000000000000000700" "00" },
    { "RRSIG", "TYPE65280 8 2 0 4294967295 21060207062816 7 . AA==",
      "ff000802" "00000000" "ffffffff" "00000000" "0007" "00" "00" },
    { "NSEC", ". A TYPE1234 A", "00000140041b000000000000000000000000000000000000000000000000000020" },
    { "NSEC3", "1 0 0 - 00000000000000000000000000000000", "010000000014" "0000000000000000000000000000000000000000" },
    { "NSEC3PARAM", "1 0 10 AAbb", "0100000a02aabb" },
    { "LOC", "0 N 0 E 0", "00121613800000008000000000989680" },
    { "LOC", "90 0 0.000 S 180 W -100000m 0 0.05m 90000000m",
      "00005099" "6cb02700" "59604e00" "00000000" },
    { "APL", "", "" },
    { "APL", "!1:192.0.2.0/24 2:::/0", "000118" "83" "c00002" "00020000" },
    { "EUI48", "00-00-5E-00-53-2a", "00005e00532a" },
    { "NID", "1 1:2:3:4", "00010001000200030004" },
    { "TYPE65280", "\\# 0", "" },
    { "TYPE65280", "\\# 3 01 0203", "010203" },
    { "SVCB", "0 .", "000000" },
    { "SVCB", "1 . port=1 alpn=h2", "00010000010003026832000300020001" },
    { "HTTPS", "1 . alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", "000100000100" "0c08665c6f6f2c626172026832" },
    { "HTTPS", "1 . mandatory=port,alpn alpn=h3 port=0", "000100" "0000000400010003" "0001000302683300" "0300020000" },
    { "HTTPS", "1 . key7=a\\000\\\"b", "000100" "00070004" "61002262" },
    { "HTTPS", "1 . no-default-alpn alpn=\"h2\"", "000100" "00010003026832" "00020000" },
    { "HTTPS", "1 . ipv4hint=192.0.2.1,192.0.2.2 ech=AAEC",
      "000100" "00040008c0000201c0000202" "00050003000102" },
};

static void makes_the_octets_that_the_rfcs_show(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (strcmp(made(good[i].type, good[i].text), good[i].hex) != 0)
            fail_msg("%s %s: %s", good[i].type, good[i].text, made(good[i].type, good[i].text));
    }
}

static const struct {
    const char *type, *text, *message; /* how the message begins */
} bad[] = {
    /* What ldns lets through silently, and more of the kind. */
    { "MX", "70000 a", "'70000' is not a number from 0 to 65535" },
    { "MX", "-1 a", "'-1' is not a number" },
    { "MX", "1x a", "'1x' is not a number" },
    { "MX", "10 a b", "'b' is not expected: the record is complete before it" },
    { "MX", "10", "the record ends before a name" },
    { "MX", "\"10\" a", "a quoted text stands where a number" },
    { "A", "192.0.2", "'192.0.2' is not an IPv4 address" },
    { "A", "192.0.2.256", "'192.0.2.256' is not an IPv4 address" },
    { "A", "192.0.2.01", "'192.0.2.01' is not an IPv4 address" },
    { "A", "192.0.2.1 192.0.2.2", "'192.0.2.2' is not expected" },
    { "A", "", "the record ends before an IPv4 address" },
    { "AAAA", "2001:db8", "'2001:db8' is not an IPv6 address" },
    { "AAAA", "fe80::1%eth0", "'fe80::1%eth0' is not an IPv6 address" },
    { "NS", "a..b", "'a..b' is not a name: a label is empty" },
    { "NS", "a\\256.", "'a\\256.' is not a name: " },
    { "SOA", ". . 1 2 3 4 4294967296", "'4294967296' is not a number of seconds" },
    { "SOA", ". . 1 2 3 4 1h30", "'1h30' is not a number of seconds" },
    { "SOA", ". . 4294967296 2 3 4 5", "'4294967296' is not a number from 0 to 4294967295" },
    { "TXT", "", "the record ends before a text" },
    { "TXT", "a\\25", "'a\\25' is not a text" },
    { "TXT", "\\256", "'\\256' is not a text" },
    { "TXT", "a=\"b\"", "there must be a blank between a word and a quoted text" },
    { "TXT", "\"a", "the quote is not closed on its line" },
    { "TXT", "a\nb", "'a\nb' is more than one line" },
    { "DS", "1 8 2 000102", "the digest has not the length of its kind" },
    { "DS", "1 8 99 001", "the hexadecimal data has an odd number of digits" },
    { "DS", "1 8 99 0g", "'0g' is not hexadecimal" },
    { "DS", "1 NOTHING 99 00", "'NOTHING' is not a DNSSEC algorithm" },
    { "DNSKEY", "257 3 13 AAE", "the base64 data is cut short" },
    { "DNSKEY", "257 3 13 AAF=", "the base64 data is cut short or badly padded" },
    { "DNSKEY", "257 3 13 AA=A", "'AA=A' is not base64" },
    { "DNSKEY", "257 3 13 A*==", "'A*==' is not base64" },
    { "RRSIG", "A 8 2 300 20230229000000 0 7 . AA==", "'20230229000000' is not a time" },
    { "RRSIG", "A 8 2 300 2038011903140 0 7 . AA==", "'2038011903140' is not a time" },
    { "RRSIG", "* 8 2 300 0 0 7 . AA==", "'*' is not a record type" },
    { "NSEC", ".", "the record ends before its list of types" },
    { "NSEC", ". A ANY", "'ANY' is not a record type" },
    { "NSEC3", "1 0 0 - 0000", "the hashed owner has not the 20 octets of SHA-1" },
    { "NSEC3", "1 0 0 - 000", "'000' is not a hashed owner" },
    { "NSEC3", "1 0 0 a 00000000000000000000000000000000", "the hexadecimal data has an odd" },
    { "LOC", "91 N 0 E 0", "'91' is not a latitude" },
    { "LOC", "90 1 N 0 E 0", "the angle is over 90 degrees" },
    { "LOC", "1 60 N 0 E 0", "'60' is not a latitude" },
    { "LOC", "1 1 1.0001 N 0 E 0", "'1.0001' is not a latitude" },
    { "LOC", "1 N 0 E nan", "'nan' is not an altitude" },
    { "LOC", "1 N 0 E 42849672.96", "'42849672.96' is not an altitude" },
    { "LOC", "1 N 0 E 0 15m", "'15m' is not one digit with zeros" },
    { "APL", "1:192.0.2.0/33", "'1:192.0.2.0/33' is not an address prefix item" },
    { "APL", "3:192.0.2.0/3", "'3:192.0.2.0/3' is not an address prefix item" },
    { "WKS", "192.0.2.1 tcp no-such-service", "'no-such-service' is not a port" },
    { "WKS", "192.0.2.1 6 65536", "'65536' is not a port" },
    { "NSAP", "47.0005", "'47.0005' is not an NSAP address" },
    { "HIP", "2 00 A", "the base64 data is cut short" },
    { "IPSECKEY", "1 4 2 . AA==", "gateway type 4 is unknown" },
    { "IPSECKEY", "1 0 2 a. AA==", "'a.' is not '.'" },
    { "AMTRELAY", "1 2 0 .", "'2' is not 0 or 1" },
    { "AMTRELAY", "1 0 130 .", "relay type 130 is unknown" },
    { "EUI48", "0-00-5e-00-53-2a", "'0-00-5e-00-53-2a' is not an EUI-48 address" },
    { "EUI48", "00-00-5e-00-53-2a-", "'00-00-5e-00-53-2a-' is not an EUI-48 address" },
    { "NID", "1 1:2:3", "'1:2:3' is not four groups" },
    { "NID", "1 1:2:3:00004", "'1:2:3:00004' is not four groups" },
    { "CAA", "0 is-sue \"\"", "'is-sue' is not a property tag" },
    { "X25", "123", "a PSDN address has digits only" },
    { "SVCB", "1 . port=70000", "'port=70000' is not a port" },
    { "SVCB", "1 . port", "'port' is not a port" },
    { "SVCB", "1 . port=1 port=1", "'port=1' gives a key twice" },
    { "SVCB", "1 . Port=1", "'Port=1' is not a service parameter" },
    { "SVCB", "1 . key03=1", "'key03=1' is not a service parameter" },
    { "SVCB", "1 . key65535=1", "'key65535=1' is not a service parameter" },
    { "SVCB", "1 . alpn", "'alpn' is not a list of protocols" },
    { "SVCB", "1 . alpn=h2,", "'alpn=h2,' is not a list of protocols" },
    { "SVCB", "1 . alpn=h2,,h3", "'alpn=h2,,h3' is not a list of protocols" },
    { "SVCB", "1 . no-default-alpn", "no-default-alpn needs alpn" },
    { "SVCB", "1 . no-default-alpn=x alpn=h2", "'no-default-alpn=x' is not a key that takes no" },
    { "SVCB", "1 . mandatory=port", "a mandatory key is missing" },
    { "SVCB", "1 . mandatory=mandatory", "'mandatory=mandatory' is not a list of mandatory" },
    { "SVCB", "1 . mandatory=port,port port=1", "'mandatory=port,port' is not a list of mandatory" },
    { "SVCB", "1 . ipv4hint=192.0.2.1,2001:db8::", "'ipv4hint=192.0.2.1,2001:db8::' is not a list" },
    { "SVCB", "1 . ech=", "'ech=' is not a key with its value" },
    { "SVCB", "1 . ech=A", "the base64 data is cut short" },
    { "SVCB", "1 . a=b=\"c\"", "'a=b=\"c\"' is not a service parameter" },
    /* RFC 3597, for types we know and do not. */
    { "A", "\\# 3 010203", "the rdata ends inside a field" },
    { "A", "\\# 5 0102030405", "octets are left over" },
    { "A", "\\# 4 010203", "'\\# 4' announces 4 octets, but 3 follow" },
    { "A", "\\# 4 01020304 05", "'\\# 4' announces 4 octets, but 5 follow" },
    { "A", "\\# -1", "'-1' is not a number of octets" },
    { "MX", "\\# 4 000A C00C", "the rdata ends inside a field, or a name in it is damaged" },
    { "NS", "\\# 0", "the rdata ends inside a field" },
    { "TXT", "\\# 2 0561", "the rdata ends inside a field" },
    { "SVCB", "\\# 11 0001 00 0003 0002 0001 0004", "a service parameter is cut short" },
    { "SVCB", "\\# 16 0001 00 0003 0002 0001 0001 0003 02 6832", "service parameters are not in order" },
    { "TYPE65280", "\\# 65536", "'65536' is not a number of octets from 0 to 65535" },
    { "TYPE65280", "01", "rdata of type TYPE65280 must be written as \\# LENGTH HEX" },
    { "NULL", "x", "rdata of type NULL must be written as" },
};

static void refuses_what_it_would_have_to_bend(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        char expected[256];
        size_t len = 0;
        /* A report spells control octets out. */
        for (const char *c = bad[i].message; *c != '\0'; c++)
            len += (size_t)sprintf(expected + len, *c == '\n' ? "\\010" : "%c", *c);
        if (strncmp(made(bad[i].type, bad[i].text), expected, len) != 0)
            fail_msg("%s %s: %s", bad[i].type, bad[i].text, made(bad[i].type, bad[i].text));
    }
}

static void holds_texts_and_names_to_their_limits(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'a', sizeof text);
    text[255] = '\0';
    assert_int_equal(strlen(made("TXT", text)), 2 * 256);
    text[255] = 'a';
    text[256] = '\0';
    assert_string_equal(made("TXT", text),
                        "the text has 256 octets, a string holds 255 (RFC 1035 section 3.3)");
    text[64] = '\0';
    assert_non_null(strstr(made("NS", text), "a label is longer than 63 octets"));
    text[63] = '\0';
    assert_int_equal(strlen(made("NS", text)), 2 * (64 + 9));
}

static void tells_a_word_at_its_own_line(void **state)
{
    (void)state;
    static const struct token tokens[2] = {
        { .text = "70000", .len = 5, .line = 8 }, { .text = "a", .len = 1, .line = 9 },
    };
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "zone", .line = 7 };
    uint8_t *rdata = malloc(RDATA_MAX_LEN);
    uint16_t len;
    assert_int_not_equal(rdata_from_tokens(&diag, RRTYPE_MX, tokens, 2, wire("."), rdata, &len), 0);
    assert_int_not_equal(rdata_from_tokens(&diag, RRTYPE_MX, tokens, 0, wire("."), rdata, &len), 0);
    assert_string_equal(messages(report),
                        "zone:8: '70000' is not a number from 0 to 65535\n"
                        "zone:7: the record ends before a number from 0 to 65535\n");
    free(rdata);
    report_free(report);
}

/* ---- the library as a witness ---- */

/* What ldns makes of a line, in hex; NULL when it knows no better. */
static const char *library_made(const char *mnemonic, const char *text)
{
    static char result[2 * RDATA_MAX_LEN + 1];
    char line[2048];
    ldns_rr *rr = NULL;
    snprintf(line, sizeof line, "x. 60 IN %s %s", mnemonic, text);
    ldns_rdf *origin = ldns_dname_new_frm_str("example.");
    assert_non_null(origin);
    const ldns_status status = ldns_rr_new_frm_str(&rr, line, 0, origin, NULL);
    ldns_rdf_deep_free(origin);
    if (status != LDNS_STATUS_OK)
        return NULL;
    size_t used = 0;
    result[0] = '\0';
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *field = ldns_rr_rdf(rr, i);
        for (size_t at = 0; at < ldns_rdf_size(field); at++)
            used += (size_t)sprintf(result + used, "%02x", ldns_rdf_data(field)[at]);
    }
    ldns_rr_free(rr);
    return result;
}

static void agrees_with_the_library_on_what_is_right(void **state)
{
    (void)state;
    static const struct {
        const char *type, *text;
    } lines[] = {
        { "A", "192.0.2.1" },
        { "AAAA", "2001:db8::1" },
        { "NS", "ns.example.net." },
        { "CNAME", "a\\.b.c\\255." },
        { "SOA", "a. b. 2024010101 3600 900 604800 300" },
        { "PTR", "x.example." },
        { "HINFO", "\"PC Intel\" Unix" },
        { "MINFO", "a. b." },
        { "MX", "10 mail.example." },
        { "TXT", "\"a b\" c \"\\\"\" \"\\000\\255\"" },
        { "RP", "a. b." },
        { "AFSDB", "1 a." },
        { "X25", "311061700956" },
        { "RT", "1 a." },
        { "PX", "1 a. b." },
        { "GPOS", "-22.6882 116.8652 250.0" },
        { "LOC", "60 9 12.345 N 24 39 0.000 E 10.00m 20m 2000m 20m" },
        { "SRV", "1 2 3 a." },
        { "NAPTR", "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b.c!\" ." },
        { "KX", "1 a." },
        { "CERT", "PKIX 65535 8 AAEC" },
        { "DNAME", "a." },
        { "APL", "1:192.168.32.0/21 !1:192.168.38.0/28" },
        { "DS", "1 8 1 000102030405060708090a0b0c0d0e0f10111213" },
        { "SSHFP", "2 1 123456789abcdef67890123456789abcdef67890" },
        { "IPSECKEY", "10 1 2 192.0.2.38 AAEC" },
        { "IPSECKEY", "10 3 2 a. AAEC" },
        { "RRSIG", "A 8 3 3600 20300101000000 20240101000000 7 a. AAEC" },
        { "NSEC", "a. A MX RRSIG NSEC TYPE1234" },
        { "DNSKEY", "256 3 RSASHA256 AAEC" },
        { "DHCID", "AAEC" },
        { "NSEC3", "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG" },
        { "NSEC3PARAM", "1 0 12 aabbccdd" },
        { "TLSA", "3 1 1 0001020304" },
        { "SMIMEA", "3 1 1 0001020304" },
        { "CDS", "1 8 1 000102030405060708090a0b0c0d0e0f10111213" },
        { "CDNSKEY", "256 3 8 AAEC" },
        { "OPENPGPKEY", "AAEC" },
        { "CSYNC", "66 3 A NS AAAA" },
        { "SVCB", "1 a. alpn=h2,h3 port=8004 ipv4hint=192.0.2.1 key667=abc" },
        { "HTTPS", "16 a. mandatory=alpn alpn=h2 ipv6hint=2001:db8::1" },
        { "SPF", "\"v=spf1 -all\"" },
        { "NID", "10 0014:4fff:ff20:ee64" },
        { "L32", "10 10.1.2.0" },
        { "L64", "10 2001:0db8:1140:1000" },
        { "LP", "10 a." },
        { "EUI48", "00-00-5e-00-53-2a" },
        { "EUI64", "00-00-5e-ef-10-00-00-2a" },
        { "URI", "10 1 \"ftp://a.example/public\"" },
        { "CAA", "0 issue \"ca.example.net; account=230123\"" },
        { "NSAP", "0x47000580005a0000000001e133ffffff00016100" },
        { "TYPE65280", "\\# 3 010203" },
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        const char *library = library_made(lines[i].type, lines[i].text);
        const char *ours = made(lines[i].type, lines[i].text);
        if (library == NULL)
            fail_msg("%s %s: ldns refuses it", lines[i].type, lines[i].text);
        else if (strcmp(library, ours) != 0)
            fail_msg("%s %s: %s, ldns %s", lines[i].type, lines[i].text, ours, library);
    }
}

/* ---- printing ---- */

static void prints_what_reads_back_as_the_same(void **state)
{
    (void)state;
    struct reading reading = reading_of("rich.example.", "tests/data/zones/rich.example.zone");
    size_t records = 0;
    assert_int_equal(reading.status, STATUS_OK);
    for (size_t i = 0; i < builder_count(reading.builder); i++) {
        const struct builder_node *node = builder_at(reading.builder, i);
        for (uint32_t j = 0; j < node->rrset_count; j++) {
            for (uint32_t k = 0; k < node->rrsets[j].count; k++, records++) {
                const struct builder_record *record = &node->rrsets[j].records[k];
                char type[RRTYPE_TEXT];
                char text[4096];
                char hex[4096] = "";
                rdata_to_text(node->rrsets[j].type, record->rdata, record->rdata_len, text,
                              sizeof text);
                for (unsigned at = 0; at < record->rdata_len; at++)
                    sprintf(hex + 2 * at, "%02x", record->rdata[at]);
                rrtype_to_text(node->rrsets[j].type, type);
                if (strcmp(made(type, text), hex) != 0)
                    fail_msg("%s %s: %s, not %s", type, text, made(type, text), hex);
            }
        }
    }
    assert_true(records > 100);
    reading_free(&reading);
}

static void prints_within_its_room(void **state)
{
    (void)state;
    char text[64];
    rdata_to_text(RRTYPE_MX, (const uint8_t *)"\0\12\1a", 5, text, sizeof text);
    assert_string_equal(text, "10 a.");
    /* Not what its type says: octets. */
    rdata_to_text(RRTYPE_MX, (const uint8_t *)"\0\12\5", 3, text, sizeof text);
    assert_string_equal(text, "\\# 3 000a05");
    rdata_to_text(65280, (const uint8_t *)"", 0, text, sizeof text);
    assert_string_equal(text, "\\# 0");
    for (size_t cap = 1; cap < 12; cap++) {
        char *exact = malloc(cap);
        rdata_to_text(RRTYPE_A, (const uint8_t *)"\300\0\2\1", 4, exact, cap);
        assert_true(strlen(exact) < cap);
        rdata_to_text(65280, (const uint8_t *)"\300\0\2\1", 4, exact, cap);
        assert_true(strlen(exact) < cap);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_the_octets_that_the_rfcs_show),
        cmocka_unit_test(refuses_what_it_would_have_to_bend),
        cmocka_unit_test(holds_texts_and_names_to_their_limits),
        cmocka_unit_test(tells_a_word_at_its_own_line),
        cmocka_unit_test(agrees_with_the_library_on_what_is_right),
        cmocka_unit_test(prints_what_reads_back_as_the_same),
        cmocka_unit_test(prints_within_its_room),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove();
    return failed;
}

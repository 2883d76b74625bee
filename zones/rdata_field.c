#include "zones/rdata_field.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"

enum status field_number(struct rdata_maker *maker, unsigned octets)
{
    static const struct {
        uint32_t most;
        const char *what;
    } sizes[5] = {
        [1] = { UINT8_MAX, "a number from 0 to 255" },
        [2] = { UINT16_MAX, "a number from 0 to 65535" },
        [4] = { UINT32_MAX, "a number from 0 to 4294967295" },
    };
    const struct token *token = maker_word(maker, sizes[octets].what);
    if (token == NULL)
        return STATUS_SYNTAX;
    uint32_t value;
    if (!text_number(token->text, token->len, sizes[octets].most, &value))
        return maker_refuse(maker, token, sizes[octets].what);
    return maker_put_number(maker, value, octets);
}

enum status field_period(struct rdata_maker *maker)
{
    static const char what[] = "a number of seconds (0 to 4294967295, or with units as in 1h30m)";
    const struct token *token = maker_word(maker, what);
    if (token == NULL)
        return STATUS_SYNTAX;
    uint32_t seconds;
    if (!text_period(token->text, token->len, &seconds))
        return maker_refuse(maker, token, what);
    return maker_put_number(maker, seconds, 4);
}

enum status field_name(struct rdata_maker *maker)
{
    const struct token *token = maker_word(maker, "a name");
    if (token == NULL)
        return STATUS_SYNTAX;
    if (token->len == 1 && token->text[0] == '@' && maker->origin != NULL)
        return maker_put(maker, maker->origin, name_len(maker->origin));

    uint8_t name[NAME_MAX_LEN];
    const char *why;
    if (!name_from_text(token->text, token->len, maker->origin, name, &why))
        return maker_error(maker, token, STATUS_SYNTAX, "'%.*s' is not a name: %s",
                           (int)(token->len < NAME_TEXT ? token->len : NAME_TEXT), token->text,
                           why);
    return maker_put(maker, name, name_len(name));
}

/* What inet_pton() takes: no octal, no missing parts, nothing behind. */
static enum status address_put(struct rdata_maker *maker, int family, size_t len, const char *what)
{
    const struct token *token = maker_word(maker, what);
    if (token == NULL)
        return STATUS_SYNTAX;
    char text[INET6_ADDRSTRLEN];
    uint8_t octets[16];
    if (token->len >= sizeof text)
        return maker_refuse(maker, token, what);
    memcpy(text, token->text, token->len);
    text[token->len] = '\0';
    if (inet_pton(family, text, octets) != 1)
        return maker_refuse(maker, token, what);
    return maker_put(maker, octets, len);
}

enum status field_ipv4(struct rdata_maker *maker)
{
    return address_put(maker, AF_INET, 4, "an IPv4 address");
}

enum status field_ipv6(struct rdata_maker *maker)
{
    return address_put(maker, AF_INET6, 16, "an IPv6 address");
}

/* ---- texts ---- */

/* The octets of a text, escapes resolved; at most `most` of them. */
static enum status text_put(struct rdata_maker *maker, const struct token *token, size_t most)
{
    uint8_t *out = malloc(token->len + 1);
    if (out == NULL)
        return maker_error(maker, token, STATUS_MEMORY, "no memory for a text");
    size_t len;
    enum status status;
    if (!text_unescape(token->text, token->len, out, &len))
        status = maker_refuse(maker, token,
                              "a text: after '\\' comes \\DDD up to \\255, or one "
                              "octet that is no digit");
    else if (len > most)
        status = maker_error(maker, token, STATUS_LIMIT,
                             "the text has %zu octets, a string holds %zu (RFC 1035 section 3.3)",
                             len, most);
    else
        status = maker_put(maker, out, len);
    free(out);
    return status;
}

enum status field_string(struct rdata_maker *maker)
{
    const struct token *token = maker_text(maker, "a text");
    if (token == NULL)
        return STATUS_SYNTAX;
    const size_t start = maker->len;
    enum status status = maker_put_number(maker, 0, 1);
    if (status == STATUS_OK)
        status = text_put(maker, token, UINT8_MAX);
    if (status == STATUS_OK)
        maker->out[start] = (uint8_t)(maker->len - start - 1);
    return status;
}

enum status field_strings(struct rdata_maker *maker)
{
    enum status status;
    do
        status = field_string(maker);
    while (status == STATUS_OK && maker->next < maker->end);
    return status;
}

enum status field_long_text(struct rdata_maker *maker)
{
    const struct token *token = maker_text(maker, "a text");
    return token != NULL ? text_put(maker, token, RDATA_MAX_LEN) : STATUS_SYNTAX;
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* RFC 8659 section 4.1: letters and digits, at least one. */
enum status field_tag(struct rdata_maker *maker)
{
    static const char what[] = "a property tag (letters and digits, RFC 8659)";
    const struct token *token = maker_word(maker, what);
    if (token == NULL)
        return STATUS_SYNTAX;
    bool good = token->len <= UINT8_MAX;
    for (size_t i = 0; good && i < token->len; i++)
        good = is_alphanumeric(token->text[i]);
    if (!good)
        return maker_refuse(maker, token, what);
    const enum status status = maker_put_number(maker, (uint32_t)token->len, 1);
    return status == STATUS_OK ? maker_put(maker, token->text, token->len) : status;
}

/* ---- numbers with mnemonics ---- */

struct mnemonic {
    const char *text;
    uint16_t value;
};

/* IANA, DNS Security Algorithm Numbers; other servers' spellings of 6, 7 and 12 beside it. */
static const struct mnemonic algorithms[] = {
    { "RSAMD5", 1 },
    { "DH", 2 },
    { "DSA", 3 },
    { "RSASHA1", 5 },
    { "DSA-NSEC3-SHA1", 6 },
    { "NSEC3DSA", 6 },
    { "RSASHA1-NSEC3-SHA1", 7 },
    { "NSEC3RSASHA1", 7 },
    { "RSASHA256", 8 },
    { "RSASHA512", 10 },
    { "ECC-GOST", 12 },
    { "ECCGOST", 12 },
    { "ECDSAP256SHA256", 13 },
    { "ECDSAP384SHA384", 14 },
    { "ED25519", 15 },
    { "ED448", 16 },
    { "INDIRECT", 252 },
    { "PRIVATEDNS", 253 },
    { "PRIVATEOID", 254 },
    { NULL, 0 },
};

/* RFC 4398 section 2.1. */
static const struct mnemonic certificates[] = {
    { "PKIX", 1 },  { "SPKI", 2 },  { "PGP", 3 },    { "IPKIX", 4 },
    { "ISPKI", 5 }, { "IPGP", 6 },  { "ACPKIX", 7 }, { "IACPKIX", 8 },
    { "URI", 253 }, { "OID", 254 }, { NULL, 0 },
};

static enum status mnemonic_put(struct rdata_maker *maker, const struct mnemonic *table,
                                unsigned octets, const char *what)
{
    const struct token *token = maker_word(maker, what);
    if (token == NULL)
        return STATUS_SYNTAX;
    uint32_t value;
    if (text_number(token->text, token->len, octets == 1 ? UINT8_MAX : UINT16_MAX, &value))
        return maker_put_number(maker, value, octets);
    for (; table->text != NULL; table++) {
        if (strlen(table->text) == token->len &&
            strncasecmp(table->text, token->text, token->len) == 0)
            return maker_put_number(maker, table->value, octets);
    }
    return maker_refuse(maker, token, what);
}

enum status field_algorithm(struct rdata_maker *maker)
{
    return mnemonic_put(maker, algorithms, 1, "a DNSSEC algorithm (a number or its mnemonic)");
}

enum status field_certificate(struct rdata_maker *maker)
{
    return mnemonic_put(maker, certificates, 2, "a certificate type (a number or its mnemonic)");
}

/* A type as data: "*" would be ANY, and nobody means that. */
static bool type_from_token(const struct token *token, uint16_t *type)
{
    return token->text[0] != '*' && rrtype_from_text(token->text, token->len, type);
}

enum status field_type(struct rdata_maker *maker)
{
    const struct token *token = maker_word(maker, "a record type");
    if (token == NULL)
        return STATUS_SYNTAX;
    uint16_t type;
    if (!type_from_token(token, &type))
        return maker_refuse(maker, token, "a record type");
    return maker_put_number(maker, type, 2);
}

/* ---- type bitmaps ---- */

enum { WINDOWS = 256, WINDOW_LEN = 32 };

/* RFC 4034 section 4.1.2: windows without a type are left out, and so are trailing zeros. */
static enum status windows_put(struct rdata_maker *maker, const uint8_t *bits)
{
    enum status status = STATUS_OK;
    for (unsigned window = 0; window < WINDOWS && status == STATUS_OK; window++) {
        const uint8_t *octets = bits + window * WINDOW_LEN;
        unsigned used = WINDOW_LEN;
        while (used > 0 && octets[used - 1] == 0)
            used--;
        if (used == 0)
            continue;
        status = maker_put_number(maker, window << 8 | used, 2);
        if (status == STATUS_OK)
            status = maker_put(maker, octets, used);
    }
    return status;
}

enum status field_types(struct rdata_maker *maker, bool may_be_empty)
{
    uint8_t bits[WINDOWS * WINDOW_LEN] = { 0 };
    if (maker->next == maker->end && !may_be_empty)
        return maker_error(maker, NULL, STATUS_SYNTAX, "the record ends before its list of types");
    while (maker->next < maker->end) {
        const struct token *token = maker_word(maker, "a record type");
        if (token == NULL)
            return STATUS_SYNTAX;
        uint16_t type;
        /* RFC 9824 puts NXNAME there; no other meta type has a place in a bitmap. */
        if (!type_from_token(token, &type) || (rrtype_is_meta(type) && type != 128))
            return maker_refuse(maker, token, "a record type");
        bits[type / 8] |= (uint8_t)(0x80 >> type % 8);
    }
    return windows_put(maker, bits);
}

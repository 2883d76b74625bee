#include <string.h>

#include "dns/proto/name.h"
#include "dns/proto/reader.h"
#include "zones/rdata_field.h"

/*
 * How the rdata of a type is written, field by field:
 *
 *   1 2 4  a number of that many octets       t  seconds, 32 bits    y  a record type
 *   g  DNSSEC algorithm   c  certificate type   T  a time              n  a name
 *   a  IPv4 address       A  IPv6 address       s  a character-string  o  perhaps one more
 *   S  one or more character-strings            l  a text to the end   k  the tag of a CAA
 *   h  hex to the end     b  base64 to the end  x  an NSEC3 salt       X  a hashed owner
 *   m  a list of types    e  the same, may be empty                    d  digits, a string
 *   6  EUI-48             8  EUI-64             i  four groups of 16 bits
 *
 * and in one piece: P APL, W WKS, N NSAP, H HIP, I IPSECKEY, R AMTRELAY, L LOC, V SVCB.
 * Types without a row are written in the form of RFC 3597 alone: what has no
 * known presentation form (NULL, EID, NXNAME) and what nobody uses any more
 * (NXT, A6, ATMA, the draft types of 100 to 103).
 */
/* clang-format off */
static const char *const forms[] = {
    [1] = "a",          [2] = "n",        [3] = "n",        [4] = "n",
    [5] = "n",          [6] = "nn4tttt",  [7] = "n",        [8] = "n",
    [9] = "n",          [11] = "W",       [12] = "n",       [13] = "ss",
    [14] = "nn",        [15] = "2n",      [16] = "S",       [17] = "nn",
    [18] = "2n",        [19] = "d",       [20] = "so",      [21] = "2n",
    [22] = "N",         [23] = "n",       [24] = "yg1tTT2nb", [25] = "21gb",
    [26] = "2nn",       [27] = "sss",     [28] = "A",       [29] = "L",
    [33] = "222n",      [35] = "22sssn",  [36] = "2n",      [37] = "c2gb",
    [39] = "n",         [42] = "P",       [43] = "2g1h",    [44] = "11h",
    [45] = "I",         [46] = "yg1tTT2nb", [47] = "nm",    [48] = "21gb",
    [49] = "b",         [50] = "112xXe",  [51] = "112x",    [52] = "111h",
    [53] = "111h",      [55] = "H",       [56] = "S",       [57] = "21gb",
    [58] = "nn",        [59] = "2g1h",    [60] = "21gb",    [61] = "b",
    [62] = "42e",       [63] = "411h",    [64] = "V",       [65] = "V",
    [99] = "S",         [104] = "2i",     [105] = "2a",     [106] = "2i",
    [107] = "2n",       [108] = "6",      [109] = "8",      [256] = "22l",
    [257] = "1kl",      [258] = "S",      [260] = "R",      [261] = "S",
    [262] = "S",
};
/* clang-format on */

enum {
    TYPE_DS = 43,
    TYPE_SSHFP = 44,
    TYPE_NSEC3 = 50,
    TYPE_CDS = 59,
    TYPE_ZONEMD = 63,
    TYPE_TA = 32768,
    TYPE_DLV = 32769
};

const char *rdata_form(uint16_t type)
{
    if (type == TYPE_TA || type == TYPE_DLV)
        return forms[TYPE_DS];
    return type < sizeof forms / sizeof *forms ? forms[type] : NULL;
}

/* ---- pieces ---- */

static const char *rest_check(struct reader *reader)
{
    if (reader_left(reader) == 0)
        return "the rdata ends before its last field";
    reader_take(reader, reader_left(reader));
    return NULL;
}

/* RFC 4034 section 4.1.2. */
static const char *bitmap_check(struct reader *reader, bool may_be_empty)
{
    int before = -1;
    if (reader_left(reader) == 0 && !may_be_empty)
        return "the list of types is empty";
    while (reader_left(reader) > 0) {
        const int window = reader_u8(reader);
        const size_t len = reader_u8(reader);
        const uint8_t *octets = reader_take(reader, len);
        if (octets == NULL || len == 0 || len > 32 || window <= before || octets[len - 1] == 0)
            return "the list of types is damaged";
        before = window;
    }
    return NULL;
}

static const char *tag_check(struct reader *reader)
{
    const size_t len = reader_u8(reader);
    const uint8_t *tag = reader_take(reader, len);
    for (size_t i = 0; tag != NULL && i < len; i++) {
        const uint8_t lower = tag[i] | 0x20;
        if (!(tag[i] >= '0' && tag[i] <= '9') && !(lower >= 'a' && lower <= 'z'))
            return "a property tag has letters and digits only";
    }
    return len == 0 ? "the property tag is empty" : NULL;
}

static const char *apl_check(struct reader *reader)
{
    while (reader_left(reader) > 0) {
        const unsigned family = reader_u16(reader);
        const unsigned prefix_len = reader_u8(reader);
        const size_t len = reader_u8(reader) & 0x7f;
        const uint8_t *octets = reader_take(reader, len);
        if (octets == NULL || (family != 1 && family != 2) || len > (family == 1 ? 4 : 16) ||
            prefix_len > (family == 1 ? 32 : 128) || (len > 0 && octets[len - 1] == 0))
            return "an address prefix item is damaged (RFC 3123 section 4)";
    }
    return NULL;
}

static const char *gateway_check(struct reader *reader, unsigned kind)
{
    switch (kind) {
    case 0:
        return NULL;
    case 1:
        reader_take(reader, 4);
        return NULL;
    case 2:
        reader_take(reader, 16);
        return NULL;
    case 3:
        name_read(reader);
        return NULL;
    }
    return "the gateway type is unknown (0 to 3)";
}

static const char *ipseckey_check(struct reader *reader)
{
    reader_u8(reader);
    const unsigned kind = reader_u8(reader);
    const unsigned algorithm = reader_u8(reader);
    const char *why = gateway_check(reader, kind);
    if (why == NULL && algorithm != 0)
        return rest_check(reader);
    reader_take(reader, reader_left(reader));
    return why;
}

static const char *amtrelay_check(struct reader *reader)
{
    reader_u8(reader);
    return gateway_check(reader, reader_u8(reader) & 0x7f);
}

static const char *hip_check(struct reader *reader)
{
    const size_t hit_len = reader_u8(reader);
    reader_u8(reader);
    const size_t key_len = reader_u16(reader);
    reader_take(reader, hit_len);
    reader_take(reader, key_len);
    while (reader_left(reader) > 0)
        name_read(reader);
    return hit_len == 0 || key_len == 0 ? "the identity tag or its key is empty" : NULL;
}

static bool angle_is_within(uint32_t angle, uint32_t degrees)
{
    const uint32_t origin = 1u << 31;
    const uint32_t offset = angle >= origin ? angle - origin : origin - angle;
    return offset <= degrees * 3600000;
}

static const char *loc_check(struct reader *reader)
{
    if (reader_left(reader) == 0 || reader_u8(reader) != 0)
        return "the version of a LOC is not 0";
    for (unsigned i = 0; i < 3; i++) {
        const unsigned size = reader_u8(reader);
        if (size >> 4 > 9 || (size & 15) > 9)
            return "a size is not a digit and a power of ten";
    }
    const uint32_t latitude = reader_u32(reader);
    const uint32_t longitude = reader_u32(reader);
    reader_u32(reader);
    if (reader_ok(reader) && !(angle_is_within(latitude, 90) && angle_is_within(longitude, 180)))
        return "an angle is over 90 or 180 degrees";
    return NULL;
}

/* ---- SVCB, RFC 9460 section 2.2 ---- */

/* The value of a key; false when it is absent. */
static bool param_find(const uint8_t *params, size_t len, unsigned key, struct reader *value)
{
    struct reader reader = reader_over(params, len);
    while (reader_left(&reader) > 0) {
        const unsigned this_key = reader_u16(&reader);
        const size_t value_len = reader_u16(&reader);
        const uint8_t *octets = reader_take(&reader, value_len);
        if (!reader_ok(&reader))
            return false;
        if (this_key == key) {
            *value = reader_over(octets, value_len);
            return true;
        }
    }
    return false;
}

static const char *mandatory_check(struct reader *value, const uint8_t *params, size_t len)
{
    int before = 0;
    if (reader_left(value) == 0)
        return "the list of mandatory keys is empty";
    while (reader_left(value) > 0) {
        const int key = reader_u16(value);
        struct reader ignored;
        if (!reader_ok(value) || key <= before)
            return "the list of mandatory keys is damaged or out of order";
        if (!param_find(params, len, (unsigned)key, &ignored))
            return "a mandatory key is missing (RFC 9460 section 8)";
        before = key;
    }
    return NULL;
}

static const char *alpn_check(struct reader *value)
{
    if (reader_left(value) == 0)
        return "the list of protocols (alpn) is empty";
    while (reader_left(value) > 0) {
        const size_t len = reader_u8(value);
        if (reader_take(value, len) == NULL || len == 0)
            return "the list of protocols (alpn) is damaged";
    }
    return NULL;
}

/* One value by itself. `params` are all of them, for what refers to others. */
static const char *param_check(unsigned key, struct reader *value, const uint8_t *params,
                               size_t len)
{
    const size_t left = reader_left(value);
    struct reader ignored;
    switch (key) {
    case 0:
        return mandatory_check(value, params, len);
    case 1:
        return alpn_check(value);
    case 2:
        if (!param_find(params, len, 1, &ignored))
            return "no-default-alpn needs alpn beside it (RFC 9460 section 7.1.1)";
        return left != 0 ? "no-default-alpn takes no value" : NULL;
    case 3:
        return left != 2 ? "a port has two octets" : NULL;
    case 4:
        return left == 0 || left % 4 != 0 ? "ipv4hint is not a list of IPv4 addresses" : NULL;
    case 5:
        return left == 0 ? "ech is empty" : NULL;
    case 6:
        return left == 0 || left % 16 != 0 ? "ipv6hint is not a list of IPv6 addresses" : NULL;
    case 8:
        return left != 0 ? "ohttp takes no value" : NULL;
    case UINT16_MAX:
        return "key65535 is reserved (RFC 9460 section 14.3)";
    }
    return NULL;
}

const char *svcparams_check(const uint8_t *params, size_t len)
{
    struct reader reader = reader_over(params, len);
    int before = -1;
    while (reader_left(&reader) > 0) {
        const int key = reader_u16(&reader);
        const size_t value_len = reader_u16(&reader);
        const uint8_t *octets = reader_take(&reader, value_len);
        if (!reader_ok(&reader))
            return "a service parameter is cut short";
        if (key <= before)
            return "service parameters are not in order, or one stands twice";
        struct reader value = reader_over(octets, value_len);
        const char *why = param_check((unsigned)key, &value, params, len);
        if (why != NULL)
            return why;
        before = key;
    }
    return NULL;
}

static const char *svcb_check(struct reader *reader)
{
    reader_u16(reader);
    if (name_read(reader) == NULL)
        return NULL; /* the reader has failed, which is told above */
    const size_t len = reader_left(reader);
    const uint8_t *params = reader_take(reader, len);
    return svcparams_check(params, len);
}

/* ---- the whole ---- */

static const char *strings_check(struct reader *reader)
{
    do
        reader_take(reader, reader_u8(reader));
    while (reader_left(reader) > 0);
    return NULL;
}

/* RFC 1183 section 3.1: a PSDN address has at least four digits. */
static const char *digits_check(struct reader *reader)
{
    const size_t len = reader_u8(reader);
    const uint8_t *digits = reader_take(reader, len);
    bool good = len >= 4;
    for (size_t i = 0; digits != NULL && i < len; i++)
        good = good && digits[i] >= '0' && digits[i] <= '9';
    return good || digits == NULL ? NULL : "a PSDN address has digits only, at least four";
}

/* Octets of the fields that always have the same length; 0 for the others. */
static size_t fixed_len(char field)
{
    switch (field) {
    case '1':
    case 'g':
        return 1;
    case '2':
    case 'c':
    case 'y':
        return 2;
    case '4':
    case 't':
    case 'T':
    case 'a':
        return 4;
    case '6':
        return 6;
    case '8':
    case 'i':
        return 8;
    case 'A':
        return 16;
    }
    return 0;
}

/* NULL also when the rdata is too short: then the reader has failed. */
static const char *field_check(char field, struct reader *reader)
{
    switch (field) {
    case 'n':
        name_read(reader);
        return NULL;
    case 's':
    case 'x':
        reader_take(reader, reader_u8(reader));
        return NULL;
    case 'o':
        return reader_left(reader) > 0 ? field_check('s', reader) : NULL;
    case 'S':
        return strings_check(reader);
    case 'l':
        reader_take(reader, reader_left(reader));
        return NULL;
    case 'X': {
        const size_t len = reader_u8(reader);
        reader_take(reader, len);
        return len == 0 ? "the hashed owner is empty" : NULL;
    }
    case 'd':
        return digits_check(reader);
    case 'k':
        return tag_check(reader);
    case 'h':
    case 'b':
    case 'N':
        return rest_check(reader);
    case 'm':
    case 'e':
        return bitmap_check(reader, field == 'e');
    case 'P':
        return apl_check(reader);
    case 'W':
        reader_take(reader, 5);
        reader_take(reader, reader_left(reader));
        return NULL;
    case 'H':
        return hip_check(reader);
    case 'I':
        return ipseckey_check(reader);
    case 'R':
        return amtrelay_check(reader);
    case 'L':
        return loc_check(reader);
    case 'V':
        return svcb_check(reader);
    default:
        reader_take(reader, fixed_len(field));
        return NULL;
    }
}

/* Octets that a digest of this kind has; 0 when nobody can know. */
static size_t digest_len(uint16_t type, const uint8_t *rdata)
{
    static const uint8_t ds[] = { 0, 20, 32, 32, 48, 32, 32 };
    static const uint8_t sshfp[] = { 0, 20, 32 };
    static const uint8_t zonemd[] = { 0, 48, 64 };
    switch (type) {
    case TYPE_DS:
    case TYPE_CDS:
    case TYPE_TA:
    case TYPE_DLV:
        return rdata[3] < sizeof ds ? ds[rdata[3]] : 0;
    case TYPE_SSHFP:
        return rdata[1] < sizeof sshfp ? sshfp[rdata[1]] : 0;
    case TYPE_ZONEMD:
        return rdata[5] < sizeof zonemd ? zonemd[rdata[5]] : 0;
    }
    return 0;
}

/* A digest cut short validates nothing, and nobody would see why. */
static const char *digest_check(uint16_t type, const uint8_t *rdata, size_t len)
{
    const size_t before = type == TYPE_SSHFP ? 2 : type == TYPE_ZONEMD ? 6 : 4;
    const size_t expected = digest_len(type, rdata);
    if (expected != 0 && len - before != expected)
        return "the digest has not the length of its kind";
    /* SHA-1 is the only hash that NSEC3 has (RFC 5155 section 11). */
    if (type == TYPE_NSEC3 && rdata[0] == 1 && rdata[5 + rdata[4]] != 20)
        return "the hashed owner has not the 20 octets of SHA-1";
    return NULL;
}

const char *rdata_check(uint16_t type, const uint8_t *rdata, size_t len)
{
    const char *form = rdata_form(type);
    if (form == NULL)
        return NULL;

    struct reader reader = reader_over(rdata, len);
    for (; *form != '\0'; form++) {
        const char *why = field_check(*form, &reader);
        if (why != NULL)
            return why;
        if (!reader_ok(&reader))
            return "the rdata ends inside a field, or a name in it is damaged";
    }
    if (reader_left(&reader) != 0)
        return "octets are left over behind the last field";
    return digest_check(type, rdata, len);
}

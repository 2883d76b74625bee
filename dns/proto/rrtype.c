#include "dns/proto/rrtype.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dns/proto/name.h"

enum { PLAIN = 0, ADDITIONAL = 1, META = 2 };

/* clang-format off */
#define ROW(number, name, fields, what)                                                            \
    {                                                                                              \
        .type = (number), .mnemonic = (name), .layout = (fields),                                  \
        .additional = ((what) & ADDITIONAL) != 0, .meta = ((what) & META) != 0                     \
    }

/*
 * The IANA registry "Resource Record (RR) TYPEs" as of 2025. Types that are in
 * use lie below LOW_TYPES and are found by index; the others are searched for.
 * Rdata without a name that DNS software must see is opaque here, even where
 * its fields are known.
 *
 * Who asks for addresses in the additional section:
 *   NS, MD, MF, MB, MX        RFC 1035 section 3.3
 *   AFSDB, RT                 RFC 1183 sections 1 and 3.3
 *   KX                        RFC 2230 section 3
 *   SRV                       RFC 2782
 *   SVCB, HTTPS               RFC 9460 section 4.1
 * and who does not, though its rdata has a name: RP and PX say so (RFC 1183
 * section 2.2, RFC 2163 section 4); for NAPTR it depends on the flags and is
 * optional (RFC 3403 section 4.2); LP wants L32 and L64 records, not addresses
 * (RFC 6742 section 2.4).
 */
enum { LOW_TYPES = 129 };

static const struct rrtype_row low_rows[LOW_TYPES] = {
    [1] = ROW(1, "A", "4", PLAIN),
    [2] = ROW(2, "NS", "c", ADDITIONAL),
    [3] = ROW(3, "MD", "c", ADDITIONAL),
    [4] = ROW(4, "MF", "c", ADDITIONAL),
    [5] = ROW(5, "CNAME", "c", PLAIN),
    [6] = ROW(6, "SOA", "cc44444", PLAIN),
    [7] = ROW(7, "MB", "c", ADDITIONAL),
    [8] = ROW(8, "MG", "c", PLAIN),
    [9] = ROW(9, "MR", "c", PLAIN),
    [10] = ROW(10, "NULL", "*", PLAIN),
    [11] = ROW(11, "WKS", "*", PLAIN),
    [12] = ROW(12, "PTR", "c", PLAIN),
    [13] = ROW(13, "HINFO", "ss", PLAIN),
    [14] = ROW(14, "MINFO", "cc", PLAIN),
    [15] = ROW(15, "MX", "2c", ADDITIONAL),
    [16] = ROW(16, "TXT", "*", PLAIN),
    [17] = ROW(17, "RP", "nn", PLAIN),
    [18] = ROW(18, "AFSDB", "2n", ADDITIONAL),
    [19] = ROW(19, "X25", "s", PLAIN),
    [20] = ROW(20, "ISDN", "*", PLAIN),
    [21] = ROW(21, "RT", "2n", ADDITIONAL),
    [22] = ROW(22, "NSAP", "*", PLAIN),
    [23] = ROW(23, "NSAP-PTR", "n", PLAIN),
    [24] = ROW(24, "SIG", "2114442n*", PLAIN),
    [25] = ROW(25, "KEY", "*", PLAIN),
    [26] = ROW(26, "PX", "2nn", PLAIN),
    [27] = ROW(27, "GPOS", "sss", PLAIN),
    [28] = ROW(28, "AAAA", "6", PLAIN),
    [29] = ROW(29, "LOC", "*", PLAIN),
    [30] = ROW(30, "NXT", "n*", PLAIN),
    [31] = ROW(31, "EID", "*", PLAIN),
    [32] = ROW(32, "NIMLOC", "*", PLAIN),
    [33] = ROW(33, "SRV", "222n", ADDITIONAL),
    [34] = ROW(34, "ATMA", "*", PLAIN),
    [35] = ROW(35, "NAPTR", "22sssn", PLAIN),
    [36] = ROW(36, "KX", "2n", ADDITIONAL),
    [37] = ROW(37, "CERT", "*", PLAIN),
    [38] = ROW(38, "A6", "*", PLAIN),
    [39] = ROW(39, "DNAME", "n", PLAIN),
    [40] = ROW(40, "SINK", "*", PLAIN),
    [41] = ROW(41, "OPT", "*", META),
    [42] = ROW(42, "APL", "*", PLAIN),
    [43] = ROW(43, "DS", "*", PLAIN),
    [44] = ROW(44, "SSHFP", "*", PLAIN),
    [45] = ROW(45, "IPSECKEY", "*", PLAIN),
    [46] = ROW(46, "RRSIG", "2114442n*", PLAIN),
    [47] = ROW(47, "NSEC", "n*", PLAIN),
    [48] = ROW(48, "DNSKEY", "*", PLAIN),
    [49] = ROW(49, "DHCID", "*", PLAIN),
    [50] = ROW(50, "NSEC3", "*", PLAIN),
    [51] = ROW(51, "NSEC3PARAM", "*", PLAIN),
    [52] = ROW(52, "TLSA", "*", PLAIN),
    [53] = ROW(53, "SMIMEA", "*", PLAIN),
    [55] = ROW(55, "HIP", "*", PLAIN),
    [56] = ROW(56, "NINFO", "*", PLAIN),
    [57] = ROW(57, "RKEY", "*", PLAIN),
    [58] = ROW(58, "TALINK", "nn", PLAIN),
    [59] = ROW(59, "CDS", "*", PLAIN),
    [60] = ROW(60, "CDNSKEY", "*", PLAIN),
    [61] = ROW(61, "OPENPGPKEY", "*", PLAIN),
    [62] = ROW(62, "CSYNC", "*", PLAIN),
    [63] = ROW(63, "ZONEMD", "*", PLAIN),
    [64] = ROW(64, "SVCB", "2n*", ADDITIONAL),
    [65] = ROW(65, "HTTPS", "2n*", ADDITIONAL),
    [66] = ROW(66, "DSYNC", "212n", PLAIN),
    [67] = ROW(67, "HHIT", "*", PLAIN),
    [68] = ROW(68, "BRID", "*", PLAIN),
    [99] = ROW(99, "SPF", "*", PLAIN),
    [100] = ROW(100, "UINFO", "*", PLAIN),
    [101] = ROW(101, "UID", "*", PLAIN),
    [102] = ROW(102, "GID", "*", PLAIN),
    [103] = ROW(103, "UNSPEC", "*", PLAIN),
    [104] = ROW(104, "NID", "*", PLAIN),
    [105] = ROW(105, "L32", "24", PLAIN),
    [106] = ROW(106, "L64", "*", PLAIN),
    [107] = ROW(107, "LP", "2n", PLAIN),
    [108] = ROW(108, "EUI48", "*", PLAIN),
    [109] = ROW(109, "EUI64", "*", PLAIN),
    [128] = ROW(128, "NXNAME", "", META), /* RFC 9824: stands in NSEC bitmaps only */
};

/* Sorted by type. */
static const struct rrtype_row high_rows[] = {
    ROW(249, "TKEY", "*", META),
    ROW(250, "TSIG", "*", META),
    ROW(251, "IXFR", "", META),
    ROW(252, "AXFR", "", META),
    ROW(253, "MAILB", "", META),
    ROW(254, "MAILA", "", META),
    ROW(255, "ANY", "", META),
    ROW(256, "URI", "*", PLAIN),
    ROW(257, "CAA", "*", PLAIN),
    ROW(258, "AVC", "*", PLAIN),
    ROW(259, "DOA", "*", PLAIN),
    ROW(260, "AMTRELAY", "*", PLAIN),
    ROW(261, "RESINFO", "*", PLAIN),
    ROW(262, "WALLET", "*", PLAIN),
    ROW(263, "CLA", "*", PLAIN),
    ROW(264, "IPN", "*", PLAIN),
    ROW(32768, "TA", "*", PLAIN),
    ROW(32769, "DLV", "*", PLAIN),
};
/* clang-format on */

enum { HIGH_ROWS = sizeof high_rows / sizeof *high_rows };

const struct rrtype_row *rrtype_find(uint16_t type)
{
    if (type < LOW_TYPES)
        return low_rows[type].mnemonic != NULL ? &low_rows[type] : NULL;

    unsigned low = 0;
    unsigned high = HIGH_ROWS;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if (high_rows[middle].type < type)
            low = middle + 1;
        else
            high = middle;
    }
    return low < HIGH_ROWS && high_rows[low].type == type ? &high_rows[low] : NULL;
}

static bool mnemonic_is(const struct rrtype_row *row, const char *text, size_t len)
{
    return row->mnemonic != NULL && strncasecmp(row->mnemonic, text, len) == 0 &&
           row->mnemonic[len] == '\0';
}

/* The number of "TYPE65280" (RFC 3597 section 5). */
static bool type_number(const char *text, size_t len, uint16_t *type)
{
    if (len < 5 || len > 9 || strncasecmp(text, "TYPE", 4) != 0)
        return false;
    unsigned number = 0;
    for (size_t i = 4; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    if (number > UINT16_MAX)
        return false;
    *type = (uint16_t)number;
    return true;
}

bool rrtype_from_text(const char *text, size_t len, uint16_t *type)
{
    /* A NUL inside would end the comparison early and match a shorter word. */
    if (len == 0 || memchr(text, '\0', len) != NULL)
        return false;
    if (len == 1 && text[0] == '*') {
        *type = RRTYPE_ANY;
        return true;
    }
    for (unsigned i = 0; i < LOW_TYPES; i++) {
        if (mnemonic_is(&low_rows[i], text, len)) {
            *type = low_rows[i].type;
            return true;
        }
    }
    for (unsigned i = 0; i < HIGH_ROWS; i++) {
        if (mnemonic_is(&high_rows[i], text, len)) {
            *type = high_rows[i].type;
            return true;
        }
    }
    return type_number(text, len, type);
}

char *rrtype_to_text(uint16_t type, char out[RRTYPE_TEXT])
{
    const struct rrtype_row *row = rrtype_find(type);
    if (row != NULL)
        memcpy(out, row->mnemonic, strlen(row->mnemonic) + 1);
    else
        snprintf(out, RRTYPE_TEXT, "TYPE%u", type);
    return out;
}

/* RFC 6895 section 3.1 sets aside 128 to 255 for questions and meta types, assigned or not. */
bool rrtype_is_meta(uint16_t type)
{
    return type == 0 || type == RRTYPE_OPT || (type >= 128 && type <= 255);
}

/* Octets of the name at the start of `rdata`; 0 when there is no whole one. */
static size_t rdata_name_len(const uint8_t *rdata, size_t len)
{
    struct reader reader = reader_over(rdata, len);
    return name_read(&reader) != NULL ? reader_position(&reader) : 0;
}

/* Octets of one field other than '*'; 0 when the rdata is too short for it. */
static size_t field_len(char field, const uint8_t *rdata, size_t len)
{
    size_t octets = 0;
    switch (field) {
    case '1':
    case '2':
    case '4':
        octets = (size_t)(field - '0');
        break;
    case '6':
        octets = 16;
        break;
    case 's':
        octets = len > 0 ? rdata[0] + 1u : 0;
        break;
    case 'c':
    case 'n':
        octets = rdata_name_len(rdata, len);
        break;
    }
    return octets <= len ? octets : 0;
}

bool rrtype_next_name(uint16_t type, const uint8_t *rdata, size_t len, size_t *offset,
                      unsigned *field, bool *compressible)
{
    const struct rrtype_row *row = rrtype_find(type);
    if (row == NULL)
        return false;

    /* The field before the present one, if any, is the name given last time: step over it. */
    const char *next = row->layout + *field;
    size_t at = *offset + (*field > 0 ? rdata_name_len(rdata + *offset, len - *offset) : 0);

    for (; *next != '\0' && *next != '*'; next++) {
        const size_t octets = field_len(*next, rdata + at, len - at);
        if (octets == 0)
            return false;
        if (*next == 'c' || *next == 'n') {
            *offset = at;
            *field = (unsigned)(next - row->layout) + 1;
            *compressible = *next == 'c';
            return true;
        }
        at += octets;
    }
    return false;
}

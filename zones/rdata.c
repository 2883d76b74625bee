#include "zones/rdata.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/prefix.h"
#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "zones/rdata_field.h"

/*
 * Words become octets in our own code: ldns bends what it does not understand
 * (MX 70000 is 4464 to it, a bad port 0, a LOC of nonsense some place), so
 * each field would have to be read before the library may see it - and a field
 * that has been read is as good as written. ldns prints records, and in the
 * tests it is the witness for every type that both know.
 */

static enum status field_make(struct rdata_maker *maker, char field)
{
    switch (field) {
    case '1':
    case '2':
    case '4':
        return field_number(maker, (unsigned)(field - '0'));
    case 't':
        return field_period(maker);
    case 'n':
        return field_name(maker);
    case 'a':
        return field_ipv4(maker);
    case 'A':
        return field_ipv6(maker);
    case 's':
    case 'd':
        return field_string(maker);
    case 'o':
        return maker->next < maker->end ? field_string(maker) : STATUS_OK;
    case 'S':
        return field_strings(maker);
    case 'l':
        return field_long_text(maker);
    case 'k':
        return field_tag(maker);
    case 'g':
        return field_algorithm(maker);
    case 'c':
        return field_certificate(maker);
    case 'y':
        return field_type(maker);
    case 'T':
        return field_time(maker);
    case 'm':
    case 'e':
        return field_types(maker, field == 'e');
    case 'h':
        return field_hex(maker);
    case 'b':
        return field_base64(maker);
    case 'x':
        return field_salt(maker);
    case 'X':
        return field_hashed_owner(maker);
    case '6':
        return field_groups(maker, 6, '-', 2);
    case '8':
        return field_groups(maker, 8, '-', 2);
    case 'i':
        return field_groups(maker, 4, ':', 4);
    case 'P':
        return rdata_make_apl(maker);
    case 'W':
        return rdata_make_wks(maker);
    case 'N':
        return rdata_make_nsap(maker);
    case 'H':
        return rdata_make_hip(maker);
    case 'I':
        return rdata_make_ipseckey(maker);
    case 'R':
        return rdata_make_amtrelay(maker);
    case 'L':
        return rdata_make_loc(maker);
    default: /* 'V', the last letter of the key in rdata_check.c */
        return rdata_make_svcb(maker);
    }
}

/* "\# LENGTH HEX ..." behind the "\#" (RFC 3597 section 5): good for every type. */
static enum status opaque_make(struct rdata_maker *maker)
{
    const struct token *token = maker_word(maker, "the length of its rdata");
    uint32_t len;
    if (token == NULL)
        return STATUS_SYNTAX;
    if (!text_number(token->text, token->len, RDATA_MAX_LEN, &len))
        return maker_refuse(maker, token, "a number of octets from 0 to 65535");
    if (len == 0)
        return STATUS_OK;
    const enum status status = field_hex(maker);
    if (status != STATUS_OK)
        return status;
    if (maker->len != len)
        return maker_error(maker, token, STATUS_SYNTAX,
                           "'\\# %u' announces %u octets, but %zu follow", len, len, maker->len);
    return STATUS_OK;
}

static bool is_opaque_mark(const struct token *token)
{
    return !token->quoted && token->len == 2 && memcmp(token->text, "\\#", 2) == 0;
}

static enum status form_make(struct rdata_maker *maker, uint16_t type)
{
    const char *form = rdata_form(type);
    if (form == NULL) {
        char mnemonic[RRTYPE_TEXT];
        return maker_error(maker, NULL, STATUS_SYNTAX,
                           "rdata of type %s must be written as \\# LENGTH HEX (RFC 3597)",
                           rrtype_to_text(type, mnemonic));
    }
    enum status status = STATUS_OK;
    for (; *form != '\0' && status == STATUS_OK; form++)
        status = field_make(maker, *form);
    return status;
}

enum status rdata_from_tokens(const struct diag *diag, uint16_t type, const struct token *tokens,
                              size_t count, const uint8_t *origin, uint8_t *out, uint16_t *len)
{
    struct rdata_maker maker = {
        .diag = diag,
        .next = tokens,
        .end = count > 0 ? tokens + count : tokens, /* none may be NULL: nothing can be added */
        .origin = origin,
        .out = out,
    };
    enum status status;
    if (count > 0 && is_opaque_mark(&tokens[0])) {
        maker.next++;
        status = opaque_make(&maker);
    } else {
        status = form_make(&maker, type);
    }
    if (status != STATUS_OK)
        return status;
    if (maker.next < maker.end)
        return maker_refuse(&maker, maker.next, "expected: the record is complete before it");

    const char *why = rdata_check(type, out, maker.len);
    if (why != NULL)
        return maker_error(&maker, NULL, STATUS_MEANING, "%s", why);
    *len = (uint16_t)maker.len;
    return STATUS_OK;
}

enum status rdata_from_text(const struct diag *diag, uint16_t type, const char *text,
                            const uint8_t *origin, uint8_t *out, uint16_t *len)
{
    /* A path, be it empty, keeps the place as the caller knows it: lines of `text` mean nothing. */
    struct diag here = *diag;
    if (here.path == NULL)
        here.path = "";

    struct scanner *scanner = scanner_new(text, strlen(text), &here);
    if (scanner == NULL)
        return diag_error(&here, STATUS_MEMORY, "no memory for a record");
    struct entry entry;
    bool found;
    enum status status = scanner_next(scanner, &entry, &found);
    if (status == STATUS_OK)
        status = rdata_from_tokens(&here, type, found ? entry.tokens : NULL,
                                   found ? entry.count : 0, origin, out, len);
    if (status == STATUS_OK && found) {
        status = scanner_next(scanner, &entry, &found);
        if (status == STATUS_OK && found)
            status = diag_error(&here, STATUS_SYNTAX, "'%s' is more than one line", text);
    }
    scanner_free(scanner);
    return status;
}

/* ---- printing ---- */

/* RFC 3597 section 5. */
static void opaque_print(FILE *stream, const uint8_t *rdata, uint16_t len)
{
    fprintf(stream, len > 0 ? "\\# %u " : "\\# %u", len);
    for (unsigned i = 0; i < len; i++)
        fprintf(stream, "%02x", rdata[i]);
}

/* The fields of a record as ldns prints them, with blanks between; NULL when it cannot. */
static char *library_text(uint16_t type, const uint8_t *rdata, uint16_t len)
{
    char *text = NULL;
    size_t text_len;
    size_t at = 0;
    FILE *stream = NULL;
    uint8_t *wire = malloc(2 + (size_t)len);
    ldns_rr *rr = ldns_rr_new();
    if (wire == NULL || rr == NULL)
        goto out;
    wire[0] = (uint8_t)(len >> 8);
    wire[1] = (uint8_t)len;
    memcpy(wire + 2, rdata, len);
    ldns_rr_set_type(rr, (ldns_rr_type)type);
    if (ldns_wire2rdf(rr, wire, 2 + (size_t)len, &at) != LDNS_STATUS_OK)
        goto out;
    stream = open_memstream(&text, &text_len);
    for (size_t i = 0; stream != NULL && i < ldns_rr_rd_count(rr); i++) {
        char *field = ldns_rdf2str(ldns_rr_rdf(rr, i));
        fprintf(stream, "%s%s", i > 0 ? " " : "", field != NULL ? field : "");
        free(field);
    }
    if (stream != NULL && fclose(stream) != 0) {
        free(text);
        text = NULL;
    }
out:
    ldns_rr_free(rr);
    free(wire);
    return text;
}

/* True when a text means these very octets. */
static bool reads_back(const char *text, uint16_t type, const uint8_t *rdata, uint16_t len)
{
    static const uint8_t root[1] = { 0 };
    uint8_t *back = malloc(RDATA_MAX_LEN);
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    uint16_t back_len;
    const bool same = back != NULL && report != NULL &&
                      rdata_from_text(&diag, type, text, root, back, &back_len) == STATUS_OK &&
                      back_len == len && memcmp(back, rdata, len) == 0;
    report_free(report);
    free(back);
    return same;
}

/* By hand what a query may ask to have explained, and what most records are. False for the rest. */
static bool plain_print(uint16_t type, const uint8_t *rdata, uint16_t len, char *out, size_t cap)
{
    struct address address = { .family = FAMILY_NONE };
    char text[NAME_TEXT];

    switch (type) {
    case RRTYPE_A:
        address.family = len == 4 ? FAMILY_V4 : FAMILY_NONE;
        break;
    case RRTYPE_AAAA:
        address.family = len == 16 ? FAMILY_V6 : FAMILY_NONE;
        break;
    case RRTYPE_CNAME:
    case RRTYPE_DNAME:
    case RRTYPE_NS:
    case RRTYPE_PTR:
        if (rdata_check(type, rdata, len) != NULL)
            return false;
        snprintf(out, cap, "%s", name_to_text(rdata, text));
        return true;
    default:
        break;
    }
    if (address.family == FAMILY_NONE)
        return false;
    memcpy(address.octets, rdata, len);
    snprintf(out, cap, "%s", address_print(&address, text));
    return true;
}

/*
 * ldns knows the name of an NSAP-PTR as a text and escapes a comma in alpn but
 * once: what would be read as something else is shown in octets.
 */
char *rdata_to_text(uint16_t type, const uint8_t *rdata, uint16_t len, char *out, size_t cap)
{
    if (cap == 0 || plain_print(type, rdata, len, out, cap))
        return out;
    out[0] = '\0';
    /* The library sees only what is sound: it asserts on much of the rest. */
    char *text = NULL;
    if (rdata_form(type) != NULL && rdata_check(type, rdata, len) == NULL)
        text = library_text(type, rdata, len);
    if (text != NULL && reads_back(text, type, rdata, len)) {
        snprintf(out, cap, "%s", text);
    } else {
        FILE *stream = fmemopen(out, cap, "w");
        if (stream != NULL) {
            opaque_print(stream, rdata, len);
            fclose(stream);
        }
        out[cap - 1] = '\0';
    }
    free(text);
    return out;
}

#include "zones/rdata_field.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>

/* Types whose fields depend on each other: APL, WKS, NSAP, HIP, IPSECKEY, AMTRELAY. */

/* ---- APL, RFC 3123 ---- */

enum { ITEM_TEXT = 64 };

static const char apl_what[] = "an address prefix item, as in 1:192.0.2.0/24 or !2:2001:db8::/32";

/* "[!]afi:address/prefix" */
static bool apl_scan(const char *text, uint8_t item[20], size_t *len)
{
    const bool negated = text[0] == '!';
    text += negated;
    const unsigned family = text[0] == '1' ? 1 : text[0] == '2' ? 2 : 0;
    const char *slash = strchr(text, '/');
    if (family == 0 || text[1] != ':' || slash == NULL)
        return false;

    char address[INET6_ADDRSTRLEN];
    const size_t address_len = (size_t)(slash - text - 2);
    if (address_len >= sizeof address)
        return false;
    memcpy(address, text + 2, address_len);
    address[address_len] = '\0';

    uint8_t octets[16] = { 0 };
    uint32_t prefix_len;
    if (inet_pton(family == 1 ? AF_INET : AF_INET6, address, octets) != 1 ||
        !text_number(slash + 1, strlen(slash + 1), family == 1 ? 32 : 128, &prefix_len))
        return false;

    /* RFC 3123 section 4: trailing zero octets are left out. */
    size_t used = family == 1 ? 4 : 16;
    while (used > 0 && octets[used - 1] == 0)
        used--;
    item[0] = 0;
    item[1] = (uint8_t)family;
    item[2] = (uint8_t)prefix_len;
    item[3] = (uint8_t)(used | (negated ? 0x80 : 0));
    memcpy(item + 4, octets, used);
    *len = 4 + used;
    return true;
}

enum status rdata_make_apl(struct rdata_maker *maker)
{
    while (maker->next < maker->end) {
        const struct token *token = maker_word(maker, apl_what);
        if (token == NULL)
            return STATUS_SYNTAX;
        char text[ITEM_TEXT];
        uint8_t item[20];
        size_t len;
        if (token->len >= sizeof text)
            return maker_refuse(maker, token, apl_what);
        memcpy(text, token->text, token->len);
        text[token->len] = '\0';
        if (!apl_scan(text, item, &len))
            return maker_refuse(maker, token, apl_what);
        const enum status status = maker_put(maker, item, len);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- WKS, RFC 1035 section 3.4.2 ---- */

static bool word_is(const struct token *token, const char *word)
{
    return strlen(word) == token->len && strncasecmp(word, token->text, token->len) == 0;
}

/* A port by number or by its name in the system's list; false when it is neither. */
static bool port_scan(const struct token *token, const char *protocol, uint32_t *port)
{
    char name[ITEM_TEXT];
    if (text_number(token->text, token->len, UINT16_MAX, port))
        return true;
    if (token->len >= sizeof name || protocol == NULL)
        return false;
    for (size_t i = 0; i < token->len; i++)
        name[i] = (char)(token->text[i] >= 'A' && token->text[i] <= 'Z' ? token->text[i] | 0x20
                                                                        : token->text[i]);
    name[token->len] = '\0';
    const struct servent *service = getservbyname(name, protocol);
    if (service == NULL)
        return false;
    *port = ntohs((uint16_t)service->s_port);
    return true;
}

enum status rdata_make_wks(struct rdata_maker *maker)
{
    enum status status = field_ipv4(maker);
    if (status != STATUS_OK)
        return status;
    const struct token *token = maker_word(maker, "a protocol (tcp, udp or a number)");
    if (token == NULL)
        return STATUS_SYNTAX;
    uint32_t number;
    const char *protocol = word_is(token, "tcp") ? "tcp" : word_is(token, "udp") ? "udp" : NULL;
    if (protocol != NULL)
        number = protocol[0] == 't' ? 6 : 17;
    else if (!text_number(token->text, token->len, UINT8_MAX, &number))
        return maker_refuse(maker, token, "a protocol (tcp, udp or a number)");

    uint8_t ports[8192] = { 0 };
    size_t used = 0;
    while (maker->next < maker->end) {
        uint32_t port;
        token = maker_word(maker, "a port");
        if (token == NULL)
            return STATUS_SYNTAX;
        if (!port_scan(token, protocol, &port))
            return maker_refuse(maker, token, "a port (a number or a known service)");
        ports[port / 8] |= (uint8_t)(0x80 >> port % 8);
        used = port / 8 + 1 > used ? port / 8 + 1 : used;
    }
    status = maker_put_number(maker, number, 1);
    return status == STATUS_OK ? maker_put(maker, ports, used) : status;
}

/* ---- NSAP, RFC 1706: 0x, then hex with dots wherever one likes ---- */

enum status rdata_make_nsap(struct rdata_maker *maker)
{
    static const char what[] = "an NSAP address, as in 0x47.0005.80";
    const struct token *token = maker_word(maker, what);
    if (token == NULL)
        return STATUS_SYNTAX;
    if (token->len < 3 || token->text[0] != '0' || (token->text[1] | 0x20) != 'x')
        return maker_refuse(maker, token, what);

    int half = -1;
    for (size_t i = 2; i < token->len; i++) {
        const int digit = hex_digit(token->text[i]);
        if (digit < 0 && token->text[i] != '.')
            return maker_refuse(maker, token, what);
        if (digit < 0)
            continue;
        if (half < 0) {
            half = digit;
            continue;
        }
        const enum status status = maker_put_number(maker, (uint32_t)(half << 4 | digit), 1);
        if (status != STATUS_OK)
            return status;
        half = -1;
    }
    if (half >= 0 || maker->len == 0)
        return maker_refuse(maker, token, what);
    return STATUS_OK;
}

/* ---- HIP, RFC 8005 section 5 ---- */

enum status rdata_make_hip(struct rdata_maker *maker)
{
    /* Two lengths stand around the algorithm on the wire, before what they measure. */
    enum status status = maker_put_number(maker, 0, 1);
    if (status == STATUS_OK)
        status = field_number(maker, 1);
    if (status == STATUS_OK)
        status = maker_put_number(maker, 0, 2);
    if (status == STATUS_OK)
        status = field_hex_words(maker, 1);
    if (status != STATUS_OK)
        return status;
    const size_t hit_len = maker->len - 4;
    if (hit_len > UINT8_MAX)
        return maker_error(maker, maker->next - 1, STATUS_LIMIT,
                           "the host identity tag is longer than 255 octets");
    status = field_base64_words(maker, 1);
    if (status != STATUS_OK)
        return status;
    const size_t key_len = maker->len - 4 - hit_len;
    maker->out[0] = (uint8_t)hit_len;
    maker->out[2] = (uint8_t)(key_len >> 8);
    maker->out[3] = (uint8_t)key_len;
    while (maker->next < maker->end && status == STATUS_OK)
        status = field_name(maker);
    return status;
}

/* ---- IPSECKEY (RFC 4025) and AMTRELAY (RFC 8777): an address whose kind was said before ---- */

static enum status gateway_put(struct rdata_maker *maker, unsigned kind)
{
    const struct token *token = maker->next;
    switch (kind) {
    case 0:
        token = maker_word(maker, "'.'");
        if (token == NULL)
            return STATUS_SYNTAX;
        return token->len == 1 && token->text[0] == '.'
                   ? STATUS_OK
                   : maker_refuse(maker, token, "'.', which stands for no gateway (type 0)");
    case 1:
        return field_ipv4(maker);
    case 2:
        return field_ipv6(maker);
    case 3:
        return field_name(maker);
    default:
        return maker_error(maker, token < maker->end ? token : NULL, STATUS_LIMIT,
                           "gateway type %u is unknown (0 to 3)", kind);
    }
}

enum status rdata_make_ipseckey(struct rdata_maker *maker)
{
    enum status status = field_number(maker, 1);
    if (status == STATUS_OK)
        status = field_number(maker, 1);
    if (status == STATUS_OK)
        status = field_number(maker, 1);
    if (status == STATUS_OK)
        status = gateway_put(maker, maker->out[1]);
    /* RFC 4025 section 2.4: algorithm 0 says that no key is present. */
    if (status == STATUS_OK && (maker->out[2] != 0 || maker->next < maker->end))
        status = field_base64(maker);
    return status;
}

enum status rdata_make_amtrelay(struct rdata_maker *maker)
{
    enum status status = field_number(maker, 1);
    if (status == STATUS_OK)
        status = field_number(maker, 1);
    if (status == STATUS_OK && maker->out[1] > 1)
        status = maker_refuse(maker, maker->next - 1, "0 or 1 (discovery optional)");
    if (status == STATUS_OK)
        status = field_number(maker, 1);
    if (status != STATUS_OK)
        return status;

    /* The bit and the seven bits of the type share an octet on the wire. */
    const unsigned kind = maker->out[2];
    if (kind > 3)
        return maker_error(maker, maker->next - 1, STATUS_LIMIT,
                           "relay type %u is unknown (0 to 3)", kind);
    maker->out[1] = (uint8_t)((unsigned)maker->out[1] << 7 | kind);
    maker->len = 2;
    return gateway_put(maker, kind);
}

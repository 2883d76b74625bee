#include "zones/rdata_field.h"

#include <string.h>

/*
 * LOC, RFC 1876 section 3: d1 [m1 [s1]] {N|S} d2 [m2 [s2]] {E|W} alt[m] [siz[m] [hp[m] [vp[m]]]]
 */

/* "12.345" as 12345 when `decimals` is 3; more decimals than that are refused. */
static bool fixed_scan(const char *text, size_t len, unsigned decimals, uint64_t most,
                       uint64_t *value)
{
    const char *dot = memchr(text, '.', len);
    const size_t whole_len = dot != NULL ? (size_t)(dot - text) : len;
    const size_t part_len = dot != NULL ? len - whole_len - 1 : 0;
    uint32_t whole;
    uint32_t part = 0;
    if (!text_number(text, whole_len, UINT32_MAX, &whole) || part_len > decimals ||
        (dot != NULL && !text_number(dot + 1, part_len, UINT32_MAX, &part)))
        return false;

    uint64_t scaled = whole;
    for (unsigned i = 0; i < decimals; i++) {
        scaled *= 10;
        if (i >= part_len)
            part *= 10;
    }
    *value = scaled + part;
    return *value <= most;
}

/* The direction letter at the end of an angle: +1, -1, or 0 when it is something else. */
static int direction(const struct token *token, const char letters[2])
{
    if (token->len != 1)
        return 0;
    const char upper = (char)(token->text[0] & ~0x20);
    return upper == letters[0] ? 1 : upper == letters[1] ? -1 : 0;
}

/* Thousandths of an arc second, counted from 2^31 at the equator or the prime meridian. */
static enum status angle_put(struct rdata_maker *maker, unsigned most_degrees,
                             const char letters[2], const char *what)
{
    static const uint64_t scale[3] = { 3600000, 60000, 1 };
    uint64_t angle = 0;
    for (unsigned part = 0; part < 4; part++) {
        const struct token *token = maker_word(maker, what);
        if (token == NULL)
            return STATUS_SYNTAX;
        const int sign = part > 0 ? direction(token, letters) : 0;
        if (sign != 0) {
            if (angle > most_degrees * scale[0])
                return maker_error(maker, token, STATUS_LIMIT, "the angle is over %u degrees",
                                   most_degrees);
            const uint32_t origin = 1u << 31;
            const uint32_t offset = (uint32_t)angle;
            return maker_put_number(maker, sign > 0 ? origin + offset : origin - offset, 4);
        }
        uint64_t value;
        const uint64_t most = part == 0 ? most_degrees : part == 1 ? 59 : 59999;
        if (part == 3 || !fixed_scan(token->text, token->len, part == 2 ? 3 : 0, most, &value))
            return maker_refuse(maker, token, what);
        angle += value * scale[part];
    }
    return STATUS_SYNTAX;
}

/* Metres with at most two decimals, "m" optional, as centimetres. */
static bool metres_scan(const char *text, size_t len, uint64_t most, uint64_t *centimetres)
{
    if (len > 0 && (text[len - 1] | 0x20) == 'm')
        len--;
    return fixed_scan(text, len, 2, most, centimetres);
}

static enum status altitude_put(struct rdata_maker *maker)
{
    static const char what[] = "an altitude from -100000.00m to 42849672.95m";
    const struct token *token = maker_word(maker, what);
    if (token == NULL)
        return STATUS_SYNTAX;
    const bool below = token->text[0] == '-';
    const uint64_t base = 10000000; /* 100,000 m below the reference spheroid */
    uint64_t centimetres;
    if (!metres_scan(token->text + below, token->len - below, below ? base : UINT32_MAX - base,
                     &centimetres))
        return maker_refuse(maker, token, what);
    return maker_put_number(maker, (uint32_t)(below ? base - centimetres : base + centimetres), 4);
}

/* RFC 1876 section 2: one digit and a power of ten, in centimetres. */
static enum status size_scan(struct rdata_maker *maker, uint8_t *size)
{
    static const char what[] = "a size from 0 to 90000000.00m";
    const struct token *token = maker_word(maker, what);
    if (token == NULL)
        return STATUS_SYNTAX;
    uint64_t value;
    if (!metres_scan(token->text, token->len, 9000000000u, &value))
        return maker_refuse(maker, token, what);

    unsigned exponent = 0;
    bool exact = true;
    for (; value > 9; value /= 10, exponent++)
        exact = exact && value % 10 == 0;
    if (!exact)
        return maker_refuse(maker, token, "one digit with zeros: LOC can hold no other size");
    *size = (uint8_t)(value << 4 | exponent);
    return STATUS_OK;
}

enum status rdata_make_loc(struct rdata_maker *maker)
{
    /* Version 0; 1 m in size, 10,000 m and 10 m precise when nothing is said. */
    static const uint8_t defaults[4] = { 0, 0x12, 0x16, 0x13 };
    enum status status = maker_put(maker, defaults, sizeof defaults);
    if (status == STATUS_OK)
        status = angle_put(maker, 90, "NS", "a latitude, as in 60 10 12.5 N");
    if (status == STATUS_OK)
        status = angle_put(maker, 180, "EW", "a longitude, as in 24 56 E");
    if (status == STATUS_OK)
        status = altitude_put(maker);
    for (unsigned i = 1; i < 4 && status == STATUS_OK && maker->next < maker->end; i++)
        status = size_scan(maker, &maker->out[i]);
    return status;
}

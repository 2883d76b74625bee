#include "zones/rdata_field.h"

/* Fields that spell octets: hex, base64, base32, and DNSSEC's times. */

/* ---- hex ---- */

static enum status hex_put(struct rdata_maker *maker, const struct token *token, int *half)
{
    for (size_t i = 0; i < token->len; i++) {
        const int digit = hex_digit(token->text[i]);
        if (digit < 0)
            return maker_refuse(maker, token, "hexadecimal");
        if (*half < 0) {
            *half = digit;
            continue;
        }
        const enum status status = maker_put_number(maker, (uint32_t)(*half << 4 | digit), 1);
        if (status != STATUS_OK)
            return status;
        *half = -1;
    }
    return STATUS_OK;
}

enum status field_hex_words(struct rdata_maker *maker, size_t count)
{
    int half = -1;
    for (size_t i = 0; i < count || i == 0; i++) {
        const struct token *token = maker_word(maker, "its hexadecimal data");
        if (token == NULL)
            return STATUS_SYNTAX;
        const enum status status = hex_put(maker, token, &half);
        if (status != STATUS_OK)
            return status;
    }
    if (half >= 0)
        return maker_error(maker, maker->next - 1, STATUS_SYNTAX,
                           "the hexadecimal data has an odd number of digits");
    return STATUS_OK;
}

enum status field_hex(struct rdata_maker *maker)
{
    return field_hex_words(maker, (size_t)(maker->end - maker->next));
}

/* "-" is no salt, anything else hex (RFC 5155 section 3.3). */
enum status field_salt(struct rdata_maker *maker)
{
    const struct token *token = maker->next;
    if (token < maker->end && !token->quoted && token->len == 1 && token->text[0] == '-') {
        maker->next++;
        return maker_put_number(maker, 0, 1);
    }
    const size_t start = maker->len;
    enum status status = maker_put_number(maker, 0, 1);
    if (status == STATUS_OK)
        status = field_hex_words(maker, 1);
    if (status != STATUS_OK)
        return status;
    if (maker->len - start - 1 > UINT8_MAX)
        return maker_error(maker, token, STATUS_LIMIT, "the salt is longer than 255 octets");
    maker->out[start] = (uint8_t)(maker->len - start - 1);
    return STATUS_OK;
}

enum status field_groups(struct rdata_maker *maker, unsigned count, char separator, unsigned digits)
{
    const char *what = separator == ':' ? "four groups of hexadecimal, as in 0014:4fff:ff20:ee64"
                       : count == 6     ? "an EUI-48 address, as in 00-00-5e-00-53-2a"
                                        : "an EUI-64 address, as in 00-00-5e-ef-10-00-00-2a";
    const struct token *token = maker_word(maker, what);
    if (token == NULL)
        return STATUS_SYNTAX;

    size_t at = 0;
    for (unsigned group = 0; group < count; group++) {
        uint32_t value = 0;
        unsigned used = 0;
        for (; at < token->len && used < digits && hex_digit(token->text[at]) >= 0; at++, used++)
            value = value << 4 | (uint32_t)hex_digit(token->text[at]);
        const bool last = group + 1 == count;
        const bool ended =
            last ? at == token->len : at < token->len && token->text[at] == separator;
        if (used == 0 || (separator == '-' && used != digits) || !ended)
            return maker_refuse(maker, token, what);
        at++;
        const enum status status = maker_put_number(maker, value, (digits + 1) / 2);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- base64 and base32 ---- */

/*
 * Digits of `width` bits each to octets. What is left of the bits at the end
 * must be zero, or two texts would mean the same.
 */
struct digits {
    uint32_t bits;
    unsigned bit_count;
    size_t digit_count;
    size_t padding;
};

static enum status digit_put(struct rdata_maker *maker, struct digits *digits, int digit,
                             unsigned width)
{
    digits->bits = digits->bits << width | (uint32_t)digit;
    digits->bit_count += width;
    digits->digit_count++;
    if (digits->bit_count < 8)
        return STATUS_OK;
    digits->bit_count -= 8;
    const uint32_t octet = digits->bits >> digits->bit_count;
    digits->bits &= (1u << digits->bit_count) - 1;
    return maker_put_number(maker, octet, 1);
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static enum status base64_put(struct rdata_maker *maker, const struct token *token,
                              struct digits *digits)
{
    for (size_t i = 0; i < token->len; i++) {
        if (token->text[i] == '=') {
            digits->padding++;
            continue;
        }
        const int digit = base64_digit(token->text[i]);
        if (digit < 0 || digits->padding > 0)
            return maker_refuse(maker, token, "base64");
        const enum status status = digit_put(maker, digits, digit, 6);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status field_base64_words(struct rdata_maker *maker, size_t count)
{
    struct digits digits = { .bits = 0 };
    for (size_t i = 0; i < count || i == 0; i++) {
        const struct token *token = maker_word(maker, "its base64 data");
        if (token == NULL)
            return STATUS_SYNTAX;
        const enum status status = base64_put(maker, token, &digits);
        if (status != STATUS_OK)
            return status;
    }
    if ((digits.digit_count + digits.padding) % 4 != 0 || digits.padding > 2 || digits.bits != 0)
        return maker_error(maker, maker->next - 1, STATUS_SYNTAX,
                           "the base64 data is cut short or badly padded");
    return STATUS_OK;
}

enum status field_base64(struct rdata_maker *maker)
{
    return field_base64_words(maker, (size_t)(maker->end - maker->next));
}

/* Base32 with the extended hex alphabet, no padding (RFC 5155 section 3.3). */
enum status field_hashed_owner(struct rdata_maker *maker)
{
    static const char what[] = "a hashed owner in base32hex";
    const struct token *token = maker_word(maker, what);
    if (token == NULL)
        return STATUS_SYNTAX;
    const size_t start = maker->len;
    enum status status = maker_put_number(maker, 0, 1);

    struct digits digits = { .bits = 0 };
    for (size_t i = 0; i < token->len && status == STATUS_OK; i++) {
        const char c = token->text[i];
        const char lower = (char)(c | 0x20);
        const int digit = c >= '0' && c <= '9'           ? c - '0'
                          : lower >= 'a' && lower <= 'v' ? lower - 'a' + 10
                                                         : -1;
        status = digit < 0 ? maker_refuse(maker, token, what) : digit_put(maker, &digits, digit, 5);
    }
    if (status != STATUS_OK)
        return status;
    const size_t len = maker->len - start - 1;
    if (len == 0 || len > UINT8_MAX || digits.bit_count >= 5 || digits.bits != 0)
        return maker_refuse(maker, token, what);
    maker->out[start] = (uint8_t)len;
    return STATUS_OK;
}

/* ---- times of signatures ---- */

static uint32_t digits_value(const char *text, size_t len)
{
    uint32_t value = 0;
    for (size_t i = 0; i < len; i++)
        value = value * 10 + (uint32_t)(text[i] - '0');
    return value;
}

static bool is_leap(uint32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
    static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* YYYYMMDDHHmmSS, from 1970 on; seconds wrap after 2106 as the protocol's do (RFC 4034 3.1.5). */
static bool date_scan(const char *text, uint32_t *seconds)
{
    const uint32_t year = digits_value(text, 4);
    const uint32_t month = digits_value(text + 4, 2);
    const uint32_t day = digits_value(text + 6, 2);
    const uint32_t hour = digits_value(text + 8, 2);
    const uint32_t minute = digits_value(text + 10, 2);
    const uint32_t second = digits_value(text + 12, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > month_days(year, month) ||
        hour > 23 || minute > 59 || second > 59)
        return false;

    uint64_t days = day - 1;
    for (uint32_t y = 1970; y < year; y++)
        days += is_leap(y) ? 366 : 365;
    for (uint32_t m = 1; m < month; m++)
        days += month_days(year, m);
    *seconds = (uint32_t)(((days * 24 + hour) * 60 + minute) * 60 + second);
    return true;
}

enum status field_time(struct rdata_maker *maker)
{
    static const char what[] = "a time (YYYYMMDDHHmmSS or seconds since 1970)";
    const struct token *token = maker_word(maker, what);
    if (token == NULL)
        return STATUS_SYNTAX;
    uint32_t seconds = 0;
    uint32_t ignored;
    bool good = token->len <= 10 && text_number(token->text, token->len, UINT32_MAX, &seconds);
    if (token->len == 14 && text_number(token->text, 7, UINT32_MAX, &ignored) &&
        text_number(token->text + 7, 7, UINT32_MAX, &ignored))
        good = date_scan(token->text, &seconds);
    return good ? maker_put_number(maker, seconds, 4) : maker_refuse(maker, token, what);
}

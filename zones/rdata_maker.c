#include "zones/rdata_field.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct diag place(const struct rdata_maker *maker, const struct token *token)
{
    struct diag here = *maker->diag;
    /* Text out of a JSON document has a path, and its lines mean nothing. */
    if (token != NULL && here.path == NULL)
        here.line = token->line;
    return here;
}

enum status maker_error(const struct rdata_maker *maker, const struct token *token,
                        enum status status, const char *format, ...)
{
    const struct diag here = place(maker, token);
    va_list arguments;
    va_start(arguments, format);
    diag_verror(&here, status, format, arguments);
    va_end(arguments);
    return status;
}

enum status maker_refuse(const struct rdata_maker *maker, const struct token *token,
                         const char *what)
{
    const bool cut = token->len > FIELD_SHOWN;
    return maker_error(maker, token, STATUS_SYNTAX, "'%.*s%s' is not %s",
                       cut ? FIELD_SHOWN : (int)token->len, token->text, cut ? "..." : "", what);
}

const struct token *maker_text(struct rdata_maker *maker, const char *what)
{
    if (maker->next == maker->end) {
        maker_error(maker, NULL, STATUS_SYNTAX, "the record ends before %s", what);
        return NULL;
    }
    const struct token *token = maker->next++;
    if (token->pair) {
        maker_error(maker, token, STATUS_SYNTAX,
                    "there must be a blank between a word and a quoted text");
        return NULL;
    }
    return token;
}

const struct token *maker_word(struct rdata_maker *maker, const char *what)
{
    const struct token *token = maker_text(maker, what);
    if (token != NULL && token->quoted) {
        maker_error(maker, token, STATUS_SYNTAX, "a quoted text stands where %s belongs", what);
        return NULL;
    }
    return token;
}

uint8_t *maker_claim(struct rdata_maker *maker, size_t len)
{
    if (len > RDATA_MAX_LEN - maker->len) {
        maker_error(maker, NULL, STATUS_LIMIT, "the rdata is longer than %d octets", RDATA_MAX_LEN);
        return NULL;
    }
    uint8_t *octets = maker->out + maker->len;
    maker->len += len;
    return octets;
}

enum status maker_put(struct rdata_maker *maker, const void *octets, size_t len)
{
    uint8_t *out = maker_claim(maker, len);
    if (out == NULL)
        return STATUS_LIMIT;
    memcpy(out, octets, len);
    return STATUS_OK;
}

enum status maker_put_number(struct rdata_maker *maker, uint32_t value, unsigned octets)
{
    uint8_t *out = maker_claim(maker, octets);
    if (out == NULL)
        return STATUS_LIMIT;
    for (unsigned i = octets; i > 0; i--, value >>= 8)
        out[i - 1] = (uint8_t)value;
    return STATUS_OK;
}

/* ---- words to values ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool text_number(const char *text, size_t len, uint32_t most, uint32_t *value)
{
    uint64_t number = 0;
    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i]))
            return false;
        number = number * 10 + (uint64_t)(text[i] - '0');
        if (number > most)
            return false;
    }
    *value = (uint32_t)number;
    return true;
}

/* Seconds in a unit, 0 when the letter is none. */
static uint32_t unit_seconds(char letter)
{
    switch (letter | 0x20) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    case 'w':
        return 604800;
    }
    return 0;
}

bool text_period(const char *text, size_t len, uint32_t *seconds)
{
    if (text_number(text, len, UINT32_MAX, seconds))
        return true;

    /* With units every number has one: what would the 30 of "1h30" be? */
    uint64_t sum = 0;
    for (size_t at = 0; at < len; at++) {
        const size_t from = at;
        while (at < len && is_digit(text[at]))
            at++;
        uint32_t number;
        if (at == len || unit_seconds(text[at]) == 0 ||
            !text_number(text + from, at - from, UINT32_MAX, &number))
            return false;
        sum += (uint64_t)number * unit_seconds(text[at]);
        if (sum > UINT32_MAX)
            return false;
    }
    *seconds = (uint32_t)sum;
    return len > 0;
}

int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool text_unescape(const char *text, size_t len, uint8_t *out, size_t *out_len)
{
    size_t used = 0;
    for (size_t at = 0; at < len; at++) {
        if (text[at] != '\\') {
            out[used++] = (uint8_t)text[at];
            continue;
        }
        if (++at == len)
            return false;
        if (!is_digit(text[at])) {
            out[used++] = (uint8_t)text[at];
            continue;
        }
        uint32_t octet;
        if (len - at < 3 || !text_number(text + at, 3, UINT8_MAX, &octet))
            return false;
        out[used++] = (uint8_t)octet;
        at += 2;
    }
    *out_len = used;
    return true;
}

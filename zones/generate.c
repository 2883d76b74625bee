#include "zones/generate.h"

#include <stdio.h>
#include <string.h>

/* Decimal digits from *at on; false when there are none or the number is over `most`. */
static bool digits_scan(const char *text, size_t len, size_t *at, uint32_t most, uint32_t *value)
{
    const size_t from = *at;
    uint64_t number = 0;
    for (; *at < len && text[*at] >= '0' && text[*at] <= '9'; (*at)++) {
        number = number * 10 + (uint64_t)(text[*at] - '0');
        if (number > most)
            return false;
    }
    *value = (uint32_t)number;
    return *at > from;
}

static bool skip(const char *text, size_t len, size_t *at, char wanted)
{
    if (*at == len || text[*at] != wanted)
        return false;
    (*at)++;
    return true;
}

bool generate_range_scan(const char *text, size_t len, struct generate_range *range)
{
    size_t at = 0;
    range->step = 1;
    if (!digits_scan(text, len, &at, INT32_MAX, &range->first) || !skip(text, len, &at, '-') ||
        !digits_scan(text, len, &at, INT32_MAX, &range->last))
        return false;
    if (skip(text, len, &at, '/') && !digits_scan(text, len, &at, INT32_MAX, &range->step))
        return false;
    return at == len && range->first <= range->last && range->step > 0 &&
           (range->last - range->first) / range->step < GENERATE_MOST;
}

/* What stands between the braces. */
struct format {
    int64_t offset;
    uint32_t width; /* fewest characters */
    char base;
};

enum { WIDTH_MOST = 255, NUMBER_TEXT = 300 };

/* From behind "${" to behind "}". */
static bool format_scan(const char *text, size_t len, size_t *at, struct format *format)
{
    uint32_t offset;
    const bool negative = skip(text, len, at, '-');
    if (!digits_scan(text, len, at, INT32_MAX, &offset))
        return false;
    format->offset = negative ? -(int64_t)offset : (int64_t)offset;
    if (skip(text, len, at, ',')) {
        if (!digits_scan(text, len, at, WIDTH_MOST, &format->width))
            return false;
        if (skip(text, len, at, ',')) {
            if (*at == len || text[*at] == '\0' || strchr("doxXnN", text[*at]) == NULL)
                return false;
            format->base = text[(*at)++];
        }
    }
    return skip(text, len, at, '}');
}

/* Hex digits from the last to the first with dots between, as ip6.arpa wants them. */
static void nibbles_print(uint32_t number, const struct format *format, char *out)
{
    const char *digits = format->base == 'n' ? "0123456789abcdef" : "0123456789ABCDEF";
    size_t used = 0;
    do {
        out[used++] = digits[number & 15];
        number >>= 4;
        if (number != 0 || used < format->width)
            out[used++] = '.';
    } while (number != 0 || used < format->width);
    out[used] = '\0';
}

static void number_print(uint32_t number, const struct format *format, char out[NUMBER_TEXT])
{
    const int width = (int)format->width;
    switch (format->base) {
    case 'o':
        snprintf(out, NUMBER_TEXT, "%0*o", width, number);
        break;
    case 'x':
        snprintf(out, NUMBER_TEXT, "%0*x", width, number);
        break;
    case 'X':
        snprintf(out, NUMBER_TEXT, "%0*X", width, number);
        break;
    case 'n':
    case 'N':
        nibbles_print(number, format, out);
        break;
    default:
        snprintf(out, NUMBER_TEXT, "%0*u", width, number);
        break;
    }
}

/* The text for what follows a "$" at *at, which is stepped over. NULL, or why not. */
static const char *place_expand(const char *pattern, size_t len, size_t *at, uint32_t number,
                                char out[NUMBER_TEXT])
{
    struct format format = { .offset = 0, .width = 0, .base = 'd' };
    if (skip(pattern, len, at, '$')) {
        /* Escaped, so that nobody takes a name that begins with it for something else. */
        memcpy(out, "\\$", 3);
        return NULL;
    }
    if (skip(pattern, len, at, '{') && !format_scan(pattern, len, at, &format))
        return "after '${' comes offset[,width[,base]] and '}', base one of d o x X n N";
    const int64_t value = (int64_t)number + format.offset;
    if (value < 0 || value > INT32_MAX)
        return "the number with its offset leaves the range from 0 to 2147483647";
    number_print((uint32_t)value, &format, out);
    return NULL;
}

bool generate_expand(const char *pattern, size_t len, uint32_t number, char out[GENERATE_TEXT],
                     const char **why)
{
    char piece[NUMBER_TEXT];
    size_t used = 0;
    *why = NULL;
    for (size_t at = 0; at < len && *why == NULL;) {
        const char c = pattern[at++];
        if (c == '$') {
            *why = place_expand(pattern, len, &at, number, piece);
        } else if (c == '\\' && at < len) {
            piece[0] = c;
            piece[1] = pattern[at++];
            piece[2] = '\0';
        } else {
            piece[0] = c;
            piece[1] = '\0';
        }
        const size_t piece_len = *why == NULL ? strlen(piece) : 0;
        if (used + piece_len >= GENERATE_TEXT)
            *why = "the text is too long";
        if (*why != NULL)
            break;
        memcpy(out + used, piece, piece_len);
        used += piece_len;
    }
    out[used] = '\0';
    return *why == NULL;
}

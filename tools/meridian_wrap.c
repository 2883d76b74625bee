#include "tools/meridian_wrap.h"

#include <stdbool.h>
#include <string.h>

static bool is_inside(char octet)
{
    return ((unsigned char)octet & 0xc0) == 0x80;
}

size_t wrap_text_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += !is_inside(*text);
    return width;
}

/* The octets of the first `width` characters. */
static size_t octets_of(const char *text, size_t width)
{
    size_t len = 0;
    while (text[len] != '\0' && (width > 0 || is_inside(text[len])))
        width -= !is_inside(text[len++]);
    return len;
}

/* Where so much text may end at the latest; 0: nowhere. */
static size_t last_break(const char *text, size_t len)
{
    size_t comma = 0;
    for (size_t at = len; at > 1; at--) {
        if (text[at - 1] == ' ')
            return at - 1;
        if (text[at - 1] == ',' && comma == 0)
            comma = at;
    }
    return comma;
}

/* How many octets of the text make the next line. */
static size_t line_len(const char *text, size_t room)
{
    const size_t fit = octets_of(text, room);
    if (text[fit] == '\0' || text[fit] == ' ')
        return fit;
    const size_t end = last_break(text, fit);
    return end > 0 ? end : fit + strcspn(text + fit, " ");
}

void wrap_print(const char *text, unsigned indent, FILE *to)
{
    const size_t room = indent < WRAP_WIDTH ? WRAP_WIDTH - indent : 1;
    do {
        const size_t len = line_len(text, room);
        fprintf(to, "%*s%.*s\n", (int)indent, "", (int)len, text);
        text += len;
        text += strspn(text, " ");
    } while (*text != '\0');
}

#include "dns/server/exposition.h"

#include <string.h>

#include "dns/base/utf8.h"

/* One character as a label wants it; gives how many octets of `text` it was. */
static size_t character_write(const char *text, char *out, size_t *len)
{
    const size_t octets = utf8_sequence(text);
    if (*text == '\\' || *text == '"' || *text == '\n')
        out[(*len)++] = '\\';
    if (octets > 1)
        memcpy(out + *len, text, octets);
    else
        out[*len] = octets == 0 ? '?' : *text == '\n' ? 'n' : *text;
    *len += octets > 1 ? octets : 1;
    return octets > 1 ? octets : 1;
}

char *exposition_label(const char *text, char *out, size_t cap)
{
    enum { CHARACTER_MOST = 4 };
    size_t len = 0;
    while (*text != '\0' && len + CHARACTER_MOST < cap)
        text += character_write(text, out, &len);
    if (cap > 0)
        out[len] = '\0';
    return out;
}

void exposition_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

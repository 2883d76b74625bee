#include "dns/proto/name.h"

#include <string.h>

/* The presentation form of names (RFC 1035 section 5.1), apart from name.c which packets need. */

/* A name under construction: labels that are complete, and one that is being filled. */
struct composer {
    uint8_t octets[NAME_MAX_LEN];
    size_t len;   /* octets used, the open label's length octet included */
    size_t label; /* where the open label's length octet stands */
};

static void composer_open_label(struct composer *composer)
{
    composer->label = composer->len++;
}

static size_t composer_label_len(const struct composer *composer)
{
    return composer->len - composer->label - 1;
}

/* NULL, or why the octet does not fit. One octet is kept for the root. */
static const char *composer_add(struct composer *composer, uint8_t octet)
{
    if (composer_label_len(composer) == LABEL_MAX_LEN)
        return "a label is longer than 63 octets (RFC 1035 section 2.3.4)";
    if (composer->len >= NAME_MAX_LEN - 1)
        return "the name is longer than 255 octets (RFC 1035 section 2.3.4)";
    composer->octets[composer->len++] = octet;
    return NULL;
}

/* NULL, or why the label may not end here. */
static const char *composer_close_label(struct composer *composer)
{
    if (composer_label_len(composer) == 0)
        return "a label is empty (two dots in a row, or a dot in front)";
    composer->octets[composer->label] = (uint8_t)composer_label_len(composer);
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The octet that an escape stands for, after its backslash; NULL or why it is none. */
static const char *escape_scan(const char *text, size_t len, size_t *used, uint8_t *octet)
{
    if (len == 0)
        return "a backslash ends the name";
    if (!is_digit(text[0])) {
        *octet = (uint8_t)text[0];
        *used = 1;
        return NULL;
    }
    if (len < 3 || !is_digit(text[1]) || !is_digit(text[2]))
        return "a backslash and a digit must be followed by two more digits (\\DDD)";
    const int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    if (value > UINT8_MAX)
        return "a \\DDD escape is over \\255";
    *octet = (uint8_t)value;
    *used = 3;
    return NULL;
}

/* All labels of `text`; *absolute when a dot ends it. The label open at the end is closed. */
static const char *composer_scan(struct composer *composer, const char *text, size_t len,
                                 bool *absolute)
{
    const char *why = NULL;
    *absolute = false;
    composer_open_label(composer);

    for (size_t at = 0; at < len && why == NULL; at++) {
        uint8_t octet = (uint8_t)text[at];
        if (octet == '.') {
            why = composer_close_label(composer);
            if (why == NULL && at + 1 == len)
                *absolute = true;
            else if (why == NULL)
                composer_open_label(composer);
            continue;
        }
        size_t used = 0;
        if (octet == '\\')
            why = escape_scan(text + at + 1, len - at - 1, &used, &octet);
        at += used;
        if (why == NULL)
            why = composer_add(composer, octet);
    }
    if (why == NULL && !*absolute)
        why = composer_close_label(composer);
    return why;
}

static const char *name_scan(const char *text, size_t len, const uint8_t *origin,
                             uint8_t out[NAME_MAX_LEN])
{
    static const uint8_t root[1] = { 0 };
    if (len == 0)
        return "the name is empty";
    if (len == 1 && text[0] == '.') {
        out[0] = 0;
        return NULL;
    }

    struct composer composer = { .len = 0 };
    bool absolute;
    const char *why = composer_scan(&composer, text, len, &absolute);
    if (why != NULL)
        return why;

    const uint8_t *ending = absolute ? root : origin;
    if (ending == NULL)
        return "the name has no final dot and there is no origin to add";
    const size_t ending_len = name_len(ending);
    if (composer.len + ending_len > NAME_MAX_LEN)
        return "the name with its origin is longer than 255 octets (RFC 1035 section 2.3.4)";

    /* `origin` may be `out` itself, so the ending moves first. */
    memmove(out + composer.len, ending, ending_len);
    memcpy(out, composer.octets, composer.len);
    return NULL;
}

bool name_from_text(const char *text, size_t len, const uint8_t *origin, uint8_t out[NAME_MAX_LEN],
                    const char **why)
{
    const char *reason = name_scan(text, len, origin, out);
    if (reason != NULL && why != NULL)
        *why = reason;
    return reason == NULL;
}

/* One octet of a label, escaped where a zone file would read something else. */
static char *octet_to_text(uint8_t octet, char *text)
{
    if (octet <= ' ' || octet > '~') {
        *text++ = '\\';
        *text++ = (char)('0' + octet / 100);
        *text++ = (char)('0' + octet / 10 % 10);
        *text++ = (char)('0' + octet % 10);
        return text;
    }
    if (strchr(".\\\"();@$", octet) != NULL)
        *text++ = '\\';
    *text++ = (char)octet;
    return text;
}

char *name_to_text(const uint8_t *name, char out[NAME_TEXT])
{
    char *text = out;
    if (name_is_root(name))
        *text++ = '.';
    for (; *name != 0; name += *name + 1) {
        for (unsigned i = 1; i <= *name; i++)
            text = octet_to_text(name[i], text);
        *text++ = '.';
    }
    *text = '\0';
    return out;
}

char *name_to_label_text(const uint8_t *name, char out[NAME_TEXT])
{
    name_to_text(name, out);
    if (!name_is_root(name))
        out[strlen(out) - 1] = '\0';
    return out;
}

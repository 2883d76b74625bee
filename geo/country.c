#include "geo/country.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <strings.h>

#include "geo/centres.h"

/*
 * Reserved in ISO 3166-1 for who uses them elsewhere (UK, EL, SU), or withdrawn
 * by ISO 3166-3, with where most of the country's addresses went; and three
 * languages that are taken for their countries.
 */
static const struct {
    char code[3], now[3];
} aliases[] = {
    { "UK", "GB" }, { "EL", "GR" }, { "EN", "GB" }, { "SU", "RU" }, { "DD", "DE" },
    { "FX", "FR" }, { "TP", "TL" }, { "ZR", "CD" }, { "BU", "MM" }, { "YU", "RS" },
    { "CS", "RS" }, { "JA", "JP" }, { "DA", "DK" },
};

static const struct {
    char code[3];
    const char *name;
} continents[] = {
    { "AF", "Africa" },  { "AN", "Antarctica" }, { "AS", "Asia" },
    { "EU", "Europe" },  { "NA", "America" },    { "NA", "North America" },
    { "OC", "Oceania" }, { "OC", "Australia" },  { "SA", "South America" },
};

enum { ALIASES = sizeof aliases / sizeof *aliases };
enum { CONTINENTS = sizeof continents / sizeof *continents };

/* The first two letters in capitals; false when they are none. */
static bool letters_of(const char *text, char out[3])
{
    for (unsigned i = 0; i < 2; i++) {
        if (!isalpha((unsigned char)text[i]))
            return false;
        out[i] = (char)toupper((unsigned char)text[i]);
    }
    out[2] = '\0';
    return true;
}

enum country_standing country_standing(const char *code)
{
    char upper[3];

    if (!letters_of(code, upper))
        return COUNTRY_UNKNOWN;
    if (centre_find(upper) != NULL)
        return COUNTRY_LISTED;
    const bool own = upper[0] == 'X' || (upper[0] == 'Q' && upper[1] >= 'M') ||
                     (upper[0] == 'A' && upper[1] == 'A');
    return own ? COUNTRY_PRIVATE : COUNTRY_UNKNOWN;
}

const char *country_meant(const char *code)
{
    for (size_t i = 0; i < ALIASES; i++)
        if (strncasecmp(code, aliases[i].code, 2) == 0)
            return aliases[i].now;
    return NULL;
}

const char *continent_find(const char *text)
{
    for (size_t i = 0; i < CONTINENTS; i++)
        if (strcasecmp(text, continents[i].code) == 0)
            return continents[i].code;
    return NULL;
}

const char *continent_meant(const char *text)
{
    char upper[3];

    for (size_t i = 0; i < CONTINENTS; i++)
        if (strcasecmp(text, continents[i].name) == 0)
            return continents[i].code;
    /* "EUR", "Euro": but two letters alone are a code, and this one is wrong. */
    return letters_of(text, upper) && isalpha((unsigned char)text[2]) ? continent_find(upper)
                                                                      : NULL;
}

#include "geo/selector.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "geo/country.h"

/* In the order of enum selector_kind. */
static const char *const kind_words[] = {
    "net", "asn", "city", "subdivision", "country", "continent", NULL,
};

/* ---- reading -------------------------------------------------------------- */

static bool is_code(const char *text)
{
    return isalpha((unsigned char)text[0]) && isalpha((unsigned char)text[1]);
}

/* True for a network whose clients are located by the IPv4 address inside theirs. */
static bool stands_for_v4(const struct prefix *net)
{
    struct address embedded;
    uint8_t offset;

    if (!address_embedded_v4(&net->address, &embedded, &offset))
        return false;
    return net->len >= (offset == 16 ? 16 : 32); /* 6to4 is a /16, Teredo a /32 */
}

static enum status parse_net(const struct json_node *node, const char *value,
                             struct atlas_grain grain, struct selector *out)
{
    if (!prefix_parse(value, &out->net)) {
        struct prefix loose;
        char text[PREFIX_TEXT];
        if (prefix_parse_loose(value, &loose))
            return json_error(node, STATUS_SYNTAX,
                              "'%s' has bits beyond its length; did you mean net:%s?", value,
                              prefix_print(&loose, text));
        return json_error(node, STATUS_SYNTAX,
                          "'%s' is not a network such as net:192.0.2.0/24 or net:2001:db8::/32",
                          value);
    }
    const bool v4 = out->net.address.family == FAMILY_V4;
    const unsigned most = v4 ? grain.v4 : grain.v6;
    if (out->net.len > most)
        return json_error(node, STATUS_LIMIT, "net:%s is longer than max_scope, /%u", value, most);
    if (stands_for_v4(&out->net))
        json_warning(node, "clients in %s are located by the IPv4 address inside theirs: name that",
                     value);
    return STATUS_OK;
}

static enum status parse_asn(const struct json_node *node, const char *value, struct selector *out)
{
    char *end;
    errno = 0;
    const unsigned long long asn = strtoull(value, &end, 10);

    if (!isdigit((unsigned char)value[0]) || *end != '\0')
        return json_error(node, STATUS_SYNTAX, "'%s' is not the number of an AS, such as asn:64500",
                          value);
    if (errno == ERANGE || asn == 0 || asn > UINT32_MAX)
        return json_error(node, STATUS_LIMIT, "AS number %s is not in 1..4294967295", value);
    out->asn = (uint32_t)asn;
    return STATUS_OK;
}

/*
 * The country that a selector begins with: `before` and `after` are what stands
 * around its two letters, so that the whole selector can be told as it was meant.
 */
static enum status check_code(const struct json_node *node, const char *code, const char *before,
                              const char *after)
{
    const char *meant = country_meant(code);

    switch (country_standing(code)) {
    case COUNTRY_LISTED:
        break;
    case COUNTRY_PRIVATE:
        json_warning(node, "%.2s is no country's code; only a database of your own can say it",
                     code);
        break;
    case COUNTRY_UNKNOWN:
        if (meant != NULL)
            return json_error(node, STATUS_MEANING,
                              "%.2s is no country's code (ISO 3166-1); did you mean '%s%s%s'?",
                              code, before, meant, after);
        return json_error(node, STATUS_MEANING, "%.2s is no country's code (ISO 3166-1)", code);
    }
    return STATUS_OK;
}

/* Splits the country off; what follows is the city. */
static enum status parse_city(const struct json_node *node, const char **value,
                              struct selector *out)
{
    const char *text = *value;

    if (is_code(text) && (text[2] == '-' || text[2] == ':') && text[3] != '\0')
        return json_error(node, STATUS_SYNTAX,
                          "'%s' is not a country and a city; did you mean 'city:%.2s/%s'?", text,
                          text, text + 3);
    if (!is_code(text) || text[2] != '/' || text[3] == '\0')
        return json_error(node, STATUS_SYNTAX,
                          "'%s' is not a country and a city, such as city:GB/London", text);
    memcpy(out->country, text, 2);
    *value += 3;
    return check_code(node, text, "city:", text + 2);
}

static enum status check_subdivision(const struct json_node *node, const char *value)
{
    if (is_code(value) && (value[2] == '/' || value[2] == ':') && value[3] != '\0')
        return json_error(node, STATUS_SYNTAX,
                          "'%s' is not a subdivision; did you mean 'subdivision:%.2s-%s'?", value,
                          value, value + 3);
    if (!is_code(value) || value[2] != '-' || value[3] == '\0')
        return json_error(node, STATUS_SYNTAX,
                          "'%s' is not a subdivision such as subdivision:US-CA (ISO 3166-2)",
                          value);
    return check_code(node, value, "subdivision:", value + 2);
}

static enum status check_country(const struct json_node *node, const char *value)
{
    if (!is_code(value) || value[2] != '\0')
        return json_error(node, STATUS_SYNTAX,
                          "'%s' is not a country's two letters, such as country:DE", value);
    if (country_standing(value) == COUNTRY_UNKNOWN && continent_find(value) != NULL)
        return json_error(node, STATUS_MEANING,
                          "%s is no country's code (ISO 3166-1); did you mean 'continent:%s'?",
                          value, value);
    return check_code(node, value, "country:", "");
}

static enum status check_continent(const struct json_node *node, const char *value)
{
    const char *meant = continent_meant(value);

    if (continent_find(value) != NULL)
        return STATUS_OK;
    if (meant != NULL)
        return json_error(node, STATUS_MEANING,
                          "'%s' is not a continent's code; did you mean 'continent:%s'?", value,
                          meant);
    if (strlen(value) == 2 && country_standing(value) == COUNTRY_LISTED)
        return json_error(node, STATUS_MEANING,
                          "'%s' is a country, not a continent; did you mean 'country:%s'?", value,
                          value);
    return json_error(node, STATUS_SYNTAX,
                      "'%s' is not a continent; expected AF, AN, AS, EU, NA, OC or SA", value);
}

/* Finds the word in front of the colon; *value is what stands behind it. */
static enum status parse_kind(const struct json_node *node, const char *text,
                              enum selector_kind *kind, const char **value)
{
    const char *colon = strchr(text, ':');
    const size_t len = colon == NULL ? strlen(text) : (size_t)(colon - text);
    char word[32];

    for (size_t i = 0; colon != NULL && kind_words[i] != NULL; i++) {
        if (strlen(kind_words[i]) == len && strncasecmp(text, kind_words[i], len) == 0) {
            *kind = (enum selector_kind)i;
            *value = colon + 1;
            return STATUS_OK;
        }
    }
    snprintf(word, sizeof word, "%.*s", len < sizeof word ? (int)len : 0, text);
    const char *meant = colon == NULL ? NULL : json_suggest(word, kind_words);
    if (meant != NULL)
        return json_error(node, STATUS_SYNTAX, "selector '%s' is unknown; did you mean '%s:%s'?",
                          text, meant, colon + 1);
    return json_error(node, STATUS_SYNTAX,
                      "'%s' is no selector; expected net:, asn:, city:, subdivision:, country: or "
                      "continent:",
                      text);
}

enum status selector_parse(const struct json_node *node, struct atlas_grain grain,
                           struct arena *arena, struct selector *out)
{
    struct selector found = { .text = "" };
    const char *text, *value = "";

    enum status status = json_get_string(node, &text);
    if (status == STATUS_OK)
        status = parse_kind(node, text, &found.kind, &value);
    if (status != STATUS_OK)
        return status;

    switch (found.kind) {
    case SELECTOR_NET:
        status = parse_net(node, value, grain, &found);
        break;
    case SELECTOR_ASN:
        status = parse_asn(node, value, &found);
        break;
    case SELECTOR_CITY:
        status = parse_city(node, &value, &found);
        break;
    case SELECTOR_SUBDIVISION:
        status = check_subdivision(node, value);
        break;
    case SELECTOR_COUNTRY:
        status = check_country(node, value);
        break;
    case SELECTOR_CONTINENT:
        status = check_continent(node, value);
        break;
    }
    if (status != STATUS_OK)
        return status;
    if (found.kind > SELECTOR_ASN)
        found.text = arena_string(arena, value);
    if (found.text == NULL)
        return json_error(node, STATUS_MEMORY, "out of memory");
    *out = found;
    return STATUS_OK;
}

/* ---- comparing ------------------------------------------------------------ */

static int net_compare(const struct prefix *a, const struct prefix *b)
{
    const int order = memcmp(a->address.octets, b->address.octets, sizeof a->address.octets);

    if (a->address.family != b->address.family)
        return a->address.family - b->address.family;
    return order != 0 ? order : a->len - b->len;
}

int selector_compare(const struct selector *a, const struct selector *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->kind == SELECTOR_NET)
        return net_compare(&a->net, &b->net);
    if (a->kind == SELECTOR_ASN)
        return (a->asn > b->asn) - (a->asn < b->asn);

    const int order = strcasecmp(a->country, b->country);
    return order != 0 ? order : strcasecmp(a->text, b->text);
}

char *selector_print(const struct selector *selector, char out[SELECTOR_TEXT])
{
    const char *word = kind_words[selector->kind];
    char net[PREFIX_TEXT];

    if (selector->kind == SELECTOR_NET)
        snprintf(out, SELECTOR_TEXT, "%s:%s", word, prefix_print(&selector->net, net));
    else if (selector->kind == SELECTOR_ASN)
        snprintf(out, SELECTOR_TEXT, "%s:%u", word, selector->asn);
    else if (selector->kind == SELECTOR_CITY)
        snprintf(out, SELECTOR_TEXT, "%s:%s/%s", word, selector->country, selector->text);
    else
        snprintf(out, SELECTOR_TEXT, "%s:%s", word, selector->text);
    return out;
}

size_t selector_of_place(const struct place *place, struct selector out[SELECTOR_PLACE_MOST])
{
    size_t count = 0;

    if (place->asn != 0)
        out[count++] = (struct selector){ .kind = SELECTOR_ASN, .asn = place->asn, .text = "" };
    if (place->city[0] != '\0' && strlen(place->country) == 2) {
        out[count] = (struct selector){ .kind = SELECTOR_CITY, .text = place->city };
        memcpy(out[count++].country, place->country, 2);
    }
    for (size_t i = PLACE_SUBDIVISIONS; i-- > 0;)
        if (place->subdivision[i][0] != '\0')
            out[count++] =
                (struct selector){ .kind = SELECTOR_SUBDIVISION, .text = place->subdivision[i] };
    if (place->country[0] != '\0')
        out[count++] = (struct selector){ .kind = SELECTOR_COUNTRY, .text = place->country };
    if (place->continent[0] != '\0')
        out[count++] = (struct selector){ .kind = SELECTOR_CONTINENT, .text = place->continent };
    return count;
}

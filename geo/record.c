#include "geo/record.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A record while it is read. */
struct draft {
    struct mmdb_section *section;
    struct record record;
    double latitude, longitude; /* NAN: not met */
    bool flat_location;
};

/* ---- texts and numbers ----------------------------------------------------- */

/* Octets of the UTF-8 sequence (RFC 3629) at `octets`, 0 when it is none or a NUL. */
static size_t utf8_len(const uint8_t *octets, size_t left)
{
    const uint8_t first = octets[0];
    if (first < 0x80)
        return first != 0;
    const size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((octets[i] & 0xc0) != 0x80)
            return 0;
    /* Overlong forms, surrogates, and what lies above U+10FFFF. */
    if ((first == 0xe0 && octets[1] < 0xa0) || (first == 0xed && octets[1] > 0x9f) ||
        (first == 0xf0 && octets[1] < 0x90) || (first == 0xf4 && octets[1] > 0x8f))
        return 0;
    return len;
}

static struct record_text text_from(const struct draft *draft, const struct mmdb_value *value)
{
    const struct record_text unknown = { 0 };
    if (value->type != MMDB_TEXT || value->size > RECORD_TEXT_LIMIT)
        return unknown;

    const uint8_t *octets = draft->section->octets + value->content;
    for (size_t at = 0; at < value->size;) {
        const size_t len = utf8_len(octets + at, value->size - at);
        if (len == 0)
            return unknown;
        at += len;
    }
    return (struct record_text){ (const char *)octets, value->size };
}

/* A code of two letters; "ZZ" is ISO 3166's own word for nobody knows. */
static struct record_text code_from(const struct draft *draft, const struct mmdb_value *value)
{
    const struct record_text text = text_from(draft, value);
    if (text.len != 2 || !isalpha((unsigned char)text.octets[0]) ||
        !isalpha((unsigned char)text.octets[1]) || memcmp(text.octets, "ZZ", 2) == 0)
        return (struct record_text){ 0 };
    return text;
}

/* Flat files made from CSV may hold numbers as texts. NAN when it is none. */
static double number_from(const struct draft *draft, const struct mmdb_value *value)
{
    char word[32], *end;
    switch (value->type) {
    case MMDB_REAL:
        return value->real;
    case MMDB_INTEGER:
        return (double)value->integer;
    case MMDB_TEXT:
        if (value->size == 0 || value->size >= sizeof word)
            return NAN;
        memcpy(word, draft->section->octets + value->content, value->size);
        word[value->size] = '\0';
        const double number = strtod(word, &end);
        return *end == '\0' && isfinite(number) ? number : NAN;
    default:
        return NAN;
    }
}

/* ---- fields ---------------------------------------------------------------- */

static void read_country_code(struct draft *draft, const struct mmdb_value *value)
{
    if (draft->record.country.len == 0)
        draft->record.country = code_from(draft, value);
}

static void read_country(struct draft *draft, const struct mmdb_value *value)
{
    const struct mmdb_value code = mmdb_member(draft->section, value, "iso_code");
    read_country_code(draft, value->type == MMDB_MAP ? &code : value);
}

static void read_continent_code(struct draft *draft, const struct mmdb_value *value)
{
    if (draft->record.continent.len == 0)
        draft->record.continent = code_from(draft, value);
}

static void read_continent(struct draft *draft, const struct mmdb_value *value)
{
    const struct mmdb_value code = mmdb_member(draft->section, value, "code");
    read_continent_code(draft, value->type == MMDB_MAP ? &code : value);
}

static struct record_text english_name(const struct draft *draft, const struct mmdb_value *map)
{
    const struct mmdb_value names = mmdb_member(draft->section, map, "names");
    const struct mmdb_value english = mmdb_member(draft->section, &names, "en");
    return text_from(draft, &english);
}

static void read_city(struct draft *draft, const struct mmdb_value *value)
{
    if (draft->record.city.len == 0)
        draft->record.city =
            value->type == MMDB_MAP ? english_name(draft, value) : text_from(draft, value);
}

/* Some nested files (DB-IP's) name their subdivisions but have no codes for them. */
static void read_subdivisions(struct draft *draft, const struct mmdb_value *value)
{
    size_t at = value->content;
    uint32_t count = value->type == MMDB_ARRAY ? value->size : 0;
    if (count > RECORD_SUBDIVISIONS)
        count = RECORD_SUBDIVISIONS;

    bool all_codes = count != 0;
    struct record_text codes[RECORD_SUBDIVISIONS], names[RECORD_SUBDIVISIONS];
    for (uint32_t i = 0; i < count; i++) {
        const struct mmdb_value subdivision = mmdb_read(draft->section, &at);
        const struct mmdb_value code = mmdb_member(draft->section, &subdivision, "iso_code");
        codes[i] = text_from(draft, &code);
        names[i] = english_name(draft, &subdivision);
        all_codes = all_codes && codes[i].len != 0;
    }
    if (count != 0)
        memcpy(draft->record.subdivision, all_codes ? codes : names, count * sizeof *codes);
    draft->record.subdivision_is_code = all_codes;
}

static void read_state(struct draft *draft, const struct mmdb_value *value, size_t index)
{
    if (draft->record.subdivision[index].len == 0 && !draft->record.subdivision_is_code)
        draft->record.subdivision[index] = text_from(draft, value);
}

static void read_state1(struct draft *draft, const struct mmdb_value *value)
{
    read_state(draft, value, 0);
}

static void read_state2(struct draft *draft, const struct mmdb_value *value)
{
    read_state(draft, value, 1);
}

static void read_location(struct draft *draft, const struct mmdb_value *value)
{
    const struct mmdb_value latitude = mmdb_member(draft->section, value, "latitude");
    const struct mmdb_value longitude = mmdb_member(draft->section, value, "longitude");
    const struct mmdb_value radius = mmdb_member(draft->section, value, "accuracy_radius");
    draft->latitude = number_from(draft, &latitude);
    draft->longitude = number_from(draft, &longitude);
    draft->flat_location = false;
    if (radius.type == MMDB_INTEGER && radius.integer <= UINT16_MAX)
        draft->record.accuracy_km = (uint16_t)radius.integer;
}

static void read_latitude(struct draft *draft, const struct mmdb_value *value)
{
    draft->latitude = number_from(draft, value);
    draft->flat_location = true;
}

static void read_longitude(struct draft *draft, const struct mmdb_value *value)
{
    draft->longitude = number_from(draft, value);
    draft->flat_location = true;
}

static void read_asn(struct draft *draft, const struct mmdb_value *value)
{
    const double number = number_from(draft, value);
    if (draft->record.asn == 0 && number >= 1 && number <= UINT32_MAX)
        draft->record.asn = (uint32_t)number;
}

/* GeoIP2 Enterprise and ISP-bearing City files keep the AS number here. */
static void read_traits(struct draft *draft, const struct mmdb_value *value)
{
    const struct mmdb_value number = mmdb_member(draft->section, value, "autonomous_system_number");
    read_asn(draft, &number);
}

/* ---- the record ------------------------------------------------------------ */

/* Sought for every key of every record, so the lengths are ready. */
#define FIELD(key, read)           \
    {                              \
        key, sizeof(key) - 1, read \
    }

static const struct field {
    const char *key;
    uint32_t len;
    void (*read)(struct draft *draft, const struct mmdb_value *value);
} fields[] = {
    FIELD("city", read_city),
    FIELD("country_code", read_country_code),
    FIELD("latitude", read_latitude),
    FIELD("longitude", read_longitude),
    FIELD("state1", read_state1),
    FIELD("state2", read_state2),
    FIELD("continent", read_continent),
    FIELD("country", read_country),
    FIELD("location", read_location),
    FIELD("subdivisions", read_subdivisions),
    FIELD("autonomous_system_number", read_asn),
    FIELD("traits", read_traits),
    FIELD("continent_code", read_continent_code),
};

static const struct field *field_find(const struct mmdb_section *section,
                                      const struct mmdb_value *key)
{
    if (key->type != MMDB_TEXT)
        return NULL;
    const uint8_t *octets = section->octets + key->content;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (key->size == fields[i].len && memcmp(octets, fields[i].key, key->size) == 0)
            return &fields[i];
    return NULL;
}

static void place_record(struct draft *draft)
{
    /* Written so that NAN, "not met", fails. */
    const bool possible = fabs(draft->latitude) <= 90 && fabs(draft->longitude) <= 180;
    /* Flat files have no way to leave a number out: 0,0 is how they say so. */
    const bool zero = draft->latitude == 0 && draft->longitude == 0;
    if (!possible || (draft->flat_location && zero)) {
        draft->record.accuracy_km = 0;
        return;
    }
    draft->record.has_location = true;
    draft->record.latitude = draft->latitude;
    draft->record.longitude = draft->longitude;
}

bool record_decode(struct mmdb_section *section, size_t offset, struct record *out)
{
    struct draft draft = { .section = section, .latitude = NAN, .longitude = NAN };

    const struct mmdb_value map = mmdb_read(section, &offset);
    const uint32_t pairs = map.type == MMDB_MAP ? map.size : 0;
    size_t at = map.content;
    for (uint32_t i = 0; i < pairs && !section->failed; i++) {
        const struct mmdb_value key = mmdb_read(section, &at);
        const struct mmdb_value value = mmdb_read(section, &at);
        const struct field *field = field_find(section, &key);
        if (field != NULL && value.type != MMDB_NONE)
            field->read(&draft, &value);
    }
    if (section->failed)
        return false;
    place_record(&draft);
    *out = draft.record;
    return true;
}

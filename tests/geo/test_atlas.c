#include "geo/atlas.h"

#include <math.h>
#include <stdbool.h>

#include "dns/base/json.h"
#include "geo/centres.h"
#include "tests/geo/compose.h"

#define DATA "tests/data/geo/"
static const char shipped[] = "geo/data/geo-whois-asn-country.mmdb";
static const struct atlas_grain usual = { 24, 56 }, finest = { 32, 64 };

/* Builds, and expects no mistake. */
static struct atlas *atlas_of(const char *const *files, size_t count, struct atlas_grain grain)
{
    struct report *report = report_new();
    assert_non_null(report);
    const struct diag diag = { .report = report, .file = "meridian.json" };
    struct atlas *atlas;
    if (atlas_build(files, count, grain, &diag, &atlas) != STATUS_OK)
        fail_msg("%s", report_text(report, 0));
    assert_int_equal(0, report_mistakes(report));
    report_free(report);
    return atlas;
}

static const struct place *find(const struct atlas *atlas, const char *text, struct prefix *network)
{
    struct address address;
    struct prefix ignored;
    assert_true(address_parse(text, &address));
    return atlas_find(atlas, &address, network != NULL ? network : &ignored);
}

static void without_files_nobody_is_known(void **state)
{
    (void)state;
    struct atlas *atlas = atlas_of(NULL, 0, usual);
    struct prefix network;
    assert_int_equal(1, atlas_place_count(atlas));
    assert_int_equal(0, atlas_database_count(atlas));
    assert_ptr_equal(atlas_place(atlas, 0), find(atlas, "192.0.2.1", &network));
    assert_int_equal(0, network.len);
    assert_ptr_equal(atlas_place(atlas, 0), find(atlas, "2001:db8::1", &network));
    assert_int_equal(PLACE_NOWHERE, atlas_place(atlas, 0)->fix);
    assert_string_equal("", atlas_place(atlas, 0)->city);
    atlas_free(atlas);
}

/* ---- the sources of MaxMind's test databases tell the truth ------------------- */

/* The text, or "", behind up to three keys. */
static const char *text_behind(const struct json_node *record, const char *a, const char *b,
                               const char *c)
{
    struct json_node first, second, third;
    const char *text = "";
    if (!json_member(record, a, &first) || !json_member(&first, b, &second))
        return text;
    if (c == NULL)
        third = second;
    else if (!json_member(&second, c, &third))
        return text;
    assert_int_equal(STATUS_OK, json_get_string(&third, &text));
    return text;
}

static bool real_behind(const struct json_node *record, const char *a, const char *b, double *out)
{
    struct json_node first, second;
    return json_member(record, a, &first) && json_member(&first, b, &second) &&
           json_get_real(&second, -1e6, 1e6, out) == STATUS_OK;
}

static void expect_location(const char *net, const struct json_node *record,
                            const struct place *place)
{
    double latitude, longitude, radius = 0;
    const struct centre *centre = centre_find(place->country);
    (void)real_behind(record, "location", "accuracy_radius", &radius);
    /* Where a record says no more than the country, its centre stands for it. */
    const bool vague = centre != NULL && place->city[0] == '\0' &&
                       place->subdivision[0][0] == '\0' && (radius == 0 || radius >= 100);
    if (vague || !real_behind(record, "location", "latitude", &latitude) ||
        !real_behind(record, "location", "longitude", &longitude)) {
        if (place->fix != (centre != NULL ? PLACE_COUNTRY : PLACE_NOWHERE))
            fail_msg("%s: fix %d without coordinates", net, (int)place->fix);
        if (centre != NULL && place->latitude != (double)centre->latitude)
            fail_msg("%s: not at the centre of %s", net, place->country);
        return;
    }
    if (place->fix != PLACE_EXACT || fabs(place->latitude - latitude) > 1e-9 ||
        fabs(place->longitude - longitude) > 1e-9 || place->accuracy_km != radius)
        fail_msg("%s: fix %d at %f %f, %u km", net, (int)place->fix, place->latitude,
                 place->longitude, place->accuracy_km);
}

static void expect_subdivisions(const char *net, const struct json_node *record,
                                const struct place *place)
{
    struct json_node list, item, code;
    const size_t count = json_member(record, "subdivisions", &list) ? json_count(&list) : 0;
    for (size_t i = 0; i < PLACE_SUBDIVISIONS; i++) {
        char expected[32] = "";
        const char *text;
        if (i < count) {
            assert_true(json_child(&list, i, &item) && json_member(&item, "iso_code", &code));
            assert_int_equal(STATUS_OK, json_get_string(&code, &text));
            snprintf(expected, sizeof expected, "%s-%s", place->country, text);
        }
        if (strcmp(expected, place->subdivision[i]) != 0)
            fail_msg("%s: subdivision '%s', not '%s'", net, place->subdivision[i], expected);
    }
}

static void expect_place(const char *net, const struct json_node *record, const struct place *place)
{
    struct json_node number;
    int64_t asn = 0;
    if (json_member(record, "autonomous_system_number", &number))
        assert_int_equal(STATUS_OK, json_get_integer(&number, 0, UINT32_MAX, &asn));
    if (place->asn != asn)
        fail_msg("%s: AS%u", net, place->asn);
    if (strcmp(place->country, text_behind(record, "country", "iso_code", NULL)) != 0)
        fail_msg("%s: country '%s'", net, place->country);
    const char *continent = text_behind(record, "continent", "code", NULL);
    if (continent[0] != '\0' && strcmp(place->continent, continent) != 0)
        fail_msg("%s: continent '%s'", net, place->continent);
    if (strcmp(place->city, text_behind(record, "city", "names", "en")) != 0)
        fail_msg("%s: city '%s'", net, place->city);
    expect_subdivisions(net, record, place);
    expect_location(net, record, place);
}

/* "::1.2.3.0/120" is how an IPv6 file spells 1.2.3.0/24. */
static struct prefix network_from(const char *text)
{
    struct prefix network;
    assert_true(prefix_parse_loose(text, &network));
    if (network.address.family == FAMILY_V6 && network.len >= 96 &&
        address_key(&network.address) == 0) {
        memmove(network.address.octets, network.address.octets + 12, 4);
        memset(network.address.octets + 4, 0, 12);
        network.address.family = FAMILY_V4;
        network.len = (uint8_t)(network.len - 96);
    }
    return network;
}

static size_t compare_with_source(const struct atlas *atlas, const struct json_doc *doc,
                                  const struct diag *diag)
{
    size_t compared = 0;
    const struct json_node root = json_root(doc, diag);
    for (size_t i = 0; i < json_count(&root); i++) {
        struct json_node part, record;
        assert_true(json_child(&root, i, &part));
        for (size_t j = 0; j < json_count(&part); j++) {
            struct prefix found;
            assert_true(json_child(&part, j, &record));
            const struct prefix network = network_from(record.key);
            if (network.len > 64)
                continue; /* finer than any grain */
            compared++;
            expect_place(record.key, &record, atlas_find(atlas, &network.address, &found));
            if (found.len > network.len)
                fail_msg("%s: found only /%u", record.key, found.len);
        }
    }
    return compared;
}

static const struct {
    const char *database, *source;
    size_t networks; /* of at most 64 bits */
} sources[] = {
    { DATA "GeoIP2-City-Test.mmdb", DATA "GeoIP2-City-Test.json", 251 },
    { DATA "GeoIP2-Country-Test.mmdb", DATA "GeoIP2-Country-Test.json", 280 },
    { DATA "GeoLite2-ASN-Test.mmdb", DATA "GeoLite2-ASN-Test.json", 720 },
};

static void tells_what_the_sources_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct report *report = report_new();
        assert_non_null(report);
        const struct diag diag = { .report = report, .file = sources[i].source };
        struct json_doc *doc;
        assert_int_equal(STATUS_OK, json_load(&diag, &doc));
        struct atlas *atlas = atlas_of(&sources[i].database, 1, finest);
        assert_int_equal(sources[i].networks, compare_with_source(atlas, doc, &diag));
        atlas_free(atlas);
        json_free(doc);
        report_free(report);
    }
}

/* ---- several files ------------------------------------------------------------- */

static void files_are_merged_field_by_field(void **state)
{
    static const char *const files[] = { DATA "GeoLite2-ASN-Test.mmdb",
                                         DATA "GeoIP2-City-Test.mmdb", shipped };
    (void)state;
    struct atlas *atlas = atlas_of(files, 3, finest);
    assert_int_equal(3, atlas_database_count(atlas));
    assert_string_equal(files[1], atlas_database_file(atlas, 1));
    assert_string_equal("GeoIP2-City", atlas_database_info(atlas, 1)->type);

    /* City, and the AS number of the first file where it has one. */
    const struct place *place = find(atlas, "81.2.69.142", NULL);
    assert_string_equal("London", place->city);
    assert_string_equal("GB-ENG", place->subdivision[0]);
    assert_int_equal(PLACE_EXACT, place->fix);

    /* The first file knows the AS, the second nothing, the third the country. */
    struct prefix network;
    place = find(atlas, "1.128.0.0", &network);
    assert_int_equal(1221, place->asn);
    assert_string_equal("AU", place->country);
    assert_string_equal("OC", place->continent);
    assert_int_equal(PLACE_COUNTRY, place->fix);
    assert_string_equal("", place->city);
    assert_int_equal(11, network.len);
    atlas_free(atlas);
}

/* Two files, every key where either changes and one behind it: the merge is theirs. */
static void a_merge_is_what_its_parts_say(void **state)
{
    static const char *const files[] = { DATA "GeoLite2-ASN-Test.mmdb", shipped };
    (void)state;
    struct atlas *both = atlas_of(files, 2, usual);
    struct atlas *parts[] = { atlas_of(files, 1, usual), atlas_of(files + 1, 1, usual) };
    for (unsigned family = FAMILY_V4; family <= FAMILY_V6; family++)
        for (size_t part = 0; part < 2; part++) {
            const struct spans *spans = atlas_spans(parts[part], family);
            for (size_t i = 0; i < spans->count; i++)
                for (uint64_t step = 0; step < 2; step++) {
                    const struct spans *merged = atlas_spans(both, family);
                    const uint64_t key = spans->start[i] - step;
                    const struct place *place =
                        atlas_place(both, merged->value[spans_find(merged, key)]);
                    const struct spans *asn = atlas_spans(parts[0], family);
                    const struct spans *country = atlas_spans(parts[1], family);
                    assert_int_equal(place->asn,
                                     atlas_place(parts[0], asn->value[spans_find(asn, key)])->asn);
                    assert_string_equal(
                        place->country,
                        atlas_place(parts[1], country->value[spans_find(country, key)])->country);
                }
        }
    atlas_free(parts[0]);
    atlas_free(parts[1]);
    atlas_free(both);
}

static void enterprise_files_know_the_as_too(void **state)
{
    static const char *const files[] = { DATA "GeoIP2-Enterprise-Test.mmdb" };
    (void)state;
    struct atlas *atlas = atlas_of(files, 1, finest);
    const struct place *place = find(atlas, "74.209.24.0", NULL);
    assert_string_equal("US", place->country);
    assert_string_equal("US-NY", place->subdivision[0]);
    assert_string_equal("Chatham", place->city);
    assert_int_equal(14671, place->asn);
    assert_int_equal(PLACE_EXACT, place->fix);
    assert_int_equal(27, place->accuracy_km);
    atlas_free(atlas);
}

static void every_files_mistakes_are_told_in_one_run(void **state)
{
    static const char *const files[] = { DATA "absent.mmdb", shipped,
                                         DATA "MaxMind-DB-test-broken-search-tree-24.mmdb" };
    (void)state;
    struct report *report = report_new();
    assert_non_null(report);
    const struct diag diag = { .report = report, .file = "meridian.json", .path = "geo" };
    struct atlas *atlas;
    assert_int_equal(STATUS_IO, atlas_build(files, 3, usual, &diag, &atlas));
    assert_null(atlas);
    assert_int_equal(2, report_mistakes(report));
    assert_int_equal(0, strncmp(report_text(report, 0), files[0], strlen(files[0])));
    assert_int_equal(0, strncmp(report_text(report, 1), files[2], strlen(files[2])));
    report_free(report);
}

static void a_database_that_steers_nobody_earns_a_warning(void **state)
{
    static const char *const files[] = { DATA "MaxMind-DB-test-ipv4-24.mmdb" };
    (void)state;
    struct report *report = report_new();
    assert_non_null(report);
    const struct diag diag = { .report = report, .file = "meridian.json" };
    struct atlas *atlas;
    assert_int_equal(STATUS_OK, atlas_build(files, 1, finest, &diag, &atlas));
    assert_int_equal(1, report_warnings(report));
    assert_non_null(strstr(report_text(report, 0), "steers nobody"));
    assert_int_equal(1, atlas_place_count(atlas));
    atlas_free(atlas);
    report_free(report);
}

/* ---- a flat file, composed ------------------------------------------------------ */

static uint32_t put_flat(struct compose *data, const char *state1, const char *latitude,
                         const char *longitude)
{
    const uint32_t offset = (uint32_t)data->len;
    compose_map(data, 6);
    compose_text_pair(data, "city", "Mountain View");
    compose_text_pair(data, "country_code", "US");
    compose_text_pair(data, "latitude", latitude);
    compose_text_pair(data, "longitude", longitude);
    compose_text_pair(data, "state1", state1);
    compose_text_pair(data, "state2", "Santa Clara");
    return offset;
}

/* 0.0.0.0/25 is one place and 0.0.0.128/25 another; all others are at "0,0". */
static void flat_files_and_the_grain(void **state)
{
    (void)state;
    struct compose data = { .len = 0 }, file;
    const uint32_t nodes = 25;
    const uint32_t first = nodes + 16 + put_flat(&data, "California", "37.422", "-122.085");
    const uint32_t second = nodes + 16 + put_flat(&data, "Oregon", "45.5", "-122.7");
    const uint32_t nowhere = nodes + 16 + put_flat(&data, "California", "0", "0.0");
    uint32_t records[2 * 25];
    for (uint32_t i = 0; i < nodes; i++) {
        records[2 * i] = i + 1 < nodes ? i + 1 : first;
        records[2 * i + 1] = i + 1 < nodes ? nowhere : second;
    }
    compose_file(&file, records, nodes, 4, &data);
    char path[32];
    compose_save(file.octets, file.len, path);
    const char *const files[] = { path };

    struct atlas *atlas = atlas_of(files, 1, finest);
    struct prefix network;
    const struct place *place = find(atlas, "0.0.0.1", &network);
    assert_int_equal(25, network.len);
    assert_string_equal("US-California", place->subdivision[0]);
    assert_string_equal("US-Santa Clara", place->subdivision[1]);
    assert_string_equal("NA", place->continent);
    assert_true(place->latitude == 37.422 && place->longitude == -122.085);
    assert_string_equal("US-Oregon", find(atlas, "0.0.0.129", NULL)->subdivision[0]);
    place = find(atlas, "200.0.0.1", &network);
    assert_int_equal(PLACE_COUNTRY, place->fix);
    assert_int_equal(1, network.len);
    atlas_free(atlas);

    /* Cut at 24 bits the first address of the block decides for all of it. */
    atlas = atlas_of(files, 1, usual);
    assert_int_equal(24, atlas_grain(atlas).v4);
    assert_string_equal("US-California", find(atlas, "0.0.0.129", &network)->subdivision[0]);
    assert_int_equal(24, network.len);
    assert_int_equal(3, atlas_place_count(atlas));
    atlas_free(atlas);
    unlink(path);
}

/* ---- the country database that we ship ------------------------------------------- */

static const struct {
    const char *address, *country, *continent;
} clients[] = {
    { "82.130.0.1", "FI", "EU" },
    { "8.8.8.8", "US", "NA" },
    { "2001:4860:4860::8888", "US", "NA" },
    { "196.200.32.1", "KE", "AF" },
    { "1.1.1.1", "AU", "OC" },
    { "10.0.0.1", "", "" },
    { "fe80::1", "", "" },
    { "::ffff:8.8.8.8", "", "" },
    { "2002:808:808::1", "", "" },
};

static void countries_alone_are_placed(void **state)
{
    (void)state;
    const char *const files[] = { shipped };
    struct atlas *atlas = atlas_of(files, 1, usual);
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        const struct place *place = find(atlas, clients[i].address, NULL);
        if (strcmp(place->country, clients[i].country) != 0 ||
            strcmp(place->continent, clients[i].continent) != 0)
            fail_msg("%s: '%s' in '%s'", clients[i].address, place->country, place->continent);
        assert_int_equal(clients[i].country[0] != '\0' ? PLACE_COUNTRY : PLACE_NOWHERE, place->fix);
    }

    /* Every place but the first is used, and no two of them are the same. */
    const size_t count = atlas_place_count(atlas);
    for (uint32_t i = 1; i < count; i++) {
        assert_int_not_equal(PLACE_NOWHERE, atlas_place(atlas, i)->fix);
        for (uint32_t j = 1; j < i; j++)
            assert_string_not_equal(atlas_place(atlas, i)->country, atlas_place(atlas, j)->country);
    }
    for (unsigned family = FAMILY_V4; family <= FAMILY_V6; family++) {
        const struct spans *spans = atlas_spans(atlas, family);
        assert_true(spans->count > 100000);
        assert_int_equal(0, spans->start[0]);
        for (size_t i = 1; i < spans->count; i++)
            assert_true(spans->start[i - 1] < spans->start[i] &&
                        spans->value[i - 1] != spans->value[i] && spans->value[i] < count);
    }
    atlas_free(atlas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_files_nobody_is_known),
        cmocka_unit_test(tells_what_the_sources_say),
        cmocka_unit_test(files_are_merged_field_by_field),
        cmocka_unit_test(a_merge_is_what_its_parts_say),
        cmocka_unit_test(enterprise_files_know_the_as_too),
        cmocka_unit_test(every_files_mistakes_are_told_in_one_run),
        cmocka_unit_test(a_database_that_steers_nobody_earns_a_warning),
        cmocka_unit_test(flat_files_and_the_grain),
        cmocka_unit_test(countries_alone_are_placed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

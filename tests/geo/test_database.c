#include "geo/database.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include <maxminddb.h>

#include "tests/geo/compose.h"

#define DATA "tests/data/geo/"
#define BAD  DATA "bad-data/"
static const char shipped[] = "geo/data/geo-whois-asn-country.mmdb";

/* Opens, walks and decodes every record; the first complaint, which the caller frees, or NULL. */
static char *read_whole(const char *file)
{
    struct report *report = report_new();
    assert_non_null(report);
    const struct diag diag = { .report = report, .file = file };
    struct database *database;
    struct spans v4, v6;

    enum status status = database_open(&diag, &database);
    assert_true((status == STATUS_OK) == (database != NULL));
    if (status == STATUS_OK)
        status = database_walk(database, &diag, 32, 64, &v4, &v6);
    if (status == STATUS_OK) {
        assert_int_equal(0, v4.start[0]);
        assert_int_equal(0, v6.start[0]);
        for (uint32_t i = 0; status == STATUS_OK && i < database_record_count(database); i++) {
            struct record record;
            status = database_record(database, &diag, i, &record);
        }
        spans_release(&v4);
        spans_release(&v6);
    }
    database_close(database);
    assert_int_equal(status == STATUS_OK ? 0 : 1, report_mistakes(report));
    char *complaint = status == STATUS_OK ? NULL : strdup(report_text(report, 0));
    report_free(report);
    return complaint;
}

/* ---- what is refused, and in which words ------------------------------------- */

static const struct {
    const char *file, *complaint; /* NULL: it is read whole */
} files[] = {
    { DATA "GeoIP2-City-Test.mmdb", NULL },
    { DATA "GeoIP2-Country-Test.mmdb", NULL },
    { DATA "GeoIP2-Enterprise-Test.mmdb", NULL },
    { DATA "GeoLite2-ASN-Test.mmdb", NULL },
    { DATA "GeoLite2-City-Test.mmdb", NULL },
    { DATA "GeoLite2-Country-Test.mmdb", NULL },
    { DATA "MaxMind-DB-no-ipv4-search-tree.mmdb", NULL },
    { DATA "MaxMind-DB-string-value-entries.mmdb", NULL },
    { DATA "MaxMind-DB-test-ipv4-24.mmdb", NULL },
    { DATA "MaxMind-DB-test-ipv6-32.mmdb", NULL },
    { DATA "MaxMind-DB-test-mixed-28.mmdb", NULL },
    { "geo/data/geo-whois-asn-country.mmdb", NULL },

    /* Odd, but nothing that we need is hurt: libraries have tripped over these. */
    { BAD "libmaxminddb/libmaxminddb-deep-nesting.mmdb", NULL },
    { BAD "libmaxminddb/libmaxminddb-deep-array-nesting.mmdb", NULL },
    { BAD "libmaxminddb/libmaxminddb-corrupt-search-tree.mmdb", NULL },
    { BAD "libmaxminddb/libmaxminddb-empty-array-last-in-metadata.mmdb", NULL },
    { BAD "libmaxminddb/libmaxminddb-empty-map-last-in-metadata.mmdb", NULL },
    { BAD "libmaxminddb/libmaxminddb-uint64-max-epoch.mmdb", NULL },

    { "tests/data/geo/absent.mmdb", "cannot be opened: No such file or directory" },
    { "tests/data", "is not a regular file" },
    { "/dev/zero", "is not a regular file" },
    { "tests/geo/test_database.c", "is no MMDB file" },
    { DATA "GeoIP2-City-Test-Invalid-Node-Count.mmdb", "search tree is corrupt" },
    { DATA "GeoIP2-City-Test-Broken-Double-Format.mmdb", "data section contains bad data" },
    { DATA "MaxMind-DB-test-broken-pointers-24.mmdb", "outside the data section" },
    { DATA "MaxMind-DB-test-broken-search-tree-24.mmdb", "cyclic at node 0" },
    { BAD "libmaxminddb/libmaxminddb-metadata-marker-only.mmdb", "its metadata is damaged" },
    { BAD "libmaxminddb/libmaxminddb-offset-integer-overflow.mmdb", "its metadata is damaged" },
    { BAD "libmaxminddb/libmaxminddb-oversized-map.mmdb", "data section contains bad data" },
    { BAD "libmaxminddb/libmaxminddb-oversized-array.mmdb", "data section contains bad data" },
    { BAD "libmaxminddb/libmaxminddb-separator-record-max-left.mmdb", "outside the data section" },
    { BAD "libmaxminddb/libmaxminddb-separator-record-min-left.mmdb", "outside the data section" },
    { BAD "libmaxminddb/libmaxminddb-separator-record-min-right.mmdb", "outside the data section" },
    { BAD "maxminddb-golang/cyclic-data-structure.mmdb", "its metadata is damaged" },
    { BAD "maxminddb-golang/invalid-bytes-length.mmdb", "its metadata is damaged" },
    { BAD "maxminddb-golang/invalid-data-record-offset.mmdb", "its metadata is damaged" },
    { BAD "maxminddb-golang/invalid-map-key-length.mmdb", "its metadata is damaged" },
    { BAD "maxminddb-golang/invalid-string-length.mmdb", "its metadata is damaged" },
    { BAD "maxminddb-golang/metadata-is-an-uint128.mmdb", "its metadata is damaged" },
    { BAD "maxminddb-golang/unexpected-bytes.mmdb", "its metadata is damaged" },
    { BAD "maxminddb-python/bad-unicode-in-map-key.mmdb", "outside the data section" },
};

static void accepts_good_files_and_says_why_not_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *complaint = read_whole(files[i].file);
        const char *expected = files[i].complaint;
        if (complaint != NULL && expected == NULL)
            fail_msg("%s", complaint);
        if (complaint == NULL && expected != NULL)
            fail_msg("%s is accepted", files[i].file);
        if (complaint != NULL && (strncmp(complaint, files[i].file, strlen(files[i].file)) != 0 ||
                                  strstr(complaint, expected) == NULL))
            fail_msg("%s", complaint);
        free(complaint);
    }
}

static void an_empty_file_is_refused(void **state)
{
    (void)state;
    char path[32];
    compose_save((const uint8_t *)"", 0, path);
    char *complaint = read_whole(path);
    assert_non_null(complaint);
    assert_non_null(strstr(complaint, "is empty"));
    free(complaint);
    unlink(path);
}

/* ---- damage ------------------------------------------------------------------ */

static uint8_t *slurp(const char *file, size_t *len)
{
    FILE *from = fopen(file, "rb");
    assert_non_null(from);
    struct stat about;
    assert_int_equal(0, fstat(fileno(from), &about));
    *len = (size_t)about.st_size;
    uint8_t *octets = malloc(*len);
    assert_non_null(octets);
    assert_int_equal(*len, fread(octets, 1, *len, from));
    fclose(from);
    return octets;
}

/* The metadata stands last, so no file that is cut short is whole. */
static void cut_short_anywhere_it_is_refused(void **state)
{
    static const char *const small[] = { DATA "MaxMind-DB-test-ipv4-24.mmdb",
                                         DATA "MaxMind-DB-test-mixed-28.mmdb" };
    (void)state;
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        char path[32];
        size_t len;
        uint8_t *octets = slurp(small[i], &len);
        compose_save(octets, len, path);
        while (len-- > 0) {
            assert_int_equal(0, truncate(path, (off_t)len));
            char *complaint = read_whole(path);
            if (complaint == NULL)
                fail_msg("%s cut to %zu octets is accepted", small[i], len);
            free(complaint);
        }
        unlink(path);
        free(octets);
    }
}

static void octets_changed_at_random_do_no_harm(void **state)
{
    static const char *const small[] = { DATA "MaxMind-DB-test-ipv4-24.mmdb",
                                         DATA "GeoLite2-City-Test.mmdb" };
    (void)state;
    uint64_t seed = 42;
    size_t refused = 0;
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        size_t len;
        uint8_t *octets = slurp(small[i], &len);
        for (int round = 0; round < 1000; round++) {
            uint8_t *copy = malloc(len);
            assert_non_null(copy);
            memcpy(copy, octets, len);
            for (int change = 0; change <= round % 8; change++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                copy[(seed >> 20) % len] = (uint8_t)(seed >> 56);
            }
            char path[32];
            compose_save(copy, len, path);
            char *complaint = read_whole(path);
            refused += complaint != NULL;
            free(complaint);
            unlink(path);
            free(copy);
        }
        free(octets);
    }
    assert_true(refused > 0);
}

/* With the file mapped, the first look behind its new end would be a SIGBUS. */
static void truncated_in_place_it_goes_on(void **state)
{
    (void)state;
    char path[32];
    size_t len;
    uint8_t *octets = slurp(DATA "GeoLite2-City-Test.mmdb", &len);
    compose_save(octets, len, path);
    free(octets);

    struct report *report = report_new();
    assert_non_null(report);
    const struct diag diag = { .report = report, .file = path };
    struct database *database;
    struct spans v4, v6;
    assert_int_equal(STATUS_OK, database_open(&diag, &database));
    assert_int_equal(0, truncate(path, 0));
    assert_int_equal(STATUS_OK, database_walk(database, &diag, 24, 56, &v4, &v6));
    assert_int_equal(49, database_record_count(database));
    for (uint32_t i = 0; i < database_record_count(database); i++) {
        struct record record;
        assert_int_equal(STATUS_OK, database_record(database, &diag, i, &record));
    }
    spans_release(&v4);
    spans_release(&v6);
    database_close(database);
    report_free(report);
    unlink(path);
}

/* ---- composed files ---------------------------------------------------------- */

/* libmaxminddb 1.7 dies of this one: it skips the nested arrays by recursion. */
static void nesting_by_the_million_is_refused_or_harmless(void **state)
{
    (void)state;
    const size_t depth = 1000000;
    struct compose *start = calloc(1, sizeof *start), *end = calloc(1, sizeof *end);
    uint8_t *octets = malloc(2 * depth + 2 * sizeof *start);
    assert_non_null(start);
    assert_non_null(end);
    assert_non_null(octets);

    for (uint32_t side = 0; side < 2; side++)
        compose_number(start, 1 + 16, 3);
    compose_octets(start, (const uint8_t[16]){ 0 }, 16);
    compose_map(start, 2);
    compose_text(start, "x");
    compose_text_pair(end, "country_code", "US");
    compose_metadata(end, 1, 4);

    size_t len = start->len;
    memcpy(octets, start->octets, len);
    for (size_t i = 0; i < depth; i++, len += 2)
        memcpy(octets + len, (const uint8_t[]){ i + 1 < depth, 0x04 }, 2);
    memcpy(octets + len, end->octets, end->len);
    len += end->len;

    char path[32];
    compose_save(octets, len, path);
    free(read_whole(path));
    unlink(path);
    free(octets);
    free(start);
    free(end);
}

/* Half of the space says A, of the rest half says B: the same record, met twice, is one. */
static void walks_and_numbers_distinct_records(void **state)
{
    (void)state;
    struct compose data = { .len = 0 }, file;
    compose_map(&data, 1);
    compose_text_pair(&data, "country_code", "FI");
    const uint32_t second = (uint32_t)data.len;
    compose_map(&data, 1);
    compose_text_pair(&data, "country_code", "SE");
    const uint32_t a = 3 + 16, b = 3 + 16 + second;
    const uint32_t records[] = { 1, b, a, 2, 3, a };
    compose_file(&file, records, 3, 4, &data);

    char path[32];
    compose_save(file.octets, file.len, path);
    struct report *report = report_new();
    assert_non_null(report);
    const struct diag diag = { .report = report, .file = path };
    struct database *database;
    struct spans v4, v6;
    struct record record;
    assert_int_equal(STATUS_OK, database_open(&diag, &database));
    assert_string_equal("Composed", database_info(database)->type);
    assert_int_equal(1700000000, database_info(database)->build_epoch);
    assert_int_equal(3, database_info(database)->node_count);
    assert_int_equal(4, database_info(database)->ip_version);
    assert_int_equal(STATUS_OK, database_walk(database, &diag, 24, 56, &v4, &v6));

    static const struct {
        uint64_t start;
        uint32_t value;
    } expected[] = {
        { 0, 1 },
        { 0x4000000000000000, 0 },
        { 0x6000000000000000, 1 },
        { 0x8000000000000000, 2 },
    };
    assert_int_equal(4, v4.count);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(expected[i].start, v4.start[i]);
        assert_int_equal(expected[i].value, v4.value[i]);
    }
    assert_int_equal(1, v6.count);
    assert_int_equal(0, v6.value[0]);
    assert_int_equal(2, database_record_count(database));
    assert_int_equal(STATUS_OK, database_record(database, &diag, 1, &record));
    assert_memory_equal("SE", record.country.octets, 2);

    spans_release(&v4);
    spans_release(&v6);
    database_close(database);
    report_free(report);
    unlink(path);
}

/* ---- against libmaxminddb ----------------------------------------------------- */

static uint64_t draw(uint64_t *seed)
{
    *seed += 0x9e3779b97f4a7c15;
    uint64_t x = *seed;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static MMDB_lookup_result_s library_find(const MMDB_s *mmdb, int family, uint64_t key)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = { .any = { .sa_family = (sa_family_t)family } };
    if (family == AF_INET)
        address.v4.sin_addr.s_addr = htonl((uint32_t)(key >> 32));
    for (size_t i = 0; family == AF_INET6 && i < 8; i++)
        address.v6.sin6_addr.s6_addr[i] = (uint8_t)(key >> (56 - 8 * i));
    int error;
    const MMDB_lookup_result_s result = MMDB_lookup_sockaddr(mmdb, &address.any, &error);
    assert_int_equal(MMDB_SUCCESS, error);
    return result;
}

/* At the finest grain the same record; and no wider than the networks that have it. */
static void compare_with_library(const MMDB_s *mmdb, struct database *database,
                                 const struct diag *diag, const struct spans *spans, int family)
{
    uint64_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        uint64_t key = draw(&seed);
        if (family == AF_INET)
            key &= 0xffffffff00000000;
        else if (i % 4 != 0) /* most of what is in use begins so */
            key = key >> 6 | 0x2000000000000000 | (uint64_t)(draw(&seed) % 13) << 56;
        if (family == AF_INET6 && (key >> 32 == 0x20010000 || key >> 48 == 0x2002))
            continue;

        MMDB_lookup_result_s result = library_find(mmdb, family, key);
        const uint32_t value = spans->value[spans_find(spans, key)];
        if (result.found_entry != (value != 0))
            fail_msg("%016llx: found is %d", (unsigned long long)key, result.found_entry);
        if (value == 0)
            continue;
        MMDB_entry_data_s code;
        struct record record;
        assert_int_equal(MMDB_SUCCESS, MMDB_get_value(&result.entry, &code, "country_code", NULL));
        assert_int_equal(STATUS_OK, database_record(database, diag, value - 1, &record));
        assert_int_equal(code.data_size, record.country.len);
        assert_memory_equal(code.utf8_string, record.country.octets, record.country.len);

        /* Our block is the file's network, or wider where its neighbours say the same. */
        const unsigned netmask = result.netmask - (family == AF_INET ? 96u : 0u);
        const uint8_t len = spans_prefix_len(spans, key, 64);
        assert_true(len <= netmask || netmask > 64);
        const uint64_t far = len == 0 ? ~key : key ^ ((UINT64_C(1) << (64 - len)) - 1);
        if (len < 64 && (family == AF_INET6 || len < 32))
            assert_true(library_find(mmdb, family, far).entry.offset == result.entry.offset);
    }
}

static void finds_what_the_library_finds(void **state)
{
    (void)state;
    struct report *report = report_new();
    assert_non_null(report);
    const struct diag diag = { .report = report, .file = shipped };
    struct database *database;
    struct spans v4, v6;
    MMDB_s mmdb;
    assert_int_equal(MMDB_SUCCESS, MMDB_open(shipped, MMDB_MODE_MMAP, &mmdb));
    assert_int_equal(STATUS_OK, database_open(&diag, &database));
    assert_int_equal(STATUS_OK, database_walk(database, &diag, 32, 64, &v4, &v6));
    compare_with_library(&mmdb, database, &diag, &v4, AF_INET);
    compare_with_library(&mmdb, database, &diag, &v6, AF_INET6);
    spans_release(&v4);
    spans_release(&v6);
    database_close(database);
    MMDB_close(&mmdb);
    report_free(report);
}

/* ---- one address, without a walk ------------------------------------------------ */

/* What the walk has for the address, and no longer a network than the walk's. */
static void compare_with_walk(struct database *database, const struct diag *diag,
                              const struct spans *spans, unsigned family)
{
    const uint8_t most = family == FAMILY_V4 ? 32 : 64;
    uint64_t seed = 7;

    for (int i = 0; i < 20000; i++) {
        uint64_t key = draw(&seed);
        if (family == FAMILY_V4)
            key &= 0xffffffff00000000;
        else if (i % 2 != 0)
            key = key >> 6 | 0x2000000000000000 | (uint64_t)(draw(&seed) % 13) << 56;
        if (family == FAMILY_V6 && (key >> 32 == 0x20010000 || key >> 48 == 0x2002))
            continue; /* located by the IPv4 address inside: the walk leaves them out */

        struct address address;
        struct record record, walked;
        bool found;
        uint8_t len;
        address_from_key(family, key, &address);
        assert_int_equal(STATUS_OK,
                         database_look_up(database, diag, &address, &record, &found, &len));
        const uint32_t value = spans->value[spans_find(spans, key)];
        if (found != (value != 0))
            fail_msg("%016llx: found is %d", (unsigned long long)key, found);
        assert_true(len >= spans_prefix_len(spans, key, most) || len > most);
        if (!found)
            continue;
        assert_int_equal(STATUS_OK, database_record(database, diag, value - 1, &walked));
        assert_int_equal(record.country.len, walked.country.len);
        assert_ptr_equal(record.country.octets, walked.country.octets);
    }
}

static void looks_up_what_the_walk_finds(void **state)
{
    (void)state;
    static const char *const names[] = { shipped, DATA "GeoIP2-Country-Test.mmdb",
                                         DATA "MaxMind-DB-test-ipv4-24.mmdb" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct report *report = report_new();
        const struct diag diag = { .report = report, .file = names[i] };
        struct database *database;
        struct spans v4, v6;

        assert_non_null(report);
        assert_int_equal(STATUS_OK, database_open(&diag, &database));
        assert_int_equal(STATUS_OK, database_walk(database, &diag, 32, 64, &v4, &v6));
        compare_with_walk(database, &diag, &v4, FAMILY_V4);
        compare_with_walk(database, &diag, &v6, FAMILY_V6);
        spans_release(&v4);
        spans_release(&v6);
        database_close(database);
        report_free(report);
    }
}

static void looks_up_single_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *file, *address;
        bool found;
        uint8_t len; /* of the network, in the address's own family */
        const char *country;
    } cases[] = {
        { DATA "GeoIP2-City-Test.mmdb", "2.125.160.216", true, 29, "GB" },
        { DATA "GeoIP2-City-Test.mmdb", "2001:218::1", true, 32, "JP" },
        { DATA "GeoIP2-City-Test.mmdb", "::ffff:2.125.160.216", true, 125, "GB" },
        { DATA "GeoIP2-City-Test.mmdb", "2002:27d:a0d8::", true, 45, "GB" },
        { DATA "GeoIP2-City-Test.mmdb", "10.1.2.3", false, 0, "" },
        { DATA "GeoIP2-City-Test.mmdb", "::2.125.160.216", false, 0, "" },
        { "geo/data/geo-whois-asn-country.mmdb", "193.166.3.2", true, 15, "FI" },
        /* A file of IPv4 alone knows no other addresses. */
        { DATA "MaxMind-DB-test-ipv4-24.mmdb", "1.1.1.1", true, 32, "" },
        { DATA "MaxMind-DB-test-ipv4-24.mmdb", "::1.1.1.1", false, 0, "" },
        { DATA "MaxMind-DB-test-ipv4-24.mmdb", "2001:db8::", false, 0, "" },
        /* A record for more than ::/96 is not IPv4's. */
        { DATA "MaxMind-DB-no-ipv4-search-tree.mmdb", "1.1.1.1", false, 0, "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct report *report = report_new();
        const struct diag diag = { .report = report, .file = cases[i].file };
        struct database *database;
        struct address address;
        struct record record;
        bool found;
        uint8_t len;

        assert_non_null(report);
        assert_true(address_parse(cases[i].address, &address));
        assert_int_equal(STATUS_OK, database_open(&diag, &database));
        assert_int_equal(STATUS_OK,
                         database_look_up(database, &diag, &address, &record, &found, &len));
        if (found != cases[i].found || (found && len != cases[i].len))
            fail_msg("%s: found is %d, /%u", cases[i].address, found, len);
        if (found && (record.country.len != strlen(cases[i].country) ||
                      (record.country.len > 0 &&
                       memcmp(record.country.octets, cases[i].country, record.country.len) != 0)))
            fail_msg("%s: '%.*s'", cases[i].address, (int)record.country.len,
                     record.country.octets);
        database_close(database);
        report_free(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_good_files_and_says_why_not_others),
        cmocka_unit_test(an_empty_file_is_refused),
        cmocka_unit_test(cut_short_anywhere_it_is_refused),
        cmocka_unit_test(octets_changed_at_random_do_no_harm),
        cmocka_unit_test(truncated_in_place_it_goes_on),
        cmocka_unit_test(nesting_by_the_million_is_refused_or_harmless),
        cmocka_unit_test(walks_and_numbers_distinct_records),
        cmocka_unit_test(finds_what_the_library_finds),
        cmocka_unit_test(looks_up_what_the_walk_finds),
        cmocka_unit_test(looks_up_single_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

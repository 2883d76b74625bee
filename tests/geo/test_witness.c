#include "geo/witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/geo/compose.h"

static const char *const databases[] = {
    "tests/data/geo/GeoIP2-City-Test.mmdb",
    "tests/data/geo/GeoLite2-ASN-Test.mmdb",
    "geo/data/geo-whois-asn-country.mmdb",
};
enum { DATABASES = sizeof databases / sizeof *databases };

static struct atlas *build(const char *const *files, size_t count)
{
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    struct atlas *atlas;

    assert_int_equal(atlas_build(files, count, (struct atlas_grain){ 24, 56 }, &diag, &atlas),
                     STATUS_OK);
    report_free(report);
    return atlas;
}

/* In one line; the caller frees it. */
static char *testimony(const struct atlas *atlas, const char *text)
{
    struct json_writer *writer = json_writer_new();
    struct address address;

    assert_true(address_parse(text, &address));
    assert_non_null(writer);
    json_put_object(writer, NULL);
    witness_put(atlas, &address, writer);
    json_end(writer);
    char *out = json_writer_finish(writer, 0);
    assert_non_null(out);
    return out;
}

static void each_database_speaks_for_itself(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        const char *has[3];
    } cases[] = {
        { "2.125.160.216",
          { "\"network\": \"2.125.160.216/29\", \"continent\": \"EU\", \"country\": \"GB\", "
            "\"subdivisions\": [\"GB-ENG\", \"GB-WBK\"], \"city\": \"Boxford\", "
            "\"latitude\": 51.75, \"longitude\": -1.25, \"accuracy_km\": 100}",
            "\"country\": \"GB\"}]", NULL } },
        { "1.128.0.0",
          { "\"network\": \"1.128.0.0/11\", \"asn\": 1221}", "\"country\": \"AU\"}]" } },
        { "2001:2002::", { "\"network\": \"2001:2002::/32\"", "\"country\": \"SE\"" } },
        { "10.1.2.3",
          { "\"type\": \"GeoIP2-City\", \"network\": \"", "\"type\": \"GeoLite2-ASN\"" } },
    };
    struct atlas *atlas = build(databases, DATABASES);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = testimony(atlas, cases[i].address);
        for (size_t j = 0; j < 3 && cases[i].has[j] != NULL; j++)
            if (strstr(text, cases[i].has[j]) == NULL)
                fail_msg("%s: no %s in %s", cases[i].address, cases[i].has[j], text);
        assert_null(strstr(text, "error"));
        assert_null(strstr(text, "changed"));
        free(text);
    }
    atlas_free(atlas);
}

/* As selectors and places have them, however the file does. */
static void codes_are_told_in_capitals(void **state)
{
    (void)state;
    struct compose data = { .len = 0 }, file;
    compose_map(&data, 2);
    compose_text_pair(&data, "country_code", "se");
    compose_text_pair(&data, "state1", "Skane");
    const uint32_t records[] = { 1 + 16, 1 + 16 };
    compose_file(&file, records, 1, 4, &data);

    char path[32];
    compose_save(file.octets, file.len, path);
    const char *const files[] = { path };
    struct atlas *atlas = build(files, 1);
    char *text = testimony(atlas, "192.0.2.0");
    if (strstr(text, "\"country\": \"SE\", \"subdivisions\": [\"SE-Skane\"]") == NULL)
        fail_msg("%s", text);
    free(text);
    atlas_free(atlas);
    unlink(path);
}

static void copy_file(const char *from, const char *to)
{
    char octets[4096];
    size_t len;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");

    assert_true(in != NULL && out != NULL);
    while ((len = fread(octets, 1, sizeof octets, in)) > 0)
        assert_int_equal(fwrite(octets, 1, len, out), len);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void a_file_that_is_not_what_it_was_is_told(void **state)
{
    (void)state;
    char folder[] = "/tmp/meridian-test-XXXXXX", path[64];
    const char *const files[] = { path };

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/city.mmdb", folder);
    copy_file(databases[0], path);
    struct atlas *atlas = build(files, 1);

    copy_file(databases[1], path);
    char *text = testimony(atlas, "1.128.0.0");
    assert_non_null(strstr(text, "\"changed\": true"));
    free(text);
    assert_int_equal(truncate(path, 100), 0);
    text = testimony(atlas, "1.128.0.0");
    assert_non_null(strstr(text, "\"error\": \""));
    free(text);
    unlink(path);
    text = testimony(atlas, "1.128.0.0");
    assert_non_null(strstr(text, "No such file"));
    free(text);

    atlas_free(atlas);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_database_speaks_for_itself),
        cmocka_unit_test(codes_are_told_in_capitals),
        cmocka_unit_test(a_file_that_is_not_what_it_was_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

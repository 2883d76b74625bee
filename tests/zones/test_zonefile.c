#include "zones/zonefile.h"

#include <sys/stat.h>

#include "dns/proto/rrtype.h"
#include "tests/zones/zonetext.h"
#include "zones/generate.h"

/* ---- one reading against another server's ---- */

static int line_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every record as "owner ttl type hex", sorted; the caller frees it. */
static char *listing(const struct builder *builder)
{
    size_t count = 0;
    char **lines = calloc(100000, sizeof *lines);
    size_t total = 1;
    assert_non_null(lines);
    for (size_t i = 0; i < builder_count(builder); i++) {
        const struct builder_node *node = builder_at(builder, i);
        for (uint32_t j = 0; j < node->rrset_count; j++) {
            for (uint32_t k = 0; k < node->rrsets[j].count; k++) {
                const struct builder_record *record = &node->rrsets[j].records[k];
                char owner[NAME_TEXT];
                char type[RRTYPE_TEXT];
                char hex[4096] = "";
                assert_true(record->rdata_len < 2000 && count < 100000);
                for (unsigned at = 0; at < record->rdata_len; at++)
                    sprintf(hex + 2 * at, "%02x", record->rdata[at]);
                const int len = asprintf(&lines[count], "%s %u %s %s\n",
                                         name_to_text(node->owner, owner), record->ttl,
                                         rrtype_to_text(node->rrsets[j].type, type), hex);
                assert_true(len > 0);
                total += (size_t)len;
                count++;
            }
        }
    }
    qsort(lines, count, sizeof *lines, line_order);
    char *text = malloc(total);
    assert_non_null(text);
    text[0] = '\0';
    char *end = text;
    for (size_t i = 0; i < count; i++) {
        end = stpcpy(end, lines[i]);
        free(lines[i]);
    }
    free(lines);
    return text;
}

/* rich.example.expected was made by named-compilezone of BIND 9.18 (raw format, as hex). */
static void reads_a_rich_zone_as_bind_does(void **state)
{
    (void)state;
    struct reading reading = reading_of("rich.example.", "tests/data/zones/rich.example.zone");
    assert_int_equal(reading.status, STATUS_OK);
    assert_int_equal(report_count(reading.report), 0);
    assert_int_equal(file_list_count(reading.files), 2);

    FILE *file = fopen("tests/data/zones/rich.example.expected", "r");
    assert_non_null(file);
    char *ours = listing(reading.builder);
    const char *line = ours;
    char expected[4096];
    while (fgets(expected, sizeof expected, file) != NULL) {
        const size_t len = strlen(expected);
        if (strncmp(line, expected, len) != 0)
            fail_msg("expected %sgot      %.200s", expected, line);
        line += len;
    }
    assert_int_equal(*line, '\0');
    fclose(file);
    free(ours);
    reading_free(&reading);
}

/* ---- what lines mean ---- */

static const struct {
    const char *what;
    const char *text;
    const char *records;  /* "" when there are none */
    const char *messages;
} cases[] = {
    { "an empty file", "", "", "" },
    { "class and TTL in both orders", "a 5 IN TXT x\nb IN 6 TXT x\nc 7 TXT x\nd in txt x\n",
      "a.example. 5 TXT 0178\nb.example. 6 TXT 0178\nc.example. 7 TXT 0178\nd.example. 7 TXT 0178\n",
      "" },
    { "owners that look like something else", "$TTL 9\nA TXT x\nIN TXT x\n300 TXT x\n1h IN TXT x\n",
      "1h.example. 9 TXT 0178\n300.example. 9 TXT 0178\nA.example. 9 TXT 0178\nIN.example. 9 TXT 0178\n",
      "" },
    { "the owner goes on", "a 5 TXT x\n TXT y\n\n; nothing\n\tTXT z\n",
      "a.example. 5 TXT 0178\na.example. 5 TXT 0179\na.example. 5 TXT 017a\n", "" },
    { "@ and a relative origin", "$TTL 5\n$ORIGIN sub\n@ TXT x\na TXT y\n$origin b\n@ TXT z\n",
      "a.sub.example. 5 TXT 0179\nb.sub.example. 5 TXT 017a\nsub.example. 5 TXT 0178\n", "" },
    { "an owner survives $ORIGIN", "a 5 TXT x\n$ORIGIN sub\n TXT y\n",
      "a.example. 5 TXT 0178\na.example. 5 TXT 0179\n", "" },
    { "an escaped dollar", "\\$TTL 5 TXT x\n", "\\$TTL.example. 5 TXT 0178\n", "" },
    { "$TTL before the last one stated", "a 5 TXT x\n$TTL 6\nb TXT x\nc 7 TXT x\nd TXT x\n",
      "a.example. 5 TXT 0178\nb.example. 6 TXT 0178\nc.example. 7 TXT 0178\nd.example. 6 TXT 0178\n",
      "" },
    { "a SOA without TTL has its MINIMUM", "@ SOA . . 1 2 3 4 5\na TXT x\nb 6 TXT x\nc TXT x\n",
      "a.example. 5 TXT 0178\nb.example. 6 TXT 0178\nc.example. 5 TXT 0178\n"
      "example. 5 SOA 00000000000100000002000000030000000400000005\n", "" },
    { "units", "a 1w2d3H4m5S TXT x\n", "a.example. 788645 TXT 0178\n", "" },
    { "TYPE and CLASS by number", "a 5 CLASS1 TYPE16 x\nb 5 TYPE65280 \\# 1 00\n",
      "a.example. 5 TXT 0178\nb.example. 5 TYPE65280 00\n", "" },

    { "no TTL at all is told once", "a TXT x\nb TXT x\n", "b.example. 0 TXT 0178\n",
      "zone:1: no TTL: neither here, nor on a record before, nor by $TTL\n" },
    { "TTLs that are none", "a 12x TXT x\nb 1h30 TXT x\nc 5 6 TXT x\nd -1 TXT x\n", "",
      "zone:1: TTL '12x' is not a number of seconds\n"
      "zone:2: TTL '1h30' is not a number of seconds\n"
      "zone:3: '6' is not a record type\n"
      "zone:4: '-1' is not a record type\n" },
    { "TTLs that are too large", "a 2147483648 TXT x\nb 99999999999 TXT x\n$TTL 3551w\nc 2147483647 TXT x\n",
      "c.example. 2147483647 TXT 0178\n",
      "zone:1: TTL 2147483648 is over 2147483647 (RFC 2181 section 8)\n"
      "zone:2: TTL '99999999999' is not a number of seconds\n"
      "zone:3: TTL 3551w is over 2147483647 (RFC 2181 section 8)\n" },
    { "other classes", "a 5 CH TXT x\nb 5 CLASS3 TXT x\nc 5 HS TXT x\n", "",
      "zone:1: class CH: only IN is served\nzone:2: class CLASS3: only IN is served\n"
      "zone:3: class HS: only IN is served\n" },
    { "types that are none", "a 5 FOO x\nb 5 ANY x\nc 5 TYPE0 \\# 0\nd 5 OPT \\# 0\ne 5 IN\nf 5 \"A\" x\n",
      "",
      "zone:1: 'FOO' is not a record type\n"
      "zone:2: 'ANY' is not a type of records: it stands in messages only\n"
      "zone:3: 'TYPE0' is not a type of records: it stands in messages only\n"
      "zone:4: 'OPT' is not a type of records: it stands in messages only\n"
      "zone:5: the record ends before its type\n"
      "zone:6: 'A' is not a record type\n" },
    { "# is no comment here", "# x\n", "", "zone:1: 'x' is not a record type\n" },
    { "a blank owner with nothing before", " 5 TXT x\n 5 TXT y\n", "",
      "zone:1: the entry begins with a blank, but no owner stands before it\n" },
    { "a bad owner takes its records with it", "a 5 TXT x\na..b 5 TXT y\n 5 TXT z\n 5 MX x\n",
      "a.example. 5 TXT 0178\n",
      "zone:2: 'a..b' is not a name: a label is empty (two dots in a row, or a dot in front)\n"
      "zone:4: 'x' is not a number from 0 to 65535\n" },
    { "an owner in quotes", "\"a\" 5 TXT x\n", "",
      "zone:1: 'a' is not a name: it stands in quotes\n" },
    { "an owner with quotes in it", "a=\"b\" 5 TXT x\n", "",
      "zone:1: 'a=\"b\"' is not a name: there are quotes in it\n" },
    { "$GENERATE with an owner in quotes", "$GENERATE 1-3 \"a$\" 5 TXT x\n", "",
      "zone:1: 'a1' is not a name: it stands in quotes\n" },
    { "outside the zone", "a.org. 5 TXT x\n", "", "zone:1: a.org. is outside the zone example.\n" },
    { "directives gone wrong", "$TLL 5\n$ORIGIN\n$ORIGIN a b\n$TTL\n$TTL x\n$INCLUDE\n$GENERATE 1-2 a\n", "",
      "zone:1: '$TLL' is not a directive ($ORIGIN, $TTL, $INCLUDE, $GENERATE)\n"
      "zone:2: $ORIGIN takes one name\n"
      "zone:3: $ORIGIN takes one name\n"
      "zone:4: $TTL takes one TTL\n"
      "zone:5: TTL 'x' is not a number of seconds\n"
      "zone:6: $INCLUDE takes a file and perhaps an origin\n"
      "zone:7: $GENERATE takes a range, an owner, a type and one word of rdata\n" },
    { "mistakes inside parentheses have their own line", "a 5 SOA . . (\n 1\n 2x\n 3 4 5 )\n", "",
      "zone:3: '2x' is not a number of seconds (0 to 4294967295, or with units as in 1h30m)\n" },

    { "$GENERATE", "$GENERATE 1-3/2 h$.$$ 5 IN A 192.0.2.$\n",
      "h1.\\$.example. 5 A c0000201\nh3.\\$.example. 5 A c0000203\n", "" },
    { "$GENERATE with several words", "$GENERATE 1-1 @ 5 MX \"10 m$\"\n",
      "example. 5 MX 000a026d31076578616d706c6500\n", "" },
    { "$GENERATE leaves the owner alone", "a 5 TXT x\n$GENERATE 1-1 b TXT y\n TXT z\n",
      "a.example. 5 TXT 0178\na.example. 5 TXT 017a\nb.example. 5 TXT 0179\n", "" },
    { "$GENERATE gone wrong",
      "$TTL 5\n$GENERATE 2-1 a TXT x\n$GENERATE 0-65536 a TXT x\n$GENERATE 1-9/0 a TXT x\n"
      "$GENERATE 1-9 a TXT x y\n$GENERATE 1-9 a TXT \"${x}\"\n$GENERATE 1-9 a${-2} TXT x\n"
      "$GENERATE 1-9 a MX 1\n$GENERATE 1-300 a A 192.0.2.$\n", "*",
      "zone:2: '2-1' is not a range FIRST-LAST[/STEP] of at most 65536 numbers\n"
      "zone:3: '0-65536' is not a range FIRST-LAST[/STEP] of at most 65536 numbers\n"
      "zone:4: '1-9/0' is not a range FIRST-LAST[/STEP] of at most 65536 numbers\n"
      "zone:5: $GENERATE takes one word of rdata; put quotes around several\n"
      "zone:6: '${x}' cannot be expanded for 1: after '${' comes offset[,width[,base]] and '}', "
      "base one of d o x X n N\n"
      "zone:7: 'a${-2}' cannot be expanded for 1: the number with its offset leaves the range "
      "from 0 to 2147483647\n"
      "zone:8: the record ends before a name\n"
      "zone:9: '192.0.2.256' is not an IPv4 address\n" },
};

static void reads_lines_as_rfc_1035_has_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        scratch_write("zone", cases[i].text, strlen(cases[i].text));
        struct reading reading = reading_of("example.", scratch_path("zone"));
        char *records = listing(reading.builder);
        if (strcmp(cases[i].records, "*") != 0 && strcmp(records, cases[i].records) != 0)
            fail_msg("%s:\n%s", cases[i].what, records);
        if (strcmp(messages(reading.report), cases[i].messages) != 0)
            fail_msg("%s:\n%s", cases[i].what, messages(reading.report));
        if ((reading.status == STATUS_OK) != (report_mistakes(reading.report) == 0))
            fail_msg("%s: status %d", cases[i].what, reading.status);
        free(records);
        reading_free(&reading);
    }
}

/* ---- files ---- */

static void put(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

static void expect(const char *zone, const char *records, const char *mistakes, size_t files)
{
    put("zone", zone);
    struct reading reading = reading_of("example.", scratch_path("zone"));
    char *ours = listing(reading.builder);
    assert_string_equal(ours, records);
    assert_string_equal(messages(reading.report), mistakes);
    assert_int_equal(file_list_count(reading.files), files);
    free(ours);
    reading_free(&reading);
}

static void includes_files_and_comes_back(void **state)
{
    (void)state;
    assert_int_equal(mkdir(scratch_path("d"), 0700), 0);
    put("d/one", "a TXT x\n$INCLUDE two deeper\n TXT y\n$ORIGIN elsewhere\n");
    put("d/two", "b TXT x\n$TTL 6\n");
    expect("$TTL 5\n$INCLUDE d/one sub\nc TXT x\n", 
           "a.sub.example. 5 TXT 0178\na.sub.example. 6 TXT 0179\nb.deeper.sub.example. 5 TXT 0178\n"
           "c.example. 6 TXT 0178\n",
           "", 3);
    expect("c 5 TXT x\n$include \"d/one\"\n TXT z\n",
           "a.example. 5 TXT 0178\na.example. 6 TXT 0179\nb.deeper.example. 5 TXT 0178\n"
           "c.example. 5 TXT 0178\nc.example. 6 TXT 017a\n",
           "", 3);
}

static void tells_files_that_cannot_be_had(void **state)
{
    (void)state;
    put("self", "$INCLUDE other\n");
    put("other", "$INCLUDE self\n");
    put("bad", "x 5 FOO\n");
    put("blank", " 5 TXT x\n");
    expect("a 5 TXT x\n$INCLUDE missing\n$INCLUDE .\n$INCLUDE self\n$INCLUDE bad\n$INCLUDE blank\n"
           "$INCLUDE bad a..b\n$INCLUDE \"\"\n$INCLUDE /dev/null\n",
           "a.example. 5 TXT 0178\n",
           "zone:2: missing cannot be read: No such file or directory\n"
           "zone:3: . cannot be read: Is a directory\n"
           "other:1: self includes itself\n"
           "bad:1: 'FOO' is not a record type\n"
           "blank:1: the entry begins with a blank, but no owner stands before it\n"
           "zone:7: 'a..b' is not a name: a label is empty (two dots in a row, or a dot in front)\n"
           "zone:8: '' is not the name of a file\n"
           "zone:9: /dev/null cannot be read: it is not a regular file\n",
           8);

    struct reading reading = reading_of("example.", scratch_path("nowhere.zone"));
    assert_int_equal(reading.status, STATUS_IO);
    assert_string_equal(messages(reading.report),
                        "nowhere.zone: cannot be read: No such file or directory\n");
    assert_int_equal(file_list_count(reading.files), 1); /* to be watched for */
    reading_free(&reading);
}

static void bounds_how_deep_files_include(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        char name[16];
        char text[32];
        snprintf(name, sizeof name, "deep%u", i);
        snprintf(text, sizeof text, "$INCLUDE deep%u\n", i + 1);
        put(name, text);
    }
    expect("$INCLUDE deep0\n", "", "deep15:1: more than 16 files include one another\n", 17);
}

static void notices_files_that_change(void **state)
{
    (void)state;
    char one[128];
    char two[128];
    snprintf(one, sizeof one, "%s", scratch_path("one.watch"));
    snprintf(two, sizeof two, "%s", scratch_path("two.watch"));
    struct file_list *files = file_list_new();
    put("one.watch", "x");
    assert_int_equal(file_list_add(files, one), STATUS_OK);
    assert_int_equal(file_list_add(files, one), STATUS_OK);
    assert_int_equal(file_list_add(files, two), STATUS_OK);
    assert_int_equal(file_list_count(files), 2);
    assert_string_equal(file_list_path(files, 0), one);
    assert_false(file_list_changed(files));
    put("two.watch", "appears");
    assert_true(file_list_changed(files));
    assert_int_equal(unlink(two), 0);
    assert_false(file_list_changed(files));
    put("one.watch", "xy");
    assert_true(file_list_changed(files));
    assert_int_equal(unlink(one), 0);
    assert_true(file_list_changed(files));
    file_list_free(files);
}

/* ---- patterns ---- */

static void expands_patterns_as_bind_does(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        uint32_t number;
        const char *text; /* NULL: refused */
    } patterns[] = {
        { "a$b", 7, "a7b" },
        { "$-$", 7, "7-7" },
        { "$$", 7, "\\$" },
        { "\\$", 7, "\\$" },
        { "${0}", 7, "7" },
        { "${-7}", 7, "0" },
        { "${-8}", 7, NULL },
        { "${5,3}", 7, "012" },
        { "${0,3,d}", 7, "007" },
        { "${0,0,x}", 255, "ff" },
        { "${0,4,X}", 255, "00FF" },
        { "${0,0,o}", 8, "10" },
        { "${0,0,n}", 0x12, "2.1" },
        { "${0,3,n}", 0x12, "2.1" },
        { "${0,4,n}", 0x12, "2.1." },
        { "${0,5,N}", 0xab, "B.A.0" },
        { "${0,1,y}", 7, NULL },
        { "${0,1,d", 7, NULL },
        { "${}", 7, NULL },
        { "${0,256,d}", 7, NULL },
        { "${2147483647}", 7, NULL },
        { "a\\", 7, "a\\" },
    };
    for (size_t i = 0; i < COUNT(patterns); i++) {
        char out[GENERATE_TEXT];
        const char *why;
        const bool good = generate_expand(patterns[i].pattern, strlen(patterns[i].pattern),
                                          patterns[i].number, out, &why);
        if (good != (patterns[i].text != NULL) || (good && strcmp(out, patterns[i].text) != 0))
            fail_msg("%s: %s", patterns[i].pattern, good ? out : why);
    }
}

/* ---- noise ---- */

/* Files that editors, crashes and cats leave behind: a mistake is told, nothing else happens. */
static void survives_mutations_of_a_rich_zone(void **state)
{
    (void)state;
    static const char alphabet[] = "()\";\\\n \t@$.*#0123456789AINTXTMX-\xc3\r";
    static char text[16384];
    FILE *file = fopen("tests/data/zones/rich.example.zone", "r");
    assert_non_null(file);
    const size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    assert_true(len > 1000 && len < sizeof text);

    uint64_t seed = 20261121;
    size_t refused = 0;
    enum { ROUNDS = 300 };
    for (unsigned round = 0; round < ROUNDS; round++) {
        static char mutant[sizeof text];
        memcpy(mutant, text, len);
        for (unsigned i = 0; i < 1 + round % 8; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            mutant[(seed >> 33) % len] = alphabet[(seed >> 20) % (sizeof alphabet - 1)];
        }
        scratch_write("zone", mutant, len);
        struct reading reading = reading_of("rich.example.", scratch_path("zone"));
        assert_int_equal(reading.status != STATUS_OK, report_mistakes(reading.report) > 0);
        refused += reading.status != STATUS_OK;
        reading_free(&reading);
    }
    assert_true(refused > ROUNDS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_rich_zone_as_bind_does),
        cmocka_unit_test(reads_lines_as_rfc_1035_has_them),
        cmocka_unit_test(includes_files_and_comes_back),
        cmocka_unit_test(tells_files_that_cannot_be_had),
        cmocka_unit_test(bounds_how_deep_files_include),
        cmocka_unit_test(notices_files_that_change),
        cmocka_unit_test(expands_patterns_as_bind_does),
        cmocka_unit_test(survives_mutations_of_a_rich_zone),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove();
    return failed;
}

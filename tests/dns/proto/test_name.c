#include "dns/proto/name.h"

#include <stdio.h>

#include "tests/dns/proto/octets.h"

#define LABEL_63 "123456789012345678901234567890123456789012345678901234567890123"
/* Four labels: 64 + 64 + 64 + 62 octets and the root's make 255. */
#define NAME_255                           \
    LABEL_63 "." LABEL_63 "." LABEL_63 "." \
             "1234567890123456789012345678901234567890123456789012345678901."

enum { ROUNDS = 20000 };

static void counts_octets_and_labels(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t len;
        unsigned labels;
    } cases[] = {
        { ".", 1, 0 },
        { "com.", 5, 1 },
        { "www.example.", 13, 2 },
        { "a\\.b.example.", 13, 2 },
        { NAME_255, 255, 4 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t *name = octets_copy(wire(cases[i].name), cases[i].len);
        if (name_len(name) != cases[i].len || name_labels(name) != cases[i].labels)
            fail_msg("%s: %zu octets, %u labels", cases[i].name, name_len(name), name_labels(name));
        free(name);
    }
}

static const struct {
    const char *a;
    const char *b;
    bool equal;
    bool under; /* a is b or below it */
} relations[] = {
    { ".", ".", true, true },
    { "example.", ".", false, true },
    { ".", "example.", false, false },
    { "WwW.ExAmPlE.", "www.example.", true, true },
    { "a-rather-long-label.EXAMPLE.", "A-RATHER-LONG-LABEL.example.", true, true },
    { "a-rather-long-label.example.", "a-rather-long-labeL.examplf.", false, false },
    { "www.example.", "example.", false, true },
    { "example.", "www.example.", false, false },
    { "wwwexample.", "example.", false, false },
    { "a\\.example.", "example.", false, false },
    { "www.example.", "ample.", false, false },
    { "x.y.www.Example.", "WWW.example.", false, true },
    { "[.example.", "{.example.", false, false },
    { "@.example.", "`.example.", false, false },
    { "\\193.example.", "\\225.example.", false, false },
    /* The octets of "example." end this name too, but inside a label. */
    { "\\007example.com.", "com.", false, true },
    { "x\\007example\\000.", "example.", false, false },
};

static void compares_without_regard_to_the_case_of_ascii_letters(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(relations); i++) {
        const uint8_t *wire_a = wire(relations[i].a);
        const uint8_t *wire_b = wire(relations[i].b);
        uint8_t *a = octets_copy(wire_a, name_len(wire_a));
        uint8_t *b = octets_copy(wire_b, name_len(wire_b));
        struct name_key key;
        name_key_init(&key, a);

        if (name_equal(a, b) != relations[i].equal || name_equal(b, a) != relations[i].equal)
            fail_msg("%s = %s", relations[i].a, relations[i].b);
        if (name_key_is(&key, 0, b, name_len(b)) != relations[i].equal)
            fail_msg("key of %s = %s", relations[i].a, relations[i].b);
        if ((name_compare(a, b) == 0) != relations[i].equal)
            fail_msg("%s compared with %s", relations[i].a, relations[i].b);
        if (relations[i].equal && name_hash(a) != name_hash(b))
            fail_msg("hash of %s and %s", relations[i].a, relations[i].b);
        if (name_is_under(a, b) != relations[i].under)
            fail_msg("%s under %s", relations[i].a, relations[i].b);
        free(a);
        free(b);
    }
}

/* Every octet against every other, at every place of a label: no word trick may be off. */
static void folds_exactly_the_twenty_six_letters(void **state)
{
    (void)state;
    for (unsigned place = 1; place <= 17; place += 4) {
        for (unsigned a = 0; a < 256; a++) {
            uint8_t left[20] = { 17 };
            uint8_t right[20] = { 17 };
            uint8_t lower[NAME_MAX_LEN];
            left[place] = (uint8_t)a;
            name_lower(left, lower);
            const unsigned expected = a >= 'A' && a <= 'Z' ? a + 32 : a;
            assert_int_equal(lower[place], expected);
            assert_int_equal(name_len(lower), 19);
            for (unsigned b = 0; b < 256; b++) {
                right[place] = (uint8_t)b;
                const unsigned folded = b >= 'A' && b <= 'Z' ? b + 32 : b;
                if (name_equal(left, right) != (expected == folded))
                    fail_msg("octets %u and %u at %u", a, b, place);
            }
        }
    }
}

static void walks_to_the_root(void **state)
{
    (void)state;
    const uint8_t *name = wire("*.example.");
    assert_true(name_is_wildcard(name));
    assert_false(name_is_wildcard(wire("*a.example.")));
    assert_false(name_is_wildcard(wire("a.*.example.")));
    assert_false(name_is_wildcard(wire(".")));

    name = name_parent(name);
    assert_true(name_equal(name, wire("example.")));
    name = name_parent(name);
    assert_true(name_is_root(name));
    assert_ptr_equal(name_parent(name), name);
}

/* RFC 4034 section 6.1 gives this very list, in order. */
static void sorts_in_canonical_order(void **state)
{
    (void)state;
    static const char *const sorted[] = {
        ".",
        "example.",
        "a.example.",
        "yljkjljk.a.example.",
        "Z.a.example.",
        "zABC.a.EXAMPLE.",
        "z.example.",
        "\\001.z.example.",
        "*.z.example.",
        "\\200.z.example.",
    };
    for (size_t i = 0; i < COUNT(sorted); i++) {
        for (size_t j = 0; j < COUNT(sorted); j++) {
            const int order = name_compare(wire(sorted[i]), wire(sorted[j]));
            const int expected = (i > j) - (i < j);
            if ((order > 0) - (order < 0) != expected)
                fail_msg("%s against %s: %d", sorted[i], sorted[j], order);
        }
    }
}

static void rebases_as_a_dname_does(void **state)
{
    (void)state;
    /* RFC 6672 section 2.2, table 1, and its limit. */
    static const struct {
        const char *name;
        const char *from;
        const char *to;
        const char *result; /* NULL: too long */
    } cases[] = {
        { "a.example.com.", "example.com.", "example.net.", "a.example.net." },
        { "a.b.example.com.", "EXAMPLE.com.", "example.net.", "a.b.example.net." },
        { "a.example.com.", "example.com.", "y.example.com.", "a.y.example.com." },
        { "shortloop.x.x.", "x.", ".", "shortloop.x." },
        { "shortloop.x.", "x.", ".", "shortloop." },
        { "example.com.", "example.com.", "example.net.", "example.net." },
        { "1.x.", "x.", NAME_255, NULL },
        { NAME_255, ".", "x.", NULL },
        { NAME_255, ".", ".", NAME_255 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t out[NAME_MAX_LEN];
        const bool fits =
            name_rebase(wire(cases[i].name), wire(cases[i].from), wire(cases[i].to), out);
        if (fits != (cases[i].result != NULL))
            fail_msg("%s: expected to %s", cases[i].name, fits ? "be too long" : "fit");
        if (fits && !name_equal(out, wire(cases[i].result)))
            fail_msg("%s: not %s", cases[i].name, cases[i].result);
    }
}

static void makes_the_wildcard_of_a_name(void **state)
{
    (void)state;
    uint8_t out[NAME_MAX_LEN];
    assert_true(name_wildcard(wire("example."), out));
    assert_true(name_equal(out, wire("*.example.")));
    assert_true(name_wildcard(wire("."), out));
    assert_true(name_equal(out, wire("*.")));
    assert_false(name_wildcard(wire(NAME_255), out));
}

static const struct {
    const char *what;
    const char *octets;
    size_t len;
    size_t read;    /* octets of the name in a question; 0: refused */
    size_t skipped; /* octets in another section; 0: refused */
} on_the_wire[] = {
    { "the root", "\0", 1, 1, 1 },
    { "nothing", "", 0, 0, 0 },
    { "a name and more", "\3www\7example\0\1\1", 15, 13, 13 },
    { "a name without its root", "\3www\7example", 12, 0, 0 },
    { "a label cut short", "\7exampl", 7, 0, 0 },
    { "a length and no label", "\1", 1, 0, 0 },
    { "a pointer", "\xc0\x0c", 2, 0, 2 },
    { "half a pointer", "\xc0", 1, 0, 0 },
    { "a pointer after a label", "\3www\xff\xff", 6, 0, 6 },
    { "half a pointer after a label", "\3www\xff", 5, 0, 0 },
    { "an extended label (RFC 2673)", "\x41\1\0", 3, 0, 0 },
    { "a label kind never assigned", "\x80\1\0", 3, 0, 0 },
    { "a label of 64 octets", "\x40" LABEL_63 "4\0", 66, 0, 0 },
    { "a label of 63 octets", "\x3f" LABEL_63 "\0", 65, 65, 65 },
};

static void reads_names_from_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(on_the_wire); i++) {
        uint8_t *octets = octets_copy(on_the_wire[i].octets, on_the_wire[i].len);
        struct reader reader = reader_over(octets, on_the_wire[i].len);
        const uint8_t *name = name_read(&reader);
        if (reader_ok(&reader) != (on_the_wire[i].read != 0) ||
            reader_ok(&reader) != (name != NULL))
            fail_msg("%s: read or refused wrongly", on_the_wire[i].what);
        if (name != NULL && (name != octets || reader_position(&reader) != on_the_wire[i].read))
            fail_msg("%s: read to %zu", on_the_wire[i].what, reader_position(&reader));

        reader = reader_over(octets, on_the_wire[i].len);
        name_skip(&reader);
        if (reader_ok(&reader) != (on_the_wire[i].skipped != 0))
            fail_msg("%s: skipped or refused wrongly", on_the_wire[i].what);
        if (reader_ok(&reader) && reader_position(&reader) != on_the_wire[i].skipped)
            fail_msg("%s: skipped to %zu", on_the_wire[i].what, reader_position(&reader));
        free(octets);
    }
}

/* RFC 1035 section 2.3.4: 255 octets are a name, 256 are not. */
static void holds_the_limit_of_255_octets(void **state)
{
    (void)state;
    uint8_t octets[257];
    for (unsigned last = 61; last <= 62; last++) {
        memset(octets, 'x', sizeof octets);
        octets[0] = octets[64] = octets[128] = 63;
        octets[192] = (uint8_t)last;
        octets[193 + last] = 0;
        const size_t len = 194 + last;

        uint8_t *copy = octets_copy(octets, len);
        struct reader reader = reader_over(copy, len);
        assert_int_equal(name_read(&reader) != NULL, len <= NAME_MAX_LEN);
        reader = reader_over(copy, len);
        name_skip(&reader);
        assert_int_equal(reader_ok(&reader), len <= NAME_MAX_LEN);
        free(copy);
    }
}

static void expands_names_that_are_compressed(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *message;
        size_t len;
        size_t at;
        const char *name; /* NULL: refused */
    } cases[] = {
        { "no pointer", "\1a\1b\0", 5, 0, "a.b." },
        { "the root", "\0", 1, 0, "." },
        { "a pointer to the beginning", "\1a\0\1b\300\0", 7, 3, "b.a." },
        { "a pointer to a pointer", "\1a\0\300\0\1b\300\3", 9, 5, "b.a." },
        { "a pointer to itself", "\300\0", 2, 0, NULL },
        { "a pointer to its own name", "\1a\300\0", 4, 0, NULL },
        { "a pointer forwards", "\300\2\0", 3, 0, NULL },
        { "half a pointer", "\0\1a\300", 4, 1, NULL },
        { "a label that is cut off", "\3ab", 3, 0, NULL },
        { "no root", "\1a", 2, 0, NULL },
        { "a label of type 01", "\100a\0", 3, 0, NULL },
        { "behind the end", "\0", 1, 1, NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t *message = octets_copy(cases[i].message, cases[i].len);
        uint8_t name[NAME_MAX_LEN];
        const bool good = name_expand(message, cases[i].len, cases[i].at, name);
        if (good != (cases[i].name != NULL) || (good && !name_equal(name, wire(cases[i].name))))
            fail_msg("%s: expanded wrongly", cases[i].what);
        free(message);
    }

    /* Short labels, each pointing at the one before, until the name is too long. */
    uint8_t chain[4 * 130] = { 0 };
    uint8_t name[NAME_MAX_LEN];
    size_t at = 1;
    for (size_t before = 0, octets = 1; at < sizeof chain - 4; before = at, at += 4) {
        memcpy(chain + at, "\1x\300", 3);
        chain[at] = 1;
        chain[at + 2] = (uint8_t)(0xc0 | before >> 8);
        chain[at + 3] = (uint8_t)before;
        octets += 2;
        assert_int_equal(name_expand(chain, sizeof chain, at, name), octets <= NAME_MAX_LEN);
    }
}

static const struct {
    const char *what;
    const char *text;
    const char *origin;
    const char *octets; /* NULL: refused */
    size_t len;
} texts[] = {
    { "the root", ".", NULL, "\0", 1 },
    { "an absolute name", "www.Example.", NULL, "\3www\7Example\0", 13 },
    { "a relative name", "www", "Example.", "\3www\7Example\0", 13 },
    { "a relative name below the root", "www", ".", "\3www\0", 5 },
    { "an absolute name despite an origin", "www.", "example.", "\3www\0", 5 },
    { "an escaped dot", "a\\.b.", NULL, "\3a.b\0", 5 },
    { "an escaped dot at the end", "a\\.", "example.", "\2a.\7example\0", 12 },
    { "an escaped backslash", "a\\\\.", NULL, "\2a\\\0", 4 },
    { "a decimal escape", "\\000\\255\\065.", NULL, "\3\0\377A\0", 5 },
    { "octets as they are", "\xc3\xa9 \t.", NULL, "\4\xc3\xa9 \t\0", 6 },
    { "an at sign", "@", "example.", "\1@\7example\0", 11 },
    { "a label of 63 octets", LABEL_63 ".", NULL, "\x3f" LABEL_63 "\0", 65 },
    { "nothing", "", "example.", NULL, 0 },
    { "two dots", "..", NULL, NULL, 0 },
    { "an empty label in front", ".www.", NULL, NULL, 0 },
    { "an empty label inside", "www..example.", NULL, NULL, 0 },
    { "a relative name without origin", "www", NULL, NULL, 0 },
    { "a backslash at the end", "www\\", "example.", NULL, 0 },
    { "an escape of one digit", "\\1.", NULL, NULL, 0 },
    { "an escape of two digits", "\\12x.", NULL, NULL, 0 },
    { "an escape over 255", "\\256.", NULL, NULL, 0 },
    { "a label of 64 octets", LABEL_63 "4.", NULL, NULL, 0 },
    { "256 octets in all", "1" NAME_255, NULL, NULL, 0 },
    { "256 octets with the origin", "12345678901.1",
      LABEL_63 "." LABEL_63 "." LABEL_63 "."
               "1234567890123456789012345678901234567890123456789.",
      NULL, 0 },
};

static void reads_the_presentation_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        const size_t text_len = strlen(texts[i].text);
        char *text = (char *)octets_copy(texts[i].text, text_len);
        uint8_t out[NAME_MAX_LEN];
        memset(out, 0xee, sizeof out);
        const char *why = NULL;
        const uint8_t *origin = texts[i].origin != NULL ? wire(texts[i].origin) : NULL;

        const bool accepted = name_from_text(text, text_len, origin, out, &why);
        if (accepted != (texts[i].octets != NULL))
            fail_msg("%s: %s", texts[i].what, accepted ? "accepted" : why);
        if (accepted &&
            (name_len(out) != texts[i].len || memcmp(out, texts[i].octets, texts[i].len) != 0))
            fail_msg("%s: other octets", texts[i].what);
        if (!accepted && (out[0] != 0xee || why == NULL))
            fail_msg("%s: refused, but touched the result or gave no reason", texts[i].what);
        assert_true(accepted || !name_from_text(text, text_len, origin, out, NULL));
        free(text);
    }
}

static void accepts_255_octets_of_text(void **state)
{
    (void)state;
    uint8_t out[NAME_MAX_LEN];
    assert_true(name_from_text(NAME_255, strlen(NAME_255), NULL, out, NULL));
    assert_int_equal(name_len(out), 255);
    /* The origin may be where the result goes. */
    assert_true(name_from_text("example.", 8, NULL, out, NULL));
    assert_true(name_from_text("www", 3, out, out, NULL));
    assert_true(name_equal(out, wire("www.example.")));
}

static void prints_names_for_zone_files_and_for_people(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        const char *text;
        const char *label_text;
    } cases[] = {
        { "\0", ".", "." },
        { "\3www\7Example\0", "www.Example.", "www.Example" },
        { "\2a.\0", "a\\..", "a\\." },
        { "\7 \"();@$\0", "\\032\\\"\\(\\)\\;\\@\\$.", "\\032\\\"\\(\\)\\;\\@\\$" },
        { "\4\\\0\177\377\0", "\\\\\\000\\127\\255.", "\\\\\\000\\127\\255" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[NAME_TEXT];
        const uint8_t *name = (const uint8_t *)cases[i].octets;
        assert_string_equal(name_to_text(name, text), cases[i].text);
        assert_string_equal(name_to_label_text(name, text), cases[i].label_text);
    }

    /* The longest text there is: 250 octets in four labels, each of them four characters. */
    uint8_t longest[NAME_MAX_LEN] = { 63 };
    longest[64] = longest[128] = 63;
    longest[192] = 61;
    char text[NAME_TEXT];
    assert_int_equal(strlen(name_to_text(longest, text)), 250 * 4 + 4);
}

static void random_names_survive_text_and_wire(void **state)
{
    (void)state;
    uint64_t seed = 0x6d65726964;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint8_t name[NAME_MAX_LEN];
        random_name(&seed, NAME_MAX_LEN, LABEL_MAX_LEN, NULL, name);
        const size_t len = name_len(name);

        char text[NAME_TEXT];
        uint8_t back[NAME_MAX_LEN];
        const char *why = "";
        name_to_text(name, text);
        if (!name_from_text(text, strlen(text), NULL, back, &why))
            fail_msg("%s: %s", text, why);
        assert_int_equal(name_len(back), len);
        assert_memory_equal(back, name, len);

        uint8_t *octets = octets_copy(name, len);
        struct reader reader = reader_over(octets, len);
        assert_ptr_equal(name_read(&reader), octets);
        assert_int_equal(reader_left(&reader), 0);
        free(octets);
    }
}

static void keys_agree_with_names(void **state)
{
    (void)state;
    uint64_t seed = 0x70726f746f;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint8_t name[NAME_MAX_LEN];
        uint8_t lower[NAME_MAX_LEN];
        random_name(&seed, NAME_MAX_LEN, 12, NULL, name);
        const size_t len = name_len(name);
        uint8_t *copy = octets_copy(name, len);
        struct name_key key;
        if (round % 2 == 0)
            name_key_init(&key, copy);
        else
            assert_int_equal(name_key_read(&key, copy, len), len);
        name_lower(copy, lower);

        assert_int_equal(key.len, len);
        assert_int_equal(key.labels, name_labels(copy));
        assert_memory_equal(key.lower, lower, len);
        assert_int_equal(key.hash[key.labels], name_hash_root());
        const uint8_t *suffix = copy;
        for (unsigned i = 0; i <= key.labels; i++, suffix = name_parent(suffix)) {
            assert_int_equal(key.start[i], suffix - copy);
            assert_int_equal(key.hash[i], name_hash(suffix));
            assert_true(name_key_is(&key, i, suffix, name_len(suffix)));
            if (i < key.labels) {
                assert_int_equal(key.hash[i], name_hash_step(key.hash[i + 1], suffix));
                assert_false(name_key_is(&key, i, name_parent(suffix),
                                          name_len(name_parent(suffix))));
            }
        }
        free(copy);
    }
}

static int compare_hashes(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a;
    const uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Names as zones have them: numbered, under one parent. Chance alone gives about ten pairs. */
static void hashes_spread_neighbouring_names(void **state)
{
    (void)state;
    enum { NAMES = 300000 };
    uint32_t *hashes = malloc(NAMES * sizeof *hashes);
    assert_non_null(hashes);
    const uint32_t parent = name_hash(wire("example.com."));
    for (unsigned i = 0; i < NAMES; i++) {
        char text[16];
        uint8_t label[16];
        label[0] = (uint8_t)snprintf(text, sizeof text, "host%u", i);
        memcpy(label + 1, text, label[0]);
        hashes[i] = name_hash_step(parent, label);
    }
    qsort(hashes, NAMES, sizeof *hashes, compare_hashes);
    unsigned pairs = 0;
    for (unsigned i = 1; i < NAMES; i++)
        pairs += hashes[i] == hashes[i - 1];
    free(hashes);
    assert_true(pairs < 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_octets_and_labels),
        cmocka_unit_test(compares_without_regard_to_the_case_of_ascii_letters),
        cmocka_unit_test(folds_exactly_the_twenty_six_letters),
        cmocka_unit_test(walks_to_the_root),
        cmocka_unit_test(sorts_in_canonical_order),
        cmocka_unit_test(rebases_as_a_dname_does),
        cmocka_unit_test(makes_the_wildcard_of_a_name),
        cmocka_unit_test(reads_names_from_messages),
        cmocka_unit_test(holds_the_limit_of_255_octets),
        cmocka_unit_test(expands_names_that_are_compressed),
        cmocka_unit_test(reads_the_presentation_form),
        cmocka_unit_test(accepts_255_octets_of_text),
        cmocka_unit_test(prints_names_for_zone_files_and_for_people),
        cmocka_unit_test(random_names_survive_text_and_wire),
        cmocka_unit_test(keys_agree_with_names),
        cmocka_unit_test(hashes_spread_neighbouring_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

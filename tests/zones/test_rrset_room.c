#include "zones/rrset_room.h"

#include "dns/proto/rrtype.h"
#include "tests/zones/zonetext.h"

static const struct {
    const char *what;
    const char *text;
    const char *owner;
    uint16_t type;
    size_t room;
} cases[] = {
    { "one address", "a 5 A 192.0.2.1\n", "a.example.", RRTYPE_A, 12 + 11 + 4 + 12 + 4 },
    { "two addresses", "a 5 A 192.0.2.1\na 5 A 192.0.2.2\n", "a.example.", RRTYPE_A,
      12 + 11 + 4 + 2 * (12 + 4) },
    { "a name that shrinks to a pointer", "a 5 MX 10 mail.b.example.\n", "a.example.", RRTYPE_MX,
      12 + 11 + 4 + 12 + 2 + 2 },
    { "the root does not shrink", "a 5 MX 0 .\n", "a.example.", RRTYPE_MX, 12 + 11 + 4 + 12 + 2 + 1 },
    { "a name of a type that is never compressed", "a 5 SRV 1 2 3 b.example.\n", "a.example.",
      RRTYPE_SRV, 12 + 11 + 4 + 12 + 6 + 11 },
};

static void reckons_what_a_message_has_at_least(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        scratch_write("zone", cases[i].text, strlen(cases[i].text));
        struct reading reading = reading_of("example.", scratch_path("zone"));
        assert_int_equal(reading.status, STATUS_OK);
        const struct builder_node *node = builder_find(reading.builder, wire(cases[i].owner));
        assert_non_null(node);
        const size_t room = rrset_room(node, builder_rrset(node, cases[i].type));
        if (room != cases[i].room)
            fail_msg("%s: %zu, expected %zu", cases[i].what, room, cases[i].room);
        reading_free(&reading);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(reckons_what_a_message_has_at_least) };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove();
    return failed;
}

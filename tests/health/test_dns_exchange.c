#include "health/dns_exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/proto/message.h"
#include "dns/proto/rrtype.h"

static struct probe_spec spec_of(uint16_t qtype)
{
    return (struct probe_spec){
        .type = PROBE_DNS, .qname = "app.example", .qtype = qtype, .rcodes = 1
    };
}

static void a_question_is_one_that_servers_read(void **state)
{
    (void)state;
    uint8_t octets[DNS_QUESTION_MOST];
    struct probe_spec spec = spec_of(RRTYPE_AAAA);
    struct message message;
    size_t len = dns_question_write(&spec, 0xbeef, octets);
    assert_true(message_parse(octets, len, &message));
    assert_int_equal(message.id, 0xbeef);
    assert_int_equal(message.rcode, RCODE_NOERROR);
    assert_int_equal(message.qtype, RRTYPE_AAAA);
    assert_int_equal(message.qclass, RRCLASS_IN);
    assert_memory_equal(message.qname, "\3app\7example", 13);
    assert_true(message.edns.present);
    assert_int_equal(message.edns.udp_size, 1232);
    assert_false(message.recursion_desired);

    spec.recursion = true;
    len = dns_question_write(&spec, 1, octets);
    assert_true(message_parse(octets, len, &message));
    assert_true(message.recursion_desired);
}

/* ---- replies ---- */

#define HEAD(id, flags, answers) id flags "\0\1" answers "\0\0\0\0"
#define QUESTION(type)           "\3aPP\7example\0" type "\0\1"
#define OWNER                    "\xc0\x0c"
#define RECORD(type, rdata_len)  OWNER type "\0\1\0\0\0\74" rdata_len
#define WIRE(text)               (const uint8_t *)(text), sizeof(text) - 1

static const struct {
    const char *what;
    const uint8_t *reply;
    size_t len;
    bool ours;
} senders[] = {
    { "the answer", WIRE(HEAD("\1\2", "\x84\0", "\0\0") QUESTION("\0\1")), true },
    { "another id", WIRE(HEAD("\1\3", "\x84\0", "\0\0") QUESTION("\0\1")), false },
    { "a query", WIRE(HEAD("\1\2", "\0\0", "\0\0") QUESTION("\0\1")), false },
    { "another type", WIRE(HEAD("\1\2", "\x84\0", "\0\0") QUESTION("\0\2")), false },
    { "another name",
      WIRE("\1\2\x84\0\0\1\0\0\0\0\0\0"
           "\3apq\7example\0\0\1\0\1"),
      false },
    { "another class",
      WIRE("\1\2\x84\0\0\1\0\0\0\0\0\0"
           "\3app\7example\0\0\1\0\3"),
      false },
    { "no question in an answer", WIRE("\1\2\x84\0\0\0\0\0\0\0\0\0"), false },
    { "no question with FORMERR", WIRE("\1\2\x80\1\0\0\0\0\0\0\0\0"), true },
    { "two questions",
      WIRE("\1\2\x84\0\0\2\0\0\0\0\0\0"
           "\3app\7example\0\0\1\0\1"),
      false },
    { "cut off in the question",
      WIRE("\1\2\x84\0\0\1\0\0\0\0\0\0"
           "\3app\7exam"),
      false },
    { "cut off in the header", WIRE("\1\2\x84\0\0"), false },
    { "nothing", WIRE(""), false },
};

/* An exact-size copy: the sanitizer sees one octet of overrun. */
static uint8_t *exact_copy(const uint8_t *octets, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, octets, len);
    return copy;
}

static void a_reply_must_be_to_the_question(void **state)
{
    (void)state;
    const struct probe_spec spec = spec_of(RRTYPE_A);
    for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
        uint8_t *reply = exact_copy(senders[i].reply, senders[i].len);
        if (dns_reply_is_ours(&spec, 0x0102, reply, senders[i].len) != senders[i].ours)
            fail_msg("%s: expected %s", senders[i].what, senders[i].ours ? "ours" : "a stranger's");
        free(reply);
    }
}

static const struct {
    const char *what;
    uint16_t qtype;
    uint16_t rcodes;
    bool has_answer;
    const char *answer;
    const uint8_t *reply;
    size_t len;
    const char *reason; /* empty: good */
} replies[] = {
    { "NOERROR is enough", RRTYPE_A, 1, false, NULL,
      WIRE(HEAD("\0\1", "\x84\0", "\0\0") QUESTION("\0\1")), "" },
    { "SERVFAIL is not", RRTYPE_A, 1, false, NULL,
      WIRE(HEAD("\0\1", "\x84\2", "\0\0") QUESTION("\0\1")), "SERVFAIL" },
    { "unless it is expected", RRTYPE_A, 1 << 2 | 1 << 5, false, NULL,
      WIRE(HEAD("\0\1", "\x84\5", "\0\0") QUESTION("\0\1")), "" },
    { "a code without a name", RRTYPE_A, 1, false, NULL,
      WIRE(HEAD("\0\1", "\x84\xf", "\0\0") QUESTION("\0\1")), "RCODE 15" },
    { "a record is expected, and there is none", RRTYPE_A, 1, true, NULL,
      WIRE(HEAD("\0\1", "\x84\0", "\0\0") QUESTION("\0\1")), "no A record in the answer" },
    { "a record of another type is none", RRTYPE_A, 1, true, NULL,
      WIRE(HEAD("\0\1", "\x84\0", "\0\1") QUESTION("\0\1") RECORD("\0\20", "\0\2") "\1x"),
      "no A record in the answer" },
    { "any record", RRTYPE_A, 1, true, NULL,
      WIRE(HEAD("\0\1", "\x84\0", "\0\1") QUESTION("\0\1") RECORD("\0\1", "\0\4") "\300\0\2\1"),
      "" },
    { "this record", RRTYPE_A, 1, true, "192.0.2.1",
      WIRE(HEAD("\0\1", "\x84\0", "\0\1") QUESTION("\0\1") RECORD("\0\1", "\0\4") "\300\0\2\1"),
      "" },
    { "another record", RRTYPE_A, 1, true, "192.0.2.2",
      WIRE(HEAD("\0\1", "\x84\0", "\0\1") QUESTION("\0\1") RECORD("\0\1", "\0\4") "\300\0\2\1"),
      "1 A record, but not '192.0.2.2'" },
    { "the second record", RRTYPE_A, 1, true, "192.0.2.2",
      WIRE(HEAD("\0\1", "\x84\0", "\0\2") QUESTION("\0\1")
               RECORD("\0\1", "\0\4") "\300\0\2\1" RECORD("\0\1", "\0\4") "\300\0\2\2"),
      "" },
    { "behind an alias", RRTYPE_A, 1, true, "192.0.2.2",
      WIRE(HEAD("\0\1", "\x84\0", "\0\2") QUESTION("\0\1")
               RECORD("\0\5", "\0\2") "\xc0\x10" RECORD("\0\1", "\0\4") "\300\0\2\2"),
      "" },
    { "a name written with a pointer", RRTYPE_NS, 1, true, "ns1.APP.example.",
      WIRE(HEAD("\0\1", "\x84\0", "\0\1") QUESTION("\0\2") RECORD("\0\2", "\0\6") "\3ns1\xc0\x0c"),
      "" },
    { "a name with a pointer to itself", RRTYPE_NS, 1, true, "ns1.app.example.",
      WIRE(HEAD("\0\1", "\x84\0", "\0\1") QUESTION("\0\2") RECORD("\0\2", "\0\2") "\xc0\x29"),
      "1 NS record, but not 'ns1.app.example.'" },
    { "a text", RRTYPE_TXT, 1, true, "ok",
      WIRE(HEAD("\0\1", "\x84\0", "\0\1") QUESTION("\0\20") RECORD("\0\20", "\0\3") "\2ok"), "" },
    { "rdata as octets", RRTYPE_MX, 1, true, "\\# 3 000a00",
      WIRE(HEAD("\0\1", "\x84\0", "\0\1") QUESTION("\0\17") RECORD("\0\17", "\0\3") "\0\12\0"),
      "" },
    { "truncated before the record", RRTYPE_A, 1, true, NULL,
      WIRE(HEAD("\0\1", "\x86\0", "\0\0") QUESTION("\0\1")), "the answer is truncated" },
    { "a record cut off", RRTYPE_A, 1, true, NULL,
      WIRE(HEAD("\0\1", "\x84\0", "\0\1") QUESTION("\0\1") RECORD("\0\1", "\0\4") "\300\0\2"),
      "the answer is broken" },
    { "more records promised than there are", RRTYPE_A, 1, true, NULL,
      WIRE(HEAD("\0\1", "\x84\0", "\377\377") QUESTION("\0\1")), "the answer is broken" },
};

static void a_reply_is_held_against_what_is_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct probe_spec spec = spec_of(replies[i].qtype);
        spec.rcodes = replies[i].rcodes;
        spec.has_answer = replies[i].has_answer;
        spec.answer = replies[i].answer;
        uint8_t *reply = exact_copy(replies[i].reply, replies[i].len);
        struct probe_result result = { .good = false };
        if (!dns_reply_is_ours(&spec, 1, reply, replies[i].len))
            fail_msg("%s: not ours", replies[i].what);
        dns_reply_judge(&spec, reply, replies[i].len, &result);
        if (result.good != (replies[i].reason[0] == '\0') ||
            strcmp(result.reason, replies[i].reason) != 0)
            fail_msg("%s: %s, '%s'", replies[i].what, result.good ? "good" : "bad", result.reason);
        free(reply);
    }
}

static const struct {
    uint16_t type;
    const char *text;
    const uint8_t *rdata;
    size_t len;
} rdatas[] = {
    { RRTYPE_A, "192.0.2.1", WIRE("\300\0\2\1") },
    { RRTYPE_A, "192.0.2.256", WIRE("") },
    { RRTYPE_A, "::1", WIRE("") },
    { RRTYPE_AAAA, "2001:db8::1", WIRE("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1") },
    { RRTYPE_AAAA, "192.0.2.1", WIRE("") },
    { RRTYPE_CNAME, "a.example", WIRE("\1a\7example\0") },
    { RRTYPE_CNAME, "a..example", WIRE("") },
    { RRTYPE_TXT, "", WIRE("\0") },
    { RRTYPE_MX, "10 mail.example.", WIRE("") },
    { RRTYPE_MX, "\\# 2 0aFF", WIRE("\x0a\xff") },
    { RRTYPE_A, "\\# 2 0aFF", WIRE("\x0a\xff") },
    { RRTYPE_MX, "\\# 2 0aF", WIRE("") },
    { RRTYPE_MX, "\\# 2 0aFFFF", WIRE("") },
    { RRTYPE_MX, "\\# 2 0aFG", WIRE("") },
    { RRTYPE_MX, "\\# -2 0aFF", WIRE("") },
    { RRTYPE_MX, "\\# 2", WIRE("") },
    { RRTYPE_MX, "\\# 99999999999999999999 00", WIRE("") },
    { RRTYPE_MX, "\\#", WIRE("") },
};

static void rdata_is_read_from_its_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rdatas / sizeof *rdatas; i++) {
        uint8_t out[DNS_RDATA_MOST];
        const size_t len = dns_rdata_read(rdatas[i].type, rdatas[i].text, out);
        if (len != rdatas[i].len || memcmp(out, rdatas[i].rdata, len) != 0)
            fail_msg("'%s': %zu octets", rdatas[i].text, len);
    }
}

static void a_text_of_256_octets_is_too_long(void **state)
{
    (void)state;
    char text[257];
    uint8_t out[DNS_RDATA_MOST];
    memset(text, 'x', sizeof text);
    text[256] = '\0';
    assert_int_equal(dns_rdata_read(RRTYPE_TXT, text, out), 0);
    text[255] = '\0';
    assert_int_equal(dns_rdata_read(RRTYPE_TXT, text, out), 256);
    assert_int_equal(out[0], 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_one_that_servers_read),
        cmocka_unit_test(a_reply_must_be_to_the_question),
        cmocka_unit_test(a_reply_is_held_against_what_is_expected),
        cmocka_unit_test(rdata_is_read_from_its_text),
        cmocka_unit_test(a_text_of_256_octets_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "dns/proto/message.h"

#include <stdio.h>

#include "tests/dns/proto/octets.h"

enum { MUTATIONS = 100000 };

/* Packets are spelled from these parts; the counts are qd, an, ns and ar. */
#define ID                     "\x12\x34"
#define COUNTS(qd, an, ns, ar) "\0" qd "\0" an "\0" ns "\0" ar
#define QUERY                  ID "\1\0"
#define NOTIFY                 ID "\44\0"
#define UPDATE                 ID "\50\0"
#define IQUERY                 ID "\10\0"
#define OPCODE_15              ID "\170\0"
#define WWW                    "\3wWw\7example\0"
#define WWW_A                  WWW "\0\1\0\1"
#define SOA_RECORD             "\300\14\0\6\0\1\0\0\0\0\0\26\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"
#define A_RECORD               "\300\14\0\1\0\1\0\0\0\0\0\4\300\0\2\1"
#define OPT                    "\0\0\51\4\320\0\0\200\0\0\0"
#define OPT_V1                 "\0\0\51\4\320\0\1\200\0\0\1\11"
#define OPT_BAD_COOKIE         "\0\0\51\4\320\0\0\200\0\0\5\0\12\0\1c"
#define OPT_NAMED              "\1a\0\0\51\4\320\0\0\200\0\0\0"
#define TSIG_HEAD              "\0\372\0\377\0\0\0\0"
#define TSIG_RDATA             "\1h\0\0\0\0\0\0\1\1\54\0\2mm\22\64\0\0\0\0"
#define TSIG                   "\3key\0" TSIG_HEAD "\0\25" TSIG_RDATA
#define OPT_COOKIE             "\0\0\51\4\320\0\0\200\0\0\14\0\12\0\10ccCCccCC"

#define PACKET(text) text, sizeof(text) - 1

enum has { QUESTION = 1, EDNS = 2, SIGNED = 4 };

static const struct {
    const char *what;
    const char *packet;
    size_t len;
    enum rcode rcode;
    unsigned has; /* enum has */
} packets[] = {
    { "a query", PACKET(QUERY COUNTS("\1", "\0", "\0", "\0") WWW_A), RCODE_NOERROR, QUESTION },
    { "a query of the root", PACKET(QUERY COUNTS("\1", "\0", "\0", "\0") "\0\0\2\0\1"),
      RCODE_NOERROR, QUESTION },
    { "a query with OPT", PACKET(QUERY COUNTS("\1", "\0", "\0", "\1") WWW_A OPT), RCODE_NOERROR,
      QUESTION | EDNS },
    { "a query with OPT and TSIG", PACKET(QUERY COUNTS("\1", "\0", "\0", "\2") WWW_A OPT TSIG),
      RCODE_NOERROR, QUESTION | EDNS | SIGNED },
    { "a query with TSIG alone", PACKET(QUERY COUNTS("\1", "\0", "\0", "\1") WWW_A TSIG),
      RCODE_NOERROR, QUESTION | SIGNED },
    { "IXFR: a serial in the authority section (RFC 1995)",
      PACKET(QUERY COUNTS("\1", "\0", "\1", "\1") WWW "\0\373\0\1" SOA_RECORD OPT), RCODE_NOERROR,
      QUESTION | EDNS },
    { "NOTIFY with its SOA (RFC 1996)",
      PACKET(NOTIFY COUNTS("\1", "\1", "\0", "\0") WWW "\0\6\0\1" SOA_RECORD), RCODE_NOERROR,
      QUESTION },
    { "NOTIFY without a question", PACKET(NOTIFY COUNTS("\0", "\0", "\0", "\1") OPT), RCODE_FORMERR,
      EDNS },
    { "records that a query has no use for",
      PACKET(QUERY COUNTS("\1", "\1", "\1", "\2") WWW_A A_RECORD A_RECORD A_RECORD OPT),
      RCODE_NOERROR, QUESTION | EDNS },

    { "a TSIG whose key has a pointer in its name",
      PACKET(QUERY COUNTS("\1", "\0", "\0", "\1") WWW_A "\1k\300\20" TSIG_HEAD
             "\0\25" TSIG_RDATA), RCODE_NOERROR, QUESTION | SIGNED },
    { "a TSIG whose key's name points at itself",
      PACKET(QUERY COUNTS("\1", "\0", "\0", "\1") WWW_A "\300\35" TSIG_HEAD
             "\0\25" TSIG_RDATA), RCODE_FORMERR, QUESTION | SIGNED },
    { "a TSIG of three octets",
      PACKET(QUERY COUNTS("\1", "\0", "\0", "\1") WWW_A "\3key\0" TSIG_HEAD "\0\3abc"),
      RCODE_FORMERR, QUESTION | SIGNED },
    { "a TSIG with an octet too many",
      PACKET(QUERY COUNTS("\1", "\0", "\0", "\1") WWW_A "\3key\0" TSIG_HEAD
             "\0\26" TSIG_RDATA "x"), RCODE_FORMERR, QUESTION | SIGNED },

    { "no question, but a cookie (RFC 7873 section 5.4)",
      PACKET(QUERY COUNTS("\0", "\0", "\0", "\1") OPT_COOKIE), RCODE_NOERROR, EDNS },
    { "no question, a cookie and an answer",
      PACKET(QUERY COUNTS("\0", "\1", "\0", "\1") "\0\0\1\0\1\0\0\0\0\0\0" OPT_COOKIE),
      RCODE_FORMERR, EDNS },
    { "NOTIFY with a cookie, but no question",
      PACKET(NOTIFY COUNTS("\0", "\0", "\0", "\1") OPT_COOKIE), RCODE_FORMERR, EDNS },
    { "no question (RFC 9619)", PACKET(QUERY COUNTS("\0", "\0", "\0", "\0")), RCODE_FORMERR, 0 },
    { "no question, but OPT", PACKET(QUERY COUNTS("\0", "\0", "\0", "\1") OPT), RCODE_FORMERR,
      EDNS },
    { "two questions (RFC 9619)", PACKET(QUERY COUNTS("\2", "\0", "\0", "\1") WWW_A WWW_A OPT),
      RCODE_FORMERR, EDNS },
    { "two questions promised, one there", PACKET(QUERY COUNTS("\2", "\0", "\0", "\0") WWW_A),
      RCODE_FORMERR, 0 },
    { "65535 questions promised", PACKET(QUERY "\377\377\0\0\0\0\0\0" WWW_A), RCODE_FORMERR, 0 },
    { "65535 of everything, nothing there", PACKET(QUERY "\377\377\377\377\377\377\377\377"),
      RCODE_FORMERR, 0 },
    { "65535 answers promised", PACKET(QUERY "\0\1\377\377\0\0\0\0" WWW_A), RCODE_FORMERR,
      QUESTION },
    { "65535 additional records promised", PACKET(QUERY "\0\1\0\0\0\0\377\377" WWW_A OPT),
      RCODE_FORMERR, QUESTION | EDNS },
    { "a question without its class", PACKET(QUERY COUNTS("\1", "\0", "\0", "\0") WWW "\0\1\0"),
      RCODE_FORMERR, 0 },
    { "a question that is a pointer",
      PACKET(QUERY COUNTS("\1", "\0", "\0", "\0") "\300\14\0\1\0\1"), RCODE_FORMERR, 0 },
    { "a header alone that promises a question", PACKET(QUERY COUNTS("\1", "\0", "\0", "\0")),
      RCODE_FORMERR, 0 },
    { "octets after the end", PACKET(QUERY COUNTS("\1", "\0", "\0", "\0") WWW_A "\0"),
      RCODE_FORMERR, QUESTION },
    { "octets after OPT", PACKET(QUERY COUNTS("\1", "\0", "\0", "\1") WWW_A OPT "x"), RCODE_FORMERR,
      QUESTION | EDNS },
    { "an answer cut in its rdata",
      PACKET(QUERY COUNTS("\1", "\1", "\0", "\0") WWW_A "\300\14\0\1\0\1\0\0\0\0\0\4\300\0\2"),
      RCODE_FORMERR, QUESTION },

    { "two OPTs (RFC 6891 section 6.1.1)",
      PACKET(QUERY COUNTS("\1", "\0", "\0", "\2") WWW_A OPT OPT), RCODE_FORMERR, QUESTION | EDNS },
    { "OPT not owned by the root", PACKET(QUERY COUNTS("\1", "\0", "\0", "\1") WWW_A OPT_NAMED),
      RCODE_FORMERR, QUESTION },
    { "OPT in the answer section", PACKET(QUERY COUNTS("\1", "\1", "\0", "\0") WWW_A OPT),
      RCODE_FORMERR, QUESTION },
    { "OPT in the authority section", PACKET(QUERY COUNTS("\1", "\0", "\1", "\0") WWW_A OPT),
      RCODE_FORMERR, QUESTION },
    { "OPT in the answer section and where it belongs",
      PACKET(QUERY COUNTS("\1", "\1", "\0", "\1") WWW_A OPT OPT), RCODE_FORMERR, QUESTION | EDNS },
    { "TSIG before OPT (RFC 8945 section 5.1)",
      PACKET(QUERY COUNTS("\1", "\0", "\0", "\2") WWW_A TSIG OPT), RCODE_FORMERR,
      QUESTION | EDNS | SIGNED },
    { "TSIG in the answer section", PACKET(QUERY COUNTS("\1", "\1", "\0", "\0") WWW_A TSIG),
      RCODE_FORMERR, QUESTION },
    { "a broken option", PACKET(QUERY COUNTS("\1", "\0", "\0", "\1") WWW_A OPT_BAD_COOKIE),
      RCODE_FORMERR, QUESTION | EDNS },
    { "OPT cut off", PACKET(QUERY COUNTS("\1", "\0", "\0", "\1") WWW_A "\0\0\51\4\320\0\0\200"),
      RCODE_FORMERR, QUESTION | EDNS },
    { "EDNS version 1, its option not looked at",
      PACKET(QUERY COUNTS("\1", "\0", "\0", "\1") WWW_A OPT_V1), RCODE_BADVERS, QUESTION | EDNS },

    { "an unknown opcode with a question",
      PACKET(OPCODE_15 COUNTS("\1", "\0", "\0", "\1") WWW_A OPT), RCODE_NOTIMP, QUESTION | EDNS },
    { "an unknown opcode, header alone", PACKET(OPCODE_15 COUNTS("\0", "\0", "\0", "\0")),
      RCODE_NOTIMP, 0 },
    { "an unknown opcode and noise", PACKET(OPCODE_15 "\377\377\377\377\377\377\377\377noise"),
      RCODE_NOTIMP, 0 },
    { "an unknown opcode with EDNS version 1",
      PACKET(OPCODE_15 COUNTS("\1", "\0", "\0", "\1") WWW_A OPT_V1), RCODE_NOTIMP,
      QUESTION | EDNS },
    { "UPDATE", PACKET(UPDATE COUNTS("\1", "\0", "\1", "\0") WWW "\0\6\0\1" A_RECORD), RCODE_NOTIMP,
      QUESTION },
    { "an inverse query (RFC 3425)", PACKET(IQUERY COUNTS("\0", "\1", "\0", "\0") A_RECORD),
      RCODE_NOTIMP, 0 },
};

static void gives_each_message_the_rcode_it_deserves(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(packets); i++) {
        uint8_t *packet = octets_copy(packets[i].packet, packets[i].len);
        struct message message;
        if (!message_parse(packet, packets[i].len, &message))
            fail_msg("%s: silence", packets[i].what);
        if (message.rcode != packets[i].rcode)
            fail_msg("%s: rcode %d", packets[i].what, (int)message.rcode);
        if (message.id != 0x1234)
            fail_msg("%s: id %x", packets[i].what, message.id);
        if (message.has_question != ((packets[i].has & QUESTION) != 0))
            fail_msg("%s: question or not", packets[i].what);
        if (message.edns.present != ((packets[i].has & EDNS) != 0))
            fail_msg("%s: EDNS or not", packets[i].what);
        if (message.has_tsig != ((packets[i].has & SIGNED) != 0))
            fail_msg("%s: TSIG or not", packets[i].what);
        if (message.has_question && message.qname != packet + MESSAGE_HEADER_LEN)
            fail_msg("%s: the question is elsewhere", packets[i].what);
        free(packet);
    }
}

static void tells_the_question_and_the_flags(void **state)
{
    (void)state;
    const char text[] = "\253\315\1\20" COUNTS("\1", "\0", "\0", "\1") WWW "\0\34\0\3" OPT;
    uint8_t *packet = octets_copy(text, sizeof text - 1);
    struct message message;
    assert_true(message_parse(packet, sizeof text - 1, &message));
    assert_int_equal(message.id, 0xabcd);
    assert_int_equal(message.opcode, OPCODE_QUERY);
    assert_true(message.recursion_desired);
    assert_int_equal(message.qname_len, sizeof WWW - 1);
    assert_memory_equal(message.qname, WWW, sizeof WWW - 1);
    assert_int_equal(message.qtype, 28);
    assert_int_equal(message.qclass, 3);
    assert_int_equal(message.edns.udp_size, 1232);
    assert_true(message.edns.dnssec_ok);

    packet[2] = packet[3] = 0;
    assert_true(message_parse(packet, sizeof text - 1, &message));
    assert_false(message.recursion_desired);

    /* RFC 8906 section 3.1.3: flags of no meaning to us change nothing. */
    packet[2] = 0x07;
    packet[3] = 0xff;
    assert_true(message_parse(packet, sizeof text - 1, &message));
    assert_int_equal(message.rcode, RCODE_NOERROR);
    free(packet);
}

static void knows_every_opcode(void **state)
{
    (void)state;
    const char text[] = QUERY COUNTS("\1", "\0", "\0", "\0") WWW_A;
    for (unsigned opcode = 0; opcode < 16; opcode++) {
        uint8_t *packet = octets_copy(text, sizeof text - 1);
        packet[2] = (uint8_t)(opcode << 3 | 1);
        struct message message;
        assert_true(message_parse(packet, sizeof text - 1, &message));
        assert_int_equal(message.opcode, opcode);
        const bool spoken = opcode == OPCODE_QUERY || opcode == OPCODE_NOTIFY;
        assert_int_equal(message.rcode, spoken ? RCODE_NOERROR : RCODE_NOTIMP);
        free(packet);
    }
}

static void is_silent_to_runts_and_responses(void **state)
{
    (void)state;
    struct message message;
    const char text[] = QUERY COUNTS("\1", "\0", "\0", "\0") WWW_A;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        uint8_t *packet = octets_copy(text, len);
        const bool answered = message_parse(packet, len, &message);
        assert_int_equal(answered, len >= MESSAGE_HEADER_LEN);
        if (answered)
            assert_int_equal(message.rcode, RCODE_FORMERR);
        free(packet);
    }
    for (unsigned opcode = 0; opcode < 16; opcode++) {
        uint8_t *packet = octets_copy(text, sizeof text - 1);
        packet[2] = (uint8_t)(0x80 | opcode << 3);
        assert_false(message_parse(packet, sizeof text - 1, &message));
        free(packet);
    }
}

static void walks_the_largest_message(void **state)
{
    (void)state;
    /* 65535 octets of the shortest records there are: a root owner, eleven octets. */
    uint8_t *packet = calloc(1, MESSAGE_MAX_LEN);
    assert_non_null(packet);
    const char head[] = QUERY "\0\1\0\0\0\0\377\377" WWW_A;
    memcpy(packet, head, sizeof head - 1);
    struct message message;
    assert_true(message_parse(packet, MESSAGE_MAX_LEN, &message));
    assert_int_equal(message.rcode, RCODE_FORMERR);
    assert_true(message.has_question);
    assert_false(message.edns.present);
    free(packet);
}

/* What must hold for whatever comes in. */
static void check_parsed(const uint8_t *packet, size_t len, const struct message *message)
{
    const uint8_t *end = packet + len;
    assert_true(len >= MESSAGE_HEADER_LEN && (packet[2] & 0x80) == 0);
    if (message->has_question) {
        assert_ptr_equal(message->qname, packet + MESSAGE_HEADER_LEN);
        assert_true(message->qname + message->qname_len + 4 <= end);
        assert_int_equal(name_len(message->qname), message->qname_len);
        assert_true(message->qname_len <= NAME_MAX_LEN);
    }
    if (message->edns.has_cookie) {
        assert_true(message->edns.cookie >= packet);
        assert_true(message->edns.cookie + message->edns.cookie_len <= end);
    }
    if (message->edns.present)
        assert_true(message->edns.udp_size >= EDNS_MIN_SIZE);
    if (message->rcode == RCODE_NOERROR || message->rcode == RCODE_BADVERS)
        assert_true((message->has_question || message->edns.has_cookie) &&
                   !message->edns.malformed);
    if (message->rcode == RCODE_BADVERS)
        assert_true(message->edns.present && message->edns.version > 0);
}

/* One to four changes: an octet, a bit, a cut, a few octets repeated. */
static size_t mutate(uint64_t *seed, uint8_t *packet, size_t len, size_t cap)
{
    for (unsigned changes = 1 + random_below(seed, 4); changes > 0 && len > 0; changes--) {
        const unsigned at = random_below(seed, (unsigned)len);
        switch (random_below(seed, 5)) {
        case 0:
            packet[at] = (uint8_t)random_next(seed);
            break;
        case 1:
            packet[at] = (uint8_t)(packet[at] ^ 1u << random_below(seed, 8));
            break;
        case 2:
            packet[at] = (uint8_t)(packet[at] + (random_below(seed, 2) ? 1 : -1));
            break;
        case 3:
            len = at;
            break;
        case 4: {
            const size_t run = 1 + random_below(seed, 12);
            if (len + run <= cap && at + run <= len) {
                memmove(packet + at + run, packet + at, len - at);
                len += run;
            }
            break;
        }
        }
    }
    return len;
}

static void survives_a_hundred_thousand_mutations(void **state)
{
    (void)state;
    uint64_t seed = 0x6d657373616765;
    unsigned seen[RCODE_BADVERS + 1] = { 0 };
    unsigned silent = 0;

    for (unsigned round = 0; round < MUTATIONS; round++) {
        uint8_t buffer[256];
        const unsigned pick = random_below(&seed, COUNT(packets));
        memcpy(buffer, packets[pick].packet, packets[pick].len);
        const size_t len = mutate(&seed, buffer, packets[pick].len, sizeof buffer);

        uint8_t *packet = octets_copy(buffer, len);
        struct message message;
        if (message_parse(packet, len, &message)) {
            check_parsed(packet, len, &message);
            seen[message.rcode]++;
        } else {
            silent++;
        }
        free(packet);
    }
    /* The mutations reach every verdict, so none of the checks above stood idle. */
    assert_true(silent > 0 && seen[RCODE_NOERROR] > 0 && seen[RCODE_FORMERR] > 0);
    assert_true(seen[RCODE_NOTIMP] > 0 && seen[RCODE_BADVERS] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_each_message_the_rcode_it_deserves),
        cmocka_unit_test(tells_the_question_and_the_flags),
        cmocka_unit_test(knows_every_opcode),
        cmocka_unit_test(is_silent_to_runts_and_responses),
        cmocka_unit_test(walks_the_largest_message),
        cmocka_unit_test(survives_a_hundred_thousand_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

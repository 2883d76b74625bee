#include "tools/load_workload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dns/proto/message.h"
#include "dns/proto/rrtype.h"

static char path[] = "/tmp/meridian-workload.XXXXXX";

static int file_make(void **state)
{
    (void)state;
    const int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int file_remove(void **state)
{
    (void)state;
    return unlink(path);
}

static enum status read_text(const char *text, struct report *report, struct workload *out)
{
    const struct diag diag = { .report = report };
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return workload_read(path, &diag, out);
}

static void reads_queries(void **state)
{
    (void)state;
    struct report *report = report_new();
    struct workload workload;
    struct message message;

    assert_int_equal(read_text("# a comment\n"
                               "\n"
                               "www.example A\n"
                               "www.example. AAAA ecs=192.0.2.0/24 rcode=NXDOMAIN answers=0\n"
                               "www.example TXT plain rdata=00ff,2001:db8::1\n"
                               "www.example A ecs=random\n",
                               report, &workload),
                     STATUS_OK);
    assert_int_equal(workload.count, 4);

    const struct workload_query *query = &workload.queries[0];
    assert_true(message_parse(workload.octets + query->wire_at, query->wire_len, &message));
    assert_int_equal(message.rcode, RCODE_NOERROR);
    assert_int_equal(message.qtype, RRTYPE_A);
    assert_true(message.edns.present);
    assert_false(message.edns.has_ecs);

    query++;
    assert_true(message_parse(workload.octets + query->wire_at, query->wire_len, &message));
    assert_true(message.edns.has_ecs);
    assert_int_equal(message.edns.ecs.source_prefix, 24);
    assert_int_equal(query->rcode, RCODE_NXDOMAIN);
    assert_int_equal(query->answers, 0);
    assert_int_equal(query->subnet_at, 0);

    query++;
    assert_true(message_parse(workload.octets + query->wire_at, query->wire_len, &message));
    assert_false(message.edns.present);
    assert_int_equal(query->rdata_count, 2);

    query++;
    assert_int_equal(query->subnet_at, query->wire_len - 3);
    assert_int_equal(report_count(report), 0);
    workload_release(&workload);
    report_free(report);
}

static void tells_every_mistake(void **state)
{
    (void)state;
    static const char *const mistakes[] = {
        ":1: name 'a..b': ",
        ":2: 'B' is not a type",
        ":3: unknown word 'fast'",
        ":4: unknown word 'rdat='",
        ":5: ecs='192.0.2.1/24' is not understood",
        ":6: rcode='FINE' is not understood",
        ":7: answers='-1' is not understood",
        ":8: rdata 'xyz' is no address and not hexadecimal",
        ":9: '' is not a type",
    };
    struct report *report = report_new();
    struct workload workload;

    assert_int_not_equal(read_text("a..b A\n"
                                   "a B\n"
                                   "a A fast\n"
                                   "a A rdat=1\n"
                                   "a A ecs=192.0.2.1/24\n"
                                   "a A rcode=FINE\n"
                                   "a A answers=-1\n"
                                   "a A rdata=xyz\n"
                                   "a\n",
                                   report, &workload),
                         STATUS_OK);
    assert_int_equal(report_count(report), sizeof mistakes / sizeof *mistakes);
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        if (strstr(report_text(report, i), mistakes[i]) == NULL)
            fail_msg("expected '%s', told '%s'", mistakes[i], report_text(report, i));
    workload_release(&workload);
    report_free(report);
}

static void refuses_an_empty_file(void **state)
{
    (void)state;
    struct report *report = report_new();
    struct workload workload;

    assert_int_not_equal(read_text("# nothing\n", report, &workload), STATUS_OK);
    assert_non_null(strstr(report_text(report, 0), "holds no query"));
    workload_release(&workload);
    report_free(report);
}

/* The question "a. A", and answers to it: an owner pointer, type A, class, TTL, rdata. */
#define QUESTION     1, 'a', 0, 0, 1, 0, 1
#define ANSWER(last) 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, last
#define ALIAS        0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12

static void judges_answers(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *expected;
        enum workload_verdict verdict;
        size_t len;
        uint8_t answer[80];
    } cases[] = {
        { "as expected",
          "rdata=192.0.2.1",
          VERDICT_GOOD,
          35,
          { 0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, QUESTION, ANSWER(1) } },
        { "nothing expected but the rcode",
          "",
          VERDICT_GOOD,
          35,
          { 0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, QUESTION, ANSWER(1) } },
        { "another address",
          "rdata=192.0.2.2",
          VERDICT_RDATA,
          35,
          { 0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, QUESTION, ANSWER(1) } },
        { "the start of the address",
          "rdata=c00002",
          VERDICT_RDATA,
          35,
          { 0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, QUESTION, ANSWER(1) } },
        { "two in another order",
          "answers=2 rdata=192.0.2.2,192.0.2.1",
          VERDICT_GOOD,
          51,
          { 0, 0, 0x84, 0, 0, 1, 0, 2, 0, 0, 0, 0, QUESTION, ANSWER(1), ANSWER(2) } },
        { "one of two is missing",
          "rdata=192.0.2.2,192.0.2.1",
          VERDICT_RDATA,
          35,
          { 0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, QUESTION, ANSWER(1) } },
        { "one too many",
          "answers=1",
          VERDICT_ANSWERS,
          51,
          { 0, 0, 0x84, 0, 0, 1, 0, 2, 0, 0, 0, 0, QUESTION, ANSWER(1), ANSWER(2) } },
        { "an alias beside it",
          "rdata=192.0.2.1",
          VERDICT_GOOD,
          49,
          { 0, 0, 0x84, 0, 0, 1, 0, 2, 0, 0, 0, 0, QUESTION, ALIAS, ANSWER(1) } },
        { "another rcode",
          "rdata=192.0.2.1",
          VERDICT_RCODE,
          19,
          { 0, 0, 0x84, 3, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION } },
        { "the rcode expected",
          "rcode=NXDOMAIN answers=0",
          VERDICT_GOOD,
          19,
          { 0, 0, 0x84, 3, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION } },
        { "no answer to the question",
          "",
          VERDICT_STRAY,
          19,
          { 0, 0, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'b', 0, 0, 1, 0, 1 } },
        { "the query itself",
          "",
          VERDICT_STRAY,
          19,
          { 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION } },
        { "cut in the question",
          "",
          VERDICT_STRAY,
          18,
          { 0, 0, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION } },
        { "cut in the header", "", VERDICT_MALFORMED, 11, { 0, 0, 0x84, 0, 0, 1, 0, 0, 0, 0, 0 } },
        { "cut in the record",
          "rdata=192.0.2.1",
          VERDICT_MALFORMED,
          34,
          { 0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, QUESTION, ANSWER(1) } },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        struct report *report = report_new();
        struct workload workload;
        uint8_t *answer = malloc(cases[i].len);

        assert_non_null(answer);
        memcpy(answer, cases[i].answer, cases[i].len);
        snprintf(text, sizeof text, "a A %s\n", cases[i].expected);
        assert_int_equal(read_text(text, report, &workload), STATUS_OK);
        const enum workload_verdict verdict = workload_judge(&workload, 0, answer, cases[i].len);
        if (verdict != cases[i].verdict)
            fail_msg("%s: %s", cases[i].what, workload_verdict_text(verdict));
        free(answer);
        workload_release(&workload);
        report_free(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_queries),
        cmocka_unit_test(tells_every_mistake),
        cmocka_unit_test(refuses_an_empty_file),
        cmocka_unit_test(judges_answers),
    };
    return cmocka_run_group_tests(tests, file_make, file_remove);
}

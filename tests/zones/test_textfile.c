#include "zones/textfile.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/zones/zonetext.h"

enum { LEN = 100 * 1000 };

static char letter(size_t at)
{
    return (char)('a' + at % 23);
}

/* A file of letters, read. */
static char *text_new(void)
{
    static char octets[LEN];
    for (size_t i = 0; i < LEN; i++)
        octets[i] = letter(i);
    scratch_write("text", octets, LEN);

    struct report *report = report_new();
    const struct diag diag = { .report = report };
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(textfile_read(scratch_path("text"), &diag, &text, &len), STATUS_OK);
    assert_int_equal(len, LEN);
    report_free(report);
    return text;
}

static void reads_all_of_a_file_or_says_why_not(void **state)
{
    (void)state;
    char *text = text_new();
    for (size_t i = 0; i < LEN; i++)
        assert_int_equal(text[i], letter(i));
    free(text);

    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "zone", .line = 7 };
    size_t len;
    assert_int_not_equal(textfile_read("no/such/file", &diag, &text, &len), STATUS_OK);
    assert_string_equal(report_text(report, 0),
                        "zone:7: no/such/file cannot be read: No such file or directory");
    assert_int_not_equal(textfile_read("/", &diag, &text, &len), STATUS_OK);
    assert_string_equal(report_text(report, 1), "zone:7: / cannot be read: Is a directory");
    assert_int_not_equal(textfile_read("/dev/null", &diag, &text, &len), STATUS_OK);
    assert_string_equal(report_text(report, 2),
                        "zone:7: /dev/null cannot be read: it is not a regular file");
    report_free(report);
}

static void forgets_what_it_is_told_to_and_nothing_beside(void **state)
{
    (void)state;
    enum { FROM = 10 * 1000, TO = 90 * 1000 };
    char *text = text_new();
    textfile_forget(text, 5, 5);
    textfile_forget(text, FROM, TO);
    for (size_t i = 0; i < LEN; i++) {
        if (i < FROM || i >= TO)
            assert_int_equal(text[i], letter(i));
    }
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t middle = ((uintptr_t)text + LEN / 2) / page * page;
    unsigned char resident = 1;
    assert_int_equal(mincore((void *)middle, page, &resident), 0);
    assert_int_equal(resident & 1, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_of_a_file_or_says_why_not),
        cmocka_unit_test(forgets_what_it_is_told_to_and_nothing_beside),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove();
    return failed;
}

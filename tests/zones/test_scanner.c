#include "zones/scanner.h"

#include "tests/zones/zonetext.h"

/*
 * Entries as they come out: "line:" and the tokens, "~" in front for a blank
 * owner, quotes around quoted tokens, "!" for an entry that was refused.
 */
static void scan(const char *text, size_t len, struct report *report, char *out, size_t cap)
{
    const struct diag diag = { .report = report, .file = "zone" };
    /* An exact-size copy: the sanitizer sees one octet of overrun. */
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    struct scanner *scanner = scanner_new(copy, len, &diag);
    assert_non_null(scanner);
    size_t used = 0;
    out[0] = '\0';
    for (;;) {
        struct entry entry;
        bool found;
        const enum status status = scanner_next(scanner, &entry, &found);
        if (status == STATUS_OK && !found)
            break;
        assert_true(used + 100 < cap);
        if (status != STATUS_OK) {
            used += (size_t)snprintf(out + used, cap - used, "!|");
            continue;
        }
        used += (size_t)snprintf(out + used, cap - used, "%u:%s", entry.line,
                                 entry.blank_owner ? "~" : "");
        for (size_t i = 0; i < entry.count; i++) {
            const struct token *token = &entry.tokens[i];
            used += (size_t)snprintf(out + used, cap - used, token->quoted ? "%s'%.*s'" : "%s%.*s",
                                     i > 0 ? " " : "", (int)token->len, token->text);
        }
        used += (size_t)snprintf(out + used, cap - used, "|");
    }
    scanner_free(scanner);
    free(copy);
}

static const struct {
    const char *what;
    const char *text;
    const char *entries;
    const char *mistakes;
} cases[] = {
    { "nothing", "", "", "" },
    { "lines without an entry", "\n  \n; a comment\n\t; another\n", "", "" },
    { "a record", "a IN A 1\n", "1:a IN A 1|", "" },
    { "no final newline", "a A 1", "1:a A 1|", "" },
    { "CR LF", "a A 1\r\n b\r\n", "1:a A 1|2:~b|", "" },
    { "a blank owner", " A 1\n\tB 2\n", "1:~A 1|2:~B 2|", "" },
    { "a comment touches a word", "a A 1;comment\n", "1:a A 1|", "" },
    { "parentheses join lines", "a ( b\n  c ; d\n\n) e\nf\n", "1:a b c e|5:f|", "" },
    { "parentheses touch words", "a(b)c\n", "1:a b c|", "" },
    { "a group that begins a line", "(a\n b)\n", "1:a b|", "" },
    { "two groups in one entry", "a (b) (c\n) d\n", "1:a b c d|", "" },
    { "quotes hold blanks", "a \"b ; ( c\" \"\"\n", "1:a 'b ; ( c' ''|", "" },
    { "quoted texts may touch", "a \"b\"\"c\"\n", "1:a 'b' 'c'|", "" },
    { "an escaped quote", "a \"b\\\"c\" d\\\"e\n", "1:a 'b\\\"c' d\\\"e|", "" },
    { "an escaped blank", "a\\ b c\\;d\n", "1:a\\ b c\\;d|", "" },
    { "a backslash in front of a closing quote", "a \"b\\\\\" c\n", "1:a 'b\\\\' c|", "" },
    { "key=\"value\" is one word", "a k=\"b c\" d\n", "1:a k=\"b c\" d|", "" },
    { "octets over 127", "a \xc3\xa4\n", "1:a \xc3\xa4|", "" },
    { "an unclosed quote", "a \"b\nc d\n", "!|2:c d|", "zone:1: the quote is not closed on its line\n" },
    { "an unclosed quote at the end", "a \"b", "!|", "zone:1: the quote is not closed on its line\n" },
    { "a backslash at the end of a quote", "a \"b\\\nc d\n", "!|2:c d|",
      "zone:1: the quote is not closed on its line\n" },
    { "an unclosed parenthesis goes on below it", "a ( b\n c\n; d\ne f\n", "!|4:e f|",
      "zone:1: the parenthesis opened here is not closed\n" },
    { "a parenthesis in a parenthesis", "a ( b\nc ( d )\n", "!|2:c d|",
      "zone:1: the parenthesis opened here is not closed\n" },
    { "a parenthesis that closes nothing", "a ) b\nc\n", "!|2:c|",
      "zone:1: ')' closes a parenthesis that was not opened\n" },
    { "a word behind a quote", "a \"b\"c\nd\n", "!|2:d|",
      "zone:1: there must be a blank between a quoted text and a word\n" },
    { "a quote behind a word", "a b\"c\"\nd\n", "!|2:d|",
      "zone:1: there must be a blank between a quoted text and a word\n" },
    { "a backslash at the end of the line", "a b\\\nc\n", "!|2:c|",
      "zone:1: a backslash ends the line: it joins no lines here\n" },
    { "a backslash at the end of the file", "a b\\", "!|",
      "zone:1: a backslash ends the line: it joins no lines here\n" },
    { "a carriage return alone", "a\rb\nc\n", "!|2:c|",
      "zone:1: a carriage return without a line feed\n" },
    { "a control octet in a word", "a\x07" "b\nc\n", "!|2:c|",
      "zone:1: a control octet must be written \\007\n" },
    { "a control octet in a quote", "a \"\x1b\"\nc\n", "!|2:c|",
      "zone:1: a control octet must be written \\027\n" },
    { "a byte order mark", "\xef\xbb\xbf" "a A 1\n", "!|1:a A 1|",
      "zone:1: the file begins with a byte order mark (EF BB BF)\n" },
    { "every mistake of a file", "a \"\n)\nb (\nc (\n", "!|!|!|!|",
      "zone:1: the quote is not closed on its line\n"
      "zone:2: ')' closes a parenthesis that was not opened\n"
      "zone:3: the parenthesis opened here is not closed\n"
      "zone:4: the parenthesis opened here is not closed\n" },
};

static void cuts_text_into_entries(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[1024];
        struct report *report = report_new();
        assert_non_null(report);
        scan(cases[i].text, strlen(cases[i].text), report, out, sizeof out);
        if (strcmp(out, cases[i].entries) != 0)
            fail_msg("%s: %s", cases[i].what, out);
        if (strcmp(messages(report), cases[i].mistakes) != 0)
            fail_msg("%s: %s", cases[i].what, messages(report));
        report_free(report);
    }
}

static void refuses_a_nul_wherever_it_stands(void **state)
{
    (void)state;
    static const char *const texts[] = { "a@b\nc\n", "@\nc\n", "a \"@\"\nc\n", "a ;@\nc\n",
                                         "a\\@\nc\n" };
    for (size_t i = 0; i < COUNT(texts); i++) {
        char text[16];
        char out[256];
        struct report *report = report_new();
        const size_t len = strlen(texts[i]);
        memcpy(text, texts[i], len);
        for (size_t at = 0; at < len; at++)
            text[at] = text[at] == '@' ? '\0' : text[at];
        scan(text, len, report, out, sizeof out);
        if (strcmp(out, "!|2:c|") != 0)
            fail_msg("%s: %s", texts[i], out);
        assert_string_equal(messages(report), "zone:1: a control octet must be written \\000\n");
        report_free(report);
    }
}

static void knows_line_and_column_of_every_token(void **state)
{
    (void)state;
    static const char text[] = "; one\n\n  a \"b\" (\r\n\tc d=\"e\" )\n";
    static const struct {
        const char *text;
        unsigned line, column;
        bool quoted, pair;
    } expected[] = {
        { "a", 3, 3, false, false },
        { "b", 3, 6, true, false },
        { "c", 4, 2, false, false },
        { "d=\"e\"", 4, 4, false, true },
    };
    const struct diag diag = { .file = "zone" };
    struct scanner *scanner = scanner_new(text, sizeof text - 1, &diag);
    struct entry entry;
    bool found;
    assert_int_equal(scanner_next(scanner, &entry, &found), STATUS_OK);
    assert_true(found && entry.blank_owner);
    assert_int_equal(entry.count, COUNT(expected));
    for (size_t i = 0; i < entry.count; i++) {
        const struct token *token = &entry.tokens[i];
        assert_int_equal(token->len, strlen(expected[i].text));
        assert_memory_equal(token->text, expected[i].text, token->len);
        assert_int_equal(token->line, expected[i].line);
        assert_int_equal(token->column, expected[i].column);
        assert_int_equal(token->quoted, expected[i].quoted);
        assert_int_equal(token->pair, expected[i].pair);
    }
    scanner_free(scanner);
}

static void bounds_the_tokens_of_an_entry(void **state)
{
    (void)state;
    for (size_t count = SCANNER_TOKENS; count <= SCANNER_TOKENS + 1; count++) {
        char *text = malloc(2 * count + 3);
        assert_non_null(text);
        for (size_t i = 0; i < count; i++)
            memcpy(text + 2 * i, "a ", 2);
        memcpy(text + 2 * count, "\nb", 3);
        struct report *report = report_new();
        const struct diag diag = { .report = report, .file = "zone" };
        struct scanner *scanner = scanner_new(text, 2 * count + 2, &diag);
        struct entry entry;
        bool found;
        const enum status status = scanner_next(scanner, &entry, &found);
        assert_int_equal(status, count > SCANNER_TOKENS ? STATUS_LIMIT : STATUS_OK);
        assert_int_equal(scanner_next(scanner, &entry, &found), STATUS_OK);
        assert_true(found && entry.count == 1 && entry.line == 2);
        scanner_free(scanner);
        report_free(report);
        free(text);
    }
}

/* A file of nothing but open parentheses once meant reading it again for each of them. */
static void reads_no_text_again_and_again(void **state)
{
    (void)state;
    enum { LINES = 200000 };
    char *text = malloc(2 * LINES);
    assert_non_null(text);
    for (size_t i = 0; i < LINES; i++)
        memcpy(text + 2 * i, "(\n", 2);
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "zone" };
    struct scanner *scanner = scanner_new(text, 2 * LINES, &diag);
    struct entry entry;
    bool found;
    size_t refused = 0;
    while (scanner_next(scanner, &entry, &found) != STATUS_OK)
        refused++;
    assert_int_equal(refused, LINES);
    scanner_free(scanner);
    report_free(report);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_text_into_entries),
        cmocka_unit_test(refuses_a_nul_wherever_it_stands),
        cmocka_unit_test(knows_line_and_column_of_every_token),
        cmocka_unit_test(bounds_the_tokens_of_an_entry),
        cmocka_unit_test(reads_no_text_again_and_again),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove();
    return failed;
}

#ifndef MERIDIAN_TESTS_GEO_RULES_FIXTURE_H
#define MERIDIAN_TESTS_GEO_RULES_FIXTURE_H

/* Rulebooks from a text, for the twins of rulebook and reach. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/rulebook.h"

enum { RULES_MOST = 32 };

struct shelf {
    struct arena *arena;
    struct rule rules[RULES_MOST];
    struct rulebook book;
};

/* "country:DE,country:FR|net:10.0.0.0/8": the entries stand between bars. Sorted. */
static inline void shelf_init(struct shelf *shelf, const char *text)
{
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "rules" };
    size_t branch = 0, place = 0;

    *shelf = (struct shelf){ .arena = arena_new() };
    shelf->book.rules = shelf->rules;
    assert_non_null(shelf->arena);
    while (*text != '\0') {
        const size_t len = strcspn(text, ",|");
        struct rule *rule = &shelf->rules[shelf->book.count++];
        struct json_doc *doc;
        struct json_node node;
        char json[256];

        assert_true(shelf->book.count <= RULES_MOST);
        snprintf(json, sizeof json, "[\"%.*s\"]", (int)len, text);
        assert_int_equal(json_parse(json, strlen(json), &diag, &doc), STATUS_OK);
        const struct json_node root = json_root(doc, &diag);
        assert_true(json_child(&root, 0, &node));
        if (selector_parse(&node, (struct atlas_grain){ 24, 64 }, shelf->arena, &rule->selector) !=
            STATUS_OK)
            fail_msg("%s", report_text(report, 0));
        rule->branch = branch;
        rule->place = place++;
        if (text[len] == '|') {
            branch++;
            place = 0;
        }
        text += len + (text[len] != '\0');
        json_free(doc);
    }
    rulebook_sort(&shelf->book);
    report_free(report);
}

static inline void shelf_release(struct shelf *shelf)
{
    arena_free(shelf->arena);
}

/* The index of a rule by its text. */
static inline size_t shelf_index(const struct shelf *shelf, const char *text)
{
    char printed[SELECTOR_TEXT];

    for (size_t i = 0; i < shelf->book.count; i++)
        if (strcmp(selector_print(&shelf->rules[i].selector, printed), text) == 0)
            return i;
    fail_msg("no rule %s", text);
    return 0;
}

#endif

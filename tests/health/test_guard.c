#include "health/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * Targets are letters, 'a' is 0, and each stands in the regions that `regions`
 * names for it: "A A B" puts a and b into region A, c into B; "AB" is both. All
 * but those written small in `regions` are up at first.
 *
 * A step is a sign and a target: '+' a good result, '<' one whose probe set out
 * before the first step and '~' one that set out with the step before, '-' a failure, '!' a failure
 * that would take it down, '=' the same as the answer to a question, '?' a
 * failure as an answer that would not take it down; 'x' the target is watched no
 * more, '/' the tables are made again. What is to come of each step:
 *   c counts, h held, i ignored, then "(abc)" who is asked, "[abc]" whose held
 *   failures count, "F" frozen, "T" thawed. A held failure that counts takes its
 *   target down.
 */
static const struct {
    const char *what;
    const char *regions;
    const char *steps, *said;
} cases[] = {
    { "a target of no region is not guarded", "- A", "!a", "c" },
    { "one region alone may die", "A A", "!a !b", "c c" },
    { "a failure that takes nobody down counts", "A B", "-a -b -a -b", "c c c c" },
    { "with a success since its first failure it falls at once", "A B", "-a +b !a", "c c c" },
    { "a success before its first failure proves nothing", "A B", "+b -a !a", "c c h(b)" },
    { "also one of its own region proves", "A A B", "-a +b !a", "c c c" },
    { "an answer that was under way by then proves nothing", "A B", "-a <b !a +b",
      "c c h(b) c[a]" },
    { "nor to what is held; who could tell is asked anew", "A B C", "!a <b +b",
      "h(bc) c(bc) c[a]" },
    { "what proves one need not prove another", "A B C", "!a !c ~b +b", "h(bc) h c(b)[a] c[c]" },
    { "a late answer of one that was held", "A B", "!a !b <b", "h(b) h c(b)" },
    { "its own success begins the streak anew", "A B", "-a +b +a !a", "c c c h(b)" },
    { "any success lets it fall", "A B C", "!a +c", "h(bc) c[a]" },
    { "a success of a region that was not asked too", "A A B", "!a +b", "h(c) c[a]" },
    { "its own success forgets what was held", "A B", "!a +a !a", "h(b) c h(b)" },
    { "further failures of it do not count", "A B", "!a !a -a +b", "h(b) i i c[a]" },
    { "two regions together freeze all", "A B", "!a ?b", "h(b) c[a]F" },
    { "three as well, once all have answered", "A B C", "!a ?b ?c", "h(bc) c c[a]F" },
    { "a failure that was not asked for is no answer", "A B", "!a -b ?b", "h(b) c c[a]F" },
    { "who falls as well is held too", "A B C", "!a =b =c", "h(bc) h h[abc]F" },
    { "all but one: no freeze", "A B C", "!a =b +c", "h(bc) h c[ab]" },
    { "while it is frozen failures are ignored", "A B", "!a ?b !a !b -a", "h(b) c[a]F i i i" },
    { "any success ends it", "A B C", "!a ?b ?c +c !a", "h(bc) c c[a]F cT h(bc)" },
    { "also of a target that is down", "A B c", "!a ?b +c", "h(b) c[a]F cT" },
    { "after it one region's death is seen again", "A B", "!a ?b +b !a +b",
      "h(b) c[a]F cT h(b) c[a]" },
    { "the last region falls at once", "A B", "!a +b !b", "h(b) c[a] c" },
    { "who is down is not asked", "A b C", "!a", "h(c)" },
    { "nobody else is up", "A b c", "!a", "c" },
    { "a few of each region are asked", "A B B B C C C", "!a", "h(bcef)" },
    { "in two regions: only others can tell", "AB B C", "!a", "h(c)" },
    { "in all regions there is no other", "AB A B", "!a", "c" },
    { "both targets of a region and one of another", "A A B", "!a !b ?c", "h(c) h c[ab]F" },
    { "who is asked may share a region", "A AB", "!a ?b", "h(b) c[a]F" },
    { "a second region that falls asks the first one's others", "A A B", "!a !c =b",
      "h(c) h(b) h" },
    { "who was asked leaves: another is asked", "A B B B", "!a xb xc /", "h(bc)   (d)" },
    { "the only one that was asked leaves: the last region falls", "A B", "!a xb /", "h(b)  [a]" },
    { "the one that is held leaves", "A B", "!a xa / ?b", "h(b)   c" },
    { "a new table asks again", "A B", "!a / +b", "h(b) (b) c[a]" },
    { "a freeze outlives a new table", "A B", "!a ?b / -a +b", "h(b) c[a]F  i cT" },
};

enum { MOST = 26 };

struct play {
    struct guard *guard;
    char regions[MOST][8]; /* of each target */
    bool gone[MOST];
    size_t count;
    char said[256];
    uint64_t now;
};

static void play_say(struct play *play, const char *text)
{
    assert_in_range(strlen(play->said) + strlen(text), 0, sizeof play->said - 1);
    strcat(play->said, text);
}

static struct guard_table *play_table(const struct play *play)
{
    struct guard_member members[MOST * 8];
    size_t count = 0;
    for (size_t t = 0; t < play->count; t++) {
        for (const char *r = play->regions[t]; *r != '\0' && !play->gone[t]; r++) {
            const char big = (char)(*r >= 'a' ? *r - 'a' + 'A' : *r);
            if (big < 'A')
                continue;
            /* Twice: a region may use a target for several endpoints. */
            members[count++] = (struct guard_member){ (uint32_t)t, (uint32_t)(big - 'A') };
            members[count++] = (struct guard_member){ (uint32_t)t, (uint32_t)(big - 'A') };
        }
    }
    struct guard_table *table = guard_table_new(members, count);
    assert_non_null(table);
    return table;
}

static void play_open(struct play *play, const char *regions)
{
    struct guard_turn turn;
    char text[128];
    memset(play, 0, sizeof *play);
    snprintf(text, sizeof text, "%s", regions);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
        snprintf(play->regions[play->count++], sizeof play->regions[0], "%s", word);
    play->guard = guard_new();
    assert_non_null(play->guard);
    guard_adopt(play->guard, play_table(play), &turn);
    for (uint32_t t = 0; t < play->count; t++)
        guard_health(play->guard, t, play->regions[t][0] < 'a');
}

static void say_list(struct play *play, const char *brackets, const uint32_t *ids, size_t count)
{
    char sorted[MOST + 1] = "";
    bool in[MOST] = { 0 };
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        assert_false(in[ids[i]]);
        in[ids[i]] = true;
    }
    for (size_t t = 0; t < MOST; t++) {
        if (in[t])
            sorted[len++] = (char)('a' + t);
    }
    char text[MOST + 3];
    snprintf(text, sizeof text, "%c%s%c", brackets[0], sorted, brackets[1]);
    if (count > 0)
        play_say(play, text);
}

static void play_turn(struct play *play, const struct guard_turn *turn)
{
    say_list(play, "()", turn->asks, turn->ask_count);
    say_list(play, "[]", turn->settled, turn->settled_count);
    for (size_t i = 0; i < turn->settled_count; i++) {
        assert_false(guard_holds(play->guard, turn->settled[i]));
        if (!turn->froze)
            guard_health(play->guard, turn->settled[i], false);
    }
    if (turn->froze)
        play_say(play, "F");
    if (turn->thawed)
        play_say(play, "T");
}

static void play_bad(struct play *play, uint32_t id, bool falls, bool asked)
{
    static const char *const letters[] = { "c", "h", "i" };
    struct guard_turn turn;
    const enum guard_ruling ruling = guard_bad(play->guard, id, falls, asked, play->now, &turn);
    play_say(play, letters[ruling]);
    if (ruling == GUARD_COUNT && falls)
        guard_health(play->guard, id, false);
    play_turn(play, &turn);
}

static void play_step(struct play *play, const char *step)
{
    struct guard_turn turn = { 0 };
    const uint32_t id = (uint32_t)(step[1] - 'a');
    play->now += 10;
    switch (step[0]) {
    case '+':
    case '<':
    case '~':
        guard_good(play->guard, id,
                   step[0] == '+'   ? play->now - 1
                   : step[0] == '<' ? 0
                                    : play->now - 15,
                   &turn);
        play_say(play, "c");
        play_turn(play, &turn);
        break;
    case 'x':
        guard_forget(play->guard, id);
        play->gone[id] = true;
        break;
    case '/':
        guard_adopt(play->guard, play_table(play), &turn);
        play_turn(play, &turn);
        break;
    default:
        play_bad(play, id, step[0] == '!' || step[0] == '=', step[0] == '=' || step[0] == '?');
        break;
    }
}

static void tells_our_fault_from_theirs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play play;
        play_open(&play, cases[i].regions);
        const char *space = "";
        for (const char *step = cases[i].steps; *step != '\0';) {
            play_say(&play, space);
            play_step(&play, step);
            step += step[0] == '/' ? 1 : 2;
            step += *step == ' ';
            space = " ";
        }
        if (strcmp(play.said, cases[i].said) != 0)
            fail_msg("%s: '%s', not '%s'", cases[i].what, play.said, cases[i].said);
        guard_free(play.guard);
    }
}

/* A cut-off with ten thousand targets asks few of them. */
static void few_are_asked_of_many(void **state)
{
    (void)state;
    enum { TARGETS = 10000, REGIONS = 100 };
    struct guard_member *members = calloc(TARGETS, sizeof *members);
    struct guard *guard = guard_new();
    struct guard_turn turn;
    assert_non_null(members);
    assert_non_null(guard);
    for (uint32_t t = 0; t < TARGETS; t++)
        members[t] = (struct guard_member){ t, t % REGIONS };
    guard_adopt(guard, guard_table_new(members, TARGETS), &turn);
    for (uint32_t t = 0; t < TARGETS; t++)
        guard_health(guard, t, true);

    uint32_t asked[GUARD_ASK_MOST + 1];
    size_t count = 0;
    for (uint32_t t = TARGETS / 2; t < TARGETS; t++) {
        assert_int_equal(guard_bad(guard, t, true, false, t, &turn), GUARD_HOLD);
        assert_in_range(count + turn.ask_count, 0, GUARD_ASK_MOST);
        for (size_t i = 0; i < turn.ask_count; i++)
            asked[count++] = turn.asks[i];
    }
    assert_int_equal(count, GUARD_ASK_MOST);
    for (size_t i = 0; i + 1 < count; i++)
        assert_int_equal(guard_bad(guard, asked[i], false, true, TARGETS, &turn), GUARD_COUNT);
    assert_false(guard_is_frozen(guard));
    (void)!guard_bad(guard, asked[count - 1], false, true, TARGETS, &turn);
    assert_true(turn.froze);
    assert_int_equal(turn.settled_count, TARGETS / 2);
    assert_true(guard_is_frozen(guard));
    free(members);
    guard_free(guard);
}

/* Any order of results, leaves and new tables: what is held is settled once, and nothing else. */
static void holds_and_settles_in_pairs(void **state)
{
    (void)state;
    static const char *const shapes[] = { "A B", "A A B B C", "AB BC CA D", "A - b CD D", "A" };
    uint64_t random = 1;
    for (size_t round = 0; round < 4000; round++) {
        struct play play;
        bool held[MOST] = { 0 }, frozen = false;
        play_open(&play, shapes[round % 5]);
        for (size_t step = 0; step < 60; step++) {
            struct guard_turn turn = { 0 };
            random = random * 6364136223846793005u + 1442695040888963407u;
            const uint32_t id = (uint32_t)((random >> 33) % play.count);
            const unsigned dice = (unsigned)(random >> 48) % 16;
            if (play.gone[id])
                continue;
            if (dice < 3) {
                guard_good(play.guard, id, step + 2 - dice, &turn);
                held[id] = false;
                assert_int_equal(turn.thawed, frozen);
            } else if (dice == 3 && step % 8 == 0) {
                guard_forget(play.guard, id);
                play.gone[id] = true;
                held[id] = false;
                guard_adopt(play.guard, play_table(&play), &turn);
            } else {
                const enum guard_ruling ruling =
                    guard_bad(play.guard, id, dice < 10, dice & 1, step + 2, &turn);
                if (frozen && play.regions[id][0] != '-')
                    assert_int_equal(ruling, GUARD_IGNORE);
                if (ruling == GUARD_HOLD) {
                    assert_false(held[id]);
                    held[id] = true;
                }
                if (ruling == GUARD_COUNT && dice < 10)
                    guard_health(play.guard, id, false);
            }
            for (size_t i = 0; i < turn.settled_count; i++) {
                assert_true(held[turn.settled[i]]);
                held[turn.settled[i]] = false;
                if (!turn.froze)
                    guard_health(play.guard, turn.settled[i], false);
            }
            frozen = (frozen && !turn.thawed) || turn.froze;
            assert_int_equal(guard_is_frozen(play.guard), frozen);
            for (uint32_t t = 0; t < play.count; t++)
                assert_int_equal(guard_holds(play.guard, t), held[t]);
        }
        guard_free(play.guard);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_our_fault_from_theirs),
        cmocka_unit_test(few_are_asked_of_many),
        cmocka_unit_test(holds_and_settles_in_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

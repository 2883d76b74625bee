/*
 * Days of results, replayed under a virtual clock: judges and guard together,
 * as the prober uses them, against a model that knows no state but the list of
 * all results. Every verdict is compared after every result.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/base/hash.h"
#include "health/guard.h"
#include "health/judge.h"

enum {
    TARGETS = 8,
    REGIONS = 4,
    MINUTE_MS = 60000,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS,
    ON_THE_WAY = 256,
    CAP = 2000000
};

/* Whom each target belongs to: two a region, one in two of them. */
static const uint8_t regions_of[TARGETS] = { 1, 1, 2, 2, 4, 4 | 8, 8, 8 };

static const struct probe_spec specs[TARGETS] = {
    { .interval_ms = 2000, .timeout_ms = 1000, .fall = 3, .rise = 2, .damping = true },
    { .interval_ms = 10000, .timeout_ms = 1000, .fall = 2, .rise = 1, .damping = true },
    { .interval_ms = 1000, .timeout_ms = 5000, .fall = 5, .rise = 3, .damping = true },
    { .interval_ms = 2000, .timeout_ms = 1000, .fall = 1, .rise = 1 },
    { .interval_ms = 5000,
      .timeout_ms = 2000,
      .fall = 3,
      .rise = 2,
      .damping = true,
      .gates = { { .metric = GATE_ERROR_RATE,
                   .window_ms = MINUTE_MS,
                   .min_samples = 5,
                   .down = 0.3,
                   .up = 0.1,
                   .up_for_ms = 20000 } },
      .gate_count = 1 },
    { .interval_ms = 3000, .timeout_ms = 1000, .fall = 2, .rise = 2, .damping = true },
    { .interval_ms = 4000,
      .timeout_ms = 1000,
      .fall = 3,
      .rise = 2,
      .damping = true,
      .gates = { { .metric = GATE_AVAILABILITY,
                   .window_ms = 10 * MINUTE_MS,
                   .min_samples = 20,
                   .down = 0.9,
                   .up = 0.95,
                   .up_for_ms = MINUTE_MS },
                 { .metric = GATE_ERROR_RATE,
                   .window_ms = 50000,
                   .min_samples = 1,
                   .down = 0.6,
                   .up = 0.5 } },
      .gate_count = 2 },
    { .interval_ms = 2000, .timeout_ms = 1000, .fall = 3, .rise = 2, .damping = true },
};

struct result {
    uint64_t at_ms, started_ms;
    uint32_t target;
    bool good, asked;
};

/* ---- a world that results come from ---- */

static uint64_t chance(uint64_t seed, uint64_t a, uint64_t b, uint64_t c)
{
    return hash_mix(seed ^ hash_mix(a * 0x9e3779b97f4a7c15u ^ hash_mix(b ^ hash_mix(c))));
}

/* Something that goes on for a part of some hours: the same answer for the same hour. */
static bool during(uint64_t seed, uint64_t what, uint64_t who, uint64_t now_ms, unsigned percent,
                   uint64_t most_ms)
{
    const uint64_t random = chance(seed, what, who, now_ms / HOUR_MS);
    const uint64_t begin_ms = (random >> 8) % (HOUR_MS - 10 * MINUTE_MS);
    const uint64_t in_hour_ms = now_ms % HOUR_MS;
    return random % 256 * 100 < percent * 256u && in_hour_ms >= begin_ms &&
           in_hour_ms < begin_ms + (random >> 40) % most_ms;
}

static unsigned bad_permille(uint64_t seed, uint32_t target, uint64_t now_ms)
{
    unsigned bad = 3;
    if (during(seed, 1, target, now_ms, 30, 40 * MINUTE_MS))
        bad = 250; /* loss */
    if (during(seed, 2, target, now_ms, 20, 20 * MINUTE_MS))
        bad = now_ms / 25000 % 2 == 0 ? 950 : 10; /* flapping */
    if (during(seed, 3, target, now_ms, 15, 30 * MINUTE_MS))
        bad = (unsigned)(now_ms % HOUR_MS * 1000 / HOUR_MS); /* slower and slower */
    if (during(seed, 4, target, now_ms, 15, 50 * MINUTE_MS))
        bad = 1000; /* dead */
    for (unsigned r = 0; r < REGIONS; r++) {
        if ((regions_of[target] >> r & 1u) != 0 && during(seed, 5, r, now_ms, 20, 30 * MINUTE_MS))
            bad = 1000; /* the whole region */
    }
    if (during(seed, 6, 0, now_ms, 40, 10 * MINUTE_MS))
        bad = 1000; /* the prober is cut off */
    if (during(seed, 7, 0, now_ms, 10, 5 * MINUTE_MS))
        bad = 970; /* nearly */
    return bad;
}

static struct result world_answer(uint64_t seed, uint64_t count, uint32_t target, uint64_t now_ms,
                                  bool asked)
{
    const uint64_t random = chance(seed, count, target, now_ms);
    const bool good = random % 1000 >= bad_permille(seed, target, now_ms);
    const bool hangs = (random >> 20) % 3 == 0;
    const uint64_t took_ms = good    ? 1 + (random >> 30) % 300
                             : hangs ? specs[target].timeout_ms
                                     : 1 + (random >> 30) % 20;
    return (struct result){ .at_ms = now_ms + took_ms,
                            .started_ms = now_ms,
                            .target = target,
                            .good = good,
                            .asked = asked };
}

/* ---- judges and guard, as in the prober ---- */

struct subject {
    struct judge judges[TARGETS];
    struct guard *guard;
    bool holds[TARGETS];
    uint32_t asks[GUARD_ASK_MOST];
    size_t ask_count;
    unsigned turns, freezes;
};

static void subject_open(struct subject *subject)
{
    struct guard_member members[TARGETS * REGIONS];
    struct guard_turn turn;
    size_t count = 0;
    *subject = (struct subject){ .guard = guard_new() };
    assert_non_null(subject->guard);
    for (uint32_t t = 0; t < TARGETS; t++) {
        assert_true(judge_init(&subject->judges[t], &specs[t], 0));
        for (uint32_t r = 0; r < REGIONS; r++) {
            if ((regions_of[t] >> r & 1u) != 0)
                members[count++] = (struct guard_member){ t, r };
        }
    }
    struct guard_table *table = guard_table_new(members, count);
    assert_non_null(table);
    guard_adopt(subject->guard, table, &turn);
}

static void subject_close(struct subject *subject)
{
    for (size_t t = 0; t < TARGETS; t++)
        judge_release(&subject->judges[t]);
    guard_free(subject->guard);
}

static void subject_count(struct subject *subject, uint32_t target, bool good, uint64_t now_ms)
{
    struct judge *judge = &subject->judges[target];
    subject->turns += judge_feed(judge, good, 1000, now_ms);
    guard_health(subject->guard, target, judge->health == HEALTH_UP);
}

static void subject_follow(struct subject *subject, const struct guard_turn *turn, uint64_t now_ms)
{
    for (size_t t = 0; turn->thawed && t < TARGETS; t++)
        judge_afresh(&subject->judges[t]);
    subject->freezes += turn->froze;
    for (size_t i = 0; i < turn->settled_count; i++) {
        subject->holds[turn->settled[i]] = false;
        if (!turn->froze)
            subject_count(subject, turn->settled[i], false, now_ms);
    }
    subject->ask_count = turn->ask_count;
    if (turn->ask_count > 0)
        memcpy(subject->asks, turn->asks, turn->ask_count * sizeof *turn->asks);
}

static void subject_feed(struct subject *subject, const struct result *result)
{
    struct judge *judge = &subject->judges[result->target];
    struct guard_turn turn = { 0 };
    if (result->good) {
        subject->holds[result->target] = false;
        guard_good(subject->guard, result->target, result->started_ms, &turn);
        subject_follow(subject, &turn, result->at_ms);
        subject_count(subject, result->target, true, result->at_ms);
        return;
    }
    enum guard_ruling ruling = GUARD_COUNT;
    if (judge->health != HEALTH_UNKNOWN)
        ruling = guard_bad(subject->guard, result->target, judge_would_fall(judge, result->at_ms),
                           result->asked, result->at_ms, &turn);
    if (ruling == GUARD_COUNT)
        subject_count(subject, result->target, false, result->at_ms);
    if (ruling == GUARD_HOLD)
        subject->holds[result->target] = true;
    subject_follow(subject, &turn, result->at_ms);
}

/* ---- the model ---- */

/* What became of a result. */
struct entry {
    uint64_t at_ms, started_ms;
    uint8_t target;
    bool good, counted, tells; /* the guard heard of it */
    enum health health;        /* of the target after it */
    bool gates[PROBE_GATES];   /* open after it */
    uint64_t proving_ms[PROBE_GATES];
};

struct model {
    struct entry *log;
    size_t count;
    size_t afresh; /* entries before this one are forgotten by streaks and windows */
    bool frozen;
    struct result held[TARGETS];
    bool holds[TARGETS], asked[TARGETS], denied[TARGETS], region_asked[REGIONS];
    bool asks[TARGETS];      /* by the last result */
    size_t last_of[TARGETS]; /* 1 + the index of its last counted entry; 0: none */
};

static const struct entry *model_last(const struct model *model, uint32_t target)
{
    return model->last_of[target] > 0 ? &model->log[model->last_of[target] - 1] : NULL;
}

static enum health model_health(const struct model *model, uint32_t target)
{
    const struct entry *last = model_last(model, target);
    return last != NULL ? last->health : HEALTH_UNKNOWN;
}

/* What counting alone says, from the first of all results on. */
struct counting {
    enum health health;
    size_t streak;
};

static size_t model_needed(const struct probe_spec *spec, enum health health, const uint64_t *falls,
                           size_t fall_count, uint64_t now_ms)
{
    size_t recent = 0, needed = spec->rise;
    if (health == HEALTH_UP)
        return spec->fall;
    for (size_t i = 0; spec->damping && i < fall_count; i++)
        recent += now_ms - falls[i] < 10 * MINUTE_MS;
    for (size_t i = 2; i < recent && needed < spec->rise * 16u; i++)
        needed *= 2;
    return needed;
}

/* Counting keeps its own word beside the gates': it is worked out from marks in the log. */
struct marks {
    struct counting now[TARGETS];
    uint64_t falls[TARGETS][4096];
    size_t fall_count[TARGETS];
};

static void model_counting(struct marks *marks, const struct probe_spec *spec, uint32_t target,
                           bool good, uint64_t now_ms)
{
    struct counting *now = &marks->now[target];
    const enum health says = good ? HEALTH_UP : HEALTH_DOWN;
    now->streak = says == now->health ? 0 : now->streak + 1;
    const bool first = now->health == HEALTH_UNKNOWN;
    if (now->streak == 0 ||
        (!first && now->streak < model_needed(spec, now->health, marks->falls[target],
                                              marks->fall_count[target], now_ms)))
        return;
    if (now->health == HEALTH_UP) {
        assert_in_range(marks->fall_count[target], 0, 4095);
        marks->falls[target][marks->fall_count[target]++] = now_ms;
    }
    now->health = says;
    now->streak = 0;
}

/* Shares of a window, counted from the log, with one more failure when asked for. */
static bool model_gate(const struct model *model, uint32_t target, size_t index, uint64_t now_ms,
                       bool one_more, bool *well)
{
    const struct gate_rules *rules = &specs[target].gates[index];
    const uint64_t slice_ms = (rules->window_ms + 11) / 12;
    size_t bad = one_more, all = one_more;
    for (size_t i = model->count; i > model->afresh; i--) {
        const struct entry *entry = &model->log[i - 1];
        if (entry->at_ms / slice_ms + 12 <= now_ms / slice_ms)
            break;
        if (entry->target != target || !entry->counted)
            continue;
        all++;
        bad += !entry->good;
    }
    const double value = all == 0 ? 0 : (double)bad / (double)all;
    const bool enough = all > 0 && all >= rules->min_samples;
    if (rules->metric == GATE_ERROR_RATE) {
        *well = enough && value <= rules->up;
        return enough && value > rules->down;
    }
    const double share = all == 0 ? 0 : (double)(all - bad) / (double)all;
    *well = enough && share >= rules->up;
    return enough && share < rules->down;
}

static void model_count(struct model *model, struct marks *marks, const struct result *result,
                        uint64_t now_ms)
{
    const uint32_t target = result->target;
    const struct entry *before = model_last(model, target);
    struct entry *entry = &model->log[model->count++];
    *entry = (struct entry){ .at_ms = now_ms,
                             .started_ms = result->started_ms,
                             .target = (uint8_t)target,
                             .good = result->good,
                             .counted = true };
    model_counting(marks, &specs[target], target, result->good, now_ms);
    entry->health = marks->now[target].health;
    for (size_t g = 0; g < specs[target].gate_count; g++) {
        const bool open = before == NULL || before->gates[g];
        uint64_t proving_ms =
            before != NULL && model->last_of[target] > model->afresh ? before->proving_ms[g] : 0;
        bool well;
        const bool worse = model_gate(model, target, g, now_ms, false, &well);
        entry->gates[g] = open && !worse;
        if (!open && well) {
            proving_ms = proving_ms != 0 ? proving_ms : now_ms;
            entry->gates[g] = now_ms - proving_ms >= specs[target].gates[g].up_for_ms;
            entry->proving_ms[g] = entry->gates[g] ? 0 : proving_ms;
        }
        if (!entry->gates[g])
            entry->health = HEALTH_DOWN;
    }
    model->last_of[target] = model->count;
}

static bool model_would_fall(const struct model *model, const struct marks *marks, uint32_t target,
                             uint64_t now_ms)
{
    bool falls = marks->now[target].health == HEALTH_UP &&
                 marks->now[target].streak + 1 >= specs[target].fall;
    for (size_t g = 0; g < specs[target].gate_count; g++) {
        bool well;
        falls = falls || model_gate(model, target, g, now_ms, true, &well);
    }
    return falls && model_health(model, target) == HEALTH_UP;
}

/* When the failures began that reach to now; `now_ms` when this is the first. */
static uint64_t model_failing_since(const struct model *model, uint32_t target, uint64_t now_ms)
{
    uint64_t since_ms = now_ms;
    for (size_t i = model->count; i > model->afresh; i--) {
        const struct entry *entry = &model->log[i - 1];
        if (entry->target != target || !entry->tells)
            continue;
        if (entry->good)
            break;
        since_ms = entry->at_ms;
    }
    return since_ms;
}

/* A good result of anybody whose probe set out after that. */
static bool model_proven(const struct model *model, uint64_t since_ms)
{
    for (size_t i = model->count; i > 0; i--) {
        const struct entry *entry = &model->log[i - 1];
        if (entry->at_ms < since_ms)
            return false;
        if (entry->tells && entry->good && entry->started_ms > since_ms)
            return true;
    }
    return false;
}

static bool region_is_up(const struct model *model, unsigned region)
{
    for (uint32_t t = 0; t < TARGETS; t++) {
        if ((regions_of[t] >> region & 1u) != 0 && model_health(model, t) == HEALTH_UP)
            return true;
    }
    return false;
}

static void model_ask(struct model *model, uint32_t target)
{
    for (unsigned r = 0; r < REGIONS; r++) {
        unsigned count = 0;
        if ((regions_of[target] >> r & 1u) != 0 || model->region_asked[r] ||
            !region_is_up(model, r))
            continue;
        model->region_asked[r] = true;
        for (uint32_t t = 0; t < TARGETS && count < GUARD_ASK_EACH; t++) {
            if ((regions_of[t] >> r & 1u) == 0 || model_health(model, t) != HEALTH_UP ||
                model->holds[t] || model->asked[t] || model->denied[t])
                continue;
            model->asked[t] = model->asks[t] = true;
            count++;
        }
    }
}

static void model_round_end(struct model *model)
{
    memset(model->asked, 0, sizeof model->asked);
    memset(model->denied, 0, sizeof model->denied);
    memset(model->region_asked, 0, sizeof model->region_asked);
}

static void model_decide(struct model *model, struct marks *marks, uint64_t now_ms)
{
    unsigned failing = 0;
    bool any = false;
    for (uint32_t t = 0; t < TARGETS; t++) {
        if (model->asked[t])
            return;
        any = any || model->holds[t];
        if (model->holds[t] || model->denied[t])
            failing |= regions_of[t];
    }
    if (!any)
        return;
    model->frozen = __builtin_popcount(failing) >= 2;
    for (uint32_t t = 0; t < TARGETS; t++) {
        if (model->holds[t] && !model->frozen)
            model_count(model, marks, &model->held[t], now_ms);
        model->holds[t] = false;
    }
    model_round_end(model);
}

static void model_good(struct model *model, struct marks *marks, const struct result *result)
{
    bool round = false, left = false, asked = false;
    model->holds[result->target] = false;
    for (uint32_t t = 0; t < TARGETS; t++)
        round = round || model->holds[t] || model->asked[t] || model->denied[t];
    for (uint32_t t = 0; t < TARGETS; t++) {
        if (!model->holds[t])
            continue;
        const uint64_t since_ms = model_failing_since(model, t, result->at_ms);
        if (result->started_ms > since_ms || model_proven(model, since_ms)) {
            model->holds[t] = false;
            model_count(model, marks, &model->held[t], result->at_ms);
        } else {
            left = true;
        }
    }
    if (round)
        model_round_end(model);
    for (uint32_t t = 0; t < TARGETS; t++) {
        if (model->holds[t])
            model_ask(model, t);
    }
    for (uint32_t t = 0; t < TARGETS; t++)
        asked = asked || model->asked[t];
    for (uint32_t t = 0; left && !asked && t < TARGETS; t++) {
        if (model->holds[t])
            model_count(model, marks, &model->held[t], result->at_ms);
        model->holds[t] = false;
    }
    if (model->frozen) {
        model->frozen = false;
        model->afresh = model->count;
        for (uint32_t t = 0; t < TARGETS; t++)
            marks->now[t].streak = 0;
    }
    model_count(model, marks, result, result->at_ms);
    model->log[model->count - 1].tells = true;
}

/* The guard hears of a failure when it comes; the judge perhaps later, in an entry of its own. */
static void model_hear(struct model *model, const struct result *result)
{
    model->log[model->count++] = (struct entry){ .at_ms = result->at_ms,
                                                 .started_ms = result->started_ms,
                                                 .target = (uint8_t)result->target,
                                                 .tells = true };
}

static bool model_others_up(const struct model *model, uint32_t target)
{
    for (unsigned r = 0; r < REGIONS; r++) {
        if ((regions_of[target] >> r & 1u) == 0 && region_is_up(model, r))
            return true;
    }
    return false;
}

static void model_bad(struct model *model, struct marks *marks, const struct result *result)
{
    const uint32_t target = result->target;
    const uint64_t now_ms = result->at_ms;
    if (model_health(model, target) == HEALTH_UNKNOWN) {
        model_count(model, marks, result, now_ms);
        return;
    }
    const bool falls = model_would_fall(model, marks, target, now_ms);
    const uint64_t since_ms = model_failing_since(model, target, now_ms);
    model_hear(model, result);
    if (model->frozen)
        return;
    if (result->asked && model->asked[target]) {
        model->asked[target] = false;
        model->denied[target] = true;
    }
    bool counts = !model->holds[target];
    if (counts && falls && !model_proven(model, since_ms) && model_others_up(model, target)) {
        counts = false;
        model->holds[target] = true;
        model->held[target] = *result;
        model_ask(model, target);
    }
    if (counts)
        model_count(model, marks, result, now_ms);
    model_decide(model, marks, now_ms);
}

static void model_feed(struct model *model, struct marks *marks, const struct result *result)
{
    memset(model->asks, 0, sizeof model->asks);
    if (result->good)
        model_good(model, marks, result);
    else
        model_bad(model, marks, result);
    assert_in_range(model->count, 0, CAP - 2 * TARGETS);
}

/* ---- the replay ---- */

struct replay {
    struct subject subject;
    struct model model;
    struct marks *marks;
    struct result waiting[ON_THE_WAY]; /* on the way, in no order */
    size_t waiting_count;
    uint64_t due_ms[TARGETS];
    uint64_t seed, made;
    size_t fed;
};

static void replay_ask(struct replay *replay, uint32_t target, uint64_t now_ms, bool asked)
{
    assert_in_range(replay->waiting_count, 0, ON_THE_WAY - 1);
    replay->waiting[replay->waiting_count++] =
        world_answer(replay->seed, replay->made++, target, now_ms, asked);
}

/* The next result, and the regular probes that set out before it. */
static struct result replay_next(struct replay *replay)
{
    for (;;) {
        uint32_t due = 0;
        size_t first = 0;
        for (uint32_t t = 1; t < TARGETS; t++) {
            if (replay->due_ms[t] < replay->due_ms[due])
                due = t;
        }
        for (size_t i = 1; i < replay->waiting_count; i++) {
            if (replay->waiting[i].at_ms < replay->waiting[first].at_ms)
                first = i;
        }
        if (replay->waiting_count > 0 && replay->waiting[first].at_ms <= replay->due_ms[due]) {
            const struct result next = replay->waiting[first];
            replay->waiting[first] = replay->waiting[--replay->waiting_count];
            return next;
        }
        replay_ask(replay, due, replay->due_ms[due], false);
        replay->due_ms[due] += specs[due].interval_ms;
    }
}

static void replay_compare(const struct replay *replay, const struct result *result)
{
    const struct subject *subject = &replay->subject;
    const struct model *model = &replay->model;
    bool asks[TARGETS] = { 0 };
    for (size_t i = 0; i < subject->ask_count; i++)
        asks[subject->asks[i]] = true;
    for (uint32_t t = 0; t < TARGETS; t++) {
        if (subject->judges[t].health != model_health(model, t) ||
            subject->holds[t] != model->holds[t] || asks[t] != model->asks[t])
            fail_msg("seed %u, result %zu at %u ms (%s of %u): target %u is %d, holds %d, asks %d; "
                     "the model has %d, %d, %d",
                     (unsigned)replay->seed, replay->fed, (unsigned)result->at_ms,
                     result->good ? "good" : "bad", result->target, t, subject->judges[t].health,
                     subject->holds[t], asks[t], model_health(model, t), model->holds[t],
                     model->asks[t]);
    }
    if (guard_is_frozen(subject->guard) != model->frozen)
        fail_msg("seed %u, result %zu: the model says %s", (unsigned)replay->seed, replay->fed,
                 model->frozen ? "frozen" : "not frozen");
}

static void replay_day(uint64_t seed)
{
    struct replay replay = { .seed = seed };
    subject_open(&replay.subject);
    replay.model.log = calloc(CAP, sizeof *replay.model.log);
    replay.marks = calloc(1, sizeof *replay.marks);
    assert_non_null(replay.model.log);
    assert_non_null(replay.marks);
    for (uint32_t t = 0; t < TARGETS; t++)
        replay.due_ms[t] = 1 + t * 137;

    for (;;) {
        const struct result result = replay_next(&replay);
        if (result.at_ms > DAY_MS)
            break;
        replay.subject.ask_count = 0;
        subject_feed(&replay.subject, &result);
        model_feed(&replay.model, replay.marks, &result);
        replay.fed++;
        replay_compare(&replay, &result);
        for (size_t i = 0; i < replay.subject.ask_count; i++)
            replay_ask(&replay, replay.subject.asks[i], result.at_ms, true);
    }
    /* A day on which nothing happens would prove nothing. */
    assert_in_range(replay.subject.turns, 100, SIZE_MAX);
    assert_in_range(replay.subject.freezes, 2, SIZE_MAX);
    assert_in_range(replay.fed, 100000, SIZE_MAX);
    subject_close(&replay.subject);
    free(replay.model.log);
    free(replay.marks);
}

static void days_are_judged_as_by_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++)
        replay_day(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_judged_as_by_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

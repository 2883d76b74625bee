#include "health/verdict.h"

void verdict_init(struct verdict *verdict, uint64_t now_ms)
{
    *verdict = (struct verdict){ .health = HEALTH_UNKNOWN, .since_ms = now_ms };
}

unsigned verdict_damping(const struct verdict *verdict, const struct verdict_rules *rules,
                         uint64_t now_ms)
{
    unsigned recent = 0;
    for (unsigned i = 0; i < VERDICT_FALLS && i < verdict->falls; i++) {
        if (now_ms - verdict->fell_ms[i] < rules->flap_window_ms)
            recent++;
    }
    return recent < 3 ? 1 : 1u << (recent - 2);
}

static void verdict_turn(struct verdict *verdict, enum health health, uint64_t now_ms)
{
    if (verdict->health == HEALTH_UP)
        verdict->fell_ms[verdict->falls++ % VERDICT_FALLS] = now_ms;
    verdict->health = health;
    verdict->streak = 0;
    verdict->since_ms = now_ms;
}

static unsigned streak_needed(const struct verdict *verdict, const struct verdict_rules *rules,
                              uint64_t now_ms)
{
    if (verdict->health == HEALTH_UP)
        return rules->fall;
    return rules->rise * verdict_damping(verdict, rules, now_ms);
}

bool verdict_feed(struct verdict *verdict, const struct verdict_rules *rules, bool good,
                  uint64_t now_ms)
{
    const enum health spoken = good ? HEALTH_UP : HEALTH_DOWN;
    if (verdict->health == spoken) {
        verdict->streak = 0;
        return false;
    }
    if (verdict->health == HEALTH_UNKNOWN) {
        verdict_turn(verdict, spoken, now_ms);
        return true;
    }
    verdict->streak++;
    if (verdict->streak < streak_needed(verdict, rules, now_ms))
        return false;
    verdict_turn(verdict, spoken, now_ms);
    return true;
}

bool verdict_would_fall(const struct verdict *verdict, const struct verdict_rules *rules)
{
    return verdict->health == HEALTH_UP && verdict->streak + 1u >= rules->fall;
}

void verdict_afresh(struct verdict *verdict)
{
    verdict->streak = 0;
}

bool verdict_unsure(const struct verdict *verdict)
{
    return verdict->streak != 0;
}

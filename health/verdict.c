#include "health/verdict.h"

void verdict_init(struct verdict *verdict, uint64_t now_ms)
{
    *verdict = (struct verdict){ .health = HEALTH_UNKNOWN, .since_ms = now_ms };
}

static void verdict_turn(struct verdict *verdict, enum health health, uint64_t now_ms)
{
    verdict->health = health;
    verdict->streak = 0;
    verdict->since_ms = now_ms;
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
    if (verdict->streak < (good ? rules->rise : rules->fall))
        return false;
    verdict_turn(verdict, spoken, now_ms);
    return true;
}

bool verdict_unsure(const struct verdict *verdict)
{
    return verdict->streak != 0;
}

#include "health/judge.h"

/* How far back falls count for damping: ten minutes, or thirty intervals where those are longer. */
static uint32_t flap_window_ms(const struct probe_spec *spec)
{
    enum { LEAST_MS = 600000, INTERVALS = 30 };
    if (!spec->damping)
        return 0;
    const uint32_t span_ms = spec->interval_ms * INTERVALS;
    return span_ms > LEAST_MS ? span_ms : LEAST_MS;
}

bool judge_init(struct judge *judge, const struct probe_spec *spec, uint64_t now_ms)
{
    *judge = (struct judge){
        .spec = spec,
        .rules = { .fall = spec->fall, .rise = spec->rise, .flap_window_ms = flap_window_ms(spec) },
        .since_ms = now_ms,
    };
    verdict_init(&judge->counting, now_ms);
    for (size_t i = 0; i < spec->gate_count; i++) {
        judge->gates[i] = gate_new(&spec->gates[i]);
        if (judge->gates[i] == NULL) {
            judge_release(judge);
            return false;
        }
    }
    return true;
}

void judge_release(struct judge *judge)
{
    for (size_t i = 0; i < PROBE_GATES; i++) {
        gate_free(judge->gates[i]);
        judge->gates[i] = NULL;
    }
}

int judge_shut_gate(const struct judge *judge)
{
    for (int i = 0; i < judge->spec->gate_count; i++) {
        if (!gate_now(judge->gates[i])->open)
            return i;
    }
    return -1;
}

bool judge_feed(struct judge *judge, bool good, uint32_t took_us, uint64_t now_ms)
{
    verdict_feed(&judge->counting, &judge->rules, good, now_ms);
    for (size_t i = 0; i < judge->spec->gate_count; i++)
        gate_feed(judge->gates[i], good, took_us, now_ms);

    const enum health before = judge->health;
    judge->health = judge_shut_gate(judge) < 0 ? judge->counting.health : HEALTH_DOWN;
    if (judge->health == before)
        return false;
    judge->since_ms = now_ms;
    return true;
}

bool judge_would_fall(struct judge *judge, uint64_t now_ms)
{
    bool falls = verdict_would_fall(&judge->counting, &judge->rules);
    for (size_t i = 0; i < judge->spec->gate_count; i++)
        falls = gate_would_shut(judge->gates[i], now_ms) || falls;
    return judge->health == HEALTH_UP && falls;
}

void judge_afresh(struct judge *judge)
{
    verdict_afresh(&judge->counting);
    for (size_t i = 0; i < judge->spec->gate_count; i++)
        gate_afresh(judge->gates[i]);
}

bool judge_unsure(const struct judge *judge)
{
    if (verdict_unsure(&judge->counting))
        return true;
    for (size_t i = 0; i < judge->spec->gate_count; i++) {
        if (gate_now(judge->gates[i])->proving)
            return true;
    }
    return false;
}

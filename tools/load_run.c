#include "tools/load_run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dns/base/hash.h"
#include "dns/proto/name.h"

enum { TELL_MOST = 5 }; /* wrong answers spelled out */

static const double second_ns = 1e9;

void load_start(struct load_run *run, const struct load_plan *plan, const struct workload *workload,
                uint64_t now_ns)
{
    memset(run, 0, sizeof *run);
    run->plan = plan;
    run->workload = workload;
    run->random = 1;
    run->schedule_ns = now_ns;
    run->begin_ns = now_ns + (uint64_t)(plan->warm_s * second_ns);
    flight_init(&run->flight);
}

/* ---- phases ---- */

static struct cpu_reading read_own(void)
{
    const pid_t self = getpid();
    return cpu_read(&self, 1);
}

/* What was asked while warming up is still answered, but no longer counted as sent. */
static void begin_measuring(struct load_run *run, uint64_t now_ns)
{
    run->phase = LOAD_MEASURE;
    run->begin_ns = now_ns;
    run->end_ns = now_ns + (uint64_t)(run->plan->measure_s * second_ns);
    memset(&run->counts, 0, sizeof run->counts);
    memset(&run->latency, 0, sizeof run->latency);
    run->counts.sent = run->flight.away;
    run->cpu_begin = cpu_read(run->plan->processes, run->plan->process_count);
    run->own_begin = read_own();
}

static void end_measuring(struct load_run *run, uint64_t now_ns)
{
    run->phase = LOAD_DRAIN;
    run->cpu_end = cpu_read(run->plan->processes, run->plan->process_count);
    run->own_end = read_own();
    run->end_ns = now_ns;
    run->answered_in_time = run->counts.answered;
}

/* All that was to be asked has been asked and answered, or given up. */
static bool is_done(const struct load_run *run)
{
    return run->plan->most > 0 && run->scheduled >= run->plan->most && run->flight.away == 0;
}

void load_tick(struct load_run *run, uint64_t now_ns)
{
    if (now_ns > run->plan->timeout_ns)
        run->counts.lost += flight_expire(&run->flight, now_ns - run->plan->timeout_ns);
    if (run->phase == LOAD_WARM && now_ns >= run->begin_ns)
        begin_measuring(run, now_ns);
    else if (run->phase == LOAD_MEASURE && (now_ns >= run->end_ns || is_done(run)))
        end_measuring(run, now_ns);
    if (run->phase == LOAD_DRAIN && run->flight.away == 0)
        run->phase = LOAD_OVER;
}

bool load_over(const struct load_run *run)
{
    return run->phase == LOAD_OVER;
}

/* ---- asking ---- */

unsigned load_due(const struct load_run *run, uint64_t now_ns)
{
    if (run->phase > LOAD_MEASURE)
        return 0;
    uint64_t room = run->plan->window - run->flight.away;
    if (run->plan->most > 0 && run->plan->most - run->scheduled < room)
        room = run->plan->most - run->scheduled;
    if (run->plan->rate <= 0)
        return (unsigned)room;
    const double elapsed_s = (double)(now_ns - run->schedule_ns) / second_ns;
    const uint64_t due = (uint64_t)(elapsed_s * run->plan->rate) + 1;
    const uint64_t late = due > run->scheduled ? due - run->scheduled : 0;
    return (unsigned)(late < room ? late : room);
}

static uint64_t due_at(const struct load_run *run, uint64_t now_ns)
{
    if (run->plan->rate <= 0)
        return now_ns;
    return run->schedule_ns + (uint64_t)((double)run->scheduled * second_ns / run->plan->rate);
}

size_t load_next(struct load_run *run, uint64_t now_ns, uint8_t *out)
{
    const uint32_t index = run->cursor;
    const struct workload_query *query = &run->workload->queries[index];
    const uint16_t id = flight_depart(&run->flight, index, due_at(run, now_ns), now_ns);

    run->cursor = index + 1 < run->workload->count ? index + 1 : 0;
    run->scheduled++;
    run->counts.sent++;
    memcpy(out, run->workload->octets + query->wire_at, query->wire_len);
    out[0] = (uint8_t)(id >> 8);
    out[1] = (uint8_t)id;
    if (query->subnet_at != 0) {
        const uint64_t drawn = hash_mix(++run->random);
        memcpy(out + query->subnet_at, &drawn, 3);
    }
    return query->wire_len;
}

/* ---- answers ---- */

static void tell_wrong(struct load_run *run, uint32_t index, enum workload_verdict verdict)
{
    char name[NAME_TEXT];
    const struct workload_query *query = &run->workload->queries[index];

    if (run->told++ >= TELL_MOST)
        return;
    fprintf(stderr, "bench_load: %s to query %u of the workload, for %s\n",
            workload_verdict_text(verdict), index + 1,
            name_to_text(run->workload->octets + query->wire_at + 12, name));
}

static enum workload_verdict judge(const struct load_run *run, uint32_t index,
                                   const uint8_t *answer, size_t len)
{
    if (!run->plan->echo)
        return workload_judge(run->workload, index, answer, len);
    return len == run->workload->queries[index].wire_len ? VERDICT_GOOD : VERDICT_MALFORMED;
}

bool load_answer(struct load_run *run, uint64_t now_ns, const uint8_t *answer, size_t len)
{
    const unsigned id = len >= 2 ? octets_u16(answer) : FLIGHT_IDS;
    const struct flight_slot *slot = flight_find(&run->flight, id);

    if (slot == NULL) {
        run->counts.unknown++;
        return false;
    }
    const enum workload_verdict verdict = judge(run, slot->query, answer, len);
    run->counts.verdicts[verdict]++;
    if (verdict != VERDICT_GOOD)
        tell_wrong(run, slot->query, verdict);
    run->counts.answered++;
    histogram_add(&run->latency, now_ns > slot->due_ns ? now_ns - slot->due_ns : 0);
    flight_land(&run->flight, (uint16_t)id);
    return true;
}

#include "dns/server/answerer.h"

#include "dns/base/clock.h"
#include "dns/base/hash.h"

void answerer_init(struct answerer *answerer, struct tally *tally, struct ratelimit *ratelimit,
                   uint64_t seed)
{
    *answerer = (struct answerer){ .tally = tally, .ratelimit = ratelimit, .seed = seed };
    answerer_clock(answerer);
}

void answerer_clock(struct answerer *answerer)
{
    answerer->now_ms = clock_monotonic_ms();
    answerer->now_s = (uint32_t)(clock_wall_ms() / 1000);
}

/* SplitMix64 (Steele, Lea and Flood, 2014): spreads clients, keeps no secret. */
static uint64_t draw(struct answerer *answerer)
{
    answerer->seed += 0x9e3779b97f4a7c15u;
    return hash_mix(answerer->seed);
}

static struct client client_of(struct answerer *answerer, const struct address *source, bool stream)
{
    return (struct client){
        .source = *source,
        .stream = stream,
        .sequence = answerer->sequence++,
        .random = draw(answerer),
        .now_s = answerer->now_s,
    };
}

/* The zone tells accounts apart: its place in memory serves, it changes at most with a reload. */
static enum ratelimit_verdict judge(struct answerer *answerer, const struct snapshot *snapshot,
                                    const struct client *client, const struct query_note *note)
{
    const struct ratelimit_rules *rules = &snapshot->serving.rate_limit;
    if (!rules->on || note->trusted)
        return RATELIMIT_SEND;
    return ratelimit_charge(answerer->ratelimit, rules, &client->source, note->kind,
                            (uint64_t)(uintptr_t)note->zone, answerer->now_ms);
}

size_t answerer_datagram(struct answerer *answerer, const struct snapshot *snapshot,
                         const struct address *source, const uint8_t *request, size_t request_len,
                         uint8_t *response, size_t response_cap)
{
    struct tally *tally = answerer->tally;
    const struct client client = client_of(answerer, source, false);
    struct query_note note;
    size_t len =
        query_answer(snapshot, &client, request, request_len, response, response_cap, &note);

    if (len > 0) {
        switch (judge(answerer, snapshot, &client, &note)) {
        case RATELIMIT_SEND:
            break;
        case RATELIMIT_SLIP_TRUNCATED:
            counter_add(&tally->slipped, 1);
            len = query_slip(response, len, note.opt_len);
            break;
        case RATELIMIT_DROP:
            counter_add(&tally->limited, 1);
            len = 0;
            break;
        }
    }
    tally_query(tally, tally_transport(&client), &note, len);
    return len;
}

size_t answerer_stream(struct answerer *answerer, const struct snapshot *snapshot,
                       const struct address *source, const uint8_t *request, size_t request_len,
                       uint8_t *response, size_t response_cap)
{
    const struct client client = client_of(answerer, source, true);
    struct query_note note;
    const size_t len =
        query_answer(snapshot, &client, request, request_len, response, response_cap, &note);
    tally_query(answerer->tally, tally_transport(&client), &note, len);
    return len;
}

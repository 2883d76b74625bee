#include "health/probe_reading.h"

/* The keys `metric`, `window`, `down`, `up`, `up_for` and `min_samples` of one gate. */

enum { SECOND = 1000, HOUR = 3600 * SECOND };

static void read_metric(struct probe_reading *reading, const struct json_node *object,
                        struct gate_rules *gate)
{
    struct json_node node;
    if (!json_member(object, "metric", &node)) {
        probe_reading_note(reading, json_error(object, STATUS_MEANING, "needs a 'metric'"));
        return;
    }
    const char *word = probe_reading_text(reading, &node);
    if (word != NULL && !gate_metric_parse(word, &gate->metric, &gate->permille))
        probe_reading_note(reading,
                           json_error(&node, STATUS_MEANING,
                                      "'%s' is not a metric; there are error_rate, availability "
                                      "and latencies like latency_p50, latency_p95, latency_p999",
                                      word));
}

/* A share of 0..1, or for a latency a duration (kept in microseconds). */
static bool read_level(struct probe_reading *reading, const struct json_node *object,
                       const char *key, const struct gate_rules *gate, double *out)
{
    struct json_node node;
    if (!json_member(object, key, &node)) {
        probe_reading_note(reading, json_error(object, STATUS_MEANING, "needs '%s'", key));
        return false;
    }
    enum status status;
    if (gate->metric == GATE_LATENCY) {
        uint64_t ms = 0;
        status = json_get_duration(&node, 1, 60 * SECOND, &ms);
        *out = (double)ms * 1000;
    } else {
        status = json_get_real(&node, 0, 1, out);
    }
    probe_reading_note(reading, status);
    return status == STATUS_OK;
}

/* A way out that is worse than the way in would open and shut the gate at one and the same figure. */
static void read_levels(struct probe_reading *reading, const struct json_node *object,
                        struct gate_rules *gate)
{
    const bool down = read_level(reading, object, "down", gate, &gate->down);
    const bool up = read_level(reading, object, "up", gate, &gate->up);
    if (!down || !up)
        return;
    if (gate->metric == GATE_AVAILABILITY ? gate->up < gate->down : gate->up > gate->down)
        probe_reading_note(
            reading, json_error(object, STATUS_MEANING,
                                "'up' is worse than 'down': it must be as strict or stricter"));
}

static void read_times(struct probe_reading *reading, const struct json_node *object,
                       struct gate_rules *gate)
{
    enum { WINDOW_MOST = 6 * HOUR, UP_FOR_MOST = 24 * HOUR };
    struct json_node node;
    uint64_t window_ms = 60 * SECOND, up_for_ms = 0;
    if (!json_member(object, "window", &node))
        probe_reading_note(reading, json_error(object, STATUS_MEANING, "needs a 'window'"));
    else
        probe_reading_note(reading, json_get_duration(&node, SECOND, WINDOW_MOST, &window_ms));
    if (json_member(object, "up_for", &node))
        probe_reading_note(reading, json_get_duration(&node, 0, UP_FOR_MOST, &up_for_ms));
    gate->window_ms = (uint32_t)window_ms;
    gate->up_for_ms = (uint32_t)up_for_ms;
}

static void read_min_samples(struct probe_reading *reading, const struct json_node *object,
                             struct gate_rules *gate)
{
    enum { SAMPLES = 10, SAMPLES_MOST = 1000000 };
    struct json_node node;
    int64_t samples = SAMPLES;
    if (json_member(object, "min_samples", &node))
        probe_reading_note(reading, json_get_integer(&node, 1, SAMPLES_MOST, &samples));
    gate->min_samples = (uint32_t)samples;

    /* Said, not refused: failures are asked again at once, so there can be more. */
    const uint64_t regular = gate->window_ms / reading->spec->interval_ms;
    if (reading->status == STATUS_OK && gate->min_samples > regular)
        json_warning(object,
                     "a window holds about %u results, fewer than the %u that this gate wants: it "
                     "will hardly ever judge",
                     (unsigned)regular, gate->min_samples);
}

static void read_gate(struct probe_reading *reading, const struct json_node *object)
{
    static const char *const keys[] = { "metric", "window",      "down", "up",
                                        "up_for", "min_samples", NULL };
    const enum status status = json_expect_keys(object, keys);
    probe_reading_note(reading, status);
    if (json_kind(object) != JSON_KIND_OBJECT)
        return;
    struct gate_rules *gate = &reading->spec->gates[reading->spec->gate_count++];
    read_metric(reading, object, gate);
    read_levels(reading, object, gate);
    read_times(reading, object, gate);
    read_min_samples(reading, object, gate);
}

void probe_gates_read(struct probe_reading *reading)
{
    struct json_node list, node;
    if (!probe_reading_member(reading, "gates", ON_ALL, &list))
        return;
    if (json_kind(&list) != JSON_KIND_ARRAY) {
        probe_reading_note(reading, json_error(&list, STATUS_SYNTAX, "expected a list of gates"));
        return;
    }
    if (json_count(&list) > PROBE_GATES) {
        probe_reading_note(reading,
                           json_error(&list, STATUS_LIMIT, "%zu gates are over the limit of %d",
                                      json_count(&list), PROBE_GATES));
        return;
    }
    for (size_t i = 0; json_child(&list, i, &node); i++)
        read_gate(reading, &node);
}

#include "health/probe_reading.h"

#include <string.h>

/* The keys of exec and file: what is asked on this machine. */

void probe_exec_read(struct probe_reading *reading)
{
    struct probe_spec *spec = reading->spec;
    struct json_node list, node;
    probe_host_read(reading);
    if (!json_member(reading->object, "command", &list)) {
        probe_reading_note(reading,
                           json_error(reading->object, STATUS_MEANING,
                                      "needs a 'command': a list of a program and its arguments"));
        return;
    }
    /* One string would need a shell to take it apart, and with it come a shell's surprises. */
    if (json_kind(&list) != JSON_KIND_ARRAY) {
        probe_reading_note(reading,
                           json_error(&list, STATUS_SYNTAX,
                                      "expected a list of a program and its arguments, like "
                                      "[\"/usr/lib/nagios/plugins/check_ping\", \"-w\", \"1\"]"));
        return;
    }
    if (json_count(&list) == 0 || json_count(&list) > PROBE_WORDS) {
        probe_reading_note(reading,
                           json_error(&list, STATUS_LIMIT, "expected 1..%d words, found %zu",
                                      PROBE_WORDS, json_count(&list)));
        return;
    }
    for (size_t i = 0; json_child(&list, i, &node); i++) {
        const char *word = probe_reading_text(reading, &node);
        if (word == NULL)
            return;
        /* A program without a slash is looked for in PATH. */
        spec->command[spec->command_count++] = i == 0 && strchr(word, '/') != NULL
                                                   ? probe_reading_keep_path(reading, word)
                                                   : probe_reading_keep(reading, word);
    }
}

static void read_silence(struct probe_reading *reading)
{
    static const char *const words[] = {
        [SILENCE_KEEP] = "keep",
        [SILENCE_UP] = "up",
        [SILENCE_DOWN] = "down",
    };
    struct json_node node;
    if (!json_member(reading->object, "when_unknown", &node))
        return;
    const char *word = probe_reading_text(reading, &node);
    if (word == NULL)
        return;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], word) == 0) {
            reading->spec->silence = (enum probe_silence)i;
            return;
        }
    }
    probe_reading_note(reading, json_error(&node, STATUS_MEANING,
                                           "'%s' is not \"keep\", \"up\" or \"down\"", word));
}

void probe_file_read(struct probe_reading *reading)
{
    enum { SECOND = 1000, DAY = 24 * 3600 * SECOND };
    struct json_node node;
    uint64_t max_age_ms = 0;
    read_silence(reading);
    if (json_member(reading->object, "max_age", &node))
        probe_reading_note(reading, json_get_duration(&node, SECOND, 7 * DAY, &max_age_ms));
    reading->spec->max_age_ms = (uint32_t)max_age_ms;

    if (!json_member(reading->object, "file", &node)) {
        probe_reading_note(reading, json_error(reading->object, STATUS_MEANING,
                                               "needs a 'file': who is up, as JSON"));
        return;
    }
    const char *path = probe_reading_text(reading, &node);
    if (path != NULL)
        reading->spec->file = probe_reading_keep_path(reading, path);
}

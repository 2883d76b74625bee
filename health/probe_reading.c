#include "health/probe_reading.h"

#include <string.h>

void probe_reading_note(struct probe_reading *reading, enum status status)
{
    if (reading->status == STATUS_OK)
        reading->status = status;
}

void probe_reading_no_memory(struct probe_reading *reading)
{
    probe_reading_note(reading, json_error(reading->object, STATUS_MEMORY, "out of memory"));
}

bool probe_reading_member(const struct probe_reading *reading, const char *key, unsigned on_types,
                          struct json_node *out)
{
    return (on_types & 1u << reading->spec->type) != 0 && json_member(reading->object, key, out);
}

const char *probe_reading_text(struct probe_reading *reading, const struct json_node *node)
{
    const char *text = NULL;
    probe_reading_note(reading, json_get_string(node, &text));
    return text;
}

const char *probe_reading_keep(struct probe_reading *reading, const char *text)
{
    const char *copy = arena_string(reading->arena, text);
    if (copy == NULL)
        probe_reading_no_memory(reading);
    return copy;
}

const char *probe_reading_keep_path(struct probe_reading *reading, const char *path)
{
    const char *file = reading->object->diag->file;
    const char *slash = file != NULL ? strrchr(file, '/') : NULL;
    if (path[0] == '/' || slash == NULL)
        return probe_reading_keep(reading, path);

    const char *whole = arena_format(reading->arena, "%.*s/%s", (int)(slash - file), file, path);
    if (whole == NULL)
        probe_reading_no_memory(reading);
    return whole;
}

void probe_host_read(struct probe_reading *reading)
{
    struct json_node node;
    if (!json_member(reading->object, "host", &node))
        return;
    const char *host = probe_reading_text(reading, &node);
    if (host == NULL)
        return;
    if (probe_host_is_valid(host))
        reading->spec->host = probe_reading_keep(reading, host);
    else
        probe_reading_note(reading,
                           json_error(&node, STATUS_SYNTAX,
                                      "'%s' is not a host name (a port is given by 'port')", host));
}

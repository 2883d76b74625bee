/* meridian force: a service in a region is up, or down, whatever probes find. */
#include <string.h>

#include "dns/server/orders.h"
#include "tools/meridian_order.h"

static bool is_state(const char *word)
{
    return strcmp(word, "up") == 0 || strcmp(word, "down") == 0 || strcmp(word, "auto") == 0;
}

static enum ending force_run(const struct options *options)
{
    char region[ORDER_NAME] = "";
    const char *state = options->words[0], *subject = options->words[1];
    const char *slash = strchr(subject, '/');
    if (!is_state(state)) {
        fprintf(stderr, "meridian force: '%s' is none of up, down and auto\n", state);
        return ENDING_USAGE;
    }
    if (slash == NULL || slash == subject || slash[1] == '\0' ||
        slash - subject >= (long)sizeof region) {
        fprintf(stderr, "meridian force: '%s' is no REGION/SERVICE\n", subject);
        return ENDING_USAGE;
    }
    if (strcmp(state, "auto") == 0 && options->duration != NULL) {
        fputs("meridian force: auto takes no --for: it ends what was ordered\n", stderr);
        return ENDING_USAGE;
    }
    memcpy(region, subject, (size_t)(slash - subject));
    return order_run(options, &(struct order_request){ .command = "force",
                                                       .to = state,
                                                       .region = region,
                                                       .service = slash + 1 });
}

const struct command command_force = {
    .name = "force",
    .summary = "a service in a region is up or down, whatever probes find",
    .usage = "usage: meridian force up|down|auto REGION/SERVICE [--for 2h] [--reason TEXT]\n"
             "                      [--author NAME] [-c FILE] [-s SOCKET] [--json]\n"
             "\n"
             "up and down overrule the probes, and a drain of the region; auto gives the word back\n"
             "to them. It survives restarts and holds until `force auto`, or for the time given.\n"
             "It is in force when the command returns.\n"
             "\n"
             "  --for TIME      90s, 30m, 2h, 1d\n"
             "  --reason TEXT   for `meridian status` and the journal\n"
             "  --author NAME   who orders it (else who called sudo, else the login name)\n",
    .least_words = 2,
    .most_words = 2,
    .takes = TAKES_TIME | TAKES_AUTHOR,
    .run = force_run,
};

/* meridian drain, meridian undrain: regions are taken out of the answers, and given back. */
#include "tools/meridian_order.h"

static enum ending run(const struct options *options, const char *command)
{
    const char *region = options->word_count > 0 ? options->words[0] : NULL;
    if ((region == NULL) == (options->tag == NULL)) {
        fprintf(stderr,
                "meridian %s: name a region, or a tag by --tag (`meridian %s --help` tells more)\n",
                command, command);
        return ENDING_USAGE;
    }
    return order_run(options, &(struct order_request){ .command = command,
                                                       .region = region,
                                                       .tag = options->tag,
                                                       .service = options->service });
}

static enum ending drain_run(const struct options *options)
{
    return run(options, "drain");
}

static enum ending undrain_run(const struct options *options)
{
    return run(options, "undrain");
}

const struct command command_drain = {
    .name = "drain",
    .summary = "take a region out of the answers",
    .usage = "usage: meridian drain REGION [--service S] [--for 2h] [--reason TEXT]\n"
             "                      [--author NAME] [-c FILE] [-s SOCKET] [--json]\n"
             "       meridian drain --tag TAG [...]\n"
             "\n"
             "From the next answer on, clients are sent elsewhere: the region counts as down, in\n"
             "all zones and services, or in the services of that name. A drain survives restarts\n"
             "and holds until `meridian undrain`, or for the time given. It is in force when the\n"
             "command returns. A warning tells of services of which no region is left: all\n"
             "drained is all down.\n"
             "\n"
             "  --tag TAG       every region with this tag, instead of one\n"
             "  --service S     only this service\n"
             "  --for TIME      90s, 30m, 2h, 1d\n"
             "  --reason TEXT   for `meridian status` and the journal\n"
             "  --author NAME   who orders it (else who called sudo, else the login name)\n",
    .most_words = 1,
    .takes = TAKES_SERVICE | TAKES_TIME | TAKES_AUTHOR,
    .run = drain_run,
};

const struct command command_undrain = {
    .name = "undrain",
    .summary = "end a drain",
    .usage = "usage: meridian undrain REGION [--service S] [--reason TEXT] [--author NAME]\n"
             "                        [-c FILE] [-s SOCKET] [--json]\n"
             "       meridian undrain --tag TAG [...]\n"
             "\n"
             "The region gets its clients back as far as probes find it up. Without --service\n"
             "the drains of single services in it end, too. What was not drained is good, with a\n"
             "note; exit status 1 says that another order (of a tag, or of the whole region)\n"
             "still keeps it drained.\n"
             "\n"
             "  --tag TAG       the drain of this tag, instead of a region's\n"
             "  --service S     only the drain of this service\n"
             "  --reason TEXT   for the journal\n"
             "  --author NAME   who orders it (else who called sudo, else the login name)\n",
    .most_words = 1,
    .takes = TAKES_SERVICE | TAKES_AUTHOR,
    .run = undrain_run,
};

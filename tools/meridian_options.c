#include "tools/meridian_options.h"

#include <getopt.h>

#include "dns/server/config.h"

enum {
    OPTION_CLIENT = 256,
    OPTION_OFFLINE,
    OPTION_TAG,
    OPTION_SERVICE,
    OPTION_FOR,
    OPTION_REASON,
    OPTION_AUTHOR
};

/* `takes` 0: every command's. */
static const struct {
    struct option option;
    unsigned takes;
} known[] = {
    { { "client", required_argument, NULL, OPTION_CLIENT }, TAKES_CLIENT },
    { { "offline", no_argument, NULL, OPTION_OFFLINE }, TAKES_CLIENT },
    { { "tag", required_argument, NULL, OPTION_TAG }, TAKES_SERVICE },
    { { "service", required_argument, NULL, OPTION_SERVICE }, TAKES_SERVICE },
    { { "for", required_argument, NULL, OPTION_FOR }, TAKES_TIME },
    { { "reason", required_argument, NULL, OPTION_REASON }, TAKES_AUTHOR },
    { { "author", required_argument, NULL, OPTION_AUTHOR }, TAKES_AUTHOR },
    { { "config", required_argument, NULL, 'c' }, 0 },
    { { "socket", required_argument, NULL, 's' }, 0 },
    { { "json", no_argument, NULL, 'j' }, 0 },
    { { "help", no_argument, NULL, 'h' }, 0 },
};
enum { KNOWN = sizeof known / sizeof *known };

static bool take(int option, struct options *out)
{
    switch (option) {
    case OPTION_CLIENT:
        out->client = optarg;
        return true;
    case OPTION_OFFLINE:
        out->offline = true;
        return true;
    case OPTION_TAG:
        out->tag = optarg;
        return true;
    case OPTION_SERVICE:
        out->service = optarg;
        return true;
    case OPTION_FOR:
        out->duration = optarg;
        return true;
    case OPTION_REASON:
        out->reason = optarg;
        return true;
    case OPTION_AUTHOR:
        out->author = optarg;
        return true;
    case 'c':
        out->config = optarg;
        return true;
    case 's':
        out->socket = optarg;
        return true;
    case 'j':
        out->json = true;
        return true;
    case 'h':
        out->help = true;
        return true;
    default:
        return false; /* getopt has said why */
    }
}

bool options_parse(int argc, char **argv, unsigned takes, struct options *out)
{
    struct option taken[KNOWN + 1] = { { .name = NULL } };
    size_t count = 0;
    int option;

    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].takes == 0 || (known[i].takes & takes) != 0)
            taken[count++] = known[i].option;

    *out = (struct options){ .help = false };
    optind = 0; /* glibc: start afresh */
    while ((option = getopt_long(argc, argv, "c:s:h", taken, NULL)) != -1)
        if (!take(option, out))
            return false;
    out->words = argv + optind;
    out->word_count = argc - optind;
    return true;
}

const char *options_config(const struct options *options)
{
    return options->config != NULL ? options->config : config_default_path();
}

void options_help(FILE *to)
{
    fputs("Options of every command:\n"
          "  -c, --config FILE   the server's configuration (else $MERIDIAN_CONFIG,\n"
          "                      else /etc/meridian/meridian.json)\n"
          "  -s, --socket FILE   the daemon's control socket (else the one of -c, else\n"
          "                      $MERIDIAN_CONTROL, else the one of the configuration)\n"
          "      --json          one JSON object on stdout\n"
          "  -h, --help          this\n"
          "\n"
          "Exit status: 0 good; 1 the answer is no, or mistakes were found; 2 wrong usage.\n",
          to);
}

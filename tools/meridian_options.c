#include "tools/meridian_options.h"

#include <getopt.h>

#include "dns/server/config.h"

enum { OPTION_CLIENT = 256, OPTION_OFFLINE };

/* The ones that not every command takes stand in front. */
enum { ABOUT_CLIENT = 2 };

static const struct option long_options[] = {
    { "client", required_argument, NULL, OPTION_CLIENT },
    { "offline", no_argument, NULL, OPTION_OFFLINE },
    { "config", required_argument, NULL, 'c' },
    { "socket", required_argument, NULL, 's' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static bool take(int option, struct options *out)
{
    switch (option) {
    case OPTION_CLIENT:
        out->client = optarg;
        return true;
    case OPTION_OFFLINE:
        out->offline = true;
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

bool options_parse(int argc, char **argv, bool about_client, struct options *out)
{
    const struct option *known = about_client ? long_options : long_options + ABOUT_CLIENT;
    int option;

    *out = (struct options){ .help = false };
    optind = 0; /* glibc: start afresh */
    while ((option = getopt_long(argc, argv, "c:s:h", known, NULL)) != -1)
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

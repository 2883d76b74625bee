#ifndef MERIDIAN_TOOLS_OPTIONS_H
#define MERIDIAN_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

/* What follows `meridian COMMAND`. Strings are borrowed from argv. */
struct options {
    bool help;
    bool json;
    bool offline;
    const char *config; /* -c, NULL when not given */
    const char *socket; /* -s, NULL when not given */
    const char *client; /* --client, NULL when not given, as the ones below */
    const char *tag, *service;
    const char *duration; /* --for */
    const char *reason, *author;
    char **words;       /* what is no option, in order */
    int word_count;
};

/* Options that not every command takes. */
enum {
    TAKES_CLIENT = 1,  /* --client, --offline */
    TAKES_SERVICE = 2, /* --tag, --service */
    TAKES_TIME = 4,    /* --for */
    TAKES_AUTHOR = 8   /* --reason, --author */
};

/*
 * Reads argv[1..]; argv[0] names the command and is used in messages, and the
 * words are gathered at the end of argv, as getopt does. Beside the common options
 * those of `takes` are known. On a mistake says so on stderr and gives false. Thread: the main one, for getopt has state of its own.
 */
bool options_parse(int argc, char **argv, unsigned takes, struct options *out);

/* The configuration to read: -c, else MERIDIAN_CONFIG, else the installed one. */
const char *options_config(const struct options *options);

/* The lines of --help that all commands share. */
void options_help(FILE *to);

#endif

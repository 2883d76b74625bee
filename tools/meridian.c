/*
 * The operator's tool: `meridian COMMAND`. This file finds the command; each
 * command has its own file beside this one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/json.h"
#include "tools/meridian_command.h"
#include "tools/meridian_options.h"

static const struct command *const commands[] = {
    &command_check,
    &command_explain,
    &command_status,
    &command_reload,
    &command_drain,
    &command_undrain,
    &command_force,
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void help(FILE *to)
{
    fputs("usage: meridian COMMAND [OPTIONS]\n\n", to);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`meridian COMMAND --help` tells more.\n\n", to);
    options_help(to);
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static enum ending no_such_command(const char *word)
{
    const char *names[COMMAND_COUNT + 1] = { NULL };

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i]->name;
    const char *near = json_suggest(word, names);
    fprintf(stderr, "meridian: there is no command '%s'", word);
    if (near != NULL)
        fprintf(stderr, "; did you mean '%s'?", near);
    fputs(" (`meridian --help` lists them)\n", stderr);
    return ENDING_USAGE;
}

static enum ending run(const struct command *command, int argc, char **argv)
{
    char title[32];
    struct options options;

    snprintf(title, sizeof title, "meridian %s", command->name);
    argv[0] = title; /* what getopt puts in front of its messages */
    if (!options_parse(argc, argv, command->takes, &options)) {
        fprintf(stderr, "`%s --help` tells more.\n", title);
        return ENDING_USAGE;
    }
    if (options.help) {
        fputs(command->usage, stdout);
        fputc('\n', stdout);
        options_help(stdout);
        return ENDING_GOOD;
    }
    if (options.word_count < command->least_words || options.word_count > command->most_words) {
        fputs(command->usage, stderr);
        return ENDING_USAGE;
    }
    return command->run(&options);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        help(stderr);
        return ENDING_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        help(stdout);
        return ENDING_GOOD;
    }
    const struct command *command = find(argv[1]);
    if (command == NULL)
        return no_such_command(argv[1]);

    enum ending ending = run(command, argc - 1, argv + 1);
    /* An answer that did not reach its reader (a full disk) is no answer. */
    if (fflush(stdout) != 0 && ending == ENDING_GOOD) {
        perror("meridian: stdout");
        ending = ENDING_NO;
    }
    return ending;
}

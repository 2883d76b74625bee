#ifndef MERIDIAN_TOOLS_COMMAND_H
#define MERIDIAN_TOOLS_COMMAND_H

#include <stdbool.h>

#include "tools/meridian_options.h"

/* How every command ends: what scripts rely on. */
enum ending {
    ENDING_GOOD = 0,
    ENDING_NO = 1,   /* the answer is no, mistakes were found, or nobody answers */
    ENDING_USAGE = 2 /* the command itself was written wrongly */
};

/* One word after `meridian`. */
struct command {
    const char *name;
    const char *summary; /* one line, for `meridian --help` */
    const char *usage;   /* everything, for `meridian NAME --help` */
    int least_words;     /* beside options */
    int most_words;
    unsigned takes; /* options beside the common ones: TAKES_... of meridian_options.h */
    enum ending (*run)(const struct options *options);
};

extern const struct command command_check;
extern const struct command command_explain;
extern const struct command command_status;
extern const struct command command_reload;
extern const struct command command_drain;
extern const struct command command_undrain;
extern const struct command command_force;

#endif

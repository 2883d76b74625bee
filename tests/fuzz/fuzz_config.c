#include <stdlib.h>

#include "dns/server/config.h"
#include "tests/fuzz/memfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth)
        abort();
}

/* Any text as meridian.json: good without mistakes, or mistakes told; never both, never neither. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct report *report = report_new();
    struct config *config;
    size_t from = 0;

    demand(report != NULL);
    memfile_write(MEMFILE_FIRST, data, size);
    const enum status status = config_load(MEMFILE_FIRST_PATH, report, &config);
    demand((status == STATUS_OK) == (report_mistakes(report) == 0));
    if (config == NULL) {
        demand(status != STATUS_OK);
    } else {
        demand(status != STATUS_OK || config->listen_count > 0);
        demand(config->tcp.clients > 0 && config->edns_size >= 512);
        demand(config->grain.v4 >= 1 && config->grain.v4 <= 32);
        demand(config->grain.v6 >= 1 && config->grain.v6 <= 64);
        demand(config_needs_restart(config, config, &from) == NULL);
    }
    config_free(config);
    report_free(report);
    return 0;
}

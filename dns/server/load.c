#include "dns/server/load.h"

#include <string.h>
#include <sys/random.h>

enum status load_secrets_init(struct load_secrets *secrets)
{
    if (getrandom(secrets, sizeof *secrets, 0) != sizeof *secrets)
        return STATUS_IO;
    return STATUS_OK;
}

static struct cookie_secrets cookies_of(const struct config *config,
                                        const struct load_secrets *secrets)
{
    if (!config->cookies_on)
        return (struct cookie_secrets){ 0 };
    if (config->cookies.count > 0)
        return config->cookies;
    struct cookie_secrets own = { .rotating = true, .count = 1 };
    memcpy(own.secret[0], secrets->cookie_master, COOKIE_SECRET_LEN);
    return own;
}

static struct serving serving_of(const struct config *config, const struct load_secrets *secrets)
{
    const uint64_t idle = config->tcp.idle_ms / 100;
    return (struct serving){
        .edns_size = config->edns_size,
        .minimal_responses = config->minimal_responses,
        .ecs = config->ecs,
        .identity = config->identity,
        .version = config->version,
        .explain = config->explain,
        .explain_count = config->explain_count,
        .cookies = cookies_of(config, secrets),
        .cookies_required = config->cookies_required,
        .rate_limit = config->rate_limit,
        .report_channel = config->report_channel,
        .tcp_idle_100ms = (uint16_t)(idle < UINT16_MAX ? idle : UINT16_MAX),
    };
}

enum status load_run(const char *file, struct snapshot_builder *builder,
                     const struct load_secrets *secrets, const struct snapshot *previous,
                     struct report *report, struct load *out)
{
    *out = (struct load){ 0 };
    enum status status = config_load(file, report, &out->config);
    out->config_good = status == STATUS_OK;
    if (out->config == NULL || (previous != NULL && !out->config_good))
        return status;

    const size_t mistakes = report_mistakes(report);
    const enum status listed = zonelist_read(out->config, report, &out->zones);
    out->listed = listed == STATUS_OK;
    if (listed != STATUS_OK)
        return status != STATUS_OK ? status : listed;

    const struct sources sources = {
        .zones = out->zones.zones,
        .zone_count = out->zones.count,
        .databases = out->config->databases,
        .database_count = out->config->database_count,
        .grain = out->config->grain,
        .serving = serving_of(out->config, secrets),
    };
    const enum status built = snapshot_build(builder, &sources, previous, report, &out->snapshot);
    if (status == STATUS_OK)
        status = built;
    if (status == STATUS_OK && report_mistakes(report) > mistakes)
        status = STATUS_MEANING;
    return status;
}

void load_release(struct load *load)
{
    zonelist_release(&load->zones);
    config_free(load->config);
    *load = (struct load){ 0 };
}

#include "health/probe_spec.h"

#include <ctype.h>
#include <string.h>

const char *probe_type_name(enum probe_type type)
{
    switch (type) {
    case PROBE_HTTP:
        return "http";
    case PROBE_HTTPS:
        return "https";
    case PROBE_TCP:
        return "tcp";
    case PROBE_ICMP:
        return "icmp";
    case PROBE_DNS:
        return "dns";
    case PROBE_EXEC:
        return "exec";
    case PROBE_FILE:
        return "file";
    case PROBE_NONE:
        break;
    }
    return "none";
}

bool probe_host_is_valid(const char *host)
{
    enum { HOST_MOST = 253 };
    const size_t len = strlen(host);
    if (len == 0 || len > HOST_MOST || host[0] == '.' || strstr(host, "..") != NULL)
        return false;
    for (const char *c = host; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL)
            return false;
    }
    return true;
}

uint16_t probe_spec_port(const struct probe_spec *spec, uint16_t endpoint_port)
{
    if (spec->type == PROBE_NONE || spec->type == PROBE_ICMP)
        return 0;
    if (endpoint_port != 0)
        return endpoint_port;
    if (spec->port != 0)
        return spec->port;
    switch (spec->type) {
    case PROBE_HTTP:
        return 80;
    case PROBE_HTTPS:
        return 443;
    case PROBE_DNS:
        return 53;
    default:
        return 0;
    }
}

bool probe_spec_needs_port(const struct probe_spec *spec)
{
    return spec->type == PROBE_HTTP || spec->type == PROBE_HTTPS || spec->type == PROBE_TCP ||
           spec->type == PROBE_DNS;
}

bool probe_spec_uses_host(const struct probe_spec *spec)
{
    return spec->type == PROBE_HTTP || spec->type == PROBE_HTTPS || spec->type == PROBE_EXEC;
}

bool probe_spec_uses_region(const struct probe_spec *spec)
{
    return spec->type == PROBE_EXEC || spec->type == PROBE_FILE;
}

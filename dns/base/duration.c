#include "dns/base/duration.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The largest first, as they are printed. */
static const struct unit {
    const char *name;
    uint64_t ms;
} units[] = {
    { "d", 24 * 60 * 60 * 1000 },
    { "h", 60 * 60 * 1000 },
    { "m", 60 * 1000 },
    { "s", 1000 },
    { "ms", 1 },
};

enum { UNITS = sizeof units / sizeof *units };

/* The unit at `*at`, which moves behind it; none at the end of the text is seconds. */
static const struct unit *unit_scan(const char **at)
{
    size_t len = 0;
    while (isalpha((unsigned char)(*at)[len]))
        len++;
    const char *name = len == 0 ? "s" : *at;
    const size_t name_len = len == 0 ? 1 : len;

    for (size_t i = 0; i < UNITS; i++) {
        if (strlen(units[i].name) == name_len && strncmp(units[i].name, name, name_len) == 0) {
            *at += len;
            return &units[i];
        }
    }
    return NULL;
}

/* Digits as a number; false when there are none or they overflow. */
static bool digits_scan(const char **at, uint64_t *value)
{
    if (!isdigit((unsigned char)**at))
        return false;
    *value = 0;
    for (; isdigit((unsigned char)**at); (*at)++) {
        if (__builtin_mul_overflow(*value, 10u, value) ||
            __builtin_add_overflow(*value, (uint64_t)(**at - '0'), value))
            return false;
    }
    return true;
}

/* ".25" as billionths; digits beyond the ninth are read and dropped. */
static bool fraction_scan(const char **at, uint64_t *billionths)
{
    *billionths = 0;
    if (**at != '.')
        return true;
    (*at)++;
    if (!isdigit((unsigned char)**at))
        return false;
    uint64_t weight = 100000000;
    for (; isdigit((unsigned char)**at); (*at)++, weight /= 10)
        *billionths += weight * (uint64_t)(**at - '0');
    return true;
}

bool duration_parse(const char *text, uint64_t *ms)
{
    const char *at = text;
    uint64_t total = 0;
    for (unsigned parts = 0; parts == 0 || *at != '\0'; parts++) {
        uint64_t whole, billionths, part;
        if (!digits_scan(&at, &whole) || !fraction_scan(&at, &billionths))
            return false;
        /* "1m30" could be half a minute or half an hour: only a lone number needs no unit. */
        if (*at == '\0' && parts != 0)
            return false;
        const struct unit *unit = unit_scan(&at);
        if (unit == NULL)
            return false;
        /* Whole days times billionths stay below 2^57. */
        const uint64_t rounded = (billionths * unit->ms + 500000000) / 1000000000;
        if (__builtin_mul_overflow(whole, unit->ms, &part) ||
            __builtin_add_overflow(part, rounded, &part) ||
            __builtin_add_overflow(total, part, &total))
            return false;
    }

    *ms = total;
    return true;
}

char *duration_print(uint64_t ms, char *out, size_t cap)
{
    if (cap == 0)
        return out;
    snprintf(out, cap, "0s");
    size_t len = 0;
    unsigned shown = 0;
    for (size_t i = 0; i < UNITS && shown < 2; i++) {
        const uint64_t amount = ms / units[i].ms;
        ms %= units[i].ms;
        if (amount == 0)
            continue;
        const int more =
            snprintf(out + len, cap - len, "%llu%s", (unsigned long long)amount, units[i].name);
        if (more < 0 || (size_t)more >= cap - len)
            break;
        len += (size_t)more;
        shown++;
    }
    return out;
}

#ifndef MERIDIAN_TESTS_GEO_COMPOSE_H
#define MERIDIAN_TESTS_GEO_COMPOSE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

/*
 * Writes MMDB values and files octet by octet, right or wrong ones, for the
 * tests of geo. Composed in a buffer with a fixed ceiling.
 */
struct compose {
    uint8_t octets[8192];
    size_t len;
};

static inline void compose_octets(struct compose *compose, const void *octets, size_t len)
{
    assert_true(len <= sizeof compose->octets - compose->len);
    memcpy(compose->octets + compose->len, octets, len);
    compose->len += len;
}

static inline void compose_number(struct compose *compose, uint64_t number, size_t len)
{
    for (size_t i = len; i-- > 0;) {
        const uint8_t octet = (uint8_t)(number >> 8 * i);
        compose_octets(compose, &octet, 1);
    }
}

/* Type 1..15 as the format numbers them; sizes up to 284. */
static inline void compose_control(struct compose *compose, unsigned type, size_t size)
{
    assert_true(size < 285);
    const unsigned short_size = size < 29 ? (unsigned)size : 29;
    compose_number(compose, type < 8 ? type << 5 | short_size : short_size, 1);
    if (type >= 8)
        compose_number(compose, type - 7, 1);
    if (size >= 29)
        compose_number(compose, size - 29, 1);
}

static inline void compose_text(struct compose *compose, const char *text)
{
    compose_control(compose, 2, strlen(text));
    compose_octets(compose, text, strlen(text));
}

static inline void compose_map(struct compose *compose, size_t pairs)
{
    compose_control(compose, 7, pairs);
}

static inline void compose_array(struct compose *compose, size_t items)
{
    compose_control(compose, 11, items);
}

static inline void compose_unsigned(struct compose *compose, uint64_t number, size_t len)
{
    compose_control(compose, len <= 2 ? 5 : len <= 4 ? 6 : 9, len);
    compose_number(compose, number, len);
}

static inline void compose_int32(struct compose *compose, int32_t number)
{
    compose_control(compose, 8, 4);
    compose_number(compose, (uint32_t)number, 4);
}

static inline void compose_double(struct compose *compose, double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    compose_control(compose, 3, 8);
    compose_number(compose, bits, 8);
}

static inline void compose_float(struct compose *compose, float real)
{
    uint32_t bits;
    memcpy(&bits, &real, sizeof bits);
    compose_control(compose, 15, 4);
    compose_number(compose, bits, 4);
}

/* Targets below 2048. */
static inline void compose_pointer(struct compose *compose, size_t target)
{
    assert_true(target < 2048);
    compose_number(compose, 1u << 5 | target >> 8, 1);
    compose_number(compose, target & 0xff, 1);
}

static inline void compose_text_pair(struct compose *compose, const char *key, const char *text)
{
    compose_text(compose, key);
    compose_text(compose, text);
}

static inline void compose_metadata(struct compose *file, uint32_t node_count, uint16_t ip_version)
{
    compose_octets(file, "\xab\xcd\xefMaxMind.com", 14);
    compose_map(file, 9);
    compose_text(file, "binary_format_major_version");
    compose_unsigned(file, 2, 2);
    compose_text(file, "binary_format_minor_version");
    compose_unsigned(file, 0, 2);
    compose_text(file, "build_epoch");
    compose_unsigned(file, 1700000000, 8);
    compose_text_pair(file, "database_type", "Composed");
    compose_text(file, "description");
    compose_map(file, 0);
    compose_text(file, "ip_version");
    compose_unsigned(file, ip_version, 2);
    compose_text(file, "languages");
    compose_array(file, 0);
    compose_text(file, "node_count");
    compose_unsigned(file, node_count, 4);
    compose_text(file, "record_size");
    compose_unsigned(file, 24, 2);
}

/* `records` are two for each node, of 24 bits. */
static inline void compose_file(struct compose *file, const uint32_t *records, uint32_t node_count,
                                uint16_t ip_version, const struct compose *data)
{
    static const uint8_t separator[16];
    file->len = 0;
    for (size_t i = 0; i < 2 * (size_t)node_count; i++)
        compose_number(file, records[i], 3);
    compose_octets(file, separator, sizeof separator);
    compose_octets(file, data->octets, data->len);
    compose_metadata(file, node_count, ip_version);
}

/* A new file of these octets below /tmp; `path` has room for 32. The caller unlinks it. */
static inline void compose_save(const uint8_t *octets, size_t len, char *path)
{
    strcpy(path, "/tmp/meridian-geo-XXXXXX");
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal((ssize_t)len, write(fd, octets, len));
    close(fd);
}

#endif

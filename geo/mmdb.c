#include "geo/mmdb.h"

#include <string.h>

/* The types of the format, as numbered there. */
enum {
    WIRE_EXTENDED = 0,
    WIRE_POINTER = 1,
    WIRE_TEXT = 2,
    WIRE_DOUBLE = 3,
    WIRE_OCTETS = 4,
    WIRE_UINT16 = 5,
    WIRE_UINT32 = 6,
    WIRE_MAP = 7,
    WIRE_INT32 = 8,
    WIRE_UINT64 = 9,
    WIRE_UINT128 = 10,
    WIRE_ARRAY = 11,
    WIRE_BOOLEAN = 14,
    WIRE_FLOAT = 15
};

/* What stands in front of a value's content. For a pointer, `size` is its target. */
struct control {
    unsigned type;
    uint32_t size;
};

static bool section_fail(struct mmdb_section *section)
{
    section->failed = true;
    return false;
}

/* A number of `len` octets, most significant first. */
static bool take_number(struct mmdb_section *section, size_t *at, size_t len, uint64_t *out)
{
    if (section->failed || *at > section->len || section->len - *at < len)
        return section_fail(section);
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++)
        number = number << 8 | section->octets[*at + i];
    *at += len;
    *out = number;
    return true;
}

static bool take_pointer(struct mmdb_section *section, size_t *at, unsigned first,
                         struct control *out)
{
    static const uint32_t base[] = { 0, 2048, 526336, 0 };

    const unsigned class = first >> 3 & 3;
    uint64_t rest;
    if (!take_number(section, at, class + 1u, &rest))
        return false;
    const uint64_t high = class == 3 ? 0 : (uint64_t)(first & 7) << (8 * (class + 1));
    *out = (struct control){ WIRE_POINTER, (uint32_t)(high + rest + base[class]) };
    return true;
}

static bool take_size(struct mmdb_section *section, size_t *at, unsigned first, uint32_t *out)
{
    static const uint32_t base[] = { 29, 285, 65821 };

    const unsigned size = first & 31;
    *out = size;
    if (size < 29)
        return true;
    uint64_t rest;
    if (!take_number(section, at, size - 28, &rest))
        return false;
    *out = (uint32_t)rest + base[size - 29];
    return true;
}

static bool take_control(struct mmdb_section *section, size_t *at, struct control *out)
{
    uint64_t first, extended;
    if (section->steps_left == 0)
        return section_fail(section);
    section->steps_left--;
    if (!take_number(section, at, 1, &first))
        return false;

    unsigned type = (unsigned)first >> 5;
    if (type == WIRE_POINTER)
        return take_pointer(section, at, (unsigned)first, out);
    if (type == WIRE_EXTENDED) {
        if (!take_number(section, at, 1, &extended))
            return false;
        type = (unsigned)extended + 7;
        if (type < WIRE_INT32)
            return section_fail(section); /* a type that has a short form of its own */
    }
    out->type = type;
    return take_size(section, at, (unsigned)first, &out->size);
}

/* Octets of the content that are not children; SIZE_MAX for what the format does not allow. */
static size_t content_len(const struct control *control)
{
    static const uint8_t most[] = {
        [WIRE_UINT16] = 2, [WIRE_UINT32] = 4,   [WIRE_INT32] = 4,
        [WIRE_UINT64] = 8, [WIRE_UINT128] = 16,
    };

    switch (control->type) {
    case WIRE_TEXT:
    case WIRE_OCTETS:
        return control->size;
    case WIRE_DOUBLE:
        return control->size == 8 ? 8 : SIZE_MAX;
    case WIRE_FLOAT:
        return control->size == 4 ? 4 : SIZE_MAX;
    case WIRE_UINT16:
    case WIRE_UINT32:
    case WIRE_INT32:
    case WIRE_UINT64:
    case WIRE_UINT128:
        return control->size <= most[control->type] ? control->size : SIZE_MAX;
    case WIRE_BOOLEAN: /* the size is the value */
        return control->size <= 1 ? 0 : SIZE_MAX;
    case WIRE_MAP:
    case WIRE_ARRAY:
    case WIRE_POINTER:
        return 0;
    default:
        return SIZE_MAX;
    }
}

static bool take_content(struct mmdb_section *section, size_t *at, const struct control *control)
{
    const size_t len = content_len(control);
    if (len > section->len - *at)
        return section_fail(section);
    *at += len;
    return true;
}

static uint64_t child_count(const struct control *control)
{
    if (control->type == WIRE_MAP)
        return 2 * (uint64_t)control->size;
    return control->type == WIRE_ARRAY ? control->size : 0;
}

/* Moves over `count` values and all that is nested in them, without following pointers. */
static bool skip_values(struct mmdb_section *section, size_t *at, uint64_t count)
{
    /* Each child takes an octet, so the count of those to come cannot run away. */
    for (; count > 0; count--) {
        struct control control;
        if (!take_control(section, at, &control) || !take_content(section, at, &control))
            return false;
        count += child_count(&control);
        if (count > section->len)
            return section_fail(section);
    }
    return true;
}

static double real_from_bits(unsigned type, uint64_t bits)
{
    if (type == WIRE_DOUBLE) {
        double real;
        memcpy(&real, &bits, sizeof real);
        return real;
    }
    const uint32_t short_bits = (uint32_t)bits;
    if (type == WIRE_FLOAT) {
        float real;
        memcpy(&real, &short_bits, sizeof real);
        return (double)real;
    }
    return (double)(int32_t)short_bits;
}

/* Turns what was taken into a value; `content` is where its octets begin. */
static struct mmdb_value value_from(struct mmdb_section *section, const struct control *control,
                                    size_t content)
{
    struct mmdb_value value = { .size = control->size, .content = content };
    uint64_t bits = 0;

    switch (control->type) {
    case WIRE_TEXT:
        value.type = MMDB_TEXT;
        break;
    case WIRE_MAP:
        value.type = MMDB_MAP;
        break;
    case WIRE_ARRAY:
        value.type = MMDB_ARRAY;
        break;
    case WIRE_BOOLEAN:
        value.type = MMDB_INTEGER;
        value.integer = control->size;
        break;
    case WIRE_UINT16:
    case WIRE_UINT32:
    case WIRE_UINT64:
        value.type = MMDB_INTEGER;
        (void)take_number(section, &content, control->size, &value.integer);
        break;
    case WIRE_INT32:
    case WIRE_DOUBLE:
    case WIRE_FLOAT:
        value.type = MMDB_REAL;
        (void)take_number(section, &content, control->size, &bits);
        value.real = real_from_bits(control->type, bits);
        break;
    default:
        value.type = MMDB_OTHER;
        break;
    }
    return value;
}

/* As mmdb_read(), but *at stays in front of the children of a map or array that stands here. */
static struct mmdb_value read_shallow(struct mmdb_section *section, size_t *at, uint64_t *children)
{
    static const struct mmdb_value none = { .type = MMDB_NONE };

    struct control control;
    *children = 0;
    if (!take_control(section, at, &control))
        return none;

    size_t target = control.size;
    size_t *content_at = at;
    if (control.type == WIRE_POINTER) {
        content_at = &target;
        if (!take_control(section, &target, &control))
            return none;
        if (control.type == WIRE_POINTER) {
            section_fail(section); /* the format allows no pointer to a pointer */
            return none;
        }
    } else {
        *children = child_count(&control);
    }

    const size_t content = *content_at;
    if (!take_content(section, content_at, &control))
        return none;
    return value_from(section, &control, content);
}

struct mmdb_value mmdb_read(struct mmdb_section *section, size_t *at)
{
    uint64_t children;
    struct mmdb_value value = read_shallow(section, at, &children);
    if (!skip_values(section, at, children))
        value.type = MMDB_NONE;
    return value;
}

bool mmdb_text_is(const struct mmdb_section *section, const struct mmdb_value *text,
                  const char *expected)
{
    const size_t len = strlen(expected);
    return text->type == MMDB_TEXT && text->size == len &&
           memcmp(section->octets + text->content, expected, len) == 0;
}

struct mmdb_value mmdb_member(struct mmdb_section *section, const struct mmdb_value *map,
                              const char *key)
{
    size_t at = map->content;
    const uint32_t pairs = map->type == MMDB_MAP ? map->size : 0;
    for (uint32_t i = 0; i < pairs && !section->failed; i++) {
        const struct mmdb_value name = mmdb_read(section, &at);
        const struct mmdb_value value = mmdb_read(section, &at);
        if (mmdb_text_is(section, &name, key))
            return value;
    }
    return (struct mmdb_value){ .type = MMDB_NONE };
}

static bool check_below(struct mmdb_section *section, size_t *at, unsigned depth)
{
    uint64_t children;
    const struct mmdb_value value = read_shallow(section, at, &children);
    if (value.type == MMDB_NONE || depth == MMDB_DEPTH_LIMIT)
        return section_fail(section);

    size_t content = value.content;
    const bool is_here = children != 0;
    uint64_t count = value.type == MMDB_MAP ? 2 * (uint64_t)value.size : 0;
    if (value.type == MMDB_ARRAY)
        count = value.size;
    for (; count > 0; count--)
        if (!check_below(section, &content, depth + 1))
            return false;
    if (is_here)
        *at = content;
    return true;
}

bool mmdb_check(struct mmdb_section *section, size_t at)
{
    return !section->failed && check_below(section, &at, 0);
}

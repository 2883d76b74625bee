#include "dns/proto/writer.h"

#include <assert.h>
#include <string.h>

#include "dns/proto/name.h"

enum { POINTER = 0xc000, POINTER_LEN = 2 };

void writer_init(struct writer *writer, uint8_t *octets, size_t cap)
{
    writer->octets = octets;
    writer->len = 0;
    writer->cap = cap;
    writer->size = cap;
    writer->failed = false;
    writer->name_count = 0;
}

void writer_octets(struct writer *writer, const void *octets, size_t len)
{
    uint8_t *place = writer_claim(writer, len);
    if (place != NULL && len != 0)
        memcpy(place, octets, len);
}

/*
 * The label at an offset of the message, pointers followed. The message is our
 * own and its pointers lead backwards only, so this ends.
 */
static size_t label_at(const struct writer *writer, size_t at)
{
    while (writer->octets[at] >= POINTER >> 8)
        at = (writer->octets[at] & 0x3fu) << 8 | writer->octets[at + 1];
    return at;
}

static bool label_equal(const uint8_t *a, const uint8_t *b)
{
    if (a[0] != b[0])
        return false;
    for (unsigned i = 1; i <= a[0]; i++) {
        if (octet_lower(a[i]) != octet_lower(b[i]))
            return false;
    }
    return true;
}

static unsigned labels_at(const struct writer *writer, size_t at)
{
    unsigned labels = 0;
    for (at = label_at(writer, at); writer->octets[at] != 0;
         at = label_at(writer, at + writer->octets[at] + 1))
        labels++;
    return labels;
}

/* Where a name can be cut short: `kept` octets of it stand, a pointer to `target` follows. */
struct cut {
    unsigned labels; /* that the pointer saves; 0: there is nothing to point at */
    size_t kept;
    size_t target;
};

/*
 * Improves `best` by the longest ending that `name` (of `labels` labels) and
 * the name at offset `at` have in common. Both are walked side by side from
 * where they have equally many labels left; every label that differs starts the
 * common ending anew.
 */
static void cut_improve(const struct writer *writer, const uint8_t *name, unsigned labels,
                        size_t at, struct cut *best)
{
    const uint8_t *label = name;
    const unsigned there = labels_at(writer, at);
    unsigned left = labels < there ? labels : there;
    if (left <= best->labels)
        return;

    for (unsigned i = left; i < labels; i++)
        label += *label + 1;
    at = label_at(writer, at);
    for (unsigned i = left; i < there; i++)
        at = label_at(writer, at + writer->octets[at] + 1);

    struct cut cut = { .labels = left, .kept = (size_t)(label - name), .target = at };
    while (left > 0 && cut.labels > best->labels) {
        const bool same = label_equal(label, writer->octets + at);
        label += *label + 1;
        at = label_at(writer, at + writer->octets[at] + 1);
        left--;
        if (!same)
            cut = (struct cut){ .labels = left, .kept = (size_t)(label - name), .target = at };
    }
    /* A name may begin where a pointer reaches and have labels where none does. */
    if (cut.labels > best->labels && cut.target < WRITER_TARGETS)
        *best = cut;
}

/* The longest ending of `name` that any name written before has too. */
static struct cut cut_find(const struct writer *writer, const uint8_t *name)
{
    struct cut best = { .labels = 0, .kept = name_len(name) };
    const unsigned labels = writer->name_count > 0 ? name_labels(name) : 0;
    for (unsigned i = 0; i < writer->name_count && best.labels < labels; i++)
        cut_improve(writer, name, labels, writer->names[i], &best);
    return best;
}

/*
 * The first name in a message is the question's: it stands uncompressed, and
 * most owners are equal to it. Asking for that alone keeps the usual answer
 * short of any search.
 */
static bool repeats_first(const struct writer *writer, const uint8_t *name)
{
    return writer->name_count > 0 && name_equal(name, writer->octets + writer->names[0]);
}

/* A target must be reachable: beyond 16383 octets names are written, but not pointed at. */
static void remember(struct writer *writer, size_t at)
{
    if (writer->name_count < WRITER_NAMES && at < WRITER_TARGETS)
        writer->names[writer->name_count++] = (uint16_t)at;
}

void writer_name(struct writer *writer, const uint8_t *name)
{
    if (repeats_first(writer, name)) {
        writer_u16(writer, (uint16_t)(POINTER | writer->names[0]));
        return;
    }

    const struct cut cut = cut_find(writer, name);
    const size_t at = writer->len;
    uint8_t *place = writer_claim(writer, cut.kept + (cut.labels > 0 ? POINTER_LEN : 0));
    if (place == NULL)
        return;

    memcpy(place, name, cut.kept);
    if (cut.labels > 0) {
        const size_t pointer = POINTER | cut.target;
        place[cut.kept] = (uint8_t)(pointer >> 8);
        place[cut.kept + 1] = (uint8_t)pointer;
    }
    /* A mere pointer is no new target, and the root is not worth one. */
    if (cut.kept > 0 && !name_is_root(name))
        remember(writer, at);
}

void writer_name_plain(struct writer *writer, const uint8_t *name)
{
    const struct cut cut = cut_find(writer, name);
    const size_t at = writer->len;
    writer_octets(writer, name, name_len(name));
    if (writer_ok(writer) && cut.kept > 0 && !name_is_root(name))
        remember(writer, at);
}

void writer_patch_u16(struct writer *writer, size_t at, uint16_t value)
{
    assert(at + 2 <= writer->len);
    if (at + 2 > writer->len)
        return;
    writer->octets[at] = (uint8_t)(value >> 8);
    writer->octets[at + 1] = (uint8_t)value;
}

void writer_limit(struct writer *writer, size_t cap)
{
    writer->cap = cap < writer->size ? cap : writer->size;
}

struct writer_mark writer_mark(const struct writer *writer)
{
    return (struct writer_mark){ .len = writer->len, .name_count = writer->name_count };
}

void writer_rollback(struct writer *writer, struct writer_mark mark)
{
    writer->len = mark.len;
    writer->name_count = mark.name_count;
    writer->failed = false;
}

#include <stdlib.h>
#include <string.h>

#include "dns/proto/name.h"
#include "dns/proto/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A valid name prints, reads back as the same octets, and is written again as a pointer. */
static void check_name(const uint8_t *name)
{
    char text[NAME_TEXT];
    uint8_t back[NAME_MAX_LEN];
    uint8_t octets[2 * NAME_MAX_LEN];
    struct writer writer;

    name_to_text(name, text);
    if (!name_from_text(text, strlen(text), NULL, back, NULL) || name_len(back) != name_len(name) ||
        memcmp(back, name, name_len(name)) != 0)
        abort();
    writer_init(&writer, octets, sizeof octets);
    writer_name(&writer, name);
    writer_name(&writer, back);
    if (!writer_ok(&writer) || writer.len != name_len(name) + (name_is_root(name) ? 1 : 2))
        abort();
}

/* The input is taken as octets of a message and as presentation form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_over(data, size);
    const uint8_t *name = name_read(&reader);
    if (name != NULL)
        check_name(name);
    reader = reader_over(data, size);
    name_skip(&reader);

    uint8_t out[NAME_MAX_LEN];
    if (name_from_text((const char *)data, size, (const uint8_t *)"\7example", out, NULL))
        check_name(out);
    return 0;
}

/* What a probed target sends: its body against a substring and a JSON pointer. */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "health/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct probe_spec spec = {
        .status = { { 200, 299 } },
        .status_count = 1,
        .json_pointer = "/checks/0/a~1b",
        .json_value = { .kind = JSON_KIND_STRING, .text = "up" },
    };
    struct probe_result result = { .good = false };
    response_judge(&spec, 200, (const char *)data, size, &result);
    assert(result.good == (result.reason[0] == '\0'));
    return 0;
}

#include <stdlib.h>

#include "geo/database.h"
#include "tests/fuzz/memfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth)
        abort();
}

/* A partition begins at zero, rises, and names records that were met. */
static void check_spans(const struct spans *spans, uint32_t record_count)
{
    demand(spans->count > 0 && spans->start[0] == 0);
    for (size_t i = 0; i < spans->count; i++) {
        demand(spans->value[i] <= record_count);
        demand(i == 0 ||
               (spans->start[i] > spans->start[i - 1] && spans->value[i] != spans->value[i - 1]));
    }
}

static void check_records(struct database *database, const struct diag *diag)
{
    for (uint32_t i = 0; i < database_record_count(database); i++) {
        struct record record;
        if (database_record(database, diag, i, &record) != STATUS_OK)
            return;
        if (record.has_location)
            demand(record.latitude >= -90 && record.latitude <= 90 && record.longitude >= -180 &&
                   record.longitude <= 180);
        demand(record.country.len == 0 || record.country.len == 2);
        demand(record.city.len <= RECORD_TEXT_LIMIT);
    }
}

/* Any octets as a database: opened, walked, every record decoded. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = MEMFILE_FIRST_PATH };
    struct database *database = NULL;
    struct spans v4, v6;

    demand(report != NULL);
    memfile_write(MEMFILE_FIRST, data, size);
    enum status status = database_open(&diag, &database);
    demand((status == STATUS_OK) == (database != NULL));
    if (status == STATUS_OK) {
        status = database_walk(database, &diag, 24, 56, &v4, &v6);
        if (status == STATUS_OK) {
            check_spans(&v4, database_record_count(database));
            check_spans(&v6, database_record_count(database));
            check_records(database, &diag);
        }
        spans_release(&v4);
        spans_release(&v6);
    }
    demand(status == STATUS_OK || report_mistakes(report) > 0);
    database_close(database);
    report_free(report);
    return 0;
}

#include <string.h>

#include "dns/base/json.h"

/* Words of a person; a longer one is no slip of a known key. */
enum { WORD_MOST = 64 };

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Slips between two words of at most WORD_MOST octets: a letter too many, one
 * missing, one wrong, two neighbours exchanged (optimal string alignment).
 * Rows of the matrix are needed two back, no further.
 */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_MOST + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;

    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            const size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least_of(least_of(above[j] + 1, row[j - 1] + 1), change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least_of(row[j], above2[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *json_suggest(const char *word, const char *const *known)
{
    const size_t len = strlen(word);
    if (len > WORD_MOST)
        return NULL;

    const char *nearest = NULL;
    size_t nearest_slips = len;
    for (; *known != NULL; known++) {
        const size_t known_len = strlen(*known);
        if (known_len > WORD_MOST)
            continue;
        /* One slip is always forgiven, a longer word may have one for every three letters. */
        const size_t third = least_of(len, known_len) / 3;
        const size_t allowed = third > 1 ? third : 1;
        const size_t slips = edit_distance(word, len, *known, known_len);
        if (slips <= allowed && slips < nearest_slips) {
            nearest = *known;
            nearest_slips = slips;
        }
    }
    return nearest;
}

#ifndef MERIDIAN_GEO_CENTRES_H
#define MERIDIAN_GEO_CENTRES_H

/*
 * Where a country stands when a database says nothing but its code: the centre
 * of its networks, and the continent it belongs to. The table itself is
 * generated (see its head for tool and source).
 */
struct centre {
    char country[3];   /* ISO 3166-1 alpha-2 */
    char continent[3]; /* AF AN AS EU NA OC SA */
    float latitude;    /* degrees */
    float longitude;
};

/* By the first two letters. NULL for a code the table does not know, "" among them. Thread: any. */
const struct centre *centre_find(const char *country);

#endif

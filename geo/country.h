#ifndef MERIDIAN_GEO_COUNTRY_H
#define MERIDIAN_GEO_COUNTRY_H

/*
 * Codes of countries and continents as operators write them: which of them
 * exist, and what somebody probably meant by one that does not. Without case.
 * Thread: any.
 */
enum country_standing {
    COUNTRY_LISTED,  /* the table of centres has it: ISO 3166-1, and XK */
    COUNTRY_PRIVATE, /* left by ISO 3166-1 to everybody's own use: AA, QM..QZ, XA..XZ */
    COUNTRY_UNKNOWN  /* of nobody; databases cannot have it */
};

/* Of the first two characters of `code`, which may be any text. */
enum country_standing country_standing(const char *code);

/* The code that is meant by a well-known other one ("UK": "GB"); NULL when nobody can tell. */
const char *country_meant(const char *code);

/* The code of a continent, in capitals; NULL for any other text. */
const char *continent_find(const char *text);

/* What is meant by a name or a longer code ("Europe", "EUR": "EU"); NULL when nobody can tell. */
const char *continent_meant(const char *text);

#endif

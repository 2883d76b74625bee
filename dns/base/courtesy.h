#ifndef MERIDIAN_BASE_COURTESY_H
#define MERIDIAN_BASE_COURTESY_H

/*
 * For threads whose work is long and in no hurry, beside others that must
 * answer at once. Thread: any, each for itself.
 */

/* Makes the calling thread nicer than the others, by ten, for the rest of its life. */
void courtesy_begin(void);

/*
 * Tells, at each small step of the work, about how many nanoseconds it took.
 * Every now and then whoever waits for this processor goes first: a scheduler
 * left alone lets a thread that woke up wait for its next tick, which may be
 * 4 ms away, however nice the other one is.
 */
void courtesy_spent(unsigned ns);

#endif

#ifndef MERIDIAN_BASE_HEAP_H
#define MERIDIAN_BASE_HEAP_H

/*
 * What the process asks of malloc(): that memory which was needed for a load
 * goes back to the system after it. Where the C library is not glibc both do
 * nothing.
 */

/*
 * Large blocks are mapped one by one, always: glibc else learns from the first
 * one that is freed to keep the next ones, up to 32 MB each. Once, at the start.
 */
void heap_init(void);

/*
 * Gives whole free pages back. Costs about a millisecond for 100 MB in use, in which other
 * threads wait if they allocate. Thread: any.
 */
void heap_trim(void);

#endif

/*
 * valueset: is a cell one of these? For enumerations and code lists.
 *
 * Values of up to 8 bytes are one register and a table with one probe.
 */
#ifndef NIB_SPEC_VALUESET_H
#define NIB_SPEC_VALUESET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct valueset;

struct valueset *valueset_new(void);
void valueset_free(struct valueset *);
void valueset_add(struct valueset *, const void *, size_t);
/* After the last valueset_add, before the first question. */
void valueset_seal(struct valueset *);
int valueset_has(const struct valueset *, const void *, size_t);

/*
 * Cells p[i], n[i] with 8 readable bytes; to[i] is 1 or 0; how many are 0.
 * prefix > 0: a cell whose first prefix bytes are in the set passes too.
 */
size_t valueset_batch(const struct valueset *, const char *const *p,
    const uint32_t *n, size_t k, size_t prefix, unsigned char *to);

/*
 * Cells that stand in data between two of ends, stride apart, the first from
 * ends[-1] + 1 to ends[0]: in one look, how many are empty, if each of the
 * others is one of the values of up to 8 bytes; VALUESET_OTHER: some is not.
 */
#define VALUESET_OTHER ((size_t)-1)
size_t valueset_look(const struct valueset *, const char *data,
    const uint32_t *ends, size_t stride, size_t k);

/*
 * Values of up to 8 bytes have a slot each, for counting them: 0 to
 * valueset_slots - 1; -1: another value. Its text, with a NUL.
 */
size_t valueset_slots(const struct valueset *);
long valueset_slot(const struct valueset *, const char *, size_t);
void valueset_slot_value(const struct valueset *, size_t, char to[9]);
/* Have all its values a slot? */
int valueset_countable(const struct valueset *);

#endif

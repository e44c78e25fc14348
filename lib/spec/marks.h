/*
 * marks: two bits for each record of an input, by file and number; a part
 * of checker, inside room spec only.
 *
 * What is not marked is 0 and takes no memory: 1 KiB for each 4,096 records
 * of which one is marked, so at most two bits a record, and for each worker.
 */
#ifndef NIB_SPEC_MARKS_H
#define NIB_SPEC_MARKS_H

#include <stddef.h>
#include <stdint.h>

struct marks;
struct marks *marks_new(void);
void marks_free(struct marks *);
unsigned marks_get(const struct marks *, size_t file, uint64_t record);
/* Adds bits, 0 to 3, to those of a record. */
void marks_add(struct marks *, size_t file, uint64_t record, unsigned bits);
/* Adds all that from has. */
void marks_merge(struct marks *into, const struct marks *from);

#endif

/*
 * Room base: what every other room stands on.
 *
 * fault: what went wrong and where. The library fills one of these and
 * returns; only a command prints it (base/msg.h). Text is copied in, so
 * a fault outlives what it is about; it never holds a cell's value.
 */
#ifndef NIB_BASE_FAULT_H
#define NIB_BASE_FAULT_H

#include <stddef.h>
#include <stdint.h>

struct fault {
	char file[256];  /* "": not about a file; "-": standard input */
	uint64_t line;   /* physical line, from 1; 0: unknown */
	uint64_t record; /* data record, from 1; 0: header, or none */
	uint64_t column; /* CSV column, from 1; 0: the whole record */
	char field[96];  /* the column's name; "": none */
	char what[320];  /* the rule broken; never a cell's value */
	int set;         /* 0 until the first fault_set */
};

#define FAULT_NONE { .set = 0 }

/*
 * All return -1, so that a caller can write: return fault_set(f, "...").
 * The first error stays: a fault that is set is not changed. f may be NULL.
 */
int fault_set(struct fault *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds ": " and strerror(errno). */
int fault_system(struct fault *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

/* About a file, at a line; line 0: the file as a whole. */
int fault_at(struct fault *, const char *, uint64_t, const char *, ...)
    __attribute__((format(printf, 4, 5)));

/* About a file, with strerror(errno). */
int fault_file(struct fault *, const char *, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the place to a fault that has none yet. Each may be 0 or NULL. */
void fault_place(struct fault *, const char *file, uint64_t line,
    uint64_t record, uint64_t column, const char *field);

/* Says of a fault whose it is: "rule A1: " before what is wrong. */
void fault_whose(struct fault *, const char *kind, const char *name);

/* Forget: the caller dealt with it. */
void fault_clear(struct fault *);

#endif

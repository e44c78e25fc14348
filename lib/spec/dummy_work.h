/* Between the files of dummy: a worker, its values, and what is made. */
#ifndef NIB_SPEC_DUMMY_WORK_H
#define NIB_SPEC_DUMMY_WORK_H

#include <stddef.h>
#include <stdint.h>

#include "csv/reader.h"
#include "spec/dummy_recipe.h"

#define DUMMY_BLOCK 4096 /* records; a group does not cross its end */

/* Streams that are not of a field. */
#define DUMMY_UNIT_GROUP 0x67726f7570ULL
#define DUMMY_UNIT_RECORD 0x7265636f7264ULL
#define DUMMY_UNIT_SIZE 0x73697a65ULL
#define DUMMY_UNIT_ROW 0x726f77ULL
#define DUMMY_UNIT_TABLE 0x7461626c65ULL
#define DUMMY_UNIT_REPAIR 0x726570616972ULL
#define DUMMY_UNIT_ERROR 0x6572726f72ULL

enum dummy_timed { DUMMY_TIMED_NOT, DUMMY_TIMED_DAY, DUMMY_TIMED_MOMENT };

struct dummy_value {
	const char *p; /* 16 bytes beyond n may be read */
	uint32_t n;
	unsigned char quote; /* may need quotes */
	unsigned char timed;
	int64_t when;        /* days, or seconds since 1970 */
};

/* A rule, or (field >= 0) when a field must be filled. */
struct dummy_check {
	struct expr *expr;
	const char *id;
	const char *message;
	long field;
};

enum dummy_error_kind {
	DUMMY_ERROR_TYPE, DUMMY_ERROR_CHECK, DUMMY_ERROR_REQUIRED,
	DUMMY_ERROR_CODELIST, DUMMY_ERROR_PATTERN, DUMMY_ERROR_DUPLICATE,
	DUMMY_ERROR_RULE, DUMMY_ERROR_KINDS
};

struct dummy {
	const struct spec *spec;
	const struct dummy_options *o;
	struct dummy_recipe *r;
	size_t *slot_of;           /* per field */
	struct csv_header header;
	struct spec_scope *scope;
	struct dummy_check *checks;
	size_t nchecks;
	uint64_t nblocks;
	uint64_t *groups_before;   /* per block, and the total */
	long slotted;              /* the source with visits, or -1 */
	/* Fields (rules: checks) that each kind of error may hit. */
	size_t *hits[DUMMY_ERROR_KINDS];
	size_t nhits[DUMMY_ERROR_KINDS];
	const struct dummy_gen **plain; /* per field, for broken rules */
	uint32_t error_share;
};

struct dummy_work { /* of one thread */
	struct dummy *d;
	struct dummy_value *values; /* group_max rows of nslots */
	char *text;                /* of the group's values */
	size_t text_n;
	/* Of the group being repaired, per slot. */
	uint32_t *salts;           /* how often it was made anew */
	uint32_t *near;            /* a date like this slot's; 0: not */
	int salted;
	uint64_t *rows;            /* per source */
	int32_t start, end;        /* the period, or the visit's part of it */
	uint64_t group, record;    /* numbers from 0 */
	size_t group_n;
	uint64_t unit;             /* of the value made: its unique number */
	struct buf data;           /* a block: '\n' and records */
	uint32_t *ends;            /* [0] is before the first */
	size_t nends;
	struct buf fixed;          /* the block again, with repairs */
	uint32_t *fixed_ends;
	struct buf one;            /* a group or record on trial */
	uint32_t *one_ends;
	struct buf scratch;
	uint32_t *starts;          /* first record of each group in the block */
	size_t ngroups;
	unsigned char *broken;     /* per group */
	struct expr_run **runs;    /* per check */
	struct buf out, log;
};

/* Values (dummy_value.c). */

extern const struct dummy_value dummy_nothing; /* empty */

/* The moment of a value: 0, or -1 when it is empty or not one. */
int dummy_moment(struct dummy_value *v);
int64_t dummy_as_day(const struct dummy_value *v);
/* last: a day is its last second, else its first. */
int64_t dummy_as_moment(const struct dummy_value *v, int last);
char *dummy_number(char *to, int64_t v, unsigned width);
char *dummy_time_text(
    char *to, const struct dummy_gen *g, const struct dummy_value *v);
/* A permutation of 0..n-1: a Feistel network that walks into the range. */
uint64_t dummy_permuted(uint64_t x, uint64_t n, uint64_t key);
void dummy_make(struct dummy_work *w, const struct dummy_gen *g, size_t k,
    struct dummy_random *rnd, struct dummy_value *v);

/* Groups of records, and the rules that they keep (dummy_group.c). */

/* The values of all records of the group that w names. */
void dummy_make_group(struct dummy_work *w);
/* Appends the group's records; returns the next free end. */
uint32_t *dummy_put_group(struct dummy_work *w, struct buf *b, uint32_t *ends);
void dummy_start_block(struct buf *b, uint32_t *ends);
void dummy_as_block(struct dummy_work *w, struct buf *b, const uint32_t *ends,
    size_t n, struct csv_block *to);
/* Of n records of a block from first on, those that break a check. */
int dummy_test(struct dummy_work *w, size_t check, const struct csv_block *b,
    size_t first, size_t n, unsigned char *broken, struct fault *f);
size_t dummy_group_size(const struct dummy *d, uint64_t record, uint64_t end);
uint64_t dummy_block_end(const struct dummy *d, uint64_t block);
/* Marks the groups of records that break a check; *any: some do. */
int dummy_find_broken(struct dummy_work *w, const struct csv_block *b, int *any,
    struct fault *f);
/* The block again, broken groups replaced. */
int dummy_mend(struct dummy_work *w, uint64_t first_record,
    uint64_t first_group, size_t n, struct fault *f);

/* Errors that are asked for (dummy_errors.c). */

int dummy_plan_errors(struct dummy *d, struct fault *f);
int dummy_put_with_errors(struct dummy_work *w, const struct csv_block *b,
    uint64_t first_record, struct fault *f);

#endif

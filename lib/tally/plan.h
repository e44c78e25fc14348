/* What the parts of tally know of each other. */
#ifndef NIB_TALLY_PLAN_H
#define NIB_TALLY_PLAN_H

#include "base/buf.h"
#include "csv/lookup.h"
#include "expr/expr.h"
#include "flow/parts.h"
#include "tally/number.h"
#include "tally/store.h"
#include "tally/tally.h"
#include "tally/total.h"

/* Total of a grouping, in a key: above every byte of UTF-8. */
#define PLAN_TOTAL '\xff'

enum plan_class {
	PLAN_VALUE,
	PLAN_TEXT,
	PLAN_CONDITION,
	PLAN_PRODUCT, /* of a weight and a value, both inputs before it */
	PLAN_WEIGHT   /* the weights of values that are there */
};

/* A cell of a record, or what an expression makes of it. */
struct plan_source {
	char *text;
	struct expr *expr;  /* NULL for partial results */
	long column;        /* read as it stands; -1: by expr */
	const char *field;  /* of column, for messages */
	const char *const *missing; /* cells of column that are none */
	int cached;         /* text of expr by its only field's bytes */
	long cache_column;
};

/*
 * What is kept of a measured expression in each group's state: places of
 * its numbers, 0 for those not needed. A uint64_t, a num_wide, or, for sums, a
 * tally_total.
 */
struct plan_input {
	struct plan_source source;
	enum plan_class class;
	enum tally_form form; /* PLAN_VALUE: decimal, or a date or time */
	int scale;            /* fixed by the specification; -1: found */
	size_t at_n, at_sum, at_square, at_min, at_max, at_met, at_bad;
	size_t weight, value; /* inputs: of PLAN_PRODUCT and PLAN_WEIGHT */
	int factor;           /* of some product: the batch keeps it */
	size_t at_distinct;   /* PLAN_TEXT; 0 in every group until the end */
	long pairs;           /* its store of (group, value); -1: none */
};

struct plan_number { /* of the state, for partial results */
	size_t at;
	enum plan_width { PLAN_COUNT, PLAN_WIDE, PLAN_SUM } width;
	size_t input;
	int squared; /* has twice the scale */
	const char *name;
};

struct tally {
	const struct tally_request *request;
	struct tally_options options;
	uint64_t digest;
	struct spec_scope *scope;
	size_t nparts;
	struct plan_source *parts;
	struct csv_lookup **lists; /* per part; NULL: its value as it is */
	struct expr *where;
	size_t ninputs;
	struct plan_input *inputs;
	size_t *input_of; /* per measure; count: unused */
	size_t *weight_of; /* per weighted mean: the input of weights */
	size_t state;     /* bytes; the first eight count the records */
	size_t nnumbers;
	struct plan_number *numbers;
	size_t nstores;   /* groups, and one for each input with pairs */
	struct tally_store **stores;
	enum plan_class *store_class; /* of the input whose pairs it holds */
	struct spill *spill;
	size_t limit;     /* bytes of tables a worker may hold */
	unsigned helpers; /* threads that read what is in the file */
};

struct first_bad {
	uint64_t n, file, line, record;
	const char *path;
	size_t column;
};

/* Memory for a batch's texts, with 16 bytes to read after each. */
struct pool_page {
	struct pool_page *before;
	size_t size;
};
struct pool {
	struct pool_page *page;
	size_t n; /* used of it */
};

struct cache;

/* An input's values of the batch, for what multiplies them. */
struct kept {
	num_wide values[TALLY_BATCH];
	unsigned char kinds[TALLY_BATCH];
};

/*
 * Where a worker's records go of one store: to its table, or, while tables of
 * it found too few keys twice to be worth their memory, straight to the file.
 */
struct route {
	uint64_t added;              /* keys since the table was empty */
	uint64_t direct;             /* keys yet to go straight; 0: to the table */
	struct tally_writer *writer; /* NULL: was not needed yet */
};

struct tally_state {
	struct tally *t;
	struct route *routes;        /* nstores */
	char *loose;                 /* states of a batch that goes straight */
	struct tally_table **tables; /* nstores */
	unsigned char *scales;       /* ninputs */
	unsigned char *rooms;        /* ninputs, see plan_note_room */
	struct first_bad *bad;       /* ninputs */
	struct expr_run **part_runs, **input_runs, *where_run;
	struct cache **caches;       /* per part */
	struct batch *batch;
	struct kept **kept;          /* per input; NULL: no factor */
	struct pool pool;
	struct buf scratch;
	struct parts parts;          /* when partial results are read */
};

/* What the rows of a partial result are: the first cell of its header. */
char *plan_partial_tag(const struct tally *);
/* Header cells of partial results, yours to free with the array. */
char **plan_partial_names(const struct tally *, size_t *n);

/* Adds from (at the scales given) to into (at those of arg, ninputs). */
struct plan_adder {
	const struct tally *t;
	const unsigned char *scales;
};
int plan_add(void *arg, char *into, const char *from,
    const unsigned char *scales, struct fault *);
/*
 * Of a store: 0 the groups; then those of pairs, whose state counts them, or
 * is nothing where only their being there matters.
 */
struct tally_adder plan_adder_of(const struct tally_state *, size_t store,
    const struct plan_adder *);
size_t plan_store_state(const struct tally *, size_t store); /* bytes */

/*
 * The room of an input: the largest scale, up to NUM_MAX_SCALE, at which every
 * number of it met so far fits in 128 bits. A scale beyond the room is a
 * fault; so it depends on the numbers, not on which of them came first. This
 * one is v, with after digits after the point. Numbers of 64 bits need not be
 * noted: 2^63 times 10^NUM_MAX_SCALE is less than 2^127.
 */
static inline void
plan_note_room(struct tally_state *s, size_t input, num_wide v,
    unsigned after)
{
	while (after < s->rooms[input]) {
		num_wide all = v;

		if (tally_rescale(&all, s->rooms[input] - after) == 0)
			return;
		s->rooms[input]--;
	}
}

/* Cells of a group in a partial result, beside its name and its count. */
static inline size_t
plan_partial_cells(const struct tally *t)
{
	return t->nnumbers + 2 * t->ninputs;
}

/* All of a state at new, larger scales. */
int plan_rescale(struct tally_state *, const unsigned char *scales,
    struct fault *);
/*
 * A product's scale is the sum of its factors': what was seen in one order or
 * another comes out the same. A fault if that is more than is kept.
 */
int plan_settle_scales(struct tally_state *, struct fault *);
/* What goes straight to the file is there after this. */
int plan_finish_routes(struct tally_state *, struct fault *);
/* Flushes all tables if they are over the limit. */
int plan_check_memory(struct tally_state *, struct fault *);

/* The groupings of a key: nparts slices. small must live as long. */
void plan_split(const struct tally_key *, char small[TALLY_SHORT],
    size_t nparts, struct csv_slice *to, struct csv_slice *rest);

static inline uint64_t
plan_get(const char *state, size_t at)
{
	uint64_t v;

	memcpy(&v, state + at, sizeof v);
	return v;
}

static inline void
plan_set(char *state, size_t at, uint64_t v)
{
	memcpy(state + at, &v, sizeof v);
}

static inline num_wide
plan_get_wide(const char *state, size_t at)
{
	num_wide v;

	memcpy(&v, state + at, sizeof v);
	return v;
}

static inline void
plan_set_wide(char *state, size_t at, num_wide v)
{
	memcpy(state + at, &v, sizeof v);
}

#endif

/*
 * batch: up to 256 records on their way into groups, and what each step makes
 * of them. Its files: texts (cells and what expressions make of them), values
 * (cells as exact numbers), measure (what is added to groups); map takes the
 * steps in turn.
 */
#ifndef NIB_TALLY_BATCH_H
#define NIB_TALLY_BATCH_H

#include "tally/plan.h"

#define B TALLY_BATCH

enum { CELL_NONE, CELL_VALUE, CELL_BAD };

struct batch {
	const struct csv_block *block;
	size_t first, n;        /* records looked at */
	size_t m;               /* of them, those that count */
	unsigned short row[B];  /* which: offsets from first */
	struct tally_key keys[B];
	char *states[B];
	struct csv_slice cells[B];
	num_wide values[B];
	unsigned char kinds[B];
	struct expr_value results[B];
	struct tally_key pairs[B];
	char *pair_states[B];
};

/* Memory of n bytes, and 16 more to read, until the batch ends. */
char *batch_pool(struct pool *, size_t n);
/* Forgets all of it and keeps the newest page. */
void batch_pool_reset(struct pool *);

/* Masks for the low n bytes of sixteen. */
extern const uint64_t batch_low_mask[17][2];

/* k, a zero byte, and c, as one key. c has 16 bytes to read after it. */
static inline void
batch_append(struct pool *pool, struct tally_key *k, struct csv_slice c,
    int first)
{
	size_t n = k->n + !first + c.n;
	uint64_t lo, hi;
	unsigned at = (unsigned)(k->n + !first) * 8;
	char small[TALLY_SHORT], *to;

	if (__builtin_expect(n <= TALLY_SHORT, 1)) {
		memcpy(&lo, c.p, 8);
		memcpy(&hi, c.p + 8, 8);
		lo &= batch_low_mask[c.n][0];
		hi &= batch_low_mask[c.n][1];
		if (at == 0) {
			k->lo = lo;
			k->hi = hi;
		} else if (at < 64) {
			k->lo |= lo << at;
			k->hi |= hi << at | lo >> (64 - at);
		} else if (at < 128) {
			k->hi |= lo << (at - 64);
		}
		k->n = n;
		return;
	}
	if (first) {
		k->p = c.p;
		k->n = n;
		return;
	}
	to = batch_pool(pool, n);
	memcpy(to, tally_key_bytes(k, small), k->n);
	to[k->n] = 0;
	memcpy(to + k->n + 1, c.p, c.n);
	k->p = to;
	k->n = n;
}

/* The place of a fault: the i-th record that counts, a column or -1. */
void batch_place(const struct tally_state *, size_t i, long column,
    const char *name, struct fault *);
/* A cell that an expression reads does not fit its field's type: -1. */
int batch_bad_cell(const struct tally_state *, size_t i, int64_t field,
    struct fault *);

/* Into cells: those of a column, quotes off, those that are missing empty. */
void batch_cells(struct tally_state *, const struct plan_source *);
/* Into cells: the texts of an expression. */
int batch_texts(struct tally_state *, struct expr_run *, struct fault *);
/* The same of a part that has a cache, by the bytes of the cell it reads. */
int batch_cached_texts(struct tally_state *, size_t part, struct fault *);
struct cache *batch_cache_new(void);
void batch_cache_free(struct cache *);
/* Its values repeat too seldom: it costs more than it saves. */
int batch_cache_off(const struct cache *);

/*
 * Into values and kinds: an input of class PLAN_VALUE, at the input's scale,
 * which may grow.
 */
int batch_values(struct tally_state *, size_t input, struct fault *);
/* The i-th is no number: a fault, or kept in mind. */
int batch_bad_value(struct tally_state *, size_t input, size_t i,
    const char *what, struct fault *);

/* Do the next n keys of a store go straight to the file? */
int batch_direct(struct tally_state *, size_t store, size_t n);
/* There they go, with their states. */
int batch_write(struct tally_state *, size_t store, const struct tally_key *,
    char *const *states, size_t n, struct fault *);

/* Adds an input of the batch to its groups' states. */
int batch_measure(struct tally_state *, size_t input, struct fault *);

#endif

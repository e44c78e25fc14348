/*
 * gate_parts: what the files of the gate share; of this room alone.
 *
 *   gate.c       a gate and its workers, made and freed; the header
 *   gate_plan.c  what becomes of each column
 *   gate_cell.c  what stands in the place of a cell
 *   gate_map.c   records, 256 at a time
 *   gate_rotate.c  which token became which, from one key to another
 */
#ifndef NIB_PRIVACY_GATE_PARTS_H
#define NIB_PRIVACY_GATE_PARTS_H

#include <string.h>

#include "privacy/codes.h"
#include "privacy/encode.h"
#include "privacy/escrow.h"
#include "privacy/gate.h"
#include "privacy/lanes.h"
#include "privacy/numbers.h"
#include "privacy/pseudonym.h"
#include "privacy/siv.h"

#define GATE_BATCH LANES_BATCH
#define GATE_NONE UINT16_MAX

/* How an identifier is made one thing however it was written. */
enum gate_canonical { GATE_AS_IT_IS, GATE_NHS_NUMBER, GATE_POSTCODE };

struct gate_column {
	size_t at;    /* in the input */
	const char *name;
	const struct spec_field *field; /* NULL: not of the specification */
	const char *form;               /* of its dates */
	struct treat treat;
	enum gate_canonical canonical;
	long slot;    /* of its hashes in a batch; -1: none */
	long event;   /* column of the date an age is taken at; -1 */
	struct siv *siv;
	struct codes *codes; /* blank-codes */
	int identity;        /* goes when identity is withheld */
	struct csv_slice *missing; /* texts besides the empty one */
	size_t nmissing;
	struct gate_age *ages; /* age, age-band: what is written, by age */
};

/* Ages up to this are written by what is kept of each. */
#define GATE_AGES 131
struct gate_age {
	char text[15];
	unsigned char n;
};

/* Values hashed side by side: a token column's, or a date shift's people. */
struct gate_slot {
	size_t column;
	struct pseudonym *pseudonym;
	struct pseudonym *old; /* under the key that is left; or NULL */
};

struct gate {
	const struct spec *spec;
	enum gate_invalid invalid;
	struct gate_column *columns; /* of the input, all */
	size_t ncols;
	size_t *touched; /* columns that are not kept, ascending */
	size_t ntouched;
	size_t tail;     /* input columns from here on all go; ncols: none */
	struct gate_slot *slots;
	size_t nslots;
	struct escrow *escrow;
	struct codes *withhold; /* NULL: nothing is */
	size_t *sensitive;      /* columns where its codes can be */
	size_t nsensitive;
	struct encoder *encoder; /* NULL: nothing is encoded */
	char *encoded;           /* its column's name */
	size_t *encode;          /* columns of the input it is made of */
	size_t nencode;
	long salt;               /* column behind each gram; -1: none */
	struct lanes *tags; /* NULL: none are kept */
	size_t tagged;      /* the column they are of */
	size_t kept;     /* columns of the output */
	struct gate_map_lines *map; /* NULL: no rotation */
};

struct gate_worker {
	const struct gate *gate;
	struct pseudonym_batch *batch;    /* a slot each */
	struct pseudonym_batch *old;      /* the same, for a rotation */
	uint16_t (*index)[GATE_BATCH]; /* record to value, or GATE_NONE */
	struct buf scratch, event; /* a cell, and another */
	struct gate_counts counts;
	struct numbers seen;  /* tokens of this block in the escrow file */
	struct numbers mapped; /* and in the map */
	struct numbers people;
	unsigned char withheld[GATE_BATCH]; /* records of the batch */
	struct lanes_batch *tags;
	struct encode_work *encode; /* or NULL: nothing is encoded */
};

/* Fills columns, slots and lists of a gate; -1: a fault. */
int gate_plan(struct gate *, const struct gate_options *,
    const struct csv_header *, struct fault *);

/*
 * What an override (FIELD=TREATMENT) says of a column, or NULL; the last one
 * counts. FIELD is the column's name, or its field's name or an alias of it.
 * used[i] is set for those that speak of the column; NULL: not asked.
 */
const char *gate_override(const char *const *overrides, size_t n,
    const struct spec *, const char *name, const struct spec_field *,
    unsigned char *used);

/*
 * What is done to a column: an override, the field's treatment, that of a
 * derived field or of one that a tool adds; NULL: nobody says. used[i] is set
 * for the override that says.
 */
const char *gate_treatment(const struct gate_options *, const char *name,
    const struct spec_field *, unsigned char *used);
/* Does a field (or NULL) go when identity is withheld? */
int gate_is_identity(const struct spec_field *);

/* Is a cell one that its field reads as missing? */
static inline int
gate_missing(const struct gate_column *c, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < c->nmissing; i++)
		if (c->missing[i].n == n &&
		    memcmp(c->missing[i].p, p, n) == 0)
			return 1;
	return n == 0;
}

/* gate_rotate.c */
int gate_plan_rotation(struct gate *, const struct key *from, struct fault *);
void gate_free_rotation(struct gate *);
int gate_looks_like_token(const char *, size_t);
void gate_put_map_line(const struct gate_column *,
    const struct pseudonym_batch *old, const struct pseudonym_batch *now,
    size_t i, struct buf *);

/* How a field is encoded, and what it is called there. */
enum encode_kind gate_encode_kind(const struct gate_column *,
    const char **label);

/*
 * An identifier in its canonical form: 1, with tag and slice (which may
 * point to canon); 0: nothing is there, or it is to be blank; -1: fault.
 */
int gate_identifier(struct gate_worker *, const struct csv_block *, size_t r,
    const struct gate_column *, char canon[10], enum pseudonym_tag *,
    struct csv_slice *, struct fault *);
/* What stands in the place of a cell; record r is the k-th of its batch. */
int gate_cell(struct gate_worker *, const struct csv_block *, size_t r,
    size_t k, const struct gate_column *, struct buf *outs, struct fault *);
/* One record more for its filter; it is the k-th of its batch. */
int gate_encode(struct gate_worker *, const struct csv_block *, size_t r,
    size_t k, struct fault *);

#endif

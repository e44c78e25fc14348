/*
 * gate: records go in identifiable and come out as the specification's
 * treatments say. The map function of nib-pseudonymise.
 *
 * DENY BY DEFAULT. Every column must have a treatment: from an override,
 * else from the specification's field or derived field, else, for a field
 * that a tool of this toolkit adds, from the table in gate.c (person_id:
 * pseudonym(person), ...). gate_new names a column that has none.
 *
 * WITHHELD IDENTITY. When a list of codes withholds identity, a record with
 * one of them in a field that the specification calls sensitive loses its
 * identifiers: fields called identifier other than the record's own, and
 * those whose role is birth or death date, postcode or name, come out
 * empty. The record stays.
 *
 * Work goes in batches of 256 records: the values of a pseudonym column are
 * hashed side by side, and the bytes between treated fields are copied as
 * they stand. Output is the same for any cut of the input (an escrow file's
 * ciphertexts apart, which are random).
 */
#ifndef NIB_PRIVACY_GATE_H
#define NIB_PRIVACY_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "csv/reader.h"
#include "privacy/key.h"
#include "privacy/treat.h"
#include "spec/spec.h"

/*
 * A cell that its treatment cannot read (an NHS number whose check digit
 * fails, a date that is none): an error; an empty cell; or, for a one-way
 * or reversible token, a token of its own that equals no valid value's
 * (other treatments: an empty cell).
 */
enum gate_invalid { GATE_FAIL, GATE_BLANK, GATE_KEEP_APART };

struct gate_options {
	const struct spec *spec; /* borrowed until gate_free */
	const struct key *key;   /* a project's; NULL if nothing needs one */
	const struct key *escrow_to; /* an officer's public key; or NULL */
	/*
	 * A project's key that key takes the place of, or NULL: then what each
	 * one-way token was under it is an output of its own. An identifier
	 * that is a token already is a fault: where the identifiers are gone
	 * no map is made.
	 */
	const struct key *rotate_from;
	const char *const *overrides; /* FIELD=TREATMENT */
	size_t noverrides;
	enum gate_invalid invalid;
	/*
	 * More lists of codes that withhold identity (privacy/codes.h) than
	 * the specification names.
	 */
	const char *const *withhold;
	size_t nwithhold;
	/*
	 * NAME=FIELD,FIELD,...: a last column with the Bloom filter of these
	 * fields (privacy/encode.h), or NULL.
	 */
	const char *encode;
	const char *encode_salt; /* a field behind each gram; or NULL */
	unsigned encode_taps;    /* of diffusion, to ENCODE_TAPS; 0: none */
	/*
	 * Keep a tag of each person (ledger/use.h) whose NHS number, in the
	 * column of that role, is valid: a key of 32 bytes, or NULL. Costs 16
	 * to 32 bytes a person and worker.
	 */
	const unsigned char *tag_key;
};

struct gate;

struct gate *gate_new(const struct gate_options *, const struct csv_header *,
    struct fault *);
void gate_free(struct gate *);

/* What becomes of a column of the input. */
const struct treat *gate_treat(const struct gate *, size_t column);
/* Does the specification call the column an identifier, and is it kept? */
int gate_keeps_identifier(const struct gate *, size_t column);
/* The header line of the output. */
void gate_put_header(const struct gate *, struct buf *);

/* Is a column escrowed? Then map has a second output, the escrow file. */
int gate_escrows(const struct gate *);
void gate_put_escrow_header(const struct gate *, struct buf *);

/*
 * Is there a map from old tokens to new ones? Then map has a last output:
 * domain, old, new. flow.in_order is gate_in_order, which leaves each pair
 * once; 32 to 64 bytes a pair.
 */
int gate_rotates(const struct gate *);
void gate_put_map_header(struct buf *);
int gate_in_order(void *gate, void *worker, const struct csv_block *,
    struct buf *outs, struct fault *);
uint64_t gate_mapped(const struct gate *); /* pairs written */

/* For struct flow: state_new, state_free, state_merge and map. */
void *gate_worker_new(void *gate);
void gate_worker_free(void *worker);
int gate_worker_merge(void *into, void *from, struct fault *);
int gate_map(void *worker, const struct csv_block *, struct buf *outs,
    struct fault *);

/* Is it a cell that goes since its record has a code that withholds? */
int gate_withheld(void *worker, const struct csv_block *, size_t r,
    size_t column);
/*
 * One that stays, as it comes out, as CSV; not for tokens, date shifts and dropped
 * columns, which need their batch.
 */
int gate_put_cell(void *worker, const struct csv_block *, size_t r,
    size_t column, struct buf *, struct fault *);

/* Of a merged worker. */
struct gate_counts {
	uint64_t missing; /* cells that a treatment found empty */
	uint64_t invalid; /* cells blanked or kept apart */
	uint64_t withheld; /* records without their identifiers */
};
struct gate_counts gate_worker_counts(const void *worker);
/*
 * The tags of the people seen, in no order, yours to free; NULL when none
 * are kept: no key, or the input has no column of NHS numbers.
 */
uint64_t *gate_worker_tags(const void *worker, size_t *n);

#endif

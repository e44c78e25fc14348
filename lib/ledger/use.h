/*
 * use: one use of people's records, from its announcement to its benefit.
 *
 * A tool that is given a ledger announces the use before it opens any
 * output (an entry of the kind intent), and reports it when the output is
 * complete (complete). An intent without its complete is a use that was
 * interrupted: something may have come out. What the use is for stands in a
 * JSON file, one object of texts; see use_fields and nib-ledger(1).
 *
 * So that a citizen can ask which uses included them, complete keeps a tag
 * of each person: the first 8 bytes, lowest first, of BLAKE2b-128(TK, 01
 * NHS number) with TK = BLAKE2b-256(secret, "nib-ledger/v1/subject" 00
 * LE64(length) use). Without the ledger's secret a tag is a random number,
 * and the tags of two uses cannot be compared.
 */
#ifndef NIB_LEDGER_USE_H
#define NIB_LEDGER_USE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "ledger/ledger.h"
#include "privacy/key.h"
#include "privacy/noise.h"
#include "spec/spec.h"

#define USE_ID 16 /* characters */

/* The fields of a description; in the order of the register. */
struct use_field {
	const char *name, *title;
	int required;
};
const struct use_field *use_fields(size_t *n);

struct use;

/*
 * Reads the description and opens the ledger. All NULL: NULL without a
 * fault, and the functions below do nothing with it; some NULL: a fault.
 * ask, arg: for the key's passphrase, as with key_open_ask.
 */
struct use *use_open(const char *ledger, const char *key, const char *about,
    key_ask *ask, void *arg, struct fault *);
void use_close(struct use *);
const char *use_id(const struct use *);

/* Facts for the next entry. Text is copied. */
void use_text(struct use *, const char *name, const char *);
void use_count(struct use *, const char *name, uint64_t);
void use_spec(struct use *, const struct spec *);
void use_key(struct use *, const struct key *project);
/*
 * The condition by which records were chosen. Kept as 16 bytes of a hash
 * under the ledger's secret: it may name a value of somebody's.
 */
void use_filter(struct use *, const char *expression);

/*
 * The announcement. *warning (yours, or NULL) tells of an earlier use that
 * this one could be set against (ledger/difference.h).
 */
int use_intent(struct use *, const char *tool, char **warning,
    struct fault *);
/*
 * The report, with the people in it: tags[n], sorted here; NULL: none.
 * *warning as above, of an earlier use with nearly as many people or records.
 */
int use_complete(struct use *, uint64_t *tags, size_t n,
    uint64_t records_out, char **warning, struct fault *);

/* TK of this use. */
void use_tag_key(const struct use *, unsigned char to[KEY_BYTES]);

/* A part of a privacy budget, before anything comes out; ledger/budget.h. */
int use_spend(struct use *, const char *budget, uint64_t epsilon,
    struct fault *);
/* Noise under a key of the ledger, the same for all its uses. Yours. */
struct noise *use_noise(const struct use *);

/* What came of a use: the text is public. */
int use_benefit(struct ledger *, const struct key *secret, const char *use,
    const char *text, struct fault *);

#endif

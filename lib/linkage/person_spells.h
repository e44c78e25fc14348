/*
 * person_spells: the episodes of one person put together into provider
 * spells (one admission at one provider) and stays (continuous inpatient
 * spells: spells joined by transfers between hospitals).
 *
 * Rules, from published NHS practice:
 *
 * - Of a person's episodes with one key the first counts, in the order below
 *   with the provider before it.
 * - Within person and provider, by start, end, order, transfer rank and key,
 *   an episode continues the spell of the one before when the admission
 *   date is the same, or the start is the same, or the one before has
 *   discharge method 8 or 9 and this one starts the day that one ended.
 * - Transfer rank: 0 no transfer, 1 sends one, 2 both, 3 receives one.
 * - Within person, spells by admission, the next continues the stay when it
 *   starts no more than three days after the last ended, and the last went
 *   to another hospital (destination 51, 52, 53), or this came from one
 *   (source 51, 52, 53) or by transfer (method 81, 2B, 67).
 */
#ifndef NIB_LINKAGE_PERSON_SPELLS_H
#define NIB_LINKAGE_PERSON_SPELLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/sorter.h"
#include "linkage/episode.h"

/*
 * What does not fit together:
 *
 * - Two spells of a person at different providers that share more than one
 *   night. Ids of both, by admission, end, transfer rank and key; nights.
 * - An open episode (not finished, or without an end) that a later spell of
 *   the person at the provider follows. Its key, the first such spell, and
 *   days from the episode's start (or admission, if that is all it has).
 */
enum spells_finding_kind { SPELLS_OVERLAP, SPELLS_OPEN, SPELLS_KINDS };
struct spells_finding {
	const char *first, *second;
	size_t nfirst, nsecond;
	enum spells_finding_kind kind;
	int32_t days;
};

struct spells_counts {
	uint64_t episodes;
	uint64_t reasons[EPISODE_REASONS];
	uint64_t spells, stays;
	uint64_t findings[SPELLS_KINDS];
};

#define SPELLS_NONE INT32_MIN
struct spells_result {
	enum episode_reason reason;
	/* Keys of the first episode of the spell and of the stay. */
	const char *spell, *stay;
	size_t nspell, nstay;
	int32_t nights;      /* from admission to the spell's last end */
	int32_t days_since;  /* end of the person's last spell to admission */
	int readmission;     /* 1: an emergency within 30 days of a stay */
};

struct person_spells;
struct person_spells *person_spells_new(void);
void person_spells_free(struct person_spells *);

/* Forget the person. */
void person_spells_clear(struct person_spells *);
/* Copies e and its key, e->key_n bytes. */
void person_spells_add(struct person_spells *, const struct episode *e,
    const char *key);
/* Adds all of another, before either is made. */
void person_spells_append(struct person_spells *, const struct person_spells *);
size_t person_spells_count(const struct person_spells *);

/* Once, after the last is added. Adds reasons, spells and stays to counts. */
void person_spells_make(struct person_spells *, struct spells_counts *);
/* Of the i-th added; borrowed until the next add or clear. */
void person_spells_of(const struct person_spells *, size_t i,
    struct spells_result *);

/* Pairs of spells looked at for one person, at most. */
#define SPELLS_MAX_PAIRS 1000000

/*
 * After person_spells_make: findings go to the sorter, out of which they
 * come by kind, ids and days. A fault beyond SPELLS_MAX_PAIRS.
 */
int person_spells_find(struct person_spells *, struct sorter *,
    struct spells_counts *, struct fault *);
/* What came out of it, borrowed as the record is. */
void spells_finding_of(const struct sorter_record *, struct spells_finding *);

#endif

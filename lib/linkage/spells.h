/*
 * spells: hospital episodes put together into provider spells (one
 * admission at one provider) and stays (continuous inpatient spells: spells
 * joined by transfers between hospitals).
 *
 * Rules, from published NHS practice:
 *
 * - An episode is in a spell when it is finished (status 3, or no status
 *   and an end), and person, provider (its first three characters),
 *   admission date, episode start, episode end and key are there. The
 *   admission date of a first episode that is not a transfer is taken from
 *   its start when it is missing. Other episodes have a reason instead.
 * - Within person and provider, by start, end, order, transfer rank and key,
 *   an episode continues the spell of the one before when the admission
 *   date is the same, or the start is the same, or the one before has
 *   discharge method 8 or 9 and this one starts the day that one ended.
 * - Transfer rank: 0 no transfer, 1 sends one, 2 both, 3 receives one.
 * - Within person, spells by admission, the next continues the stay when it
 *   starts no more than three days after the last ended, and the last went
 *   to another hospital (destination 51, 52, 53), or this came from one
 *   (source 51, 52, 53) or by transfer (method 81, 2B, 67).
 *
 * Memory: 60 bytes an episode and its key, and about 70 and its length for
 * each person.
 */
#ifndef NIB_LINKAGE_SPELLS_H
#define NIB_LINKAGE_SPELLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "csv/reader.h"

enum spells_column {
	SPELLS_PERSON, SPELLS_PROVIDER, SPELLS_ADMISSION, SPELLS_START,
	SPELLS_END, SPELLS_KEY, SPELLS_STATUS, SPELLS_ORDER,
	SPELLS_ADMISSION_METHOD, SPELLS_ADMISSION_SOURCE,
	SPELLS_DISCHARGE_METHOD, SPELLS_DISCHARGE_DESTINATION,
	SPELLS_COLUMNS
};

/* Why an episode is in no spell. */
enum spells_reason {
	SPELLS_FINE, SPELLS_NO_PERSON, SPELLS_NO_PROVIDER, SPELLS_NO_KEY,
	SPELLS_NOT_FINISHED, SPELLS_NO_START, SPELLS_NO_END,
	SPELLS_NO_ADMISSION, SPELLS_END_BEFORE_START, SPELLS_REPEATED,
	SPELLS_REASONS
};

/* What a column is called: "admission date". */
const char *spells_column_name(enum spells_column);
/* Names it may have in a specification or a header, NULL at the end. */
const char *const *spells_column_names(enum spells_column);
/* May the input lack it? Then it is missing in every record. */
int spells_column_optional(enum spells_column);
/* "not finished"; "" for SPELLS_FINE. */
const char *spells_reason_text(enum spells_reason);

struct spells;

struct spells *spells_new(void);
void spells_free(struct spells *);

/*
 * Reads all episodes. columns[SPELLS_COLUMNS]: -1 absent. missing[c], if
 * not NULL, are cells of column c that mean missing besides the empty one.
 */
int spells_read(struct spells *, struct csv_reader *, const long *columns,
    const char *const *const *missing, unsigned jobs, const char *progress,
    struct fault *);

/* Once, after reading. */
void spells_make(struct spells *);

size_t spells_count(const struct spells *);
/* Episodes with a reason, spells and stays. */
uint64_t spells_reason_count(const struct spells *, enum spells_reason);
uint64_t spells_spells(const struct spells *);
uint64_t spells_stays(const struct spells *);

#define SPELLS_NONE INT32_MIN
struct spells_result {
	enum spells_reason reason;
	/* Keys of the first episode of the spell and of the stay. */
	const char *spell, *stay;
	size_t nspell, nstay;
	int32_t nights;      /* from admission to the spell's last end */
	int32_t days_since;  /* end of the person's last spell to admission */
	int readmission;     /* 1: an emergency within 30 days of a stay */
};

/* Of the i-th episode read; any thread after spells_make. */
void spells_of(const struct spells *, size_t, struct spells_result *);

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
	uint8_t nfirst, nsecond;
	enum spells_finding_kind kind;
	int32_t days;
};

/* Pairs of spells looked at for one person, at most. */
#define SPELLS_MAX_PAIRS 1000000

/*
 * After spells_make: *n findings in *to, yours, ordered by kind, ids and
 * days; the order of the episodes read does not matter. Ids are borrowed.
 * A fault when one person, who can be none, has more than SPELLS_MAX_PAIRS
 * pairs of spells that meet in time. 4 bytes for each spell, open episode
 * and person, 8 more for those of one person at a time, and 32 to 64 for
 * each finding.
 */
int spells_find(const struct spells *, struct spells_finding **to, size_t *n,
    struct fault *);

#endif

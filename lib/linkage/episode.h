/*
 * episode: one hospital episode out of a record of a dataset.
 *
 * An episode can be in a spell when it is finished (status 3, or no status
 * and an end), and person, provider (its first three characters), admission
 * date, episode start, episode end and key are there. The admission date of
 * a first episode that is not a transfer is taken from its start when it is
 * missing. Other episodes have a reason instead.
 */
#ifndef NIB_LINKAGE_EPISODE_H
#define NIB_LINKAGE_EPISODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "csv/block.h"

enum episode_column {
	EPISODE_PERSON, EPISODE_PROVIDER, EPISODE_ADMISSION, EPISODE_START,
	EPISODE_END, EPISODE_KEY, EPISODE_STATUS, EPISODE_ORDER,
	EPISODE_ADMISSION_METHOD, EPISODE_ADMISSION_SOURCE,
	EPISODE_DISCHARGE_METHOD, EPISODE_DISCHARGE_DESTINATION,
	EPISODE_COLUMNS
};

/* Why an episode is in no spell. */
enum episode_reason {
	EPISODE_FINE, EPISODE_NO_PERSON, EPISODE_NO_PROVIDER, EPISODE_NO_KEY,
	EPISODE_NOT_FINISHED, EPISODE_NO_START, EPISODE_NO_END,
	EPISODE_NO_ADMISSION, EPISODE_END_BEFORE_START, EPISODE_REPEATED,
	EPISODE_REASONS
};

/* What a column is called: "admission date". */
const char *episode_column_name(enum episode_column);
/* Names it may have in a specification or a header, NULL at the end. */
const char *const *episode_column_names(enum episode_column);
/* May the input lack it? Then it is missing in every record. */
int episode_column_optional(enum episode_column);
/* "not finished"; "" for EPISODE_FINE. */
const char *episode_reason_text(enum episode_reason);

#define EPISODE_NO_DATE INT32_MIN
#define EPISODE_NO_ORDER 255
#define EPISODE_MAX_ID 255 /* bytes of a person or a key */

enum { /* flags */
	EPISODE_SENDS = 1,      /* discharged to another hospital */
	EPISODE_FROM = 2,       /* admitted from another hospital */
	EPISODE_BY = 4,         /* admitted by a transfer */
	EPISODE_STAYS = 8,      /* discharge method 8 or 9: none really */
	EPISODE_EMERGENCY = 16, /* admitted in an emergency */
};

struct episode {
	uint32_t provider; /* three characters */
	int32_t admission, start, end; /* days since 1970 */
	uint8_t key_n, order, flags, reason;
};

/*
 * columns[EPISODE_COLUMNS]: -1 absent. missing[c], if not NULL, are cells of
 * column c that mean missing besides the empty one.
 */
struct episode_source {
	const long *columns;
	const char *const *const *missing;
};

struct episode_scratch { /* zeros to begin with */
	struct buf person, key, other;
};
void episode_scratch_free(struct episode_scratch *);

/*
 * Record i of a block. person and key are borrowed from the block or the
 * scratch until the next call. A fault when one is beyond EPISODE_MAX_ID.
 */
int episode_read(const struct episode_source *, const struct csv_block *,
    size_t i, struct episode_scratch *, struct episode *,
    struct csv_slice *person, struct csv_slice *key, struct fault *);

/*
 * Of an episode that is open (not finished, or without an end) the day from
 * which it is known to be so; EPISODE_NO_DATE for any other.
 */
int32_t episode_open_from(const struct episode *);

#endif

/*
 * attach_rows: the records of one key of another file, of which the one on
 * the right side of a day is chosen.
 */
#ifndef NIB_LINKAGE_ATTACH_ROWS_H
#define NIB_LINKAGE_ATTACH_ROWS_H

#include "base/buf.h"
#include "csv/block.h"
#include "linkage/attach.h"

#define ATTACH_NO_DAY INT32_MIN
/* Of a date, or a date and time (2024-03-10T09:30:00); else no day. */
int32_t attach_day(const char *, size_t);

struct attach_row {
	uint64_t at;  /* of its cells: where the owner keeps them */
	uint32_t n;   /* bytes of them */
	uint32_t key; /* the owner's */
	int32_t day;
};

/* Sorts by day, keeping the order of rows of one day; room for n. */
void attach_sort_days(struct attach_row *, size_t n, struct attach_row *room);

#define ATTACH_NONE SIZE_MAX
/* One of n sorted rows; ATTACH_NONE if none fits. */
size_t attach_choose(const struct attach_row *, size_t n, int32_t day,
    enum attach_side, int32_t within);

/* All rows of one key, held. Zeros to begin with. */
struct attach_group {
	struct attach_row *v, *room;
	size_t n, cap;
	struct buf cells;
};
void attach_group_free(struct attach_group *);
void attach_group_clear(struct attach_group *);
void attach_group_add(struct attach_group *, int32_t day, const char *cells,
    size_t n);

/* What ends a row of the output: cells of the other file, NULL for none. */
void attach_end_row(const struct attach_task *, struct buf *,
    const char *cells, size_t n);
/* The same, of what is chosen from a group sorted by day; NULL: none. */
void attach_end_group_row(const struct attach_task *, struct buf *,
    const struct attach_group *, int32_t day);

/* A fault: the record's key was there before, and there are no days. */
int attach_key_again(const struct attach_task *, const char *file,
    uint64_t line, uint64_t record, struct fault *);

/* The day of a record of either file; 0 without a column. */
int32_t attach_record_day(const struct csv_block *, size_t i, long column,
    struct buf *scratch);

/* The cells of a record, a comma before each, ready to be written. */
void attach_put_cells(struct buf *, const struct csv_block *, size_t record,
    const struct attach_task *);

#endif

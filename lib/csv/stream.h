/* What reader and page know of each other: the bytes before they are cut. */
#ifndef NIB_CSV_STREAM_H
#define NIB_CSV_STREAM_H

#include <sys/types.h>

#include "base/infile.h"
#include "base/map.h"
#include "csv/reader.h"
#include "csv/scan.h"

struct csv_reader {
	const char *const *paths;
	size_t npaths;
	struct csv_options o;
	const struct csv_scanner *scanner;
	csv_scan_fn pick; /* NULL: every end is written */
	struct csv_turns turns; /* of pick */
	uint32_t *place;  /* see csv_block */
	size_t dropped;

	/* Where reading is; used by one thread at a time. */
	struct infile *in;   /* NULL: between files */
	struct csv_decoder *decoder; /* of in, if it needs one */
	size_t file_index;   /* of in, or of the next file to open */
	int at_end;          /* of in */
	struct buf carry;    /* bytes read beyond the last page's end */
	uint64_t start_line; /* of the first data record of in */
	int fresh;           /* no page of in was made yet */
	uint64_t sequence;
	uint64_t taken_before, size_before; /* of the files done */

	struct csv_header header;
	struct map *names;

	/* Where the pages placed so far have come to. */
	size_t placed_file;
	uint64_t line, record, records_before;

	struct csv_page *page; /* of csv_next */
};

static inline size_t
stream_max_record(const struct csv_reader *r)
{
	return r->o.max_record > 0 ? r->o.max_record : CSV_MAX_RECORD;
}

static inline size_t
stream_block_size(const struct csv_reader *r)
{
	return r->o.block_size > 0 ? r->o.block_size : CSV_BLOCK_SIZE;
}

static inline const char *
stream_path(const struct csv_reader *r, size_t i)
{
	return r->npaths > 0 ? r->paths[i] : "-";
}

/* Bytes of the file that is open, as read(2). */
ssize_t stream_read(struct csv_reader *, void *, size_t, struct fault *);
/* The next file with a record in it: 1, 0: none, -1. */
int stream_next_file(struct csv_reader *, struct fault *);
size_t stream_lines(const void *, size_t);

#endif

/*
 * rows: a csv_block made of cells in memory, for tests of what reads
 * blocks. No cell may need quotes.
 */
#ifndef NIB_TEST_ROWS_H
#define NIB_TEST_ROWS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv/block.h"

struct rows {
	struct csv_block block;
	char *data;
	uint32_t *ends;
};

static void
rows_make(struct rows *r, const char *const *cells, size_t nrows,
    size_t ncols)
{
	size_t i, n = 0, at = 0;

	for (i = 0; i < nrows * ncols; i++)
		n += strlen(cells[i]) + 1;
	r->data = calloc(n + 64, 1);
	r->ends = calloc(nrows * ncols + 1, sizeof *r->ends);
	if (r->data == NULL || r->ends == NULL)
		abort();
	r->ends[0] = UINT32_MAX; /* so that the next byte is 0 */
	for (i = 0; i < nrows * ncols; i++) {
		size_t size = strlen(cells[i]);

		memcpy(r->data + at, cells[i], size);
		at += size;
		r->ends[i + 1] = (uint32_t)at;
		r->data[at++] = (i + 1) % ncols == 0 ? '\n' : ',';
	}
	memset(&r->block, 0, sizeof r->block);
	r->block.data = r->data;
	r->block.size = n;
	r->block.ncols = ncols;
	r->block.nrecords = nrows;
	r->block.ends = r->ends + 1;
	r->block.delimiter = ',';
	r->block.file = "rows";
	r->block.first_record = 1;
	r->block.first_line = 2;
}

static void
rows_free(struct rows *r)
{
	free(r->data);
	free(r->ends);
}

#endif

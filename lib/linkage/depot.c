/* Records of people in a temporary file. */
#include "linkage/depot.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sorter.h"
#include "base/spill.h"
#include "linkage/ids.h"

struct piece {
	off_t at;
	size_t bytes, records;
	unsigned side;
};

struct depot {
	const struct values *v;
	int ids;
	size_t memory;
	struct spill *spill;
	struct counts *counts;
	char has[MATCHING_MAX_FIELDS]; /* by slot */
	uint64_t n[2];
	struct piece *pieces;
	size_t npieces, room;
};

struct depot *
depot_new(const struct values *v, int ids, int frequencies, size_t memory)
{
	struct depot *s = mem_zero(1, sizeof *s);

	s->v = v;
	s->ids = ids;
	s->memory = memory;
	s->spill = spill_new();
	if (frequencies)
		s->counts = counts_new(values_matching(v));
	return s;
}

void
depot_set_memory(struct depot *s, size_t memory)
{
	s->memory = memory;
}

void
depot_free(struct depot *s)
{
	if (s == NULL)
		return;
	spill_free(s->spill);
	counts_free(s->counts);
	free(s->pieces);
	free(s);
}

static size_t
cells_of(const struct depot *s)
{
	return values_nslots(s->v) + (size_t)s->ids;
}

/* Notes which slots have a value. */
static void
look(struct depot *s, const char *p, size_t records)
{
	struct keys_record r;
	size_t i, k, slots = values_nslots(s->v);

	for (i = 0; i < records; i++) {
		p = keys_record(&r, p, cells_of(s));
		for (k = 0; k < slots; k++)
			s->has[k] |= r.cell[k].n > 0;
	}
}

int
depot_has(const struct depot *s, size_t slot)
{
	return s->has[slot];
}

int
depot_add(struct depot *s, unsigned side, struct buf *cells, size_t records,
    struct fault *f)
{
	struct piece piece = { 0, cells->n, records, side };

	if (records == 0)
		return 0;
	if (s->n[side] + records > ROLL_MOST)
		return fault_set(f, "more records than can be numbered");
	look(s, cells->p, records);
	if (s->counts != NULL)
		counts_add_cells(s->counts, s->v, cells->p, records,
		    cells_of(s));
	if (s->counts != NULL && counts_memory(s->counts) > s->memory / 2)
		return fault_set(f, "the values whose frequencies are counted "
		    "take more than half of --memory");
	if (spill_write(s->spill, cells, &piece.at, f) == -1)
		return -1;
	if (s->npieces == s->room) {
		s->room = s->room * 2 + 256;
		s->pieces = mem_array(s->pieces, s->room, sizeof piece);
	}
	s->pieces[s->npieces++] = piece;
	s->n[side] += records;
	return 0;
}

uint64_t
depot_count(const struct depot *s, unsigned side)
{
	return s->n[side];
}

const struct values *
depot_values(const struct depot *s)
{
	return s->v;
}

struct counts *
depot_counts(const struct depot *s)
{
	return s->counts;
}

size_t
depot_memory(const struct depot *s)
{
	return s->memory;
}

int
depot_ids(const struct depot *s)
{
	return s->ids;
}

int
depot_each(const struct depot *s, int (*visit)(void *,
    const struct depot_record *, struct fault *), void *arg, struct fault *f)
{
	struct depot_record r = { 0 };
	uint32_t number[2] = { 0, 0 };
	struct buf b = { 0 };
	const char *p, *end;
	size_t i, k;
	int rc = 0;

	for (i = 0; rc == 0 && i < s->npieces; i++) {
		const struct piece *piece = &s->pieces[i];

		rc = spill_read(s->spill, piece->at, 0, piece->bytes, &b, f);
		for (k = 0, p = b.p; rc == 0 && k < piece->records; k++) {
			end = keys_record(&r.cells, p, cells_of(s));
			r.side = piece->side;
			r.number = number[r.side]++;
			r.p = p;
			r.n = (size_t)(end - p);
			p = end;
			rc = visit(arg, &r, f);
		}
	}
	buf_free(&b);
	return rc;
}

struct by_id {
	struct ids *ids;
	size_t at; /* among the cells */
};

static int
add_id(void *arg, const struct depot_record *r, struct fault *f)
{
	struct by_id *b = arg;

	return ids_add(b->ids, r->side, r->number, r->cells.cell[b->at].p,
	    r->cells.cell[b->at].n, f);
}

int
depot_check_ids(struct depot *s, const char *const *files, struct fault *f)
{
	struct by_id b = { ids_new(s->memory), values_nslots(s->v) };
	int rc = depot_each(s, add_id, &b, f);

	if (rc == 0)
		rc = ids_check(b.ids, files, f);
	ids_free(b.ids);
	return rc;
}

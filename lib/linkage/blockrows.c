/* Records under the keys of blocking rules, as CSV. */
#include "linkage/blockrows.h"

#include <string.h>

#include "base/num.h"
#include "csv/writer.h"
#include "linkage/candidates.h"

static const char *const sides[] = { "all", "left", "right" };

/* The columns before the fields. */
enum { RULE, KEY, SIDE, RECORD, ID, NCOLUMNS };
static const char *const columns[] = { "rule", "key", "side", "record", "id" };

int
blockrows_side(const char *p, size_t n, enum blockrows_side *to)
{
	size_t i;

	for (i = 0; i < sizeof sides / sizeof sides[0]; i++)
		if (strlen(sides[i]) == n && memcmp(sides[i], p, n) == 0) {
			*to = (enum blockrows_side)i;
			return 0;
		}
	return -1;
}

/* A field's column, which none of the others can be called. */
static void
column_of(struct buf *to, const struct values *v, size_t slot)
{
	buf_clear(to);
	buf_puts(to, "field_");
	buf_puts(to, values_matching(v)->fields[values_field(v, slot)].name);
}

void
blockrows_put_header(struct buf *to, const struct values *v)
{
	struct buf name = { 0 };
	size_t i;

	for (i = 0; i < NCOLUMNS; i++)
		buf_printf(to, "%s%s", i > 0 ? "," : "", columns[i]);
	for (i = 0; i < values_nslots(v); i++) {
		buf_putc(to, ',');
		column_of(&name, v, i);
		csv_put_cell(to, name.p, name.n);
	}
	buf_putc(to, '\n');
	buf_free(&name);
}

void
blockrows_put(const struct blockrows_put *b, struct buf *to, struct buf *key,
    uint64_t record, const struct keys_record *r)
{
	size_t slots = values_nslots(b->v), rule, i;

	for (rule = 0; rule < b->m->nblocking; rule++) {
		if (!keys_make(b->v, &b->m->blocking[rule], r, key))
			continue;
		buf_put_u64(to, rule + 1);
		buf_putc(to, ',');
		csv_put_cell(to, key->p, key->n);
		buf_putc(to, ',');
		buf_puts(to, sides[b->side]);
		buf_putc(to, ',');
		buf_put_u64(to, record);
		buf_putc(to, ',');
		csv_put_cell(to, r->cell[slots].p, r->cell[slots].n);
		for (i = 0; i < slots; i++) {
			buf_putc(to, ',');
			csv_put_cell(to, r->cell[i].p, r->cell[i].n);
		}
		buf_putc(to, '\n');
	}
}

struct reading {
	struct cohort *c;
	const struct matching *m;
	long column[NCOLUMNS + MATCHING_MAX_FIELDS];
	int known; /* whether there are two sides */
	struct buf cells, key, scratch;
};

static int
bind(struct reading *r, const struct csv_header *h, struct fault *f)
{
	struct buf name = { 0 };
	const char *p;
	size_t i, n = NCOLUMNS + values_nslots(r->c->v);
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		if (i >= NCOLUMNS)
			column_of(&name, r->c->v, i - NCOLUMNS);
		p = i < NCOLUMNS ? columns[i] : buf_string(&name);
		if ((r->column[i] = csv_column(h, p)) == -1)
			rc = fault_set(f, "no column %s: not what nib-link "
			    "block writes for %s", p, r->m->name);
	}
	buf_free(&name);
	return rc;
}

/* The record's number, side and rule. */
static int
take_place(struct reading *r, const struct csv_block *b, size_t i,
    struct candidates_row *to, struct fault *f)
{
	enum blockrows_side side;
	struct csv_slice s;
	int64_t n;

	s = csv_cell(b, i, (size_t)r->column[RULE], &r->scratch);
	if (num_i64(s.p, s.n, &n) == -1 || n < 1 ||
	    (size_t)n > r->m->nblocking)
		return fault_set(f, "not a blocking rule of %s", r->m->name);
	to->rule = (size_t)n - 1;
	s = csv_cell(b, i, (size_t)r->column[RECORD], &r->scratch);
	if (num_i64(s.p, s.n, &n) == -1 || n < 1 || n > (int64_t)ROLL_MOST)
		return fault_set(f, "record is not a number from 1");
	to->number = (uint32_t)(n - 1);
	s = csv_cell(b, i, (size_t)r->column[SIDE], &r->scratch);
	if (blockrows_side(s.p, s.n, &side) == -1)
		return fault_set(f, "side is not all, left or right");
	if (r->known && r->c->two != (side != BLOCKROWS_ALL))
		return fault_set(f, "rows of one file and of two do not "
		    "go together");
	r->known = 1;
	r->c->two = side != BLOCKROWS_ALL;
	to->side = side == BLOCKROWS_RIGHT;
	return 0;
}

static int
take(struct reading *r, const struct csv_block *b, size_t i, struct fault *f)
{
	struct candidates_row row = { 0 };
	size_t slots = values_nslots(r->c->v), k;
	struct csv_slice s;

	if (take_place(r, b, i, &row, f) == -1)
		return -1;
	buf_clear(&r->key);
	s = csv_cell(b, i, (size_t)r->column[KEY], &r->scratch);
	buf_put(&r->key, s.p, s.n);
	buf_clear(&r->cells);
	for (k = 0; k <= slots; k++) { /* the id last */
		s = csv_cell(b, i, (size_t)r->column[k < slots ?
		    NCOLUMNS + k : ID], &r->scratch);
		if (s.n > VALUES_MAX || (k == slots && s.n == 0))
			return fault_set(f, "a value is too long, or the id "
			    "empty");
		buf_putc(&r->cells, (char)(unsigned char)s.n);
		buf_put(&r->cells, s.p, s.n);
	}
	if (r->key.n > CANDIDATES_KEY)
		return fault_set(f, "a key is too long");
	row.key = r->key.p;
	row.nkey = r->key.n;
	row.cells = r->cells.p;
	row.ncells = r->cells.n;
	return candidates_add(r->c->rows, &row, f);
}

int
blockrows_read(struct cohort *c, const struct matching *m,
    struct csv_reader *in, struct fault *f)
{
	struct reading r = { .c = c, .m = m };
	const struct csv_block *b;
	size_t i;
	int rc = bind(&r, csv_header(in), f), k = 0;

	while (rc == 0 && (k = csv_next(in, &b, f)) == 1)
		for (i = 0; rc == 0 && i < b->nrecords; i++)
			if (take(&r, b, i, f) == -1) {
				fault_place(f, b->file, csv_line_number(b, i),
				    csv_record_number(b, i), 0, NULL);
				rc = -1;
			}
	buf_free(&r.cells);
	buf_free(&r.key);
	buf_free(&r.scratch);
	return rc == 0 ? k : rc;
}

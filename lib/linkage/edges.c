/* Pairs with numbers for ids. */
#include "linkage/edges.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"

void
edges_start(struct edges *e, size_t memory)
{
	memset(e, 0, sizeof *e);
	e->names = names_new(memory);
}

void
edges_end(struct edges *e)
{
	names_free(e->names);
	free(e->pairs);
	free(e->decisions);
	free(e->of);
	memset(e, 0, sizeof *e);
}

/* The place of an id in the order of arrival stands for its number. */
static int
add_id(struct edges *e, const char *p, size_t n, uint32_t *place,
    struct fault *f)
{
	*place = (uint32_t)e->added++;
	return names_add(e->names, p, n, f);
}

/* One record; what is wrong with a cell goes to *bad, its column to *at. */
static int
read_pair(struct edges *e, const struct csv_block *b, size_t i,
    const long column[3], double threshold, struct buf *scratch,
    const char **bad, size_t *at, struct fault *f)
{
	struct cluster_pair p;
	struct csv_slice s;
	uint32_t *to[2];

	to[0] = &p.l;
	to[1] = &p.r;
	for (*at = 0; *at < 2; ++*at) {
		s = csv_cell(b, i, (size_t)column[*at], scratch);
		if (s.n == 0) {
			*bad = "an id is empty";
			return -1;
		}
		if (add_id(e, s.p, s.n, to[*at], f) == -1)
			return -1;
	}
	s = csv_cell(b, i, (size_t)column[2], scratch);
	if (num_double(s.p, s.n, &p.weight) == -1) {
		*bad = "not a number";
		return -1;
	}
	if (p.weight < threshold)
		return 0;
	if (e->npairs == e->cap) {
		e->cap = e->cap * 3 / 2 + 4096;
		e->pairs = mem_array(e->pairs, e->cap, sizeof *e->pairs);
	}
	e->pairs[e->npairs++] = p;
	return 0;
}

int
edges_read(struct edges *e, struct csv_reader *in, double threshold,
    struct fault *f)
{
	static const char *const names[] = { "id_l", "id_r", "weight" };
	const struct csv_block *b;
	struct buf scratch = { 0 };
	const char *bad = NULL;
	long column[3];
	size_t i, at;
	int k;

	for (i = 0; i < 3; i++)
		if ((column[i] = csv_column(csv_header(in), names[i])) == -1)
			return fault_set(f, "the input has no column %s: it "
			    "is not the output of nib-link score", names[i]);
	while ((k = csv_next(in, &b, f)) == 1) {
		for (i = 0; i < b->nrecords && k == 1; i++)
			if (read_pair(e, b, i, column, threshold, &scratch,
			    &bad, &at, f) == -1)
				k = -1;
		if (bad != NULL) {
			(void)fault_set(f, "%s", bad);
			fault_place(f, b->file, csv_line_number(b, i - 1),
			    csv_record_number(b, i - 1),
			    (uint64_t)column[at] + 1, NULL);
		}
		if (k == -1)
			break;
	}
	buf_free(&scratch);
	return k;
}

int
edges_read_decisions(struct edges *e, const char *path, char delimiter,
    struct fault *f)
{
	struct csv_table *t = csv_table_open(path, delimiter, f);
	struct cluster_decision *d;
	const char *l, *r, *word;
	long cl, cr, cd;
	size_t i;
	int rc = -1;

	if (t == NULL || (cl = csv_table_column(t, "id_l", f)) == -1 ||
	    (cr = csv_table_column(t, "id_r", f)) == -1 ||
	    (cd = csv_table_column(t, "decision", f)) == -1)
		goto out;
	e->decisions = mem_array(NULL, t->nrows + 1, sizeof *e->decisions);
	for (i = 0; i < t->nrows; i++) {
		l = csv_table_cell(t, i, (size_t)cl);
		r = csv_table_cell(t, i, (size_t)cr);
		word = csv_table_cell(t, i, (size_t)cd);
		if (word[0] == '\0')
			continue;
		if ((strcmp(word, "same") != 0 &&
		    strcmp(word, "different") != 0) || l[0] == '\0' ||
		    r[0] == '\0' || strcmp(l, r) == 0) {
			(void)fault_at(f, path, t->lines[i], "needs two ids "
			    "and the decision same or different");
			goto out;
		}
		d = &e->decisions[e->ndecisions++];
		d->same = word[0] == 's';
		if (add_id(e, l, strlen(l), &d->l, f) == -1 ||
		    add_id(e, r, strlen(r), &d->r, f) == -1)
			goto out;
	}
	rc = 0;
out:
	csv_table_close(t);
	return rc;
}

int
edges_add_records(struct edges *e, const struct roll *a,
    const struct roll *b, struct fault *f)
{
	const struct roll *r;
	size_t i, k;

	e->records[0] = a;
	e->records[1] = b;
	for (k = 0; k < 2 && (r = e->records[k]) != NULL; k++)
		for (i = 0; i < r->n; i++)
			if (names_add(e->names, r->ids + r->id_at[i],
			    (size_t)(r->id_at[i + 1] - r->id_at[i]), f) == -1)
				return -1;
	return 0;
}

/* The numbers of ids in order of arrival; *at: how many were read. */
static int
number_at(struct edges *e, uint64_t *at, uint32_t place, uint32_t *to,
    struct fault *f)
{
	while (*at <= place) {
		if (names_number(e->names, to, f) != 1)
			return -1;
		if (*to >= e->count)
			e->count = *to + (size_t)1;
		++*at;
	}
	return 0;
}

static int
settle_records(struct edges *e, struct fault *f)
{
	const struct roll *r;
	uint32_t number;
	size_t i, k;

	e->of = mem_zero(e->count + 1, sizeof *e->of);
	for (k = 0; k < 2 && (r = e->records[k]) != NULL; k++)
		for (i = 0; i < r->n; i++) {
			if (names_number(e->names, &number, f) != 1)
				return -1;
			if (number < e->count)
				e->of[number] = roll_record(r, i);
		}
	return 0;
}

int
edges_settle(struct edges *e, struct fault *f)
{
	uint64_t at = 0;
	uint32_t number;
	size_t i, kept = 0;

	for (i = 0; i < e->npairs; i++) {
		struct cluster_pair p = e->pairs[i];

		if (number_at(e, &at, p.l, &p.l, f) == -1 ||
		    number_at(e, &at, p.r, &p.r, f) == -1)
			return -1;
		if (p.l != p.r)
			e->pairs[kept++] = p;
	}
	e->npairs = kept;
	for (i = 0; i < e->ndecisions; i++)
		if (number_at(e, &at, e->decisions[i].l, &e->decisions[i].l,
		    f) == -1 || number_at(e, &at, e->decisions[i].r,
		    &e->decisions[i].r, f) == -1)
			return -1;
	/* Ids of pairs below the threshold may come last. */
	if (e->added > at && number_at(e, &at, (uint32_t)(e->added - 1),
	    &number, f) == -1)
		return -1;
	return e->records[0] != NULL ? settle_records(e, f) : 0;
}

int
edges_next_id(struct edges *e, const char **p, size_t *n, struct fault *f)
{
	return names_next(e->names, p, n, f);
}

/* Several tables of one cube, published together. */
#include "disclosure/tables.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

#define SEVERAL UINT32_MAX

/* For each value of grouping a the one of b that it goes with. */
struct pair {
	size_t a, b;
	uint32_t *with; /* per value of a: of b, + 1; 0: not seen; SEVERAL */
	size_t room;
};

struct tables_source {
	const struct disclosure_tables *tables;
	size_t nby, nmeasures, npairs;
	int keep;
	tally_next *next;
	void *arg;
	struct map **values; /* per grouping */
	struct pair *pairs;
	uint32_t *at;        /* the row's values */
	struct tally_rows found, finest;
};

int
disclosure_tables_add(struct disclosure_tables *t,
    const struct tally_request *r, const char *names, struct fault *f)
{
	uint32_t set = 0;
	const char *p;
	size_t n, i;
	int more;

	while ((more = tally_list_next(&names, &p, &n, f)) == 1) {
		for (i = 0; i < r->nby; i++)
			if (strlen(r->by[i].name) == n &&
			    memcmp(r->by[i].name, p, n) == 0)
				break;
		if (i == r->nby)
			return fault_set(f, "--table: --by has no grouping "
			    "called %.*s", (int)n, p);
		set |= (uint32_t)1 << i;
	}
	t->sets = mem_array(t->sets, t->n + 1, sizeof *t->sets);
	t->sets[t->n++] = set;
	return more;
}

void
disclosure_tables_free(struct disclosure_tables *t)
{
	free(t->sets);
	t->sets = NULL;
	t->n = 0;
}

/* Is the table of a set one of those, or a total of one? */
static int
is_shown(const struct disclosure_tables *t, uint32_t set)
{
	size_t i;

	if (set == 0 && t->margins != TALLY_PLAIN)
		return 1;
	for (i = 0; i < t->n; i++)
		if (t->sets[i] == set || (t->margins == TALLY_CUBE &&
		    (set & ~t->sets[i]) == 0))
			return 1;
	return 0;
}

struct tables_source *
tables_source_new(const struct disclosure_tables *t,
    const struct tally_request *r, tally_next *next, void *arg)
{
	struct tables_source *s = mem_zero(1, sizeof *s);
	size_t a, b, i, nby = r->nby;

	s->tables = t;
	s->nby = nby;
	s->nmeasures = r->nmeasures;
	s->next = next;
	s->arg = arg;
	s->at = mem_zero(nby, sizeof *s->at);
	s->values = mem_zero(nby, sizeof *s->values);
	for (a = 0; a < nby; a++)
		s->values[a] = map_new();
	s->pairs = mem_zero(nby * nby, sizeof *s->pairs);
	for (a = 0; a < nby; a++)
		for (b = 0; b < nby; b++) {
			uint32_t both = (uint32_t)1 << a | (uint32_t)1 << b;

			/* A table of the two says it. */
			for (i = 0; i < t->n; i++)
				if ((both & ~t->sets[i]) == 0)
					break;
			if (a != b && i == t->n) {
				s->pairs[s->npairs].a = a;
				s->pairs[s->npairs++].b = b;
			}
		}
	return s;
}

void
tables_source_free(struct tables_source *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nby; i++)
		map_free(s->values[i]);
	for (i = 0; i < s->npairs; i++)
		free(s->pairs[i].with);
	tally_rows_free(&s->found);
	tally_rows_free(&s->finest);
	free(s->values);
	free(s->pairs);
	free(s->at);
	free(s);
}

static void
note(struct pair *p, const uint32_t *at)
{
	uint32_t a = at[p->a], b = at[p->b] + 1;

	if (a >= p->room) {
		size_t room = p->room * 2 + 64;

		room = room > a ? room : (size_t)a + 1;
		p->with = mem_array(p->with, room, sizeof *p->with);
		memset(p->with + p->room, 0, (room - p->room) *
		    sizeof *p->with);
		p->room = room;
	}
	p->with[a] = p->with[a] == 0 || p->with[a] == b ? b : SEVERAL;
}

/* A row more, with room for its groupings. */
static struct tally_row *
new_row(struct tally_rows *t, size_t nby, struct csv_slice **by)
{
	struct tally_row *r;

	if (t->n == t->room) {
		t->room = t->room * 2 + 64;
		t->rows = mem_array(t->rows, t->room, sizeof *t->rows);
	}
	r = &t->rows[t->n++];
	memset(r, 0, sizeof *r);
	*by = arena_alloc(&t->arena, nby * sizeof **by);
	memset(*by, 0, nby * sizeof **by);
	r->by = *by;
	return r;
}

static int
keep(struct tables_source *s, const struct tally_row *row, struct fault *f)
{
	struct tally_value *values;
	struct tally_row *to;
	struct csv_slice *by;
	size_t i;

	if (s->finest.n == TALLY_MAX_ROWS)
		return fault_set(f, "the groupings have more than %zu "
		    "combinations, which is more than can be protected",
		    TALLY_MAX_ROWS);
	to = new_row(&s->finest, s->nby, &by);
	for (i = 0; i < s->nby; i++)
		by[i].p = map_key(s->values[i], s->at[i], &by[i].n);
	values = arena_alloc(&s->finest.arena, s->nmeasures *
	    sizeof *values + 1);
	if (s->nmeasures > 0)
		memcpy(values, row->values, s->nmeasures * sizeof *values);
	to->values = values;
	to->nrows = row->nrows;
	return 0;
}

int
tables_source_next(void *arg, struct tally_row *row, struct fault *f)
{
	struct tables_source *s = arg;
	uint32_t all = (uint32_t)(((uint64_t)1 << s->nby) - 1);
	size_t i;
	int more;

	while ((more = s->next(s->arg, row, f)) == 1) {
		for (i = 0; i < s->nby && row->total == 0; i++)
			s->at[i] = (uint32_t)map_add(s->values[i],
			    row->by[i].n > 0 ? row->by[i].p : "",
			    row->by[i].n, NULL);
		for (i = 0; i < s->npairs && row->total == 0; i++)
			note(&s->pairs[i], s->at);
		if (s->keep && row->total == 0 && keep(s, row, f) == -1)
			return -1;
		if (is_shown(s->tables, all & ~row->total))
			return 1;
	}
	return more;
}

static void
add_pair(struct tables_source *s, const struct pair *p, size_t value)
{
	struct csv_slice *by;
	struct tally_row *r = new_row(&s->found, s->nby, &by);

	by[p->a].p = map_key(s->values[p->a], value, &by[p->a].n);
	by[p->b].p = map_key(s->values[p->b], p->with[value] - 1,
	    &by[p->b].n);
	r->total = (uint32_t)(((uint64_t)1 << s->nby) - 1) &
	    ~((uint32_t)1 << p->a | (uint32_t)1 << p->b);
}

const struct tally_rows *
tables_source_pairs(struct tables_source *s)
{
	size_t i, k, n;

	s->found.nby = s->nby;
	for (i = 0; i < s->npairs; i++) {
		const struct pair *p = &s->pairs[i];

		n = map_count(s->values[p->a]);
		for (k = 0; k < n && p->with[k] != SEVERAL; k++)
			;
		if (k < n)
			continue;
		for (k = 0; k < n; k++)
			add_pair(s, p, k);
	}
	return &s->found;
}

void
tables_source_keep(struct tables_source *s)
{
	s->keep = 1;
}

const struct tally_rows *
tables_source_finest(const struct tables_source *s)
{
	return &s->finest;
}

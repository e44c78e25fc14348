/* What people decided on pairs. */
#include "linkage/review.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"
#include "linkage/model.h"

struct review {
	struct arena arena;
	struct map *known;
	struct review_pair *pairs;
	size_t cap;
};

struct review *
review_new(void)
{
	struct review *r = mem_zero(1, sizeof *r);

	r->known = map_new();
	return r;
}

void
review_free(struct review *r)
{
	if (r == NULL)
		return;
	map_free(r->known);
	arena_free(&r->arena);
	free(r->pairs);
	free(r);
}

static struct review_pair *
pair_of(struct review *r, const char *l, const char *right)
{
	int swap = strcmp(l, right) > 0, added;
	struct buf key = { 0 };
	size_t i;

	buf_puts(&key, swap ? right : l);
	buf_putc(&key, '\0');
	buf_puts(&key, swap ? l : right);
	i = map_add(r->known, key.p, key.n, &added);
	buf_free(&key);
	if (!added)
		return &r->pairs[i];
	if (i == r->cap) {
		r->cap = r->cap * 2 + 256;
		r->pairs = mem_array(r->pairs, r->cap, sizeof *r->pairs);
	}
	r->pairs[i] = (struct review_pair){ arena_string(&r->arena, l),
		arena_string(&r->arena, right), NAN, REVIEW_OPEN };
	return &r->pairs[i];
}

static int
state_of(const char *word, enum review_state *to)
{
	if (word[0] == '\0')
		*to = REVIEW_OPEN;
	else if (strcmp(word, "same") == 0)
		*to = REVIEW_SAME;
	else if (strcmp(word, "different") == 0)
		*to = REVIEW_DIFFERENT;
	else
		return -1;
	return 0;
}

int
review_read(struct review *r, const char *path, char delimiter,
    struct fault *f)
{
	struct csv_table *t = csv_table_open(path, delimiter, f);
	struct fault none = FAULT_NONE;
	struct review_pair *p;
	enum review_state state;
	const char *left, *right, *w;
	long cl, cr, cd, cw;
	size_t i;
	int rc = -1;

	if (t == NULL || (cl = csv_table_column(t, "id_l", f)) == -1 ||
	    (cr = csv_table_column(t, "id_r", f)) == -1 ||
	    (cd = csv_table_column(t, "decision", f)) == -1)
		goto out;
	cw = csv_table_column(t, "weight", &none);
	for (i = 0; i < t->nrows; i++) {
		left = csv_table_cell(t, i, (size_t)cl);
		right = csv_table_cell(t, i, (size_t)cr);
		if (left[0] == '\0' || right[0] == '\0' ||
		    strcmp(left, right) == 0 ||
		    state_of(csv_table_cell(t, i, (size_t)cd), &state) == -1) {
			(void)fault_at(f, path, t->lines[i], "needs two ids "
			    "and the decision same, different or none");
			goto out;
		}
		p = pair_of(r, left, right);
		if (p->state == REVIEW_OPEN)
			p->state = state;
		else if (state != REVIEW_OPEN && state != p->state)
			p->state = REVIEW_DISPUTED;
		w = cw == -1 ? "" : csv_table_cell(t, i, (size_t)cw);
		if (w[0] != '\0' && num_double(w, strlen(w), &p->weight) ==
		    -1) {
			(void)fault_at(f, path, t->lines[i], "a weight that "
			    "is not a number");
			goto out;
		}
	}
	rc = 0;
out:
	csv_table_close(t);
	return rc;
}

const struct review_pair *
review_pairs(const struct review *r, size_t *n)
{
	*n = map_count(r->known);
	return r->pairs;
}

static int
by_from(const void *a, const void *b)
{
	const struct review_band *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

struct review_band *
review_bands(const struct review *r, size_t *n)
{
	size_t i, k, all = map_count(r->known);
	struct review_band *bands = mem_zero(all + 1, sizeof *bands), *b;
	const struct review_pair *p;
	long from;

	*n = 0;
	for (i = 0; i < all; i++) {
		p = &r->pairs[i];
		if (isnan(p->weight) || fabs(p->weight) > 1e6)
			continue;
		from = (long)floor(p->weight);
		for (k = 0; k < *n && bands[k].from != from; k++)
			;
		b = &bands[k];
		b->from = from;
		*n += k == *n;
		b->pairs++;
		b->same += p->state == REVIEW_SAME;
		b->different += p->state == REVIEW_DIFFERENT;
		b->open += p->state == REVIEW_OPEN;
		b->disputed += p->state == REVIEW_DISPUTED;
		if (p->state == REVIEW_SAME || p->state == REVIEW_DIFFERENT)
			b->expected += model_probability(p->weight);
	}
	if (*n > 1)
		qsort(bands, *n, sizeof *bands, by_from);
	return bands;
}

/* Counts and sums with differentially private geometric noise. */
#include "disclosure/noisy.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "csv/writer.h"

#define MOST_DEN ((uint64_t)1 << 57) /* noise_geometric's */

struct pair { /* records of a person in a group */
	uint32_t person, group;
	uint64_t order, n;
	size_t at; /* its values: at times the number of amounts */
};

struct sums { /* of an amount in a group */
	num_wide sum;
	uint64_t n; /* values */
};

struct noisy {
	struct noisy_options o;
	struct map *groups; /* in byte order; places as text, 0 after each */
	uint64_t part; /* of epsilon, for each question */
	uint64_t *counts;
	struct sums *sums;
	struct pair *pairs;
	struct tally_value *values;
	size_t n, room;
};

static int
by_bytes(const void *a, const void *b)
{
	const struct buf *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int c = n > 0 ? memcmp(x->p, y->p, n) : 0;

	return c != 0 ? c : x->n < y->n ? -1 : x->n > y->n;
}

/* The groups as keys, sorted: 1 in map_add's added for each, or twice. */
static int
add_groups(struct noisy *x, const long *columns, struct fault *f)
{
	const struct csv_table *t = x->o.groups;
	struct buf *keys = mem_zero(t->nrows, sizeof *keys);
	size_t i, j;
	int rc = 0;

	for (i = 0; i < t->nrows; i++)
		for (j = 0; j < x->o.request->nby; j++) {
			buf_puts(&keys[i], csv_table_cell(t, i,
			    (size_t)columns[j]));
			buf_putc(&keys[i], '\0');
		}
	if (t->nrows > 1)
		qsort(keys, t->nrows, sizeof *keys, by_bytes);
	for (i = 0; i < t->nrows; i++) {
		int added;

		(void)map_add(x->groups, keys[i].p != NULL ? keys[i].p : "",
		    keys[i].n, &added);
		if (!added)
			rc = fault_at(f, t->path, 0, "a group stands there "
			    "twice");
		buf_free(&keys[i]);
	}
	free(keys);
	return rc;
}

struct noisy *
noisy_new(const struct noisy_options *o, struct fault *f)
{
	struct noisy *x = mem_zero(1, sizeof *x);
	long *columns = mem_zero(o->request->nby, sizeof *columns);
	size_t i;
	int rc = 0;

	x->o = *o;
	x->groups = map_new();
	for (i = 0; i < o->request->nby && rc == 0; i++)
		if ((columns[i] = csv_table_column(o->groups,
		    o->request->by[i].name, f)) == -1)
			rc = -1;
	x->part = o->epsilon / o->amounts->questions;
	if (rc == 0 && x->part == 0)
		rc = fault_set(f, "--epsilon is too small to be divided");
	for (i = 0; i < o->amounts->n && rc == 0; i++)
		if (amount_largest(&o->amounts->v[i]) >
		    MOST_DEN / 1000000 / o->bound)
			rc = fault_set(f, "%s: --bounds times --bound is too "
			    "large for noise", o->amounts->v[i].text);
	if (rc == 0 && o->groups->nrows == 0)
		rc = fault_at(f, o->groups->path, 0, "there are no groups");
	if (rc == 0)
		rc = add_groups(x, columns, f);
	free(columns);
	if (rc == -1) {
		noisy_free(x);
		return NULL;
	}
	x->counts = mem_zero(map_count(x->groups), sizeof *x->counts);
	x->sums = mem_zero(map_count(x->groups) * o->amounts->n + 1,
	    sizeof *x->sums);
	return x;
}

void
noisy_free(struct noisy *x)
{
	if (x == NULL)
		return;
	map_free(x->groups);
	free(x->counts);
	free(x->sums);
	free(x->values);
	free(x->pairs);
	free(x);
}

/*
 * Any order will do that depends on nobody else; one that mixes does not
 * prefer the groups that come first.
 */
static uint64_t
order_of(const struct csv_slice *person, uint32_t group)
{
	uint64_t h = 0xcbf29ce484222325ULL ^ group;
	size_t i;

	for (i = 0; i < person->n; i++)
		h = (h ^ (unsigned char)person->p[i]) * 0x100000001b3ULL;
	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9ULL;
	h = (h ^ h >> 27) * 0x94d049bb133111ebULL;
	return h ^ h >> 31;
}

static int
read_pairs(struct noisy *x, struct tally_result *result, struct fault *f)
{
	size_t nby = x->o.request->nby, group, person, i;
	struct map *people = map_new();
	struct buf key = { 0 };
	struct tally_row row;
	int more;

	while ((more = tally_result_next(result, &row, f)) == 1) {
		const struct csv_slice *who = &row.by[nby];
		struct pair *p;

		buf_clear(&key);
		for (i = 0; i < nby; i++) {
			buf_put(&key, row.by[i].p, row.by[i].n);
			buf_putc(&key, '\0');
		}
		group = map_find(x->groups, key.p != NULL ? key.p : "",
		    key.n);
		if (group == MAP_NONE || who->n == 0)
			continue;
		person = map_add(people, who->p, who->n, NULL);
		if (person >= UINT32_MAX) {
			more = fault_set(f, "more than 4 thousand million "
			    "people");
			break;
		}
		if (x->n == x->room) {
			x->room = x->room * 2 + 1024;
			x->pairs = mem_array(x->pairs, x->room,
			    sizeof *x->pairs);
			x->values = mem_array(x->values, x->room *
			    x->o.amounts->n + 1, sizeof *x->values);
		}
		for (i = 0; i < x->o.amounts->n; i++)
			x->values[x->n * x->o.amounts->n + i] =
			    row.values[x->o.amounts->v[i].measure];
		p = &x->pairs[x->n];
		p->at = x->n++;
		p->person = (uint32_t)person;
		p->group = (uint32_t)group;
		p->order = order_of(who, p->group);
		p->n = row.nrows;
	}
	map_free(people);
	buf_free(&key);
	return more;
}

static int
by_person(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->person != y->person)
		return x->person < y->person ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->group < y->group ? -1 : x->group > y->group;
}

/* Nobody adds more than the bound. */
static void
count(struct noisy *x)
{
	uint64_t left = 0;
	size_t i, k;

	if (x->n > 1)
		qsort(x->pairs, x->n, sizeof *x->pairs, by_person);
	for (i = 0; i < x->n; i++) {
		const struct pair *p = &x->pairs[i];
		uint64_t n;

		if (i == 0 || p->person != x->pairs[i - 1].person)
			left = x->o.bound;
		n = p->n < left ? p->n : left;
		x->counts[p->group] += n;
		left -= n;
		for (k = 0; k < x->o.amounts->n; k++) {
			struct sums *to = &x->sums[p->group *
			    x->o.amounts->n + k];
			uint64_t values;

			to->sum += amount_given(&x->o.amounts->v[k],
			    &x->values[p->at * x->o.amounts->n + k], n,
			    &values);
			to->n += values;
		}
	}
}

static void
add_number(struct noise *noise, uint64_t v)
{
	unsigned char b[8];
	int i;

	for (i = 0; i < 8; i++)
		b[i] = (unsigned char)(v >> 8 * i);
	noise_add(noise, b, sizeof b);
}

static void
seed(const struct noisy *x, struct noise *noise)
{
	size_t i, n;

	noise_add(noise, "nib-noisy/v1", 13);
	add_number(noise, tally_request_digest(x->o.request));
	add_number(noise, x->o.epsilon);
	add_number(noise, x->o.bound);
	for (i = 0; i < map_count(x->groups); i++) {
		const char *key = map_key(x->groups, i, &n);

		add_number(noise, n);
		noise_add(noise, key, n);
		add_number(noise, x->counts[i]);
	}
	for (i = 0; i < x->o.amounts->n; i++) {
		add_number(noise, (uint64_t)x->o.amounts->v[i].lo);
		add_number(noise, (uint64_t)x->o.amounts->v[i].hi);
		add_number(noise, x->o.amounts->v[i].scale);
	}
	for (i = 0; i < map_count(x->groups) * x->o.amounts->n; i++) {
		add_number(noise, (uint64_t)x->sums[i].sum);
		add_number(noise, (uint64_t)(x->sums[i].sum >> 64));
		add_number(noise, x->sums[i].n);
	}
}

/* Noise for a number that a person changes by so much. */
static int64_t
draw(const struct noisy *x, struct noise *noise, uint64_t by)
{
	return noise_geometric(noise, x->part, by * UINT64_C(1000000));
}

/* The measures of a group: each number is drawn once, in this order. */
static void
put_group(struct buf *b, const struct noisy *x, struct noise *noise,
    size_t group)
{
	const struct amounts *a = x->o.amounts;
	const struct tally_request *r = x->o.request;
	num_wide *sums = mem_zero(a->n * 2 + 1, sizeof *sums), count = 0;
	size_t i, k;

	if (a->count)
		count = (num_wide)x->counts[group] + draw(x, noise,
		    x->o.bound);
	for (k = 0; k < a->n; k++) {
		const struct sums *s = &x->sums[group * a->n + k];

		sums[2 * k] = s->sum + draw(x, noise, x->o.bound *
		    amount_largest(&a->v[k]));
		if (a->v[k].mean)
			sums[2 * k + 1] = (num_wide)s->n + draw(x, noise,
			    x->o.bound);
	}
	for (i = 0; i < r->nmeasures; i++) {
		if (i > 0)
			buf_putc(b, ',');
		k = a->of[i];
		if (k == SIZE_MAX)
			num_put_decimal(b, count, 0);
		else if (r->measures[i].kind == TALLY_SUM)
			num_put_decimal(b, sums[2 * k], a->v[k].scale);
		else
			amount_put_mean(b, &a->v[k], sums[2 * k],
			    sums[2 * k + 1]);
	}
	buf_putc(b, '\n');
	free(sums);
}

int
noisy_publish(struct noisy *x, struct tally_result *result,
    struct noise *noise, struct outfile *out, uint64_t *rows,
    struct fault *f)
{
	const struct tally_request *r = x->o.request;
	struct buf b = { 0 };
	size_t i, j;
	int rc;

	if (read_pairs(x, result, f) == -1)
		return -1;
	count(x);
	seed(x, noise);
	for (j = 0; j < r->nby && x->o.header; j++) {
		csv_put_string(&b, r->by[j].name);
		buf_putc(&b, ',');
	}
	for (j = 0; j < r->nmeasures && x->o.header; j++) {
		csv_put_string(&b, r->measures[j].name);
		buf_putc(&b, j + 1 < r->nmeasures ? ',' : '\n');
	}
	for (i = 0; i < map_count(x->groups); i++) {
		const char *at = map_key(x->groups, i, NULL);

		for (j = 0; j < r->nby; j++) {
			csv_put_string(&b, at);
			buf_putc(&b, ',');
			at += strlen(at) + 1;
		}
		put_group(&b, x, noise, i);
	}
	*rows = map_count(x->groups);
	rc = outfile_write(out, b.p, b.n, f);
	buf_free(&b);
	return rc;
}

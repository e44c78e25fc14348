/* Counts with differentially private geometric noise. */
#include "disclosure/noisy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "csv/writer.h"

struct pair { /* records of a person in a group */
	uint32_t person, group;
	uint64_t order, n;
};

struct noisy {
	struct noisy_options o;
	struct map *groups; /* in byte order; places as text, 0 after each */
	uint64_t *counts;
	struct pair *pairs;
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
	return x;
}

void
noisy_free(struct noisy *x)
{
	if (x == NULL)
		return;
	map_free(x->groups);
	free(x->counts);
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
		}
		p = &x->pairs[x->n++];
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
	size_t i;

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
	if (x->o.header)
		buf_printf(&b, "%s\n", r->measures[0].name);
	for (i = 0; i < map_count(x->groups); i++) {
		const char *at = map_key(x->groups, i, NULL);

		for (j = 0; j < r->nby; j++) {
			csv_put_string(&b, at);
			buf_putc(&b, ',');
			at += strlen(at) + 1;
		}
		buf_printf(&b, "%" PRId64 "\n", (int64_t)x->counts[i] +
		    noise_geometric(noise, x->o.epsilon,
		    x->o.bound * UINT64_C(1000000)));
	}
	*rows = map_count(x->groups);
	rc = outfile_write(out, b.p, b.n, f);
	buf_free(&b);
	return rc;
}

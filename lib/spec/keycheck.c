/* Primary, unique and foreign keys of records. */
#include "spec/keycheck.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define AHEAD 24 /* slots fetched into the cache before their turn */

/* A key's columns over a batch. */
struct parts {
	size_t n;
	struct part {
		struct column_cells cells;
		struct buf pool;
		size_t next; /* of the cells */
		int text;    /* a cell's key is its text */
	} *v;
};

/* A block's digests of one key. */
struct digests {
	struct keyset_digest *of; /* per record */
	/* Records with a key, by shard: order[start[s]] to [start[s + 1]]. */
	uint32_t *order;
	size_t start[KEYSET_SHARDS + 1];
};

struct keycheck_state {
	const struct keycheck *keys;
	struct digests *v; /* per key */
	size_t n, cap;     /* records of the block */
	struct parts parts;
	struct buf text;
};

void
keycheck_add(struct keycheck *k, const struct keycheck_key *key)
{
	struct keycheck_key *to;

	k->v = mem_array(k->v, k->n + 1, sizeof *k->v);
	to = &k->v[k->n++];
	*to = *key;
	to->columns = mem_array(NULL, key->n + 1, sizeof *to->columns);
	memcpy(to->columns, key->columns, key->n * sizeof *to->columns);
	to->set = keyset_new();
}

void
keycheck_drop(struct keycheck *k)
{
	k->n--;
	free(k->v[k->n].columns);
	keyset_free(k->v[k->n].set);
}

void
keycheck_free(struct keycheck *k)
{
	while (k->n > 0)
		keycheck_drop(k);
	free(k->v);
}

int
keycheck_ordered(const struct keycheck *k)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (k->v[i].kind != KEYCHECK_FOREIGN)
			return 1;
	return 0;
}

static void
parts_free(struct parts *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		buf_free(&p->v[i].pool);
	free(p->v);
}

/* As many as the key with the most has. */
static void
parts_make(struct parts *p, const struct keycheck *k)
{
	size_t i;

	p->n = 0;
	for (i = 0; i < k->n; i++)
		p->n = k->v[i].n > p->n ? k->v[i].n : p->n;
	p->v = mem_zero(p->n + 1, sizeof *p->v);
}

/*
 * Appends the key of row r, which is asked for in order; 0: a null, or what
 * does not fit its type.
 */
static int
put_key(const struct keycheck_key *k, struct parts *parts, size_t r,
    struct buf *text)
{
	size_t i, start, whole = text->n;
	int there = 1;
	uint32_t n;

	for (i = 0; i < k->n; i++) {
		const struct column_cells *x = &parts->v[i].cells;
		size_t at = parts->v[i].next;

		if (at == x->k || x->row[at] != r) {
			there = 0;
			continue;
		}
		parts->v[i].next++;
		if (!there)
			continue;
		/* Where a cell ends is part of the key. */
		n = x->n[at];
		buf_put(text, &n, sizeof n);
		start = text->n;
		if (parts->v[i].text) {
			buf_put(text, x->p[at], n);
			continue;
		}
		there = column_key(k->columns[i], x->p[at], n, text) == 0;
		n = (uint32_t)(text->n - start);
		memcpy(text->p + start - sizeof n, &n, sizeof n);
	}
	if (!there)
		text->n = whole;
	return there;
}

/* Digests of records first to first + m; at: other columns than the key's. */
static void
digest_batch(const struct keycheck_key *k, const struct csv_block *b,
    size_t first, size_t m, const size_t *at, struct parts *parts,
    struct buf *text, struct keyset_digest *to)
{
	static const struct keyset_digest none = { 0, 0 };
	unsigned char there[COLUMN_BATCH];
	uint32_t ends[COLUMN_BATCH] = { 0 };
	size_t i, r;

	for (i = 0; i < k->n; i++) {
		column_take(k->columns[i], at != NULL ? at[i] :
		    column_at(k->columns[i]), b, first, m,
		    &parts->v[i].pool, &parts->v[i].cells);
		parts->v[i].next = 0;
		parts->v[i].text = column_key_is_text(k->columns[i]);
	}
	buf_clear(text);
	for (r = 0; r < m; r++) {
		there[r] = put_key(k, parts, r, text) != 0;
		ends[r] = (uint32_t)text->n;
	}
	buf_reserve(text, 8);
	keyset_digests(text->p, ends, m, to);
	for (r = 0; r < m; r++)
		if (!there[r])
			to[r] = none;
}

/* The reference's columns for a key's fields: 0, or -1. */
static int
reference_columns(const struct keycheck_key *k, const struct csv_header *h,
    const struct spec *s, size_t *at, struct fault *f)
{
	size_t i, j;

	for (i = 0; i < k->n; i++) {
		const char *name = k->foreign->reference_fields.v[i];
		long field = s != NULL ? spec_field_index(s, name) : -1;

		for (j = 0; j < h->n; j++)
			if (strcmp(h->names[j], name) == 0 || (field >= 0 &&
			    spec_field_index(s, h->names[j]) == field))
				break;
		if (j == h->n)
			return fault_set(f, "the reference %s has no column "
			    "%.90s", k->foreign->resource, name);
		at[i] = j;
	}
	return 0;
}

static int
refers_to(const struct keycheck_key *k, const struct spec *s,
    const char *resource)
{
	if (k->kind != KEYCHECK_FOREIGN)
		return 0;
	if (k->foreign->resource[0] == '\0')
		return resource[0] == '\0';
	return strcmp(k->foreign->resource, resource) == 0 ||
	    (resource[0] == '\0' && s->name != NULL &&
	    strcmp(k->foreign->resource, s->name) == 0);
}

int
keycheck_wants(const struct keycheck *k, const struct spec *s,
    const char *resource)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (refers_to(&k->v[i], s, resource))
			return 1;
	return 0;
}

static void
load(struct keycheck_key *k, const struct csv_block *b, const size_t *at,
    struct parts *parts, struct buf *text)
{
	struct keyset_digest d[COLUMN_BATCH];
	size_t first, m, r;

	for (first = 0; first < b->nrecords; first += m) {
		m = b->nrecords - first;
		if (m > COLUMN_BATCH)
			m = COLUMN_BATCH;
		digest_batch(k, b, first, m, at, parts, text, d);
		for (r = 0; r < m; r++)
			if ((d[r].a | d[r].b) != 0)
				(void)keyset_add(k->set, d[r]);
	}
}

int
keycheck_reference(struct keycheck *k, const struct spec *own,
    const char *resource, struct csv_reader *in, const struct spec *s,
    struct fault *f)
{
	const struct csv_header *h = csv_header(in);
	const struct csv_block *b;
	struct parts parts = { 0, NULL };
	struct buf text = { 0 };
	size_t **at = mem_zero(k->n + 1, sizeof *at);
	size_t i, n = 0;
	int rc = -1, more;

	parts_make(&parts, k);
	for (i = 0; i < k->n; i++) {
		if (!refers_to(&k->v[i], own, resource))
			continue;
		at[i] = mem_array(NULL, k->v[i].n, sizeof *at[i]);
		if (reference_columns(&k->v[i], h, s, at[i], f) == -1)
			goto out;
		k->v[i].loaded = 1;
		n++;
	}
	if (n == 0) {
		(void)fault_set(f, "no foreign key refers to %.90s",
		    resource);
		goto out;
	}
	while ((more = csv_next(in, &b, f)) == 1)
		for (i = 0; i < k->n; i++)
			if (at[i] != NULL)
				load(&k->v[i], b, at[i], &parts, &text);
	rc = more;
out:
	for (i = 0; i < k->n; i++)
		free(at[i]);
	free(at);
	parts_free(&parts);
	buf_free(&text);
	return rc;
}

struct keycheck_state *
keycheck_state_new(const struct keycheck *k)
{
	struct keycheck_state *s = mem_zero(1, sizeof *s);

	s->keys = k;
	s->v = mem_zero(k->n + 1, sizeof *s->v);
	parts_make(&s->parts, k);
	return s;
}

void
keycheck_state_free(struct keycheck_state *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->keys->n; i++) {
		free(s->v[i].of);
		free(s->v[i].order);
	}
	free(s->v);
	parts_free(&s->parts);
	buf_free(&s->text);
	free(s);
}

void
keycheck_start(struct keycheck_state *s, const struct csv_block *b)
{
	size_t i;

	s->n = b->nrecords;
	if (s->n <= s->cap)
		return;
	s->cap = s->n * 2;
	for (i = 0; i < s->keys->n; i++) {
		s->v[i].of = mem_array(s->v[i].of, s->cap,
		    sizeof *s->v[i].of);
		s->v[i].order = mem_array(s->v[i].order, s->cap,
		    sizeof *s->v[i].order);
	}
}

void
keycheck_map(struct keycheck_state *s, const struct csv_block *b,
    size_t first, size_t m, keycheck_said *said, void *arg)
{
	size_t i, r;

	for (i = 0; i < s->keys->n; i++) {
		const struct keycheck_key *k = &s->keys->v[i];
		struct keyset_digest *d = s->v[i].of + first;

		if (k->kind == KEYCHECK_FOREIGN && !k->loaded)
			continue;
		digest_batch(k, b, first, m, NULL, &s->parts, &s->text, d);
		if (k->kind != KEYCHECK_FOREIGN)
			continue;
		for (r = 0; r < m; r++)
			keyset_prefetch(k->set, d[r]);
		for (r = 0; r < m; r++)
			if ((d[r].a | d[r].b) != 0)
				said(arg, i, first + r,
				    keyset_has(k->set, d[r]));
	}
}

void
keycheck_share(struct keycheck_state *s)
{
	size_t i, r, shard;

	for (i = 0; i < s->keys->n; i++) {
		struct digests *v = &s->v[i];
		size_t at[KEYSET_SHARDS];

		if (s->keys->v[i].kind == KEYCHECK_FOREIGN)
			continue;
		memset(v->start, 0, sizeof v->start);
		for (r = 0; r < s->n; r++)
			v->start[keyset_shard(v->of[r]) + 1] +=
			    (v->of[r].a | v->of[r].b) != 0;
		for (shard = 0; shard < KEYSET_SHARDS; shard++) {
			at[shard] = v->start[shard];
			v->start[shard + 1] += v->start[shard];
		}
		for (r = 0; r < s->n; r++)
			if ((v->of[r].a | v->of[r].b) != 0)
				v->order[at[keyset_shard(v->of[r])]++] =
				    (uint32_t)r;
	}
}

/* Record k of the shard will be asked for soon, if there is one. */
static void
fetch(const struct keycheck_state *s, size_t key, size_t shard, size_t k)
{
	const struct digests *v = &s->v[key];
	size_t at;

	if (s->keys->v[key].kind == KEYCHECK_FOREIGN)
		return;
	at = v->start[shard] + k;
	if (at < v->start[shard + 1])
		keyset_prefetch(s->keys->v[key].set, v->of[v->order[at]]);
}

void
keycheck_shard(struct keycheck_state *s, size_t shard, keycheck_said *said,
    void *arg)
{
	size_t i, k, end;

	/* A shard has few of a block: the first of all keys at once. */
	for (i = 0; i < s->keys->n; i++)
		for (k = 0; k < AHEAD; k++)
			fetch(s, i, shard, k);
	for (i = 0; i < s->keys->n; i++) {
		const struct digests *v = &s->v[i];
		struct keyset *set = s->keys->v[i].set;

		if (s->keys->v[i].kind == KEYCHECK_FOREIGN)
			continue;
		end = v->start[shard + 1] - v->start[shard];
		for (k = 0; k < end; k++) {
			uint32_t r = v->order[v->start[shard] + k];

			fetch(s, i, shard, k + AHEAD);
			said(arg, i, r, keyset_add(set, v->of[r]));
		}
	}
}

/* Primary, unique and foreign keys of records. */
#include "spec/keycheck.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define AHEAD 16 /* buckets fetched into the cache before their turn */

/* A key's columns over a batch, and what is made of them. */
struct parts {
	size_t n;
	struct buf key, text; /* of a cell, of all */
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
	buf_free(&p->key);
	buf_free(&p->text);
	free(p->v);
}

/* As many as the key with the most has. */
static void
parts_make(struct parts *p, const struct keycheck *k)
{
	size_t i;

	memset(p, 0, sizeof *p);
	for (i = 0; i < k->n; i++)
		p->n = k->v[i].n > p->n ? k->v[i].n : p->n;
	p->v = mem_zero(p->n + 1, sizeof *p->v);
}

/* A text of up to so many bytes is copied by a fixed size. */
#define SHORT 16

/* Where a cell ends is part of the key. */
static inline void
put_text(struct buf *text, const char *p, uint32_t n)
{
	char *to;

	buf_reserve(text, n + 1 + sizeof n);
	to = text->p + text->n;
	text->n += n + 1;
	*to = (char)n;
	if (n <= SHORT) {
		memcpy(to + 1, p, SHORT);
		return;
	}
	if (n >= UINT8_MAX) {
		*to = (char)UINT8_MAX;
		memcpy(to + 1, &n, sizeof n);
		to += sizeof n;
		text->n += sizeof n;
	}
	memcpy(to + 1, p, n);
}

/*
 * Appends the key of row r, which is asked for in order; 0: a null, or what
 * does not fit its type.
 */
static int
put_key(const struct keycheck_key *k, struct parts *parts, size_t r,
    struct buf *text)
{
	size_t i, whole = text->n;
	int there = 1;

	for (i = 0; i < k->n; i++) {
		struct part *part = &parts->v[i];
		const struct column_cells *x = &part->cells;
		size_t at = part->next;

		if (at == x->k || x->row[at] != r) {
			there = 0;
			continue;
		}
		part->next++;
		if (!there)
			continue;
		if (part->text) {
			put_text(text, x->p[at], x->n[at]);
			continue;
		}
		buf_clear(&parts->key);
		buf_reserve(&parts->key, SHORT); /* all of it is copied */
		there = column_key(k->columns[i], x->p[at], x->n[at],
		    &parts->key) == 0;
		put_text(text, parts->key.p, (uint32_t)parts->key.n);
	}
	if (!there)
		text->n = whole;
	return there;
}

static void
take_parts(const struct keycheck_key *k, const struct csv_block *b,
    size_t first, size_t m, const size_t *at, struct parts *parts)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		column_take(k->columns[i], at != NULL ? at[i] :
		    column_at(k->columns[i]), b, first, m,
		    &parts->v[i].pool, &parts->v[i].cells);
		parts->v[i].next = 0;
		parts->v[i].text = column_key_is_text(k->columns[i]);
	}
}

/* The keys of a batch, and whose they are; how many. */
static size_t
put_keys(const struct keycheck_key *k, struct parts *parts, size_t m,
    const char **p, uint32_t *n, uint16_t *row)
{
	struct buf *text = &parts->text;
	uint32_t start[COLUMN_BATCH];
	size_t r, i = 0;

	buf_clear(text);
	for (r = 0; r < m; r++) {
		start[i] = (uint32_t)text->n;
		if (!put_key(k, parts, r, text))
			continue;
		n[i] = (uint32_t)text->n - start[i];
		row[i++] = (uint16_t)r;
	}
	for (r = 0; r < i; r++)
		p[r] = text->p + start[r];
	return i;
}

/*
 * Digests of records first to first + m; at: other columns than the key's.
 * A single cell that is its own key is digested where it is.
 */
static void
digest_batch(const struct keycheck_key *k, const struct csv_block *b,
    size_t first, size_t m, const size_t *at, struct parts *parts,
    struct keyset_digest *to)
{
	struct keyset_digest d[COLUMN_BATCH];
	const char *p[COLUMN_BATCH];
	uint32_t n[COLUMN_BATCH];
	uint16_t row[COLUMN_BATCH];
	const struct column_cells *x = &parts->v[0].cells;
	const uint16_t *whose = row;
	size_t i, there;

	take_parts(k, b, first, m, at, parts);
	if (k->n == 1 && parts->v[0].text) {
		there = x->k;
		whose = x->row;
		keyset_digests(x->p, x->n, there, d);
	} else {
		there = put_keys(k, parts, m, p, n, row);
		keyset_digests(p, n, there, d);
	}
	memset(to, 0, m * sizeof *to);
	for (i = 0; i < there; i++)
		to[whose[i]] = d[i];
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
    struct parts *parts)
{
	struct keyset_digest d[COLUMN_BATCH];
	size_t first, m, r;

	for (first = 0; first < b->nrecords; first += m) {
		m = b->nrecords - first;
		if (m > COLUMN_BATCH)
			m = COLUMN_BATCH;
		digest_batch(k, b, first, m, at, parts, d);
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
	struct parts parts;
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
				load(&k->v[i], b, at[i], &parts);
	rc = more;
out:
	for (i = 0; i < k->n; i++)
		free(at[i]);
	free(at);
	parts_free(&parts);
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
		digest_batch(k, b, first, m, NULL, &s->parts, d);
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

/* Published numbers by where they stand. */
#include "disclosure/places.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"

/* Which keys there are over a mask, and the places of each. */
struct groups {
	struct map *map;
	size_t room;
	size_t *first, *next; /* per key; per place */
};

/* Inner cells by the places of each mask that numbers have. */
struct places_index {
	size_t n;
	uint64_t *masks;
	struct groups *groups;
	struct buf key;
};

static void
groups_free(struct groups *g)
{
	map_free(g->map);
	free(g->first);
	free(g->next);
}

void
places_start(struct places *p, size_t ndims)
{
	memset(p, 0, sizeof *p);
	p->ndims = ndims;
	p->index = mem_zero(1, sizeof *p->index);
}

void
places_free(struct places *p)
{
	size_t i;

	for (i = 0; p->index != NULL && i < p->index->n; i++)
		groups_free(&p->index->groups[i]);
	if (p->index != NULL) {
		free(p->index->masks);
		free(p->index->groups);
		buf_free(&p->index->key);
	}
	free(p->index);
	free(p->masks);
	free(p->at);
	free(p->empty);
	free(p->inner);
	memset(p, 0, sizeof *p);
}

uint32_t *
places_add(struct places *p, uint64_t mask, int empty)
{
	uint32_t *at;

	if (p->n == p->room) {
		p->room = p->room * 2 + 64;
		p->masks = mem_array(p->masks, p->room, sizeof *p->masks);
		p->at = mem_array(p->at, p->room * p->ndims + 1,
		    sizeof *p->at);
		p->empty = mem_array(p->empty, p->room, 1);
	}
	at = p->at + p->n * p->ndims;
	memset(at, 0xff, p->ndims * sizeof *at);
	p->masks[p->n] = mask;
	p->empty[p->n++] = (unsigned char)(empty != 0);
	return at;
}

/* The key of a place over some dimensions. */
static void
key_of(struct buf *b, const uint32_t *at, size_t ndims, uint64_t mask)
{
	size_t d;

	buf_clear(b);
	for (d = 0; d < ndims; d++)
		if (mask >> d & 1)
			buf_put(b, (const char *)&at[d], sizeof at[d]);
}

static void
groups_make(struct groups *g, const uint32_t *at, size_t n, size_t ndims,
    uint64_t mask)
{
	struct buf key = { 0 };
	size_t i;

	memset(g, 0, sizeof *g);
	g->map = map_new();
	g->next = mem_array(NULL, n, sizeof *g->next);
	for (i = n; i-- > 0;) {
		size_t k;
		int added;

		key_of(&key, at + i * ndims, ndims, mask);
		k = map_add(g->map, key.p != NULL ? key.p : "", key.n,
		    &added);
		if (k >= g->room) {
			g->room = g->room * 2 + 64;
			g->first = mem_array(g->first, g->room,
			    sizeof *g->first);
		}
		g->next[i] = added ? SIZE_MAX : g->first[k];
		g->first[k] = i;
	}
	buf_free(&key);
}

static size_t
groups_find(const struct groups *g, struct buf *key, const uint32_t *at,
    size_t ndims, uint64_t mask)
{
	size_t k;

	key_of(key, at, ndims, mask);
	k = map_find(g->map, key->p != NULL ? key->p : "", key->n);
	return k == MAP_NONE ? SIZE_MAX : g->first[k];
}

/* Those of one mask, each once, none that is known to be empty. */
static uint32_t *
places_of(const struct places *p, uint64_t mask, size_t *n)
{
	uint32_t *to = mem_array(NULL, p->n * p->ndims + 1, sizeof *to);
	struct map *seen = map_new();
	struct buf key = { 0 };
	size_t i;

	*n = 0;
	for (i = 0; i < p->n; i++) {
		const uint32_t *at = p->at + i * p->ndims;
		int added;

		if (p->masks[i] != mask || p->empty[i])
			continue;
		key_of(&key, at, p->ndims, mask);
		(void)map_add(seen, key.p != NULL ? key.p : "", key.n,
		    &added);
		if (added)
			memcpy(to + (*n)++ * p->ndims, at,
			    p->ndims * sizeof *to);
	}
	map_free(seen);
	buf_free(&key);
	return to;
}

/* Inner cells so far, over done, with the places of one more mask. */
static int
join(struct places *p, uint64_t done, uint64_t mask, struct fault *f)
{
	size_t n, i, at, d, all = 0, room = 0;
	uint32_t *places = places_of(p, mask, &n), *to = NULL;
	struct groups g;
	struct buf key = { 0 };
	int rc = -1;

	groups_make(&g, places, n, p->ndims, mask & done);
	for (i = 0; i < p->ninner; i++)
		for (at = groups_find(&g, &key, p->inner + i * p->ndims,
		    p->ndims, mask & done); at != SIZE_MAX;
		    at = g.next[at]) {
			if (all == PLACES_MOST) {
				(void)fault_set(f, "the tables have more than "
				    "%zu combinations of their groupings "
				    "together, which is more than can be "
				    "audited; take fewer tables or groupings",
				    PLACES_MOST);
				goto out;
			}
			if (all == room) {
				room = room * 2 + 1024;
				to = mem_array(to, room * p->ndims + 1,
				    sizeof *to);
			}
			for (d = 0; d < p->ndims; d++)
				to[all * p->ndims + d] = mask >> d & 1 ?
				    places[at * p->ndims + d] :
				    p->inner[i * p->ndims + d];
			all++;
		}
	free(p->inner);
	p->inner = to;
	p->ninner = all;
	to = NULL;
	rc = 0;
out:
	groups_free(&g);
	buf_free(&key);
	free(places);
	free(to);
	return rc;
}

static int
widest_first(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	int m = __builtin_popcountll(x), n = __builtin_popcountll(y);

	return m != n ? n - m : x < y ? -1 : x > y;
}

/* The masks that are part of no other, the widest first. */
static uint64_t *
largest_masks(const struct places *p, size_t *n)
{
	uint64_t *masks = mem_array(NULL, p->n, sizeof *masks);
	size_t i, k, kept = 0;

	for (i = *n = 0; i < p->n; i++) {
		for (k = 0; k < *n && masks[k] != p->masks[i]; k++)
			;
		if (k == *n)
			masks[(*n)++] = p->masks[i];
	}
	if (*n > 1)
		qsort(masks, *n, sizeof *masks, widest_first);
	for (i = 0; i < *n; i++) {
		for (k = 0; k < kept; k++)
			if ((masks[i] & ~masks[k]) == 0)
				break;
		if (k == kept)
			masks[kept++] = masks[i];
	}
	*n = kept;
	return masks;
}

/* Those that meet what is there already are joined first. */
int
places_join(struct places *p, struct fault *f)
{
	size_t n, i, best;
	uint64_t *masks = largest_masks(p, &n), done = 0;
	int rc = 0;

	p->inner = mem_zero(p->ndims + 1, sizeof *p->inner);
	p->ninner = 1;
	for (; n > 0 && rc == 0; n--) {
		for (i = best = 0; i < n; i++)
			if ((masks[i] & done) != 0 &&
			    (masks[best] & done) == 0)
				best = i;
		rc = join(p, done, masks[best], f);
		done |= masks[best];
		memmove(masks + best, masks + best + 1,
		    (n - best - 1) * sizeof *masks);
	}
	free(masks);
	return rc;
}

static const struct groups *
index_of(struct places *p, uint64_t mask)
{
	struct places_index *x = p->index;
	size_t i;

	for (i = 0; i < x->n; i++)
		if (x->masks[i] == mask)
			return &x->groups[i];
	x->masks = mem_array(x->masks, x->n + 1, sizeof *x->masks);
	x->groups = mem_array(x->groups, x->n + 1, sizeof *x->groups);
	x->masks[x->n] = mask;
	groups_make(&x->groups[x->n], p->inner, p->ninner, p->ndims, mask);
	return &x->groups[x->n++];
}

size_t
places_members(struct places *p, size_t i, uint32_t *to)
{
	const struct groups *g = index_of(p, p->masks[i]);
	size_t at, n = 0;

	for (at = groups_find(g, &p->index->key, p->at + i * p->ndims,
	    p->ndims, p->masks[i]); at != SIZE_MAX; at = g->next[at])
		to[n++] = (uint32_t)at;
	return n;
}

size_t
places_inner(struct places *p, const uint32_t *at)
{
	uint64_t all = ((uint64_t)1 << p->ndims) - 1;
	size_t i = groups_find(index_of(p, all), &p->index->key, at, p->ndims,
	    all);

	return i == SIZE_MAX ? p->ninner : i;
}

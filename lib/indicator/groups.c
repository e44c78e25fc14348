#include "groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

#define FULL 255 /* raises until a byte could overflow */
#define SMALL ((int64_t)1 << 27) /* FULL squares of less fit in 64 bits */

/*
 * Where groups are, by the numbers of the cells that keys have: each of the
 * first with each of the second, and so on.
 */
#define PLACES_MOST ((size_t)1 << 18)

struct places {
	size_t size[DEFINITION_KEYS]; /* a cell's numbers are less: 1, 2, 4.. */
	uint32_t *group; /* plus one; 0: none */
	int too_many;
};

/* Where these would be too many, groups met lately. */
#define RECENT 1024

struct recent {
	uint32_t cells[DEFINITION_KEYS]; /* those that keys have */
	uint32_t group; /* plus one; 0: none */
};

/*
 * Up to FULL small values: ONE for each and their sum, which is less than half
 * of it, in one number; and their squares. A third of what groups_sum takes.
 */
#define ONE ((int64_t)1 << 40)

struct small_sum {
	int64_t sum, squares;
};

struct groups {
	size_t ncounters, words, nsums;
	struct map *index;
	struct places places;
	struct recent *recent; /* NULL: not wanted yet */
	size_t cap;
	uint64_t *small;       /* group * words: eight counters a word */
	unsigned char *raised; /* by group: how often since small was 0 */
	uint64_t *large;       /* group * ncounters */
	struct small_sum **parts; /* by sum and pattern, NULL: none; by group */
	struct groups_sum *sums;  /* by group, sum and choice */
	uint64_t spread[256];  /* the bits of a byte as bytes */
};

struct groups *
groups_new(size_t ncounters, size_t nsums)
{
	struct groups *g = mem_zero(1, sizeof *g);
	size_t v, i;

	g->ncounters = ncounters;
	g->words = (ncounters + 7) / 8;
	g->nsums = nsums;
	g->parts = mem_zero(nsums * GROUPS_PATTERNS + 1, sizeof *g->parts);
	g->index = map_new();
	for (v = 0; v < 256; v++)
		for (i = 0; i < 8; i++)
			g->spread[v] |= (uint64_t)(v >> i & 1) << (i * 8);
	return g;
}

void
groups_free(struct groups *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->nsums * GROUPS_PATTERNS; i++)
		free(g->parts[i]);
	map_free(g->index);
	free(g->places.group);
	free(g->recent);
	free(g->small);
	free(g->raised);
	free(g->large);
	free(g->parts);
	free(g->sums);
	free(g);
}

size_t
groups_count(const struct groups *g)
{
	return map_count(g->index);
}

void
groups_key(const struct groups *g, size_t group, uint32_t key[DEFINITION_KEYS])
{
	memcpy(key, map_key(g->index, group, NULL),
	    DEFINITION_KEYS * sizeof *key);
}

/* The choices of a sum. */
static struct groups_sum *
sums_of(struct groups *g, size_t group, size_t sum)
{
	return g->sums + (group * g->nsums + sum) * GROUPS_CHOICES;
}

static void
grow(struct groups *g)
{
	size_t i, was = g->cap;

	g->cap = g->cap > 0 ? g->cap * 2 : 64;
	g->small = mem_array(g->small, g->cap * (g->words + 1),
	    sizeof *g->small);
	g->raised = mem_array(g->raised, g->cap, 1);
	g->large = mem_array(g->large, g->cap * (g->ncounters + 1),
	    sizeof *g->large);
	g->sums = mem_array(g->sums, g->cap * g->nsums * GROUPS_CHOICES + 1,
	    sizeof *g->sums);
	for (i = 0; i < g->nsums * GROUPS_PATTERNS; i++) {
		if (g->parts[i] == NULL)
			continue;
		g->parts[i] = mem_array(g->parts[i], g->cap,
		    sizeof *g->parts[i]);
		memset(g->parts[i] + was, 0,
		    (g->cap - was) * sizeof *g->parts[i]);
	}
}

size_t
groups_find(struct groups *g, const uint32_t key[DEFINITION_KEYS])
{
	int added;
	size_t at = map_add(g->index, key, DEFINITION_KEYS * sizeof *key,
	    &added);

	if (!added)
		return at;
	if (at >= g->cap)
		grow(g);
	memset(g->small + at * g->words, 0, g->words * sizeof *g->small);
	g->raised[at] = 0;
	memset(g->large + at * g->ncounters, 0,
	    g->ncounters * sizeof *g->large);
	memset(sums_of(g, at, 0), 0,
	    g->nsums * GROUPS_CHOICES * sizeof *g->sums);
	return at;
}

static size_t
find_key(struct groups *g, const uint32_t *const *key, size_t k)
{
	uint32_t all[DEFINITION_KEYS];
	size_t i;

	for (i = 0; i < DEFINITION_KEYS; i++)
		all[i] = key[i] != NULL ? key[i][k] : GROUPS_NO_KEY;
	return groups_find(g, all);
}

/* All groups that there are, into places of new sizes. */
static void
places_fill(struct groups *g, size_t all)
{
	struct places *p = &g->places;
	uint32_t key[DEFINITION_KEYS];
	size_t group, i, n, at;

	free(p->group);
	p->group = mem_zero(all, sizeof *p->group);
	for (group = 0; group < groups_count(g); group++) {
		groups_key(g, group, key);
		for (at = n = i = 0; i < DEFINITION_KEYS; i++)
			if (key[i] != GROUPS_NO_KEY)
				at = at * p->size[n++] + key[i];
		p->group[at] = (uint32_t)group + 1;
	}
}

/* Room for the numbers of a record's cells. 0, or -1: they are too many. */
static int
places_fit(struct groups *g, const uint32_t *const *cells, size_t ncells,
    size_t k)
{
	struct places *p = &g->places;
	size_t all = 1, i;
	int grown = p->group == NULL;

	for (i = 0; i < ncells && !p->too_many; i++) {
		while (cells[i][k] >= p->size[i] && all <= PLACES_MOST) {
			p->size[i] = p->size[i] > 0 ? p->size[i] * 2 : 1;
			grown = 1;
			if (p->size[i] > PLACES_MOST)
				break;
		}
		all *= p->size[i];
		p->too_many = all > PLACES_MOST;
	}
	if (p->too_many) {
		free(p->group);
		p->group = NULL;
		return -1;
	}
	if (grown)
		places_fill(g, all);
	return 0;
}

/* The place of a record's group; *in: are its numbers less than all sizes? */
static inline __attribute__((always_inline)) size_t
place_of(const struct places *p, const uint32_t *const *cells, size_t ncells,
    size_t k, int *in)
{
	size_t i, at = 0;

	*in = 1;
	for (i = 0; i < ncells; i++) {
		*in &= cells[i][k] < p->size[i];
		at = at * p->size[i] + cells[i][k];
	}
	return at;
}

/* How many cells is a constant where it is inlined. */
static inline __attribute__((always_inline)) void
find_placed(struct groups *g, const uint32_t *const *key,
    const uint32_t *const *cells, size_t ncells, const unsigned char *any,
    size_t n, uint32_t *group)
{
	const struct places *p = &g->places;
	size_t at, k;
	int in;

	for (k = 0; k < n; k++) {
		if (!any[k])
			continue;
		at = place_of(p, cells, ncells, k, &in);
		if (!in || p->group == NULL || p->group[at] == 0) {
			group[k] = (uint32_t)find_key(g, key, k);
			if (places_fit(g, cells, ncells, k) == -1)
				continue;
			at = place_of(p, cells, ncells, k, &in);
			p->group[at] = group[k] + 1;
		}
		group[k] = p->group[at] - 1;
	}
}

static void
find_recent(struct groups *g, const uint32_t *const *key,
    const uint32_t *const *cells, size_t ncells, const unsigned char *any,
    size_t n, uint32_t *group)
{
	size_t i, k;

	if (g->recent == NULL)
		g->recent = mem_zero(RECENT, sizeof *g->recent);
	for (k = 0; k < n; k++) {
		uint32_t hash = 0;
		struct recent *r;
		int same;

		if (!any[k])
			continue;
		for (i = 0; i < ncells; i++)
			hash = (hash ^ cells[i][k]) * 0x9e3779b1U;
		r = &g->recent[hash >> 16 & (RECENT - 1)];
		same = r->group != 0;
		for (i = 0; i < ncells; i++)
			same &= r->cells[i] == cells[i][k];
		if (!same) {
			r->group = (uint32_t)find_key(g, key, k) + 1;
			for (i = 0; i < ncells; i++)
				r->cells[i] = cells[i][k];
		}
		group[k] = r->group - 1;
	}
}

void
groups_find_all(struct groups *g, const uint32_t *const *key,
    const unsigned char *any, size_t n, uint32_t *group)
{
	const uint32_t *cells[DEFINITION_KEYS];
	size_t ncells = 0, i;

	for (i = 0; i < DEFINITION_KEYS; i++)
		if (key[i] != NULL)
			cells[ncells++] = key[i];
	if (g->places.too_many)
		find_recent(g, key, cells, ncells, any, n, group);
	else if (ncells == 2)
		find_placed(g, key, cells, 2, any, n, group);
	else if (ncells == 3)
		find_placed(g, key, cells, 3, any, n, group);
	else
		find_placed(g, key, cells, ncells, any, n, group);
}

/* Small counters into the large ones. */
static void
pour(struct groups *g, size_t group)
{
	uint64_t *small = g->small + group * g->words;
	uint64_t *large = g->large + group * g->ncounters;
	size_t i;

	for (i = 0; i < g->ncounters; i++)
		large[i] += small[i / 8] >> (i % 8 * 8) & 0xff;
	memset(small, 0, g->words * sizeof *small);
	g->raised[group] = 0;
}

void
groups_raise(struct groups *g, const uint32_t *group,
    const unsigned char *any, unsigned char (*flags)[GROUPS_BATCH], size_t n)
{
	const size_t words = g->words;
	size_t k, w;

	for (k = 0; k < n; k++) {
		uint64_t *to;

		if (!any[k])
			continue;
		to = g->small + group[k] * words;
		for (w = 0; w < words; w++)
			to[w] += g->spread[flags[w][k]];
		if (++g->raised[group[k]] == FULL)
			pour(g, group[k]);
	}
}

uint64_t
groups_counter(struct groups *g, size_t group, size_t counter)
{
	if (g->raised[group] > 0)
		pour(g, group);
	return g->large[group * g->ncounters + counter];
}

static int
add_sum(struct groups_sum *to, const struct groups_sum *from)
{
	to->n += from->n;
	return num_wide_add(&to->sum, from->sum) == -1 ||
	    num_wide_add(&to->squares, from->squares) == -1 ? -1 : 0;
}

/* To the choices of a pattern. -1: it does not fit. */
static int
add_to_choices(struct groups *g, size_t group, size_t sum, size_t pattern,
    const struct groups_sum *from)
{
	struct groups_sum *to = sums_of(g, group, sum);
	size_t c;

	for (c = 0; c < GROUPS_CHOICES; c++)
		if ((pattern >> c & 1) != 0 && add_sum(&to[c], from) == -1)
			return -1;
	return 0;
}

static int
pour_part(struct groups *g, size_t group, size_t sum, size_t pattern)
{
	struct small_sum *part = g->parts[sum * GROUPS_PATTERNS + pattern];
	struct groups_sum x;

	if (part == NULL || part[group].sum == 0)
		return 0;
	x.n = (uint64_t)((part[group].sum + ONE / 2) / ONE);
	x.sum = part[group].sum - (int64_t)x.n * ONE;
	x.squares = part[group].squares;
	memset(&part[group], 0, sizeof *part);
	return add_to_choices(g, group, sum, pattern, &x);
}

static int
pour_parts(struct groups *g, size_t group, size_t sum)
{
	size_t pattern;

	for (pattern = 0; pattern < GROUPS_PATTERNS; pattern++)
		if (pour_part(g, group, sum, pattern) == -1)
			return -1;
	return 0;
}

static int
add_large(struct groups *g, size_t group, size_t sum, size_t pattern,
    int64_t v, int squares)
{
	/* 2^63 a record: fits in 128 bits for 2^64 records. */
	struct groups_sum x = { v, squares ? (num_wide)v * v : 0, 1 };

	return add_to_choices(g, group, sum, pattern, &x);
}

int
groups_add_values(struct groups *g, size_t sum, const uint32_t *group,
    const unsigned char *pattern, const unsigned char *at, size_t n,
    const int64_t *v, int squares)
{
	struct small_sum **parts = g->parts + sum * GROUPS_PATTERNS, *to;
	const int64_t square = squares ? -1 : 0;
	size_t i, k;

	for (i = 0; i < n; i++) {
		k = at[i];
		if (v[k] <= -SMALL || v[k] >= SMALL) {
			if (add_large(g, group[k], sum, pattern[k], v[k],
			    squares) == -1)
				return -1;
			continue;
		}
		if (parts[pattern[k]] == NULL)
			parts[pattern[k]] = mem_zero(g->cap, sizeof *to);
		to = parts[pattern[k]] + group[k];
		to->sum += v[k] + ONE;
		to->squares += v[k] * v[k] & square;
		if (to->sum >= FULL * ONE - ONE / 2 &&
		    pour_part(g, group[k], sum, pattern[k]) == -1)
			return -1;
	}
	return 0;
}

int
groups_sum(struct groups *g, size_t group, size_t sum, size_t choice,
    struct groups_sum *to)
{
	if (pour_parts(g, group, sum) == -1)
		return -1;
	*to = sums_of(g, group, sum)[choice];
	return 0;
}

int
groups_merge(struct groups *into, size_t group, struct groups *from,
    size_t from_group)
{
	size_t i, c;

	for (i = 0; i < from->ncounters; i++)
		into->large[group * into->ncounters + i] +=
		    groups_counter(from, from_group, i);
	for (i = 0; i < from->nsums; i++) {
		if (pour_parts(from, from_group, i) == -1)
			return -1;
		for (c = 0; c < GROUPS_CHOICES; c++)
			if (add_sum(&sums_of(into, group, i)[c],
			    &sums_of(from, from_group, i)[c]) == -1)
				return -1;
	}
	return 0;
}

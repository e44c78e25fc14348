/* Byte strings to dense numbers: open addressing over an arena of keys. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/mem.h"

#define BATCH 64 /* keys under way to memory */

struct slot {
	uint32_t tag;
	uint32_t id; /* number + 1; 0: free */
};

struct key {
	const char *p;
	size_t n;
	uint64_t hash;
};

struct map {
	struct slot *slots;
	size_t nslots; /* a power of two */
	struct key *keys;
	size_t n, cap;
	struct arena arena;
	uint64_t seed;
};

struct map *
map_new(void)
{
	struct map *m = mem_zero(1, sizeof *m);

	m->nslots = 16;
	m->slots = mem_zero(m->nslots, sizeof *m->slots);
	m->seed = hash_seed();
	return m;
}

void
map_free(struct map *m)
{
	if (m == NULL)
		return;
	free(m->slots);
	free(m->keys);
	arena_free(&m->arena);
	free(m);
}

size_t
map_count(const struct map *m)
{
	return m->n;
}

size_t
map_memory(const struct map *m)
{
	return m->nslots * sizeof *m->slots + m->n * sizeof *m->keys +
	    m->arena.total;
}

static size_t
slot_of(const struct map *m, const void *p, size_t n, uint64_t h)
{
	size_t i = (size_t)h & (m->nslots - 1);

	while (m->slots[i].id != 0) {
		const struct key *k = &m->keys[m->slots[i].id - 1];

		if (m->slots[i].tag == (uint32_t)(h >> 32) && k->n == n &&
		    (n == 0 || memcmp(k->p, p, n) == 0))
			break;
		i = (i + 1) & (m->nslots - 1);
	}
	return i;
}

size_t
map_find(const struct map *m, const void *p, size_t n)
{
	const struct slot *s;

	s = &m->slots[slot_of(m, p, n, hash_bytes(p, n, m->seed))];
	return s->id != 0 ? s->id - 1 : MAP_NONE;
}

static void
grow(struct map *m)
{
	size_t i, j;

	free(m->slots);
	m->nslots *= 2;
	m->slots = mem_zero(m->nslots, sizeof *m->slots);
	for (i = 0; i < m->n; i++) {
		j = (size_t)m->keys[i].hash & (m->nslots - 1);
		while (m->slots[j].id != 0)
			j = (j + 1) & (m->nslots - 1);
		m->slots[j].tag = (uint32_t)(m->keys[i].hash >> 32);
		m->slots[j].id = (uint32_t)(i + 1);
	}
}

static size_t
add(struct map *m, const void *p, size_t n, uint64_t h, int *added)
{
	size_t i = slot_of(m, p, n, h);

	if (added != NULL)
		*added = m->slots[i].id == 0;
	if (m->slots[i].id != 0)
		return m->slots[i].id - 1;
	if ((m->n + 1) * 2 > m->nslots) {
		grow(m);
		i = slot_of(m, p, n, h);
	}
	if (m->n == m->cap) {
		m->cap = m->cap > 0 ? m->cap * 2 : 16;
		m->keys = mem_array(m->keys, m->cap, sizeof *m->keys);
	}
	m->keys[m->n].p = arena_copy(&m->arena, p, n);
	m->keys[m->n].n = n;
	m->keys[m->n].hash = h;
	m->slots[i].tag = (uint32_t)(h >> 32);
	m->slots[i].id = (uint32_t)++m->n;
	return m->n - 1;
}

size_t
map_add(struct map *m, const void *p, size_t n, int *added)
{
	return add(m, p, n, hash_bytes(p, n, m->seed), added);
}

/* Slot, key and its bytes are three trips to memory: all at once. */
void
map_add_many(struct map *m, const char *const *p, const size_t *n,
    size_t count, size_t *to)
{
	uint64_t h[BATCH];
	const struct slot *s;
	size_t i, k, from;

	for (from = 0; from < count; from += k) {
		k = count - from < BATCH ? count - from : BATCH;
		for (i = 0; i < k; i++) {
			h[i] = hash_bytes(p[from + i], n[from + i], m->seed);
			__builtin_prefetch(&m->slots[h[i] & (m->nslots - 1)]);
		}
		for (i = 0; i < k; i++) {
			s = &m->slots[h[i] & (m->nslots - 1)];
			if (s->id != 0)
				__builtin_prefetch(&m->keys[s->id - 1]);
		}
		for (i = 0; i < k; i++) {
			s = &m->slots[h[i] & (m->nslots - 1)];
			if (s->id != 0)
				__builtin_prefetch(m->keys[s->id - 1].p);
		}
		for (i = 0; i < k; i++)
			to[from + i] = add(m, p[from + i], n[from + i], h[i],
			    NULL);
	}
}

const char *
map_key(const struct map *m, size_t i, size_t *n)
{
	if (n != NULL)
		*n = m->keys[i].n;
	return m->keys[i].p;
}

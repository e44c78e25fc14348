/* Strings to numbers in a stated memory. */
#include "linkage/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/sorter.h"

#define ENTRY 64 /* bytes of a map's entry besides the name */

struct names {
	size_t memory;
	uint64_t added;
	/* In memory. */
	struct map *map;
	size_t bytes;
	uint32_t *numbers;
	size_t cap;
	/* Beyond it: by name, the place; by place, the name's first place. */
	struct spill *spill;
	struct sorter *by_name, *by_place;
	struct sorter *different; /* names by first place */
	uint64_t *firsts;         /* by number */
	size_t firsts_cap;
	/* Reading. */
	int settled;
	uint64_t next;
	size_t count, name;
};

struct names *
names_new(size_t memory)
{
	struct names *s = mem_zero(1, sizeof *s);

	s->memory = memory;
	s->map = map_new();
	return s;
}

void
names_free(struct names *s)
{
	if (s == NULL)
		return;
	map_free(s->map);
	free(s->numbers);
	sorter_free(s->by_name);
	sorter_free(s->by_place);
	sorter_free(s->different);
	spill_free(s->spill);
	free(s->firsts);
	free(s);
}

static int
add_sorted(struct names *s, const char *p, size_t n, uint64_t place,
    struct fault *f)
{
	return sorter_add(s->by_name, p, n, &place, sizeof place, f);
}

static int
leave_memory(struct names *s, struct fault *f)
{
	const char *p;
	uint64_t i;
	size_t n;

	s->spill = spill_new();
	s->by_name = sorter_new(s->memory / 2, s->spill);
	for (i = 0; i < s->added; i++) {
		p = map_key(s->map, s->numbers[i], &n);
		if (add_sorted(s, p, n, i, f) == -1)
			return -1;
	}
	map_free(s->map);
	free(s->numbers);
	s->map = NULL;
	s->numbers = NULL;
	return 0;
}

int
names_add(struct names *s, const char *p, size_t n, struct fault *f)
{
	int added;

	if (s->added >= UINT32_MAX - 1)
		return fault_set(f, "more than 4 billion ids");
	if (s->map != NULL && s->bytes + s->added * sizeof *s->numbers >
	    s->memory && leave_memory(s, f) == -1)
		return -1;
	if (s->map == NULL)
		return add_sorted(s, p, n, s->added++, f);
	if (s->added == s->cap) {
		s->cap = s->cap * 3 / 2 + 1024;
		s->numbers = mem_array(s->numbers, s->cap,
		    sizeof *s->numbers);
	}
	s->numbers[s->added++] = (uint32_t)map_add(s->map, p, n, &added);
	s->bytes += added ? n + ENTRY : 0;
	return 0;
}

/* From the order of names to the order of places. */
static int
settle(struct names *s, struct fault *f)
{
	struct sorter_record r;
	unsigned char place[8], first[8] = { 0 };
	struct sorter_run name = { 0 };
	uint64_t at;
	int k;

	s->by_place = sorter_new(s->memory / 4, s->spill);
	s->different = sorter_new(s->memory / 4, s->spill);
	while ((k = sorter_next(s->by_name, &r, f)) == 1) {
		memcpy(&at, r.rest, sizeof at);
		sorter_number(place, at);
		if (sorter_run_starts(&name, &r)) {
			memcpy(first, place, sizeof first);
			if ((k = sorter_add(s->different, first, sizeof first,
			    r.key, r.nkey, f)) == -1)
				break;
		}
		if ((k = sorter_add(s->by_place, place, sizeof place, first,
		    sizeof first, f)) == -1)
			break;
	}
	sorter_run_clear(&name);
	sorter_free(s->by_name);
	s->by_name = NULL;
	return k;
}

/* The number of the name that came first at that place. */
static uint32_t
number_of(const struct names *s, uint64_t first)
{
	size_t low = 0, high = s->count, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (s->firsts[middle] <= first)
			low = middle;
		else
			high = middle;
	}
	return (uint32_t)low;
}

int
names_number(struct names *s, uint32_t *to, struct fault *f)
{
	struct sorter_record r;
	uint64_t first;
	int k;

	if (s->map != NULL) {
		if (s->next == s->added)
			return 0;
		*to = s->numbers[s->next++];
		return 1;
	}
	if (!s->settled && settle(s, f) == -1)
		return -1;
	s->settled = 1;
	if ((k = sorter_next(s->by_place, &r, f)) != 1)
		return k;
	first = sorter_number_of(r.rest);
	if (first == s->next++) {
		if (s->count == s->firsts_cap) {
			s->firsts_cap = s->firsts_cap * 3 / 2 + 1024;
			s->firsts = mem_array(s->firsts, s->firsts_cap,
			    sizeof *s->firsts);
		}
		*to = (uint32_t)s->count;
		s->firsts[s->count++] = first;
	} else {
		*to = number_of(s, first);
	}
	return 1;
}

int
names_next(struct names *s, const char **p, size_t *n, struct fault *f)
{
	struct sorter_record r;
	int k;

	if (s->map != NULL) {
		if (s->name == map_count(s->map))
			return 0;
		*p = map_key(s->map, s->name++, n);
		return 1;
	}
	if ((k = sorter_next(s->different, &r, f)) == 1) {
		*p = r.rest;
		*n = r.nrest;
	}
	return k;
}

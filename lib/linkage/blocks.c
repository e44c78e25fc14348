/* Records with equal keys, side by side. */
#include "linkage/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DIGIT 11 /* bits a pass; six passes cover 64 */

/* Least significant digit first: stable, so records stay ascending. */

static void
radix(struct blocks *b, uint64_t *keys, uint32_t *records)
{
	size_t count[(1u << DIGIT) + 1], i, at;
	uint64_t *k = b->keys, *k2 = keys, *tk;
	uint32_t *r = b->records, *r2 = records, *tr;
	unsigned shift;

	for (shift = 0; shift < 64; shift += DIGIT) {
		memset(count, 0, sizeof count);
		for (i = 0; i < b->n; i++)
			count[(k[i] >> shift & ((1u << DIGIT) - 1)) + 1]++;
		for (i = 1; i < (1u << DIGIT); i++)
			count[i] += count[i - 1];
		for (i = 0; i < b->n; i++) {
			at = count[k[i] >> shift & ((1u << DIGIT) - 1)]++;
			k2[at] = k[i];
			r2[at] = r[i];
		}
		tk = k;
		k = k2;
		k2 = tk;
		tr = r;
		r = r2;
		r2 = tr;
	}
	/* Six passes: the result is where it began. */
}

void
blocks_make(struct blocks *b, const struct relate *rule,
    const struct roll *first, const struct roll *second)
{
	size_t total = first->n + (second != NULL ? second->n : 0), i;
	uint64_t key, *keys;
	uint32_t *records;

	b->n = 0;
	b->keys = mem_array(NULL, total + 1, sizeof *b->keys);
	b->records = mem_array(NULL, total + 1, sizeof *b->records);
	for (i = 0; i < total; i++) {
		key = relate_key(rule, i < first->n ? roll_record(first, i) :
		    roll_record(second, i - first->n));
		if (key == 0)
			continue;
		b->keys[b->n] = key;
		b->records[b->n++] = (uint32_t)i;
	}
	keys = mem_array(NULL, b->n + 1, sizeof *keys);
	records = mem_array(NULL, b->n + 1, sizeof *records);
	radix(b, keys, records);
	free(keys);
	free(records);
}

void
blocks_clear(struct blocks *b)
{
	free(b->keys);
	free(b->records);
	memset(b, 0, sizeof *b);
}

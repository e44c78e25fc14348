/*
 * groups ROWS IDS [want]: artificial records on standard output, for runs with
 * more groups than memory: a header, then ROWS records of an id, a provider
 * and a cost, ROWS / IDS of each of IDS ids (ROWS is a multiple of IDS), the
 * ids in scattered order. With want instead what a correct
 *   nib-aggregate --by id --count --sum cost
 * makes of them, which needs no memory since the ids are known.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP 2654435761U /* a prime: steps through all ids before repeating */

static char out[1 << 16];
static size_t used;

static void
put(const char *p, size_t n)
{
	if (used + n > sizeof out) {
		if (fwrite(out, 1, used, stdout) != used)
			exit(2);
		used = 0;
	}
	memcpy(out + used, p, n);
	used += n;
}

static void
put_id(uint64_t id)
{
	char t[11] = "P000000000";
	int i;

	for (i = 9; i > 0; i--, id /= 10)
		t[i] = (char)('0' + (int)(id % 10));
	put(t, 10);
}

static void
put_number(uint64_t v)
{
	char t[24];
	size_t i = sizeof t;

	do {
		t[--i] = (char)('0' + (int)(v % 10));
		v /= 10;
	} while (v != 0);
	put(t + i, sizeof t - i);
}

/* Pence of an id's records: all the same, so that sums are known. */
static uint64_t
cost(uint64_t id)
{
	return id * 7919 % 1000003;
}

static void
put_cost(uint64_t pence)
{
	char t[3] = { '.', (char)('0' + (int)(pence / 10 % 10)),
		(char)('0' + (int)(pence % 10)) };

	put_number(pence / 100);
	put(t, 3);
}

int
main(int argc, char **argv)
{
	uint64_t rows, ids, i, id = 0;
	int want = argc > 3 && strcmp(argv[3], "want") == 0;

	if (argc < 3)
		return 2;
	rows = strtoull(argv[1], NULL, 10);
	ids = strtoull(argv[2], NULL, 10);
	if (ids == 0 || ids > 999999999 || rows % ids != 0 ||
	    ids % STEP == 0)
		return 2;
	put(want ? "id,count,sum_cost\n" : "id,provider,cost\n",
	    want ? 18 : 17);
	for (i = 0; i < (want ? ids : rows); i++) {
		uint64_t at = want ? i : id;

		put_id(at);
		if (want) {
			put(",", 1);
			put_number(rows / ids);
			put(",", 1);
			put_cost(cost(at) * (rows / ids));
		} else {
			put(",R", 2);
			put_number(100 + at % 200);
			put(",", 1);
			put_cost(cost(at));
		}
		put("\n", 1);
		id = (id + STEP) % ids;
	}
	if (fwrite(out, 1, used, stdout) != used || fclose(stdout) != 0)
		return 2;
	return 0;
}

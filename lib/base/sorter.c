/* An external merge sort. */
#include "base/sorter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MEMORY ((size_t)1024 * 1024) /* at least */
#define PAGE ((size_t)256 * 1024)    /* of records in memory */
#define PIECE ((size_t)64 * 1024)    /* of a run, read at once */
#define HEAD ((size_t)8)             /* two lengths before a record */
#define INDEX ((size_t)32)           /* an entry, and again for sorting */
#define FEW ((size_t)512)            /* entries: merge sort is quicker */
#define DIGIT 11                     /* bits of a radix pass */

struct entry {
	uint64_t prefix; /* eight bytes of the key after what all share */
	const char *p;
};

struct page {
	struct page *next;
	size_t n, room;
	char bytes[];
};

struct piece {
	off_t at;
	size_t n;
};

/* Sorted records in the spill file. */
struct run {
	struct piece *pieces;
	size_t n, room;
	/* While it is read: */
	size_t next;
	struct buf buf;
	size_t at;
	struct sorter_record record;
};

struct sorter {
	size_t memory;
	struct spill *spill;
	uint64_t count;

	struct page *pages;
	size_t bytes; /* used of pages */
	struct entry *v;
	size_t n, room;
	size_t shared; /* bytes that all keys in memory begin with */

	struct run *runs;
	size_t nruns, runs_room;

	int reading;
	size_t next;   /* of v, if nothing was spilled */
	size_t *heap;  /* places in runs, the least first */
	size_t nheap;
	int given;     /* the record of heap[0] is with the caller */
};

struct sorter *
sorter_new(size_t memory, struct spill *spill)
{
	struct sorter *s = mem_zero(1, sizeof *s);

	s->memory = memory > MEMORY ? memory : MEMORY;
	s->spill = spill;
	return s;
}

static void
clear_memory(struct sorter *s)
{
	struct page *p;

	while ((p = s->pages) != NULL) {
		s->pages = p->next;
		free(p);
	}
	free(s->v);
	s->v = NULL;
	s->n = s->room = s->bytes = 0;
}

static void
run_clear(struct run *r)
{
	free(r->pieces);
	buf_free(&r->buf);
	memset(r, 0, sizeof *r);
}

void
sorter_free(struct sorter *s)
{
	size_t i;

	if (s == NULL)
		return;
	clear_memory(s);
	for (i = 0; i < s->nruns; i++)
		run_clear(&s->runs[i]);
	free(s->runs);
	free(s->heap);
	free(s);
}

uint64_t
sorter_count(const struct sorter *s)
{
	return s->count;
}

/* The record at p; its end. */
static const char *
record_at(const char *p, struct sorter_record *r)
{
	uint32_t n[2];

	memcpy(n, p, HEAD);
	r->key = p + HEAD;
	r->nkey = n[0];
	r->rest = r->key + n[0];
	r->nrest = n[1];
	return r->rest + n[1];
}

static int
compare(const struct sorter_record *a, const struct sorter_record *b)
{
	size_t n = a->nkey < b->nkey ? a->nkey : b->nkey;
	int c = n > 0 ? memcmp(a->key, b->key, n) : 0;

	return c != 0 ? c : a->nkey < b->nkey ? -1 : a->nkey > b->nkey;
}

static int
compare_entries(const struct entry *a, const struct entry *b)
{
	struct sorter_record x, y;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	(void)record_at(a->p, &x);
	(void)record_at(b->p, &y);
	return compare(&x, &y);
}

/* Stable, with room for n / 2. */
static void
merge_sort(struct entry *v, size_t n, struct entry *room)
{
	size_t half = n / 2, i, j, k;
	struct entry t;

	if (n <= 8) {
		for (i = 1; i < n; i++) {
			t = v[i];
			for (j = i; j > 0 && compare_entries(&t, &v[j - 1]) <
			    0; j--)
				v[j] = v[j - 1];
			v[j] = t;
		}
		return;
	}
	merge_sort(v, half, room);
	merge_sort(v + half, n - half, room);
	if (compare_entries(&v[half - 1], &v[half]) <= 0)
		return;
	memcpy(room, v, half * sizeof *v);
	for (i = k = 0, j = half; i < half; k++)
		v[k] = j < n && compare_entries(&v[j], &room[i]) < 0 ?
		    v[j++] : room[i++];
}

/* By prefix, stable, in one of the two arrays, which is returned. */
static struct entry *
radix_sort(struct entry *v, struct entry *room, size_t n)
{
	const uint64_t mask = ((uint64_t)1 << DIGIT) - 1;
	size_t count[(1u << DIGIT) + 1], i;
	struct entry *t;
	unsigned shift;

	for (shift = 0; shift < 64; shift += DIGIT) {
		memset(count, 0, sizeof count);
		for (i = 0; i < n; i++)
			count[(v[i].prefix >> shift & mask) + 1]++;
		if (count[(v[0].prefix >> shift & mask) + 1] == n)
			continue;
		for (i = 1; i <= mask; i++)
			count[i] += count[i - 1];
		for (i = 0; i < n; i++)
			room[count[v[i].prefix >> shift & mask]++] = v[i];
		t = v;
		v = room;
		room = t;
	}
	return v;
}

static uint64_t
prefix_of(const struct sorter_record *r, size_t from)
{
	unsigned char p[8] = { 0 };

	if (r->nkey > from)
		memcpy(p, r->key + from, r->nkey - from < 8 ?
		    r->nkey - from : 8);
	return sorter_number_of((const char *)p);
}

static void
sort_memory(struct sorter *s)
{
	struct entry *room, *v = s->v;
	struct sorter_record r;
	size_t i, end;

	if (s->n == 0)
		return;
	room = mem_array(NULL, s->n, sizeof *room);
	for (i = 0; i < s->n; i++) {
		(void)record_at(v[i].p, &r);
		v[i].prefix = prefix_of(&r, s->shared);
	}
	if (s->n < FEW) {
		merge_sort(v, s->n, room);
	} else {
		v = radix_sort(v, room, s->n);
		if (v == room)
			room = s->v;
		for (i = 0; i < s->n; i = end) {
			for (end = i + 1; end < s->n && v[end].prefix ==
			    v[i].prefix; end++)
				;
			if (end - i > 1)
				merge_sort(v + i, end - i, room);
		}
		s->v = v;
		s->room = s->n;
	}
	free(room);
}

static struct run *
new_run(struct sorter *s)
{
	if (s->nruns == s->runs_room) {
		s->runs_room = s->runs_room * 2 + 16;
		s->runs = mem_array(s->runs, s->runs_room, sizeof *s->runs);
	}
	memset(&s->runs[s->nruns], 0, sizeof *s->runs);
	return &s->runs[s->nruns++];
}

/* The piece that is full, or the last. */
static int
end_piece(struct sorter *s, struct run *r, struct buf *b, struct fault *f)
{
	struct piece piece = { 0, b->n };

	if (b->n == 0)
		return 0;
	if (spill_write(s->spill, b, &piece.at, f) == -1)
		return -1;
	if (r->n == r->room) {
		r->room = r->room * 2 + 16;
		r->pieces = mem_array(r->pieces, r->room, sizeof piece);
	}
	r->pieces[r->n++] = piece;
	return 0;
}

/* p: a record with its head, up to end. */
static int
put_record(struct sorter *s, struct run *r, struct buf *b, const char *p,
    const char *end, struct fault *f)
{
	size_t n = (size_t)(end - p);

	if (b->n + n > PIECE && end_piece(s, r, b, f) == -1)
		return -1;
	buf_put(b, p, n);
	return 0;
}

static int
spill_memory(struct sorter *s, struct fault *f)
{
	struct run *r = new_run(s);
	struct sorter_record record;
	struct buf b = { 0 };
	size_t i;
	int rc = 0;

	sort_memory(s);
	for (i = 0; rc == 0 && i < s->n; i++)
		rc = put_record(s, r, &b, s->v[i].p,
		    record_at(s->v[i].p, &record), f);
	if (rc == 0)
		rc = end_piece(s, r, &b, f);
	buf_free(&b);
	clear_memory(s);
	return rc;
}

/* Room for a record in memory. */
static char *
make_room(struct sorter *s, size_t n)
{
	struct page *p = s->pages;
	size_t room;

	if (p == NULL || p->room - p->n < n) {
		room = n > PAGE / 4 ? n : PAGE - sizeof *p;
		p = mem_alloc(sizeof *p + room);
		p->n = 0;
		p->room = room;
		p->next = s->pages;
		s->pages = p;
	}
	p->n += n;
	s->bytes += n;
	return p->bytes + p->n - n;
}

int
sorter_add(struct sorter *s, const void *key, size_t nkey, const void *rest,
    size_t nrest, struct fault *f)
{
	uint32_t n[2] = { (uint32_t)nkey, (uint32_t)nrest };
	struct sorter_record first;
	size_t i;
	char *p;

	assert(!s->reading);
	if (s->n > 0 && s->bytes + s->n * INDEX >= s->memory &&
	    spill_memory(s, f) == -1)
		return -1;
	p = make_room(s, HEAD + nkey + nrest);
	memcpy(p, n, HEAD);
	if (nkey > 0)
		memcpy(p + HEAD, key, nkey);
	if (nrest > 0)
		memcpy(p + HEAD + nkey, rest, nrest);
	if (s->n == s->room) {
		s->room = s->room * 2 + 1024;
		s->v = mem_array(s->v, s->room, sizeof *s->v);
	}
	s->v[s->n].p = p;
	if (s->n++ == 0) {
		s->shared = nkey;
	} else {
		(void)record_at(s->v[0].p, &first);
		if (nkey < s->shared)
			s->shared = nkey;
		if (memcmp(first.key, p + HEAD, s->shared) != 0) {
			for (i = 0; first.key[i] == p[HEAD + i]; i++)
				;
			s->shared = i;
		}
	}
	s->count++;
	return 0;
}

/* The next record of a run, in r->record: 1, 0 at its end, -1. */
static int
run_next(struct sorter *s, struct run *r, struct fault *f)
{
	const struct piece *p;

	if (r->at == r->buf.n) {
		if (r->next == r->n) {
			buf_free(&r->buf);
			memset(&r->buf, 0, sizeof r->buf);
			return 0;
		}
		p = &r->pieces[r->next++];
		if (spill_read(s->spill, p->at, 0, p->n, &r->buf, f) == -1)
			return -1;
		r->at = 0;
	}
	r->at = (size_t)(record_at(r->buf.p + r->at, &r->record) -
	    r->buf.p);
	return 1;
}

/* Of equal keys the earlier run's, which was added earlier. */
static int
before(const struct sorter *s, size_t a, size_t b)
{
	int c = compare(&s->runs[a].record, &s->runs[b].record);

	return c != 0 ? c < 0 : a < b;
}

static void
sift_down(struct sorter *s, size_t i)
{
	size_t child, t;

	for (; (child = 2 * i + 1) < s->nheap; i = child) {
		if (child + 1 < s->nheap && before(s, s->heap[child + 1],
		    s->heap[child]))
			child++;
		if (before(s, s->heap[i], s->heap[child]))
			break;
		t = s->heap[i];
		s->heap[i] = s->heap[child];
		s->heap[child] = t;
	}
}

/* Begins to merge runs from..to. */
static int
merge_start(struct sorter *s, size_t from, size_t to, struct fault *f)
{
	size_t i;
	int k;

	free(s->heap);
	s->heap = mem_array(NULL, to - from + 1, sizeof *s->heap);
	s->nheap = 0;
	s->given = 0;
	for (i = from; i < to; i++) {
		if ((k = run_next(s, &s->runs[i], f)) == -1)
			return -1;
		if (k == 1)
			s->heap[s->nheap++] = i;
	}
	for (i = s->nheap; i-- > 0;)
		sift_down(s, i);
	return 0;
}

/* The next of all runs that are merged: 1, 0 at the end, -1. */
static int
merge_next(struct sorter *s, struct run **r, struct fault *f)
{
	int k;

	if (s->given) {
		s->given = 0;
		k = run_next(s, &s->runs[s->heap[0]], f);
		if (k == -1)
			return -1;
		if (k == 0)
			s->heap[0] = s->heap[--s->nheap];
		sift_down(s, 0);
	}
	if (s->nheap == 0)
		return 0;
	s->given = 1;
	*r = &s->runs[s->heap[0]];
	return 1;
}

/* Neighbouring runs become one, so that order of arrival is kept. */
static int
merge_some(struct sorter *s, size_t from, size_t to, struct run *into,
    struct fault *f)
{
	struct buf b = { 0 };
	struct run *r;
	size_t i;
	int k = merge_start(s, from, to, f);

	while (k == 0 && (k = merge_next(s, &r, f)) == 1)
		k = put_record(s, into, &b, r->record.key - HEAD,
		    r->record.rest + r->record.nrest, f);
	if (k == 0)
		k = end_piece(s, into, &b, f);
	buf_free(&b);
	for (i = from; i < to; i++)
		run_clear(&s->runs[i]);
	return k;
}

/* No more runs than can be read at once within the memory. */
static int
reduce_runs(struct sorter *s, struct fault *f)
{
	size_t most = s->memory / (PIECE + 4096), from, to, n;

	while (s->nruns > most) {
		for (n = from = 0; from < s->nruns; from = to, n++) {
			struct run into = { 0 };

			to = s->nruns - from > most ? from + most : s->nruns;
			if (to - from > 1) {
				if (merge_some(s, from, to, &into, f) == -1) {
					run_clear(&into);
					return -1;
				}
			} else {
				into = s->runs[from];
				memset(&s->runs[from], 0, sizeof into);
			}
			s->runs[n] = into;
		}
		s->nruns = n;
	}
	return 0;
}

int
sorter_next(struct sorter *s, struct sorter_record *to, struct fault *f)
{
	struct run *r;
	int k;

	if (!s->reading) {
		s->reading = 1;
		if (s->nruns == 0)
			sort_memory(s);
		else if ((s->n > 0 && spill_memory(s, f) == -1) ||
		    reduce_runs(s, f) == -1 ||
		    merge_start(s, 0, s->nruns, f) == -1)
			return -1;
	}
	if (s->nruns == 0) {
		if (s->next == s->n)
			return 0;
		if (s->next + 4 < s->n)
			__builtin_prefetch(s->v[s->next + 4].p);
		(void)record_at(s->v[s->next++].p, to);
		return 1;
	}
	if ((k = merge_next(s, &r, f)) == 1)
		*to = r->record;
	return k;
}

int
sorter_run_starts(struct sorter_run *run, const struct sorter_record *r)
{
	if (run->any && run->key.n == r->nkey && (r->nkey == 0 ||
	    memcmp(run->key.p, r->key, r->nkey) == 0))
		return 0;
	buf_clear(&run->key);
	buf_put(&run->key, r->key, r->nkey);
	run->any = 1;
	return 1;
}

void
sorter_run_clear(struct sorter_run *run)
{
	buf_free(&run->key);
	run->any = 0;
}

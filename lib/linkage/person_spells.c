/* One person's episodes into spells and stays. */
#include "linkage/person_spells.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NO_DATE EPISODE_NO_DATE
#define READMISSION_DAYS 30
#define TRANSFER_DAYS 3

/* An episode and what is worked out about it. */
struct member {
	struct episode e;
	uint32_t spell;    /* the spell's first episode */
	uint32_t stay;     /* of a spell's first episode: the stay's first */
	int32_t spell_end; /* of a spell's first episode */
	int32_t last;      /* the same: end of the person's last spell */
	char readmitted;   /* the same */
	size_t key_at;
};

struct person_spells {
	struct member *e;
	size_t n, cap;
	struct buf keys;
	/* Room for one number each. */
	uint32_t *order, *room, *firsts, *last_of;
	size_t room_n;
};

struct person_spells *
person_spells_new(void)
{
	return mem_zero(1, sizeof(struct person_spells));
}

void
person_spells_free(struct person_spells *s)
{
	if (s == NULL)
		return;
	free(s->e);
	buf_free(&s->keys);
	free(s->order);
	free(s);
}

void
person_spells_clear(struct person_spells *s)
{
	s->n = 0;
	buf_clear(&s->keys);
}

size_t
person_spells_count(const struct person_spells *s)
{
	return s->n;
}

void
person_spells_add(struct person_spells *s, const struct episode *e,
    const char *key)
{
	struct member *to;

	if (s->n == s->cap) {
		s->cap = s->cap * 2 + 16;
		s->e = mem_array(s->e, s->cap, sizeof *s->e);
	}
	to = &s->e[s->n];
	memset(to, 0, sizeof *to);
	to->e = *e;
	to->key_at = s->keys.n;
	buf_put(&s->keys, key, e->key_n);
	to->spell = to->stay = (uint32_t)s->n++;
}

void
person_spells_append(struct person_spells *s, const struct person_spells *from)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		person_spells_add(s, &from->e[i].e,
		    from->keys.p + from->e[i].key_at);
}

static void
make_room(struct person_spells *s)
{
	if (s->room_n >= s->n)
		return;
	s->room_n = s->cap;
	s->order = mem_array(s->order, s->room_n * 4, sizeof *s->order);
	s->room = s->order + s->room_n;
	s->firsts = s->room + s->room_n;
	s->last_of = s->firsts + s->room_n;
}

static unsigned
rank(const struct episode *e)
{
	int in = (e->flags & (EPISODE_FROM | EPISODE_BY)) != 0;
	int out = (e->flags & EPISODE_SENDS) != 0;

	return in ? out ? 2 : 3 : out ? 1 : 0;
}

#define DIFFER(a, b) \
	do { \
		if ((a) != (b)) \
			return (a) < (b) ? -1 : 1; \
	} while (0)

static int
compare_ids(const char *a, size_t na, const char *b, size_t nb)
{
	int c = memcmp(a, b, na < nb ? na : nb);

	if (c != 0)
		return c;
	DIFFER(na, nb);
	return 0;
}

static int
compare_keys(const struct person_spells *s, const struct member *x,
    const struct member *y)
{
	return compare_ids(s->keys.p + x->key_at, x->e.key_n,
	    s->keys.p + y->key_at, y->e.key_n);
}

/* Within a person: provider, start, end, order, transfer rank, key. */
static int
by_provider(const struct person_spells *s, uint32_t i, uint32_t j)
{
	const struct member *x = &s->e[i], *y = &s->e[j];
	int c;

	DIFFER(x->e.provider, y->e.provider);
	DIFFER(x->e.start, y->e.start);
	DIFFER(x->e.end, y->e.end);
	DIFFER(x->e.order, y->e.order);
	DIFFER(rank(&x->e), rank(&y->e));
	if ((c = compare_keys(s, x, y)) != 0)
		return c;
	DIFFER(i, j);
	return 0;
}

/* By key, then as by_provider. */
static int
by_key(const struct person_spells *s, uint32_t i, uint32_t j)
{
	int c = compare_keys(s, &s->e[i], &s->e[j]);

	return c != 0 ? c : by_provider(s, i, j);
}

/* Spells by their first episodes: admission, end, transfer rank, key. */
static int
by_admission(const struct person_spells *s, uint32_t i, uint32_t j)
{
	const struct member *x = &s->e[i], *y = &s->e[j];
	int c;

	DIFFER(x->e.admission, y->e.admission);
	DIFFER(x->spell_end, y->spell_end);
	DIFFER(rank(&x->e), rank(&y->e));
	if ((c = compare_keys(s, x, y)) != 0)
		return c;
	DIFFER(i, j);
	return 0;
}

/* Merge sort with room for n / 2: qsort has no argument for the episodes. */
static void
sort(const struct person_spells *s, uint32_t *v, size_t n, uint32_t *room,
    int (*order)(const struct person_spells *, uint32_t, uint32_t))
{
	size_t half = n / 2, i, j, k;
	uint32_t t;

	if (n <= 8) {
		for (i = 1; i < n; i++) {
			t = v[i];
			for (j = i; j > 0 && order(s, t, v[j - 1]) < 0; j--)
				v[j] = v[j - 1];
			v[j] = t;
		}
		return;
	}
	sort(s, v, half, room, order);
	sort(s, v + half, n - half, room, order);
	memcpy(room, v, half * sizeof *v);
	for (i = k = 0, j = half; i < half; k++)
		v[k] = j < n && order(s, v[j], room[i]) < 0 ? v[j++] :
		    room[i++];
}

static int
continues(const struct episode *last, const struct episode *e)
{
	return e->admission == last->admission || e->start == last->start ||
	    ((last->flags & EPISODE_STAYS) && e->start == last->end);
}

/* Of the n episodes in s->order with one key the first is kept: how many. */
static size_t
drop_repeated(struct person_spells *s, size_t n)
{
	size_t i, k = 0;

	if (n < 2)
		return n;
	sort(s, s->order, n, s->room, by_key);
	for (i = 0; i < n; i++) {
		struct member *e = &s->e[s->order[i]];

		if (k > 0 && compare_keys(s, &s->e[s->order[k - 1]], e) == 0)
			e->e.reason = EPISODE_REPEATED;
		else
			s->order[k++] = s->order[i];
	}
	return k;
}

/*
 * Episodes in s->order, sorted by provider. The first of each spell goes to
 * s->firsts; the last, which stands for its discharge, to s->last_of by the
 * first.
 */
static size_t
make_spells(struct person_spells *s, size_t n)
{
	struct member *e, *last = NULL;
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		e = &s->e[s->order[i]];
		if (last == NULL || last->e.provider != e->e.provider ||
		    !continues(&last->e, &e->e)) {
			s->firsts[k++] = s->order[i];
			e->spell_end = e->e.end;
		}
		e->spell = s->firsts[k - 1];
		s->last_of[e->spell] = s->order[i];
		if (s->e[e->spell].spell_end < e->e.end)
			s->e[e->spell].spell_end = e->e.end;
		last = e;
	}
	return k;
}

/* Spells in s->firsts, in order of admission. */
static void
make_stays(struct person_spells *s, size_t n, struct spells_counts *counts)
{
	const struct member *before, *out;
	struct member *e;
	int32_t latest = NO_DATE; /* end of the person's spells so far */
	int32_t gap;
	size_t i;

	for (i = 0; i < n; i++) {
		e = &s->e[s->firsts[i]];
		e->last = latest;
		if (i > 0) {
			before = &s->e[s->firsts[i - 1]];
			out = &s->e[s->last_of[s->firsts[i - 1]]];
			if (e->e.admission - before->spell_end <=
			    TRANSFER_DAYS &&
			    ((out->e.flags & EPISODE_SENDS) ||
			    (e->e.flags & (EPISODE_FROM | EPISODE_BY))))
				e->stay = before->stay;
		}
		if (e->stay == s->firsts[i]) {
			counts->stays++;
			gap = latest != NO_DATE ? e->e.admission - latest : -1;
			e->readmitted = (e->e.flags & EPISODE_EMERGENCY) &&
			    gap >= 0 && gap <= READMISSION_DAYS;
		}
		if (latest < e->spell_end)
			latest = e->spell_end;
	}
	counts->spells += n;
}

void
person_spells_make(struct person_spells *s, struct spells_counts *counts)
{
	size_t i, n = 0;

	make_room(s);
	for (i = 0; i < s->n; i++)
		if (s->e[i].e.reason == EPISODE_FINE)
			s->order[n++] = (uint32_t)i;
	n = drop_repeated(s, n);
	sort(s, s->order, n, s->room, by_provider);
	n = make_spells(s, n);
	sort(s, s->firsts, n, s->room, by_admission);
	make_stays(s, n, counts);
	for (i = 0; i < s->n; i++)
		counts->reasons[s->e[i].e.reason]++;
}

void
person_spells_of(const struct person_spells *s, size_t i,
    struct spells_result *to)
{
	const struct member *e = &s->e[i], *first, *stay;

	memset(to, 0, sizeof *to);
	to->reason = (enum episode_reason)e->e.reason;
	to->nights = to->days_since = SPELLS_NONE;
	if (e->e.reason != EPISODE_FINE)
		return;
	first = &s->e[e->spell];
	stay = &s->e[first->stay];
	to->spell = s->keys.p + first->key_at;
	to->nspell = first->e.key_n;
	to->stay = s->keys.p + stay->key_at;
	to->nstay = stay->e.key_n;
	to->nights = first->spell_end - first->e.admission;
	if (first->last != NO_DATE && first->e.admission >= first->last)
		to->days_since = first->e.admission - first->last;
	to->readmission = first->readmitted;
}

/*
 * A finding as a key in whose order findings are: kind, ids with a zero byte
 * (which no cell has) after each, days.
 */
static int
add_finding(const struct person_spells *s, struct sorter *to,
    enum spells_finding_kind kind, const struct member *x,
    const struct member *y, int32_t days, struct fault *f)
{
	uint32_t biased = (uint32_t)days ^ (uint32_t)1 << 31;
	char key[2 * EPISODE_MAX_ID + 16];
	size_t n = 0;
	int i;

	key[n++] = (char)kind;
	memcpy(key + n, s->keys.p + x->key_at, x->e.key_n);
	n += x->e.key_n;
	key[n++] = '\0';
	memcpy(key + n, s->keys.p + y->key_at, y->e.key_n);
	n += y->e.key_n;
	key[n++] = '\0';
	for (i = 24; i >= 0; i -= 8)
		key[n++] = (char)(unsigned char)(biased >> i);
	return sorter_add(to, key, n, NULL, 0, f);
}

void
spells_finding_of(const struct sorter_record *r, struct spells_finding *to)
{
	uint32_t biased = 0;
	size_t i;

	to->kind = (enum spells_finding_kind)r->key[0];
	to->first = r->key + 1;
	to->nfirst = strlen(to->first);
	to->second = to->first + to->nfirst + 1;
	to->nsecond = strlen(to->second);
	for (i = r->nkey - 4; i < r->nkey; i++)
		biased = biased << 8 | (unsigned char)r->key[i];
	to->days = (int32_t)(biased ^ (uint32_t)1 << 31);
}

/* Spells by admission: those that go on when another begins. */
static int
find_overlaps(const struct person_spells *s, const uint32_t *v, size_t n,
    struct sorter *to, struct spells_counts *counts, struct fault *f)
{
	const struct member *x, *y;
	size_t i, j, pairs = 0;
	int32_t end;

	for (i = 0; i < n; i++) {
		x = &s->e[v[i]];
		for (j = i + 1; j < n; j++) {
			y = &s->e[v[j]];
			if (x->spell_end - y->e.admission <= 1)
				break;
			if (++pairs > SPELLS_MAX_PAIRS)
				return fault_set(f, "a person has more than "
				    "%d pairs of spells that overlap: is it "
				    "one person?", SPELLS_MAX_PAIRS);
			end = x->spell_end < y->spell_end ? x->spell_end :
			    y->spell_end;
			if (x->e.provider == y->e.provider ||
			    end - y->e.admission <= 1)
				continue;
			counts->findings[SPELLS_OVERLAP]++;
			if (add_finding(s, to, SPELLS_OVERLAP, x, y,
			    end - y->e.admission, f) == -1)
				return -1;
		}
	}
	return 0;
}

static int
by_place(const struct person_spells *s, uint32_t i, uint32_t j)
{
	DIFFER(s->e[i].e.provider, s->e[j].e.provider);
	return by_admission(s, i, j);
}

/* Spells by place; e is open. */
static int
find_open(const struct person_spells *s, const uint32_t *v, size_t n,
    const struct member *e, struct sorter *to, struct spells_counts *counts,
    struct fault *f)
{
	int32_t from = episode_open_from(&e->e);
	size_t low, high, mid;
	const struct member *y;

	for (low = 0, high = n; low < high; ) {
		mid = low + (high - low) / 2;
		y = &s->e[v[mid]];
		if (y->e.provider < e->e.provider ||
		    (y->e.provider == e->e.provider &&
		    y->e.admission <= from))
			low = mid + 1;
		else
			high = mid;
	}
	if (low == n || s->e[v[low]].e.provider != e->e.provider)
		return 0;
	y = &s->e[v[low]];
	counts->findings[SPELLS_OPEN]++;
	return add_finding(s, to, SPELLS_OPEN, e, y, y->e.admission - from, f);
}

int
person_spells_find(struct person_spells *s, struct sorter *to,
    struct spells_counts *counts, struct fault *f)
{
	uint32_t *v = s->firsts;
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		if (s->e[i].e.reason == EPISODE_FINE && s->e[i].spell == i)
			v[n++] = (uint32_t)i;
	sort(s, v, n, s->room, by_admission);
	if (find_overlaps(s, v, n, to, counts, f) == -1)
		return -1;
	sort(s, v, n, s->room, by_place);
	for (i = 0; i < s->n; i++)
		if (episode_open_from(&s->e[i].e) != NO_DATE &&
		    find_open(s, v, n, &s->e[i], to, counts, f) == -1)
			return -1;
	return 0;
}

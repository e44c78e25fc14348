/* Episodes into spells and stays. */
#include "linkage/spells.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "flow/flow.h"

#define NO_DATE INT32_MIN
#define NO_ORDER 255
#define READMISSION_DAYS 30
#define TRANSFER_DAYS 3

enum {
	SENDS = 1,      /* discharged to another hospital */
	FROM = 2,       /* admitted from another hospital */
	BY = 4,         /* admitted by a transfer */
	STAYS = 8,      /* discharge method 8 or 9: no real discharge */
	EMERGENCY = 16, /* admitted in an emergency */
	STAY_FIRST = 32,
	READMITTED = 64
};

struct episode {
	uint64_t key_at;
	uint32_t person;   /* number in the map */
	uint32_t provider; /* three characters */
	int32_t admission, start, end;
	uint32_t spell;    /* index of the spell's first episode */
	uint32_t stay;     /* of a spell's first episode: the stay's first */
	int32_t spell_end; /* of a spell's first episode */
	int32_t last;      /* the same: end of the person's last spell */
	uint8_t key_n, order, flags, reason;
};

struct spells {
	struct map *persons;
	struct episode *e;
	size_t n, cap;
	char *keys;
	size_t nkeys, keys_cap;
	uint32_t *sorted;
	uint64_t reasons[SPELLS_REASONS], nspells, nstays;
};

static const struct column {
	const char *name;
	int optional;
	const char *names[5];
} columns[SPELLS_COLUMNS] = {
	[SPELLS_PERSON] = { "person", 0,
	    { "person_id", "PSEUDO_HESID", "TOKEN_PERSON_ID", NULL } },
	[SPELLS_PROVIDER] = { "provider", 0,
	    { "provider", "PROCODE3", "PROCODET", "PROCODE", NULL } },
	[SPELLS_ADMISSION] = { "admission date", 0,
	    { "admission_date", "ADMIDATE", NULL } },
	[SPELLS_START] = { "episode start", 0,
	    { "episode_start", "EPISTART", NULL } },
	[SPELLS_END] = { "episode end", 0,
	    { "episode_end", "EPIEND", NULL } },
	[SPELLS_KEY] = { "episode key", 0,
	    { "record_id", "EPIKEY", NULL } },
	[SPELLS_STATUS] = { "episode status", 1,
	    { "episode_status", "EPISTAT", NULL } },
	[SPELLS_ORDER] = { "episode order", 1,
	    { "episode_order", "EPIORDER", NULL } },
	[SPELLS_ADMISSION_METHOD] = { "admission method", 0,
	    { "admission_method", "ADMIMETH", NULL } },
	[SPELLS_ADMISSION_SOURCE] = { "admission source", 0,
	    { "admission_source", "ADMISORC", NULL } },
	[SPELLS_DISCHARGE_METHOD] = { "discharge method", 0,
	    { "discharge_method", "DISMETH", NULL } },
	[SPELLS_DISCHARGE_DESTINATION] = { "discharge destination", 0,
	    { "discharge_destination", "DISDEST", NULL } },
};

static const char *const reasons[SPELLS_REASONS] = {
	[SPELLS_FINE] = "",
	[SPELLS_NO_PERSON] = "no person",
	[SPELLS_NO_PROVIDER] = "no provider",
	[SPELLS_NO_KEY] = "no episode key",
	[SPELLS_NOT_FINISHED] = "not finished",
	[SPELLS_NO_START] = "no episode start",
	[SPELLS_NO_END] = "no episode end",
	[SPELLS_NO_ADMISSION] = "no admission date",
	[SPELLS_END_BEFORE_START] = "ends before it starts",
	[SPELLS_REPEATED] = "episode key repeated",
};

const char *
spells_column_name(enum spells_column c)
{
	return columns[c].name;
}

const char *const *
spells_column_names(enum spells_column c)
{
	return columns[c].names;
}

int
spells_column_optional(enum spells_column c)
{
	return columns[c].optional;
}

const char *
spells_reason_text(enum spells_reason r)
{
	return reasons[r];
}

struct spells *
spells_new(void)
{
	struct spells *s = mem_zero(1, sizeof *s);

	s->persons = map_new();
	return s;
}

void
spells_free(struct spells *s)
{
	if (s == NULL)
		return;
	map_free(s->persons);
	free(s->e);
	free(s->keys);
	free(s->sorted);
	free(s);
}

struct reading {
	struct spells *s;
	const long *columns;
	const char *const *const *missing;
};

/* A worker's episodes of a block; persons and keys as text. */
struct worker {
	struct reading *r;
	struct episode *e;
	size_t cap;
	struct buf text; /* person, key by episode, a length before each */
	struct buf scratch;
};

static void *
worker_new(void *arg)
{
	struct worker *w = mem_zero(1, sizeof *w);

	w->r = arg;
	return w;
}

static void
worker_free(void *state)
{
	struct worker *w = state;

	free(w->e);
	buf_free(&w->text);
	buf_free(&w->scratch);
	free(w);
}

/* A cell without blanks around it; n 0: missing. */
static struct csv_slice
cell(struct worker *w, const struct csv_block *b, size_t i,
    enum spells_column c)
{
	struct csv_slice s = { "", 0 };
	const char *const *m;

	if (w->r->columns[c] < 0)
		return s;
	s = csv_cell(b, i, (size_t)w->r->columns[c], &w->scratch);
	if (w->r->missing != NULL && (m = w->r->missing[c]) != NULL)
		for (; *m != NULL; m++)
			if (strlen(*m) == s.n && memcmp(*m, s.p, s.n) == 0)
				s.n = 0;
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	while (s.n > 0 && *s.p == ' ') {
		s.p++;
		s.n--;
	}
	return s;
}

static int32_t
day(struct worker *w, const struct csv_block *b, size_t i,
    enum spells_column c)
{
	struct csv_slice s = cell(w, b, i, c);
	int32_t d;

	return date_parse(s.p, s.n, &d) == 0 ? d : NO_DATE;
}

/* Is it one of two-character codes written one after the other? */
static int
one_of(struct csv_slice s, const char *codes)
{
	if (s.n != 2)
		return 0;
	for (; *codes != '\0'; codes += 2)
		if (memcmp(codes, s.p, 2) == 0)
			return 1;
	return 0;
}

static unsigned
flags_of(struct worker *w, const struct csv_block *b, size_t i)
{
	struct csv_slice s;
	unsigned f = 0;

	if (one_of(cell(w, b, i, SPELLS_DISCHARGE_DESTINATION), "515253"))
		f |= SENDS;
	if (one_of(cell(w, b, i, SPELLS_ADMISSION_SOURCE), "515253"))
		f |= FROM;
	s = cell(w, b, i, SPELLS_ADMISSION_METHOD);
	if (one_of(s, "812B67"))
		f |= BY;
	if (one_of(s, "21222324252A2C2D28"))
		f |= EMERGENCY;
	s = cell(w, b, i, SPELLS_DISCHARGE_METHOD);
	if (s.n == 1 && (*s.p == '8' || *s.p == '9'))
		f |= STAYS;
	return f;
}

static enum spells_reason
reason_of(struct worker *w, const struct csv_block *b, size_t i,
    const struct episode *e, size_t person_n)
{
	struct csv_slice status = cell(w, b, i, SPELLS_STATUS);

	if (person_n == 0)
		return SPELLS_NO_PERSON;
	if (e->provider == 0)
		return SPELLS_NO_PROVIDER;
	if (e->key_n == 0)
		return SPELLS_NO_KEY;
	if (status.n > 0 ? status.n != 1 || *status.p != '3' :
	    e->end == NO_DATE)
		return SPELLS_NOT_FINISHED;
	if (e->start == NO_DATE)
		return SPELLS_NO_START;
	if (e->end == NO_DATE)
		return SPELLS_NO_END;
	if (e->admission == NO_DATE)
		return SPELLS_NO_ADMISSION;
	if (e->end < e->start)
		return SPELLS_END_BEFORE_START;
	return SPELLS_FINE;
}

static void
put_text(struct buf *to, struct csv_slice s)
{
	size_t n = s.n < 255 ? s.n : 255;

	buf_putc(to, (char)(unsigned char)n);
	buf_put(to, s.p, n);
}

static int
map_block(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct worker *w = state;
	struct csv_slice s;
	struct episode *e;
	size_t i, k, person_n;
	int64_t order;

	(void)outs;
	buf_clear(&w->text);
	if (b->nrecords > w->cap) {
		w->cap = b->nrecords;
		w->e = mem_array(w->e, w->cap, sizeof *w->e);
	}
	for (i = 0; i < b->nrecords; i++) {
		e = &w->e[i];
		memset(e, 0, sizeof *e);
		s = cell(w, b, i, SPELLS_PERSON);
		person_n = s.n;
		if (s.n > 255)
			goto long_cell;
		put_text(&w->text, s);
		s = cell(w, b, i, SPELLS_KEY);
		if (s.n > 255)
			goto long_cell;
		put_text(&w->text, s);
		e->key_n = (uint8_t)s.n;
		s = cell(w, b, i, SPELLS_PROVIDER);
		for (k = 0; k < 3 && s.n >= 3; k++)
			e->provider = e->provider << 8 |
			    (unsigned char)s.p[k];
		s = cell(w, b, i, SPELLS_ORDER);
		e->order = num_i64(s.p, s.n, &order) == 0 && order >= 0 &&
		    order < NO_ORDER ? (uint8_t)order : NO_ORDER;
		e->admission = day(w, b, i, SPELLS_ADMISSION);
		e->start = day(w, b, i, SPELLS_START);
		e->end = day(w, b, i, SPELLS_END);
		e->flags = (uint8_t)flags_of(w, b, i);
		if (e->admission == NO_DATE && e->order == 1 &&
		    !(e->flags & (FROM | BY)))
			e->admission = e->start;
		e->reason = (uint8_t)reason_of(w, b, i, e, person_n);
	}
	return 0;
long_cell:
	(void)fault_set(f, "a person or an episode key beyond 255 bytes");
	fault_place(f, b->file, csv_line_number(b, i), csv_record_number(b, i),
	    0, NULL);
	return -1;
}

static int
take_block(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct reading *r = arg;
	struct spells *s = r->s;
	struct worker *w = state;
	const char *p = w->text.p;
	struct episode *e;
	size_t i, n;

	(void)outs;
	if (s->n + b->nrecords >= UINT32_MAX)
		return fault_set(f, "more than 4 billion episodes");
	if (s->n + b->nrecords > s->cap) {
		s->cap = (s->n + b->nrecords) * 3 / 2;
		s->e = mem_array(s->e, s->cap, sizeof *s->e);
	}
	if (s->nkeys + w->text.n > s->keys_cap) {
		s->keys_cap = (s->nkeys + w->text.n) * 3 / 2;
		s->keys = mem_array(s->keys, s->keys_cap, 1);
	}
	for (i = 0; i < b->nrecords; i++) {
		e = &s->e[s->n];
		*e = w->e[i];
		n = (unsigned char)*p++;
		if (n > 0)
			e->person = (uint32_t)map_add(s->persons, p, n, NULL);
		p += n;
		n = (unsigned char)*p++;
		e->key_at = s->nkeys;
		memcpy(s->keys + s->nkeys, p, n);
		s->nkeys += n;
		p += n;
		e->spell = e->stay = (uint32_t)s->n++;
	}
	return 0;
}

int
spells_read(struct spells *s, struct csv_reader *in, const long *cols,
    const char *const *const *missing, unsigned jobs, const char *progress,
    struct fault *f)
{
	struct reading r = { s, cols, missing };
	struct flow flow = {
		.in = in, .jobs = jobs, .arg = &r,
		.state_new = worker_new, .state_free = worker_free,
		.map = map_block, .in_order = take_block,
		.progress = progress,
	};

	return flow_run(&flow, NULL, f);
}

static unsigned
rank(const struct episode *e)
{
	int in = (e->flags & (FROM | BY)) != 0, out = (e->flags & SENDS) != 0;

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
compare_keys(const struct spells *s, const struct episode *x,
    const struct episode *y)
{
	return compare_ids(s->keys + x->key_at, x->key_n,
	    s->keys + y->key_at, y->key_n);
}

/* Within a person: provider, start, end, order, transfer rank, key. */
static int
by_provider(const struct spells *s, uint32_t i, uint32_t j)
{
	const struct episode *x = &s->e[i], *y = &s->e[j];
	int c;

	DIFFER(x->provider, y->provider);
	DIFFER(x->start, y->start);
	DIFFER(x->end, y->end);
	DIFFER(x->order, y->order);
	DIFFER(rank(x), rank(y));
	if ((c = compare_keys(s, x, y)) != 0)
		return c;
	DIFFER(i, j);
	return 0;
}

/* Spells by their first episodes: admission, end, transfer rank, key. */
static int
by_admission(const struct spells *s, uint32_t i, uint32_t j)
{
	const struct episode *x = &s->e[i], *y = &s->e[j];
	int c;

	DIFFER(x->admission, y->admission);
	DIFFER(x->spell_end, y->spell_end);
	DIFFER(rank(x), rank(y));
	if ((c = compare_keys(s, x, y)) != 0)
		return c;
	DIFFER(i, j);
	return 0;
}

/* Merge sort with room for n / 2: qsort has no argument for the episodes. */
static void
sort(const struct spells *s, uint32_t *v, size_t n, uint32_t *room,
    int (*order)(const struct spells *, uint32_t, uint32_t))
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
	    ((last->flags & STAYS) && e->start == last->end);
}

/* The last episode of a spell stands in for its discharge. */
struct part {
	uint32_t first, last;
};

/* One person's episodes, sorted by provider; parts has room for n. */
static size_t
make_spells(struct spells *s, const uint32_t *v, size_t n,
    struct part *parts)
{
	struct episode *e, *last = NULL;
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		e = &s->e[v[i]];
		if (last != NULL && compare_keys(s, last, e) == 0) {
			e->reason = SPELLS_REPEATED;
			continue;
		}
		if (last == NULL || last->provider != e->provider ||
		    !continues(last, e)) {
			parts[k].first = v[i];
			e->spell_end = e->end;
			k++;
		}
		e->spell = parts[k - 1].first;
		parts[k - 1].last = v[i];
		if (s->e[e->spell].spell_end < e->end)
			s->e[e->spell].spell_end = e->end;
		last = e;
	}
	return k;
}

/* One person's spells: firsts in order of admission, lasts by first. */
static void
make_stays(struct spells *s, const uint32_t *firsts, size_t n,
    const uint32_t *last_of)
{
	struct episode *e;
	const struct episode *before;
	int32_t latest = NO_DATE; /* end of the person's spells so far */
	int32_t gap;
	size_t i;

	for (i = 0; i < n; i++) {
		e = &s->e[firsts[i]];
		e->last = latest;
		if (i > 0) {
			const struct episode *out =
			    &s->e[last_of[firsts[i - 1]]];

			before = &s->e[firsts[i - 1]];
			if (e->admission - before->spell_end <=
			    TRANSFER_DAYS &&
			    ((out->flags & SENDS) || (e->flags & (FROM | BY))))
				e->stay = before->stay;
		}
		if (e->stay == firsts[i]) {
			s->nstays++;
			e->flags |= STAY_FIRST;
			gap = latest != NO_DATE ? e->admission - latest : -1;
			if ((e->flags & EMERGENCY) && gap >= 0 &&
			    gap <= READMISSION_DAYS)
				e->flags |= READMITTED;
		}
		if (latest < e->spell_end)
			latest = e->spell_end;
	}
	s->nspells += n;
}

void
spells_make(struct spells *s)
{
	size_t persons = map_count(s->persons), i, k, n, most = 0;
	uint32_t *start = mem_zero(persons + 2, sizeof *start);
	uint32_t *room, *firsts, *last_of;
	struct part *parts;

	/* Episodes of one person side by side: a counting sort. */
	s->sorted = mem_array(NULL, s->n + 1, sizeof *s->sorted);
	for (i = 0; i < s->n; i++)
		if (s->e[i].reason == SPELLS_FINE)
			start[s->e[i].person + 2]++;
	for (i = 2; i < persons + 2; i++) {
		most = start[i] > most ? start[i] : most;
		start[i] += start[i - 1];
	}
	for (i = 0; i < s->n; i++)
		if (s->e[i].reason == SPELLS_FINE)
			s->sorted[start[s->e[i].person + 1]++] = (uint32_t)i;
	room = mem_array(NULL, most + 1, sizeof *room);
	firsts = mem_array(NULL, most + 1, sizeof *firsts);
	parts = mem_array(NULL, most + 1, sizeof *parts);
	last_of = mem_array(NULL, s->n + 1, sizeof *last_of);
	for (i = 0; i < persons; i++) {
		n = start[i + 1] - start[i];
		sort(s, s->sorted + start[i], n, room, by_provider);
		n = make_spells(s, s->sorted + start[i], n, parts);
		for (k = 0; k < n; k++) {
			firsts[k] = parts[k].first;
			last_of[parts[k].first] = parts[k].last;
		}
		sort(s, firsts, n, room, by_admission);
		make_stays(s, firsts, n, last_of);
	}
	for (i = 0; i < s->n; i++)
		s->reasons[s->e[i].reason]++;
	free(start);
	free(room);
	free(firsts);
	free(parts);
	free(last_of);
	free(s->sorted);
	s->sorted = NULL;
}

size_t
spells_count(const struct spells *s)
{
	return s->n;
}

uint64_t
spells_reason_count(const struct spells *s, enum spells_reason r)
{
	return s->reasons[r];
}

uint64_t
spells_spells(const struct spells *s)
{
	return s->nspells;
}

uint64_t
spells_stays(const struct spells *s)
{
	return s->nstays;
}

void
spells_of(const struct spells *s, size_t i, struct spells_result *to)
{
	const struct episode *e = &s->e[i], *first, *stay;

	memset(to, 0, sizeof *to);
	to->reason = (enum spells_reason)e->reason;
	to->nights = to->days_since = SPELLS_NONE;
	if (e->reason != SPELLS_FINE)
		return;
	first = &s->e[e->spell];
	stay = &s->e[first->stay];
	to->spell = s->keys + first->key_at;
	to->nspell = first->key_n;
	to->stay = s->keys + stay->key_at;
	to->nstay = stay->key_n;
	to->nights = first->spell_end - first->admission;
	if (first->last != NO_DATE && first->admission >= first->last)
		to->days_since = first->admission - first->last;
	to->readmission = (first->flags & READMITTED) != 0;
}

/* Open: from when it is known that it was not over; else NO_DATE. */
static int32_t
open_from(const struct episode *e)
{
	if (e->reason != SPELLS_NOT_FINISHED && e->reason != SPELLS_NO_END)
		return NO_DATE;
	return e->start != NO_DATE ? e->start : e->admission;
}

/* The first episode of a spell, or an open episode. */
static int
found_among(const struct episode *e, uint32_t i)
{
	return e->reason == SPELLS_FINE ? e->spell == i :
	    open_from(e) != NO_DATE;
}

struct findings {
	struct spells_finding *v;
	size_t n, cap;
};

static void
add_finding(const struct spells *s, struct findings *to,
    enum spells_finding_kind kind, const struct episode *x,
    const struct episode *y, int32_t days)
{
	struct spells_finding *g;

	if (to->n == to->cap) {
		to->cap = to->cap > 0 ? to->cap * 2 : 64;
		to->v = mem_array(to->v, to->cap, sizeof *to->v);
	}
	g = &to->v[to->n++];
	g->kind = kind;
	g->first = s->keys + x->key_at;
	g->nfirst = x->key_n;
	g->second = s->keys + y->key_at;
	g->nsecond = y->key_n;
	g->days = days;
}

/* Spells of a person by admission: those that go on when another begins. */
static int
find_overlaps(const struct spells *s, const uint32_t *v, size_t n,
    struct findings *to, struct fault *f)
{
	const struct episode *x, *y;
	size_t i, j, pairs = 0;
	int32_t end;

	for (i = 0; i < n; i++) {
		x = &s->e[v[i]];
		for (j = i + 1; j < n; j++) {
			y = &s->e[v[j]];
			if (x->spell_end - y->admission <= 1)
				break;
			if (++pairs > SPELLS_MAX_PAIRS)
				return fault_set(f, "a person has more than "
				    "%d pairs of spells that overlap: is it "
				    "one person?", SPELLS_MAX_PAIRS);
			end = x->spell_end < y->spell_end ? x->spell_end :
			    y->spell_end;
			if (x->provider != y->provider &&
			    end - y->admission > 1)
				add_finding(s, to, SPELLS_OVERLAP, x, y,
				    end - y->admission);
		}
	}
	return 0;
}

static int
by_place(const struct spells *s, uint32_t i, uint32_t j)
{
	DIFFER(s->e[i].provider, s->e[j].provider);
	return by_admission(s, i, j);
}

/* Spells of a person by place; open episodes. */
static void
find_open(const struct spells *s, const uint32_t *v, size_t n,
    const uint32_t *open, size_t nopen, struct findings *to)
{
	const struct episode *e, *y;
	size_t i, low, high, mid;
	int32_t from;

	for (i = 0; i < nopen; i++) {
		e = &s->e[open[i]];
		from = open_from(e);
		for (low = 0, high = n; low < high; ) {
			mid = low + (high - low) / 2;
			y = &s->e[v[mid]];
			if (y->provider < e->provider ||
			    (y->provider == e->provider &&
			    y->admission <= from))
				low = mid + 1;
			else
				high = mid;
		}
		if (low < n && s->e[v[low]].provider == e->provider)
			add_finding(s, to, SPELLS_OPEN, e, &s->e[v[low]],
			    s->e[v[low]].admission - from);
	}
}

static int
compare_findings(const void *a, const void *b)
{
	const struct spells_finding *x = a, *y = b;
	int c;

	DIFFER(x->kind, y->kind);
	if ((c = compare_ids(x->first, x->nfirst, y->first,
	    y->nfirst)) != 0 || (c = compare_ids(x->second, x->nsecond,
	    y->second, y->nsecond)) != 0)
		return c;
	DIFFER(x->days, y->days);
	return 0;
}

int
spells_find(const struct spells *s, struct spells_finding **to, size_t *n,
    struct fault *f)
{
	size_t persons = map_count(s->persons), i, k, some, most = 0;
	uint32_t *start = mem_zero(persons + 2, sizeof *start);
	uint32_t *v, *room, *open;
	struct findings found = { 0 };
	int rc = 0;

	/* As in spells_make: what one person has, side by side. */
	for (i = 0; i < s->n; i++)
		if (found_among(&s->e[i], (uint32_t)i))
			start[s->e[i].person + 2]++;
	for (i = 2; i < persons + 2; i++) {
		most = start[i] > most ? start[i] : most;
		start[i] += start[i - 1];
	}
	v = mem_array(NULL, start[persons + 1] + (size_t)1, sizeof *v);
	room = mem_array(NULL, most + 1, sizeof *room);
	open = mem_array(NULL, most + 1, sizeof *open);
	for (i = 0; i < s->n; i++)
		if (found_among(&s->e[i], (uint32_t)i))
			v[start[s->e[i].person + 1]++] = (uint32_t)i;
	for (i = 0; rc == 0 && i < persons; i++) {
		uint32_t *mine = v + start[i];
		size_t nspells = 0, nopen = 0;

		some = start[i + 1] - start[i];
		for (k = 0; k < some; k++)
			if (s->e[mine[k]].reason == SPELLS_FINE)
				mine[nspells++] = mine[k];
			else
				open[nopen++] = mine[k];
		sort(s, mine, nspells, room, by_admission);
		rc = find_overlaps(s, mine, nspells, &found, f);
		if (nopen > 0) {
			sort(s, mine, nspells, room, by_place);
			find_open(s, mine, nspells, open, nopen, &found);
		}
	}
	free(start);
	free(v);
	free(room);
	free(open);
	if (rc == -1) {
		free(found.v);
		return -1;
	}
	if (found.n > 0)
		qsort(found.v, found.n, sizeof *found.v, compare_findings);
	*to = found.v;
	*n = found.n;
	return 0;
}

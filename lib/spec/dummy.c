/* Artificial records that satisfy a dataset specification. */
#include "spec/dummy.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/num.h"
#include "check/check.h"
#include "csv/reader.h"
#include "csv/writer.h"
#include "flow/flow.h"
#include "spec/codelist.h"
#include "spec/dummy_recipe.h"

#define BLOCK 4096        /* records; a group does not cross its end */
#define REPAIRS 10000     /* attempts at one group */
#define BREAKS 64         /* attempts to break a rule */

/* Streams that are not of a field. */
#define UNIT_GROUP 0x67726f7570ULL
#define UNIT_RECORD 0x7265636f7264ULL
#define UNIT_SIZE 0x73697a65ULL
#define UNIT_ROW 0x726f77ULL
#define UNIT_TABLE 0x7461626c65ULL
#define UNIT_REPAIR 0x726570616972ULL
#define UNIT_ERROR 0x6572726f72ULL

enum timed { TIMED_NOT, TIMED_DAY, TIMED_MOMENT };

struct value {
	const char *p; /* 16 bytes beyond n may be read */
	uint32_t n;
	unsigned char quote; /* may need quotes */
	unsigned char timed;
	int64_t when;        /* days, or seconds since 1970 */
};

/* A rule, or (field >= 0) when a field must be filled. */
struct check {
	struct expr *expr;
	const char *id;
	const char *message;
	long field;
};

enum error_kind {
	ERROR_TYPE, ERROR_CHECK, ERROR_REQUIRED, ERROR_CODELIST,
	ERROR_PATTERN, ERROR_DUPLICATE, ERROR_RULE, ERROR_KINDS
};

static const char *const error_names[] = { "type", "check", "required",
	"codelist", "pattern", "duplicate", "rule" };

struct dummy {
	const struct spec *spec;
	const struct dummy_options *o;
	struct dummy_recipe *r;
	size_t *slot_of;           /* per field */
	struct csv_header header;
	struct spec_scope *scope;
	struct check *checks;
	size_t nchecks;
	uint64_t nblocks;
	uint64_t *groups_before;   /* per block, and the total */
	long slotted;              /* the source with visits, or -1 */
	/* Fields (rules: checks) that each kind of error may hit. */
	size_t *hits[ERROR_KINDS];
	size_t nhits[ERROR_KINDS];
	const struct dummy_gen **plain; /* per field, for broken rules */
	uint32_t error_share;
};

struct work { /* of one thread */
	struct dummy *d;
	struct value *values;      /* group_max rows of nslots */
	char *text;                /* of the group's values */
	size_t text_n;
	/* Of the group being repaired, per slot. */
	uint32_t *salts;           /* how often it was made anew */
	uint32_t *near;            /* a date like this slot's; 0: not */
	int salted;
	uint64_t *rows;            /* per source */
	int32_t start, end;        /* the period, or the visit's part of it */
	uint64_t group, record;    /* numbers from 0 */
	size_t group_n;
	uint64_t unit;             /* of the value made: its unique number */
	struct buf data;           /* a block: '\n' and records */
	uint32_t *ends;            /* [0] is before the first */
	size_t nends;
	struct buf fixed;          /* the block again, with repairs */
	uint32_t *fixed_ends;
	struct buf one;            /* a group or record on trial */
	uint32_t *one_ends;
	struct buf scratch;
	uint32_t *starts;          /* first record of each group in the block */
	size_t ngroups;
	unsigned char *broken;     /* per group */
	struct expr_run **runs;    /* per check */
	struct buf out, log;
};

static const struct value nothing = { "                ", 0, 0, 0, 0 };

/* ---- values ---- */

static struct value
ref_value(const struct work *w, const struct dummy_ref *ref, size_t k)
{
	const struct dummy_recipe *r = w->d->r;
	struct value v = nothing;

	switch (ref->kind) {
	case DUMMY_REF_SLOT:
		return w->values[k * r->nslots + ref->slot];
	case DUMMY_REF_TABLE: {
		const struct dummy_source *s = &r->sources[ref->slot];
		const struct dummy_column *c = &s->columns[ref->column];
		uint64_t row = w->rows[ref->slot];

		if (s->path == NULL)
			return v;
		v.p = c->text.p + c->at[row];
		v.n = (uint32_t)(c->at[row + 1] - c->at[row]);
		v.quote = (unsigned char)c->quote;
		return v;
	}
	case DUMMY_REF_START:
		v.when = r->from;
		break;
	case DUMMY_REF_END:
		v.when = r->to;
		break;
	case DUMMY_REF_VISIT_START:
		v.when = w->start;
		break;
	default:
		v.when = w->end;
	}
	v.timed = TIMED_DAY;
	v.n = 1;
	return v;
}

/* The moment of a value: 0, or -1 when it is empty or not one. */
static int
moment(struct value *v)
{
	int32_t day;

	if (v->n == 0)
		return -1;
	if (v->timed != TIMED_NOT)
		return 0;
	if (date_parse(v->p, v->n, &day) == 0) {
		v->timed = TIMED_DAY;
		v->when = day;
		return 0;
	}
	if (date_datetime_parse(v->p, v->n, &v->when) == 0) {
		v->timed = TIMED_MOMENT;
		return 0;
	}
	return -1;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
as_day(const struct value *v)
{
	return v->timed == TIMED_MOMENT ? floor_div(v->when, 86400) : v->when;
}

/* last: a day is its last second, else its first. */
static int64_t
as_moment(const struct value *v, int last)
{
	return v->timed == TIMED_MOMENT ? v->when :
	    v->when * 86400 + (last ? 86399 : 0);
}

static int
equal(const struct value *v, const struct dummy_text *texts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (texts[i].n == v->n &&
		    memcmp(texts[i].p, v->p, v->n) == 0)
			return 1;
	return 0;
}

static int
holds(const struct work *w, const struct dummy_condition *c, size_t k)
{
	struct value a = ref_value(w, &c->left, k), b;

	if (c->test == DUMMY_IN)
		return equal(&a, c->texts, c->ntexts);
	b = ref_value(w, &c->right, k);
	if (a.n == 0 || b.n == 0)
		return 0;
	if (moment(&a) == 0 && moment(&b) == 0) {
		if (c->test == DUMMY_SAME)
			return as_day(&a) == as_day(&b);
		return c->test == DUMMY_AFTER ? as_day(&a) > as_day(&b) :
		    as_day(&a) < as_day(&b);
	}
	return c->test == DUMMY_SAME && a.n == b.n &&
	    memcmp(a.p, b.p, a.n) == 0;
}

static int64_t
quantile(const struct dummy_gen *g, struct dummy_random *rnd)
{
	uint64_t x = dummy_next(rnd) >> 32, at;
	size_t i;

	if (g->nquantiles == 1)
		return g->quantiles[0];
	at = x * (g->nquantiles - 1);
	i = (size_t)(at >> 32);
	return g->quantiles[i] + (int64_t)(((num_wide)(g->quantiles[i + 1] -
	    g->quantiles[i]) * (uint32_t)at) >> 32);
}

static char *
digits(char *to, uint64_t v, unsigned width)
{
	unsigned i;

	for (i = width; i-- > 0; v /= 10)
		to[i] = (char)('0' + v % 10);
	return to + width;
}

static char *
number(char *to, int64_t v, unsigned width)
{
	char t[24];
	size_t i = sizeof t;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		t[--i] = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	while (sizeof t - i < width && i > 1)
		t[--i] = '0';
	if (v < 0)
		t[--i] = '-';
	memcpy(to, t + i, sizeof t - i);
	return to + (sizeof t - i);
}

static char *
decimal(char *to, int64_t v, unsigned scale)
{
	int64_t p = 1;
	unsigned i;

	for (i = 0; i < scale; i++)
		p *= 10;
	if (v < 0) {
		*to++ = '-';
		v = -v;
	}
	to = number(to, v / p, 1);
	if (scale > 0) {
		*to++ = '.';
		to = digits(to, (uint64_t)(v % p), scale);
	}
	return to;
}

static char *
clock_text(char *to, int64_t second)
{
	digits(to, (uint64_t)(second / 3600), 2);
	to[2] = ':';
	digits(to + 3, (uint64_t)(second / 60 % 60), 2);
	to[5] = ':';
	digits(to + 6, (uint64_t)(second % 60), 2);
	return to + 8;
}

/* The letters of strftime that a specification's format may use. */
static char *
formatted(char *to, const char *format, int32_t day, int64_t second)
{
	struct date_civil c = date_civil(day);

	for (; *format != '\0'; format++) {
		if (*format != '%') {
			*to++ = *format;
			continue;
		}
		switch (*++format) {
		case 'Y':
			to = digits(to, (uint64_t)c.year, 4);
			break;
		case 'y':
			to = digits(to, (uint64_t)c.year, 2);
			break;
		case 'm':
			to = digits(to, (uint64_t)c.month, 2);
			break;
		case 'd':
			to = digits(to, (uint64_t)c.day, 2);
			break;
		case 'H':
			to = digits(to, (uint64_t)(second / 3600), 2);
			break;
		case 'M':
			to = digits(to, (uint64_t)(second / 60 % 60), 2);
			break;
		case 'S':
			to = digits(to, (uint64_t)(second % 60), 2);
			break;
		case '\0':
			return to;
		default:
			*to++ = *format;
		}
	}
	return to;
}

static char *
time_text(char *to, const struct dummy_gen *g, const struct value *v)
{
	int32_t day = (int32_t)as_day(v);
	int64_t second = v->timed == TIMED_MOMENT ?
	    v->when - (int64_t)day * 86400 : 0;
	char date[10];

	if (g->format != NULL)
		return formatted(to, g->format, day, second);
	if (g->time == DUMMY_CLOCK)
		return clock_text(to, second);
	date_format(day, date);
	if (g->time == DUMMY_YEAR) {
		memcpy(to, date, 4);
		return to + 4;
	}
	if (g->time == DUMMY_YEARMONTH) {
		memcpy(to, date, 7);
		return to + 7;
	}
	memcpy(to, date, 10);
	if (g->time == DUMMY_DAY)
		return to + 10;
	to[10] = 'T';
	return clock_text(to + 11, second);
}

/* 1, or 0 when its base is empty. */
static int
make_moment(struct work *w, const struct dummy_gen *g, size_t k,
    struct dummy_random *rnd, struct value *v)
{
	struct value b = ref_value(w, &g->from, k), x;
	int day = g->time != DUMMY_MOMENT && g->time != DUMMY_CLOCK;
	int64_t when, add = 0;
	size_t i;

	if (moment(&b) == -1)
		return 0;
	if (g->from.kind == DUMMY_REF_VISIT_START && g->nquantiles == 0)
		add = (int64_t)dummy_below(rnd,
		    (uint64_t)(w->end - w->start + 1)) * (day ? 1 : 1440);
	else if (g->nquantiles > 0)
		add = quantile(g, rnd);
	if (day) {
		when = as_day(&b) + add;
	} else {
		when = as_moment(&b, 0) + add * 60;
		if (b.timed == TIMED_DAY)
			when += (int64_t)dummy_below(rnd, 1440) * 60;
	}
	for (i = 0; i < g->nuntil; i++) {
		x = ref_value(w, &g->until[i], k);
		if (moment(&x) == -1)
			continue;
		b.when = day ? as_day(&x) : as_moment(&x, 1);
		if (when > b.when)
			when = b.when;
	}
	for (i = 0; i < g->nnot_before; i++) {
		x = ref_value(w, &g->not_before[i], k);
		if (moment(&x) == -1)
			continue;
		b.when = day ? as_day(&x) : as_moment(&x, 0);
		if (when < b.when)
			when = b.when;
	}
	v->timed = day ? TIMED_DAY : TIMED_MOMENT;
	v->when = when;
	return 1;
}

/* A permutation of 0..n-1: a Feistel network that walks into the range. */
static uint64_t
permuted(uint64_t x, uint64_t n, uint64_t key)
{
	unsigned half = 1, i;
	uint64_t l, h, t, mask;

	while (half < 31 && n > (uint64_t)1 << (2 * half))
		half++;
	mask = ((uint64_t)1 << half) - 1;
	do {
		l = x & mask;
		h = x >> half;
		for (i = 0; i < 4; i++) {
			t = l;
			l = h ^ (dummy_mix(key + l * 4 + i) & mask);
			h = t;
		}
		x = h << half | l;
	} while (x >= n);
	return x;
}

/* The i-th of 50 million valid numbers that begin with 9. */
static char *
nhs_number(char *to, uint64_t i, uint64_t seed)
{
	uint64_t base = permuted(i % 50000000, 50000000, seed);
	unsigned sum, d, last;

	*to = '9';
	digits(to + 1, base * 2, 8);
	for (;;) {
		for (sum = d = 0; d < 9; d++)
			sum += (unsigned)(to[d] - '0') * (10 - d);
		last = (11 - sum % 11) % 11;
		if (last != 10)
			break;
		to[8]++; /* even before: no carry, and then it is not 10 */
	}
	to[9] = (char)('0' + last);
	return to + 10;
}

static char *
text_made(const struct dummy_gen *g, struct dummy_random *rnd, char *to)
{
	unsigned tries;
	size_t n = 0;

	for (tries = 0; tries < 1000; tries++) {
		n = dummy_pattern_make(g->pattern, rnd, to);
		if (n >= g->min_length && n <= g->max_length &&
		    (g->check == -1 ||
		    check_ok((enum check_kind)g->check, to, n)))
			break;
	}
	return to + n;
}

static void make(struct work *, const struct dummy_gen *, size_t,
    struct dummy_random *, struct value *);

static void
take_text(struct value *v, const struct dummy_text *t)
{
	v->p = t->p;
	v->n = t->n;
	v->quote = (unsigned char)t->quote;
}

static void
copy(struct value *v, const struct dummy_gen *g)
{
	uint32_t at = g->at < v->n ? g->at : v->n;

	if (at > 0 || g->first < v->n) {
		v->p += at;
		v->n = v->n - at < g->first ? v->n - at : g->first;
		v->timed = TIMED_NOT;
	}
}

static void
join(struct work *w, const struct dummy_gen *g, size_t k,
    struct dummy_random *rnd, struct value *v)
{
	char whole[DUMMY_TEXT_MAX];
	size_t i, n = 0;
	struct value part;

	for (i = 0; i < g->nparts; i++) {
		make(w, g->parts[i], k, rnd, &part);
		if (part.n > sizeof whole - n)
			part.n = (uint32_t)(sizeof whole - n);
		memcpy(whole + n, part.p, part.n);
		n += part.n;
		v->quote |= part.quote;
	}
	memcpy(w->text + w->text_n, whole, n);
	v->p = w->text + w->text_n;
	v->n = (uint32_t)n;
	w->text_n += n;
}

static int64_t
sum_of(const struct work *w, const struct dummy_gen *g, size_t k)
{
	int64_t sum = g->base;
	size_t i, j;

	for (i = 0; i < g->nmaps; i++) {
		const struct dummy_map *m = &g->maps[i];
		struct value v = ref_value(w, &m->of, k);

		for (j = 0; j < m->n; j++)
			if (equal(&v, &m->texts[j], 1))
				sum += m->values[j];
	}
	return sum;
}

static uint64_t
counted(const struct work *w, const struct dummy_gen *g, size_t k)
{
	switch (g->number) {
	case DUMMY_RECORD:
		return w->record + k + 1;
	case DUMMY_GROUP:
		return w->group + 1;
	case DUMMY_POSITION:
		return k + 1;
	default:
		return w->rows[g->table] + 1;
	}
}

static void
make(struct work *w, const struct dummy_gen *g, size_t k,
    struct dummy_random *rnd, struct value *v)
{
	char *to = w->text + w->text_n, *end = to;
	size_t i, j;

	*v = nothing;
	if (g->empty > 0 && (uint32_t)(dummy_next(rnd) >> 32) < g->empty)
		return;
	switch (g->form) {
	case DUMMY_EMPTY:
		return;
	case DUMMY_TEXT:
		take_text(v, &g->texts[0]);
		return;
	case DUMMY_CHOICE:
		take_text(v, &g->texts[dummy_choose(&g->choice,
		    dummy_next(rnd))]);
		return;
	case DUMMY_PATTERN:
		end = text_made(g, rnd, to);
		v->quote = 1;
		break;
	case DUMMY_UNIQUE:
		end = to + dummy_pattern_nth(g->pattern, w->unit, to);
		v->quote = 1;
		break;
	case DUMMY_NUMBER:
		end = number(to, (int64_t)counted(w, g, k) + g->base,
		    g->width);
		break;
	case DUMMY_QUANTILES:
		end = decimal(to, quantile(g, rnd), g->scale);
		break;
	case DUMMY_JOIN:
		join(w, g, k, rnd, v);
		return;
	case DUMMY_COPY:
		*v = ref_value(w, &g->from, k);
		copy(v, g);
		return;
	case DUMMY_PREVIOUS:
		if (k > 0)
			*v = ref_value(w, &g->from, k - 1);
		else
			make(w, g->otherwise, k, rnd, v);
		return;
	case DUMMY_DATE:
		if (!make_moment(w, g, k, rnd, v))
			return;
		end = time_text(to, g, v);
		break;
	case DUMMY_NHS:
		end = nhs_number(to, w->unit, w->d->o->seed);
		break;
	case DUMMY_SCTID:
		end = to + dummy_sctid(to, rnd);
		break;
	case DUMMY_SUM:
		end = decimal(to, sum_of(w, g, k), g->scale);
		break;
	case DUMMY_CASES:
		for (i = 0; i < g->ncases; i++) {
			for (j = 0; j < g->cases[i].n; j++)
				if (!holds(w, &g->cases[i].conditions[j], k))
					break;
			if (j == g->cases[i].n) {
				make(w, g->cases[i].gen, k, rnd, v);
				return;
			}
		}
		return;
	}
	v->p = to;
	v->n = (uint32_t)(end - to);
	w->text_n += v->n;
}

/* ---- groups ---- */

static void
choose_row(struct work *w, size_t i, uint64_t unit, uint64_t nunits)
{
	struct dummy *d = w->d;
	const struct dummy_source *s = &d->r->sources[i];
	struct dummy_random rnd;
	uint64_t x;
	int64_t days = d->r->to - d->r->from + 1;

	if (s->each) {
		w->rows[i] = (uint64_t)((num_uwide)unit * s->nrows / nunits);
	} else if (s->nslots > 0) {
		x = permuted(unit, s->nrows * s->nslots, d->o->seed + i);
		w->rows[i] = x / s->nslots;
		x %= s->nslots;
		w->start = d->r->from + (int32_t)(days * (int64_t)x /
		    (int64_t)s->nslots);
		w->end = d->r->from + (int32_t)(days * (int64_t)(x + 1) /
		    (int64_t)s->nslots) - 1;
		if (w->end < w->start)
			w->end = w->start;
	} else {
		rnd = dummy_stream(dummy_key(d->o->seed ^ UNIT_ROW, unit), i,
		    w->salted ? w->salts[d->r->nslots] : 0);
		w->rows[i] = dummy_below(&rnd, s->nrows);
	}
}

/* A moment as another one or a little after or before it. */
static void
make_near(struct work *w, const struct dummy_gen *g, const struct value *of,
    struct dummy_random *rnd, struct value *v)
{
	char *to = w->text + w->text_n;
	int64_t add = (int64_t)dummy_below(rnd, 9) - 4;
	struct value b = *of;

	*v = nothing;
	if (dummy_below(rnd, 2) == 0)
		add = 0;
	v->timed = g->time == DUMMY_MOMENT ? TIMED_MOMENT : TIMED_DAY;
	v->when = g->time == DUMMY_MOMENT ? as_moment(&b, 0) + add * 600 :
	    as_day(&b) + add;
	v->p = to;
	v->n = (uint32_t)(time_text(to, g, v) - to);
	w->text_n += v->n;
}

/* The values of all records of the group that w names. */
static void
make_group(struct work *w)
{
	const struct dummy_recipe *r = w->d->r;
	uint64_t seed = w->d->o->seed, gkey, rkey, key;
	struct dummy_random rnd;
	struct value *v;
	size_t i, k;

	w->text_n = 0;
	w->start = r->from;
	w->end = r->to;
	gkey = dummy_key(seed ^ UNIT_GROUP, w->group);
	for (i = 0; i < r->nsources; i++)
		if (!r->sources[i].per_record)
			choose_row(w, i, w->group,
			    w->d->groups_before[w->d->nblocks]);
	for (k = 0; k < w->group_n; k++) {
		v = w->values + k * r->nslots;
		rkey = dummy_key(seed ^ UNIT_RECORD, w->record + k);
		for (i = 0; i < r->nsources; i++)
			if (r->sources[i].per_record)
				choose_row(w, i, w->record + k, r->records);
		v[0] = v[1] = v[2] = nothing;
		v[0].p = k == 0 ? "1               " : "0               ";
		v[1].p = k + 1 == w->group_n ? "1               " :
		    "0               ";
		v[0].n = v[1].n = 1;
		v[2].p = w->text + w->text_n;
		v[2].n = (uint32_t)(number(w->text + w->text_n,
		    (int64_t)k + 1, 1) - v[2].p);
		w->text_n += v[2].n;
		for (i = 3; i < r->nslots; i++) {
			const struct dummy_slot *s = &r->slots[i];

			if (s->once && k > 0) {
				v[i] = w->values[i];
				continue;
			}
			if (s->per == DUMMY_PER_RECORD) {
				w->unit = w->record + k;
				key = rkey;
			} else if (s->per == DUMMY_PER_GROUP) {
				w->unit = w->group;
				key = gkey;
			} else {
				w->unit = w->rows[s->source];
				key = dummy_key(seed ^ UNIT_TABLE, w->unit);
			}
			/* A row's values are those of other groups too. */
			rnd = dummy_stream(key, i, w->salted &&
			    s->per != DUMMY_PER_ROW ? w->salts[i] : 0);
			if (w->salted && w->near[i] != 0 &&
			    moment(&v[w->near[i]]) == 0)
				make_near(w, s->gen, &v[w->near[i]], &rnd,
				    &v[i]);
			else
				make(w, s->gen, k, &rnd, &v[i]);
		}
	}
}

/* Appends the group's records; returns the next free end. */
static uint32_t *
put_group(struct work *w, struct buf *b, uint32_t *ends)
{
	const struct dummy *d = w->d;
	size_t k, c, nf = d->spec->nfields;

	for (k = 0; k < w->group_n; k++) {
		const struct value *row = w->values + k * d->r->nslots;

		for (c = 0; c < nf; c++) {
			const struct value *v = &row[d->slot_of[c]];

			/* A wide store may run into the buffer's slack. */
			buf_reserve(b, (size_t)v->n * 2 + 20);
			if (v->quote) {
				csv_put_cell(b, v->p, v->n);
			} else if (v->n <= 16) {
				memcpy(b->p + b->n, v->p, 16);
				b->n += v->n;
			} else {
				memcpy(b->p + b->n, v->p, v->n);
				b->n += v->n;
			}
			if (nf == 1 && v->n == 0)
				buf_puts(b, "\"\"");
			*ends++ = (uint32_t)b->n;
			b->p[b->n++] = ',';
		}
		b->p[b->n - 1] = '\n';
	}
	return ends;
}

static void
start_block(struct buf *b, uint32_t *ends)
{
	buf_clear(b);
	buf_putc(b, '\n');
	ends[0] = 0;
}

static void
as_block(struct work *w, struct buf *b, const uint32_t *ends, size_t n,
    struct csv_block *to)
{
	buf_reserve(b, 64);
	memset(b->p + b->n, 0, 64);
	memset(to, 0, sizeof *to);
	to->data = b->p;
	to->size = b->n;
	to->ncols = w->d->spec->nfields;
	to->nrecords = n;
	to->ends = ends + 1;
	to->delimiter = ',';
	to->quotes = memchr(b->p, '"', b->n) != NULL;
	to->file = "-";
	to->first_record = to->first_line = 1;
}

/* ---- rules ---- */

/* Of n records of a block from first on, those that break a check. */
static int
test(struct work *w, size_t check, const struct csv_block *b, size_t first,
    size_t n, unsigned char *broken, struct fault *f)
{
	const struct check *c = &w->d->checks[check];
	size_t i;

	if (expr_test(w->runs[check], b, first, n, broken, NULL, f) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (c->field == -1)
			broken[i] = broken[i] == 0 || broken[i] == 3;
		else
			broken[i] = broken[i] == 1 && csv_raw(b, first + i,
			    (size_t)c->field).n == 0;
	}
	return 0;
}

/* How many checks a small block's records break; one of them in *check. */
static int
count_broken(struct work *w, const struct csv_block *b,
    struct dummy_random *rnd, size_t *count, size_t *check, struct fault *f)
{
	unsigned char broken[EXPR_BATCH];
	size_t i, k, seen = 0;

	*count = 0;
	for (i = 0; i < w->d->nchecks; i++) {
		size_t before = *count;

		if (test(w, i, b, 0, b->nrecords, broken, f) == -1)
			return -1;
		for (k = 0; k < b->nrecords; k++)
			*count += broken[k];
		if (*count > before && dummy_below(rnd, ++seen) == 0)
			*check = i;
	}
	return 0;
}

/* What a way to make a value reads, one at random: a slot, or -1. */
static long
dependency(const struct dummy_gen *g, struct dummy_random *rnd)
{
	size_t i, n;

	switch (g->form) {
	case DUMMY_COPY:
	case DUMMY_DATE:
	case DUMMY_PREVIOUS:
		n = 1 + g->nuntil + g->nnot_before;
		i = dummy_below(rnd, n);
		if (i == 0)
			return g->from.kind == DUMMY_REF_SLOT ?
			    (long)g->from.slot : -1;
		if (i <= g->nuntil)
			return g->until[i - 1].kind == DUMMY_REF_SLOT ?
			    (long)g->until[i - 1].slot : -1;
		i -= g->nuntil + 1;
		return g->not_before[i].kind == DUMMY_REF_SLOT ?
		    (long)g->not_before[i].slot : -1;
	case DUMMY_CASES: {
		const struct dummy_case *c =
		    &g->cases[dummy_below(rnd, g->ncases)];

		if (c->n > 0 && dummy_below(rnd, 2) == 0) {
			const struct dummy_condition *d =
			    &c->conditions[dummy_below(rnd, c->n)];

			return d->left.kind == DUMMY_REF_SLOT ?
			    (long)d->left.slot : -1;
		}
		return dependency(c->gen, rnd);
	}
	case DUMMY_JOIN:
		return dependency(g->parts[dummy_below(rnd, g->nparts)], rnd);
	case DUMMY_SUM:
		i = dummy_below(rnd, g->nmaps);
		return g->maps[i].of.kind == DUMMY_REF_SLOT ?
		    (long)g->maps[i].of.slot : -1;
	default:
		return -1;
	}
}

/* The slot that is to be made anew because a check is broken. */
static size_t
blame(const struct work *w, const struct check *c, struct dummy_random *rnd)
{
	const struct dummy *d = w->d;
	const struct expr_scope *scope = spec_scope_expr(d->scope);
	const size_t *fields;
	size_t n, slot;
	long next;

	fields = expr_fields(c->expr, &n);
	if (c->field != -1 && (n == 0 || dummy_below(rnd, 2) == 0))
		slot = d->slot_of[c->field];
	else if (n == 0)
		return 3;
	else
		slot = d->slot_of[scope->fields[fields[dummy_below(rnd, n)]]
		    .column];
	while (dummy_below(rnd, 2) == 0 && (next = dependency(
	    d->r->slots[slot].gen, rnd)) >= 3)
		slot = (size_t)next;
	return slot;
}

/* Could it be set like another date that the check reads? Which, or 0. */
static uint32_t
near_slot(const struct work *w, const struct check *c, size_t slot,
    struct dummy_random *rnd)
{
	const struct dummy *d = w->d;
	const struct expr_scope *scope = spec_scope_expr(d->scope);
	const struct dummy_gen *g = d->r->slots[slot].gen;
	const size_t *fields;
	size_t n, other;

	if (g->form != DUMMY_DATE || g->from.kind != DUMMY_REF_START ||
	    (g->time != DUMMY_DAY && g->time != DUMMY_MOMENT))
		return 0;
	fields = expr_fields(c->expr, &n);
	other = d->slot_of[scope->fields[fields[dummy_below(rnd, n)]].column];
	return other < slot ? (uint32_t)other : 0;
}

/*
 * Makes the group again until no check is broken: a walk that changes one
 * field which a broken check reads, and takes the step unless more checks
 * are broken after it; now and then it does so even then, or starts afresh.
 */
static int
repair(struct work *w, struct fault *f)
{
	struct dummy_random rnd = dummy_stream(dummy_key(w->d->o->seed ^
	    UNIT_REPAIR, w->group), 0, 0);
	size_t n = w->d->r->nslots + 1, i, tries, slot = 0, now, before = 0;
	size_t check = 0, tried = 0;
	uint32_t salt = 0, near = 0, fresh = 0;
	struct csv_block b;

	w->salted = 1;
	for (tries = 0; tries < REPAIRS; tries++) {
		if (tries % 500 == 0) {
			for (i = 0; i < n; i++)
				w->salts[i] = fresh;
			memset(w->near, 0, n * sizeof *w->near);
			fresh += 1000;
			before = SIZE_MAX;
		} else {
			slot = blame(w, &w->d->checks[check], &rnd);
			salt = w->salts[slot];
			near = w->near[slot];
			w->salts[slot] = fresh + (uint32_t)tries;
			w->near[slot] = dummy_below(&rnd, 2) == 0 ? 0 :
			    near_slot(w, &w->d->checks[check], slot, &rnd);
		}
		make_group(w);
		start_block(&w->one, w->one_ends);
		(void)put_group(w, &w->one, w->one_ends + 1);
		as_block(w, &w->one, w->one_ends, w->group_n, &b);
		if (count_broken(w, &b, &rnd, &now, &tried, f) == -1)
			return -1;
		if (now == 0) {
			w->salted = 0;
			return 0;
		}
		if (now <= before || dummy_below(&rnd, 20) == 0) {
			before = now;
			check = tried;
		} else {
			w->salts[slot] = salt;
			w->near[slot] = near;
		}
	}
	if (w->d->checks[check].field == -1)
		return fault_set(f, "record %" PRIu64 ": cannot make one that "
		    "keeps rule %s (%.120s)", w->record + 1,
		    w->d->checks[check].id, w->d->checks[check].message);
	return fault_set(f, "record %" PRIu64 ": cannot make one that has %s "
	    "where it applies", w->record + 1, w->d->checks[check].id);
}

/* ---- a block ---- */

static size_t
group_size(const struct dummy *d, uint64_t record, uint64_t end)
{
	uint64_t n = 1;

	if (d->r->has_group)
		n += dummy_choose(&d->r->group,
		    dummy_key(d->o->seed ^ UNIT_SIZE, record));
	return (size_t)(n < end - record ? n : end - record);
}

static uint64_t
block_end(const struct dummy *d, uint64_t block)
{
	uint64_t end = (block + 1) * BLOCK;

	return end < d->r->records ? end : d->r->records;
}

/* Marks the groups of records that break a check; *any: some do. */
static int
find_broken(struct work *w, const struct csv_block *b, int *any,
    struct fault *f)
{
	unsigned char broken[EXPR_BATCH];
	size_t first, n, i, k, g;

	*any = 0;
	memset(w->broken, 0, w->ngroups);
	for (i = 0; i < w->d->nchecks; i++) {
		g = 0;
		for (first = 0; first < b->nrecords; first += n) {
			n = b->nrecords - first;
			if (n > EXPR_BATCH)
				n = EXPR_BATCH;
			if (test(w, i, b, first, n, broken, f) == -1)
				return -1;
			if (memchr(broken, 1, n) == NULL)
				continue;
			*any = 1;
			for (k = 0; k < n; k++) {
				if (!broken[k])
					continue;
				while (g + 1 < w->ngroups && w->starts[g + 1]
				    <= first + k)
					g++;
				w->broken[g] = 1;
			}
		}
	}
	return 0;
}

/* The block again, broken groups replaced. */
static int
mend(struct work *w, uint64_t first_record, uint64_t first_group, size_t n,
    struct fault *f)
{
	size_t nf = w->d->spec->nfields, g, i, from, to;
	uint32_t *ends = w->fixed_ends + 1;

	start_block(&w->fixed, w->fixed_ends);
	for (g = 0; g < w->ngroups; g++) {
		from = w->starts[g];
		to = g + 1 < w->ngroups ? w->starts[g + 1] : n;
		if (w->broken[g]) {
			w->group = first_group + g;
			w->record = first_record + from;
			w->group_n = to - from;
			if (repair(w, f) == -1)
				return -1;
			ends = put_group(w, &w->fixed, ends);
			continue;
		}
		{
			uint32_t start = w->ends[from * nf] + 1;
			uint32_t end = w->ends[to * nf] + 1;
			uint32_t move = (uint32_t)w->fixed.n - start;

			buf_put(&w->fixed, w->data.p + start, end - start);
			for (i = from * nf + 1; i <= to * nf; i++)
				*ends++ = w->ends[i] + move;
		}
	}
	return 0;
}

/* ---- errors ---- */

static const char *
wrong_type(enum spec_type t)
{
	switch (t) {
	case SPEC_DATE:
		return "2025-02-29";
	case SPEC_DATETIME:
		return "2025-02-29T25:00:00";
	case SPEC_TIME:
		return "25:61:00";
	case SPEC_INTEGER:
		return "1e";
	case SPEC_NUMBER:
		return "1.2.3";
	case SPEC_BOOLEAN:
		return "perhaps";
	case SPEC_YEAR:
		return "20x4";
	case SPEC_YEARMONTH:
		return "2024-13";
	default:
		return NULL;
	}
}

static void
add_hit(struct dummy *d, enum error_kind kind, size_t what)
{
	d->hits[kind] = mem_array(d->hits[kind], d->nhits[kind] + 1,
	    sizeof *d->hits[kind]);
	d->hits[kind][d->nhits[kind]++] = what;
}

/* A list that says all codes there are, not only those for "not known". */
static int
closed_list(const struct spec_field *sf, struct fault *f)
{
	size_t i, j;
	int closed = 0;

	for (i = 0; i < sf->codelists.n; i++) {
		struct codelist *l = codelist_open(sf->codelists.v[i], f);

		if (l == NULL)
			return -1;
		for (j = 0; j < codelist_count(l); j++)
			closed |= codelist_status(l, j) == CODELIST_CURRENT;
		codelist_close(l);
	}
	return closed || (sf->codelists.n > 0 && sf->pattern == NULL);
}

static int
plan_errors(struct dummy *d, struct fault *f)
{
	size_t i;
	int closed;

	d->error_share = (uint32_t)(d->o->errors >= 1 ? UINT32_MAX :
	    d->o->errors * 4294967296.0);
	d->plain = mem_zero(d->spec->nfields, sizeof *d->plain);
	for (i = 0; i < d->spec->nfields; i++) {
		const struct spec_field *sf = &d->spec->fields[i];

		d->plain[i] = dummy_recipe_plain(d->r, d->spec, i, f);
		if (d->plain[i] == NULL || (closed = closed_list(sf, f)) == -1)
			return -1;
		if (wrong_type(sf->type) != NULL && sf->format == NULL)
			add_hit(d, ERROR_TYPE, i);
		if (sf->check != NULL && (strcmp(sf->check, "nhs_number") == 0
		    || strncmp(sf->check, "sctid", 5) == 0))
			add_hit(d, ERROR_CHECK, i);
		if (sf->required)
			add_hit(d, ERROR_REQUIRED, i);
		if (closed)
			add_hit(d, ERROR_CODELIST, i);
		else if (sf->pattern != NULL && sf->type == SPEC_STRING &&
		    strpbrk(sf->pattern, "!~.?") == NULL)
			add_hit(d, ERROR_PATTERN, i);
	}
	if (d->spec->primary.n > 0 || d->spec->nunique > 0)
		add_hit(d, ERROR_DUPLICATE, 0);
	for (i = 0; i < d->nchecks; i++)
		if (d->checks[i].field == -1)
			add_hit(d, ERROR_RULE, i);
	return 0;
}

/* A record with one cell replaced, or (key) with the key of the one before. */
static void
put_changed(struct buf *to, uint32_t *ends,
    const struct csv_block *b, size_t r, size_t field, const char *text,
    size_t n, const struct spec_key *key)
{
	size_t c, i, from;

	for (c = 0; c < b->ncols; c++) {
		from = r;
		for (i = 0; key != NULL && i < key->n; i++)
			if (key->fields[i] == c)
				from = r - 1;
		if (key == NULL && c == field)
			csv_put_cell(to, text, n);
		else
			csv_put_raw(to, csv_raw(b, from, c));
		if (ends != NULL)
			*ends++ = (uint32_t)to->n;
		buf_putc(to, c + 1 < b->ncols ? ',' : '\n');
	}
}

/* A value that breaks the rule: 1 with field and text in scratch, or 0. */
static int
break_rule(struct work *w, const struct csv_block *b, size_t r, size_t check,
    struct dummy_random *rnd, size_t *field, struct fault *f)
{
	const struct dummy *d = w->d;
	const struct expr_scope *scope = spec_scope_expr(d->scope);
	unsigned char broken[EXPR_BATCH];
	const size_t *fields;
	struct csv_block one;
	struct value v;
	size_t n, i;

	fields = expr_fields(d->checks[check].expr, &n);
	for (i = 0; n > 0 && i < BREAKS; i++) {
		*field = scope->fields[fields[dummy_below(rnd, n)]].column;
		w->text_n = 0;
		w->unit = d->r->records + r;
		make(w, d->plain[*field], 0, rnd, &v);
		if (v.n == 0 && (d->spec->fields[*field].required || i % 4))
			continue;
		start_block(&w->one, w->one_ends);
		put_changed(&w->one, w->one_ends + 1, b, r, *field, v.p,
		    v.n, NULL);
		as_block(w, &w->one, w->one_ends, 1, &one);
		if (test(w, check, &one, 0, 1, broken, f) == -1)
			return -1;
		if (broken[0]) {
			buf_clear(&w->scratch);
			buf_put(&w->scratch, v.p, v.n);
			return 1;
		}
	}
	return 0;
}

static void
log_error(struct work *w, uint64_t record, const char *field,
    enum error_kind kind, const char *rule)
{
	buf_put_u64(&w->log, record);
	buf_putc(&w->log, ',');
	csv_put_string(&w->log, field);
	buf_putc(&w->log, ',');
	buf_puts(&w->log, error_names[kind]);
	if (rule != NULL) {
		buf_putc(&w->log, ':');
		buf_puts(&w->log, rule);
	}
	buf_putc(&w->log, '\n');
}

/* Writes record r with an error: 1; 0: this kind does not fit it. */
static int
plant(struct work *w, const struct csv_block *b, size_t r, uint64_t record,
    enum error_kind kind, int after_error, struct dummy_random *rnd,
    struct fault *f)
{
	const struct dummy *d = w->d;
	const struct spec_key *key;
	size_t what, field, i;
	struct csv_slice cell;
	int rc;

	if (d->nhits[kind] == 0)
		return 0;
	what = field = d->hits[kind][dummy_below(rnd, d->nhits[kind])];
	buf_clear(&w->scratch);
	if (kind == ERROR_DUPLICATE) {
		key = d->spec->primary.n > 0 ? &d->spec->primary :
		    &d->spec->unique_keys[0];
		if (r == 0 || after_error)
			return 0;
		put_changed(&w->out, NULL, b, r, 0, NULL, 0, key);
		log_error(w, record, d->spec->fields[key->fields[0]].name,
		    kind, NULL);
		return 1;
	}
	if (kind == ERROR_RULE) {
		rc = break_rule(w, b, r, what, rnd, &field, f);
		if (rc != 1)
			return rc;
		put_changed(&w->out, NULL, b, r, field, w->scratch.p,
		    w->scratch.n, NULL);
		log_error(w, record, d->spec->fields[field].name, kind,
		    d->checks[what].id);
		return 1;
	}
	cell = csv_raw(b, r, field);
	switch (kind) {
	case ERROR_TYPE:
		buf_puts(&w->scratch, wrong_type(d->spec->fields[field].type));
		break;
	case ERROR_CHECK:
		if (cell.n == 0)
			return 0;
		buf_put(&w->scratch, cell.p, cell.n);
		w->scratch.p[cell.n - 1] = (char)('0' +
		    (cell.p[cell.n - 1] - '0' + 1) % 10);
		break;
	case ERROR_REQUIRED:
		if (cell.n == 0)
			return 0;
		break;
	default:
		if (cell.n == 0)
			return 0;
		for (i = 0; i < cell.n; i++)
			buf_putc(&w->scratch, '?');
	}
	put_changed(&w->out, NULL, b, r, field, w->scratch.p,
	    w->scratch.n, NULL);
	log_error(w, record, d->spec->fields[field].name, kind, NULL);
	return 1;
}

static int
put_with_errors(struct work *w, const struct csv_block *b,
    uint64_t first_record, struct fault *f)
{
	struct dummy_random rnd;
	size_t r, copied = 0, k;
	int before = 0, rc;

	for (r = 0; r < b->nrecords; r++) {
		rnd = dummy_stream(dummy_key(w->d->o->seed ^ UNIT_ERROR,
		    first_record + r), 0, 0);
		if ((uint32_t)(dummy_next(&rnd) >> 32) >= w->d->error_share) {
			before = 0;
			continue;
		}
		csv_put_records(&w->out, b, copied, r);
		rc = 0;
		for (k = 0; k < 40 && rc == 0; k++)
			rc = plant(w, b, r, first_record + r + 1,
			    (enum error_kind)dummy_below(&rnd, ERROR_KINDS),
			    before, &rnd, f);
		if (rc == -1)
			return -1;
		before = rc;
		copied = r + (rc == 1);
	}
	csv_put_records(&w->out, b, copied, b->nrecords);
	return 0;
}

/* Block number block into w->out and w->log. */
static int
make_block(struct work *w, uint64_t block, struct fault *f)
{
	struct dummy *d = w->d;
	uint64_t first = block * BLOCK, end = block_end(d, block);
	size_t n = (size_t)(end - first), at = 0;
	struct csv_block b;
	uint32_t *ends = w->ends + 1;
	int any = 0;

	start_block(&w->data, w->ends);
	buf_clear(&w->out);
	buf_clear(&w->log);
	w->salted = 0;
	w->ngroups = 0;
	while (at < n) {
		w->group = d->groups_before[block] + w->ngroups;
		w->record = first + at;
		w->group_n = group_size(d, w->record, end);
		w->starts[w->ngroups++] = (uint32_t)at;
		make_group(w);
		ends = put_group(w, &w->data, ends);
		at += w->group_n;
	}
	as_block(w, &w->data, w->ends, n, &b);
	if (find_broken(w, &b, &any, f) == -1)
		return -1;
	if (any) {
		if (mend(w, first, d->groups_before[block], n, f) == -1)
			return -1;
		as_block(w, &w->fixed, w->fixed_ends, n, &b);
	}
	if (d->error_share > 0)
		return put_with_errors(w, &b, first, f);
	buf_put(&w->out, b.data + 1, b.size - 1);
	return 0;
}

/* ---- opening ---- */

static int
load_column(struct dummy_source *s, const struct csv_header *h, size_t c,
    size_t *column, struct fault *f)
{
	long at = csv_column(h, s->columns[c].name);

	if (at == -1)
		return fault_at(f, s->path, 0, "no column %.80s",
		    s->columns[c].name);
	*column = (size_t)at;
	return 0;
}

static void
load_block(struct dummy_source *s, const struct csv_block *b,
    const size_t *column, size_t *cap, struct buf *scratch)
{
	size_t r, c, only, row = 0;

	for (only = 0; only < s->ncolumns; only++)
		if (s->only != NULL &&
		    strcmp(s->columns[only].name, s->only) == 0)
			break;
	if (s->nrows + b->nrecords + 1 > *cap) {
		*cap = (s->nrows + b->nrecords + 1) * 2;
		for (c = 0; c < s->ncolumns; c++) {
			s->columns[c].at = mem_array(s->columns[c].at, *cap,
			    sizeof *s->columns[c].at);
			s->columns[c].at[0] = 0;
		}
	}
	for (c = 0; c < s->ncolumns; c++) {
		struct dummy_column *t = &s->columns[c];

		for (r = row = 0; r < b->nrecords; r++) {
			struct csv_slice v = csv_cell(b, r, column[c],
			    scratch);

			if (only < s->ncolumns &&
			    csv_raw(b, r, column[only]).n == 0)
				continue;
			if (b->quotes && csv_raw(b, r, column[c]).n != v.n)
				t->quote = 1;
			if (b->delimiter != ',')
				t->quote = 1;
			buf_put(&t->text, v.p, v.n);
			t->at[s->nrows + ++row] = t->text.n;
		}
	}
	s->nrows += s->ncolumns > 0 ? row : b->nrecords;
}

static int
load_source(struct dummy_source *s, struct fault *f)
{
	struct csv_options o = { .delimiter = ',' };
	struct csv_reader *in = csv_open(&s->path, 1, &o, f);
	const struct csv_block *b;
	size_t *column = mem_zero(s->ncolumns + 1, sizeof *column);
	size_t c, cap = 0;
	struct buf scratch = { 0 };
	int rc = -1, more;

	if (in == NULL)
		goto out;
	for (c = 0; c < s->ncolumns; c++) {
		buf_reserve(&s->columns[c].text, 1);
		if (load_column(s, csv_header(in), c, &column[c], f) == -1)
			goto out;
	}
	while ((more = csv_next(in, &b, f)) == 1)
		load_block(s, b, column, &cap, &scratch);
	if (more == -1)
		goto out;
	rc = s->nrows > 0 ? 0 :
	    fault_at(f, s->path, 0, "no records to refer to");
out:
	buf_free(&scratch);
	free(column);
	csv_close(in);
	return rc;
}

static int
open_sources(struct dummy *d, struct fault *f)
{
	uint64_t nunits, visits;
	size_t i;

	d->slotted = -1;
	for (i = 0; i < d->r->nsources; i++) {
		struct dummy_source *s = &d->r->sources[i];

		nunits = s->per_record ? d->r->records :
		    d->groups_before[d->nblocks];
		if (s->path != NULL) {
			if (load_source(s, f) == -1)
				return -1;
		} else {
			s->nrows = (uint64_t)(s->share * (double)nunits);
			if (s->nrows == 0)
				s->nrows = 1;
		}
		if (s->each && s->path == NULL && s->nrows < nunits)
			s->nrows = nunits;
		if (s->each && s->nrows < nunits)
			return fault_at(f, s->path, 0, "has %" PRIu64
			    " records, but %" PRIu64 " different ones are "
			    "needed: ask for fewer records (-n)", s->nrows,
			    nunits);
		if (!s->want_slots || d->slotted != -1)
			continue;
		visits = (nunits + s->nrows - 1) / s->nrows;
		s->nslots = visits * 3 < DUMMY_SLOTS_MAX ? visits * 3 :
		    visits < DUMMY_SLOTS_MAX ? DUMMY_SLOTS_MAX : visits;
		d->slotted = (long)i;
	}
	return 0;
}

static void
count_groups(struct dummy *d)
{
	uint64_t b, at, end, n = 0;

	d->nblocks = (d->r->records + BLOCK - 1) / BLOCK;
	d->groups_before = mem_array(NULL, d->nblocks + 1,
	    sizeof *d->groups_before);
	for (b = 0; b < d->nblocks; b++) {
		d->groups_before[b] = n;
		end = block_end(d, b);
		for (at = b * BLOCK; at < end; at += group_size(d, at, end))
			n++;
	}
	d->groups_before[d->nblocks] = n;
}

static int
add_check(struct dummy *d, const char *expression, const char *id,
    const char *message, long field, struct fault *f)
{
	struct check *c = &d->checks[d->nchecks];

	c->expr = expr_compile(expression, spec_scope_expr(d->scope), f);
	if (c->expr == NULL) {
		fault_place(f, d->spec->path, 0, 0, 0, id);
		return -1;
	}
	c->id = id;
	c->message = message != NULL ? message : expression;
	c->field = field;
	d->nchecks++;
	return 0;
}

static int
open_checks(struct dummy *d, struct fault *f)
{
	const struct spec *s = d->spec;
	size_t i;

	d->checks = mem_zero(s->nrules + s->nfields, sizeof *d->checks);
	for (i = 0; i < s->nrules; i++) {
		const struct spec_rule *r = &s->rules[i];

		if (r->expression == NULL || r->within.n > 0 ||
		    r->reference != NULL)
			continue;
		if (add_check(d, r->expression, r->id, r->message, -1, f) ==
		    -1)
			return -1;
	}
	for (i = 0; i < s->nfields; i++)
		if (s->fields[i].applies != NULL && add_check(d,
		    s->fields[i].applies, s->fields[i].name, NULL, (long)i,
		    f) == -1)
			return -1;
	return 0;
}

struct dummy *
dummy_open(const struct spec *spec, const struct dummy_options *o,
    struct fault *f)
{
	struct dummy *d = mem_zero(1, sizeof *d);
	size_t i, k;

	d->spec = spec;
	d->o = o;
	if ((d->r = dummy_recipe_new(spec, o, f)) == NULL)
		goto fail;
	d->slot_of = mem_zero(spec->nfields, sizeof *d->slot_of);
	for (i = 0; i < d->r->nslots; i++)
		if (d->r->slots[i].field != -1)
			d->slot_of[d->r->slots[i].field] = i;
	d->header.n = spec->nfields;
	d->header.names = mem_zero(spec->nfields, sizeof *d->header.names);
	for (k = 0; k < spec->nfields; k++)
		d->header.names[k] = spec->fields[k].name;
	d->scope = spec_scope_new(spec, &d->header, f);
	if (d->scope == NULL || open_checks(d, f) == -1)
		goto fail;
	count_groups(d);
	if (o->errors > 0 && plan_errors(d, f) == -1)
		goto fail;
	if (open_sources(d, f) == -1)
		goto fail;
	return d;
fail:
	dummy_close(d);
	return NULL;
}

void
dummy_close(struct dummy *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->nchecks; i++)
		expr_free(d->checks[i].expr);
	free(d->checks);
	spec_scope_free(d->scope);
	for (i = 0; i < ERROR_KINDS; i++)
		free(d->hits[i]);
	free(d->plain);
	free(d->slot_of);
	free(d->header.names);
	free(d->groups_before);
	dummy_recipe_free(d->r);
	free(d);
}

/* ---- workers ---- */

struct crew {
	struct dummy *d;
	struct outfile *out, *log;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	uint64_t next, written;
	struct fault fault;
};

static struct work *
work_new(struct dummy *d)
{
	struct work *w = mem_zero(1, sizeof *w);
	size_t nf = d->spec->nfields, ns = d->r->nslots, i;
	size_t ends = BLOCK * nf + 1;

	w->d = d;
	w->values = mem_array(NULL, d->r->group_max * ns, sizeof *w->values);
	/* Only what is used of it is ever touched. */
	w->text = mem_array(NULL, d->r->group_max * ns,
	    DUMMY_TEXT_MAX + 16);
	w->salts = mem_zero(ns + 1, sizeof *w->salts);
	w->near = mem_zero(ns + 1, sizeof *w->near);
	w->rows = mem_zero(d->r->nsources, sizeof *w->rows);
	w->ends = mem_array(NULL, ends, sizeof *w->ends);
	w->fixed_ends = mem_array(NULL, ends, sizeof *w->fixed_ends);
	w->one_ends = mem_array(NULL, d->r->group_max * nf + 1,
	    sizeof *w->one_ends);
	w->starts = mem_array(NULL, BLOCK, sizeof *w->starts);
	w->broken = mem_array(NULL, BLOCK, 1);
	w->runs = mem_zero(d->nchecks, sizeof *w->runs);
	for (i = 0; i < d->nchecks; i++)
		w->runs[i] = expr_run_new(d->checks[i].expr);
	return w;
}

static void
work_free(struct work *w)
{
	size_t i;

	for (i = 0; i < w->d->nchecks; i++)
		expr_run_free(w->runs[i]);
	free(w->runs);
	free(w->values);
	free(w->text);
	free(w->salts);
	free(w->near);
	free(w->rows);
	free(w->ends);
	free(w->fixed_ends);
	free(w->one_ends);
	free(w->starts);
	free(w->broken);
	buf_free(&w->data);
	buf_free(&w->fixed);
	buf_free(&w->one);
	buf_free(&w->scratch);
	buf_free(&w->out);
	buf_free(&w->log);
	free(w);
}

static void *
work_main(void *arg)
{
	struct crew *c = arg;
	struct work *w = work_new(c->d);
	struct fault f;
	uint64_t block;
	int go;

	for (;;) {
		(void)pthread_mutex_lock(&c->lock);
		block = c->next;
		go = block < c->d->nblocks && !c->fault.set;
		if (go)
			c->next++;
		(void)pthread_mutex_unlock(&c->lock);
		if (!go)
			break;
		fault_clear(&f);
		(void)make_block(w, block, &f);
		(void)pthread_mutex_lock(&c->lock);
		while (c->written != block)
			(void)pthread_cond_wait(&c->turn, &c->lock);
		/* Its turn: an earlier block's fault comes first. */
		if (!c->fault.set && !f.set) {
			(void)outfile_write(c->out, w->out.p, w->out.n, &f);
			if (c->log != NULL && !f.set)
				(void)outfile_write(c->log, w->log.p,
				    w->log.n, &f);
		}
		if (!c->fault.set && f.set)
			c->fault = f;
		c->written++;
		(void)pthread_cond_broadcast(&c->turn);
		(void)pthread_mutex_unlock(&c->lock);
	}
	work_free(w);
	return NULL;
}

int
dummy_write(struct dummy *d, unsigned jobs, int header, struct outfile *out,
    struct outfile *log, struct fault *f)
{
	struct crew c = { d, out, log, PTHREAD_MUTEX_INITIALIZER,
		PTHREAD_COND_INITIALIZER, 0, 0, FAULT_NONE };
	static const char first[] = "record,field,kind\n";
	struct buf b = { 0 };
	pthread_t *threads;
	unsigned i, n = 0;
	int rc = 0;

	if (jobs == 0)
		jobs = flow_processors();
	if (header)
		csv_put_header(&b, d->header.names, d->header.n);
	if (outfile_write(out, b.p, b.n, f) == -1 || (log != NULL &&
	    outfile_write(log, first, sizeof first - 1, f) == -1))
		rc = -1;
	buf_free(&b);
	if (rc == -1)
		return -1;
	threads = mem_array(NULL, jobs, sizeof *threads);
	for (i = 1; i < jobs; i++)
		if (pthread_create(&threads[n], NULL, work_main, &c) == 0)
			n++;
	(void)work_main(&c);
	for (i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	free(threads);
	(void)pthread_mutex_destroy(&c.lock);
	(void)pthread_cond_destroy(&c.turn);
	if (c.fault.set) {
		if (f != NULL && !f->set)
			*f = c.fault;
		return -1;
	}
	return 0;
}

/* One value of an artificial record. */
#include "spec/dummy_work.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/num.h"
#include "check/check.h"

const struct dummy_value dummy_nothing = { "                ", 0, 0, 0, 0 };

static struct dummy_value
ref_value(const struct dummy_work *w, const struct dummy_ref *ref, size_t k)
{
	const struct dummy_recipe *r = w->d->r;
	struct dummy_value v = dummy_nothing;

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
	v.timed = DUMMY_TIMED_DAY;
	v.n = 1;
	return v;
}

int
dummy_moment(struct dummy_value *v)
{
	int32_t day;

	if (v->n == 0)
		return -1;
	if (v->timed != DUMMY_TIMED_NOT)
		return 0;
	if (date_parse(v->p, v->n, &day) == 0) {
		v->timed = DUMMY_TIMED_DAY;
		v->when = day;
		return 0;
	}
	if (date_datetime_parse(v->p, v->n, &v->when) == 0) {
		v->timed = DUMMY_TIMED_MOMENT;
		return 0;
	}
	return -1;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
dummy_as_day(const struct dummy_value *v)
{
	return v->timed == DUMMY_TIMED_MOMENT ? floor_div(v->when, 86400)
					      : v->when;
}

int64_t
dummy_as_moment(const struct dummy_value *v, int last)
{
	return v->timed == DUMMY_TIMED_MOMENT ? v->when :
	    v->when * 86400 + (last ? 86399 : 0);
}

static int
equal(const struct dummy_value *v, const struct dummy_text *texts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (texts[i].n == v->n &&
		    memcmp(texts[i].p, v->p, v->n) == 0)
			return 1;
	return 0;
}

static int
holds(const struct dummy_work *w, const struct dummy_condition *c, size_t k)
{
	struct dummy_value a = ref_value(w, &c->left, k), b;

	if (c->test == DUMMY_IN)
		return equal(&a, c->texts, c->ntexts);
	b = ref_value(w, &c->right, k);
	if (a.n == 0 || b.n == 0)
		return 0;
	if (dummy_moment(&a) == 0 && dummy_moment(&b) == 0) {
		if (c->test == DUMMY_SAME)
			return dummy_as_day(&a) == dummy_as_day(&b);
		return c->test == DUMMY_AFTER
			   ? dummy_as_day(&a) > dummy_as_day(&b)
			   : dummy_as_day(&a) < dummy_as_day(&b);
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

char *
dummy_number(char *to, int64_t v, unsigned width)
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
	to = dummy_number(to, v / p, 1);
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

char *
dummy_time_text(
    char *to, const struct dummy_gen *g, const struct dummy_value *v)
{
	int32_t day = (int32_t)dummy_as_day(v);
	int64_t second = v->timed == DUMMY_TIMED_MOMENT ?
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
make_moment(struct dummy_work *w, const struct dummy_gen *g, size_t k,
    struct dummy_random *rnd, struct dummy_value *v)
{
	struct dummy_value b = ref_value(w, &g->from, k), x;
	int day = g->time != DUMMY_MOMENT && g->time != DUMMY_CLOCK;
	int64_t when, add = 0;
	size_t i;

	if (dummy_moment(&b) == -1)
		return 0;
	if (g->from.kind == DUMMY_REF_VISIT_START && g->nquantiles == 0)
		add = (int64_t)dummy_below(rnd,
		    (uint64_t)(w->end - w->start + 1)) * (day ? 1 : 1440);
	else if (g->nquantiles > 0)
		add = quantile(g, rnd);
	if (day) {
		when = dummy_as_day(&b) + add;
	} else {
		when = dummy_as_moment(&b, 0) + add * 60;
		if (b.timed == DUMMY_TIMED_DAY)
			when += (int64_t)dummy_below(rnd, 1440) * 60;
	}
	for (i = 0; i < g->nuntil; i++) {
		x = ref_value(w, &g->until[i], k);
		if (dummy_moment(&x) == -1)
			continue;
		b.when = day ? dummy_as_day(&x) : dummy_as_moment(&x, 1);
		if (when > b.when)
			when = b.when;
	}
	for (i = 0; i < g->nnot_before; i++) {
		x = ref_value(w, &g->not_before[i], k);
		if (dummy_moment(&x) == -1)
			continue;
		b.when = day ? dummy_as_day(&x) : dummy_as_moment(&x, 0);
		if (when < b.when)
			when = b.when;
	}
	v->timed = day ? DUMMY_TIMED_DAY : DUMMY_TIMED_MOMENT;
	v->when = when;
	return 1;
}

uint64_t
dummy_permuted(uint64_t x, uint64_t n, uint64_t key)
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
	uint64_t base = dummy_permuted(i % 50000000, 50000000, seed);
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

static void
take_text(struct dummy_value *v, const struct dummy_text *t)
{
	v->p = t->p;
	v->n = t->n;
	v->quote = (unsigned char)t->quote;
}

static void
copy(struct dummy_value *v, const struct dummy_gen *g)
{
	uint32_t at = g->at < v->n ? g->at : v->n;

	if (at > 0 || g->first < v->n) {
		v->p += at;
		v->n = v->n - at < g->first ? v->n - at : g->first;
		v->timed = DUMMY_TIMED_NOT;
	}
}

static void
join(struct dummy_work *w, const struct dummy_gen *g, size_t k,
    struct dummy_random *rnd, struct dummy_value *v)
{
	char whole[DUMMY_TEXT_MAX];
	size_t i, n = 0;
	struct dummy_value part;

	for (i = 0; i < g->nparts; i++) {
		dummy_make(w, g->parts[i], k, rnd, &part);
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
sum_of(const struct dummy_work *w, const struct dummy_gen *g, size_t k)
{
	int64_t sum = g->base;
	size_t i, j;

	for (i = 0; i < g->nmaps; i++) {
		const struct dummy_map *m = &g->maps[i];
		struct dummy_value v = ref_value(w, &m->of, k);

		for (j = 0; j < m->n; j++)
			if (equal(&v, &m->texts[j], 1))
				sum += m->values[j];
	}
	return sum;
}

static uint64_t
counted(const struct dummy_work *w, const struct dummy_gen *g, size_t k)
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

void
dummy_make(struct dummy_work *w, const struct dummy_gen *g, size_t k,
    struct dummy_random *rnd, struct dummy_value *v)
{
	char *to = w->text + w->text_n, *end = to;
	size_t i, j;

	*v = dummy_nothing;
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
		end = dummy_number(to, (int64_t)counted(w, g, k) + g->base,
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
			dummy_make(w, g->otherwise, k, rnd, v);
		return;
	case DUMMY_DATE:
		if (!make_moment(w, g, k, rnd, v))
			return;
		end = dummy_time_text(to, g, v);
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
				dummy_make(w, g->cases[i].gen, k, rnd, v);
				return;
			}
		}
		return;
	}
	v->p = to;
	v->n = (uint32_t)(end - to);
	w->text_n += v->n;
}

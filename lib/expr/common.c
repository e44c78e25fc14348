#include "common.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/words.h"
#include "expr/load.h"
#include "expr/native.h"

#define MOST EXPR_NUMBERS /* distinct cells: else a field is not numbered */
#define SHORT 4096        /* places of short cells; a power of two */
#define DAY_FIRST (1900 * 512) /* days, packed, that have a place */
#define DAYS (200 * 512)
#define UNDECIDED 0x80
#define ENOUGH 8 /* cheap conditions on a field, to number its cells */

/* A field's cells by number. */
struct cells {
	struct words words;
	/* Cells of up to seven bytes seen lately: most codes are so short. */
	struct short_cell {
		uint64_t key; /* its bytes, and in the last how many */
		uint64_t number;
	} of_short[SHORT];
	uint16_t *of_day; /* the same by day, of a field of dates; or NULL */
	int too_many;
	uint64_t turn; /* of which number is */
	uint16_t number[EXPR_BATCH];
};

struct commons {
	struct map *index; /* what a node says */
	struct common **parts;
	size_t cap, nfields;
	int given;
	struct cells **cells; /* by field, when first wanted */
	unsigned *weights;    /* by field: what conditions on it would cost */
};

struct commons *
commons_new(size_t nfields, int given)
{
	struct commons *c = mem_zero(1, sizeof *c);

	c->index = map_new();
	c->nfields = nfields;
	c->given = given;
	c->cells = mem_zero(nfields + 1, sizeof *c->cells);
	c->weights = mem_zero(nfields + 1, sizeof *c->weights);
	return c;
}

void
commons_free(struct commons *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < map_count(c->index); i++) {
		free(c->parts[i]->values);
		free(c->parts[i]->truths);
		free(c->parts[i]->verdicts);
		free(c->parts[i]);
	}
	for (i = 0; i < c->nfields; i++) {
		if (c->cells[i] == NULL)
			continue;
		words_clear(&c->cells[i]->words);
		free(c->cells[i]->of_day);
		free(c->cells[i]);
	}
	free(c->parts);
	free(c->cells);
	free(c->weights);
	map_free(c->index);
	free(c);
}

/* What makes two nodes one: 0, or -1: values that the run is given. */
static int
say(const struct commons *c, const struct expr *e, const struct node *x,
    struct buf *b)
{
	const unsigned char head[3] = { (unsigned char)x->op,
		(unsigned char)x->way, x->negated != 0 };
	size_t i;

	buf_put(b, head, sizeof head);
	buf_put(b, &x->n, sizeof x->n);
	switch (x->op) {
	case NODE_FIELD:
		if (e->scope->fields[x->field].given != 0 && !c->given)
			return -1;
		buf_put(b, &x->field, sizeof x->field);
		break;
	case NODE_REAL:
		buf_put(b, &x->r, sizeof x->r);
		break;
	case NODE_TEXT:
		buf_put(b, &x->length, sizeof x->length);
		buf_put(b, x->text, x->length);
		break;
	case NODE_COLLATE:
		buf_puts(b, x->text);
		break;
	case NODE_REGEXP: /* the pattern is one of the kids */
		break;
	case NODE_CALL:
		buf_put(b, &x->function, sizeof(const void *));
		buf_put(b, &x->codelist, sizeof x->codelist);
		if (x->function->id != FUNCTION_SCORE &&
		    x->function->id != FUNCTION_AGE_BAND)
			break;
		/* Its literals are no kids any more. */
		buf_put(b, &x->at, sizeof x->at);
		buf_puts(b, e->text);
		break;
	default:
		buf_put(b, &x->i, sizeof x->i);
		break;
	}
	for (i = 0; i < x->n; i++)
		if (say(c, e, x->kids[i], b) == -1)
			return -1;
	return 0;
}

/* The only field that a node reads: -1 none yet, -2 several. */
static void
only_field(const struct node *x, long *field)
{
	size_t i;

	if (x->op == NODE_FIELD && *field != x->field)
		*field = *field == -1 ? x->field : -2;
	for (i = 0; i < x->n; i++)
		only_field(x->kids[i], field);
}

/*
 * Is looking a verdict up cheaper than the condition itself? Not for what a
 * loop over numbers, days or kinds does.
 */
static int
worth_it(const struct expr *e, const struct node *x)
{
	size_t i;

	if (x->way == WAY_SQLITE)
		return 1;
	if (x->op == NODE_ISNULL && x->kids[0]->op == NODE_FIELD)
		return 0;
	if (x->op == NODE_FIELD)
		return e->scope->fields[x->field].type == EXPR_TEXT;
	for (i = 0; i < x->n; i++)
		if (worth_it(e, x->kids[i]))
			return 1;
	return 0;
}

/*
 * What a few comparisons with short texts decide costs less than the number
 * of the cell does, unless several conditions share that.
 */
static int
cheap(const struct node *x)
{
	size_t i;

	switch (x->op) {
	case NODE_AND:
	case NODE_OR:
	case NODE_NOT:
		for (i = 0; i < x->n; i++)
			if (!cheap(x->kids[i]))
				return 0;
		return 1;
	case NODE_EQ:
	case NODE_NE:
	case NODE_IN:
		if (x->way == WAY_SQLITE)
			return 0;
		if (x->op != NODE_IN && native_begins(x->kids[0], x->kids[1]))
			return x->kids[0]->kids[0]->op == NODE_FIELD;
		if (x->n > 4 || x->kids[0]->op != NODE_FIELD)
			return 0;
		for (i = 1; i < x->n; i++)
			if (x->kids[i]->op != NODE_TEXT ||
			    x->kids[i]->length > 8)
				return 0;
		return 1;
	default:
		return 0;
	}
}

static int
of_texts(const struct expr_field *f)
{
	return f->given == 0 && f->type != EXPR_INTEGER &&
	    f->type != EXPR_NUMBER && f->type != EXPR_BOOLEAN;
}

static struct common *
part_of(struct commons *c, const struct expr *e, const struct node *x,
    const struct buf *said)
{
	struct common *p;
	long field = -1;
	int added;
	size_t at = map_add(c->index, said->p, said->n, &added);

	if (!added)
		return c->parts[at];
	if (at >= c->cap) {
		c->cap = c->cap > 0 ? c->cap * 2 : 64;
		c->parts = mem_array(c->parts, c->cap,
		    sizeof(struct common *));
	}
	p = c->parts[at] = mem_zero(1, sizeof *p);
	only_field(x, &field);
	p->field = field >= 0 && of_texts(&e->scope->fields[field]) &&
	    worth_it(e, x) ? field : -1;
	if (p->field >= 0)
		c->weights[field] += cheap(x) ? 1 : ENOUGH;
	return p;
}

static void
join(struct commons *c, const struct expr *e, const struct node *x,
    struct common **places, struct common **tests, struct buf *said)
{
	size_t i;

	if (x->op == NODE_FIELD || x->op <= NODE_TEXT)
		return;
	buf_clear(said);
	if (say(c, e, x, said) == 0) {
		places[x->place] = part_of(c, e, x, said);
		if (x->way != WAY_SQLITE)
			tests[x->test] = places[x->place];
	}
	for (i = 0; x->way != WAY_SQLITE && i < x->n; i++)
		join(c, e, x->kids[i], places, tests, said);
}

void
commons_join(struct commons *c, const struct expr *e, struct common **places,
    struct common **tests)
{
	struct buf said = { 0 };

	join(c, e, e->root, places, tests, &said);
	buf_free(&said);
}

/* A cell of up to seven bytes. Sixteen can be read. */
static inline size_t
number_short(struct cells *c, const char *p, size_t n)
{
	uint64_t key = load8(p, n) | (uint64_t)n << 56;
	struct short_cell *s = &c->of_short[key * 0x9e3779b97f4a7c15ULL >>
	    32 & (SHORT - 1)];

	if (s->key != key) {
		s->key = key;
		s->number = words_add(&c->words, p, n);
	}
	return s->number;
}

/* Where a day's number is; no day's (an empty cell's), and that of none. */
static inline size_t
day_place(int32_t day)
{
	uint32_t at = (uint32_t)day - DAY_FIRST;

	return at < DAYS ? at : day == -1 ? DAYS : DAYS + 1;
}

/* Those of a whole batch by their days: 0, or -1: some are not known yet. */
static int
number_days(struct cells *c, const int32_t *days, size_t n)
{
	uint16_t known = 1;
	size_t i;

	for (i = 0; i < n; i++) {
		uint16_t number = c->of_day[day_place(days[i])];

		known &= number != 0;
		c->number[i] = (uint16_t)(number - 1);
	}
	return known ? 0 : -1;
}

static size_t
number_day(struct cells *c, int32_t day, const char *p, size_t n)
{
	size_t number = words_add(&c->words, p, n);

	if (number < MOST && day_place(day) <= DAYS)
		c->of_day[day_place(day)] = (uint16_t)(number + 1);
	return number;
}

static struct cells *
cells_new(const struct expr_run *r, size_t field)
{
	struct cells *c = mem_zero(1, sizeof *c);
	const struct expr_field *f = &r->e->scope->fields[field];

	words_init(&c->words);
	c->too_many = !of_texts(f);
	/* No text has this key: a length of 255. */
	memset(c->of_short, 0xff, sizeof c->of_short);
	if (f->type == EXPR_DATE)
		c->of_day = mem_zero(DAYS + 2, sizeof *c->of_day);
	return c;
}

const uint16_t *
commons_number(struct commons *c, const struct expr_run *r, size_t field)
{
	const struct column *from = shelf_column(r->shelf, field);
	const int32_t *days = shelf_days(r->shelf, field);
	struct cells *cells = c->cells[field];
	size_t i, at;

	if (cells == NULL)
		cells = c->cells[field] = cells_new(r, field);
	if (cells->too_many)
		return NULL;
	if (cells->turn == r->turn)
		return cells->number;
	if (cells->of_day != NULL && number_days(cells, days, r->n) == 0) {
		cells->turn = r->turn;
		return cells->number;
	}
	for (i = 0; i < r->n; i++) {
		/* NULL is as good as the empty cell that it mostly is. */
		size_t n = from->kind[i] == EXPR_NULL ? 0 : from->n[i];

		if (cells->of_day != NULL)
			at = number_day(cells, days[i], from->v[i].p, n);
		else
			at = n < 8 ? number_short(cells, from->v[i].p, n) :
			    words_add(&cells->words, from->v[i].p, n);
		if (at >= MOST) {
			cells->too_many = 1;
			return NULL;
		}
		cells->number[i] = (uint16_t)at;
	}
	cells->turn = r->turn;
	return cells->number;
}

int
commons_decide(struct expr_run *r, struct common *p, unsigned char *to)
{
	const uint16_t *number;
	unsigned char seen = 0;
	size_t i;

	if (p->field == -1 ||
	    shelf_commons(r->shelf)->weights[p->field] < ENOUGH)
		return 0;
	number = commons_number(shelf_commons(r->shelf), r, (size_t)p->field);
	if (number == NULL) {
		p->field = -1;
		return 0;
	}
	if (p->verdicts == NULL) {
		p->verdicts = mem_alloc(MOST);
		memset(p->verdicts, UNDECIDED, MOST);
	}
	for (i = 0; i < r->n; i++)
		seen |= to[i] = p->verdicts[number[i]];
	return (seen & UNDECIDED) == 0;
}

void
commons_learn(struct expr_run *r, struct common *p,
    const unsigned char *truths)
{
	const uint16_t *number;
	size_t i;

	/* SQLite is not asked about a record with a bad cell. */
	if (p->field == -1 || (r->nbad > 0 && r->e->nstatements > 0) ||
	    shelf_commons(r->shelf)->weights[p->field] < ENOUGH)
		return;
	number = commons_number(shelf_commons(r->shelf), r, (size_t)p->field);
	for (i = 0; number != NULL && i < r->n; i++)
		p->verdicts[number[i]] = truths[i];
}

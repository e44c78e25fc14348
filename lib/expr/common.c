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
	/*
	 * Most codes are short. By the bytes of a cell of up to two, its
	 * number plus one; and cells of up to six seen lately, each in one
	 * of two places: the bytes, and above them the number. No cell has
	 * a zero byte.
	 */
	uint16_t *of_two;
	uint64_t of_short[SHORT];
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
		free(c->cells[i]->of_two);
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

static inline size_t
short_place(uint64_t key)
{
	return (size_t)(key * 0x9e3779b97f4a7c15ULL >> 32) & (SHORT - 1);
}

/* A cell that is new, or long. */
static __attribute__((noinline)) size_t
number_new(struct cells *c, const char *p, size_t n)
{
	size_t number = words_add(&c->words, p, n);
	uint64_t key = n < 8 ? load8(p, n) : 0;
	size_t at;

	if (number < MOST && n <= 2)
		c->of_two[key] = (uint16_t)(number + 1);
	else if (number < MOST && n <= 6) {
		at = short_place(key);
		c->of_short[c->of_short[at] == 0 ? at : at ^ 1] = key |
		    (uint64_t)number << 48;
	}
	return number;
}

/* The number of a cell. Sixteen bytes can be read. */
static inline size_t
number_cell(struct cells *c, const char *p, size_t n)
{
	static const uint64_t masks[7] = { 0, 0xff, 0xffff, 0xffffff,
		0xffffffff, 0xffffffffff, 0xffffffffffff };
	uint64_t key, seen;
	size_t at;

	if (n > 6)
		return number_new(c, p, n);
	key = load8(p, 8) & masks[n];
	if (n <= 2) {
		seen = c->of_two[key];
		return seen != 0 ? (size_t)seen - 1 : number_new(c, p, n);
	}
	at = short_place(key);
	seen = c->of_short[at];
	if ((seen & masks[6]) != key)
		seen = c->of_short[at ^ 1];
	return (seen & masks[6]) == key ? (size_t)(seen >> 48) :
	    number_new(c, p, n);
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
	c->of_two = mem_zero((size_t)1 << 16, sizeof *c->of_two);
	if (f->type == EXPR_DATE)
		c->of_day = mem_zero(DAYS + 2, sizeof *c->of_day);
	return c;
}

/* Cells as they stand in the block. -1: they are too many. */
static int
number_waiting(struct cells *c, const struct csv_block *b, size_t first,
    size_t column, size_t n)
{
	const size_t width = csv_width(b);
	const uint32_t *e = csv_end(b, first, column);
	uint16_t *to = c->number;
	size_t i, at, most = 0;

	for (i = 0; i < n; i++, e += width) {
		uint32_t start = e[-1] + 1;

		at = number_cell(c, b->data + start, e[0] - start);
		most |= at;
		to[i] = (uint16_t)at;
	}
	return most < MOST ? 0 : -1;
}

/* Of a column. NULL is as good as the empty cell that it mostly is. */
static int
number_loaded(struct cells *c, const struct column *from,
    const int32_t *days, size_t n)
{
	size_t i, at;

	for (i = 0; i < n; i++) {
		size_t size = from->kind[i] == EXPR_NULL ? 0 : from->n[i];
		const char *p = from->v[i].p;

		at = days != NULL ? number_day(c, days[i], p, size) :
		    number_cell(c, p, size);
		if (at >= MOST)
			return -1;
		c->number[i] = (uint16_t)at;
	}
	return 0;
}

const uint16_t *
commons_number(struct commons *c, const struct expr_run *r, size_t field)
{
	const int32_t *days = shelf_days(r->shelf, field);
	struct cells *cells = c->cells[field];
	const struct csv_block *b;
	size_t first;
	int rc;

	if (cells == NULL)
		cells = c->cells[field] = cells_new(r, field);
	if (cells->too_many)
		return NULL;
	if (cells->turn == r->turn)
		return cells->number;
	if (cells->of_day == NULL)
		days = NULL;
	if ((b = shelf_waits(r->shelf, field, &first)) != NULL)
		rc = number_waiting(cells, b, first,
		    r->e->scope->fields[field].column, r->n);
	else if (days != NULL && number_days(cells, days, r->n) == 0)
		rc = 0;
	else
		rc = number_loaded(cells, shelf_column(r->shelf, field), days,
		    r->n);
	if (rc == -1) {
		cells->too_many = 1;
		return NULL;
	}
	cells->turn = r->turn;
	return cells->number;
}

/*
 * Are verdicts by number worth it? Cells that nobody has loaded are numbered
 * at less than it takes to load and compare them once.
 */
static int
by_number(const struct expr_run *r, const struct common *p)
{
	const struct commons *c = shelf_commons(r->shelf);
	const struct cells *cells;
	size_t first;

	if (p->field == -1)
		return 0;
	cells = c->cells[p->field];
	return c->weights[p->field] >= ENOUGH ||
	    (cells != NULL && cells->turn == r->turn) ||
	    shelf_waits(r->shelf, (size_t)p->field, &first) != NULL;
}

int
commons_decide(struct expr_run *r, struct common *p, unsigned char *to)
{
	const uint16_t *number;
	unsigned char seen = 0;
	size_t i;

	if (!by_number(r, p))
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
	if (p->verdicts == NULL || (r->nbad > 0 && r->e->nstatements > 0) ||
	    !by_number(r, p))
		return;
	number = commons_number(shelf_commons(r->shelf), r, (size_t)p->field);
	for (i = 0; number != NULL && i < r->n; i++)
		p->verdicts[number[i]] = truths[i];
}

/* Which nodes run natively, and what is prepared for them. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "expr/native.h"

static int
within(const struct node *x, unsigned kinds)
{
	return (x->kinds & ~kinds) == 0;
}

static int
all_within(const struct node *x, size_t from, unsigned kinds)
{
	for (; from < x->n; from++)
		if (!within(x->kids[from], kinds))
			return 0;
	return 1;
}

/*
 * A CAST gives its side of a comparison an affinity, which converts the
 * other side if that is of the other sort.
 */
static int
affine(const struct node *x, size_t n)
{
	unsigned kinds = 0;
	int cast = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		kinds |= x->kids[i]->kinds;
		cast |= x->kids[i]->op == NODE_CAST;
	}
	return cast && (kinds & KIND_TEXT) != 0 &&
	    (kinds & KIND_NUMBER) != 0;
}

static enum node_way
plan_call(const struct node *x)
{
	const unsigned texts = KIND_TEXT | KIND_INT;
	int64_t shift;

	switch (x->function->id) {
	case FUNCTION_ABS:
		return within(x->kids[0], KIND_NUMBER) ? WAY_VALUE :
		    WAY_SQLITE;
	case FUNCTION_ROUND:
		return x->n == 1 && within(x->kids[0], KIND_NUMBER) ?
		    WAY_VALUE : WAY_SQLITE;
	case FUNCTION_COALESCE:
	case FUNCTION_MAX:
	case FUNCTION_MIN:
	case FUNCTION_NULLIF:
		return WAY_VALUE;
	case FUNCTION_IIF:
		return within(x->kids[0], KIND_NUMBER) ? WAY_VALUE :
		    WAY_SQLITE;
	case FUNCTION_LENGTH:
	case FUNCTION_LOWER:
	case FUNCTION_UPPER:
		return within(x->kids[0], texts) ? WAY_VALUE : WAY_SQLITE;
	case FUNCTION_TRIM:
		return x->n == 1 && within(x->kids[0], texts) ? WAY_VALUE :
		    WAY_SQLITE;
	case FUNCTION_SUBSTR:
		return within(x->kids[0], texts) &&
		    all_within(x, 1, KIND_INT) ? WAY_VALUE : WAY_SQLITE;
	case FUNCTION_AGE:
	case FUNCTION_DAYS:
	case FUNCTION_YEAR:
	case FUNCTION_MONTH:
	case FUNCTION_QUARTER:
	case FUNCTION_FINANCIAL_QUARTER:
	case FUNCTION_FINANCIAL_YEAR:
		return WAY_VALUE;
	case FUNCTION_DATE:
		/* Of what surely is a date, and only days added. */
		if (x->kids[0]->type == EXPR_DATE &&
		    x->kids[0]->op != NODE_TEXT)
			return x->n == 1 || (x->n == 2 &&
			    x->kids[1]->op == NODE_TEXT &&
			    scalar_shift(x->kids[1]->text, &shift) == 0) ?
			    WAY_VALUE : WAY_SQLITE;
		return x->kids[0]->type == EXPR_DATETIME && x->n == 1 ?
		    WAY_VALUE : WAY_SQLITE;
	case FUNCTION_AGE_BAND:
		return within(x->kids[0], KIND_INT) ? WAY_VALUE : WAY_SQLITE;
	case FUNCTION_SCORE:
		return all_within(x, 0, KIND_TEXT) ? WAY_VALUE : WAY_SQLITE;
	case FUNCTION_NHS_NUMBER_OK:
	case FUNCTION_IN_CODELIST:
		return within(x->kids[0], texts) ? WAY_TEST : WAY_SQLITE;
	default:
		return WAY_SQLITE;
	}
}

static enum node_way
plan_operator(const struct node *x)
{
	switch (x->op) {
	case NODE_NULL:
	case NODE_INT:
	case NODE_REAL:
	case NODE_TEXT:
	case NODE_FIELD:
		return WAY_VALUE;
	case NODE_PLUS:
	case NODE_NEG:
	case NODE_ADD:
	case NODE_SUB:
	case NODE_MUL:
	case NODE_DIV:
	case NODE_MOD:
		return all_within(x, 0, KIND_NUMBER) ? WAY_VALUE : WAY_SQLITE;
	case NODE_CONCAT:
		return all_within(x, 0, KIND_TEXT | KIND_INT) ? WAY_VALUE :
		    WAY_SQLITE;
	case NODE_LT:
	case NODE_LE:
	case NODE_GT:
	case NODE_GE:
	case NODE_EQ:
	case NODE_NE:
	case NODE_IS:
	case NODE_BETWEEN:
	case NODE_IN:
		return affine(x, x->n) ? WAY_SQLITE : WAY_TEST;
	case NODE_NOT:
	case NODE_TRUTH:
	case NODE_AND:
	case NODE_OR:
		return all_within(x, 0, KIND_NUMBER) ? WAY_TEST : WAY_SQLITE;
	case NODE_ISNULL:
		return WAY_TEST;
	case NODE_LIKE:
		return x->n == 2 && within(x->kids[0], KIND_TEXT) &&
		    x->kids[1]->op == NODE_TEXT &&
		    x->kids[1]->length <= 1000 ? WAY_TEST : WAY_SQLITE;
	case NODE_REGEXP:
		return within(x->kids[0], KIND_TEXT | KIND_INT) ? WAY_TEST :
		    WAY_SQLITE;
	case NODE_CASE:
		if (x->i != 0)
			return affine(x, x->n) ? WAY_SQLITE : WAY_VALUE;
		for (size_t i = 0; i + 1 < x->n; i += 2)
			if (!within(x->kids[i], KIND_NUMBER))
				return WAY_SQLITE;
		return WAY_VALUE;
	case NODE_CAST:
		return x->i == CAST_INTEGER || x->i == CAST_REAL ||
		    (x->i == CAST_TEXT &&
		    within(x->kids[0], KIND_TEXT | KIND_INT)) ? WAY_VALUE :
		    WAY_SQLITE;
	case NODE_CALL:
		return plan_call(x);
	default:
		return WAY_SQLITE;
	}
}

/* 1: such keys are equal iff the values are. */
static int
set_key(const struct node *x, uint64_t *key)
{
	if (x->op == NODE_TEXT) {
		*key = x->length <= 8 ? load8(x->text, x->length) : 0;
		return x->length <= 8;
	}
	memcpy(key, &x->i, sizeof *key);
	return 1;
}

/* For IN over literals of one kind on values of that kind; or NULL. */
static struct set *
set_new(const struct node *x)
{
	struct set *s;
	unsigned kinds = x->kids[0]->kinds;
	size_t i, at;

	if (kinds != KIND_TEXT && kinds != KIND_INT)
		return NULL;
	for (i = 1; i < x->n; i++)
		if (x->kids[i]->op != NODE_NULL && x->kids[i]->op !=
		    (kinds == KIND_TEXT ? NODE_TEXT : NODE_INT))
			return NULL;
	s = mem_zero(1, sizeof *s);
	s->keys = mem_array(NULL, x->n, sizeof *s->keys);
	for (i = 1; i < x->n; i++) {
		const struct node *k = x->kids[i];

		if (k->op == NODE_NULL) {
			s->null = 1;
		} else if (set_key(k, &s->keys[s->n])) {
			s->n++;
		} else {
			if (s->longer == NULL)
				s->longer = map_new();
			(void)map_add(s->longer, k->text, k->length, NULL);
		}
	}
	if (s->n <= SET_LINEAR)
		return s;
	for (s->mask = 31; s->mask < s->n * 2;)
		s->mask = s->mask * 2 + 1;
	s->slots = mem_zero(s->mask + 1, sizeof *s->slots);
	s->full = mem_zero(s->mask + 1, 1);
	for (i = 0; i < s->n; i++) {
		for (at = set_slot(s->keys[i], s->mask); s->full[at];)
			at = (at + 1) & s->mask;
		s->full[at] = 1;
		s->slots[at] = s->keys[i];
	}
	return s;
}

static void
set_free(struct set *s)
{
	if (s == NULL)
		return;
	map_free(s->longer);
	free(s->keys);
	free(s->slots);
	free(s->full);
	free(s);
}

static struct like *
like_new(const struct node *x, struct arena *memory)
{
	const struct node *pattern = x->kids[1];
	struct like *l = arena_alloc(memory, sizeof *l);
	char *text = arena_alloc(memory, pattern->length + 17);
	size_t i, n = pattern->length;

	memset(l, 0, sizeof *l);
	memset(text, 0, n + 17);
	l->form = LIKE_WHOLE;
	for (i = 0; i < n; i++) {
		text[i] = native_lower(pattern->text[i]);
		if (text[i] == '%' && i + 1 == n && l->form == LIKE_WHOLE)
			l->form = LIKE_PREFIX;
		else if (text[i] == '%' || text[i] == '_')
			l->form = LIKE_GENERAL;
	}
	l->text = text;
	l->n = n - (l->form == LIKE_PREFIX);
	if (l->form != LIKE_GENERAL && l->n <= 8) {
		l->shortly = 1;
		l->want = load8(text, l->n);
		for (i = 0; i < l->n; i++)
			if (text[i] >= 'a' && text[i] <= 'z')
				l->fold |= (uint64_t)0x20 << (i * 8);
	}
	return l;
}

/* Which SQLite statement a node is; and the nodes below need no place. */
static void
plan_sqlite(struct expr *e, struct node *x)
{
	x->way = WAY_SQLITE;
	x->place = e->nplaces++;
	x->statement = e->nstatements;
	e->statements = mem_array(e->statements, e->nstatements + 1,
	    sizeof(struct node *));
	e->statements[e->nstatements++] = x;
}

/* Is it read by its day, as native_compare_columns does with such a pair? */
static int
by_day(const struct node *x, const struct node *y)
{
	if (x->op != NODE_FIELD || x->type != EXPR_DATE)
		return 0;
	if (y->op == NODE_FIELD)
		return y->type == EXPR_DATE;
	return y->op == NODE_TEXT && y->length == 10 &&
	    scalar_day(y->text, 10) != -1;
}

/* Which fields of a node are looked at as texts. */
static void
plan_texts(struct expr *e, const struct node *x)
{
	size_t i, k;
	int days;

	for (i = 0; i < x->n; i++) {
		const struct node *kid = x->kids[i];

		if (kid->op != NODE_FIELD)
			continue;
		switch (x->op) {
		case NODE_LT:
		case NODE_LE:
		case NODE_GT:
		case NODE_GE:
		case NODE_EQ:
		case NODE_NE:
			days = by_day(kid, x->kids[1 - i]);
			break;
		case NODE_BETWEEN:
			days = i == 0 ? by_day(kid, x->kids[1]) &&
			    by_day(kid, x->kids[2]) :
			    by_day(kid, x->kids[0]);
			break;
		case NODE_ISNULL:
			days = kid->type == EXPR_DATE;
			break;
		case NODE_CALL:
			k = x->function->id;
			days = kid->type == EXPR_DATE &&
			    k >= FUNCTION_AGE && k <= FUNCTION_FINANCIAL_YEAR;
			break;
		default:
			days = 0;
			break;
		}
		if (!days)
			e->texted[kid->slot] = 1;
	}
}

static void
plan(struct expr *e, struct node *x)
{
	size_t i;

	x->way = plan_operator(x);
	if (x->way == WAY_SQLITE) {
		plan_sqlite(e, x);
		return;
	}
	for (i = 0; i < x->n; i++)
		plan(e, x->kids[i]);
	/* A text made of an integer needs a place of its own: one more. */
	x->place = e->nplaces;
	e->nplaces += 2;
	x->test = e->ntests++;
	if (x->op == NODE_IN)
		x->plan = set_new(x);
	if (x->op == NODE_LIKE)
		x->plan = like_new(x, &e->memory);
	plan_texts(e, x);
	/* Days are kept where dates are compared or counted. */
	for (i = 0; i < x->n; i++)
		if (x->kids[i]->op == NODE_FIELD &&
		    x->kids[i]->type == EXPR_DATE)
			e->keyed[x->kids[i]->slot] = 1;
}

static int
collates(const struct node *x)
{
	size_t i;

	if (x->op == NODE_COLLATE)
		return 1;
	for (i = 0; i < x->n; i++)
		if (collates(x->kids[i]))
			return 1;
	return 0;
}

void
native_plan(struct expr *e)
{
	size_t i;

	e->keyed = mem_zero(e->nreads + 1, 1);
	e->texted = mem_zero(e->nreads + 1, 1);
	/* A collation reaches up through what stands above it. */
	if (collates(e->root))
		plan_sqlite(e, e->root);
	else
		plan(e, e->root);
	if (e->root->op == NODE_FIELD && e->root->type == EXPR_DATE)
		e->keyed[e->root->slot] = 1; /* for expr_days */
	/* SQLite knows no days. */
	for (i = 0; i < e->nreads; i++)
		e->texted[i] |= e->nstatements > 0 ||
		    e->root->op == NODE_FIELD;
}

static void
forget(struct node *x)
{
	size_t i;

	if (x->op == NODE_IN)
		set_free(x->plan);
	for (i = 0; i < x->n; i++)
		forget(x->kids[i]);
}

void
native_free(struct expr *e)
{
	if (e->root != NULL)
		forget(e->root);
	free(e->keyed);
	free(e->texted);
}

/* Conditions that hold whatever the fields are that nobody knows. */
#include "expr/node.h"

static const struct expr_value unknown = { .kind = EXPR_BAD };

static struct expr_value
truth(int yes)
{
	struct expr_value v = { .kind = EXPR_INT };

	v.u.i = yes != 0;
	return v;
}

static int
is(const struct expr_value *v, int yes)
{
	return v->kind == EXPR_INT && (v->u.i != 0) == yes;
}

/* decided: what settles it alone, 0 of AND and 1 of OR. */
static struct expr_value
joined(const struct expr_value *a, const struct expr_value *b, int decided)
{
	if (is(a, decided) || is(b, decided))
		return truth(decided);
	if (a->kind == EXPR_BAD || b->kind == EXPR_BAD)
		return unknown;
	if (a->kind == EXPR_NULL)
		return *a;
	return b->kind == EXPR_NULL ? *b : truth(!decided);
}

static struct expr_value
compared(enum node_op op, const struct expr_value *a,
    const struct expr_value *b)
{
	if (a->kind == EXPR_NULL)
		return *a;
	if (b->kind == EXPR_NULL)
		return *b;
	if (a->kind != EXPR_INT || b->kind != EXPR_INT)
		return unknown;
	switch (op) {
	case NODE_LT:
		return truth(a->u.i < b->u.i);
	case NODE_LE:
		return truth(a->u.i <= b->u.i);
	case NODE_GT:
		return truth(a->u.i > b->u.i);
	case NODE_GE:
		return truth(a->u.i >= b->u.i);
	case NODE_EQ:
		return truth(a->u.i == b->u.i);
	default:
		return truth(a->u.i != b->u.i);
	}
}

/* What a node is worth, if that is certain. */
static struct expr_value
worth(const struct node *x, const struct expr_value *known)
{
	struct expr_value a = unknown, b = unknown;

	if (x->op == NODE_FIELD)
		return known[x->field];
	if (x->op == NODE_INT) {
		a.kind = EXPR_INT;
		a.u.i = x->i;
		return a;
	}
	if (x->op == NODE_NULL) {
		a.kind = EXPR_NULL;
		return a;
	}
	if (x->n > 0)
		a = worth(x->kids[0], known);
	if (x->n > 1)
		b = worth(x->kids[1], known);
	switch (x->op) {
	case NODE_AND:
	case NODE_OR:
		return joined(&a, &b, x->op == NODE_OR);
	case NODE_NOT:
		return a.kind == EXPR_INT ? truth(a.u.i == 0) : a;
	case NODE_ISNULL:
		return a.kind == EXPR_BAD ? a :
		    truth((a.kind == EXPR_NULL) != x->negated);
	case NODE_LT:
	case NODE_LE:
	case NODE_GT:
	case NODE_GE:
	case NODE_EQ:
	case NODE_NE:
		return compared(x->op, &a, &b);
	default:
		return unknown;
	}
}

int
expr_always(const struct expr *e, const struct expr_value *known)
{
	struct expr_value v = worth(e->root, known);

	return is(&v, 1);
}

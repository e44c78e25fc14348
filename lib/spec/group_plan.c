/* Rules over groups, compiled. */
#include "spec/group_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

static enum expr_type
made_type(enum wide_word word, enum expr_type inner)
{
	switch (word) {
	case WIDE_ROW:
	case WIDE_SIZE:
	case WIDE_ANY:
	case WIDE_EVERY:
	case WIDE_MATCHED:
	case WIDE_MATCHES:
		return EXPR_INTEGER;
	case WIDE_SUM_OF:
		return inner == EXPR_INTEGER || inner == EXPR_BOOLEAN ?
		    EXPR_INTEGER : EXPR_NUMBER;
	default:
		return inner;
	}
}

/* The slot of a text, added when it is new; -1: it does not compile. */
static long
slot_of(struct group_plans *w, struct group_plan *p, const char *text,
    int test, struct fault *f)
{
	struct group_slot *s;
	struct expr *e;
	size_t i;

	for (i = 0; i < p->nslots; i++) {
		if (p->slots[i].test == test &&
		    strcmp(p->slots[i].text, text) == 0)
			return (long)i;
	}
	e = test ? expr_compile_condition(text, w->own, f) :
	    expr_compile(text, w->own, f);
	if (e == NULL)
		return -1;
	for (i = 0; i < p->nslots && !test; i++) {
		if (expr_bare_field(e) >= 0 &&
		    p->slots[i].bare == expr_bare_field(e)) {
			expr_free(e);
			return (long)i;
		}
	}
	p->slots = mem_array(p->slots, p->nslots + 1, sizeof *p->slots);
	s = &p->slots[p->nslots];
	memset(s, 0, sizeof *s);
	s->text = arena_string(&w->arena, text);
	s->test = test;
	s->expr = e;
	s->bare = test ? -1 : expr_bare_field(e);
	s->days = s->bare >= 0 &&
	    w->own->fields[s->bare].type == EXPR_DATE;
	return (long)p->nslots++;
}

static int
same_strings(const struct spec_strings *a, const struct spec_strings *b)
{
	size_t i;

	if (a->n != b->n)
		return 0;
	for (i = 0; i < a->n; i++) {
		if (strcmp(a->v[i], b->v[i]) != 0)
			return 0;
	}
	return 1;
}

/* The scope field that stands for a column of the plan. */
static struct expr_field
scope_field(const struct group_plans *w, const struct group_plan *p,
    size_t column)
{
	const struct group_made *made = column < p->nslots ? NULL :
	    &p->made[column - p->nslots];
	size_t slot = made == NULL ? column : made->slot;
	struct expr_field to;

	memset(&to, 0, sizeof to);
	if (made == NULL) {
		to = w->own->fields[p->slots[slot].bare];
		to.missing = NULL;
		to.convert = NULL;
	} else {
		to.name = made->name;
		to.type = made->type;
	}
	to.column = column;
	if (slot == GROUP_NO_SLOT || (made != NULL && (made->word == WIDE_ANY ||
	    made->word == WIDE_EVERY || made->word == WIDE_SUM_OF)))
		to.given = expr_kinds_of(made->type);
	else
		to.given = expr_kinds(p->slots[slot].expr);
	to.given |= EXPR_GIVEN_PADDED;
	return to;
}

static int
make_field(struct group_plans *w, struct group_plan *p,
    const struct wide_call *call, struct group_made *to, struct fault *f)
{
	long slot;

	memset(to, 0, sizeof *to);
	to->name = call->name;
	to->word = call->word;
	to->slot = GROUP_NO_SLOT;
	to->type = EXPR_INTEGER;
	if (call->word == WIDE_ROW || call->word == WIDE_SIZE)
		return 0;
	slot = slot_of(w, p, call->inner, call->word == WIDE_ANY ||
	    call->word == WIDE_EVERY, f);
	if (slot < 0)
		return -1;
	to->slot = (size_t)slot;
	p->slots[slot].kept = 1;
	to->days = p->slots[slot].days && call->word != WIDE_SUM_OF;
	to->type = made_type(call->word, expr_result(p->slots[slot].expr));
	return 0;
}

/* The made field of a call, added when new: its number, or -1. */
static long
made_of(struct group_plans *w, struct group_plan *p,
    const struct wide_call *call, struct fault *f)
{
	struct group_made made;
	size_t k;

	if (make_field(w, p, call, &made, f) == -1)
		return -1;
	for (k = 0; k < p->nmade; k++) {
		if (strcmp(p->made[k].name, made.name) == 0)
			return (long)k;
	}
	p->made = mem_array(p->made, p->nmade + 1, sizeof *p->made);
	p->made[p->nmade] = made;
	return (long)p->nmade++;
}

/*
 * Adds a rule to a plan: the calls become fields made over slots, and the
 * record's own fields that the rule reads become slots too.
 */
static int
plan_add(struct group_plans *w, struct group_plan *p, size_t rule,
    struct fault *f)
{
	struct expr_scope scope = *w->own;
	struct expr_field *fields;
	const size_t *used;
	struct expr *e = NULL;
	struct buf name = { 0 };
	struct wide_text t;
	size_t i, n;
	long k;
	int rc = -1;

	if (wide_text(w->spec->rules[rule].expression, NULL, &w->arena, &t,
	    f) == -1)
		return -1;
	fields = mem_array(NULL, w->own->n + t.n + 1, sizeof *fields);
	memcpy(fields, w->own->fields, w->own->n * sizeof *fields);
	for (i = 0; i < t.n; i++) {
		if ((k = made_of(w, p, &t.calls[i], f)) == -1)
			goto out;
		fields[w->own->n + i] = scope_field(w, p,
		    p->nslots + (size_t)k);
	}
	scope.fields = fields;
	scope.n = w->own->n + t.n;
	if ((e = expr_compile_condition(t.text, &scope, f)) == NULL)
		goto out;
	used = expr_fields(e, &n);
	for (i = 0; i < n; i++) {
		if (used[i] >= w->own->n)
			continue;
		buf_clear(&name);
		buf_printf(&name, "\"%s\"", w->own->fields[used[i]].name);
		if ((k = slot_of(w, p, buf_string(&name), 0, f)) < 0)
			goto out;
		p->slots[k].kept = 1;
	}
	p->rules = mem_array(p->rules, p->nrules + 1, sizeof *p->rules);
	p->texts = mem_array(p->texts, p->nrules + 1, sizeof *p->texts);
	p->rules[p->nrules] = rule;
	p->texts[p->nrules++] = t;
	rc = 0;
out:
	expr_free(e);
	buf_free(&name);
	free(fields);
	return rc;
}

static void
put_sequence(struct group_plan *p, size_t slot)
{
	size_t i;

	for (i = 0; i < p->nsequence; i++) {
		if (p->sequence[i] == slot)
			return;
	}
	p->sequence[p->nsequence++] = slot;
}

/* What a made field is of a record that is alone: BAD: it depends. */
static struct expr_value
made_alone(const struct group_made *made)
{
	struct expr_value v = { .kind = EXPR_BAD };

	switch (made->word) {
	case WIDE_LAG:
	case WIDE_LEAD:
	case WIDE_PRIOR_MAX:
		v.kind = EXPR_NULL;
		break;
	case WIDE_ROW:
	case WIDE_SIZE:
		v.kind = EXPR_INT;
		v.u.i = 1;
		break;
	default:
		break;
	}
	return v;
}

/* The values that a rule reads, in the order in which they are kept. */
static size_t
values_read(const struct group_plan *p, const struct expr *e)
{
	size_t i, k, n, column, most = 0;
	const size_t *used = expr_fields(e, &n);

	for (i = 0; i < n; i++) {
		column = p->fields[used[i]].column;
		for (k = 0; k < p->nsequence; k++)
			if (p->sequence[k] == column && k >= most)
				most = k + 1;
	}
	return most;
}

static void
plan_alone(struct group_plan *p)
{
	struct expr_value *known = mem_zero(p->scope.n + 1, sizeof *known);
	size_t i, n;

	p->lone = 1;
	p->kept_alone = mem_zero(p->nrules + 1, 1);
	for (i = 0; i < p->scope.n; i++) {
		size_t column = p->fields[i].column;

		known[i].kind = EXPR_BAD;
		if (column < p->nslots)
			continue;
		known[i] = made_alone(&p->made[column - p->nslots]);
		p->lone &= known[i].kind != EXPR_BAD;
	}
	for (i = 0; i < p->nrules; i++) {
		p->kept_alone[i] = expr_always(p->exprs[i], known) != 0;
		n = p->kept_alone[i] ? 0 : values_read(p, p->exprs[i]);
		p->lone_values = n > p->lone_values ? n : p->lone_values;
	}
	free(known);
}

/* Compiles a plan's rules against its slots and made fields. */
static int
plan_finish(struct group_plans *w, struct group_plan *p, struct fault *f)
{
	size_t i, n = 0;

	p->sequence = mem_zero(p->nslots + 1, sizeof *p->sequence);
	for (i = 0; i < p->order.n; i++) {
		p->slots[p->orders[i]].kept = 1;
		put_sequence(p, p->orders[i]);
	}
	p->norders = p->nsequence;
	for (i = 0; i < p->nslots; i++) {
		if (p->slots[i].kept)
			put_sequence(p, i);
	}
	p->fields = mem_zero(p->nslots + p->nmade + 1, sizeof *p->fields);
	for (i = 0; i < p->nslots + p->nmade; i++) {
		if (i >= p->nslots || p->slots[i].bare >= 0)
			p->fields[n++] = scope_field(w, p, i);
	}
	p->scope = *w->own;
	p->scope.fields = p->fields;
	p->scope.n = n;
	p->exprs = mem_zero(p->nrules + 1, sizeof *p->exprs);
	for (i = 0; i < p->nrules; i++) {
		p->exprs[i] = expr_compile(p->texts[i].text, &p->scope, f);
		if (p->exprs[i] == NULL)
			return -1;
	}
	plan_alone(p);
	return 0;
}

static void
plan_clear(struct group_plan *p)
{
	size_t i;

	for (i = 0; i < p->nslots; i++)
		expr_free(p->slots[i].expr);
	for (i = 0; i < p->nrules && p->exprs != NULL; i++)
		expr_free(p->exprs[i]);
	free(p->keys);
	free(p->orders);
	free(p->slots);
	free(p->made);
	free(p->sequence);
	free(p->fields);
	free(p->rules);
	free(p->texts);
	free(p->exprs);
	free(p->kept_alone);
	memset(p, 0, sizeof *p);
}

/* The slots that make the group and its order. */
static int
plan_begin(struct group_plans *w, struct group_plan *p,
    const struct spec_rule *r, struct fault *f)
{
	size_t i;
	long slot;

	p->within = r->within;
	p->order = r->order;
	p->keys = mem_array(NULL, r->within.n, sizeof *p->keys);
	p->orders = mem_array(NULL, r->order.n + 1, sizeof *p->orders);
	for (i = 0; i < r->within.n; i++) {
		if ((slot = slot_of(w, p, r->within.v[i], 0, f)) < 0)
			return -1;
		p->keys[i] = (size_t)slot;
	}
	for (i = 0; i < r->order.n; i++) {
		if ((slot = slot_of(w, p, r->order.v[i], 0, f)) < 0)
			return -1;
		p->orders[i] = (size_t)slot;
	}
	return 0;
}

/* Does a group rule compile against this header? */
static int
rule_fits(struct group_plans *w, size_t rule, struct fault *f)
{
	struct group_plan trial;
	int fits;

	memset(&trial, 0, sizeof trial);
	fits = plan_begin(w, &trial, &w->spec->rules[rule], f) == 0 &&
	    plan_add(w, &trial, rule, f) == 0 &&
	    plan_finish(w, &trial, f) == 0;
	plan_clear(&trial);
	return fits;
}

/* A rule that fits goes to the plan of its group and order. */
static int
place_rule(struct group_plans *w, size_t rule, struct fault *f)
{
	const struct spec_rule *r = &w->spec->rules[rule];
	struct group_plan *p;
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (same_strings(&w->v[i].within, &r->within) &&
		    same_strings(&w->v[i].order, &r->order))
			return plan_add(w, &w->v[i], rule, f);
	}
	w->v = mem_array(w->v, w->n + 1, sizeof *w->v);
	p = &w->v[w->n++];
	memset(p, 0, sizeof *p);
	return plan_begin(w, p, r, f) == -1 ? -1 : plan_add(w, p, rule, f);
}

static struct group_plans *
plans_bare(const struct spec *spec, const struct expr_scope *own)
{
	struct group_plans *w = mem_zero(1, sizeof *w);

	w->spec = spec;
	w->own = own;
	return w;
}

int
group_plan_check(const struct spec *spec, size_t rule, struct fault *f)
{
	struct spec_scope *all = spec_scope_all(spec, f);
	struct group_plans *w;
	int rc;

	if (all == NULL)
		return -1;
	w = plans_bare(spec, spec_scope_expr(all));
	rc = rule_fits(w, rule, f) ? 0 : -1;
	group_plans_free(w);
	spec_scope_free(all);
	return rc;
}

struct group_plans *
group_plans_new(const struct spec *spec, const struct expr_scope *own,
    unsigned char *applies, struct fault *f)
{
	struct group_plans *w = plans_bare(spec, own);
	struct fault inner;
	size_t i;

	for (i = 0; i < spec->nrules; i++) {
		if (spec_rule_kind(&spec->rules[i]) != SPEC_RULE_GROUP)
			continue;
		memset(&inner, 0, sizeof inner);
		if (!rule_fits(w, i, &inner)) {
			/* A column is absent, or the rule is wrong. */
			if (group_plan_check(spec, i, f) == -1)
				goto bad;
			continue;
		}
		if (place_rule(w, i, f) == -1)
			goto bad;
		applies[i] = 1;
	}
	for (i = 0; i < w->n; i++) {
		if (plan_finish(w, &w->v[i], f) == -1)
			goto bad;
	}
	return w;
bad:
	group_plans_free(w);
	return NULL;
}

void
group_plans_free(struct group_plans *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < w->n; i++)
		plan_clear(&w->v[i]);
	free(w->v);
	arena_free(&w->arena);
	free(w);
}

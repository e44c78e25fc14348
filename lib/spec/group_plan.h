/*
 * group_plan: rules over groups, compiled; a part of wide, inside room spec
 * only.
 *
 * Rules with the same group and order share a plan. A slot is an expression
 * over a record of which the plan wants the value; a made field is what a
 * call such as lag(x) gives, made over a slot when the group is together.
 * Both are columns of the plan: first the slots, then the made fields; the
 * rules read them as fields of the plan's scope.
 *
 * A column of days holds bare fields of type date and what is taken from
 * them, as packed days (expr/expr.h); the others hold values.
 */
#ifndef NIB_SPEC_GROUP_PLAN_H
#define NIB_SPEC_GROUP_PLAN_H

#include <stddef.h>

#include "base/arena.h"
#include "base/fault.h"
#include "expr/expr.h"
#include "spec/spec.h"
#include "spec/wide_text.h"

#define GROUP_NO_SLOT ((size_t)-1)

struct group_slot {
	const char *text;
	int test; /* a condition: 1, 0 or nothing */
	int days; /* a bare date */
	int kept; /* order or a rule reads it, not the group's key alone */
	struct expr *expr;
	long bare; /* index of the scope's field, or -1 */
};

struct group_made {
	const char *name;
	enum wide_word word;
	size_t slot; /* GROUP_NO_SLOT: of none */
	int days;
	enum expr_type type;
};

struct group_plan {
	struct spec_strings within, order;
	size_t *keys, *orders; /* their slots */
	struct group_slot *slots;
	size_t nslots;
	struct group_made *made;
	size_t nmade;
	/* Slots in the order in which they are kept: orders come first. */
	size_t *sequence;
	size_t nsequence, norders;
	struct expr_field *fields; /* slots that are fields, and made ones */
	struct expr_scope scope;
	size_t nrules;
	size_t *rules; /* of the specification */
	struct wide_text *texts;
	struct expr **exprs;
	/*
	 * A record that is a group of its own, all of whose cells fit: the
	 * rules, by number in the plan, that it keeps whatever it holds, and how
	 * many values of the sequence the others read. 0 lone: some rule asks
	 * for more of a group than neighbours and numbers.
	 */
	int lone;
	unsigned char *kept_alone;
	size_t lone_values;
};

struct group_plans {
	const struct spec *spec;
	const struct expr_scope *own;
	struct arena arena;
	struct group_plan *v;
	size_t n;
};

/*
 * The plans of all group rules that compile against a scope, which are
 * marked in applies. Borrows both. A rule that would not compile were all
 * fields there is a fault.
 */
struct group_plans *group_plans_new(const struct spec *,
    const struct expr_scope *, unsigned char *applies, struct fault *);
void group_plans_free(struct group_plans *);
/* Does a rule compile, were all fields there? */
int group_plan_check(const struct spec *, size_t rule, struct fault *);

/* Is column c of days? Its type and kinds are those of plan->fields. */
static inline int
group_plan_days(const struct group_plan *p, size_t c)
{
	return c < p->nslots ? p->slots[c].days : p->made[c - p->nslots].days;
}

#endif

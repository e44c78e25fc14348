/* How much privacy may be spent on one group of people. */
#include "ledger/budget.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "spec/doc.h"

int
budget_epsilon(const char *s, uint64_t *to, struct fault *f)
{
	num_wide v;

	if (num_decimal(s, strlen(s), 6, &v) != 0 || v <= 0 ||
	    v > (num_wide)BUDGET_MOST)
		return fault_set(f, "epsilon is a number above 0 and up to "
		    "100, with at most 6 digits after the point");
	*to = (uint64_t)v;
	return 0;
}

struct account {
	const char *name;
	uint64_t set, spent;
	uint64_t at; /* the entry that is asked about */
	int fits;    /* did that one */
};

static int
member_is(const struct doc_at *root, const char *name, const char *want,
    struct arena *a)
{
	struct doc_at at;
	const char *s;

	return doc_member(root, name, &at) && doc_string(&at, 1, a, &s,
	    NULL) == 0 && strcmp(s, want) == 0;
}

static int
look(void *arg, const struct ledger_entry *e, struct fault *f)
{
	struct account *x = arg;
	struct arena a = { 0 };
	struct doc_at root, at;
	struct doc *d;
	int64_t epsilon;

	(void)f;
	if (strstr(e->body, "\"budget") == NULL ||
	    (d = doc_parse("ledger", e->body, e->n, NULL)) == NULL)
		return 0;
	root = doc_root(d);
	if (member_is(&root, "budget", x->name, &a) &&
	    doc_member(&root, "epsilon_millionths", &at) &&
	    doc_integer(&at, 1, (int64_t)BUDGET_MOST, &epsilon, NULL) == 0) {
		if (member_is(&root, "kind", "budget", &a)) {
			x->set = (uint64_t)epsilon;
		} else if (member_is(&root, "kind", "budget-spent", &a) &&
		    x->spent + (uint64_t)epsilon <= x->set) {
			x->spent += (uint64_t)epsilon;
			x->fits |= e->seq == x->at;
		}
	}
	doc_close(d);
	arena_free(&a);
	return 0;
}

int
budget_left(struct ledger *l, const char *name, uint64_t *set,
    uint64_t *left, struct fault *f)
{
	struct account x = { .name = name };

	if (ledger_each(l, look, &x, f) == -1)
		return -1;
	*set = x.set;
	*left = x.set > x.spent ? x.set - x.spent : 0;
	return 0;
}

int
budget_set(struct ledger *l, const struct key *secret, const char *name,
    uint64_t epsilon, struct fault *f)
{
	struct ledger_fact facts[] = { { "kind", "budget", 0 },
		{ "budget", name, 0 },
		{ "epsilon_millionths", NULL, epsilon } };

	if (*name == '\0')
		return fault_set(f, "a budget needs a name");
	return ledger_append(l, secret, facts, 3, NULL, NULL, NULL, f);
}

static int
exhausted(const char *name, uint64_t left, struct fault *f)
{
	return fault_set(f, "the privacy budget %s has %" PRIu64 ".%06" PRIu64
	    " of epsilon left, less than this release would spend", name,
	    left / BUDGET_UNIT, left % BUDGET_UNIT);
}

int
budget_spend(struct ledger *l, const struct key *secret, const char *name,
    const char *use, uint64_t epsilon, struct fault *f)
{
	struct ledger_fact facts[] = { { "kind", "budget-spent", 0 },
		{ "budget", name, 0 }, { "spent_by", use, 0 },
		{ "epsilon_millionths", NULL, epsilon } };
	struct account x = { .name = name };
	uint64_t set, left;

	if (budget_left(l, name, &set, &left, f) == -1)
		return -1;
	if (set == 0)
		return fault_set(f, "the ledger has no privacy budget %s; who "
		    "keeps it sets one with nib-ledger budget", name);
	if (left < epsilon)
		return exhausted(name, left, f);
	if (ledger_append(l, secret, facts, 4, NULL, NULL, &x.at, f) == -1 ||
	    ledger_each(l, look, &x, f) == -1)
		return -1;
	/* Another one was quicker: this spending is none. */
	return x.fits ? 0 : exhausted(name, x.set > x.spent ?
	    x.set - x.spent : 0, f);
}

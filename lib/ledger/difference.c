/* Releases that could be set against each other. */
#include "ledger/difference.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "spec/doc.h"

/* Where a name of an entry's body goes. */
static const struct {
	const char *name;
	size_t at;
} members[] = {
#define MEMBER(x) { #x, offsetof(struct difference_use, x) }
	MEMBER(use), MEMBER(tool), MEMBER(specification),
	MEMBER(key_fingerprint), MEMBER(opt_outs), MEMBER(filter),
	MEMBER(selection), MEMBER(data_from), MEMBER(data_until),
#undef MEMBER
};

struct earlier {
	struct difference_use u;
	const char *why; /* NULL: nothing, so far */
};

struct search {
	const struct difference_use *now;
	const struct difference_counts *counts;
	struct arena arena;
	struct earlier *earlier; /* those that can be compared */
	size_t n;
};

/* Dates as text order as dates. An open end is not known. */
static int
apart(const struct difference_use *a, const struct difference_use *b)
{
	return (a->data_until != NULL && b->data_from != NULL &&
	    strcmp(a->data_until, b->data_from) < 0) ||
	    (b->data_until != NULL && a->data_from != NULL &&
	    strcmp(b->data_until, a->data_from) < 0);
}

static int
comparable(const struct difference_use *a, const struct difference_use *b)
{
	return a->specification != NULL && !text_same(a->use, b->use) &&
	    text_same(a->specification, b->specification) &&
	    text_same(a->key_fingerprint, b->key_fingerprint) &&
	    (text_same(a->tool, b->tool) || a->key_fingerprint != NULL) &&
	    !apart(a, b);
}

static const char *
rule(const struct difference_use *a, const struct difference_use *b)
{
	if (!text_same(a->opt_outs, b->opt_outs))
		return a->key_fingerprint != NULL ? "the same specification "
		    "and key handled objections in another way: the "
		    "difference between the two would tell who objected "
		    "(derive a key of its own with nib-key project "
		    "--opt-outs)" : "the same specification handled "
		    "objections in another way: the difference between the "
		    "two would tell of those who objected";
	if (!text_same(a->tool, b->tool))
		return NULL;
	if (!text_same(a->filter, b->filter) ||
	    !text_same(a->selection, b->selection))
		return "the same specification chose other records: the "
		    "difference between the two would tell of those in one "
		    "alone";
	if (a->data_from != NULL && a->data_until != NULL &&
	    b->data_from != NULL && b->data_until != NULL &&
	    (!text_same(a->data_from, b->data_from) ||
	    !text_same(a->data_until, b->data_until)))
		return "the same specification is of a period that overlaps: "
		    "the difference between the two would tell of the days "
		    "in one alone";
	return NULL;
}

static int
nearly(uint64_t a, uint64_t b)
{
	uint64_t d = a > b ? a - b : b - a;

	return d > 0 && d < DIFFERENCE_FEW;
}

static int
number_of(const struct doc_at *root, const char *name, struct arena *a,
    uint64_t *to)
{
	const char *s = doc_fact(root, name, a);
	int64_t n;

	if (s == NULL || num_i64(s, strlen(s), &n) == -1 || n < 0)
		return -1;
	*to = (uint64_t)n;
	return 0;
}

/* A complete entry: its numbers against this use's. */
static const char *
close_counts(const struct search *s, const struct difference_use *u,
    const struct doc_at *root, struct arena *a)
{
	uint64_t n;

	if (!text_same(u->tool, s->now->tool))
		return NULL;
	if (s->counts->has_people && number_of(root, "people", a, &n) == 0)
		return nearly(n, s->counts->people) ? "the same "
		    "specification has nearly as many people in it: the "
		    "difference between the two is a handful" : NULL;
	if (number_of(root, "records_out", a, &n) == 0 &&
	    nearly(n, s->counts->records_out))
		return "the same specification has nearly as many records: "
		    "the difference between the two is a handful";
	return NULL;
}

static void
announced(struct search *s, const struct doc_at *root)
{
	struct difference_use u = { 0 };
	size_t i;

	for (i = 0; i < sizeof members / sizeof members[0]; i++)
		*(const char **)(void *)((char *)&u + members[i].at) =
		    doc_fact(root, members[i].name, &s->arena);
	if (u.use == NULL || !comparable(s->now, &u))
		return;
	if ((s->n & (s->n - 1)) == 0)
		s->earlier = mem_array(s->earlier, s->n > 0 ? s->n * 2 : 1,
		    sizeof *s->earlier);
	s->earlier[s->n].u = u;
	s->earlier[s->n++].why = s->counts == NULL ? rule(s->now, &u) : NULL;
}

static void
reported(struct search *s, const struct doc_at *root)
{
	const char *use = doc_fact(root, "use", &s->arena);
	size_t i;

	for (i = s->n; use != NULL && i-- > 0;)
		if (text_same(s->earlier[i].u.use, use)) {
			s->earlier[i].why = close_counts(s,
			    &s->earlier[i].u, root, &s->arena);
			return;
		}
}

static int
look(void *arg, const struct ledger_entry *e, struct fault *f)
{
	struct search *s = arg;
	struct doc_at root;
	struct doc *d;
	const char *kind;

	(void)f;
	if ((d = doc_parse("ledger", e->body, e->n, NULL)) == NULL)
		return 0;
	root = doc_root(d);
	kind = doc_fact(&root, "kind", &s->arena);
	if (text_same(kind, "intent"))
		announced(s, &root);
	else if (s->counts != NULL && text_same(kind, "complete"))
		reported(s, &root);
	doc_close(d);
	return 0;
}

char *
difference_find(struct ledger *l, const struct difference_use *now,
    const struct difference_counts *counts, struct fault *f)
{
	struct search s = { .now = now, .counts = counts };
	const struct earlier *found = NULL;
	size_t i, more = 0;
	char *text = NULL;

	if (now->specification != NULL && ledger_each(l, look, &s, f) == 0) {
		for (i = 0; i < s.n; i++)
			if (s.earlier[i].why != NULL) {
				more += found != NULL;
				found = &s.earlier[i];
			}
		if (found != NULL && more > 0)
			text = mem_printf("use %s (and %zu before it) of %s",
			    found->u.use, more, found->why);
		else if (found != NULL)
			text = mem_printf("use %s of %s", found->u.use,
			    found->why);
	}
	arena_free(&s.arena);
	free(s.earlier);
	return text;
}

/* The key of a rule as bytes. */
#include "linkage/keys.h"

const char *
keys_record(struct keys_record *to, const char *p, size_t cells)
{
	size_t i;

	for (i = 0; i < cells; i++) {
		to->cell[i].p = roll_cell(p, &to->cell[i].n);
		p = to->cell[i].p + to->cell[i].n;
	}
	return p;
}

static void
put_part(struct buf *to, const char *p, size_t n, int first)
{
	size_t i;
	char *end;

	buf_reserve(to, 2 * n + 1);
	end = to->p + to->n;
	if (!first)
		*end++ = '|';
	for (i = 0; i < n; i++) {
		if (p[i] == '|' || p[i] == '\\')
			*end++ = '\\';
		*end++ = p[i];
	}
	to->n = (size_t)(end - to->p);
}

/* Of a test of the record alone; other tests hold. */
static int
holds_alone(const struct values *v, const struct matching_test *t,
    const char *p, size_t n)
{
	unsigned flag = t->kind == MATCHING_NOT_1_JANUARY ? VALUES_1_JANUARY :
	    t->kind == MATCHING_NOT_IGNORED ? VALUES_IGNORED :
	    t->kind == MATCHING_VALID ? VALUES_INVALID : 0;

	if (t->kind < MATCHING_PRESENT)
		return 1;
	return n > 0 && (flag == 0 || !(values_make_flags(
	    &values_matching(v)->fields[t->field], p, n) & flag));
}

int
keys_make(const struct values *v, const struct matching_tests *rule,
    const struct keys_record *r, struct buf *to)
{
	char part[VALUES_MAX + 1];
	const struct matching_test *t;
	size_t i, k, n, parts = 0;

	buf_clear(to);
	for (i = 0; i < rule->n; i++) {
		t = &rule->v[i];
		k = (size_t)values_slot(v, t->field);
		n = r->cell[k].n;
		if (!matching_is_key(t->kind)) {
			if (!holds_alone(v, t, r->cell[k].p, n))
				return 0;
			continue;
		}
		if (n == 0 || (n = values_make_key(t, r->cell[k].p, n,
		    part)) == 0)
			return 0;
		put_part(to, part, n, parts++ == 0);
	}
	return 1;
}

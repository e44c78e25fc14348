/* The key of a blocking rule as bytes. */
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

	if (!first)
		buf_putc(to, '|');
	for (i = 0; i < n; i++) {
		if (p[i] == '|' || p[i] == '\\')
			buf_putc(to, '\\');
		buf_putc(to, p[i]);
	}
}

int
keys_make(const struct values *v, const struct matching_tests *rule,
    const struct keys_record *r, struct buf *to)
{
	char part[VALUES_MAX + 1];
	const struct matching_test *t;
	size_t i, k, n;

	buf_clear(to);
	for (i = 0; i < rule->n; i++) {
		t = &rule->v[i];
		k = (size_t)values_slot(v, t->field);
		n = r->cell[k].n;
		if (n == 0 || (n = values_make_key(t, r->cell[k].p, n,
		    part)) == 0)
			return 0;
		put_part(to, part, n, i == 0);
	}
	return 1;
}

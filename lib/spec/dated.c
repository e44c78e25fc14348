/* Codes that hold from a day to a day. */
#include "spec/dated.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "spec/codelist.h"
#include "spec/valueset.h"

struct dated {
	const struct codelist **lists;
	size_t n, prefix;
	struct valueset *limited; /* codes that have days in some list */
};

static int
has_days(const struct codelist *l, size_t row)
{
	return codelist_from(l, row) != CODELIST_ALWAYS_FROM ||
	    codelist_to(l, row) != CODELIST_ALWAYS_TO;
}

int
dated_new(const struct spec_field *field, const struct expr_scope *scope,
    struct dated **to, struct fault *f)
{
	struct dated *d = mem_zero(1, sizeof *d);
	size_t i, row, some = 0;

	*to = NULL;
	d->n = field->codelists.n;
	d->prefix = field->codelist_prefix;
	d->lists = mem_zero(d->n + 1, sizeof *d->lists);
	d->limited = valueset_new();
	for (i = 0; i < d->n; i++) {
		const struct codelist *l = scope->codelist(scope->arg,
		    field->codelists.v[i], f);

		if (l == NULL) {
			dated_free(d);
			return -1;
		}
		d->lists[i] = l;
		for (row = 0; row < codelist_count(l); row++) {
			const char *code = codelist_code(l, row);

			if (!has_days(l, row))
				continue;
			valueset_add(d->limited, code, strlen(code));
			some++;
		}
	}
	valueset_seal(d->limited);
	if (some > 0)
		*to = d;
	else
		dated_free(d);
	return 0;
}

void
dated_free(struct dated *d)
{
	if (d == NULL)
		return;
	valueset_free(d->limited);
	free(d->lists);
	free(d);
}

static int
holds(const struct dated *d, const char *p, size_t n, int32_t day)
{
	size_t i;
	int there = 0;

	for (i = 0; i < d->n; i++) {
		const struct codelist *l = d->lists[i];
		long row = codelist_find_prefix(l, p, n, d->prefix);

		if (row == -1)
			continue;
		if (day >= codelist_from(l, (size_t)row) &&
		    day <= codelist_to(l, (size_t)row))
			return 1;
		there = 1;
	}
	/* A code of no list is another check's to find. */
	return !there;
}

size_t
dated_batch(const struct dated *d, const struct column_cells *x,
    const int32_t *days, unsigned char *ok)
{
	unsigned char limited[COLUMN_BATCH];
	size_t i, bad = 0;

	if (valueset_batch(d->limited, x->p, x->n, x->k, d->prefix,
	    limited) == x->k) {
		memset(ok, 1, x->k);
		return 0;
	}
	for (i = 0; i < x->k; i++) {
		int32_t day = days[x->row[i]];

		ok[i] = !limited[i] || day == DATED_NO_DAY ||
		    holds(d, x->p[i], x->n[i], day);
		bad += !ok[i];
	}
	return bad;
}

int
dated_day(const struct expr_field *field, struct csv_slice s, int32_t *day)
{
	struct expr_value v;
	char text[32];

	if (field->convert != NULL) {
		if (field->convert(field->arg, s.p, s.n, &v, text) == -1 ||
		    v.kind != EXPR_STRING)
			return -1;
		s.p = v.u.s.p;
		s.n = v.u.s.n;
	}
	/* A date, or a date and time. */
	return s.n >= 10 ? date_parse(s.p, 10, day) : -1;
}

void
dated_days(const struct expr_field *const *fields, size_t n,
    const struct csv_block *b, size_t first, size_t m, struct buf *scratch,
    int32_t *days)
{
	size_t i, k;

	for (i = 0; i < m; i++) {
		days[i] = DATED_NO_DAY;
		for (k = 0; k < n && days[i] == DATED_NO_DAY; k++)
			if (dated_day(fields[k], csv_cell(b, first + i,
			    fields[k]->column, scratch), &days[i]) == -1)
				days[i] = DATED_NO_DAY;
	}
}

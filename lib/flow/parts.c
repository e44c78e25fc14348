/* Have all partial results come, and come whole? */
#include "flow/parts.h"

#include <inttypes.h>

void
parts_end(struct parts *p, size_t file, uint64_t rows, uint64_t n)
{
	while (p->ends.n <= file)
		buf_putc(&p->ends, 0);
	p->ends.p[file] = 1;
	p->said += rows;
	p->parts += n;
}

void
parts_merge(struct parts *into, const struct parts *from)
{
	size_t i;

	into->rows += from->rows;
	into->said += from->said;
	into->parts += from->parts;
	for (i = 0; i < from->ends.n; i++)
		if (from->ends.p[i])
			parts_end(into, i, 0, 0);
}

int
parts_check(const struct parts *p, const char *const *paths, size_t npaths,
    uint64_t expected, struct fault *f)
{
	size_t i, n = npaths > 0 ? npaths : 1;

	for (i = 0; i < n; i++)
		if (i >= p->ends.n || !p->ends.p[i])
			return fault_at(f, npaths > 0 ? paths[i] : "-", 0,
			    "a partial result that was cut short: it has no "
			    "last row");
	if (p->rows != p->said)
		return fault_set(f, "a partial result was cut short: %" PRIu64
		    " rows came of %" PRIu64, p->rows, p->said);
	if (expected > 0 && p->parts != expected)
		return fault_set(f, "%" PRIu64 " parts came, where %" PRIu64
		    " were expected", p->parts, expected);
	return 0;
}

void
parts_free(struct parts *p)
{
	buf_free(&p->ends);
}

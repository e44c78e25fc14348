#include "casemix.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/share.h"
#include "csv/table.h"

static int
put_terms(const struct csv_table *t, struct buf *to, struct fault *f)
{
	static const char *const names[] = { "term", "when", "value",
	    "coefficient" };
	const char *cell[4];
	long at[4];
	double v;
	size_t i, k;

	for (k = 0; k < 4; k++)
		if ((at[k] = csv_table_column(t, names[k], f)) == -1)
			return -1;
	if (t->nrows == 0)
		return fault_at(f, t->path, 1, "has no terms");
	for (i = 0; i < t->nrows; i++) {
		for (k = 0; k < 4; k++)
			cell[k] = csv_table_cell(t, i, (size_t)at[k]);
		if (num_double(cell[3], strlen(cell[3]), &v) == -1)
			return fault_at(f, t->path, t->lines[i],
			    "coefficient must be a number");
		buf_puts(to, i > 0 ? " + " : "");
		/* A condition that cannot be told leaves nothing to expect. */
		if (cell[1][0] != '\0')
			buf_printf(to, "CASE WHEN %s THEN ", cell[1]);
		/* In brackets: it may be below zero. */
		if (cell[2][0] != '\0')
			buf_printf(to, "(%s) * ", cell[2]);
		buf_printf(to, "(%s)", cell[3]);
		if (cell[1][0] != '\0')
			buf_printf(to, " WHEN NOT (%s) THEN 0 END", cell[1]);
	}
	return 0;
}

char *
casemix_predictor(const char *name, struct fault *f)
{
	char *path = share_find("casemix", name, ".csv", f);
	struct csv_table *t = path != NULL ? csv_table_open(path, ',', f) :
	    NULL;
	struct buf b = { 0 };

	free(path);
	if (t == NULL || put_terms(t, &b, f) == -1) {
		csv_table_close(t);
		buf_free(&b);
		return NULL;
	}
	csv_table_close(t);
	(void)buf_string(&b);
	return b.p;
}

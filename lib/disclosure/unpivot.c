/* A pivoted table as rows. */
#include "disclosure/unpivot.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "csv/writer.h"

/* Blocks of columns, one for each measure, with the same values. */
struct blocks {
	const char **measures; /* that the table may have */
	size_t nmeasures, n;
	size_t *of;            /* per block: its measure */
};

/* What stands after a measure's name; NULL: it is another's column. */
static const char *
value_of(const char *name, const char *measure)
{
	size_t n = strlen(measure);

	return strncmp(name, measure, n) == 0 && name[n] == '_' ?
	    name + n + 1 : NULL;
}

/* Are the columns of block i those of a measure, with the first's values? */
static int
is_block(const struct unpivoted *u, const struct csv_table *t,
    const struct blocks *b, size_t i, size_t measure)
{
	size_t j;

	for (j = 0; j < u->nvalues; j++) {
		const char *v = value_of(t->names[u->nby + i * u->nvalues +
		    j], b->measures[measure]);
		const char *first = value_of(t->names[u->nby + j],
		    b->measures[i == 0 ? measure : b->of[0]]);

		if (v == NULL || first == NULL || strcmp(v, first) != 0)
			return 0;
	}
	return 1;
}

/* The measures of block i and those after it. */
static int
find_blocks(const struct unpivoted *u, const struct csv_table *t,
    struct blocks *b, size_t i)
{
	size_t k, m;

	if (i == b->n)
		return 1;
	for (m = 0; m < b->nmeasures; m++) {
		for (k = 0; k < i && b->of[k] != m; k++)
			;
		if (k < i || !is_block(u, t, b, i, m))
			continue;
		b->of[i] = m;
		if (find_blocks(u, t, b, i + 1))
			return 1;
	}
	return 0;
}

static int
find_columns(struct unpivoted *u, const struct csv_table *t, struct blocks *b)
{
	size_t m, rest;

	for (u->nby = 0; u->nby < t->ncols; u->nby++) {
		for (m = 0; m < b->nmeasures; m++)
			if (value_of(t->names[u->nby], b->measures[m]))
				break;
		if (m < b->nmeasures)
			break;
	}
	rest = t->ncols - u->nby;
	for (b->n = b->nmeasures; b->n > 0; b->n--) {
		if (rest == 0 || rest % b->n != 0)
			continue;
		u->nvalues = rest / b->n;
		if (find_blocks(u, t, b, 0))
			return 1;
	}
	return 0;
}

/* Rows, as text; u->row and u->value are filled. */
static void
put_rows(struct unpivoted *u, const struct csv_table *t,
    const struct blocks *b, struct buf *to)
{
	size_t row, i, j, n = 0;

	u->row = mem_array(NULL, t->nrows * u->nvalues + 1, sizeof *u->row);
	u->value = mem_array(NULL, t->nrows * u->nvalues + 1,
	    sizeof *u->value);
	for (row = 0; row < t->nrows; row++)
		for (j = 0; j < u->nvalues; j++) {
			size_t col = u->nby + j;

			for (i = 0; i < b->n && *csv_table_cell(t, row, col +
			    i * u->nvalues) == '\0'; i++)
				;
			if (i == b->n)
				continue;
			u->row[n] = row;
			u->value[n++] = j;
			for (i = 0; i < u->nby; i++) {
				csv_put_string(to, csv_table_cell(t, row, i));
				buf_putc(to, ',');
			}
			csv_put_string(to, value_of(t->names[col],
			    b->measures[b->of[0]]));
			for (i = 0; i < b->n; i++) {
				buf_putc(to, ',');
				csv_put_string(to, csv_table_cell(t, row, col +
				    i * u->nvalues));
			}
			buf_putc(to, '\n');
		}
}

static int
make(struct unpivoted *u, const struct csv_table *t, const char *by,
    const struct blocks *b, struct fault *f)
{
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < u->nby; i++) {
		csv_put_string(&text, t->names[i]);
		buf_putc(&text, ',');
	}
	csv_put_string(&text, by);
	for (i = 0; i < b->n; i++) {
		buf_putc(&text, ',');
		csv_put_string(&text, b->measures[b->of[i]]);
	}
	buf_putc(&text, '\n');
	put_rows(u, t, b, &text);
	u->t = csv_table_parse(t->path, text.p, text.n, ',', f);
	buf_free(&text);
	return u->t != NULL ? 0 : -1;
}

int
unpivot(struct unpivoted *u, const struct csv_table *t, const char *by,
    const struct tally_request *r, struct fault *f)
{
	struct blocks b = { 0 };
	size_t i;
	int rc;

	memset(u, 0, sizeof *u);
	b.measures = mem_array(NULL, r->nmeasures + 2, sizeof *b.measures);
	b.of = mem_array(NULL, r->nmeasures + 2, sizeof *b.of);
	for (i = 0; i < r->nmeasures; i++)
		b.measures[b.nmeasures++] = r->measures[i].name;
	if (r->nmeasures == 0)
		b.measures[b.nmeasures++] = "count";
	b.measures[b.nmeasures++] = "note";
	if (!find_columns(u, t, &b)) {
		rc = fault_set(f, "no columns for the values of --pivot and "
		    "the measures named: name those that made the table");
		fault_place(f, t->path, 1, 0, 0, NULL);
	} else {
		rc = make(u, t, by, &b, f);
	}
	free(b.measures);
	free(b.of);
	return rc;
}

void
unpivoted_free(struct unpivoted *u)
{
	csv_table_close(u->t);
	free(u->row);
	free(u->value);
	memset(u, 0, sizeof *u);
}

size_t
unpivoted_column(const struct unpivoted *u, size_t row, size_t col)
{
	return col < u->nby ? col : col == u->nby ? u->nby + u->value[row] :
	    u->nby + (col - u->nby - 1) * u->nvalues + u->value[row];
}

/* Measures held against thresholds. */
#include "spec/quality_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"
#include "csv/writer.h"

enum { KIND, ID, MEASURE, MINIMUM, COLUMNS };

struct judge {
	struct csv_table *t; /* the thresholds */
	long at[COLUMNS];
	unsigned char *used; /* per row of it */
	struct buf *to;
	size_t failed;
};

static const char *
cell(const struct judge *j, size_t row, size_t column)
{
	return csv_table_cell(j->t, row, (size_t)j->at[column]);
}

/* The threshold's row for an id, the id itself before "*"; -1: none. */
static long
threshold_row(const struct judge *j, const struct quality_row *r,
    const char *measure)
{
	long any = -1;
	size_t i;

	for (i = 0; i < j->t->nrows; i++) {
		if (strcmp(cell(j, i, KIND), r->kind) != 0 ||
		    strcmp(cell(j, i, MEASURE), measure) != 0)
			continue;
		if (strcmp(cell(j, i, ID), r->id) == 0)
			return (long)i;
		if (strcmp(cell(j, i, ID), QUALITY_ALL) == 0)
			any = (long)i;
	}
	return any;
}

/* Is there such a measure of this kind? */
static int
is_measure(const char *name, const char *kind)
{
	size_t k;

	for (k = 0; k < QUALITY_MEASURES; k++)
		if (strcmp(quality_measures[k].name, name) == 0 &&
		    strcmp(quality_measures[k].kind, kind) == 0)
			return 1;
	return strcmp(name, "timeliness") == 0 && strcmp(kind, "time") == 0;
}

static int
check_thresholds(const struct judge *j, struct fault *f)
{
	size_t i;
	double v;

	for (i = 0; i < j->t->nrows; i++) {
		const char *least = cell(j, i, MINIMUM);

		if (!is_measure(cell(j, i, MEASURE), cell(j, i, KIND)))
			return fault_at(f, j->t->path, j->t->lines[i],
			    "there is no such measure of this kind");
		if (num_double(least, strlen(least), &v) == -1 || v < 0 ||
		    v > 1)
			return fault_at(f, j->t->path, j->t->lines[i],
			    "minimum must be from 0 to 1");
	}
	return 0;
}

static void
put(struct judge *j, const struct quality_row *r, const char *measure,
    uint64_t of, uint64_t less, double rate, const char *minimum)
{
	struct buf *b = j->to;
	double least = 0;
	const char *outcome;

	(void)num_double(minimum, strlen(minimum), &least);
	outcome = of == 0 ? "not applicable" : rate < least ? "fail" :
	    less > 0 ? "pass with findings" : "pass";
	j->failed += of > 0 && rate < least;
	csv_put_string(b, r->dataset);
	buf_putc(b, ',');
	csv_put_string(b, r->provider);
	buf_printf(b, ",%s,%s,", r->period, r->kind);
	csv_put_string(b, r->id);
	buf_printf(b, ",%s,", measure);
	buf_put_u64(b, of);
	buf_putc(b, ',');
	buf_put_u64(b, less);
	buf_putc(b, ',');
	if (of > 0)
		num_put_fixed(b, rate, 6);
	buf_printf(b, ",%s,%s\n", minimum, outcome);
}

/* One measure of a row, if a threshold speaks of it. */
static void
hold(struct judge *j, const struct quality_row *r, const char *measure,
    uint64_t of, uint64_t less, double rate)
{
	long row = threshold_row(j, r, measure);

	if (row == -1)
		return;
	j->used[row] = 1;
	put(j, r, measure, of, less, rate, cell(j, (size_t)row, MINIMUM));
}

/* The lag rows of a place are one row of kind time. */
static void
hold_time(struct judge *j, const struct quality_row *const *v, size_t n,
    unsigned within)
{
	struct quality_row r = *v[0];
	uint64_t of, timely, early;

	r.kind = "time";
	quality_timely(v, n, within, &of, &timely, &early);
	hold(j, &r, "timeliness", of, of - timely,
	    of > 0 ? (double)timely / (double)of : 0);
}

/* Thresholds of what the file does not have are not passed over. */
static void
put_unused(struct judge *j)
{
	size_t i;

	for (i = 0; i < j->t->nrows; i++) {
		const struct quality_row r = { .dataset = "", .provider = "",
			.period = "", .kind = cell(j, i, KIND),
			.id = cell(j, i, ID) };

		if (!j->used[i])
			put(j, &r, cell(j, i, MEASURE), 0, 0, 0,
			    cell(j, i, MINIMUM));
	}
}

int
quality_judge(struct quality *q, const char *path, unsigned within,
    struct buf *b, size_t *failed, struct fault *f)
{
	static const char *const names[] = { "kind", "id", "measure",
		"minimum" };
	struct judge j = { .t = csv_table_open(path, ',', f), .to = b };
	const struct quality_row *const *v;
	size_t n = quality_sorted(q, &v), i, k;
	int rc = -1;

	if (j.t == NULL)
		return -1;
	for (k = 0; k < COLUMNS; k++)
		if ((j.at[k] = csv_table_column(j.t, names[k], f)) == -1)
			goto out;
	if (check_thresholds(&j, f) == -1)
		goto out;
	j.used = mem_zero(j.t->nrows + 1, 1);
	buf_puts(b, "dataset,provider,period,kind,id,measure,of,short,rate,"
	    "minimum,outcome\n");
	for (i = 0; i < n; i++) {
		if (quality_first_lag(v, i)) {
			for (k = i + 1; k < n && quality_is(v[k], "lag") &&
			    quality_same_place(v[k], v[i]); k++)
				;
			hold_time(&j, v + i, k - i, within);
		}
		for (k = 0; k < QUALITY_MEASURES; k++) {
			uint64_t of, less;
			double rate;

			if (!quality_is(v[i], quality_measures[k].kind))
				continue;
			quality_measure(v[i], k, &of, &less, &rate);
			hold(&j, v[i], quality_measures[k].name, of, less,
			    rate);
		}
	}
	put_unused(&j);
	*failed = j.failed;
	rc = 0;
out:
	free(j.used);
	csv_table_close(j.t);
	return rc;
}

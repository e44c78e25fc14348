/*
 * vectors: tables of testdata/indicator/vectors, for the tests of stats.
 *
 * Their inputs are invented by a seeded generator; expected values come
 * from R 4.2.2 with PHEindicatormethods 2.1.0, NHSRplotthedots 0.2.2 and
 * FunnelPlotR 0.6.0, and were worked out again in Python with mpmath. An
 * empty cell is R's NA.
 */
#ifndef NIB_TESTS_VECTORS_H
#define NIB_TESTS_VECTORS_H

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"

static inline struct csv_table *
vectors_open(const char *name)
{
	const char *src = getenv("NIB_SRC");
	struct fault f = FAULT_NONE;
	struct csv_table *t;
	char *path;

	path = mem_printf("%s/testdata/indicator/vectors/%s.csv",
	    src != NULL ? src : ".", name);
	t = csv_table_open(path, ',', &f);
	ck_assert_msg(t != NULL, "%s: %s", path, f.what);
	free(path);
	return t;
}

static inline const char *
vectors_text(const struct csv_table *t, size_t row, const char *column)
{
	struct fault f = FAULT_NONE;
	long c = csv_table_column(t, column, &f);

	ck_assert_msg(c >= 0, "%s", f.what);
	return csv_table_cell(t, row, (size_t)c);
}

static inline double
vectors_number(const struct csv_table *t, size_t row, const char *column)
{
	const char *s = vectors_text(t, row, column);
	double v;

	if (*s == '\0' || strcmp(s, "NaN") == 0)
		return NAN;
	if (strcmp(s, "Inf") == 0)
		return INFINITY;
	ck_assert_msg(num_double(s, strlen(s), &v) == 0, "%s: %s", column, s);
	return v;
}

/* The end of the group of rows, from row on, that share a column. */
static inline size_t
vectors_group(const struct csv_table *t, size_t row, const char *column)
{
	size_t end = row + 1;

	while (end < t->nrows && strcmp(vectors_text(t, row, column),
	    vectors_text(t, end, column)) == 0)
		end++;
	return end;
}

/* Relative 1e-9 or absolute 1e-12; NaN only for NaN. */
static inline int
vectors_near(double got, double want, double tolerance)
{
	if (isnan(want) || isnan(got))
		return isnan(want) && isnan(got);
	return fabs(got - want) <= fmax(1e-12, tolerance * fabs(want));
}

#define vectors_is(got, want, what, name) do {                           \
	double vectors_g = (got), vectors_w = (want);                    \
	ck_assert_msg(vectors_near(vectors_g, vectors_w, 1e-9),          \
	    "%s of %s: %.17g, not %.17g", (what), (name), vectors_g,     \
	    vectors_w);                                                  \
} while (0)

#endif

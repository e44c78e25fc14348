/*
 * Suppression and audit against the vectors of R's GaussSuppression in
 * ../shared/vectors/disclosure (README there; some are in
 * testdata/disclosure, so that they always run).
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "csv/table.h"
#include "disclosure/suppress.h"
#include "disclosure/widen.h"

/* The published cells of a *.gauss.csv; the last three columns are freq,
 * primary, suppressed. */
struct vector {
	struct csv_table *t;
	struct disclosure_cells *c;
	size_t nsuppressed, nprimary;
};

static struct vector
read_vector(const char *path)
{
	struct vector v = { 0 };
	struct fault f = FAULT_NONE;
	size_t dims, i, j, d, ninner = 0;
	uint32_t *number, *members;

	v.t = csv_table_open(path, ',', &f);
	ck_assert_msg(v.t != NULL, "%s: %s", path, f.what);
	dims = v.t->ncols - 3;
	number = mem_array(NULL, v.t->nrows, sizeof *number);
	members = mem_array(NULL, v.t->nrows, sizeof *members);
	for (i = 0; i < v.t->nrows; i++) {
		number[i] = UINT32_MAX;
		for (d = 0; d < dims; d++)
			if (strcmp(csv_table_cell(v.t, i, d), "Total") == 0)
				break;
		if (d == dims)
			number[i] = (uint32_t)ninner++;
	}
	v.c = disclosure_cells_new(ninner, 0);
	for (i = 0; i < v.t->nrows; i++) {
		size_t n = 0;

		for (j = 0; j < v.t->nrows; j++) {
			if (number[j] == UINT32_MAX)
				continue;
			for (d = 0; d < dims; d++) {
				const char *a = csv_table_cell(v.t, i, d);

				if (strcmp(a, "Total") != 0 && strcmp(a,
				    csv_table_cell(v.t, j, d)) != 0)
					break;
			}
			if (d == dims)
				members[n++] = number[j];
		}
		(void)disclosure_cells_add(v.c, strtoll(csv_table_cell(v.t, i,
		    dims), NULL, 10), csv_table_cell(v.t, i, dims + 1)[0] ==
		    'T', members, n);
		v.nprimary += csv_table_cell(v.t, i, dims + 1)[0] == 'T';
		v.nsuppressed += csv_table_cell(v.t, i, dims + 2)[0] == 'T';
	}
	free(number);
	free(members);
	return v;
}

static void
vector_free(struct vector *v)
{
	disclosure_cells_free(v->c);
	csv_table_close(v->t);
}

/* The suppression of the vector, and its audit file if there is one. */
static void
check_audit(struct vector *v, const char *path)
{
	size_t dims = v->t->ncols - 3, i, j, d;
	struct disclosure_interval *x = mem_zero(v->c->n, sizeof *x);
	struct fault f = FAULT_NONE;
	struct csv_table *a;
	char other[4096];
	const char *end = strstr(path, ".gauss.csv");

	(void)snprintf(other, sizeof other, "%.*s.suppress.audit.csv",
	    (int)(end - path), path);
	if ((a = csv_table_open(other, ',', &f)) == NULL) {
		free(x);
		return;
	}
	for (i = 0; i < v->c->n; i++)
		v->c->hidden[i] = csv_table_cell(v->t, i, dims + 2)[0] == 'T';
	ck_assert_msg(disclosure_audit(v->c, x, &f) == 0, "%s", f.what);
	for (j = 0; j < a->nrows; j++) {
		for (i = 0; i < v->t->nrows; i++) {
			for (d = 0; d < dims; d++)
				if (strcmp(csv_table_cell(v->t, i, d),
				    csv_table_cell(a, j, d)) != 0)
					break;
			if (d == dims)
				break;
		}
		ck_assert_uint_lt(i, v->t->nrows);
		ck_assert_msg(x[i].lo == strtoll(csv_table_cell(a, j,
		    dims + 2), NULL, 10) && x[i].hi ==
		    strtoll(csv_table_cell(a, j, dims + 3), NULL, 10) &&
		    x[i].proven,
		    "%s row %zu: [%lld,%lld], not [%s,%s]", other, j + 1,
		    (long long)x[i].lo, (long long)x[i].hi,
		    csv_table_cell(a, j, dims + 2),
		    csv_table_cell(a, j, dims + 3));
	}
	csv_table_close(a);
	free(x);
}

struct totals {
	size_t tables, primary, theirs, ours, widened;
};

/*
 * The way of large tables: what it found of each cell is within what the
 * audit finds, which goes another way and proves it.
 */
static size_t
check_widen(struct disclosure_cells *c, int64_t width, const char *path)
{
	struct disclosure_interval *x = mem_zero(c->n, sizeof *x);
	struct disclosure_interval *true_x = mem_zero(c->n, sizeof *true_x);
	struct fault f = FAULT_NONE;
	size_t i, n = 0;

	memset(c->hidden, 0, c->n);
	disclosure_eliminate(c, NULL);
	ck_assert_msg(disclosure_widen(c, width, x, &f) == 0 &&
	    disclosure_audit(c, true_x, &f) == 0, "%s: %s", path, f.what);
	for (i = 0; i < c->n; i++) {
		ck_assert(!c->primary[i] || c->hidden[i]);
		if (!c->hidden[i])
			continue;
		n += !c->primary[i];
		ck_assert_int_ge(x[i].hi - x[i].lo + 1, width);
		ck_assert_int_le(x[i].lo, c->values[i]);
		ck_assert_int_ge(x[i].hi, c->values[i]);
		ck_assert_msg(true_x[i].lo <= x[i].lo && (true_x[i].hi ==
		    CELLS_NONE || true_x[i].hi >= x[i].hi),
		    "%s cell %zu: no table goes so far", path, i);
	}
	free(true_x);
	free(x);
	return n;
}

static void
check_vector(const char *path, struct totals *sum)
{
	struct vector v = read_vector(path);
	struct disclosure_interval *x = mem_zero(v.c->n, sizeof *x);
	struct fault f = FAULT_NONE;
	/* z in the name: zeros are masked too, so '*' can be 0. */
	int64_t least = strstr(path, "z.gauss.csv") != NULL ? 0 : 1;
	size_t i, dims = v.t->ncols - 3;

	check_audit(&v, path);
	v.c->least = least;
	for (i = 0; i < v.c->n; i++) {
		v.c->hidden[i] = 0;
		v.c->low[i] = least;
	}
	ck_assert_msg(disclosure_suppress(v.c, 2, x, &f) == 0,
	    "%s: %s", path, f.what);
	for (i = 0; i < v.c->n; i++) {
		sum->ours += v.c->hidden[i] && !v.c->primary[i];
		if (csv_table_cell(v.t, i, dims + 1)[0] == 'T')
			ck_assert_int_eq(v.c->hidden[i], 1);
		if (!v.c->hidden[i])
			continue;
		ck_assert_int_lt(x[i].lo, x[i].hi);
		ck_assert_int_le(x[i].lo, v.c->values[i]);
		ck_assert_int_ge(x[i].hi, v.c->values[i]);
	}
	sum->widened += check_widen(v.c, 2, path);
	(void)check_widen(v.c, 5, path);
	sum->theirs += v.nsuppressed - v.nprimary;
	sum->primary += v.nprimary;
	sum->tables++;
	free(x);
	vector_free(&v);
}

static void
check_folder(const char *folder, struct totals *sum)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char path[4096 + 300];

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (strstr(e->d_name, ".gauss.csv") != NULL) {
			(void)snprintf(path, sizeof path, "%s/%s", folder,
			    e->d_name);
			check_vector(path, sum);
		}
	(void)closedir(d);
}

START_TEST(vectors)
{
	const char *src = getenv("NIB_SRC") != NULL ? getenv("NIB_SRC") : ".";
	static const char *const folders[] = { "testdata/disclosure",
		"../shared/vectors/disclosure",
		"../shared/vectors/disclosure/gauss_random" };
	struct totals sum = { 0 };
	char folder[4096];
	size_t i;

	for (i = 0; i < sizeof folders / sizeof *folders; i++) {
		struct totals one = { 0 };

		(void)snprintf(folder, sizeof folder, "%s/%s", src,
		    folders[i]);
		check_folder(folder, &one);
		if (one.tables == 0)
			(void)printf("%s: skipped, not there\n", folder);
		else
			(void)printf("%s: %zu tables, %zu primary, secondary "
			    "%zu theirs, %zu ours, %zu by walks\n",
			    folders[i], one.tables,
			    one.primary, one.theirs, one.ours,
			    one.widened);
		(void)fflush(stdout);
		sum.tables += one.tables;
		sum.theirs += one.theirs;
		sum.ours += one.ours;
	}
	ck_assert_uint_gt(sum.tables, 0);
	/* No more than the reference's and a tenth. */
	ck_assert_uint_le(sum.ours * 10, sum.theirs * 11);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("suppress");
	TCase *t = tcase_create("suppress");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, vectors);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}

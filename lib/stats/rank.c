#include "rank.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

struct item {
	double x;
	size_t i;
};

double
rank_quantile(const double *x, size_t n, double p)
{
	double h = (double)(n - 1) * p;
	size_t i = (size_t)floor(h);

	if (i + 1 >= n)
		return x[n - 1];
	return x[i] + (h - (double)i) * (x[i + 1] - x[i]);
}

static int
by_value(const void *a, const void *b)
{
	const struct item *p = a, *q = b;

	if (p->x < q->x)
		return -1;
	if (p->x > q->x)
		return 1;
	return p->i < q->i ? -1 : p->i > q->i;
}

/* The values that are not missing, ascending; *count of them. Yours. */
static struct item *
sorted(const double *x, size_t n, int negate, size_t *count)
{
	struct item *v = mem_array(NULL, n > 0 ? n : 1, sizeof *v);
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (isnan(x[i]))
			continue;
		v[k].x = negate ? -x[i] : x[i];
		v[k++].i = i;
	}
	qsort(v, k, sizeof *v, by_value);
	*count = k;
	return v;
}

int
rank_groups(const double *x, size_t n, int k, int highest_first, int *group)
{
	size_t i, rank = 0, count;
	struct item *v = sorted(x, n, highest_first, &count);
	double all = (double)count;

	for (i = 0; i < n; i++)
		group[i] = 0;
	if (k < 1 || count < (size_t)k) {
		free(v);
		return -1;
	}
	for (i = 0; i < count; i++) {
		double q;

		if (i == 0 || v[i].x > v[i - 1].x)
			rank = i + 1;
		q = floor((k + 1) - ceil((all + 1 - (double)rank) /
		    (all / k)));
		group[v[i].i] = q < 1 ? 1 : (int)q;
	}
	free(v);
	return 0;
}

void
rank_average(const double *x, size_t n, double *rank)
{
	size_t i, j, m, count;
	struct item *v = sorted(x, n, 0, &count);

	for (i = 0; i < n; i++)
		rank[i] = NAN;
	for (i = 0; i < count; i = j) {
		for (j = i + 1; j < count && !(v[j].x > v[i].x); j++)
			continue;
		for (m = i; m < j; m++)
			rank[v[m].i] = (double)(i + 1 + j) / 2;
	}
	free(v);
}

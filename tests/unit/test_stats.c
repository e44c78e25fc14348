/* Room stats against the vectors: see vectors.h for where they are from. */
#include <stdio.h>

#include "vectors.h"

#include "stats/estimate.h"
#include "stats/funnel.h"
#include "stats/life.h"
#include "stats/rank.h"
#include "stats/slope.h"
#include "stats/spc.h"
#include "stats/standard.h"

static const char *const limit_columns[2][2] = {
	{ "lower95_0cl", "upper95_0cl" }, { "lower99_8cl", "upper99_8cl" },
};

static struct estimate_levels
usual(void)
{
	struct estimate_levels l;

	ck_assert_int_eq(estimate_levels_set(&l, estimate_usual, 2), 0);
	return l;
}

static void
limits_are(const struct estimate *e, const struct csv_table *t, size_t row,
    const char *name)
{
	int k;

	for (k = 0; k < 2; k++) {
		vectors_is(e->lower[k], vectors_number(t, row,
		    limit_columns[k][0]), limit_columns[k][0], name);
		vectors_is(e->upper[k], vectors_number(t, row,
		    limit_columns[k][1]), limit_columns[k][1], name);
	}
}

/* The own confidence of a row of proportion or rate, as a fraction. */
static struct estimate_levels
own_level(const struct csv_table *in, size_t row)
{
	double c = vectors_number(in, row, "confidence");
	struct estimate_levels l;

	c = c >= 90 ? c / 100 : c;
	ck_assert_int_eq(estimate_levels_set(&l, &c, 1), 0);
	return l;
}

static void
simple(const char *stat, const char *count, void (*f)(double, double, double,
    const struct estimate_levels *, struct estimate *))
{
	struct estimate_levels two = usual(), one;
	struct csv_table *in, *want;
	struct estimate e;
	char *name;
	size_t i;

	name = mem_printf("%s.input", stat);
	in = vectors_open(name);
	free(name);
	name = mem_printf("%s.expected", stat);
	want = vectors_open(name);
	free(name);
	ck_assert_uint_ge(in->nrows, 50);
	for (i = 0; i < in->nrows; i++) {
		const char *id = vectors_text(in, i, "id");
		double x = vectors_number(in, i, count);
		double n = vectors_number(in, i, "denominator");
		double m = vectors_number(in, i, "multiplier");

		f(x, n, m, &two, &e);
		vectors_is(e.value, vectors_number(want, i, "value"),
		    "value", id);
		limits_are(&e, want, i, id);
		one = own_level(in, i);
		f(x, n, m, &one, &e);
		vectors_is(e.lower[0], vectors_number(want, i, "lowercl"),
		    "lowercl", id);
		vectors_is(e.upper[0], vectors_number(want, i, "uppercl"),
		    "uppercl", id);
		/* What R refuses or leaves empty has a reason here. */
		ck_assert_int_eq(e.reason != ESTIMATE_FINE,
		    isnan(vectors_number(want, i, "value")));
		if (e.reason == ESTIMATE_FINE)
			ck_assert_int_eq(e.method[0],
			    vectors_text(want, i, "method")[0]);
	}
	csv_table_close(in);
	csv_table_close(want);
}

START_TEST(proportion)
{
	simple("proportion", "numerator", estimate_proportion);
}
END_TEST

START_TEST(crude_rate)
{
	simple("rate", "count", estimate_rate);
}
END_TEST

START_TEST(mean)
{
	struct csv_table *in = vectors_open("mean.input");
	struct csv_table *want = vectors_open("mean.expected");
	struct estimate_levels l = usual();
	double x[200], s;
	size_t i, j, end, g = 0;

	for (i = 0; i < in->nrows; i = end, g++) {
		const char *name = vectors_text(in, i, "group");
		struct estimate e;

		end = vectors_group(in, i, "group");
		for (j = i; j < end; j++)
			x[j - i] = vectors_number(in, j, "value");
		estimate_mean(x, end - i, &l, &e, &s);
		vectors_is(e.value, vectors_number(want, g, "value"),
		    "value", name);
		vectors_is(s, vectors_number(want, g, "stdev"), "stdev",
		    name);
		limits_are(&e, want, g, name);
	}
	ck_assert_uint_eq(g, want->nrows);
	csv_table_close(in);
	csv_table_close(want);
}
END_TEST

/* R counts a missing number of events as 0; our caller decides that. */
static double
or_zero(double x)
{
	return isnan(x) ? 0 : x;
}

START_TEST(direct)
{
	struct csv_table *in = vectors_open("dsr.input");
	struct csv_table *want = vectors_open("dsr.expected");
	struct estimate_levels l = usual();
	double x[32], n[32], w[32], events;
	size_t i, j, end, g = 0;

	for (i = 0; i < in->nrows; i = end, g++) {
		const char *name = vectors_text(in, i, "area");
		struct estimate e;

		end = vectors_group(in, i, "area");
		for (j = i; j < end; j++) {
			x[j - i] = or_zero(vectors_number(in, j, "count"));
			n[j - i] = vectors_number(in, j, "population");
			w[j - i] = vectors_number(in, j, "stdpop");
		}
		standard_direct(end - i, x, n, w, 100000, &l, &e, &events);
		vectors_is(e.value, vectors_number(want, g, "value"),
		    "value", name);
		limits_are(&e, want, g, name);
		if (vectors_text(want, g, "error")[0] != '\0') {
			ck_assert_int_eq(e.reason, ESTIMATE_ZERO_DENOMINATOR);
			continue;
		}
		vectors_is(events, vectors_number(want, g, "total_count"),
		    "total_count", name);
		ck_assert_int_eq(e.reason, isnan(e.value) ?
		    ESTIMATE_SMALL_COUNT : ESTIMATE_FINE);
	}
	ck_assert_uint_eq(g, want->nrows);
	csv_table_close(in);
	csv_table_close(want);
}
END_TEST

START_TEST(direct_events)
{
	struct csv_table *in = vectors_open("dsr_nonindependent.input");
	struct csv_table *want = vectors_open("dsr_nonindependent.expected");
	struct estimate_levels l = usual();
	double x[512], n[32], w[32], f[16], events;
	size_t i, j, end, g = 0;

	for (i = 0; i < in->nrows; i = end, g++) {
		const char *name = vectors_text(in, i, "area");
		size_t nf = 0, bands = 0;
		struct estimate e;

		end = vectors_group(in, i, "area");
		for (j = i; j < end; j++) {
			double freq = vectors_number(in, j, "eventfreq");

			if (nf == 0 || f[nf - 1] < freq) {
				f[nf++] = freq;
				bands = 0;
			}
			x[j - i] = vectors_number(in, j, "count");
			n[bands] = vectors_number(in, j, "population");
			w[bands++] = vectors_number(in, j, "stdpop");
		}
		ck_assert_uint_eq(nf * bands, end - i);
		standard_direct_events(bands, nf, f, x, n, w, 100000, &l, &e,
		    &events);
		vectors_is(e.value, vectors_number(want, g, "value"),
		    "value", name);
		vectors_is(events, vectors_number(want, g, "total_count"),
		    "total_count", name);
		limits_are(&e, want, g, name);
	}
	ck_assert_uint_eq(g, want->nrows);
	csv_table_close(in);
	csv_table_close(want);
}
END_TEST

static void
indirect_is(const struct csv_table *want, size_t g, double observed,
    double expected, double factor, const char *name)
{
	struct estimate_levels l = usual();
	struct estimate e;

	standard_indirect(observed, expected, factor, &l, &e);
	vectors_is(expected, vectors_number(want, g, "expected"), "expected",
	    name);
	if (!(expected > 0)) { /* R: Inf or NaN */
		ck_assert_int_eq(e.reason, ESTIMATE_ZERO_EXPECTED);
		ck_assert(!isfinite(vectors_number(want, g, "value")));
		return;
	}
	vectors_is(e.value, vectors_number(want, g, "value"), "value", name);
	limits_are(&e, want, g, name);
}

START_TEST(indirect)
{
	struct csv_table *in = vectors_open("isr.input");
	struct csv_table *ref = vectors_open("isr_reference.input");
	struct csv_table *ratio = vectors_open("isratio.expected");
	struct csv_table *rates = vectors_open("israte.expected");
	double n[32], rx[32], rn[32], refrate;
	size_t i, j, end, g = 0;

	for (j = 0; j < ref->nrows; j++) {
		rx[j] = vectors_number(ref, j, "ref_count");
		rn[j] = vectors_number(ref, j, "ref_population");
	}
	refrate = standard_reference_rate(ref->nrows, rx, rn, 100000);
	for (i = 0; i < in->nrows; i = end, g++) {
		const char *name = vectors_text(in, i, "area");
		double observed = 0, expected;

		end = vectors_group(in, i, "area");
		ck_assert_uint_eq(end - i, ref->nrows);
		for (j = i; j < end; j++) {
			observed += or_zero(vectors_number(in, j, "count"));
			n[j - i] = or_zero(vectors_number(in, j,
			    "population"));
		}
		expected = standard_expected(end - i, n, rx, rn);
		indirect_is(ratio, g, observed, expected, 100, name);
		indirect_is(rates, g, observed, expected, refrate, name);
		vectors_is(refrate, vectors_number(rates, g, "ref_rate"),
		    "ref_rate", name);
	}
	ck_assert_uint_eq(g, ratio->nrows);
	csv_table_close(in);
	csv_table_close(ref);
	csv_table_close(ratio);
	csv_table_close(rates);
}
END_TEST

START_TEST(life)
{
	struct csv_table *in = vectors_open("life_expectancy.input");
	struct csv_table *want = vectors_open("life_expectancy.expected");
	struct estimate_levels l = usual();
	double start[20], d[20], p[20];
	struct estimate out[20];
	size_t i, j, refusals = 0, wide = 0;

	ck_assert_uint_eq(in->nrows % 20, 0);
	for (i = 0; i < in->nrows; i += 20) {
		for (j = 0; j < 20; j++) {
			start[j] = vectors_number(in, i + j, "startage");
			d[j] = vectors_number(in, i + j, "deaths");
			p[j] = vectors_number(in, i + j, "population");
		}
		life_expectancy(20, start, d, p, &l, out);
		for (j = 0; j < 20; j++) {
			const struct estimate *e = &out[j];
			const char *name = vectors_text(in, i + j, "area");
			size_t r = i + j;

			vectors_is(e->value, vectors_number(want, r,
			    "value"), "value", name);
			/* R has NaN and Inf for limits here; we, none. */
			if (e->reason == ESTIMATE_NO_LAST_DEATHS) {
				ck_assert(isnan(vectors_number(want, r,
				    "lower95_0cl")));
				refusals++;
				continue;
			}
			limits_are(e, want, r, name);
			if (strcmp(vectors_text(want, r,
			    "suppressed_group"), "1") == 0) {
				ck_assert(e->reason != ESTIMATE_FINE);
				ck_assert(e->reason != ESTIMATE_WIDE);
				refusals++;
			}
			wide += e->reason == ESTIMATE_WIDE;
		}
	}
	ck_assert_uint_gt(refusals, 0);
	ck_assert_uint_gt(wide, 0);
	csv_table_close(in);
	csv_table_close(want);
}
END_TEST

START_TEST(groups)
{
	struct csv_table *in = vectors_open("quantile.input");
	struct csv_table *want = vectors_open("quantile.expected");
	static const struct {
		const char *column;
		int k, highest;
	} asked[] = {
		{ "quintile_inverted", 5, 1 }, { "quintile", 5, 0 },
		{ "decile_inverted", 10, 1 }, { "decile", 10, 0 },
	};
	double x[512];
	int got[512];
	size_t i, j, a, end, few = 0;

	for (i = 0; i < in->nrows; i = end) {
		end = vectors_group(in, i, "group");
		for (j = i; j < end; j++)
			x[j - i] = vectors_number(in, j, "value");
		for (a = 0; a < 4; a++) {
			few += rank_groups(x, end - i, asked[a].k,
			    asked[a].highest, got) == -1;
			for (j = i; j < end; j++) {
				double w = vectors_number(want, j,
				    asked[a].column);

				ck_assert_msg(got[j - i] ==
				    (isnan(w) ? 0 : (int)w), "%s %s: %d",
				    asked[a].column, vectors_text(in, j,
				    "area"), got[j - i]);
			}
		}
	}
	ck_assert_uint_gt(few, 0);
	csv_table_close(in);
	csv_table_close(want);
}
END_TEST

static void
slope_case(const struct csv_table *want, size_t r,
    const struct slope_quantile *q, size_t n, struct slope_options *o)
{
	struct estimate_levels l = usual();
	const char *name = vectors_text(want, r, "area");
	double tolerance, sii;
	struct slope s;
	int exact;

	o->transform = vectors_number(want, r, "transform") > 0;
	o->multiplier = vectors_number(want, r, "multiplier");
	exact = o->transform || o->scale == SLOPE_LINEAR;
	o->draws = 0;
	slope_index(n, q, o, &l, &s);
	sii = vectors_number(want, r, "sii");
	vectors_is(s.sii.value, sii, "sii", name);
	vectors_is(s.rii.value, vectors_number(want, r, "rii"), "rii", name);
	vectors_is(s.intercept, vectors_number(want, r, "intercept"),
	    "intercept", name);
	if (exact) {
		vectors_is(s.sii.lower[0], vectors_number(want, r,
		    "analytic_lower95"), "lower95", name);
		vectors_is(s.sii.upper[0], vectors_number(want, r,
		    "analytic_upper95"), "upper95", name);
		vectors_is(s.sii.lower[1], vectors_number(want, r,
		    "analytic_lower99_8"), "lower99_8", name);
		vectors_is(s.sii.upper[1], vectors_number(want, r,
		    "analytic_upper99_8"), "upper99_8", name);
	}
	/* R simulated 100,000 times: within 1% of the index; first order
	 * limits of a log scale are a few percent from it. */
	tolerance = 0.01 * fabs(sii);
	for (o->draws = 0; o->draws <= 20000; o->draws += 20000) {
		double slack = o->draws > 0 || exact ? 1.5 : 5;

		slope_index(n, q, o, &l, &s);
		ck_assert_msg(fabs(s.sii.lower[0] - vectors_number(want, r,
		    "sii_lower95_0cl")) < slack * tolerance, "%s lower %g",
		    name, s.sii.lower[0]);
		ck_assert_msg(fabs(s.sii.upper[0] - vectors_number(want, r,
		    "sii_upper95_0cl")) < slack * tolerance, "%s upper %g",
		    name, s.sii.upper[0]);
		ck_assert_msg(fabs(s.rii.lower[0] - vectors_number(want, r,
		    "rii_lower95_0cl")) < slack * 0.01, "%s rii lower %g",
		    name, s.rii.lower[0]);
		ck_assert_msg(fabs(s.rii.upper[0] - vectors_number(want, r,
		    "rii_upper95_0cl")) < slack * 0.01, "%s rii upper %g",
		    name, s.rii.upper[0]);
	}
}

START_TEST(inequality)
{
	struct csv_table *in = vectors_open("sii.input");
	struct csv_table *want = vectors_open("sii.expected");
	size_t i, j, r = 0, end;

	for (i = 0; i < in->nrows; i = end) {
		struct slope_quantile q[SLOPE_MAX_QUANTILES];
		struct slope_options o = { .seed = 1 };

		end = vectors_group(in, i, "area");
		for (j = i; j < end; j++) {
			ck_assert_uint_eq((size_t)vectors_number(in, j,
			    "quantile"), j - i + 1);
			q[j - i].people = vectors_number(in, j, "population");
			q[j - i].value = vectors_number(in, j, "value");
			q[j - i].lower = vectors_number(in, j, "lower");
			q[j - i].upper = vectors_number(in, j, "upper");
		}
		o.scale = (enum slope_scale)vectors_number(in, i,
		    "value_type");
		for (; r < want->nrows && strcmp(vectors_text(want, r,
		    "area"), vectors_text(in, i, "area")) == 0; r++)
			slope_case(want, r, q, end - i, &o);
	}
	ck_assert_uint_eq(r, want->nrows);
	csv_table_close(in);
	csv_table_close(want);
}
END_TEST

static const struct {
	const char *name, *x, *numerator, *denominator;
	struct funnel_options options;
	double tolerance; /* R bisects; see the README of the vectors */
} funnels[] = {
	{ "proportion", "Population", "numerator", "denominator",
	    { FUNNEL_PROPORTION, 100, 1 }, 1e-9 },
	{ "ratio", "Observed_events", "observed", "expected",
	    { FUNNEL_RATIO, 100, 1 }, 2e-4 },
	{ "rate_crude", "Events", "numerator", "denominator",
	    { FUNNEL_RATE, 100000, 1 }, 2e-4 },
	{ "rate_dsr", "Events", "numerator", "denominator",
	    { FUNNEL_DSR, 100000, 3 }, 2e-4 },
};

static size_t
funnel_read(const struct csv_table *in, int i, struct funnel_unit *u)
{
	size_t k;

	for (k = 0; k < in->nrows; k++) {
		u[k].numerator = vectors_number(in, k, funnels[i].numerator);
		u[k].denominator = vectors_number(in, k,
		    funnels[i].denominator);
		u[k].rate = i >= 2 ? vectors_number(in, k, "rate") : 0;
	}
	return in->nrows;
}

START_TEST(funnel_limits_are)
{
	static const char *const columns[] = {
		"lower_2s_limit", "upper_2s_limit", "lower_3s_limit",
		"upper_3s_limit"
	};
	struct csv_table *in, *want;
	struct funnel_row rows[FUNNEL_ROWS];
	struct funnel_unit u[64];
	size_t n, r, c;
	char *name;

	name = mem_printf("funnel_%s.input", funnels[_i].name);
	in = vectors_open(name);
	free(name);
	name = mem_printf("funnel_%s.expected", funnels[_i].name);
	want = vectors_open(name);
	free(name);
	n = funnel_read(in, _i, u);
	ck_assert_int_eq(funnel_limits(u, n, &funnels[_i].options, rows), 0);
	ck_assert_uint_eq(want->nrows, FUNNEL_ROWS);
	for (r = 0; r < FUNNEL_ROWS; r++) {
		double got[4] = { rows[r].lower[0], rows[r].upper[0],
		    rows[r].lower[1], rows[r].upper[1] };

		vectors_is(rows[r].x, vectors_number(want, r, funnels[_i].x),
		    "x", funnels[_i].name);
		for (c = 0; c < 4; c++)
			ck_assert_msg(vectors_near(got[c], vectors_number(
			    want, r, columns[c]), funnels[_i].tolerance),
			    "%s %zu %s: %.15g", funnels[_i].name, r,
			    columns[c], got[c]);
	}
	if (_i != 1)
		vectors_is(funnel_average(u, n, &funnels[_i].options) *
		    funnels[_i].options.multiplier, vectors_number(want, 0,
		    "baseline"), "baseline", funnels[_i].name);
	csv_table_close(in);
	csv_table_close(want);
}
END_TEST

START_TEST(funnel_significance)
{
	static const char *const labels[] = {
		[FUNNEL_LOW_3] = "Low (0.001)", [FUNNEL_LOW_2] = "Low (0.025)",
		[FUNNEL_WITHIN] = "Not significant",
		[FUNNEL_HIGH_2] = "High (0.025)",
		[FUNNEL_HIGH_3] = "High (0.001)",
		[FUNNEL_UNKNOWN] =
		    "Not applicable for events less than 10 for dsrs",
	};
	struct csv_table *want = vectors_open("funnel_significance.expected");
	struct csv_table *points = vectors_open("funnel_points.expected");
	const struct funnel_options *o = &funnels[_i].options;
	struct funnel_unit u[64];
	struct csv_table *in;
	size_t n, r, k = 0, p = 0;
	char *name;

	name = mem_printf("funnel_%s.input", funnels[_i].name);
	in = vectors_open(name);
	free(name);
	n = funnel_read(in, _i, u);
	for (r = 0; r < want->nrows; r++) {
		enum funnel_flag got;

		if (strcmp(vectors_text(want, r, "funnel"),
		    funnels[_i].name) != 0)
			continue;
		got = funnel_place(&u[k], o, funnel_average(u, n, o));
		ck_assert_str_eq(labels[got], vectors_text(want, r,
		    "significance"));
		k++;
	}
	ck_assert_uint_eq(k, n);
	for (r = 0; r < points->nrows; r++) {
		double rate, d;

		if (strcmp(vectors_text(points, r, "funnel"),
		    funnels[_i].name) != 0)
			continue;
		funnel_point(&u[p], o, &rate, &d);
		vectors_is(rate, vectors_number(points, r, "rate_chart"),
		    "rate_chart", vectors_text(points, r, "area"));
		vectors_is(d, vectors_number(points, r,
		    "denominator_derived"), "denominator",
		    vectors_text(points, r, "area"));
		p++;
	}
	ck_assert_uint_eq(p, _i >= 2 ? n : 0);
	csv_table_close(in);
	csv_table_close(want);
	csv_table_close(points);
}
END_TEST

static enum funnel_dispersion
dispersion_of(const char *name)
{
	return strncmp(name, "SR_SHMI", 7) == 0 ? FUNNEL_SHMI :
	    strncmp(name, "SR_CQC", 6) == 0 ? FUNNEL_CQC :
	    strcmp(name, "PR") == 0 ? FUNNEL_ARCSINE : FUNNEL_LOG_COUNTS;
}

/*
 * What the vectors' limits of the root are on the scale of the ratio. The
 * package's version that they are from compares ratios with limits of the
 * root, half as wide as they ought to be; those before and after it square.
 */
static double
squared_back(const struct csv_table *want, size_t row, const char *column)
{
	double root = vectors_number(want, row, column);

	return root > 0 ? root * root : 0;
}

START_TEST(over_dispersed)
{
	static const char *const columns[] = { "rr", "uzscore", "wuzscore",
	    "ll95", "ul95", "ll998", "ul998", "odll95", "odul95", "odll998",
	    "odul998", "outlier" };
	struct csv_table *in = vectors_open("funnel_overdispersed.input");
	struct csv_table *want = vectors_open("funnel_overdispersed.expected");
	struct csv_table *sums =
	    vectors_open("funnel_overdispersed_summary.expected");
	size_t i, j, c, end, g = 0;

	for (i = 0; i < in->nrows; i = end, g++) {
		const char *name = vectors_text(in, i, "case");
		enum funnel_dispersion how = dispersion_of(name);
		double multiplier = how == FUNNEL_ARCSINE ? 100 : 1;
		struct funnel_dispersed out[64];
		struct funnel_unit u[64];
		struct funnel_model m;

		end = vectors_group(in, i, "case");
		for (j = i; j < end; j++) {
			u[j - i].numerator = vectors_number(in, j,
			    "numerator");
			u[j - i].denominator = vectors_number(in, j,
			    "denominator");
			if (how == FUNNEL_SHMI) /* as published */
				u[j - i].denominator = nearbyint(
				    u[j - i].denominator * 100) / 100;
		}
		ck_assert_int_eq(funnel_disperse(how, u, end - i, 0.1,
		    multiplier, out, &m), 0);
		vectors_is(m.phi, vectors_number(sums, g, "phi"), "phi",
		    name);
		vectors_is(m.tau2, vectors_number(sums, g, "tau2"), "tau2",
		    name);
		for (j = i; j < end; j++) {
			const struct funnel_dispersed *o = &out[j - i];
			double got[12] = { o->ratio, o->z, o->z_kept,
			    o->lower[0], o->upper[0], o->lower[1],
			    o->upper[1], o->adjusted_lower[0],
			    o->adjusted_upper[0], o->adjusted_lower[1],
			    o->adjusted_upper[1], o->outlier };

			/* R writes its z of 97.5% and 99.9% as 1.959964 and
			 * 3.090232: half a millionth of a z. */
			if (how == FUNNEL_SHMI) /* its rr is not rounded */
				got[0] = u[j - i].numerator / vectors_number(
				    in, j, "denominator");
			for (c = 0; c < 12; c++) {
				double x = vectors_number(want, j,
				    columns[c]);

				if (how == FUNNEL_CQC && c >= 7 && c < 11)
					x = squared_back(want, j, columns[c]);
				if (how == FUNNEL_CQC && c == 11)
					x = got[0] < squared_back(want, j,
					    "odll998") || got[0] >
					    squared_back(want, j, "odul998");
				ck_assert_msg(vectors_near(got[c], x,
				    c < 3 ? 1e-9 : 1e-6), "%s %s %s: %.15g",
				    name, vectors_text(in, j, "group"),
				    columns[c], got[c]);
			}
		}
	}
	ck_assert_uint_eq(g, sums->nrows);
	csv_table_close(in);
	csv_table_close(want);
	csv_table_close(sums);
}
END_TEST

/* What NHSRplotthedots calls a rule. */
static enum spc_rule
rule_of(const char *s)
{
	static const char *const names[] = {
		[SPC_COMMON] = "Common Cause", [SPC_ABOVE_LIMIT] = "Above UCL",
		[SPC_BELOW_LIMIT] = "Below LCL",
		[SPC_INCREASING] = "7 Point Trend (Increasing)",
		[SPC_DECREASING] = "7 Point Trend (Decreasing)",
		[SPC_NEAR_UPPER] = "2 in 3 Above CL",
		[SPC_NEAR_LOWER] = "2 in 3 Below CL",
		[SPC_SHIFT_ABOVE] = "7 Points Above CL",
		[SPC_SHIFT_BELOW] = "7 Points Below CL",
	};
	int i;

	for (i = 0; i <= SPC_SHIFT_BELOW; i++)
		if (strcmp(names[i], s) == 0)
			return (enum spc_rule)i;
	ck_abort_msg("no rule %s", s);
	return SPC_COMMON;
}

static void
spc_case(const struct csv_table *options, size_t c,
    const struct csv_table *in, size_t from, size_t n,
    const struct csv_table *want, const struct csv_table *limits)
{
	const char *name = vectors_text(options, c, "series");
	const char *good = vectors_text(options, c, "improvement_direction");
	const char *rebase = vectors_text(options, c, "rebase_date");
	struct spc_options o = { .rules = spc_rules_find("mdc") };
	struct spc_point p[128];
	struct spc_summary s;
	size_t i, start = 0, g = 0;
	double x[128], fix;

	if (vectors_number(options, c, "screen_outliers") < 1)
		o.rules = spc_rules_find("mdc-excel");
	o.direction = strcmp(good, "increase") == 0 ? SPC_HIGH_IS_GOOD :
	    strcmp(good, "decrease") == 0 ? SPC_LOW_IS_GOOD : SPC_NEUTRAL;
	o.target = vectors_number(options, c, "target");
	fix = vectors_number(options, c, "fix_after_n_points");
	o.baseline = isnan(fix) ? 0 : (size_t)fix;
	o.rebase = &start;
	for (i = 0; i < n; i++) {
		x[i] = vectors_number(in, from + i, "value");
		if (*rebase != '\0' && start == 0 && strcmp(vectors_text(in,
		    from + i, "date"), rebase) >= 0) {
			start = i;
			o.nrebase = 1;
		}
	}
	spc_xmr(x, n, &o, p, &s);
	for (i = 0; i < n; i++) {
		size_t r = from + i;
		char at[64];

		(void)snprintf(at, sizeof at, "%s %s", name,
		    vectors_text(in, r, "date"));
		vectors_is((double)p[i].group, vectors_number(want, r,
		    "rebase_group"), "group", at);
		vectors_is(p[i].outside, or_zero(vectors_number(want, r,
		    "outside_limits")), "outside", at);
		vectors_is(p[i].side, or_zero(vectors_number(want, r,
		    "relative_to_mean")), "side", at);
		vectors_is(p[i].near, or_zero(vectors_number(want, r,
		    "close_to_limits")), "near", at);
		ck_assert_msg(p[i].rule == rule_of(vectors_text(want, r,
		    "special_cause_type")), "%s: %s", at,
		    spc_rule_code(p[i].rule));
		ck_assert_msg(strstr(vectors_text(want, r, "point_type"),
		    spc_meaning_code(p[i].means)) != NULL, "%s: %s", at,
		    spc_meaning_code(p[i].means));
	}
	for (i = 0; i < limits->nrows; i++) {
		if (strcmp(vectors_text(limits, i, "series"), name) != 0)
			continue;
		while (p[g].group < (size_t)vectors_number(limits, i,
		    "rebase_group"))
			g++;
		vectors_is(p[g].centre, vectors_number(limits, i, "mean"),
		    "mean", name);
		vectors_is(p[g].lower, vectors_number(limits, i, "lpl"),
		    "lpl", name);
		vectors_is(p[g].upper, vectors_number(limits, i, "upl"),
		    "upl", name);
		if (vectors_text(limits, i, "variation_icon")[0] == '\0')
			continue;
		ck_assert_str_eq(spc_variation_code(s.variation),
		    vectors_text(limits, i, "variation_icon"));
		ck_assert_str_eq(spc_assurance_code(s.assurance),
		    vectors_text(limits, i, "assurance"));
	}
}

START_TEST(xmr)
{
	struct csv_table *in = vectors_open("spc_xmr.input");
	struct csv_table *options = vectors_open("spc_xmr_options.input");
	struct csv_table *want = vectors_open("spc_xmr.expected");
	struct csv_table *limits = vectors_open("spc_xmr_limits.expected");
	size_t i, end, c = 0;

	for (i = 0; i < in->nrows; i = end, c++) {
		end = vectors_group(in, i, "series");
		ck_assert_str_eq(vectors_text(in, i, "series"),
		    vectors_text(options, c, "series"));
		spc_case(options, c, in, i, end - i, want, limits);
	}
	ck_assert_uint_eq(c, options->nrows);
	csv_table_close(in);
	csv_table_close(options);
	csv_table_close(want);
	csv_table_close(limits);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("stats");
	TCase *t = tcase_create("vectors");
	SRunner *r;
	int failed;

	tcase_add_test(t, proportion);
	tcase_add_test(t, crude_rate);
	tcase_add_test(t, mean);
	tcase_add_test(t, direct);
	tcase_add_test(t, direct_events);
	tcase_add_test(t, indirect);
	tcase_add_test(t, life);
	tcase_add_test(t, groups);
	tcase_add_test(t, inequality);
	tcase_add_loop_test(t, funnel_limits_are, 0, 4);
	tcase_add_loop_test(t, funnel_significance, 0, 4);
	tcase_add_test(t, over_dispersed);
	tcase_add_test(t, xmr);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

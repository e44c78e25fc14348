/*
 * Room stats where there are no vectors. Expected values: Python 3 with
 * mpmath (30 digits) for Clopper-Pearson, plain Python from the formulae of
 * the headers for charts and trends; the rest by hand.
 */
#include "vectors.h"

#include "stats/compare.h"
#include "stats/composite.h"
#include "stats/distribution.h"
#include "stats/estimate.h"
#include "stats/funnel.h"
#include "stats/life.h"
#include "stats/rank.h"
#include "stats/spc.h"
#include "stats/standard.h"
#include "stats/trend.h"

static const struct {
	double x, n, lower95, upper95, lower998, upper998;
} exact[] = {
	{ 81, 263, 0.2527367455852712, 0.3676219226013514,
	    0.2239376078898622, 0.4019823196266235 },
	{ 15, 148, 0.05784401008344856, 0.161650490349479,
	    0.04028444503410537, 0.1996570373429188 },
	{ 0, 20, 0, 0.1684334709830853, 0, 0.2920542156158621 },
	{ 1, 29, 0.000872646883579922, 0.1776442954887229,
	    3.44994163843275e-5, 0.276881913578025 },
	{ 29, 29, 0.8805551309304973, 1, 0.7880462815669912, 1 },
	{ 250, 10000, 0.02202896735328076, 0.02825185738592323,
	    0.02044363276936548, 0.03020172728622478 },
};

START_TEST(clopper_pearson)
{
	struct estimate_levels l;
	struct estimate e;

	ck_assert_int_eq(estimate_levels_set(&l, estimate_usual, 2), 0);
	estimate_proportion_exact(exact[_i].x, exact[_i].n, 100, &l, &e);
	vectors_is(e.lower[0], 100 * exact[_i].lower95, "lower95", "row");
	vectors_is(e.upper[0], 100 * exact[_i].upper95, "upper95", "row");
	vectors_is(e.lower[1], 100 * exact[_i].lower998, "lower998", "row");
	vectors_is(e.upper[1], 100 * exact[_i].upper998, "upper998", "row");
}
END_TEST

START_TEST(refusals)
{
	static const double one[2] = { 1, 1 }, zero[2] = { 0, 0 };
	static const double minus[2] = { 1, -1 }, many[2] = { 50, 50 };
	struct estimate_levels l;
	struct estimate e;
	double c[5] = { 0.9, 0, 1.1, 0.5, 0.5 };

	ck_assert_int_eq(estimate_levels_set(&l, c, 1), 0);
	ck_assert_int_eq(estimate_levels_set(&l, c, 2), -1);
	ck_assert_int_eq(estimate_levels_set(&l, c + 2, 1), -1);
	ck_assert_int_eq(estimate_levels_set(&l, c, 5), -1);
	ck_assert_int_eq(estimate_levels_set(&l, estimate_usual, 2), 0);

	estimate_proportion_exact(3, 2, 1, &l, &e);
	ck_assert_int_eq(e.reason, ESTIMATE_ABOVE_DENOMINATOR);
	ck_assert(isnan(e.value) && isnan(e.lower[0]) && isnan(e.upper[1]));
	standard_direct(2, many, one, zero, 1, &l, &e, NULL);
	ck_assert_int_eq(e.reason, ESTIMATE_BAD_WEIGHT);
	standard_direct(2, many, one, minus, 1, &l, &e, NULL);
	ck_assert_int_eq(e.reason, ESTIMATE_BAD_WEIGHT);
	standard_direct(2, minus, one, one, 1, &l, &e, NULL);
	ck_assert_int_eq(e.reason, ESTIMATE_NEGATIVE);
	standard_indirect(-1, 1, 1, &l, &e);
	ck_assert_int_eq(e.reason, ESTIMATE_NEGATIVE);
	ck_assert(isnan(standard_expected(2, one, one, zero)));
	vectors_is(standard_expected(2, zero, one, zero), 0, "expected", "0");
	estimate_mean_sums(0, 0, 0, &l, &e, NULL);
	ck_assert_int_eq(e.reason, ESTIMATE_ZERO_DENOMINATOR);
	ck_assert_str_eq(estimate_reason_code(ESTIMATE_FINE), "");
	ck_assert_str_eq(estimate_reason_code(ESTIMATE_NO_POPULATION),
	    "no_population");
	ck_assert(isnan(distribution_chisq_quantile(1.5, 2)));
	ck_assert(isnan(distribution_beta_quantile(0.5, 0, 2)));
	ck_assert(isnan(distribution_t_quantile(0.5, 0)));
	ck_assert(isnan(distribution_binomial_quantile(0.5, 2.5, 0.5)));
}
END_TEST

/* python3, mpmath: findroot of betainc(a, b, 0, x, regularized=True) - p. */
static const struct {
	double p, a, b, want;
} betas[] = {
	{ 0.025, 1000, 90303300, 1.039788073085237e-5 },
	{ 0.001, 3, 98, 0.0019227972016529924 },
	{ 0.999, 4, 97, 0.12422182878533781 },
	{ 0.025, 1, 1000000000.0, 2.5317807983969381e-11 },
	{ 0.975, 2, 999999999.0, 5.5716433782031142e-9 },
	{ 0.001, 0.5, 0.7, 1.5697523747772849e-6 },
	{ 0.975, 999999, 2, 0.99999975779062968 },
	{ 0.001, 5, 9007199254741664.0, 8.2086752053209496e-17 },
	{ 0, 2, 3, 0 }, { 1, 2, 3, 1 },
};

START_TEST(beta_quantiles)
{
	vectors_is(distribution_beta_quantile(betas[_i].p, betas[_i].a,
	    betas[_i].b), betas[_i].want, "quantile", "beta");
}
END_TEST

/* Of a share of an event: python3, mpmath, 40 digits, the formula as it is. */
START_TEST(small_proportions)
{
	struct estimate_levels l;
	struct estimate e;

	ck_assert_int_eq(estimate_levels_set(&l, estimate_usual, 1), 0);
	estimate_proportion(0.001, 1000, 1e10, &l, &e);
	vectors_is(e.lower[0], 2.6018232914859025, "lower", "0.001");
	estimate_proportion(0.0000001, 10, 1e16, &l, &e);
	vectors_is(e.lower[0], 2.6031775807393823, "lower", "1e-7");
	estimate_proportion(0, 10, 1, &l, &e);
	ck_assert(e.lower[0] == 0);
}
END_TEST

/* Fewer, wider bands work: ages 0, 1, 5, then tens to 85 and over. */
START_TEST(life_of_85)
{
	/* A stationary population with one death rate at every age, so
	 * that the expectancy is 1 / rate whatever the bands are. */
	static const double start[] = { 0, 1, 5, 15, 25, 35, 45, 55, 65, 75,
	    85 };
	double people[11], deaths[11];
	struct estimate_levels l;
	struct estimate e[11];
	size_t i;

	ck_assert_int_eq(estimate_levels_set(&l, estimate_usual, 2), 0);
	for (i = 0; i < 11; i++) {
		people[i] = 100000;
		deaths[i] = 1000;
	}
	life_expectancy(11, start, deaths, people, &l, e);
	/* Deaths at the middle of a band is off by under 0.1% here. */
	ck_assert_double_eq_tol(e[0].value, 100, 0.2);
	ck_assert_double_eq_tol(e[10].value, 100, 1e-9);
	ck_assert_double_lt(e[0].lower[0], e[0].value);
	deaths[3] = people[3] + 1;
	life_expectancy(11, start, deaths, people, &l, e);
	ck_assert_int_eq(e[0].reason, ESTIMATE_ABOVE_POPULATION);
}
END_TEST

static const double xs[] = { 12, 15, 8, 20, 9, 14, 30, 11 };
static const double ds[] = { 100, 120, 95, 150, 80, 110, 160, 90 };
static const struct {
	const char *name;
	double centre, lower, upper; /* of the first point */
} charts[] = {
	{ "i", 14.875, -12.860562310030396, 42.610562310030396 },
	{ "c", 14.875, 3.304563534593866, 26.445436465406132 },
	{ "u", 0.13149171270718232, 0.022706354576382343,
	    0.2402770708379823 },
	{ "p", 0.13149171270718232, 0.030110512291689734,
	    0.2328729131226749 },
	{ "uprime", 0.13149171270718232, 0.025714228863486108,
	    0.23726919655087853 },
	{ "pprime", 0.13149171270718232, 0.025714228863486135,
	    0.23726919655087853 },
	{ "g", 13, 0, 60.975603304078355 },
	{ "t", 13.956613340763075, 1.0611555970591429, 61.70183229656823 },
};

START_TEST(other_charts)
{
	double value[8], centre[8], lower[8], upper[8], x[8];
	enum spc_chart chart;
	size_t i;

	ck_assert_int_eq(spc_chart_find(charts[_i].name, &chart), 0);
	ck_assert_int_eq(spc_limits(chart, xs, ds, 8, value, centre, lower,
	    upper), 0);
	vectors_is(centre[0], charts[_i].centre, "centre", charts[_i].name);
	vectors_is(lower[0], charts[_i].lower, "lower", charts[_i].name);
	vectors_is(upper[0], charts[_i].upper, "upper", charts[_i].name);
	/* A missing point has no limits and leaves the others in place. */
	memcpy(x, xs, sizeof x);
	x[3] = NAN;
	ck_assert_int_eq(spc_limits(chart, x, ds, 8, value, centre, lower,
	    upper), 0);
	ck_assert(isnan(lower[3]) && !isnan(lower[4]));
	for (i = 0; i < 8; i++)
		x[i] = NAN;
	ck_assert_int_eq(spc_limits(chart, x, ds, 8, value, centre, lower,
	    upper), -1);
	x[0] = -1;
	if (chart != SPC_I)
		ck_assert_int_eq(spc_limits(chart, x, ds, 8, value, centre,
		    lower, upper), -1);
}
END_TEST

START_TEST(runs)
{
	/* 6 below, 1 on the line, 1 missing, 9 above: 15 useful points, one
	 * crossing. log2(15) = 3.9: 4 + 3; qbinom(.05, 14, .5) = 4. */
	double x[17], line[17];
	struct spc_runs r;
	size_t i;

	for (i = 0; i < 17; i++) {
		line[i] = 5;
		x[i] = i < 6 ? 4 : i == 6 ? 5 : i == 7 ? NAN : 6;
	}
	spc_runs(x, line, 17, &r);
	ck_assert_uint_eq(r.useful, 15);
	ck_assert_uint_eq(r.longest, 9);
	ck_assert_uint_eq(r.longest_limit, 7);
	ck_assert_uint_eq(r.crossings, 1);
	ck_assert_uint_eq(r.crossings_limit, 4);
	ck_assert_int_eq(r.signal, 1);
	for (i = 0; i < 17; i++)
		x[i] = i % 3 == 0 ? 4 : 6;
	spc_runs(x, line, 17, &r);
	ck_assert_int_eq(r.signal, 0);
}
END_TEST

/* Six rising points: a trend for those who count six, not for seven. */
START_TEST(rule_sets)
{
	static const double x[] = { 5, 6, 5, 6, 5, 4, 4.5, 5, 5.5, 6, 6.5,
	    6.2, 5, 6 };
	static const struct {
		const char *name;
		enum spc_rule rule;
	} want[] = {
		{ "mdc", SPC_COMMON }, { "mdc-6", SPC_INCREASING },
		{ "life-qi", SPC_INCREASING }, { "shewhart", SPC_COMMON },
	};
	struct spc_options o = { .target = NAN };
	struct spc_point p[14];
	struct spc_summary s;

	o.rules = spc_rules_find(want[_i].name);
	spc_xmr(x, 14, &o, p, &s);
	ck_assert_int_eq(p[7].rule, want[_i].rule);
	ck_assert_int_eq(p[7].means, want[_i].rule == SPC_COMMON ?
	    SPC_MEANS_COMMON : SPC_MEANS_HIGH);
	ck_assert_int_eq(s.assurance, SPC_ASSURANCE_NONE);
	ck_assert_ptr_null(spc_rules_find("none"));
}
END_TEST

START_TEST(trends)
{
	static const double v[] = { 0, 50.1, 52.3, 53.9, 56.2, 58.4 };
	static const double lo[] = { 0, 49, 51.1, 52.8, 55, 57.3 };
	double hi[] = { 0, 51.2, 53.5, 55, 57.4, 59.5 };
	double x[] = { 510, 540, 560, 610, 640 };
	double n[] = { 1000, 1010, 1005, 1020, 1015 };
	struct trend t;
	size_t i;

	trend_values(v, lo, hi, 6, &t);
	ck_assert_int_eq(t.result, TREND_INCREASING);
	vectors_is(t.slope, 2.0532998565279774, "slope", "values");
	vectors_is(t.chisq, 129.57815969325424, "chisq", "values");
	trend_values(v, lo, hi, 4, &t);
	ck_assert_int_eq(t.result, TREND_UNKNOWN);
	hi[3] = NAN;
	trend_values(v, lo, hi, 6, &t);
	ck_assert_int_eq(t.result, TREND_UNKNOWN);

	trend_proportions(x, n, 5, &t);
	ck_assert_int_eq(t.result, TREND_INCREASING);
	vectors_is(t.chisq, 38.119897212482634, "chisq", "proportions");
	vectors_is(t.slope, 0.030446949418210432, "slope", "proportions");
	for (i = 0; i < 5; i++)
		x[i] = n[i] - x[i];
	trend_proportions(x, n, 5, &t);
	ck_assert_int_eq(t.result, TREND_DECREASING);
	for (i = 0; i < 5; i++)
		x[i] = i == 4 ? 600 : 500;
	/* One high point makes a slope; without it there is none. */
	for (i = 0; i < 5; i++)
		n[i] = 1000;
	trend_proportions(x, n, 5, &t);
	ck_assert_double_gt(t.chisq, TREND_CRITICAL);
	ck_assert_int_eq(t.result, TREND_NONE);
	x[0] = 0;
	trend_proportions(x, n, 5, &t);
	ck_assert_int_eq(t.result, TREND_UNKNOWN);
}
END_TEST

static const struct {
	enum compare_method method;
	double other; /* comparator, against 20 of 100 */
	enum compare_result want;
	const char *low_is_good;
} comparisons[] = {
	/* Wilson 95%: 13.336..28.883, 99.8%: 10.408..34.990 */
	{ COMPARE_LIMITS, 28, COMPARE_SAME, "similar" },
	{ COMPARE_LIMITS, 29, COMPARE_LOWER, "better" },
	{ COMPARE_LIMITS, 13, COMPARE_HIGHER, "worse" },
	{ COMPARE_TWO_LEVELS, 29, COMPARE_LOWER, "better" },
	{ COMPARE_TWO_LEVELS, 36, COMPARE_LOWEST, "best" },
	{ COMPARE_TWO_LEVELS, 10, COMPARE_HIGHEST, "worst" },
	{ COMPARE_OVERLAP, 38, COMPARE_LOWER, "better" },
	{ COMPARE_OVERLAP, 30, COMPARE_SAME, "similar" },
	/* Wilson of 30 of 100: 21.9..39.6 */
	{ COMPARE_SPC_PROPORTION, 30, COMPARE_LOWER, "better" },
	{ COMPARE_SPC_PROPORTION, 27, COMPARE_SAME, "similar" },
	{ COMPARE_SPC_PROPORTION, 40, COMPARE_LOWEST, "best" },
	/* Byar of 31: 21.06..44.00; of 30: 20.2 */
	{ COMPARE_SPC_RATE, 31, COMPARE_LOWER, "better" },
	{ COMPARE_SPC_RATE, 29, COMPARE_SAME, "similar" },
	{ COMPARE_NONE, 90, COMPARE_UNKNOWN, "not_compared" },
};

START_TEST(comparing)
{
	struct compare_value a, b;
	struct estimate_levels l;
	struct estimate e;
	enum compare_result got;
	enum compare_method m;

	ck_assert_int_eq(estimate_levels_set(&l, estimate_usual, 2), 0);
	estimate_proportion(20, 100, 100, &l, &e);
	a = (struct compare_value){ e.value, e.lower[0], e.upper[0],
	    e.lower[1], e.upper[1], 20, 100 };
	estimate_proportion(comparisons[_i].other, 100, 100, &l, &e);
	b = (struct compare_value){ e.value, e.lower[0], e.upper[0],
	    e.lower[1], e.upper[1], comparisons[_i].other, 100 };
	got = compare_values(comparisons[_i].method, &a, &b, 100);
	ck_assert_msg(got == comparisons[_i].want, "%s %g: %s",
	    compare_method_code(comparisons[_i].method),
	    comparisons[_i].other, compare_result_code(got));
	ck_assert_str_eq(compare_meaning_code(got, COMPARE_LOW_IS_GOOD),
	    comparisons[_i].low_is_good);
	ck_assert_str_eq(compare_meaning_code(got, COMPARE_NEUTRAL),
	    compare_result_code(got));
	ck_assert_int_eq(compare_method_find(compare_method_code(
	    comparisons[_i].method), &m), 0);
	ck_assert_int_eq(m, comparisons[_i].method);
	/* Exactly on a limit is the same; what is missing is not compared. */
	b.value = a.upper95;
	ck_assert_int_eq(compare_values(COMPARE_LIMITS, &a, &b, 100),
	    COMPARE_SAME);
	a.lower95 = a.upper95 = a.value = NAN;
	ck_assert_int_eq(compare_values(comparisons[_i].method, &a, &b, 100),
	    COMPARE_UNKNOWN);
}
END_TEST

/* Half an opportunity between events there is not, nor 9 of 8. */
START_TEST(whole_between)
{
	const double x[3] = { 2, 4.5, 3 }, more[3] = { 8, 4, 9 };
	double value[3], centre[3], lower[3], upper[3];

	ck_assert_int_eq(spc_limits(SPC_G, x, NULL, 3, value, centre, lower,
	    upper), -1);
	ck_assert_int_eq(spc_limits(SPC_I, x, NULL, 3, value, centre, lower,
	    upper), 0);
	ck_assert_int_eq(spc_limits(SPC_P, x, more, 3, value, centre, lower,
	    upper), -1);
	ck_assert_int_eq(spc_limits(SPC_U, x, more, 3, value, centre, lower,
	    upper), 0);
}
END_TEST

/*
 * (1 -/+ z sqrt(1 / (4 E)))^2, and 0 where the root is below 0: by hand for
 * E = 1/4, where the root is 1, with z of R's qnorm(.975) and qnorm(.999).
 * Of many events they are near those of Poisson, as limits of the root
 * itself, half as wide, are not.
 */
START_TEST(cqc_from_zero)
{
	const struct funnel_model m = { 10, 1, 0, 1 };
	double lower[2], upper[2], chance[2], above[2];
	int k;

	funnel_model_limits(FUNNEL_CQC, &m, .25, 1, lower, upper);
	ck_assert(lower[0] == 0 && lower[1] == 0);
	vectors_is(upper[0], 2.95996398454005 * 2.95996398454005, "upper 95",
	    "cqc");
	vectors_is(upper[1], 4.09023230616781 * 4.09023230616781,
	    "upper 99.8", "cqc");
	funnel_model_limits(FUNNEL_CQC, &m, 2500, 1, lower, upper);
	funnel_poisson_limits(2500, 1, chance, above);
	for (k = 0; k < 2; k++)
		ck_assert(fabs(lower[k] - chance[k]) < .001 &&
		    fabs(upper[k] - above[k]) < .001);
}
END_TEST

/* Nothing to draw, and units that a method cannot use. */
START_TEST(funnel_refusals)
{
	struct funnel_options o = { FUNNEL_PROPORTION, 100, 1 };
	struct funnel_unit u[3] = { { 0, 0, 0 }, { 0, 10, 0 }, { 5, 10, 0 } };
	struct funnel_dispersed out[3];
	struct funnel_row rows[FUNNEL_ROWS];
	struct funnel_model m;

	ck_assert_int_eq(funnel_limits(u, 1, &o, rows), -1);
	ck_assert_int_eq(funnel_place(&u[0], &o, 0.5), FUNNEL_UNKNOWN);
	ck_assert_int_eq(funnel_disperse(FUNNEL_SHMI, u + 1, 2, 0.1, 1, out,
	    &m), -1);
	ck_assert_int_eq(funnel_disperse(FUNNEL_CQC, u, 3, 0.1, 1, out, &m),
	    -1);
	ck_assert_int_eq(funnel_disperse(FUNNEL_CQC, u + 2, 1, 0.1, 1, out,
	    &m), -1);
}
END_TEST

/* expected: python3, statistics.quantiles(primes, n=10, method='inclusive') */
START_TEST(quantiles)
{
	static const double primes[] = { 2, 3, 5, 7, 11, 13, 17, 19, 23 };

	vectors_is(rank_quantile(primes, 9, 0.1), 2.8, "quantile", "0.1");
	vectors_is(rank_quantile(primes, 9, 0.5), 11, "quantile", "0.5");
	vectors_is(rank_quantile(primes, 9, 0.9), 19.8, "quantile", "0.9");
	vectors_is(rank_quantile(primes, 9, 1), 23, "quantile", "1");
}
END_TEST

/*
 * expected: scipy.stats 1.x: zscore, rankdata, gmean; numpy: average, ptp;
 * the exponential from its formula with numpy.
 */
static const struct {
	enum composite_scale scale;
	int reversed;
	double to[6];
} scales[] = {
	{ COMPOSITE_Z_SCORE, 0, { -0.281919177868492, -1.286256249025,
	    0.4581186640363, 0.4581186640363, -1.02195701977328,
	    1.67389511859417 } },
	{ COMPOSITE_RANK, 0, { 0.5, 0.166666666666667, 0.75, 0.75,
	    0.333333333333333, 1 } },
	{ COMPOSITE_EXPONENTIAL, 0, { 15.6467900726029, 4.13397209076366,
	    31.0091435328072, 31.0091435328072, 9.17742507759906, 100 } },
	{ COMPOSITE_MIN_MAX, 0, { 0.339285714285714, 0, 0.589285714285714,
	    0.589285714285714, 0.0892857142857143, 1 } },
	{ COMPOSITE_RANK, 1, { 0.666666666666667, 1, 0.416666666666667,
	    0.416666666666667, 0.833333333333333, 0.166666666666667 } },
	{ COMPOSITE_EXPONENTIAL, 1, { 24.6806433005279, 100,
	    12.1853932360836, 12.1853932360836, 39.7690779134289,
	    4.13397209076366 } },
	{ COMPOSITE_MIN_MAX, 1, { 0.660714285714286, 1, 0.410714285714286,
	    0.410714285714286, 0.910714285714286, 0 } },
};

START_TEST(composite_scale)
{
	static const double x[7] = { 3.5, -1.25, 7, 7, 0, 12.75, NAN };
	double to[7];
	size_t i;

	composite_scores(7, x, scales[_i].scale, scales[_i].reversed, NAN,
	    to);
	for (i = 0; i < 6; i++)
		vectors_is(to[i], scales[_i].to[i], "score", "row");
	ck_assert(isnan(to[6]));
}
END_TEST

START_TEST(composite_edges)
{
	static const double x[5] = { 3.5, 0, -1, NAN, 8 };
	static const double same[3] = { 0.1, 0.1, 0.1 }, one[2] = { NAN, 4 };
	static const double scores[4] = { 0.5, 2, 1.25, NAN };
	static const double weights[4] = { 1, 2, 0.5, 9 };
	static const double odd[3] = { 2, 0, -1 };
	enum composite_scale scale;
	double to[5];
	size_t i, used;

	composite_scores(5, x, COMPOSITE_RELATIVE, 0, 4, to);
	vectors_is(to[0], 0.875, "relative", "3.5");
	ck_assert(to[1] >= 0 && to[1] <= 0 && isnan(to[2]) && isnan(to[3]));
	composite_scores(5, x, COMPOSITE_RELATIVE, 1, 4, to);
	vectors_is(to[4], 0.5, "relative", "8");
	ck_assert(isnan(to[1]) && isnan(to[2]) && isnan(to[3]));
	composite_scores(5, x, COMPOSITE_RELATIVE, 0, 0, to);
	ck_assert(isnan(to[0]));
	composite_scores(5, x, COMPOSITE_RELATIVE, 0, NAN, to);
	ck_assert(isnan(to[0]));
	for (scale = COMPOSITE_Z_SCORE; scale <= COMPOSITE_MIN_MAX; scale++) {
		composite_scores(3, same, scale, 0, 1, to);
		ck_assert(isnan(to[0]) && isnan(to[1]) && isnan(to[2]));
		composite_scores(2, one, scale, 1, 1, to);
		ck_assert(isnan(to[0]) && isnan(to[1]));
		composite_scores(0, one, scale, 1, 1, to);
	}
	vectors_is(composite_mean(4, scores, weights, COMPOSITE_ARITHMETIC,
	    &used), 1.46428571428571, "mean", "arithmetic");
	ck_assert_uint_eq(used, 3);
	vectors_is(composite_mean(4, scores, weights, COMPOSITE_GEOMETRIC,
	    &used), 1.25849895064183, "mean", "geometric");
	ck_assert(composite_mean(2, odd, weights, COMPOSITE_GEOMETRIC,
	    &used) <= 0);
	ck_assert(isnan(composite_mean(3, odd, weights, COMPOSITE_GEOMETRIC,
	    &used)));
	ck_assert(isnan(composite_mean(1, scores + 3, weights,
	    COMPOSITE_ARITHMETIC, &used)));
	ck_assert_uint_eq(used, 0);
	/* However far from 0, as near as doubles are. */
	for (i = 0; i < 5; i++)
		to[i] = 1e9 + (double)i;
	composite_scores(5, to, COMPOSITE_Z_SCORE, 0, 0, to);
	vectors_is(to[4], 1.41421356237309505, "z-score", "1e9");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("stats_more");
	TCase *t = tcase_create("stats");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, clopper_pearson, 0,
	    sizeof exact / sizeof *exact);
	tcase_add_test(t, refusals);
	tcase_add_loop_test(t, beta_quantiles, 0,
	    sizeof betas / sizeof *betas);
	tcase_add_test(t, small_proportions);
	tcase_add_test(t, life_of_85);
	tcase_add_loop_test(t, other_charts, 0,
	    sizeof charts / sizeof *charts);
	tcase_add_test(t, runs);
	tcase_add_loop_test(t, rule_sets, 0, 4);
	tcase_add_test(t, trends);
	tcase_add_loop_test(t, comparing, 0,
	    sizeof comparisons / sizeof *comparisons);
	tcase_add_test(t, funnel_refusals);
	tcase_add_test(t, whole_between);
	tcase_add_test(t, cqc_from_zero);
	tcase_add_test(t, quantiles);
	tcase_add_loop_test(t, composite_scale, 0,
	    sizeof scales / sizeof *scales);
	tcase_add_test(t, composite_edges);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

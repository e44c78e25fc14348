/* Control charts of an area over time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "indicator/picture_parts.h"
#include "stats/spc.h"

static enum spc_direction
direction(const struct definition *d)
{
	return d->polarity == COMPARE_HIGH_IS_GOOD ? SPC_HIGH_IS_GOOD :
	    d->polarity == COMPARE_LOW_IS_GOOD ? SPC_LOW_IS_GOOD :
	    SPC_NEUTRAL;
}

/*
 * The points at which groups start, of periods with commas between them. The
 * array is yours to free; NULL with a fault: one is not after the one before.
 */
static size_t *
starts(const struct picture_rows *rows, const char *periods, size_t *n,
    struct fault *f)
{
	size_t *at = mem_array(NULL, rows->n + 1, sizeof *at), i = 0, k;
	char *all = mem_printf("%s", periods), *one = all, *end;

	for (*n = 0; one != NULL; one = end) {
		if ((end = strchr(one, ',')) != NULL)
			*end++ = '\0';
		for (k = i; k < rows->n &&
		    strcmp(rows->v[k]->period, one) < 0; k++)
			continue;
		if (k == 0 || k == rows->n || (*n > 0 && k == i)) {
			(void)fault_set(f, "a new start is after the first "
			    "period and not after the last, and after the "
			    "start before it");
			free(at);
			at = NULL;
			break;
		}
		at[(*n)++] = i = k;
	}
	free(all);
	return at;
}

/* What limits rest on, where that is little. */
enum footing { FIRM, FEW, NONE };

/* Individual values and moving ranges, by a set of rules. */
static int
by_rules(const struct picture *p, const struct picture_rows *rows,
    struct chart_point *points, enum footing *footing, struct fault *f)
{
	static const enum chart_sense senses[] = {
		[SPC_MEANS_COMMON] = CHART_PLAIN,
		[SPC_MEANS_IMPROVEMENT] = CHART_GOOD,
		[SPC_MEANS_CONCERN] = CHART_BAD,
		[SPC_MEANS_HIGH] = CHART_HIGH, [SPC_MEANS_LOW] = CHART_LOW,
	};
	struct spc_options o;
	struct spc_summary s;
	struct spc_point *flags;
	double *x;
	size_t i, *start = NULL;

	memset(&o, 0, sizeof o);
	o.rules = spc_rules_find(p->rules != NULL ? p->rules : "mdc");
	if (o.rules == NULL)
		return fault_set(f, "no rules %s: mdc, mdc-6, mdc-excel, "
		    "life-qi, shewhart", p->rules);
	if (p->rebase != NULL && (start = starts(rows, p->rebase,
	    &o.nrebase, f)) == NULL)
		return -1;
	x = mem_array(NULL, rows->n, sizeof *x);
	flags = mem_zero(rows->n, sizeof *flags);
	for (i = 0; i < rows->n; i++)
		x[i] = rows->v[i]->v.value;
	o.direction = direction(p->definition);
	o.target = p->definition->target;
	o.rebase = start;
	spc_xmr(x, rows->n, &o, flags, &s);
	*footing = s.short_group ? FEW : FIRM;
	for (i = 0; i < rows->n; i++) {
		points[i] = (struct chart_point){ rows->v[i]->period, 0, x[i],
		    flags[i].lower, flags[i].upper, flags[i].centre,
		    senses[flags[i].means], i > 0 && flags[i].group !=
		    flags[i - 1].group };
		if (isnan(flags[i].lower))
			*footing = NONE;
	}
	free(start);
	free(x);
	free(flags);
	return 0;
}

static enum chart_sense
outside(enum spc_direction way, double v, double lower, double upper)
{
	int side = (v > upper) - (v < lower);

	if (side == 0)
		return CHART_PLAIN;
	if (way == SPC_NEUTRAL)
		return side > 0 ? CHART_HIGH : CHART_LOW;
	return side == (int)way ? CHART_GOOD : CHART_BAD;
}

/* Which values a chart's limits are right for; NULL: these. */
static const char *
not_for(enum spc_chart kind, enum definition_method m)
{
	int sums = m == DEFINITION_MEAN || m == DEFINITION_LIFE ||
	    m == DEFINITION_SII || m == DEFINITION_COMPOSITE;
	int between = m == DEFINITION_COUNT || m == DEFINITION_MEAN ||
	    m == DEFINITION_RATIO;

	switch (kind) {
	case SPC_I:
		break;
	case SPC_C:
		return sums ? "of counts of events" : NULL;
	case SPC_U:
	case SPC_U_PRIME:
		return m == DEFINITION_CRUDE_RATE || m == DEFINITION_RATIO ||
		    m == DEFINITION_SMR || m == DEFINITION_ISR_RATIO ? NULL :
		    "of rates and ratios that are not standardised directly";
	case SPC_P:
	case SPC_P_PRIME:
		return m == DEFINITION_PROPORTION ? NULL : "of proportions";
	case SPC_G:
		return between ? NULL : "of opportunities between events, in "
		    "a count, mean or ratio";
	case SPC_T:
		return between ? NULL : "of time between events, in a count, "
		    "mean or ratio";
	}
	return NULL;
}

/* A chart of counts, rates or times: what is outside its limits stands out. */
static int
by_limits(const struct picture *p, const struct picture_rows *rows,
    enum spc_chart kind, struct chart_point *points, struct fault *f)
{
	int of_values = kind == SPC_I || kind == SPC_T || kind == SPC_G;
	int over = !of_values && kind != SPC_C;
	double by = over ? p->definition->multiplier : 1, *a[6];
	size_t i, k;
	int rc;

	for (k = 0; k < 6; k++)
		a[k] = mem_array(NULL, rows->n, sizeof *a[k]);
	for (i = 0; i < rows->n; i++) {
		const struct compare_value *v = &rows->v[i]->v;

		a[0][i] = of_values ? v->value : v->count;
		a[1][i] = v->denominator;
	}
	rc = spc_limits(kind, a[0], over ? a[1] : NULL, rows->n, a[2], a[3],
	    a[4], a[5]);
	if (rc == -1 && kind == SPC_G)
		(void)fault_set(f, "the g chart needs whole numbers: "
		    "opportunities between events");
	else if (rc == -1)
		(void)fault_set(f, "this chart needs %s, not negative",
		    over ? "counts and denominators" : "counts");
	for (i = 0; rc == 0 && i < rows->n; i++)
		points[i] = (struct chart_point){ rows->v[i]->period, 0,
		    a[2][i] * by, a[4][i] * by, a[5][i] * by, a[3][i] * by,
		    outside(kind == SPC_C ? SPC_NEUTRAL :
		    direction(p->definition), a[2][i], a[4][i], a[5][i]), 0 };
	for (k = 0; k < 6; k++)
		free(a[k]);
	return rc;
}

/* With what is to be known of the limits. Yours to free. */
static char *
spc_subtitle(const struct picture *p, const char *name, const char *unit,
    enum footing footing)
{
	char *made = picture_subtitle(p, name, NULL, unit);
	struct buf b = { 0 };
	const char *s;

	buf_puts(&b, made);
	free(made);
	if (p->rebase != NULL)
		buf_puts(&b, "; new limits from ");
	for (s = p->rebase; s != NULL && *s != '\0'; s++) {
		buf_putc(&b, *s);
		if (*s == ',')
			buf_putc(&b, ' ');
	}
	if (footing == FEW)
		buf_puts(&b, ". Limits from fewer than 13 points: they may "
		    "change much");
	else if (footing == NONE)
		buf_puts(&b, ". Where no limits are drawn the values do not "
		    "vary or are too few");
	(void)buf_string(&b);
	return b.p;
}

int
picture_spc(const struct picture *p, struct buf *to, struct fault *f)
{
	const struct definition *d = p->definition;
	const char *area = picture_area_of(p, f);
	int xmr = p->chart == NULL || strcmp(p->chart, "xmr") == 0, rc;
	enum footing footing = FIRM;
	enum spc_chart kind = SPC_I;
	struct chart_point *points;
	struct picture_rows rows;
	struct chart_words w;
	char *made;

	if (area == NULL)
		return -1;
	if (!xmr && spc_chart_find(p->chart, &kind) == -1)
		return fault_set(f, "no control chart %s: xmr, i, c, u, p, "
		    "uprime, pprime, g, t", p->chart);
	if (not_for(kind, d->method) != NULL)
		return fault_set(f, "the %s chart is %s, not of a %s", p->chart,
		    not_for(kind, d->method), definition_method_code(
		    d->method));
	if (!xmr && (p->rules != NULL || p->rebase != NULL))
		return fault_set(f, "rules and a new start are for the xmr "
		    "chart");
	if (picture_select(p, area, NULL, &rows, f) == -1)
		return -1;
	qsort(rows.v, rows.n, sizeof *rows.v, picture_by_period);
	points = mem_zero(rows.n, sizeof *points);
	rc = xmr ? by_rules(p, &rows, points, &footing, f) : by_limits(p, &rows, kind,
	    points, f);
	if (rc == 0) {
		made = spc_subtitle(p, rows.v[0]->name, kind == SPC_C ?
		    "events" : d->unit, footing);
		w = picture_words_of(p, made);
		if (kind == SPC_C) {
			w.y_label = "events";
			w.decimals = 0;
			w.ceiling = 0;
			w.nonnegative = 1;
		}
		w.centre = kind == SPC_G ? "Median" : NULL;
		chart_spc(&w, points, rows.n, kind == SPC_C ? NAN : d->target,
		    to);
		free(made);
	}
	free(points);
	free(rows.v);
	return rc;
}

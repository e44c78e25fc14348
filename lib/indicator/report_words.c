/* What values say, in sentences that are true of them as they are shown. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/markup.h"
#include "chart/svg.h"
#include "indicator/report_parts.h"
#include "stats/estimate.h"

void
report_number(struct buf *to, double v, int decimals)
{
	struct buf b = { 0 };

	buf_puts(to, isnan(v) ? "no value" : svg_number(&b, v, decimals));
	buf_free(&b);
}

/* Are two values the same as they are shown? */
static int
look_alike(const struct definition *d, double x, double y)
{
	struct buf a = { 0 }, b = { 0 };
	int same = strcmp(svg_number(&a, x, d->decimals), svg_number(&b, y,
	    d->decimals)) == 0;

	buf_free(&a);
	buf_free(&b);
	return same;
}

/* A value with its unit: a sign right after the number, or a word. */
static void
quantity(struct buf *to, const struct definition *d, double v)
{
	struct buf b = { 0 };
	size_t n = strlen(d->unit);

	if (isnan(v)) {
		buf_puts(to, "no value");
		return;
	}
	(void)svg_number(&b, v, d->decimals);
	if (strcmp(d->unit, "per cent") == 0) {
		buf_printf(to, "%s%%", buf_string(&b));
	} else if (strcmp(d->unit, "ratio") == 0) {
		buf_printf(to, "a ratio of %s", buf_string(&b));
	} else {
		/* One pound, and not pounds. */
		if (strcmp(buf_string(&b), "1") == 0 && n > 1 &&
		    d->unit[n - 1] == 's' && strchr(d->unit, ' ') == NULL)
			n--;
		buf_printf(to, "%s ", buf_string(&b));
		buf_clear(&b);
		buf_put(&b, d->unit, n);
		markup_escape(to, buf_string(&b));
	}
	buf_free(&b);
}

const char *
report_reason(const struct values_row *r)
{
	size_t n = strcspn(r->reason, ":");
	int k;

	if (n == 0)
		return NULL;
	for (k = ESTIMATE_FINE + 1; k <= ESTIMATE_UNRELIABLE; k++) {
		const char *code = estimate_reason_code(
		    (enum estimate_reason)k);

		if (strlen(code) == n && strncmp(code, r->reason, n) == 0)
			return estimate_reason_text((enum estimate_reason)k);
	}
	return r->reason;
}

static int
is_high(const struct contrast *c)
{
	return c->result == COMPARE_HIGHER || c->result == COMPARE_HIGHEST;
}

/* 0: better, 1: worse, 2: not clearly different, 3: higher, 4: lower. */
static int
verdict(const struct contrast *c)
{
	enum compare_polarity p = c->definition->polarity;

	if (c->result == COMPARE_SAME)
		return 2;
	if (p == COMPARE_NEUTRAL)
		return is_high(c) ? 3 : 4;
	return is_high(c) == (p == COMPARE_HIGH_IS_GOOD) ? 0 : 1;
}

static const char *const verdicts[5] = { "better than", "worse than",
	"not clearly different from", "higher than", "lower than" };

static void
against_comparator(struct buf *to, const struct contrast *c)
{
	if (c->other == NULL || c->result == COMPARE_UNKNOWN)
		return;
	buf_printf(to, " That is %s ", verdicts[verdict(c)]);
	markup_escape(to, c->other->name);
	buf_puts(to, ", which has ");
	if (c->result != COMPARE_SAME && look_alike(c->definition,
	    c->row->v.value, c->other->v.value))
		buf_puts(to, is_high(c) ? "slightly less" : "slightly more");
	else
		quantity(to, c->definition, c->other->v.value);
	buf_puts(to, ".");
}

static void
against_target(struct buf *to, const struct contrast *c)
{
	const struct definition *d = c->definition;

	if (c->target_met < 0)
		return;
	buf_puts(to, c->target_met ? " It meets" : look_alike(d,
	    c->row->v.value, d->target) ? " It just misses" :
	    " It does not meet");
	buf_puts(to, d->polarity == COMPARE_HIGH_IS_GOOD ?
	    " the target of at least " : " the target of at most ");
	quantity(to, d, d->target);
	buf_puts(to, ".");
}

static void
against_before(struct buf *to, const struct contrast *c)
{
	const char *way = c->change > 0 ? "up" : "down";

	if (c->before == NULL || c->change_result == COMPARE_UNKNOWN)
		return;
	if (c->change_result == COMPARE_SAME) {
		buf_puts(to, " It has not clearly changed since ");
	} else if (look_alike(c->definition, c->row->v.value,
	    c->before->v.value)) {
		buf_printf(to, " It is slightly %s since ", way);
	} else {
		buf_printf(to, " It is %s from ", way);
		quantity(to, c->definition, c->before->v.value);
		buf_puts(to, " in ");
	}
	markup_escape(to, c->before->period);
	buf_puts(to, ".");
}

void
report_headline(struct buf *to, const struct contrast *c)
{
	const struct values_row *r = c->row;
	const char *reason = report_reason(r);

	buf_puts(to, "<p class=\"headline\">");
	markup_escape(to, r->name);
	if (r->period[0] != '\0') {
		buf_puts(to, ", ");
		markup_escape(to, r->period);
	}
	buf_puts(to, ": <strong>");
	quantity(to, c->definition, r->v.value);
	buf_puts(to, "</strong>");
	if (reason != NULL) {
		buf_puts(to, " (");
		markup_escape(to, reason);
		buf_puts(to, ")");
	}
	buf_puts(to, ".");
	against_comparator(to, c);
	against_target(to, c);
	against_before(to, c);
	if (c->trend.result == TREND_INCREASING ||
	    c->trend.result == TREND_DECREASING)
		buf_printf(to, " Over the last five periods it has been %s.",
		    contrast_trend_code(c->trend.result));
	buf_puts(to, "</p>\n");
}

int
report_of_stratum(const struct picture *p, const struct values_row *r)
{
	return strcmp(r->sex, p->sex != NULL ? p->sex : "") == 0 &&
	    strcmp(r->category, p->category != NULL ? p->category : "") == 0;
}

static const char *
is_or_are(size_t n)
{
	return n == 1 ? "is" : "are";
}

void
report_overview(struct buf *to, const struct picture *p,
    const struct report_values *c, const char *period)
{
	size_t i, count[5] = { 0, 0, 0, 0, 0 }, all = 0, left = 0;
	const struct contrast *some = NULL;
	int order[3] = { 0, 1, 2 }, k;

	for (i = 0; i < c->n; i++) {
		const struct contrast *one = &c->v[i];

		if (!report_of_stratum(p, one->row) ||
		    strcmp(one->row->period, period) != 0 ||
		    p->comparator == NULL || strcmp(one->row->area,
		    p->comparator) == 0)
			continue;
		if (one->other == NULL || one->result == COMPARE_UNKNOWN) {
			left++;
			continue;
		}
		some = one;
		all++;
		count[verdict(one)]++;
	}
	if (some == NULL)
		return;
	if (some->definition->polarity == COMPARE_NEUTRAL) {
		order[0] = 3;
		order[1] = 4;
	}
	buf_printf(to, "<p>Of %zu %s, ", all, all == 1 ? "area" : "areas");
	for (k = 0; k < 3; k++)
		buf_printf(to, "%s%zu %s %s", k == 0 ? "" : k == 2 ? " and " :
		    ", ", count[order[k]], is_or_are(count[order[k]]),
		    verdicts[order[k]]);
	buf_putc(to, ' ');
	markup_escape(to, some->other->name);
	buf_puts(to, ".");
	if (left > 0)
		buf_printf(to, " %zu %s could not be compared.", left,
		    left == 1 ? "more" : "others");
	buf_puts(to, "</p>\n");
}

void
report_range(struct buf *to, const struct picture *p,
    const struct report_values *c, const char *period)
{
	const struct values_row *least = NULL, *most = NULL;
	size_t i, n = 0, without = 0;

	for (i = 0; i < c->n; i++) {
		const struct values_row *r = c->v[i].row;

		if (!report_of_stratum(p, r) || strcmp(r->period, period) != 0)
			continue;
		if (isnan(r->v.value)) {
			without++;
			continue;
		}
		n++;
		if (least == NULL || r->v.value < least->v.value)
			least = r;
		if (most == NULL || r->v.value > most->v.value)
			most = r;
	}
	for (i = 0; n == 1 && i < c->n; i++)
		if (c->v[i].row == most)
			report_headline(to, &c->v[i]);
	if (n == 1)
		return;
	buf_printf(to, "<p class=\"headline\">%zu areas", n > 0 ? n : without);
	if (*period != '\0') {
		buf_puts(to, ", ");
		markup_escape(to, period);
	}
	if (n == 0) {
		buf_puts(to, ": no values.</p>\n");
		return;
	}
	buf_puts(to, look_alike(p->definition, least->v.value, most->v.value)
	    ? ": all <strong>" : ": from <strong>");
	quantity(to, p->definition, least->v.value);
	buf_puts(to, "</strong>");
	if (!look_alike(p->definition, least->v.value, most->v.value)) {
		buf_puts(to, " (");
		markup_escape(to, least->name);
		buf_puts(to, ") to <strong>");
		quantity(to, p->definition, most->v.value);
		buf_puts(to, "</strong> (");
		markup_escape(to, most->name);
		buf_puts(to, ")");
	}
	buf_puts(to, ".");
	if (without > 0)
		buf_printf(to, " %zu %s no value.", without, without == 1 ?
		    "more has" : "others have");
	buf_puts(to, "</p>\n");
}

const char *
report_last_of(const struct report_values *c, const struct definition *d,
    const char *area)
{
	const char *last = NULL;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].definition == d && strcmp(c->v[i].row->area,
		    area) == 0 && (last == NULL ||
		    strcmp(c->v[i].row->period, last) > 0))
			last = c->v[i].row->period;
	return last;
}

void
report_area_overview(struct buf *to, const struct report_values *c,
    const char *area)
{
	size_t i, count[5] = { 0, 0, 0, 0, 0 };
	const struct values_row *other = NULL;

	for (i = 0; i < c->n; i++) {
		const struct contrast *one = &c->v[i];
		const char *last;

		if (one->other == NULL || one->result == COMPARE_UNKNOWN ||
		    strcmp(one->row->area, area) != 0)
			continue;
		last = report_last_of(c, one->definition, area);
		if (last == NULL || strcmp(one->row->period, last) != 0)
			continue;
		other = one->other;
		count[verdict(one)]++;
	}
	if (other == NULL)
		return;
	buf_printf(to, "<p class=\"headline\">Of its latest values %zu %s "
	    "better than, %zu %s worse than", count[0], is_or_are(count[0]),
	    count[1], is_or_are(count[1]));
	if (count[3] + count[4] > 0)
		buf_printf(to, ", %zu %s higher than, %zu %s lower than",
		    count[3], is_or_are(count[3]), count[4],
		    is_or_are(count[4]));
	buf_printf(to, " and %zu %s not clearly different from ", count[2],
	    is_or_are(count[2]));
	markup_escape(to, other->name);
	buf_puts(to, ".</p>\n");
}

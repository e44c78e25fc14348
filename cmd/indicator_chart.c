/*
 * nib-indicator chart and report: read values, as rate writes them, and
 * write one picture of them as SVG, or a page about them as HTML. Hold the
 * values in memory, about 500 bytes each.
 */
#include <stdio.h>
#include <string.h>

#include "indicator.h"
#include "indicator/picture.h"
#include "indicator/report.h"

enum {
	OPT_COMPARATOR = 1, OPT_AREA, OPT_PERIOD, OPT_SEX, OPT_CATEGORY,
	OPT_NAMES, OPT_TITLE, OPT_SUBTITLE, OPT_SOURCE, OPT_RULES, OPT_REBASE,
	OPT_ADJUSTED, OPT_CHART
};

struct opts {
	struct picture p;
	const char *names;
};

static const struct option_row rows[] = {
	{ OPT_COMPARATOR, 'c', "comparator", "AREA",
	    "the area that others are compared with" },
	{ OPT_AREA, 'a', "area", "AREA", "spc, trend: of this area" },
	{ OPT_PERIOD, 0, "period", "PERIOD",
	    "funnel, league: of this period (default: the last)" },
	{ OPT_SEX, 0, "sex", "CODE", "values of one sex" },
	{ OPT_CATEGORY, 0, "category", "NAME", "values of one category" },
	{ OPT_NAMES, 0, "names", "FILE", "names of areas: area,name" },
	{ OPT_TITLE, 0, "title", "TEXT", "in place of the indicator's" },
	{ OPT_SUBTITLE, 0, "subtitle", "TEXT", "in place of the one made" },
	{ OPT_SOURCE, 0, "source", "TEXT", "where the data are from" },
	{ OPT_RULES, 0, "rules", "NAME",
	    "spc: mdc, mdc-6, mdc-excel, life-qi, shewhart" },
	{ OPT_REBASE, 0, "rebase", "PERIOD",
	    "spc: new limits from this period on" },
	{ OPT_CHART, 0, "chart", "NAME",
	    "spc: xmr, i, c, u, p, uprime, pprime, g, t" },
	{ OPT_ADJUSTED, 0, "adjusted", NULL,
	    "funnel: limits adjusted for over-dispersion" },
	{ TOOL_DELIMITER, 'd', "delimiter", "C",
	    "input's delimiter: a character, or tab" },
	{ TOOL_OUTPUT, 'o', "output", "FILE",
	    "write to FILE, which appears only when complete" },
	TOOL_COMMON_ROWS, { 0, 0, NULL, NULL, NULL }
};

static const struct option_tool report_table = {
	"nib-indicator report", "[OPTION...] ID [FILE]",
	"Write a page about an indicator, or an area, as HTML.", rows,
	"  nib-indicator report -c England ID values.csv > page.html\n"
	"  nib-indicator report -c England -a RXX ID values.csv > rxx.html\n"
	"  nib-indicator report -c England -a RXX all.csv > rxx.html\n"
};

static const struct option_tool chart_table = {
	"nib-indicator chart", "funnel|spc|league|trend|map-table [OPTION...] ID [FILE]",
	"Draw the values of an indicator as SVG.", rows,
	"  nib-indicator chart funnel -c England ID values.csv > funnel.svg\n"
	"  nib-indicator chart spc -a RXX ID values.csv > spc.svg\n"
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	switch (id) {
	case OPT_COMPARATOR:
		o->p.comparator = v;
		return 0;
	case OPT_AREA:
		o->p.area = v;
		return 0;
	case OPT_PERIOD:
		o->p.period = v;
		return 0;
	case OPT_SEX:
		o->p.sex = v;
		return 0;
	case OPT_CATEGORY:
		o->p.category = v;
		return 0;
	case OPT_NAMES:
		o->names = v;
		return 0;
	case OPT_TITLE:
		o->p.title = v;
		return 0;
	case OPT_SUBTITLE:
		o->p.subtitle = v;
		return 0;
	case OPT_SOURCE:
		o->p.source = v;
		return 0;
	case OPT_RULES:
		o->p.rules = v;
		return 0;
	case OPT_REBASE:
		o->p.rebase = v;
		return 0;
	case OPT_CHART:
		o->p.chart = v;
		return 0;
	case OPT_ADJUSTED:
		o->p.adjusted = 1;
		return 0;
	}
	return fault_set(f, "unknown option");
}

static const struct {
	const char *name;
	int (*draw)(const struct picture *, struct buf *, struct fault *);
} kinds[] = {
	{ "funnel", picture_funnel }, { "spc", picture_spc },
	{ "league", picture_league }, { "trend", picture_trend },
	{ "map-table", picture_table },
	{ NULL, NULL },
};

/* Reads the values and hands all to draw. */
static int
draw(struct tool *t, struct opts *o, int (*make)(const struct picture *,
    struct buf *, struct fault *), struct fault *f)
{
	struct indicator_operands with = { 0 };
	struct values *v = NULL;
	struct buf b = { 0 };
	int rc = TROUBLE, all;

	/* A page about an area may be of all indicators. */
	all = make == report_page && o->p.area != NULL;
	if (indicator_definitions(t, all, &with, f) == -1)
		goto out;
	if ((with.ndefinitions != 1 && !all) || t->npaths > 1) {
		(void)fault_set(f, "this takes one indicator and one file of "
		    "values");
		goto out;
	}
	v = values_open(t->npaths == 1 ? t->paths[0] : "-", t->csv.delimiter,
	    f);
	if (v == NULL || (o->names != NULL && values_names(v, o->names,
	    f) == -1) || values_comparator(v, o->p.comparator, f) == -1)
		goto out;
	o->p.values = v;
	if (with.ndefinitions == 1) {
		o->p.definition = with.definitions[0];
		values_keep(v, o->p.definition->id, NULL, NULL, NULL, NULL);
	}
	if ((with.ndefinitions == 1 ? make(&o->p, &b, f) :
	    report_area(&o->p, (const struct definition *const *)
	    with.definitions, with.ndefinitions, &b, f)) == -1)
		goto out;
	if (indicator_write(t, NULL, &b, f) == 0)
		rc = CLEAN;
out:
	values_close(v);
	indicator_operands_free(&with);
	buf_free(&b);
	return rc;
}

int
indicator_chart(int argc, char **argv)
{
	struct fault f = FAULT_NONE;
	struct opts o;
	struct tool t;
	size_t k;
	int rc;

	memset(&o, 0, sizeof o);
	rc = tool_parse(&t, &chart_table, argc, argv, set, &o, &f);
	if (rc != 0)
		return rc == 1 ? CLEAN : tool_end(TROUBLE, &f);
	for (k = 0; t.npaths > 0 && kinds[k].name != NULL; k++)
		if (strcmp(kinds[k].name, t.paths[0]) == 0)
			break;
	if (t.npaths == 0 || kinds[k].name == NULL) {
		(void)fault_set(&f, "name a kind of chart: funnel, spc, "
		    "league, trend or map-table");
		return tool_end(TROUBLE, &f);
	}
	t.paths++;
	t.npaths--;
	rc = draw(&t, &o, kinds[k].draw, &f);
	return tool_end((enum status)rc, &f);
}

int
indicator_report(int argc, char **argv)
{
	struct fault f = FAULT_NONE;
	struct opts o;
	struct tool t;
	int rc;

	memset(&o, 0, sizeof o);
	rc = tool_parse(&t, &report_table, argc, argv, set, &o, &f);
	if (rc != 0)
		return rc == 1 ? CLEAN : tool_end(TROUBLE, &f);
	rc = draw(&t, &o, report_page, &f);
	return tool_end((enum status)rc, &f);
}

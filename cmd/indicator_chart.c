/*
 * nib-indicator chart and report: read values, as rate writes them, and
 * write one picture of them as SVG, or a page about them as HTML. Hold the
 * values in memory, about 500 bytes each.
 */
#include <stdio.h>
#include <string.h>

#include "csv/scan.h"
#include "indicator.h"
#include "indicator/picture.h"
#include "indicator/report.h"

enum {
	OPT_COMPARATOR = 1, OPT_AREA, OPT_PERIOD, OPT_SEX, OPT_CATEGORY,
	OPT_NAMES, OPT_TITLE, OPT_SUBTITLE, OPT_SOURCE, OPT_RULES, OPT_REBASE,
	OPT_ADJUSTED, OPT_CHART
};

typedef int drawing(const struct picture *, struct buf *, struct fault *);

struct opts {
	struct tool tool;
	struct picture p;
	const char *names;
	drawing *draw;
};

static const struct option_row rows[] = {
	{ OPT_COMPARATOR, 'c', "comparator", "AREA",
	    "the area that others are compared with" },
	{ OPT_AREA, 'a', "area", "AREA", "spc, trend: of this area" },
	{ OPT_PERIOD, 0, "period", "PERIOD",
	    "funnel, league: of this period (default: the last)" },
	{ OPT_SEX, 0, "sex", "CODE", "values of one sex" },
	{ OPT_CATEGORY, 0, "category", "NAME", "values of one category" },
	{ OPT_NAMES, 0, "names", "<FILE", "names of areas: area,name" },
	{ OPT_TITLE, 0, "title", "TEXT", "in place of the indicator's" },
	{ OPT_SUBTITLE, 0, "subtitle", "TEXT", "in place of the one made" },
	{ OPT_SOURCE, 0, "source", "TEXT", "where the data are from" },
	{ OPT_RULES, 0, "rules", "NAME",
	    "spc: mdc, mdc-6, mdc-excel, life-qi, shewhart" },
	{ OPT_REBASE, 0, "rebase", "PERIOD,...",
	    "spc: new limits from each of these periods on" },
	{ OPT_CHART, 0, "chart", "NAME",
	    "spc: xmr, i, c, u, p, uprime, pprime, g, t" },
	{ OPT_ADJUSTED, 0, "adjusted", NULL,
	    "funnel: limits adjusted for over-dispersion" },
	{ TOOL_DELIMITER, 'd', "delimiter", "C",
	    "input's delimiter: a character, or tab" },
	{ TOOL_OUTPUT, 'o', "output", ">FILE",
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
	"nib-indicator chart",
	"funnel|spc|league|trend|map-table [OPTION...] ID [FILE]",
	"Draw the values of an indicator as SVG.", rows,
	"  nib-indicator chart funnel -c England ID values.csv > funnel.svg\n"
	"  nib-indicator chart spc -a RXX ID values.csv > spc.svg\n"
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;
	size_t n = v != NULL ? strlen(v) : 0;

	if (n > 0 && csv_utf8_bad((const unsigned char *)v, n) < n)
		return fault_set(f, "an option's text must be UTF-8");
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
	drawing *draw;
} kinds[] = {
	{ "funnel", picture_funnel }, { "spc", picture_spc },
	{ "league", picture_league }, { "trend", picture_trend },
	{ "map-table", picture_table },
	{ NULL, NULL },
};

/* Reads the values and draws them. */
static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct tool *t = &o->tool;
	struct indicator_operands with = { 0 };
	struct values *v = NULL;
	struct buf b = { 0 };
	enum status rc = TROUBLE;
	int all;

	/* A page about an area may be of all indicators. */
	all = o->draw == report_page && o->p.area != NULL;
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
	if ((with.ndefinitions == 1 ? o->draw(&o->p, &b, f) :
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

/* The first operand of chart is its kind. */
static int
check_kind(void *options, struct fault *f)
{
	struct opts *o = options;
	size_t k;

	for (k = 0; o->tool.npaths > 0 && kinds[k].name != NULL; k++)
		if (strcmp(kinds[k].name, o->tool.paths[0]) == 0)
			break;
	if (o->tool.npaths == 0 || kinds[k].name == NULL)
		return fault_set(f, "name a kind of chart: funnel, spc, "
		    "league, trend or map-table");
	o->draw = kinds[k].draw;
	o->tool.paths++;
	o->tool.npaths--;
	return 0;
}

static const struct tool_calls chart = { &chart_table, set, check_kind, run };
static const struct tool_calls report = { &report_table, set, NULL, run };

int
indicator_chart(int argc, char **argv)
{
	struct opts o = { .names = NULL };

	return tool_main(&chart, &o.tool, &o, argc, argv);
}

int
indicator_report(int argc, char **argv)
{
	struct opts o = { .draw = report_page };

	return tool_main(&report, &o.tool, &o, argc, argv);
}

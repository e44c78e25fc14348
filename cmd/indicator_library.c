/*
 * nib-indicator list, show and check: read definitions from share/, write
 * them as CSV, text, JSON or HTML. Hold all definitions in memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "csv/writer.h"
#include "indicator.h"
#include "indicator/describe.h"
#include "indicator/report.h"

enum { OPT_FORMAT = 1, OPT_SET, OPT_ON };

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_HTML };

struct opts {
	struct tool tool;
	enum format format;
	const char *set, *on;
};

/* Without --provenance: what is read is the library itself. */
#define OUTPUT_ROW                                                       \
	{ TOOL_OUTPUT, 'o', "output", ">FILE",                           \
	    "write to FILE, which appears only when complete" }
#define OUTPUT_ROWS                                                      \
	OUTPUT_ROW,                                                      \
	{ TOOL_NO_HEADER, 0, "no-header", NULL,                          \
	    "leave out the header line" }

static const struct option_row list_rows[] = {
	{ OPT_SET, 0, "set", "NAME", "only those of a set" },
	OUTPUT_ROWS, TOOL_COMMON_ROWS, { 0, 0, NULL, NULL, NULL }
};
static const struct option_row show_rows[] = {
	{ OPT_FORMAT, 0, "format", "NAME", "text (default), json or html" },
	OUTPUT_ROW, TOOL_COMMON_ROWS, { 0, 0, NULL, NULL, NULL }
};
static const struct option_row check_rows[] = {
	{ OPT_ON, 0, "on", "DATE",
	    "also name those whose review is overdue at a date" },
	OUTPUT_ROWS, TOOL_COMMON_ROWS, { 0, 0, NULL, NULL, NULL }
};

static const struct option_tool list_table = {
	"nib-indicator list", "[OPTION...]",
	"List the indicators of the library as CSV.", list_rows,
	"  nib-indicator list --set mortality\n"
};
static const struct option_tool show_table = {
	"nib-indicator show", "[OPTION...] ID",
	"Show one definition whole.", show_rows,
	"  nib-indicator show hes_ae_four_hours\n"
	"  nib-indicator show --format html -o page.html hes_ae_four_hours\n"
};
static const struct option_tool check_table = {
	"nib-indicator check", "[OPTION...] [ID...]",
	"Check definitions: form, dataset, fields, expressions, reviews.",
	check_rows,
	"  nib-indicator check --on 2027-04-01\n"
	"  nib-indicator check ./my_indicator.json\n"
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;
	int32_t days;

	switch (id) {
	case OPT_FORMAT:
		if (strcmp(v, "text") == 0)
			o->format = FORMAT_TEXT;
		else if (strcmp(v, "json") == 0)
			o->format = FORMAT_JSON;
		else if (strcmp(v, "html") == 0)
			o->format = FORMAT_HTML;
		else
			return fault_set(f, "--format knows text, json and "
			    "html");
		return 0;
	case OPT_SET:
		o->set = v;
		return 0;
	case OPT_ON:
		if (date_parse(v, strlen(v), &days) == -1)
			return fault_set(f, "--on needs a date (YYYY-MM-DD)");
		o->on = v;
		return 0;
	}
	return fault_set(f, "unknown option");
}

static void
list_row(struct buf *b, const struct definition *d)
{
	const char *cells[] = { d->id, d->title, d->words.set != NULL ?
	    d->words.set : "", d->status, d->version, d->dataset,
	    definition_method_code(d->method), d->unit, d->review != NULL ?
	    d->review : "" };
	size_t i;

	for (i = 0; i < sizeof cells / sizeof *cells; i++) {
		if (i > 0)
			buf_putc(b, ',');
		csv_put_string(b, cells[i]);
	}
	buf_putc(b, '\n');
}

/* A set that no definition is of is a word mistyped. */
static int
set_is_there(const char *set, struct definition *const *d, size_t n,
    struct fault *f)
{
	const char **sets = mem_array(NULL, n + 1, sizeof *sets);
	char hint[NEAREST_HINT];
	size_t i, k = 0;
	int found = 0;

	for (i = 0; i < n; i++)
		if (d[i]->words.set != NULL) {
			found |= strcmp(d[i]->words.set, set) == 0;
			sets[k++] = d[i]->words.set;
		}
	if (!found)
		(void)fault_set(f, "no indicator is of the set %.60s%s", set,
		    nearest_hint(set, sets, k, hint));
	free(sets);
	return found ? 0 : -1;
}

static enum status
list(void *options, struct fault *f)
{
	const struct opts *o = options;
	struct definition **d = NULL;
	struct buf b = { 0 };
	enum status rc = TROUBLE;
	size_t i, n = 0;

	if (o->tool.npaths > 0) {
		(void)fault_set(f, "list takes no operand; show has one "
		    "definition whole");
		goto out;
	}
	if ((d = definition_open_all(&n, f)) == NULL)
		goto out;
	if (o->set != NULL && set_is_there(o->set, d, n, f) == -1)
		goto out;
	if (!o->tool.no_header)
		buf_puts(&b, "id,title,set,status,version,dataset,method,"
		    "unit,review\n");
	for (i = 0; i < n; i++)
		if (o->set == NULL || (d[i]->words.set != NULL &&
		    strcmp(d[i]->words.set, o->set) == 0))
			list_row(&b, d[i]);
	if (indicator_write(&o->tool, NULL, &b, f) == 0)
		rc = CLEAN;
out:
	definition_close_all(d, n);
	buf_free(&b);
	return rc;
}

static enum status
show(void *options, struct fault *f)
{
	struct opts *o = options;
	struct indicator_operands with = { 0 };
	const struct definition *d;
	struct buf b = { 0 };
	enum status rc = TROUBLE;

	if (indicator_definitions(&o->tool, 0, &with, f) == -1)
		goto out;
	if (with.ndefinitions != 1 || o->tool.npaths > 0) {
		(void)fault_set(f, "show takes one indicator");
		goto out;
	}
	d = with.definitions[0];
	if (o->format == FORMAT_JSON)
		buf_put(&b, d->text, d->text_size);
	else if (o->format == FORMAT_HTML)
		report_definition(d, &b);
	else
		describe_text(d, &b);
	if (indicator_write(&o->tool, NULL, &b, f) == 0)
		rc = CLEAN;
out:
	indicator_operands_free(&with);
	buf_free(&b);
	return rc;
}

/* One row of findings. */
static void
finding(struct buf *b, const char *id, const char *path,
    const struct fault *f, const char *what)
{
	csv_put_string(b, id);
	buf_putc(b, ',');
	csv_put_string(b, path);
	buf_putc(b, ',');
	if (f != NULL && f->line > 0)
		buf_put_u64(b, f->line);
	buf_putc(b, ',');
	csv_put_string(b, f != NULL ? f->what : what);
	buf_putc(b, '\n');
}

/* Findings of one definition; 0 when there are none. */
static int
check_one(const char *name, const struct opts *o, struct buf *b)
{
	struct fault f = FAULT_NONE;
	struct definition *d = definition_open(name, &f);
	int found = 0;

	if (d == NULL || definition_check(d, &f) == -1) {
		finding(b, d != NULL ? d->id : name, f.file, &f, NULL);
		found = 1;
	}
	if (d != NULL && o->on != NULL && d->review != NULL &&
	    strcmp(d->review, o->on) < 0) {
		finding(b, d->id, d->path, NULL, "its review is overdue");
		found = 1;
	}
	definition_close(d);
	return found;
}

static enum status
check(void *options, struct fault *f)
{
	const struct opts *o = options;
	struct buf b = { 0 };
	char **names = NULL;
	size_t i, n = 0;
	int found = 0, written = -1;

	if (!o->tool.no_header)
		buf_puts(&b, "indicator,file,line,finding\n");
	for (i = 0; i < o->tool.npaths; i++)
		found |= check_one(o->tool.paths[i], o, &b);
	/* Nothing found in nothing is not well. */
	if (o->tool.npaths == 0 && (names = definition_names(&n, f)) == NULL)
		goto out;
	for (i = 0; i < n; i++) {
		found |= check_one(names[i], o, &b);
		free(names[i]);
	}
	free(names);
	written = indicator_write(&o->tool, NULL, &b, f);
out:
	buf_free(&b);
	return written == -1 ? TROUBLE : found ? FINDINGS : CLEAN;
}

static int
library(const struct option_tool *table, enum status (*run)(void *,
    struct fault *), int argc, char **argv)
{
	const struct tool_calls calls = { table, set, NULL, run };
	struct opts o = { .set = NULL };

	return tool_main(&calls, &o.tool, &o, argc, argv);
}

int
indicator_list(int argc, char **argv)
{
	return library(&list_table, list, argc, argv);
}

int
indicator_show(int argc, char **argv)
{
	return library(&show_table, show, argc, argv);
}

int
indicator_check(int argc, char **argv)
{
	return library(&check_table, check, argc, argv);
}

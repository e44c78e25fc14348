/*
 * nib-indicator: the library of indicators as files, and what is computed
 * by them: counts of records, values with intervals, comparisons, charts
 * and pages. Each part reads, writes and holds in memory what its own file
 * says.
 */
#include "indicator.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct tool_part parts[] = {
	{ "list", indicator_list, "the indicators of the library" },
	{ "show", indicator_show, "one definition whole" },
	{ "check", indicator_check,
	    "are definitions valid, are reviews overdue" },
	{ "count", indicator_count,
	    "records to counts, many indicators in one pass" },
	{ "rate", indicator_rate, "counts to values with intervals" },
	{ "compare", indicator_compare,
	    "values against a comparator, target and the past" },
	{ "chart", indicator_chart, "values to a picture" },
	{ "report", indicator_report, "values to a page for citizens" },
	{ "reproduce", indicator_reproduce,
	    "run a provenance file again and compare" },
	{ NULL, NULL, NULL },
};

static const struct tool_parts tool = {
	"nib-indicator", "[OPTION...] [ID...] [FILE...]",
	"Compute indicators from their definitions.",
	parts,
	"  nib-indicator list\n"
	"  nib-indicator count hes_ae_four_hours ae.csv > counts.csv\n"
	"  nib-indicator rate --total England counts.csv\n",
};

int
indicator_definitions(struct tool *t, int all_ok,
    struct indicator_operands *o, struct fault *f)
{
	size_t i, k, n, len;

	for (n = 0; n < t->npaths; n++) {
		len = strlen(t->paths[n]);
		if (len > 5 && strcmp(t->paths[n] + len - 5, ".json") == 0)
			continue;
		if (strpbrk(t->paths[n], "./") != NULL ||
		    strcmp(t->paths[n], "-") == 0)
			break;
	}
	if (n == 0) {
		if (!all_ok)
			return fault_set(f, "name an indicator; "
			    "nib-indicator list has them");
		o->definitions = definition_open_all(&o->ndefinitions, f);
		return o->definitions != NULL ? 0 : -1;
	}
	o->definitions = mem_zero(n, sizeof *o->definitions);
	for (i = 0; i < n; i++) {
		o->definitions[i] = definition_open(t->paths[i], f);
		if (o->definitions[i] == NULL)
			return -1;
		o->ndefinitions++;
		for (k = 0; k < i; k++)
			if (strcmp(o->definitions[k]->id,
			    o->definitions[i]->id) == 0)
				return fault_set(f, "indicator %s is asked for "
				    "twice", o->definitions[i]->id);
	}
	t->paths += n;
	t->npaths -= n;
	return 0;
}

void
indicator_operands_free(struct indicator_operands *o)
{
	csv_close(o->in);
	audit_close(&o->audit);
	definition_close_all(o->definitions, o->ndefinitions);
}

int
indicator_input(struct tool *t, struct indicator_operands *o,
    const struct spec *spec, struct fault *f)
{
	if (audit_begin(&o->audit, t, spec, f) == -1)
		return -1;
	o->in = tool_input(t, f);
	return o->in != NULL ? 0 : -1;
}

void
indicator_account(struct indicator_operands *o, const char *used)
{
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < o->ndefinitions && o->audit.account != NULL; i++)
		if (used == NULL || used[i])
			buf_printf(&text, "%s%s %s %s", text.n > 0 ? "; " : "",
			    o->definitions[i]->id, o->definitions[i]->version,
			    o->definitions[i]->digest);
	provenance_text(o->audit.account, "indicators", buf_string(&text));
	buf_free(&text);
}

int
indicator_write(const struct tool *t, struct indicator_operands *o,
    const struct buf *b, struct fault *f)
{
	return o == NULL ? outfile_whole(t->output, b, f) :
	    audit_write(&o->audit, t->output, b, f);
}

int
main(int argc, char **argv)
{
	return tool_parts(&tool, argc, argv);
}

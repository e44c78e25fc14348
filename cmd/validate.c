/*
 * nib-validate: hold records against a dataset specification. Reads CSV,
 * writes the good records to standard output, the bad ones and what is wrong
 * with them to files, and holds in memory a block per worker, 24 to 48
 * bytes for each value of a key, and what rules over groups and over other
 * tables read (spec/wide.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/writer.h"
#include "flow/flow.h"
#include "ledger/provenance.h"
#include "spec/checker.h"
#include "spec/dialect.h"
#include "spec/draft.h"
#include "tool.h"
#include "validate_quality.h"

enum { SPEC = 1, ERRORS, REJECTS, CHECK, NO_UNIQUE, FORMAT, SHOW_VALUES,
	NO_GROUPS, FAIL_ON, MAX_ERROR_RATE, REFERENCE, CHECK_SPEC,
	EXPLAIN, INIT, DIALECT, ENCODING,
	QUALITY, DQMI, HTML, PARTIAL, MERGE, BASELINE, CHANGES, JUDGE, THRESHOLDS,
	TIMELY, EXPECTED };

enum fail_on { ON_ERROR, ON_WARNING, NEVER };

struct reference {
	char *name, *path, *spec; /* spec NULL: none */
	struct spec *open;
};

struct opts {
	struct tool t;
	const char *spec, *errors, *rejects, *dialect, *encoding;
	const char *explain, *init;
	int check, no_unique, no_groups, show_values, check_spec;
	enum findings_format format;
	enum fail_on fail_on;
	double max_error_rate; /* -1: none */
	size_t nreferences;
	struct reference *references;
	struct quality_opts quality;
};

static const struct option_row rows[] = {
	{ SPEC, 's', "spec", "SPEC",
	    "the dataset specification: a name or a file" },
	{ ERRORS, 0, "errors", "FILE",
	    "write each finding to FILE: row, col, field, type, ..." },
	{ REJECTS, 0, "rejects", "FILE",
	    "write the records with errors to FILE" },
	{ CHECK, 0, "check", NULL, "no records on standard output" },
	{ REFERENCE, 0, "reference", "NAME=FILE[:SPEC]",
	    "the table that keys and rules call NAME" },
	{ NO_UNIQUE, 0, "no-unique", NULL,
	    "leave out the keys, and the memory they take" },
	{ NO_GROUPS, 0, "no-groups", NULL,
	    "leave out rules over groups, and the memory they take" },
	{ DIALECT, 0, "dialect", "FILE",
	    "the input's form: a Table Dialect file" },
	{ ENCODING, 0, "encoding", "NAME",
	    "the input's encoding (default utf-8)" },
	{ FAIL_ON, 0, "fail-on", "WHAT",
	    "status 1 for: error (default), warning or never" },
	{ MAX_ERROR_RATE, 0, "max-error-rate", "R",
	    "status 1 only if more than this share of records is bad" },
	{ FORMAT, 0, "format", "csv|json",
	    "of --errors: CSV, or one JSON object a line" },
	{ SHOW_VALUES, 0, "show-values", NULL,
	    "add the cell to each finding: it may name a person" },
	{ QUALITY, 0, "quality", "FILE",
	    "write measures of quality, with their counts" },
	{ DQMI, 0, "dqmi", "FILE", "write the Data Quality Maturity Index" },
	{ HTML, 0, "quality-html", "FILE",
	    "write a page: fields by providers" },
	{ TIMELY, 0, "timely-days", "N",
	    "timely is within N days of the event's end (default 30)" },
	{ EXPECTED, 0, "expected-periods", "N",
	    "months that should be there (default: first to last)" },
	{ BASELINE, 0, "baseline", "FILE",
	    "compare with the measures of an earlier run" },
	{ CHANGES, 0, "changes", "FILE", "where --baseline says what changed" },
	{ PARTIAL, 0, "partial", NULL,
	    "--quality of a part, to be merged" },
	{ MERGE, 0, "merge", NULL, "the files are those of --quality" },
	{ JUDGE, 0, "judge", "FILE",
	    "hold the measures of a file against --thresholds" },
	{ THRESHOLDS, 0, "thresholds", "FILE", "kind, id, measure, minimum" },
	{ CHECK_SPEC, 0, "check-spec", NULL,
	    "check the specification alone, read no records" },
	{ EXPLAIN, 0, "explain", "FIELD",
	    "say what is checked of a field, read no records" },
	{ INIT, 0, "init", "FILE",
	    "write a draft specification from a sample of records" },
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-validate", "-s SPEC [OPTION...] [FILE...]",
	"Check records against a dataset specification; pass the good ones on.",
	rows,
	"  nib-validate -s admitted_episode extract.csv > good.csv\n"
	"  nib-validate -s admitted_episode --check --errors found.csv a.csv\n"
	"  nib-validate -s diagnosis --reference "
	"admitted_episode=episodes.csv d.csv\n"
	"  nib-validate --check-spec -s my_dataset.json\n",
};

static int
add_reference(struct opts *o, const char *v, struct fault *f)
{
	const char *eq = strchr(v, '='), *colon;
	struct reference *r;

	if (eq == NULL || eq == v || eq[1] == '\0')
		return fault_set(f, "--reference needs NAME=FILE or "
		    "NAME=FILE:SPEC");
	colon = strrchr(eq + 1, ':');
	o->references = mem_array(o->references, o->nreferences + 1,
	    sizeof *o->references);
	r = &o->references[o->nreferences++];
	r->name = mem_strndup(v, (size_t)(eq - v));
	r->path = colon != NULL ? mem_strndup(eq + 1,
	    (size_t)(colon - eq - 1)) : mem_strdup(eq + 1);
	r->spec = colon != NULL ? mem_strdup(colon + 1) : NULL;
	r->open = NULL;
	return 0;
}

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;
	int64_t n;

	switch (id) {
	case SPEC:
		o->spec = v;
		return 0;
	case ERRORS:
		o->errors = v;
		return 0;
	case REJECTS:
		o->rejects = v;
		return 0;
	case CHECK:
		o->check = 1;
		return 0;
	case NO_UNIQUE:
		o->no_unique = 1;
		return 0;
	case NO_GROUPS:
		o->no_groups = 1;
		return 0;
	case SHOW_VALUES:
		o->show_values = 1;
		return 0;
	case CHECK_SPEC:
		o->check_spec = 1;
		return 0;
	case EXPLAIN:
		o->explain = v;
		return 0;
	case INIT:
		o->init = v;
		return 0;
	case DIALECT:
		o->dialect = v;
		return 0;
	case ENCODING:
		o->encoding = v;
		return 0;
	case QUALITY:
		o->quality.quality = v;
		return 0;
	case DQMI:
		o->quality.dqmi = v;
		return 0;
	case HTML:
		o->quality.html = v;
		return 0;
	case PARTIAL:
		o->quality.partial = 1;
		return 0;
	case MERGE:
		o->quality.merge = 1;
		return 0;
	case BASELINE:
		o->quality.baseline = v;
		return 0;
	case CHANGES:
		o->quality.changes = v;
		return 0;
	case JUDGE:
		o->quality.judge = v;
		return 0;
	case THRESHOLDS:
		o->quality.thresholds = v;
		return 0;
	case TIMELY:
		if (num_in_range(v, 1, 1000, &n) == -1)
			return fault_set(f, "--timely-days needs a number "
			    "from 1 to 1000");
		o->quality.within = (unsigned)n;
		return 0;
	case EXPECTED:
		if (num_in_range(v, 1, 10000, &n) == -1)
			return fault_set(f, "--expected-periods needs a "
			    "number from 1 to 10000");
		o->quality.expected = (unsigned)n;
		return 0;
	case REFERENCE:
		return add_reference(o, v, f);
	case FORMAT:
		if (strcmp(v, "csv") != 0 && strcmp(v, "json") != 0)
			return fault_set(f, "--format is csv or json");
		o->format = v[0] == 'j' ? FINDINGS_JSON : FINDINGS_CSV;
		return 0;
	case FAIL_ON:
		if (strcmp(v, "error") == 0)
			o->fail_on = ON_ERROR;
		else if (strcmp(v, "warning") == 0)
			o->fail_on = ON_WARNING;
		else if (strcmp(v, "never") == 0)
			o->fail_on = NEVER;
		else
			return fault_set(f, "--fail-on is error, warning or "
			    "never");
		return 0;
	default:
		if (num_double(v, strlen(v), &o->max_error_rate) == -1 ||
		    o->max_error_rate < 0 || o->max_error_rate > 1)
			return fault_set(f, "--max-error-rate needs a number "
			    "from 0 to 1");
		return 0;
	}
}

static int
check_options(const struct opts *o, struct fault *f)
{
	if (quality_check_options(&o->quality, &o->t, o->spec != NULL, f) == -1)
		return -1;
	if (o->init != NULL && (o->spec != NULL || o->t.npaths > 0))
		return fault_set(f, "--init takes its sample and no other "
		    "file, nor a specification");
	if (o->init != NULL)
		return 0;
	if (o->explain != NULL && o->t.npaths > 0)
		return fault_set(f, "--explain reads no records: give no "
		    "file");
	if (o->spec == NULL && (o->quality.merge || o->quality.judge != NULL))
		return 0;
	if (o->spec == NULL)
		return fault_set(f, "which specification? Give -s SPEC");
	if (o->check && (o->t.output != NULL || o->t.no_header))
		return fault_set(f, "--check writes no records: it goes with "
		    "neither --output nor --no-header");
	if (o->check_spec && o->t.npaths > 0)
		return fault_set(f, "--check-spec reads no records: give no "
		    "file");
	if (o->dialect != NULL && (o->t.csv.delimiter != ',' ||
	    o->t.csv.columns != NULL))
		return fault_set(f, "--dialect says what --delimiter and "
		    "--columns do: give one of them");
	if (o->show_values && o->errors == NULL)
		return fault_set(f, "--show-values goes with --errors");
	return 0;
}

/* Without a header the columns are the fields, by position. */
static char *
all_fields(const struct spec *s)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < s->nfields; i++) {
		if (i > 0)
			buf_putc(&b, ',');
		buf_puts(&b, s->fields[i].name);
	}
	return buf_string(&b) != NULL ? b.p : NULL;
}

/* A reference, read once for keys and once for rules, if they want it. */
static int
read_reference(const struct reference *r, struct checker *c, int for_rules,
    struct fault *f)
{
	struct csv_options csv = { .delimiter = ',' };
	const char *path = r->path;
	struct csv_reader *in = csv_open(&path, 1, &csv, f);
	int rc = -1;

	if (in != NULL)
		rc = for_rules ?
		    checker_rule_reference(c, r->name, in, r->open, f) :
		    checker_reference(c, r->name, in, r->open, f);
	if (rc == -1)
		fault_place(f, path, 0, 0, 0, NULL);
	csv_close(in);
	return rc;
}

/* What refers to other tables is read first. */
static int
read_references(struct opts *o, struct checker *c, struct fault *f)
{
	struct reference *r = o->references;
	size_t i;

	for (i = 0; i < o->nreferences; i++, r++) {
		int keys = checker_keys_want(c, r->name);
		int rules = checker_rules_want(c, r->name);
		struct fault none = FAULT_NONE;

		if (!keys && !rules)
			return fault_set(f, "no foreign key refers to "
			    "%.90s, and no rule does", r->name);
		if (r->spec != NULL &&
		    (r->open = spec_open(r->spec, f)) == NULL)
			return -1;
		/* Rules need types: those of the dataset of this name. */
		if (r->spec == NULL && rules)
			r->open = spec_open(r->name, &none);
		if ((keys && read_reference(r, c, 0, f) == -1) ||
		    (rules && read_reference(r, c, 1, f) == -1))
			return -1;
	}
	return checker_ready(c, f);
}

static int
read_self(const struct opts *o, const struct spec *spec, struct checker *c,
    struct fault *f)
{
	struct csv_reader *in;
	struct csv_options csv = o->t.csv;
	size_t i;
	int rc;

	if (!checker_refers_to_self(c))
		return 0;
	for (i = 0; i < o->t.npaths; i++)
		if (strcmp(o->t.paths[i], "-") == 0)
			break;
	if (o->t.npaths == 0 || i < o->t.npaths)
		return fault_set(f, "this table refers to itself, so the "
		    "input is read twice: give a file, not standard input");
	csv.keep_ragged = 1;
	if ((in = csv_open(o->t.paths, o->t.npaths, &csv, f)) == NULL)
		return -1;
	rc = checker_reference(c, "", in, spec, f);
	csv_close(in);
	return rc;
}

static void
summary(const struct checker *c, const struct checker_result *r, size_t files)
{
	uint32_t commonest[10];
	size_t n, i;
	struct buf b = { 0 };

	if (r->errors + r->warnings == 0)
		return;
	msg_note("%llu record%s%s: %llu with errors, %llu with warnings only; "
	    "%llu errors, %llu warnings", (unsigned long long)r->records,
	    r->records == 1 ? "" : "s", files > 1 ? " of all files" : "",
	    (unsigned long long)r->bad, (unsigned long long)r->warned,
	    (unsigned long long)r->errors, (unsigned long long)r->warnings);
	n = findings_commonest(checker_findings(c), r->tally, 10, commonest);
	for (i = 0; i < n && i < 10; i++) {
		buf_clear(&b);
		findings_put_summary(checker_findings(c), commonest[i],
		    r->tally, &b);
		msg_note("%s", buf_string(&b));
	}
	if (n > 10)
		msg_note("and %zu other kinds of finding", n - 10);
	if (r->late > 0)
		msg_note("%llu record%s broke a rule over groups with an "
		    "error, which was found at the end: passed on",
		    (unsigned long long)r->late, r->late == 1 ? "" : "s");
	buf_free(&b);
}

static void
tell(struct provenance *p, const struct spec *spec, const struct checker *c,
    const struct checker_result *r)
{
	uint64_t out = checker_header_findings(c) > 0 ? 0 :
	    r->records - r->bad;

	provenance_spec(p, spec);
	provenance_count(p, "records_in", r->records);
	provenance_count(p, "records_out", out);
	provenance_count(p, "records_with_errors", r->bad);
	provenance_count(p, "records_with_warnings_only", r->warned);
	provenance_count(p, "errors", r->errors);
	provenance_count(p, "warnings", r->warnings);
}

static enum status
judge(const struct opts *o, const struct checker_result *r)
{
	uint64_t n = r->counted_errors +
	    (o->fail_on == ON_WARNING ? r->counted_warnings : 0);

	if (o->fail_on == NEVER || n == 0)
		return CLEAN;
	if (o->max_error_rate >= 0) {
		uint64_t bad = r->bad + r->late +
		    (o->fail_on == ON_WARNING ? r->warned : 0);

		if ((double)bad <= o->max_error_rate * (double)r->records)
			return CLEAN;
	}
	return FINDINGS;
}

/* Findings so far are worth having even where the input breaks off. */
static void
break_off(const struct opts *o, struct outfile *errors,
    const struct fault *why, int first_line)
{
	struct findings *list = findings_new(o->format, o->show_values,
	    o->t.npaths > 1);
	struct buf b = { 0 };
	struct fault none = FAULT_NONE;

	if (first_line)
		findings_put_header(list, &b);
	findings_put_fault(list, why, o->t.csv.columns == NULL, &b);
	if (outfile_write(errors, b.p, b.n, &none) == 0)
		(void)outfile_commit(errors, &none);
	if (none.set)
		msg_fault(&none);
	buf_free(&b);
	findings_free(list);
}

/* The header of each output, once everything that can be is checked. */
static int
begin(const struct opts *o, const struct checker *c,
    const struct csv_header *h, struct outfile *good, struct outfile *rejects,
    struct outfile *errors, struct fault *f)
{
	struct buf b = { 0 };
	size_t found = checker_header_findings(c);
	int rc = 0;

	checker_begin(c, &b);
	if (found > 0)
		msg_note("the header has %zu finding%s: no record is passed "
		    "on", found, found == 1 ? "" : "s");
	if (errors != NULL)
		rc = outfile_write(errors, b.p, b.n, f);
	buf_clear(&b);
	csv_put_header(&b, h->names, h->n);
	if (rc == 0 && rejects != NULL)
		rc = outfile_write(rejects, b.p, b.n, f);
	if (rc == 0 && good != NULL && found == 0 && !o->t.no_header)
		rc = outfile_write(good, b.p, b.n, f);
	buf_free(&b);
	return rc;
}

static int
is_utf8(const char *name)
{
	return strcmp(name, "utf-8") == 0 || strcmp(name, "UTF-8") == 0 ||
	    strcmp(name, "utf8") == 0;
}

/* To standard output or --output, whole. */
static int
put_text(const struct opts *o, const struct buf *b, struct fault *f)
{
	struct outfile *to = outfile_open(o->t.output, f);
	int rc = -1;

	if (to != NULL && outfile_write(to, b->p, b->n, f) == 0)
		rc = outfile_commit(to, f);
	outfile_close(to);
	return rc;
}

static enum status
explain(const struct opts *o, const struct spec *s, struct fault *f)
{
	long field = spec_field_index(s, o->explain);
	struct buf b = { 0 };
	int rc;

	if (field < 0) {
		(void)fault_set(f, "%s has no field %.90s", s->name,
		    o->explain);
		return TROUBLE;
	}
	draft_explain(s, (size_t)field, &b);
	rc = put_text(o, &b, f);
	buf_free(&b);
	return rc == 0 ? CLEAN : TROUBLE;
}

/* A draft is named after its sample: "a/episodes.csv.gz" is episodes. */
static enum status
init(const struct opts *o, struct fault *f)
{
	struct csv_reader *in = csv_open(&o->init, 1, &o->t.csv, f);
	const char *slash = strrchr(o->init, '/');
	const char *base = slash != NULL ? slash + 1 : o->init;
	char *name = mem_strndup(base, strcspn(base, "."));
	struct buf b = { 0 };
	enum status rc = TROUBLE;

	if (in != NULL && draft_new(in, name[0] != '\0' ? name : "draft", &b,
	    f) == 0 && put_text(o, &b, f) == 0)
		rc = CLEAN;
	buf_free(&b);
	free(name);
	csv_close(in);
	return rc;
}

static enum status
run(struct opts *o, struct fault *f)
{
	struct spec *spec = NULL;
	struct dialect *dialect = NULL;
	struct csv_decode decode = { .encoding = NULL };
	struct csv_reader *in = NULL;
	struct checker *c = NULL;
	struct outfile *good = NULL, *errors = NULL, *rejects = NULL;
	struct outfile *outs[3];
	struct checker_options co = { .no_unique = o->no_unique,
		.no_groups = o->no_groups,
		.show_values = o->show_values, .format = o->format,
		.files = o->t.npaths > 1, .good = -1, .errors = -1,
		.rejects = -1, .measure = quality_wanted(&o->quality) };
	struct flow flow = { .jobs = o->t.jobs,
		.state_new = checker_state_new,
		.state_free = checker_state_free,
		.state_merge = checker_merge, .map = checker_map,
		.in_order = checker_in_order, .outs = outs,
		.progress = o->t.quiet ? NULL : table.name };
	struct checker_result result;
	struct provenance *account = NULL;
	struct quality *quality = NULL;
	enum status rc = TROUBLE;
	void *state = NULL;
	char *unchecked = NULL, *columns = NULL;

	if ((spec = spec_open(o->spec, f)) == NULL || spec_check(spec, f) == -1)
		goto out;
	if (o->explain != NULL) {
		rc = explain(o, spec, f);
		goto out;
	}
	if (o->check_spec) {
		rc = CLEAN;
		goto out;
	}
	if (o->errors != NULL &&
	    (errors = outfile_open(o->errors, f)) == NULL)
		goto out;
	account = provenance_start(o->t.provenance, table.name, o->t.argc,
	    o->t.argv, o->t.paths, o->t.npaths, f);
	if (f->set)
		goto out;
	provenance_input(account, &o->t.csv);
	if (errors != NULL)
		provenance_output(account, "errors", errors);
	if (o->dialect != NULL) {
		if ((dialect = dialect_open(o->dialect, f)) == NULL)
			goto out;
		decode = dialect->decode;
		o->t.csv.delimiter = dialect->delimiter;
		if (!dialect->header)
			o->t.csv.columns = columns = all_fields(spec);
	}
	if (o->encoding != NULL && !is_utf8(o->encoding))
		decode.encoding = o->encoding;
	if (decode.rewrite || decode.encoding != NULL)
		o->t.csv.decode = &decode;
	co.no_header = o->t.csv.columns != NULL;
	o->t.csv.keep_ragged = o->t.csv.any_header = 1;
	if ((in = tool_input(&o->t, f)) == NULL) {
		if (errors != NULL)
			break_off(o, errors, f, 1);
		goto out;
	}
	if (errors != NULL)
		outs[co.errors = (int)flow.nouts++] = errors;
	if (!o->check) {
		if ((good = outfile_open(o->t.output, f)) == NULL)
			goto out;
		provenance_output(account, "records", good);
		outs[co.good = (int)flow.nouts++] = good;
	}
	if (o->rejects != NULL) {
		if ((rejects = outfile_open(o->rejects, f)) == NULL)
			goto out;
		provenance_output(account, "rejects", rejects);
		outs[co.rejects = (int)flow.nouts++] = rejects;
	}
	if ((c = checker_new(spec, csv_header(in), &co, f)) == NULL ||
	    read_references(o, c, f) == -1 ||
	    read_self(o, spec, c, f) == -1)
		goto out;
	if ((unchecked = checker_unchecked(c)) != NULL)
		msg_note("not checked: %s", unchecked);
	if (begin(o, c, csv_header(in), good, rejects, errors, f) == -1)
		goto out;
	flow.in = in;
	flow.arg = c;
	if (flow_run(&flow, &state, f) == -1) {
		if (errors != NULL)
			break_off(o, errors, f, 0);
		goto out;
	}
	if (checker_finish(c, state, o->t.npaths > 0 ? o->t.paths : NULL,
	    errors, f) == -1)
		goto out;
	if ((good != NULL && outfile_commit(good, f) == -1) ||
	    (rejects != NULL && outfile_commit(rejects, f) == -1) ||
	    (errors != NULL && outfile_commit(errors, f) == -1))
		goto out;
	if (co.measure) {
		quality = quality_new();
		checker_quality(state, quality);
		if (quality_write(&o->quality, quality, f) == -1)
			goto out;
	}
	result = checker_sum(c, state);
	tell(account, spec, c, &result);
	if (provenance_finish(account, f) == -1)
		goto out;
	summary(c, &result, o->t.npaths);
	rc = judge(o, &result);
out:
	free(unchecked);
	free(columns);
	checker_state_free(state);
	outfile_close(good);
	outfile_close(errors);
	outfile_close(rejects);
	provenance_close(account);
	quality_free(quality);
	checker_free(c);
	csv_close(in);
	dialect_close(dialect);
	spec_close(spec);
	return rc;
}

int
main(int argc, char **argv)
{
	struct opts o = { .max_error_rate = -1, .quality.within = 30 };
	struct fault f = FAULT_NONE;
	enum status rc = TROUBLE;
	size_t i;

	switch (tool_parse(&o.t, &table, argc, argv, set, &o, &f)) {
	case 0:
		if (check_options(&o, &f) == 0)
			rc = o.init != NULL ? init(&o, &f) :
			    o.spec == NULL ? quality_run(&o.quality, &o.t,
			    &f) : run(&o, &f);
		break;
	case 1:
		rc = CLEAN;
		break;
	default:
		break;
	}
	for (i = 0; i < o.nreferences; i++) {
		free(o.references[i].name);
		free(o.references[i].path);
		free(o.references[i].spec);
		spec_close(o.references[i].open);
	}
	free(o.references);
	return tool_end(rc, &f);
}

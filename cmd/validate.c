/*
 * nib-validate: hold records against a dataset specification. Reads CSV,
 * writes the good records to standard output, the bad ones and what is wrong
 * with them to files, and holds in memory a block per worker, 21 to 32
 * bytes for each value of a key, and what rules over groups and over other
 * tables read (spec/wide.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/writer.h"
#include "flow/flow.h"
#include "spec/checker.h"
#include "spec/dialect.h"
#include "validate_options.h"
#include "validate_spec.h"

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
read_found(const char *path, struct checker *c, struct fault *f)
{
	struct csv_options csv = { .delimiter = ',' };
	struct csv_reader *in = csv_open(&path, 1, &csv, f);
	int rc = in != NULL ? checker_given(c, in, f) : -1;

	csv_close(in);
	return rc;
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

static uint64_t
passed_on(const struct checker *c, const struct checker_result *r)
{
	return checker_header_findings(c) > 0 ? 0 : r->records - r->bad;
}

static void
tell(struct provenance *p, const struct spec *spec, const struct checker *c,
    const struct checker_result *r)
{
	provenance_spec(p, spec);
	provenance_count(p, "records_in", r->records);
	provenance_count(p, "records_out", passed_on(c, r));
	provenance_count(p, "records_with_errors", r->bad + r->late);
	provenance_count(p, "records_with_warnings_only", r->warned);
	provenance_count(p, "errors", r->errors);
	provenance_count(p, "warnings", r->warnings);
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

static enum status
run_records(struct opts *o, struct fault *f)
{
	struct spec *spec = NULL;
	struct dialect *dialect = NULL;
	struct csv_decode decode = { .encoding = NULL };
	struct csv_reader *in = NULL;
	struct checker *c = NULL;
	struct outfile *good = NULL, *errors = NULL, *rejects = NULL;
	struct outfile *outs[3];
	struct checker_options co = { .no_unique = o->no_unique,
		.no_groups = o->no_groups, .across = o->across,
		.given = o->found != NULL,
		.later = o->t.csv.first_record > 1,
		.memory = o->memory, .jobs = o->t.jobs,
		.show_values = o->show_values, .format = o->format,
		.files = o->t.npaths > 1, .good = -1, .errors = -1,
		.rejects = -1, .measure = quality_wanted(&o->quality) };
	struct flow flow = { .jobs = o->t.jobs,
		.state_new = checker_state_new,
		.state_free = checker_state_free,
		.state_merge = checker_merge, .map = checker_map,
		.in_part = checker_in_part,
		.in_order = checker_in_order, .outs = outs,
		.progress = o->t.quiet ? NULL : validate_table.name };
	struct checker_result result;
	struct provenance *account = NULL;
	struct quality *quality = NULL;
	enum status rc = TROUBLE, verdict;
	void *state = NULL;
	char *unchecked = NULL, *columns = NULL;

	if ((spec = spec_open(o->spec, f)) == NULL || spec_check(spec, f) == -1)
		goto out;
	if (o->mode == MODE_EXPLAIN) {
		rc = validate_explain(&o->t, spec, o->explain, f);
		goto out;
	}
	if (audit_open(&o->audit, validate_table.name, f) == -1 ||
	    audit_announce(&o->audit, spec, NULL, f) == -1)
		goto out;
	if (o->errors != NULL &&
	    (errors = outfile_open(o->errors, f)) == NULL)
		goto out;
	account = audit_provenance(&o->audit, &o->t, f);
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
	    read_self(o, spec, c, f) == -1 ||
	    (o->found != NULL && read_found(o->found, c, f) == -1))
		goto out;
	if ((unchecked = checker_unchecked(c)) != NULL)
		msg_note("not checked: %s", unchecked);
	if (begin(o, c, csv_header(in), good, rejects, errors, f) == -1)
		goto out;
	o->audit.also_reads[0] = o->quality.baseline;
	if (audit_confine(&o->audit, &o->t, (const char *const[]){ o->errors,
	    o->rejects, o->summary.file, o->quality.quality, o->quality.dqmi,
	    o->quality.html, o->quality.changes }, 7, f) == -1)
		goto out;
	flow.in = in;
	flow.arg = c;
	flow.nparts = checker_parts(c);
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
		if (quality_write(&o->quality, spec, quality, f) == -1)
			goto out;
	}
	result = checker_sum(c, state);
	verdict = summary_end(&o->summary, &o->t, c, &result, f);
	if (verdict == TROUBLE)
		goto out;
	if (audit_report(&o->audit, account, result.records,
	    passed_on(c, &result), NULL, 0, f) == -1)
		goto out;
	tell(account, spec, c, &result);
	if (provenance_finish(account, f) == -1)
		goto out;
	summary_tell(c, &result, o->t.npaths);
	rc = verdict;
out:
	free(unchecked);
	free(columns);
	checker_state_free(state);
	outfile_close(good);
	outfile_close(errors);
	outfile_close(rejects);
	provenance_close(account);
	audit_close(&o->audit);
	quality_free(quality);
	checker_free(c);
	csv_close(in);
	dialect_close(dialect);
	spec_close(spec);
	return rc;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;

	switch (o->mode) {
	case MODE_INIT:
		return validate_init(&o->t, o->init, f);
	case MODE_CHECK_SPEC:
		return validate_check_spec(&o->t, o->spec, f);
	case MODE_MERGE_SUMMARY:
		return summary_merge(&o->summary, &o->t, f);
	case MODE_MERGE_QUALITY:
	case MODE_JUDGE:
		return quality_run(&o->quality, o->spec, &o->t, f);
	default:
		return run_records(o, f);
	}
}

int
main(int argc, char **argv)
{
	static const struct tool_calls calls = { &validate_table,
		validate_set, validate_options_check, run };
	struct opts o = { .summary.max_error_rate = -1,
		.quality.within = 30 };
	int status = tool_main(&calls, &o.t, &o, argc, argv);

	validate_options_free(&o);
	return status;
}

/*
 * nib-aggregate: reads records, or partial results, and writes one row for
 * each group with what was measured, in byte order of the groups. Holds
 * groups in memory up to --memory, the rest in a temporary file.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/writer.h"
#include "disclosure/cellkey.h"
#include "disclosure/profile.h"
#include "disclosure/protect.h"
#include "flow/flow.h"
#include "tally/rows.h"
#include "tally/tally.h"
#include "tool.h"

#define FLUSH ((size_t)256 * 1024)

enum {
	SPEC = 1, BY, WHERE, TOTALS, CUBE, COMPLETE, TOTAL_LABEL, DISCLOSURE,
	RECORD_KEY, AUDIT, ON_ERROR, PARTIAL, MERGE, FINAL, MEMORY,
	MEASURE = 100 /* and the kind */
};

static const struct option_row rows[] = {
	{ SPEC, 's', "spec", "SPEC",
	    "dataset specification: a name or a file" },
	{ BY, 0, "by", "EXPR,...|NAME=EXPR",
	    "group by these; may be given again" },
	{ WHERE, 0, "where", "EXPR", "only records for which it is true" },
	{ MEASURE + TALLY_COUNT, 0, "count", NULL, "records" },
	{ MEASURE + TALLY_SUM, 0, "sum", "EXPR,...", "sum, exact" },
	{ MEASURE + TALLY_MEAN, 0, "mean", "EXPR,...", "arithmetic mean" },
	{ MEASURE + TALLY_MIN, 0, "min", "EXPR,...", "smallest value" },
	{ MEASURE + TALLY_MAX, 0, "max", "EXPR,...", "largest value" },
	{ MEASURE + TALLY_MEDIAN, 0, "median", "EXPR,...", "median, exact" },
	{ MEASURE + TALLY_QUANTILE, 0, "quantile", "P:EXPR,...",
	    "quantile, exact, 0 <= P <= 1" },
	{ MEASURE + TALLY_VARIANCE, 0, "variance", "EXPR,...",
	    "variance of a sample (n - 1)" },
	{ MEASURE + TALLY_SD, 0, "sd", "EXPR,...", "its square root" },
	{ MEASURE + TALLY_DISTINCT, 0, "distinct", "EXPR,...",
	    "different values, exact" },
	{ MEASURE + TALLY_SHARE, 0, "share", "NAME=EXPR,...",
	    "part of the records that meet a condition" },
	{ TOTALS, 0, "totals", NULL, "add a row for all groups together" },
	{ CUBE, 0, "cube", NULL, "add totals over every grouping" },
	{ COMPLETE, 0, "complete", NULL,
	    "add rows for combinations that never occurred" },
	{ TOTAL_LABEL, 0, "total-label", "TEXT",
	    "what a total is called (default Total)" },
	{ DISCLOSURE, 0, "disclosure", "PROFILE[:MODE]",
	    "publish by a profile; mode round, suppress or cellkey" },
	{ RECORD_KEY, 0, "record-key", "EXPR",
	    "for cellkey: each record's key, a whole number" },
	{ AUDIT, 0, "audit", "FILE",
	    "write what each masked count can be derived to (CSV)" },
	{ ON_ERROR, 0, "on-error", "fail|skip",
	    "a measured cell that is no number (default fail)" },
	{ PARTIAL, 0, "partial", NULL, "write mergeable state" },
	{ MERGE, 0, "merge", NULL, "partial results into one" },
	{ FINAL, 0, "final", NULL, "partial results into the table" },
	{ MEMORY, 0, "memory", "SIZE",
	    "memory for groups (default 256M); more go to a file" },
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-aggregate",
	"--by EXPR,... MEASURE... [OPTION...] [FILE...]",
	"Count and sum by group, with statistical disclosure control.",
	rows,
	"  nib-aggregate --by provider,sex --count --mean age extract.csv\n"
	"  nib-aggregate -s admitted_episode --by provider \\\n"
	"      --by 'month=month(admission_date)' --count --sum cost_gbp \\\n"
	"      --disclosure hes extract.csv > activity.csv\n",
};

struct opts {
	struct tool tool;
	struct tally_request request;
	struct tally_options tally;
	const char *spec;
	const char *total_label;
	const char *disclosure;
	const char *audit;
	int complete, partial, merge, final;
	struct disclosure_profile *profile;
	const char *record_key;
	size_t nshown; /* measures; one more is the sum of record keys */
	int suppress, cellkey; /* the mode, or round */
	struct disclosure_cellkey *keys;
	int *with_sum; /* per measure: the sum of the same values is there */
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;
	uint64_t size;

	switch (id) {
	case SPEC:
		o->spec = v;
		return 0;
	case BY:
		return tally_request_by(&o->request, v, f);
	case WHERE:
		tally_request_where(&o->request, v);
		return 0;
	case TOTALS:
		if (o->request.margins == TALLY_PLAIN)
			o->request.margins = TALLY_TOTALS;
		return 0;
	case CUBE:
		o->request.margins = TALLY_CUBE;
		return 0;
	case COMPLETE:
		o->complete = 1;
		return 0;
	case RECORD_KEY:
		o->record_key = v;
		return 0;
	case AUDIT:
		o->audit = v;
		return 0;
	case TOTAL_LABEL:
		o->total_label = v;
		return 0;
	case DISCLOSURE:
		o->disclosure = v;
		return 0;
	case ON_ERROR:
		o->tally.skip_bad = strcmp(v, "skip") == 0;
		if (!o->tally.skip_bad && strcmp(v, "fail") != 0)
			return fault_set(f, "--on-error is fail or skip");
		return 0;
	case PARTIAL:
		o->partial = 1;
		return 0;
	case MERGE:
		o->merge = 1;
		return 0;
	case FINAL:
		o->final = 1;
		return 0;
	case MEMORY:
		if (num_size(v, &size) == -1 || size < 1024 * 1024)
			return fault_set(f, "--memory needs a size, 1M or "
			    "more");
		o->tally.memory = (size_t)size;
		return 0;
	default:
		return tally_request_measure(&o->request,
		    (enum tally_kind)(id - MEASURE), v, f);
	}
}

/* The keys of a group's records are summed like any measure. */
static int
add_record_key(struct opts *o, struct fault *f)
{
	char *text;
	int rc;

	o->nshown = o->request.nmeasures;
	if (o->record_key == NULL)
		return 0;
	text = mem_printf("record_key=%s", o->record_key);
	rc = tally_request_measure(&o->request, TALLY_SUM, text, f);
	free(text);
	return rc;
}

static int
check(struct opts *o, struct fault *f)
{
	if (add_record_key(o, f) == -1)
		return -1;
	if (o->partial + o->merge + o->final > 1)
		return fault_set(f, "--partial, --merge and --final exclude "
		    "each other");
	if ((o->partial || o->merge) && (o->disclosure != NULL ||
	    o->audit != NULL || o->complete ||
	    o->request.margins != TALLY_PLAIN))
		return fault_set(f, "totals and disclosure control belong to "
		    "--final");
	if (o->audit != NULL && o->disclosure == NULL)
		return fault_set(f, "--audit needs --disclosure");
	return tally_request_check(&o->request, f);
}

static int
set_mode(struct opts *o, const char *mode, struct fault *f)
{
	o->suppress = strcmp(mode, "suppress") == 0;
	o->cellkey = strcmp(mode, "cellkey") == 0;
	if (!o->suppress && !o->cellkey && strcmp(mode, "round") != 0)
		return fault_set(f, "--disclosure knows the modes round, "
		    "suppress and cellkey");
	return 0;
}

/* Counts only: anything exact beside them would undo it. */
static int
open_cellkey(struct opts *o, struct fault *f)
{
	const struct disclosure_profile *p = o->profile;
	size_t i;

	if (p->cellkey_table == NULL)
		return fault_set(f, "the profile %s has no cell key method",
		    p->name);
	if (o->record_key == NULL && !o->partial && !o->merge)
		return fault_set(f, "the mode cellkey needs --record-key");
	if (o->audit != NULL)
		return fault_set(f, "--audit is for the modes round and "
		    "suppress");
	for (i = 0; i < o->nshown; i++)
		if (o->request.measures[i].kind != TALLY_COUNT)
			return fault_set(f, "%s: the mode cellkey publishes "
			    "counts only", o->request.measures[i].name);
	o->keys = disclosure_cellkey_open(p->cellkey_table,
	    p->cellkey_largest, p->cellkey_cycle, f);
	return o->keys != NULL ? 0 : -1;
}

/* "hes", "hes:round" and so on. */
static int
open_profile(struct opts *o, struct fault *f)
{
	const char *name = o->disclosure != NULL ? o->disclosure : "none";
	const char *colon = strrchr(name, ':');
	char *copy = mem_strdup(name);
	size_t i, j;

	if (colon != NULL) {
		copy[colon - name] = '\0';
		if (set_mode(o, colon + 1, f) == -1) {
			free(copy);
			return -1;
		}
	}
	o->profile = disclosure_profile_open(copy, f);
	free(copy);
	if (o->profile == NULL)
		return -1;
	if (o->cellkey && open_cellkey(o, f) == -1)
		return -1;
	if (o->suppress && !o->profile->mask)
		return fault_set(f, "the profile %s masks nothing, so there "
		    "is nothing to suppress", o->profile->name);
	if (o->suppress && o->profile->mask_from == 0 && !o->complete)
		return fault_set(f, "the profile %s masks zeros, which a "
		    "missing row would show: add --complete",
		    o->profile->name);
	o->with_sum = mem_zero(o->request.nmeasures, sizeof *o->with_sum);
	for (i = 0; i < o->request.nmeasures; i++) {
		const struct tally_measure *m = &o->request.measures[i];

		if (disclosure_allows(o->profile, m, f) == -1)
			return -1;
		for (j = 0; j < o->request.nmeasures; j++)
			if (o->request.measures[j].kind == TALLY_SUM &&
			    strcmp(m->text, o->request.measures[j].text) == 0)
				o->with_sum[i] = 1;
	}
	return 0;
}

static void
put_header(struct buf *b, const struct opts *o)
{
	size_t i;

	for (i = 0; i < o->request.nby; i++) {
		csv_put_string(b, o->request.by[i].name);
		buf_putc(b, ',');
	}
	for (i = 0; i < o->nshown; i++) {
		if (i > 0)
			buf_putc(b, ',');
		csv_put_string(b, o->request.measures[i].name);
	}
	if (o->tally.skip_bad)
		buf_puts(b, ",note");
	buf_putc(b, '\n');
}

/* The groupings of a row, with a comma after each. */
static int
put_by(struct buf *b, const struct opts *o, const struct tally_row *row,
    struct fault *f)
{
	const struct tally_request *r = &o->request;
	size_t i;

	for (i = 0; i < r->nby; i++) {
		if (row->total >> i & 1)
			csv_put_string(b, o->total_label);
		else if (r->margins != TALLY_PLAIN && row->by[i].n ==
		    strlen(o->total_label) && memcmp(row->by[i].p,
		    o->total_label, row->by[i].n) == 0)
			return fault_set(f, "a value of %s is what totals are "
			    "called; choose another --total-label",
			    r->by[i].name);
		else
			csv_put_cell(b, row->by[i].p, row->by[i].n);
		buf_putc(b, ',');
	}
	return 0;
}

static void
put_perturbed(struct buf *b, const struct opts *o,
    const struct tally_row *row)
{
	const struct tally_value *keys = &row->values[o->nshown];
	int64_t n = disclosure_cellkey_count(o->keys, row->nrows,
	    keys->form == TALLY_DECIMAL ? (uint64_t)keys->v : 0);

	if (n < (int64_t)o->profile->cellkey_threshold || n < 0)
		csv_put_string(b, o->profile->symbol);
	else
		buf_put_i64(b, n);
}

/* A record's key must be whole and not below 0. */
static int
check_keys(const struct opts *o, const struct tally_row *row,
    struct fault *f)
{
	const struct tally_value *keys = &row->values[o->nshown];

	if (row->nrows > 0 && (keys->form != TALLY_DECIMAL ||
	    keys->scale != 0 || keys->v < 0 || keys->n != row->nrows))
		return fault_set(f, "--record-key must give every record a "
		    "whole number, 0 or more");
	return 0;
}

/* hidden: nothing of it is shown. */
static int
put_row(struct buf *b, const struct opts *o, const struct tally_row *row,
    int hidden, struct fault *f)
{
	const struct tally_request *r = &o->request;
	const struct disclosure_profile *p = o->profile;
	size_t i;

	if (put_by(b, o, row, f) == -1 ||
	    (o->cellkey && check_keys(o, row, f) == -1))
		return -1;
	for (i = 0; i < o->nshown; i++) {
		size_t before = b->n + (i > 0);

		if (i > 0)
			buf_putc(b, ',');
		if (o->cellkey)
			put_perturbed(b, o, row);
		else if (hidden)
			csv_put_string(b, p->symbol);
		else if (o->suppress)
			tally_put_value(b, &row->values[i]);
		else
			disclosure_put(b, p, &r->measures[i],
			    &row->values[i], o->with_sum[i]);
		if (b->n == before && r->nby == 0 && o->nshown == 1 &&
		    !o->tally.skip_bad)
			buf_puts(b, "\"\"");
	}
	if (o->tally.skip_bad) {
		buf_putc(b, ',');
		if (row->nbad > 0 && (hidden || disclosure_masks(p,
		    row->nbad)))
			buf_puts(b, "some cells not numbers");
		else if (row->nbad > 0)
			buf_printf(b, "cells not numbers: %" PRIu64,
			    disclosure_round(p, row->nbad));
	}
	buf_putc(b, '\n');
	return 0;
}

static int
write_stream(const struct opts *o, struct tally_result *result,
    struct buf *b, struct outfile *out, struct fault *f)
{
	struct tally_row row;
	int more;

	while ((more = tally_result_next(result, &row, f)) == 1) {
		if (put_row(b, o, &row, 0, f) == -1)
			return -1;
		if (b->n >= FLUSH) {
			if (outfile_write(out, b->p, b->n, f) == -1)
				return -1;
			buf_clear(b);
		}
	}
	return more == 0 ? outfile_write(out, b->p, b->n, f) : -1;
}

/* For each masked row what its count can be derived to. */
static int
write_audit(const struct opts *o, const struct tally_rows *t,
    const struct disclosure_verdict *v, size_t *narrow, struct fault *f)
{
	struct outfile *out;
	struct buf b = { 0 };
	size_t i;
	int rc = -1;

	*narrow = 0;
	for (i = 0; i < o->request.nby; i++) {
		csv_put_string(&b, o->request.by[i].name);
		buf_putc(&b, ',');
	}
	buf_puts(&b, "primary,lo,hi,exact\n");
	for (i = 0; i < t->n; i++) {
		const struct disclosure_interval *x = &v[i].interval;

		if (!v[i].hidden)
			continue;
		*narrow += x->hi != INT64_MAX &&
		    (uint64_t)(x->hi - x->lo) + 1 < o->profile->interval;
		if (put_by(&b, o, &t->rows[i], f) == -1)
			goto out;
		buf_printf(&b, "%d,%" PRId64 ",", v[i].primary, x->lo);
		if (x->hi != INT64_MAX)
			buf_put_i64(&b, x->hi);
		buf_printf(&b, ",%d\n", x->proven);
	}
	if (o->audit == NULL) {
		rc = 0;
		goto out;
	}
	if ((out = outfile_open(o->audit, f)) == NULL)
		goto out;
	if (outfile_write(out, b.p, b.n, f) == 0)
		rc = outfile_commit(out, f);
	outfile_close(out);
out:
	buf_free(&b);
	return rc;
}

/* A table that has to be seen whole. */
static int
write_rows(const struct opts *o, struct tally_result *result, struct buf *b,
    struct outfile *out, enum status *status, struct fault *f)
{
	struct tally_rows t = { 0 };
	struct disclosure_verdict *v = NULL;
	size_t narrow, i;
	int rc = -1;

	if (tally_rows_read(&t, &o->request, result, f) == -1 ||
	    (o->complete && tally_rows_complete(&t, &o->request, f) == -1))
		goto out;
	v = mem_zero(t.n, sizeof *v);
	if (o->suppress && disclosure_hide_rows(o->profile, &t, &o->request,
	    (int64_t)o->profile->interval, v, f) == -1)
		goto out;
	if (!o->suppress && o->audit != NULL &&
	    disclosure_audit_rounded(o->profile, &t, v, f) == -1)
		goto out;
	if ((o->suppress || o->audit != NULL) &&
	    write_audit(o, &t, v, &narrow, f) == -1)
		goto out;
	if ((o->suppress || o->audit != NULL) && narrow > 0) {
		msg_warn("%zu masked counts can be derived to fewer than "
		    "%" PRIu64 " values", narrow, o->profile->interval);
		*status = FINDINGS;
	}
	for (i = 0; i < t.n; i++)
		if (put_row(b, o, &t.rows[i], o->suppress && v[i].hidden,
		    f) == -1)
			goto out;
	rc = outfile_write(out, b->p, b->n, f);
out:
	free(v);
	tally_rows_free(&t);
	return rc;
}

static int
write_table(const struct opts *o, struct tally_state *state,
    struct outfile *out, enum status *status, struct fault *f)
{
	struct tally_result *result;
	struct buf b = { 0 };
	int rc = -1;

	if ((result = tally_result_new(state, f)) == NULL)
		return -1;
	if (!o->tool.no_header)
		put_header(&b, o);
	rc = o->complete || o->suppress || o->audit != NULL ?
	    write_rows(o, result, &b, out, status, f) :
	    write_stream(o, result, &b, out, f);
	tally_result_free(result);
	buf_free(&b);
	return rc;
}

/* What was left out, by expression and first place. */
static enum status
report_bad(const struct tally_state *s)
{
	struct tally_bad bad;
	enum status rc = CLEAN;
	size_t i;
	int is;

	for (i = 0; (is = tally_bad_at(s, i, &bad)) != -1; i++) {
		if (!is)
			continue;
		rc = FINDINGS;
		msg_warn("%s: cells not numbers: %" PRIu64 ", the first at "
		    "%s:%" PRIu64 ": record %" PRIu64 ", column %zu",
		    bad.text, bad.n, strcmp(bad.file, "-") == 0 ?
		    "standard input" : bad.file, bad.line, bad.record,
		    bad.column);
	}
	return rc;
}

static enum status
run(struct opts *o, struct fault *f)
{
	struct csv_reader *in = NULL;
	struct spec *spec = NULL;
	struct tally *t = NULL;
	void *state = NULL;
	struct outfile *out = NULL;
	enum status rc = TROUBLE, found = CLEAN;
	struct flow flow = { 0 };
	int from_partial = o->merge || o->final;

	if (open_profile(o, f) == -1)
		goto out;
	if (o->spec != NULL) {
		if ((spec = spec_open(o->spec, f)) == NULL)
			goto out;
		o->request.digest_extra = spec->text;
	}
	if ((in = tool_input(&o->tool, f)) == NULL)
		goto out;
	o->tally.jobs = o->tool.jobs;
	t = from_partial ? tally_new_partial(&o->request, csv_header(in),
	    &o->tally, f) : tally_new(&o->request, spec, csv_header(in),
	    &o->tally, f);
	if (t == NULL || (out = outfile_open(o->tool.output, f)) == NULL)
		goto out;
	flow.in = in;
	flow.jobs = o->tool.jobs;
	flow.arg = t;
	flow.state_new = tally_state_new;
	flow.state_free = tally_state_free;
	flow.state_merge = tally_state_merge;
	flow.map = from_partial ? tally_map_partial : tally_map;
	flow.progress = o->tool.quiet ? NULL : table.name;
	if (flow_run(&flow, &state, f) == -1)
		goto out;
	if ((o->partial || o->merge ? tally_write_partial(state, out,
	    !o->tool.no_header, f) : write_table(o, state, out, &found,
	    f)) == -1)
		goto out;
	if (outfile_commit(out, f) == 0) {
		rc = report_bad(state);
		rc = found > rc ? found : rc;
	}
out:
	outfile_close(out);
	tally_state_free(state);
	tally_free(t);
	spec_close(spec);
	csv_close(in);
	disclosure_profile_free(o->profile);
	disclosure_cellkey_close(o->keys);
	free(o->with_sum);
	return rc;
}

int
main(int argc, char **argv)
{
	struct opts o = { .total_label = "Total" };
	struct fault f = FAULT_NONE;
	enum status rc = TROUBLE;
	int answered = tool_parse(&o.tool, &table, argc, argv, set, &o, &f);

	if (answered == 1)
		rc = CLEAN;
	else if (answered == 0 && check(&o, &f) == 0)
		rc = run(&o, &f);
	tally_request_free(&o.request);
	return tool_end(rc, &f);
}

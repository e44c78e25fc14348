/*
 * nib-aggregate: reads records, or partial results, and writes one row for
 * each group with what was measured, in byte order of the groups. Holds
 * groups in memory up to --memory, the rest in a temporary file. With
 * --release-check reads published tables, each whole, and writes nothing.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate_noise.h"
#include "aggregate_tables.h"
#include "audit.h"
#include "base/mem.h"
#include "base/num.h"
#include "disclosure/contributors.h"
#include "disclosure/history.h"
#include "disclosure/publish.h"
#include "flow/flow.h"
#include "tally/rows.h"
#include "tally/tally.h"
#include "tool.h"

enum {
	SPEC = 1, BY, BY_LIST, WHERE, TOTALS, CUBE, TABLE, COMPLETE,
	TOTAL_LABEL, TOP,
	REST_LABEL, LABEL, PIVOT, DISCLOSURE, RECORD_KEY, CONTRIBUTOR, AUDIT,
	AUDIT_ONLY, REPAIR, RELEASE_CHECK, EARLIER, ON_ERROR, PARTIAL,
	MERGE, FINAL, EXPECT_PARTS, MEMORY,
	MEASURE = 100, /* and the kind */
	WEIGHTED = 200 /* and the kind */
};

static const struct option_row rows[] = {
	{ SPEC, 's', "spec", "?SPEC",
	    "dataset specification: a name or a file" },
	{ BY, 0, "by", "[NAME=]EXPR,...",
	    "group by these; may be given again" },
	{ BY_LIST, OPTION_MORE, "by-list", "NAME=FIELD",
	    "group by what the list NAME says of a field" },
	{ WHERE, 0, "where", "EXPR", "only records for which it is true" },
	{ MEASURE + TALLY_COUNT, 0, "count", NULL, "records" },
	{ MEASURE + TALLY_SUM, 0, "sum", "EXPR,...", "sum, exact" },
	{ MEASURE + TALLY_MEAN, 0, "mean", "EXPR,...", "arithmetic mean" },
	{ WEIGHTED + TALLY_SUM, OPTION_MORE, "weighted-sum", "WEIGHT:EXPR,...",
	    "sum of weight times value, exact" },
	{ WEIGHTED + TALLY_MEAN, OPTION_MORE, "weighted-mean",
	    "WEIGHT:EXPR,...", "the same over the sum of weights" },
	{ MEASURE + TALLY_MIN, 0, "min", "EXPR,...", "smallest value" },
	{ MEASURE + TALLY_MAX, 0, "max", "EXPR,...", "largest value" },
	{ MEASURE + TALLY_MEDIAN, 0, "median", "EXPR,...", "median, exact" },
	{ MEASURE + TALLY_QUANTILE, OPTION_MORE, "quantile", "P:EXPR,...",
	    "quantile, exact, 0 <= P <= 1" },
	{ MEASURE + TALLY_VARIANCE, OPTION_MORE, "variance", "EXPR,...",
	    "variance of a sample (n - 1)" },
	{ MEASURE + TALLY_SD, OPTION_MORE, "sd", "EXPR,...",
	    "its square root" },
	{ MEASURE + TALLY_DISTINCT, 0, "distinct", "EXPR,...",
	    "different values, exact" },
	{ MEASURE + TALLY_SHARE, 0, "share", "NAME=EXPR,...",
	    "part of the records that meet a condition" },
	{ TOTALS, 0, "totals", NULL, "add a row for all groups together" },
	{ CUBE, 0, "cube", NULL, "add totals over every grouping" },
	{ TABLE, OPTION_MORE, "table", "NAME,...",
	    "only the table of these groupings; may be given again" },
	{ COMPLETE, OPTION_MORE, "complete", NULL,
	    "add rows for combinations that never occurred" },
	{ TOTAL_LABEL, OPTION_MORE, "total-label", "TEXT",
	    "what a total is called (default Total)" },
	{ TOP, OPTION_MORE, "top", "N",
	    "the N largest groups by the first measure, and the rest" },
	{ REST_LABEL, OPTION_MORE, "rest-label", "TEXT",
	    "what the rest is called (default Rest)" },
	{ LABEL, OPTION_MORE, "label", "<BY=FILE[:KEY:VALUE]",
	    "beside a grouping what its codes mean" },
	{ PIVOT, OPTION_MORE, "pivot", "BY",
	    "a column for each value of this grouping" },
	{ DISCLOSURE, 0, "disclosure", "?PROFILE[:MODE]",
	    "publish by a profile; round, suppress or cellkey" },
	{ RECORD_KEY, OPTION_MORE, "record-key", "EXPR",
	    "for cellkey: each record's key, a whole number" },
	{ CONTRIBUTOR, OPTION_MORE, "contributor", "EXPR",
	    "who contributes to a sum, for rules of dominance" },
	NOISE_ROWS,
	{ AUDIT, 0, "audit", ">FILE",
	    "write what each masked count can be derived to" },
	{ AUDIT_ONLY, OPTION_MORE, "audit-only", NULL,
	    "the files are tables: what masked cells can be derived to" },
	{ REPAIR, OPTION_MORE, "repair", NULL,
	    "with it: write the first table, with more withheld" },
	{ RELEASE_CHECK, 0, "release-check", NULL,
	    "the files are tables: find what should not leave" },
	{ EARLIER, OPTION_MORE, "earlier", "<TABLE",
	    "with it: compare with a table released before" },
	{ ON_ERROR, OPTION_MORE, "on-error", "fail|empty",
	    "a measured cell that is no number (default fail)" },
	{ PARTIAL, OPTION_MORE, "partial", NULL, "write mergeable state" },
	{ MERGE, OPTION_MORE, "merge", NULL, "partial results into one" },
	{ FINAL, OPTION_MORE, "final", NULL, "partial results into the table" },
	{ EXPECT_PARTS, OPTION_MORE, "expect-parts", "N",
	    "of how many parts partial results must be made" },
	{ MEMORY, OPTION_MORE, "memory", "SIZE",
	    "memory for groups (default 64M); more go to a file" },
	AUDIT_ROWS,
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
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
	struct audit ledger;
	struct tally_request request;
	struct tally_options tally;
	struct disclosure_publish_options publish;
	const char *spec;
	const char *record_key, *contributor, *where;
	struct noise_options noise;
	struct tally_request tallied; /* request, and the contributor */
	const char **labels;
	int partial, merge, final, release_check, audit_only, repair;
	const char **earlier; /* tables */
	size_t nearlier;
	const char **names;   /* groupings of each --table */
	size_t nnames;
	struct disclosure_tables tables;
	int64_t expect_parts; /* 0: any */
	int records; /* an option was given that is for records */
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;
	uint64_t size;
	int64_t top;
	int taken;

	o->records |= id < MEASURE && id != BY && id != TOTAL_LABEL &&
	    id != DISCLOSURE && id != PIVOT && id != RELEASE_CHECK &&
	    id != EARLIER && id != AUDIT_ONLY && id != REPAIR && id != AUDIT;
	if (audit_option(&o->ledger, id, v)) {
		o->records |= id != AUDIT_LEDGER;
		return 0;
	}
	if ((taken = noise_option(&o->noise, id, v, f)) != 0) {
		o->records = 1;
		return taken == 1 ? 0 : -1;
	}
	switch (id) {
	case SPEC:
		o->spec = v;
		return 0;
	case BY:
		return tally_request_by(&o->request, v, f);
	case BY_LIST:
		return tally_request_by_list(&o->request, v, f);
	case WHERE:
		o->where = v;
		tally_request_where(&o->request, v);
		return 0;
	case TOTALS:
		if (o->request.margins == TALLY_PLAIN)
			o->request.margins = TALLY_TOTALS;
		return 0;
	case CUBE:
		o->request.margins = TALLY_CUBE;
		return 0;
	case TABLE:
		o->names = mem_array(o->names, o->nnames + 1,
		    sizeof *o->names);
		o->names[o->nnames++] = v;
		return 0;
	case COMPLETE:
		o->publish.complete = 1;
		return 0;
	case RECORD_KEY:
		o->record_key = v;
		return 0;
	case CONTRIBUTOR:
		o->contributor = v;
		o->publish.contributors = 1;
		return 0;
	case AUDIT_ONLY:
		o->audit_only = 1;
		return 0;
	case REPAIR:
		o->repair = 1;
		return 0;
	case RELEASE_CHECK:
		o->release_check = 1;
		return 0;
	case EARLIER:
		o->earlier = mem_array(o->earlier, o->nearlier + 1,
		    sizeof *o->earlier);
		o->earlier[o->nearlier++] = v;
		return 0;
	case AUDIT:
		o->publish.audit = v;
		return 0;
	case TOTAL_LABEL:
		o->publish.total_label = v;
		return 0;
	case TOP:
		if (num_in_range(v, 1, (int64_t)TALLY_MAX_ROWS, &top) == -1)
			return fault_set(f, "--top needs a whole number, 1 "
			    "to %zu", TALLY_MAX_ROWS);
		o->publish.top = (size_t)top;
		return 0;
	case REST_LABEL:
		o->publish.rest_label = v;
		return 0;
	case LABEL:
		o->labels = mem_array(o->labels, o->publish.nlabels + 1,
		    sizeof *o->labels);
		o->labels[o->publish.nlabels++] = v;
		o->publish.labels = o->labels;
		return 0;
	case PIVOT:
		if (o->publish.pivot != NULL)
			return fault_set(f, "--pivot is given twice: one "
			    "grouping makes the columns");
		o->publish.pivot = v;
		return 0;
	case DISCLOSURE:
		o->publish.disclosure = v;
		return 0;
	case ON_ERROR:
		o->tally.empty_bad = strcmp(v, "empty") == 0;
		if (!o->tally.empty_bad && strcmp(v, "fail") != 0)
			return fault_set(f, "--on-error is fail or empty");
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
	case EXPECT_PARTS:
		return num_in_range(v, 1, INT64_MAX, &o->expect_parts) == 0 ?
		    0 : fault_set(f, "--expect-parts needs a whole number, 1 "
		    "or more");
	case MEMORY:
		if (num_size(v, &size) == -1 || size < 1024 * 1024)
			return fault_set(f, "--memory needs a size, 1M or "
			    "more");
		o->tally.memory = (size_t)size;
		return 0;
	case WEIGHTED + TALLY_SUM:
	case WEIGHTED + TALLY_MEAN:
		return tally_request_weighted(&o->request,
		    (enum tally_kind)(id - WEIGHTED), v, f);
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

	if (o->record_key == NULL)
		return 0;
	if (o->request.nmeasures == 0)
		return tally_request_check(&o->request, f);
	text = mem_printf("record_key=%s", o->record_key);
	rc = tally_request_measure(&o->request, TALLY_SUM, text, f);
	free(text);
	o->publish.record_key = 1;
	return rc;
}

/* What goes with tables instead of records. */
static int
check_tables(const struct opts *o, struct fault *f)
{
	const char *mode = o->audit_only ? "--audit-only" :
	    "--release-check";

	if (o->audit_only && o->release_check)
		return fault_set(f, "--audit-only and --release-check exclude "
		    "each other");
	if (o->records || o->tool.provenance != NULL ||
	    o->tool.csv.columns != NULL || (!o->repair &&
	    (o->tool.output != NULL || o->tool.no_header)) ||
	    (o->release_check && (o->publish.audit != NULL || o->repair)) ||
	    (o->audit_only && (o->nearlier > 0 || o->ledger.ledger != NULL)))
		return fault_set(f, "%s reads tables: with it go --by, "
		    "measures, --pivot, --disclosure, --total-label, "
		    "--delimiter and "
		    "%s only", mode, o->audit_only ? "--audit and --repair" :
		    "--earlier and --ledger");
	return 0;
}

/* Noise: anything exact beside it would undo it. */
static int
check_noise(struct opts *o, struct fault *f)
{
	if (o->noise.epsilon > 0 && (o->partial || o->merge))
		return fault_set(f, "--epsilon belongs to --final");
	if (o->noise.epsilon > 0 && (o->publish.disclosure != NULL ||
	    o->publish.audit != NULL || o->publish.complete ||
	    o->publish.top > 0 || o->publish.pivot != NULL ||
	    o->publish.nlabels > 0))
		return fault_set(f, "--epsilon is for --count, --sum and "
		    "--mean alone, without totals and other disclosure "
		    "control");
	return noise_check(&o->noise, &o->request, o->contributor,
	    o->ledger.ledger, f);
}

/* Tables are cut out of the cube of all groupings. */
static int
check_sets(struct opts *o, struct fault *f)
{
	size_t i;

	if (o->nnames == 0)
		return 0;
	if (o->partial || o->merge || o->publish.complete ||
	    o->publish.top > 0 || o->publish.pivot != NULL ||
	    o->noise.epsilon > 0)
		return fault_set(f, "--table does not go with --partial, "
		    "--merge, --complete, --top, --pivot or --epsilon");
	if (o->request.nby > 16)
		return fault_set(f, "--table takes at most 16 groupings");
	for (i = 0; i < o->nnames; i++)
		if (disclosure_tables_add(&o->tables, &o->request,
		    o->names[i], f) == -1)
			return -1;
	o->tables.margins = o->request.margins;
	o->request.margins = TALLY_CUBE;
	o->publish.tables = &o->tables;
	return 0;
}

/*
 * Partial results are made for what --final may want, and it must be told how
 * they were made; else an option that would do nothing is a mistake.
 */
static int
check_needless(const struct opts *o, struct fault *f)
{
	const char *mode = o->publish.disclosure != NULL ?
	    strrchr(o->publish.disclosure, ':') : NULL;

	if (o->partial || o->merge || o->final)
		return 0;
	if (o->record_key != NULL && (mode == NULL ||
	    strcmp(mode, ":cellkey") != 0))
		return fault_set(f, "--record-key is for the mode cellkey of "
		    "--disclosure");
	if (o->contributor != NULL && o->publish.disclosure == NULL &&
	    o->noise.epsilon == 0)
		return fault_set(f, "--contributor needs --disclosure or "
		    "--epsilon");
	return 0;
}

/* The column in which --on-error empty says why a measure is. */
static int
check_note(const struct opts *o, struct fault *f)
{
	static const char note[] = "note";
	int taken = 0;
	size_t i;

	for (i = 0; i < o->request.nby; i++)
		taken |= strcmp(o->request.by[i].name, note) == 0;
	for (i = 0; i < o->request.nmeasures; i++)
		taken |= strcmp(o->request.measures[i].name, note) == 0;
	return taken && o->tally.empty_bad ? fault_set(f, "two columns of the "
	    "output would be called %s; name one with NAME=EXPR", note) : 0;
}

static int
check(void *options, struct fault *f)
{
	struct opts *o = options;

	o->tool.no_output = o->release_check || (o->audit_only && !o->repair);
	if (o->audit_only + o->release_check > 0)
		return check_tables(o, f);
	if (o->repair || o->nearlier > 0)
		return fault_set(f, "%s", o->repair ? "--repair needs "
		    "--audit-only" : "--earlier needs --release-check");
	if (add_record_key(o, f) == -1)
		return -1;
	if (o->partial + o->merge + o->final > 1)
		return fault_set(f, "--partial, --merge and --final exclude "
		    "each other");
	if (o->expect_parts > 0 && !o->merge && !o->final)
		return fault_set(f, "--expect-parts goes with --merge or "
		    "--final");
	if ((o->partial || o->merge) && (o->publish.disclosure != NULL ||
	    o->publish.audit != NULL || o->publish.complete ||
	    o->publish.top > 0 || o->publish.nlabels > 0 ||
	    o->publish.pivot != NULL || o->request.margins != TALLY_PLAIN))
		return fault_set(f, "totals, --top, --label, --pivot and "
		    "disclosure control belong to --final");
	if (o->publish.rest_label != NULL && o->publish.top == 0)
		return fault_set(f, "--rest-label needs --top");
	if (o->publish.rest_label == NULL)
		o->publish.rest_label = "Rest";
	if (o->publish.audit != NULL && o->publish.disclosure == NULL)
		return fault_set(f, "--audit needs --disclosure");
	if (check_noise(o, f) == -1 || check_needless(o, f) == -1 ||
	    check_note(o, f) == -1 || check_sets(o, f) == -1)
		return -1;
	o->tallied = o->request;
	if (o->contributor != NULL && disclosure_contributors_request(
	    &o->request, o->contributor, &o->tallied, f) == -1)
		return -1;
	if (o->noise.epsilon > 0)
		o->tallied.margins = TALLY_PLAIN;
	return tally_request_check(&o->request, f) == 0 ?
	    tally_request_check(&o->tallied, f) : -1;
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
		if (bad.line == 0) {
			msg_warn("%s: cells not numbers: %" PRIu64, bad.text,
			    bad.n);
			continue;
		}
		msg_warn("%s: cells not numbers: %" PRIu64 ", the first at "
		    "%s:%" PRIu64 ": record %" PRIu64 ", column %zu",
		    bad.text, bad.n, strcmp(bad.file, "-") == 0 ?
		    "standard input" : bad.file, bad.line, bad.record,
		    bad.column);
	}
	return rc;
}

static enum status
report_published(const struct disclosure_publisher *x,
    const struct disclosure_published *p)
{
	if (p->nothing)
		msg_warn("the profile %s masks every cell of the table: "
		    "merge categories",
		    disclosure_publisher_profile(x)->name);
	if (p->unaudited && !p->nothing)
		msg_warn("totals may give masked counts away: --audit finds "
		    "which, the mode suppress hides more");
	if (p->narrow == 0)
		return p->nothing ? FINDINGS : CLEAN;
	msg_warn("%" PRIu64 " masked counts can be derived to fewer than "
	    "%" PRIu64 " values", p->narrow,
	    disclosure_publisher_profile(x)->interval);
	return FINDINGS;
}

/* The files that groupings are looked up in, and their labels. */
static int
account_lists(const struct opts *o, const struct tally *t,
    const struct tally_labels *l, struct provenance *p, struct fault *f)
{
	size_t i;

	for (i = 0; i < o->request.nby && p != NULL; i++)
		if ((tally_list_path(t, i) != NULL && provenance_file(p,
		    o->request.by[i].name, tally_list_path(t, i), f) == -1) ||
		    (tally_labels_path(l, i) != NULL && provenance_file(p,
		    tally_labels_name(l, i), tally_labels_path(l, i),
		    f) == -1))
			return -1;
	return 0;
}

static const char *
method(const struct opts *o)
{
	return o->noise.epsilon > 0 ? "geometric noise" :
	    o->publish.disclosure != NULL ? o->publish.disclosure : "none";
}

/* What this run was, for its provenance and the ledger. */
static int
account(struct opts *o, struct provenance *p, const struct spec *spec,
    uint64_t records, uint64_t written, struct fault *f)
{
	history_note(o->ledger.use, &o->request, spec);
	if (audit_report(&o->ledger, p, records, written, NULL, 0, f) == -1)
		return -1;
	if (spec != NULL)
		provenance_spec(p, spec);
	provenance_text(p, "disclosure", method(o));
	provenance_count(p, "records_in", records);
	provenance_count(p, "rows_out", written);
	return provenance_finish(p, f);
}

static enum status
run_records(struct opts *o, struct fault *f)
{
	struct disclosure_publisher *publisher = NULL;
	struct disclosure_published published = { 0 };
	struct tally_result *result = NULL;
	struct provenance *p = NULL;
	struct spec *spec = NULL;
	struct tally *t = NULL;
	void *state = NULL;
	struct outfile *out = NULL;
	struct noisy *noisy = NULL;
	enum status rc = TROUBLE, bad;
	struct flow flow = { 0 };
	int from_partial = o->merge || o->final;

	publisher = disclosure_publisher_new(&o->publish, f);
	if (publisher == NULL)
		goto out;
	if (o->spec != NULL) {
		if ((spec = spec_open(o->spec, f)) == NULL)
			goto out;
		o->request.digest_extra = o->tallied.digest_extra =
		    spec->text;
	}
	if (audit_open(&o->ledger, table.name, f) == -1)
		goto out;
	p = audit_provenance(&o->ledger, &o->tool, f);
	if (f->set)
		goto out;
	provenance_input(p, &o->tool.csv);
	if ((flow.in = tool_input(&o->tool, f)) == NULL)
		goto out;
	o->tally.jobs = o->tool.jobs;
	o->tally.partial = o->partial || o->merge;
	t = from_partial ? tally_new_partial(&o->tallied,
	    csv_header(flow.in), &o->tally, f) : tally_new(&o->tallied, spec,
	    csv_header(flow.in), &o->tally, f);
	if (t == NULL)
		goto out;
	if (!from_partial)
		tally_want(t, flow.in);
	if (account_lists(o, t, disclosure_publisher_labels(publisher), p,
	    f) == -1)
		goto out;
	noisy = noise_open(&o->noise, &o->request, &o->tool, f);
	if (f->set)
		goto out;
	use_text(o->ledger.use, "disclosure", method(o));
	if (o->where != NULL)
		use_filter(o->ledger.use, o->where);
	if (audit_announce(&o->ledger, spec, NULL, f) == -1 ||
	    noise_spend(&o->noise, o->ledger.use, f) == -1)
		goto out;
	if ((out = outfile_open(o->tool.output, f)) == NULL)
		goto out;
	provenance_output(p, "table", out);
	if (audit_confine(&o->ledger, &o->tool, &o->publish.audit, 1, f) ==
	    -1)
		goto out;
	flow.jobs = o->tool.jobs;
	flow.arg = t;
	flow.state_new = tally_state_new;
	flow.state_free = tally_state_free;
	flow.state_merge = tally_state_merge;
	flow.map = from_partial ? tally_map_partial : tally_map;
	flow.progress = o->tool.quiet ? NULL : table.name;
	if (flow_run(&flow, &state, f) == -1)
		goto out;
	if (from_partial && parts_check(tally_parts(state), o->tool.paths,
	    o->tool.npaths, (uint64_t)o->expect_parts, f) == -1)
		goto out;
	if (o->partial || o->merge) {
		if (tally_write_partial(state, o->merge ?
		    tally_parts(state)->parts : 1, out, !o->tool.no_header,
		    f) == -1)
			goto out;
	} else if ((result = tally_result_new(state, f)) == NULL ||
	    (noisy != NULL ? noise_publish(noisy, o->ledger.use, result, out,
	    &published.rows, f) : disclosure_publish(publisher, result, out,
	    &published, f)) == -1) {
		goto out;
	}
	if (outfile_commit(out, f) == -1 ||
	    account(o, p, spec, flow.records, published.rows, f) == -1)
		goto out;
	rc = report_published(publisher, &published);
	bad = report_bad(state);
	rc = bad > rc ? bad : rc;
out:
	noisy_free(noisy);
	tally_result_free(result);
	tally_state_free(state);
	tally_free(t);
	outfile_close(out);
	csv_close(flow.in);
	provenance_close(p);
	audit_close(&o->ledger);
	spec_close(spec);
	disclosure_publisher_free(publisher);
	return rc;
}

/* Published tables instead of records. */
static enum status
run_tables(const struct opts *o, struct fault *f)
{
	struct tables_options t = {
		.tool = &o->tool, .request = &o->request,
		.disclosure = o->publish.disclosure,
		.total_label = o->publish.total_label,
		.pivot = o->publish.pivot,
		.audit = o->publish.audit, .repair = o->repair,
		.earlier = o->earlier, .nearlier = o->nearlier,
		.ledger = o->ledger.ledger,
	};

	return o->audit_only ? tables_audit(&t, f) :
	    tables_release_check(&t, f);
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;

	o->publish.request = &o->request;
	o->publish.note = o->tally.empty_bad;
	o->publish.header = !o->tool.no_header;
	return o->release_check || o->audit_only ? run_tables(o, f) :
	    run_records(o, f);
}

static const struct tool_calls calls = { &table, set, check, run };

int
main(int argc, char **argv)
{
	struct opts o = { .publish.total_label = "Total" };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	if (o.contributor != NULL && o.tallied.by != NULL)
		disclosure_contributors_free(&o.tallied, &o.request);
	noise_close(&o.noise);
	tally_request_free(&o.request);
	disclosure_tables_free(&o.tables);
	free(o.names);
	free(o.earlier);
	free(o.labels);
	return status;
}

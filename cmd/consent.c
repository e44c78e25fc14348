/*
 * nib-consent: remove the records of people who objected.
 *
 * Reads records and lists of NHS numbers, writes records. Holds a block of
 * input for each worker, and for each list one bit for every possible NHS
 * number (at most 125 MB, as far as the list's numbers spread).
 */
#include "audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "base/num.h"
#include "csv/writer.h"
#include "flow/flow.h"
#include "privacy/consent.h"
#include "privacy/consent_merge.h"
#include "spec/spec.h"
#include "tool.h"

enum id {
	SPEC = 1, OPT_OUT, ALLOW, TYPE1, EXEMPT, PURPOSE, MAX_AGE,
	KEEP_UNMATCHED, REPORT, MERGE, WRITE_REQUEST
};

struct opts {
	struct tool t;
	struct audit audit;
	const char *spec, *purpose, *report, *request;
	int merge;
	struct consent_options c;
	const char **exemptions;
};

static const struct option_row rows[] = {
	{ SPEC, 's', "spec", "?SPEC",
	    "dataset specification: a name or a file" },
	{ OPT_OUT, 0, "opt-out", "<FILE",
	    "national opt-outs: those who are to be left out" },
	{ ALLOW, 0, "allow", "<FILE",
	    "national opt-outs: those the service says may stay" },
	{ TYPE1, 0, "type1", "<FILE", "Type 1 objections: those to leave out" },
	{ EXEMPT, 0, "exempt", "KIND:REASON",
	    "why a kind of objection does not apply; may be given again" },
	{ PURPOSE, 0, "purpose", "NAME", "what the records are for" },
	{ MAX_AGE, 0, "max-age", "DAYS", "refuse lists older than that" },
	{ KEEP_UNMATCHED, 0, "keep-unmatched", NULL,
	    "keep records without a usable NHS number" },
	{ REPORT, 0, "report", ">FILE", "write counts, as JSON" },
	{ MERGE, 0, "merge", NULL,
	    "the files are reports of parts: write their sum" },
	{ WRITE_REQUEST, 0, "write-request", ">FILE",
	    "no records: the numbers to ask the national service about" },
	AUDIT_ROWS,
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0 },
};

static const struct option_tool table = {
	"nib-consent",
	"-s SPEC [OPTION...] [FILE...]",
	"Remove the records of people who objected, honouring exemptions.",
	rows,
	"  nib-consent -s person --opt-out optouts.csv --type1 type1.csv "
	"people.csv\n"
	"  nib-consent -s person --write-request ask.dat people.csv\n"
	"  nib-consent -s person --allow answer.dat \\\n"
	"      --exempt type1:approved-project --report report.json "
	"people.csv\n"
};

static const char *const purposes[] = { "commissioning", "regulation",
	"transparency", "research", "public-health", "official-statistics",
	"individual-care", NULL };

static int
known_purpose(const char *v, struct fault *f)
{
	char hint[NEAREST_HINT];
	size_t i;

	for (i = 0; purposes[i] != NULL; i++)
		if (strcmp(purposes[i], v) == 0)
			return 0;
	return fault_set(f, "--purpose %s is not known%s (see "
	    "nib-consent(1))", v, nearest_hint(v, purposes, NEAREST_ALL,
	    hint));
}

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;
	int64_t days;

	switch (id) {
	case SPEC:
		o->spec = v;
		return 0;
	case OPT_OUT:
		o->c.lists[CONSENT_OPT_OUT] = v;
		return 0;
	case ALLOW:
		o->c.lists[CONSENT_ALLOW] = v;
		return 0;
	case TYPE1:
		o->c.lists[CONSENT_TYPE1] = v;
		return 0;
	case EXEMPT:
		o->exemptions = mem_array(o->exemptions, o->c.nexemptions + 1,
		    sizeof *o->exemptions);
		o->exemptions[o->c.nexemptions++] = v;
		return 0;
	case PURPOSE:
		o->purpose = v;
		return known_purpose(v, f);
	case MAX_AGE:
		if (num_in_range(v, 1, 3660, &days) == -1)
			return fault_set(f, "--max-age needs days, 1 to "
			    "3660");
		o->c.max_age_seconds = days * 86400;
		return 0;
	case KEEP_UNMATCHED:
		o->c.keep_unmatched = 1;
		return 0;
	case REPORT:
		o->report = v;
		return 0;
	case MERGE:
		o->merge = 1;
		return 0;
	case WRITE_REQUEST:
		o->request = v;
		return 0;
	default:
		(void)audit_option(&o->audit, id, v);
		return 0;
	}
}

static int
check(void *options, struct fault *f)
{
	struct opts *o = options;
	const struct consent_options *c = &o->c;
	size_t i;

	o->t.no_output = o->request != NULL;

	for (i = 0; i < CONSENT_LISTS; i++)
		if (c->lists[i] != NULL)
			break;
	if (o->merge) {
		if (o->spec != NULL || i < CONSENT_LISTS ||
		    c->nexemptions > 0 || o->purpose != NULL ||
		    o->request != NULL || o->report != NULL)
			return fault_set(f, "--merge adds up reports, which "
			    "say all else; it goes with --output only");
		if (o->t.npaths == 0)
			return fault_set(f, "--merge needs reports");
		return 0;
	}
	if (o->spec == NULL)
		return fault_set(f, "a specification is needed (--spec)");
	if (o->request == NULL)
		return 0;
	if (i < CONSENT_LISTS || c->nexemptions > 0 || o->report != NULL ||
	    o->t.output != NULL || c->keep_unmatched)
		return fault_set(f, "--write-request asks before any list "
		    "is used; it goes with no list, exemption or output");
	return 0;
}

static int
write_header(struct outfile *out, const struct csv_header *h,
    struct fault *f)
{
	struct buf line = { 0 };
	int rc;

	csv_put_header(&line, h->names, h->n);
	rc = outfile_write(out, line.p, line.n, f);
	buf_free(&line);
	return rc;
}

static int
write_report(const struct opts *o, const struct consent *c,
    const struct consent_counts *n, struct outfile *to, struct fault *f)
{
	struct buf text = { 0 };
	int rc;

	consent_report(c, n, o->purpose, &text);
	rc = outfile_write(to, text.p, text.n, f);
	if (rc == 0)
		rc = outfile_commit(to, f);
	buf_free(&text);
	return rc;
}

static void
tell(const struct opts *o, const struct consent_counts *n)
{
	unsigned long long unmatched =
	    (unsigned long long)(n->missing + n->invalid);

	if (o->request == NULL && unmatched > 0)
		msg_warn("%llu records have no usable NHS number and were %s",
		    unmatched, o->c.keep_unmatched ? "kept" : "removed");
}

static void
account(struct provenance *p, const struct opts *o, const struct spec *spec,
    const struct consent_counts *n)
{
	size_t i;

	provenance_spec(p, spec);
	if (o->purpose != NULL)
		provenance_text(p, "purpose", o->purpose);
	for (i = 0; i < o->c.nexemptions; i++)
		provenance_text(p, "exemption", o->exemptions[i]);
	provenance_count(p, "records_in", n->in);
	provenance_count(p, "records_out", n->out);
	provenance_count(p, "records_removed_objected", n->objected);
	provenance_count(p, "records_without_nhs_number", n->missing);
	provenance_count(p, "records_with_invalid_nhs_number", n->invalid);
}

/* How objections were answered, for the announcement. */
static void
tell_ledger(const struct opts *o)
{
	static const char *const names[] = { "list_opt_out", "list_allow",
		"list_type1" };
	struct buf all = { 0 };
	size_t i;

	for (i = 0; i < CONSENT_LISTS; i++)
		if (o->c.lists[i] != NULL)
			use_text(o->audit.use, names[i], "used");
	for (i = 0; i < o->c.nexemptions; i++) {
		if (i > 0)
			buf_puts(&all, "; ");
		buf_puts(&all, o->exemptions[i]);
	}
	if (all.n > 0)
		use_text(o->audit.use, "exemptions", buf_string(&all));
	use_text(o->audit.use, "unmatched", o->c.keep_unmatched ? "kept" :
	    "removed");
	buf_free(&all);
}

static enum status
merge(const struct opts *o, struct fault *f)
{
	struct buf sum = { 0 };
	enum status rc = TROUBLE;

	if (consent_merge(o->t.paths, o->t.npaths, &sum, f) == 0 &&
	    outfile_whole(o->t.output, &sum, f) == 0)
		rc = CLEAN;
	buf_free(&sum);
	return rc;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct flow flow = { .jobs = o->t.jobs,
		.progress = o->t.quiet ? NULL : table.name,
		.state_new = consent_worker_new,
		.state_free = consent_worker_free,
		.state_merge = consent_worker_merge, .map = consent_map };
	struct outfile *out = NULL, *report = NULL;
	struct consent *consent = NULL;
	struct provenance *p = NULL;
	struct spec *spec = NULL;
	struct consent_counts n;
	enum status rc = TROUBLE;
	void *state = NULL;

	if (o->merge)
		return merge(o, f);
	if ((spec = spec_open(o->spec, f)) == NULL)
		goto out;
	if (audit_open(&o->audit, table.name, f) == -1)
		goto out;
	p = audit_provenance(&o->audit, &o->t, f);
	if (f->set)
		goto out;
	provenance_input(p, &o->t.csv);
	if ((flow.in = tool_input(&o->t, f)) == NULL)
		goto out;
	o->c.spec = spec;
	o->c.exemptions = o->exemptions;
	if (o->request != NULL)
		consent = consent_request(spec, csv_header(flow.in), f);
	else
		consent = consent_new(&o->c, csv_header(flow.in), f);
	if (consent == NULL)
		goto out;
	tell_ledger(o);
	if (audit_announce(&o->audit, spec, NULL, f) == -1)
		goto out;
	if (o->report != NULL && (report = outfile_open(o->report, f)) == NULL)
		goto out;
	out = outfile_open(o->request != NULL ? o->request : o->t.output, f);
	if (out == NULL)
		goto out;
	provenance_output(p, o->request != NULL ? "request" : "records", out);
	if (o->request == NULL && !o->t.no_header &&
	    write_header(out, csv_header(flow.in), f) == -1)
		goto out;
	if (audit_confine(&o->audit, &o->t, (const char *const[]){ o->report,
	    o->request }, 2, f) == -1)
		goto out;
	flow.arg = consent;
	flow.outs = &out;
	flow.nouts = 1;
	if (flow_run(&flow, &state, f) == -1)
		goto out;
	n = consent_worker_counts(state);
	if (o->request != NULL && people_write_request(
	    consent_people(consent), out, f) == -1)
		goto out;
	if (outfile_commit(out, f) == -1)
		goto out;
	if (report != NULL && write_report(o, consent, &n, report, f) == -1)
		goto out;
	use_count(o->audit.use, "records_removed_objected", n.objected);
	use_count(o->audit.use, "records_unmatched", n.missing + n.invalid);
	if (audit_report(&o->audit, p, n.in, n.out, NULL, 0, f) == -1)
		goto out;
	account(p, o, spec, &n);
	if (provenance_finish(p, f) == -1)
		goto out;
	tell(o, &n);
	rc = CLEAN;
out:
	consent_worker_free(state);
	outfile_close(report);
	outfile_close(out);
	consent_free(consent);
	csv_close(flow.in);
	provenance_close(p);
	audit_close(&o->audit);
	spec_close(spec);
	return rc;
}

static const struct tool_calls calls = { &table, set, check, run };

int
main(int argc, char **argv)
{
	struct opts o = { .c.max_age_seconds = -1 };
	int status = tool_main(&calls, &o.t, &o, argc, argv);

	free(o.exemptions);
	return status;
}

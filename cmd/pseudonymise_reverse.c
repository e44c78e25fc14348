/* nib-pseudonymise --reverse: the only way back. */
#include "pseudonymise.h"

#include "base/buf.h"
#include "csv/writer.h"
#include "flow/flow.h"
#include "privacy/reverse.h"
#include "spec/spec.h"

/* Announced before any output, reported when it is complete. */
static int
run_flow(struct opts *o, struct flow *flow, struct provenance *p,
    struct fault *f)
{
	struct outfile *out = NULL;
	struct buf line = { 0 };
	void *state = NULL;
	int rc = -1;

	if ((out = outfile_open(o->t.output, f)) == NULL)
		goto out;
	provenance_output(p, "records", out);
	csv_put_header(&line, csv_header(flow->in)->names,
	    csv_header(flow->in)->n);
	if (!o->t.no_header && outfile_write(out, line.p, line.n, f) == -1)
		goto out;
	if (audit_confine(&o->audit, &o->t, NULL, 0, f) == -1)
		goto out;
	flow->outs = &out;
	flow->nouts = 1;
	if (flow_run(flow, &state, f) == -1 || outfile_commit(out, f) == -1)
		goto out;
	if (reverse_refused(state) > 0)
		msg_note("%llu tokens did not open and were left empty",
		    (unsigned long long)reverse_refused(state));
	use_count(o->audit.use, "tokens_reversed", reverse_opened(state));
	if (audit_report(&o->audit, p, flow->records, flow->records, NULL, 0,
	    f) == -1)
		goto out;
	provenance_count(p, "records_in", flow->records);
	provenance_count(p, "records_out", flow->records);
	provenance_count(p, "tokens_reversed", reverse_opened(state));
	rc = provenance_finish(p, f);
out:
	reverse_worker_free(state);
	outfile_close(out);
	buf_free(&line);
	return rc;
}

/* --reverse: the only way back, with a reason, by who has the key. */
enum status
run_reverse(struct opts *o, struct fault *f)
{
	struct reverse_options r = { .overrides = o->treats,
		.noverrides = o->ntreats, .escrow = o->escrow,
		.blank = o->invalid != GATE_FAIL };
	struct flow flow = { .jobs = o->t.jobs,
		.progress = o->t.quiet ? NULL : NAME,
		.state_new = reverse_worker_new,
		.state_free = reverse_worker_free,
		.state_merge = reverse_worker_merge, .map = reverse_map };
	struct reverse *reverse = NULL;
	struct provenance *p = NULL;
	struct key *key = NULL;
	struct spec *spec = NULL;
	enum status rc = TROUBLE;

	if (key_harden(f) == -1 || (spec = spec_open(o->spec, f)) == NULL)
		goto out;
	key = open_key(o, o->escrow != NULL ? KEY_ESCROW_SECRET :
	    KEY_PROJECT, f);
	if (key == NULL || audit_open(&o->audit, NAME, f) == -1)
		goto out;
	p = audit_provenance(&o->audit, &o->t, f);
	if (f->set)
		goto out;
	provenance_input(p, &o->t.csv);
	provenance_spec(p, spec);
	provenance_text(p, "key_id", key_id(key));
	provenance_text(p, "key_fingerprint", key_fingerprint(key));
	if ((flow.in = tool_input(&o->t, f)) == NULL)
		goto out;
	r.spec = spec;
	r.key = key;
	reverse = reverse_new(&r, csv_header(flow.in), f);
	if (reverse == NULL)
		goto out;
	flow.arg = reverse;
	use_text(o->audit.use, "reidentification", "yes");
	use_text(o->audit.use, "reason", o->reason);
	use_text(o->audit.use, "approver", o->approver);
	if (audit_announce(&o->audit, spec, key, f) == 0 &&
	    run_flow(o, &flow, p, f) == 0)
		rc = CLEAN;
out:
	reverse_free(reverse);
	csv_close(flow.in);
	provenance_close(p);
	audit_close(&o->audit);
	key_close(key);
	spec_close(spec);
	return rc;
}

/* nib-pseudonymise --risk: how far fields single people out. */
#include "pseudonymise.h"

#include "flow/flow.h"
#include "privacy/risk.h"
#include "spec/spec.h"

/* The report on stdout or -o, and what it means for the status. */
static enum status
report_risk(const struct opts *o, const void *state, struct fault *f)
{
	uint64_t k = risk_min_class(state);
	struct buf text = { 0 };
	enum status rc = TROUBLE;

	risk_report(state, &text);
	if (outfile_whole(o->t.output, &text, f) == 0)
		rc = o->min_k > 0 && k > 0 && k < (uint64_t)o->min_k ?
		    FINDINGS : CLEAN;
	if (rc == FINDINGS)
		msg_note("the smallest class has %llu records, less than %lld",
		    (unsigned long long)k, (long long)o->min_k);
	buf_free(&text);
	return rc;
}

/* --risk: of the cells as they stand, or with -s as they would come out. */
enum status
run_risk(struct opts *o, struct fault *f)
{
	struct gate_options g = { .overrides = o->treats,
		.noverrides = o->ntreats, .invalid = o->invalid,
		.withhold = o->withhold, .nwithhold = o->nwithhold };
	struct flow flow = { .jobs = o->t.jobs,
		.progress = o->t.quiet ? NULL : NAME,
		.state_new = risk_worker_new, .state_free = risk_worker_free,
		.state_merge = risk_worker_merge, .map = risk_map };
	struct key *key = NULL;
	struct spec *spec = NULL;
	struct gate *gate = NULL;
	struct risk *risk = NULL;
	enum status rc = TROUBLE;
	void *state = NULL;

	if (key_harden(f) == -1)
		goto out;
	if (o->spec != NULL && (spec = spec_open(o->spec, f)) == NULL)
		goto out;
	if ((o->key != NULL || o->key_fd != -1) &&
	    (key = open_key(o, KEY_PROJECT, f)) == NULL)
		goto out;
	if ((flow.in = tool_input(&o->t, f)) == NULL)
		goto out;
	g.spec = spec;
	g.key = key;
	if (spec != NULL &&
	    (gate = gate_new(&g, csv_header(flow.in), f)) == NULL)
		goto out;
	risk = risk_new(o->risk, o->sensitive, gate, csv_header(flow.in), f);
	if (risk == NULL)
		goto out;
	flow.arg = risk;
	if (audit_confine(&o->audit, &o->t, NULL, 0, f) == 0 &&
	    flow_run(&flow, &state, f) == 0)
		rc = report_risk(o, state, f);
out:
	risk_worker_free(state);
	risk_free(risk);
	gate_free(gate);
	csv_close(flow.in);
	key_close(key);
	spec_close(spec);
	return rc;
}

/*
 * nib-pseudonymise: replace, generalise or withhold what identifies a
 * person, as the specification says.
 *
 * Reads records, writes records. Holds one block of input and its output
 * for each worker, whatever the size of the input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/writer.h"
#include "flow/flow.h"
#include "ledger/provenance.h"
#include "ledger/use.h"
#include "privacy/gate.h"
#include "privacy/key.h"
#include "privacy/reverse.h"
#include "privacy/risk.h"
#include "spec/spec.h"
#include "tool.h"

enum id {
	SPEC = 1, KEY, KEY_FD, TREAT, INVALID, ESCROW, ESCROW_TO, LEDGER,
	LEDGER_KEY, USE, RISK, SENSITIVE, MIN_K, REVERSE,
	REASON, APPROVER, WITHHOLD
};

struct opts {
	struct tool t;
	const char *spec, *key, *escrow, *escrow_to;
	const char *ledger, *ledger_key, *use;
	const char *risk, *sensitive;
	int64_t min_k; /* 0: none */
	int reverse;
	const char *reason, *approver;
	int64_t key_fd; /* -1: none */
	const char **treats, **withhold;
	size_t ntreats, nwithhold;
	enum gate_invalid invalid;
};

static const struct option_row rows[] = {
	{ SPEC, 's', "spec", "SPEC", "dataset specification: a name or a file" },
	{ KEY, 'k', "key", "FILE", "the project's key" },
	{ KEY_FD, 0, "key-fd", "N", "the same, from an open descriptor" },
	{ TREAT, 0, "treat", "FIELD=TREATMENT",
	    "instead of what the specification says; may repeat" },
	{ WITHHOLD, 0, "withhold", "LIST",
	    "codes that take a record's identifiers away; may repeat" },
	{ INVALID, 0, "invalid", "WHAT",
	    "cells no treatment can read: fail (default), blank, "
	    "keep-apart" },
	{ ESCROW, 0, "escrow", "FILE", "where escrowed values go" },
	{ ESCROW_TO, 0, "escrow-to", "KEY",
	    "the public key of the officer who may open them" },
	{ LEDGER, 0, "ledger", "FILE", "announce and report this use there" },
	{ LEDGER_KEY, 0, "ledger-key", "FILE", "the ledger's secret key" },
	{ USE, 0, "use", "FILE", "what the use is for; see nib-ledger(1)" },
	{ RISK, 0, "risk", "A,B,...",
	    "no records: how far these fields single people out" },
	{ SENSITIVE, 0, "sensitive", "FIELD",
	    "risk: what could be learnt about a person" },
	{ MIN_K, 0, "min-k", "K", "risk: status 1 when a class is smaller" },
	{ REVERSE, 0, "reverse", NULL,
	    "back again: tokens of reversible or escrowed fields to values" },
	{ REASON, 0, "reason", "TEXT", "reverse: why; goes to the ledger" },
	{ APPROVER, 0, "approver", "WHO", "reverse: who allowed it" },
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_COMMON_ROWS,
	{ 0 },
};

static const struct option_tool table = {
	"nib-pseudonymise",
	"-s SPEC -k KEY [OPTION...] [FILE...]",
	"replace, generalise or withhold what identifies a person",
	rows,
	"  nib-pseudonymise -s admitted_episode -k project.key "
	"episodes.csv > safe.csv\n"
	"  nib-pseudonymise -s person -k project.key \\\n"
	"      --treat 'birth_date=year' --treat lsoa=drop people.csv\n"
	"  nib-pseudonymise --risk age_band,sex,lsoa --min-k 5 safe.csv\n"
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	switch (id) {
	case SPEC:
		o->spec = v;
		return 0;
	case KEY:
		o->key = v;
		return 0;
	case KEY_FD:
		if (num_in_range(v, 0, 65535, &o->key_fd) == -1)
			return fault_set(f, "--key-fd needs the number of an "
			    "open descriptor");
		return 0;
	case TREAT:
		o->treats = mem_array(o->treats, o->ntreats + 1,
		    sizeof *o->treats);
		o->treats[o->ntreats++] = v;
		return 0;
	case WITHHOLD:
		o->withhold = mem_array(o->withhold, o->nwithhold + 1,
		    sizeof *o->withhold);
		o->withhold[o->nwithhold++] = v;
		return 0;
	case INVALID:
		if (strcmp(v, "fail") == 0)
			o->invalid = GATE_FAIL;
		else if (strcmp(v, "blank") == 0)
			o->invalid = GATE_BLANK;
		else if (strcmp(v, "keep-apart") == 0)
			o->invalid = GATE_KEEP_APART;
		else
			return fault_set(f, "--invalid is fail, blank or "
			    "keep-apart");
		return 0;
	case ESCROW:
		o->escrow = v;
		return 0;
	case ESCROW_TO:
		o->escrow_to = v;
		return 0;
	case REVERSE:
		o->reverse = 1;
		return 0;
	case REASON:
		o->reason = v;
		return 0;
	case APPROVER:
		o->approver = v;
		return 0;
	case RISK:
		o->risk = v;
		return 0;
	case SENSITIVE:
		o->sensitive = v;
		return 0;
	case MIN_K:
		if (num_in_range(v, 1, 1000000, &o->min_k) == -1)
			return fault_set(f, "--min-k needs a number from 1");
		return 0;
	case LEDGER:
		o->ledger = v;
		return 0;
	case LEDGER_KEY:
		o->ledger_key = v;
		return 0;
	case USE:
		o->use = v;
		return 0;
	default:
		return 0;
	}
}

static int
check_options(const struct opts *o, struct fault *f)
{
	if (o->risk == NULL && (o->sensitive != NULL || o->min_k > 0))
		return fault_set(f, "--sensitive and --min-k belong to "
		    "--risk");
	if (o->risk != NULL && (o->escrow != NULL || o->ledger != NULL ||
	    o->t.provenance != NULL))
		return fault_set(f, "--risk releases no records: no escrow, "
		    "ledger or provenance goes with it");
	if (o->spec == NULL && o->risk == NULL)
		return fault_set(f, "a specification is needed (--spec)");
	if (o->key != NULL && o->key_fd != -1)
		return fault_set(f, "--key and --key-fd are one too many");
	if (o->reverse) {
		if (o->risk != NULL || o->escrow_to != NULL)
			return fault_set(f, "--reverse goes neither with "
			    "--risk nor with --escrow-to");
		if (o->reason == NULL || o->approver == NULL ||
		    o->ledger == NULL)
			return fault_set(f, "--reverse needs --reason, "
			    "--approver and --ledger");
		if (o->key == NULL && o->key_fd == -1)
			return fault_set(f, "--reverse needs the project's "
			    "or the officer's key (--key)");
		return 0;
	}
	if (o->reason != NULL || o->approver != NULL)
		return fault_set(f, "--reason and --approver belong to "
		    "--reverse");
	if ((o->escrow == NULL) != (o->escrow_to == NULL))
		return fault_set(f, "--escrow and --escrow-to go together");
	return 0;
}

static struct key *
open_key(const struct opts *o, enum key_type type, struct fault *f)
{
	struct key *k;

	if (o->key != NULL)
		k = key_open(o->key, f);
	else
		k = key_open_fd((int)o->key_fd, f);
	if (k != NULL && key_need(k, type, f) == -1) {
		key_close(k);
		return NULL;
	}
	return k;
}

/* What the operator should know; the run goes on. */
static void
warn(const struct gate *gate, const struct csv_header *h)
{
	size_t c;

	for (c = 0; c < h->n; c++)
		if (gate_keeps_identifier(gate, c))
			msg_warn("column %zu (%s) is an identifier and is "
			    "kept", c + 1, h->names[c]);
}

struct files {
	struct outfile *out[2]; /* records, escrow */
	size_t n;
};

/* Into the ledger, before any output is opened. */
static int
announce(struct use *use, const struct spec *spec, const struct key *key,
    struct fault *f)
{
	char *warning = NULL;
	int rc;

	use_spec(use, spec);
	use_key(use, key);
	rc = use_intent(use, table.name, &warning, f);
	if (warning != NULL)
		msg_warn("%s", warning);
	free(warning);
	return rc;
}

static void
add_digest(void *arg, const char *name, const char *hex)
{
	char fact[64];

	(void)snprintf(fact, sizeof fact, "digest_%s", name);
	use_text(arg, fact, hex);
}

/* And when all of it is complete. */
static int
report(struct use *use, struct provenance *p, const void *state,
    uint64_t records, struct fault *f)
{
	uint64_t *tags;
	size_t n;
	int rc;

	if (use == NULL)
		return 0;
	provenance_digests(p, add_digest, use);
	use_count(use, "records_in", records);
	use_count(use, "records_out", records);
	tags = gate_worker_tags(state, &n);
	rc = use_complete(use, tags, n, f);
	free(tags);
	return rc;
}

static int
open_files(struct files *files, const struct opts *o, struct gate *gate,
    struct provenance *p, struct fault *f)
{
	struct buf line = { 0 };
	int rc = -1;

	if ((files->out[files->n++] = outfile_open(o->t.output, f)) == NULL)
		goto out;
	provenance_output(p, "records", files->out[0]);
	if (gate_escrows(gate)) {
		files->out[files->n++] = outfile_open(o->escrow, f);
		if (files->out[1] == NULL)
			goto out;
		provenance_output(p, "escrow", files->out[1]);
		gate_put_escrow_header(gate, &line);
		if (outfile_write(files->out[1], line.p, line.n, f) == -1)
			goto out;
		buf_clear(&line);
	}
	if (!o->t.no_header) {
		gate_put_header(gate, &line);
		if (outfile_write(files->out[0], line.p, line.n, f) == -1)
			goto out;
	}
	rc = 0;
out:
	buf_free(&line);
	return rc;
}

/* The report on stdout or -o, and what it means for the status. */
static enum status
report_risk(const struct opts *o, const void *state, struct fault *f)
{
	struct outfile *out = outfile_open(o->t.output, f);
	uint64_t k = risk_min_class(state);
	struct buf text = { 0 };
	enum status rc = TROUBLE;

	risk_report(state, &text);
	if (out != NULL && outfile_write(out, text.p, text.n, f) == 0 &&
	    outfile_commit(out, f) == 0)
		rc = o->min_k > 0 && k > 0 && k < (uint64_t)o->min_k ?
		    FINDINGS : CLEAN;
	if (rc == FINDINGS)
		msg_note("the smallest class has %llu records, less than %lld",
		    (unsigned long long)k, (long long)o->min_k);
	outfile_close(out);
	buf_free(&text);
	return rc;
}

/* --risk: of the cells as they stand, or with -s as they would come out. */
static enum status
run_risk(struct opts *o, struct fault *f)
{
	struct gate_options g = { .overrides = o->treats,
		.noverrides = o->ntreats, .invalid = o->invalid };
	struct flow flow = { .jobs = o->t.jobs, .progress = table.name,
		.state_new = risk_worker_new, .state_free = risk_worker_free,
		.state_merge = risk_worker_merge, .map = risk_map };
	struct key *key = NULL;
	struct spec *spec = NULL;
	struct gate *gate = NULL;
	struct risk *risk = NULL;
	enum status rc = TROUBLE;
	void *state = NULL;

	if (o->spec == NULL && o->ntreats > 0)
		(void)fault_set(f, "--treat needs a specification (--spec)");
	if (f->set || key_harden(f) == -1 || check_options(o, f) == -1)
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
	if (flow_run(&flow, &state, f) == 0)
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

/* Announced before any output, reported when it is complete. */
static int
run_reverse_flow(struct opts *o, struct flow *flow, struct use *use,
    struct fault *f)
{
	struct outfile *out = NULL;
	struct buf line = { 0 };
	void *state = NULL;
	int rc = -1;

	if ((out = outfile_open(o->t.output, f)) == NULL)
		goto out;
	csv_put_header(&line, csv_header(flow->in)->names,
	    csv_header(flow->in)->n);
	if (!o->t.no_header && outfile_write(out, line.p, line.n, f) == -1)
		goto out;
	flow->outs = &out;
	flow->nouts = 1;
	if (flow_run(flow, &state, f) == -1 || outfile_commit(out, f) == -1)
		goto out;
	if (reverse_refused(state) > 0)
		msg_note("%llu tokens did not open and were left empty",
		    (unsigned long long)reverse_refused(state));
	use_count(use, "records_in", flow->records);
	use_count(use, "tokens_reversed", reverse_opened(state));
	rc = use_complete(use, NULL, 0, f);
out:
	reverse_worker_free(state);
	outfile_close(out);
	buf_free(&line);
	return rc;
}

/* --reverse: the only way back, with a reason, by who has the key. */
static enum status
run_reverse(struct opts *o, struct fault *f)
{
	struct reverse_options r = { .overrides = o->treats,
		.noverrides = o->ntreats, .escrow = o->escrow,
		.blank = o->invalid != GATE_FAIL };
	struct flow flow = { .jobs = o->t.jobs, .progress = table.name,
		.state_new = reverse_worker_new,
		.state_free = reverse_worker_free,
		.state_merge = reverse_worker_merge, .map = reverse_map };
	struct reverse *reverse = NULL;
	struct key *key = NULL;
	struct spec *spec = NULL;
	struct use *use = NULL;
	enum status rc = TROUBLE;

	if (key_harden(f) == -1 || check_options(o, f) == -1 ||
	    (spec = spec_open(o->spec, f)) == NULL)
		goto out;
	key = open_key(o, o->escrow != NULL ? KEY_ESCROW_SECRET :
	    KEY_PROJECT, f);
	if (key == NULL || (use = use_open(o->ledger, o->ledger_key, o->use,
	    f)) == NULL || (flow.in = tool_input(&o->t, f)) == NULL)
		goto out;
	r.spec = spec;
	r.key = key;
	reverse = reverse_new(&r, csv_header(flow.in), f);
	if (reverse == NULL)
		goto out;
	flow.arg = reverse;
	use_text(use, "reidentification", "yes");
	use_text(use, "reason", o->reason);
	use_text(use, "approver", o->approver);
	if (announce(use, spec, key, f) == 0 &&
	    run_reverse_flow(o, &flow, use, f) == 0)
		rc = CLEAN;
out:
	reverse_free(reverse);
	csv_close(flow.in);
	use_close(use);
	key_close(key);
	spec_close(spec);
	return rc;
}

static enum status
run(struct opts *o, struct fault *f)
{
	struct gate_options g = { .overrides = o->treats,
		.noverrides = o->ntreats, .invalid = o->invalid };
	struct flow flow = { .jobs = o->t.jobs, .progress = table.name,
		.state_new = gate_worker_new, .state_free = gate_worker_free,
		.state_merge = gate_worker_merge, .map = gate_map };
	struct key *key = NULL, *officer = NULL;
	struct provenance *p = NULL;
	struct files files = { { NULL, NULL }, 0 };
	struct spec *spec = NULL;
	struct gate *gate = NULL;
	unsigned char tag_key[KEY_BYTES];
	struct gate_counts counts;
	enum status rc = TROUBLE;
	struct use *use = NULL;
	void *state = NULL;
	size_t i;

	if (key_harden(f) == -1 || check_options(o, f) == -1)
		goto out;
	if ((spec = spec_open(o->spec, f)) == NULL)
		goto out;
	if ((o->key != NULL || o->key_fd != -1) &&
	    (key = open_key(o, KEY_PROJECT, f)) == NULL)
		goto out;
	if (o->escrow_to != NULL &&
	    (officer = key_open(o->escrow_to, f)) == NULL)
		goto out;
	use = use_open(o->ledger, o->ledger_key, o->use, f);
	if (f->set)
		goto out;
	if (use != NULL) {
		use_tag_key(use, tag_key);
		g.tag_key = tag_key;
	}
	p = provenance_start(o->t.provenance, table.name, o->t.argc,
	    o->t.argv, o->t.paths, o->t.npaths, f);
	if (f->set)
		goto out;
	if (p == NULL && use != NULL)
		p = provenance_new(table.name, o->t.argc, o->t.argv,
		    o->t.paths, o->t.npaths);
	provenance_input(p, &o->t.csv);
	if ((flow.in = tool_input(&o->t, f)) == NULL)
		goto out;
	g.spec = spec;
	g.key = key;
	g.escrow_to = officer;
	g.withhold = o->withhold;
	g.nwithhold = o->nwithhold;
	if ((gate = gate_new(&g, csv_header(flow.in), f)) == NULL)
		goto out;
	if (officer != NULL && !gate_escrows(gate)) {
		(void)fault_set(f, "--escrow is given but no column is "
		    "escrowed");
		goto out;
	}
	warn(gate, csv_header(flow.in));
	if (announce(use, spec, key, f) == -1)
		goto out;
	if (open_files(&files, o, gate, p, f) == -1)
		goto out;
	flow.arg = gate;
	flow.outs = files.out;
	flow.nouts = files.n;
	if (flow_run(&flow, &state, f) == -1)
		goto out;
	/* The escrow first: records without it could not be opened again. */
	for (i = files.n; i-- > 0;)
		if (outfile_commit(files.out[i], f) == -1)
			goto out;
	if (report(use, p, state, flow.records, f) == -1)
		goto out;
	counts = gate_worker_counts(state);
	if (counts.invalid > 0)
		msg_note("%llu cells were not what they should be and were "
		    "%s", (unsigned long long)counts.invalid,
		    o->invalid == GATE_BLANK ? "left empty" :
		    "kept apart or left empty");
	provenance_spec(p, spec);
	if (key != NULL) {
		provenance_text(p, "key_id", key_id(key));
		provenance_text(p, "key_fingerprint", key_fingerprint(key));
	}
	if (use != NULL)
		provenance_text(p, "use", use_id(use));
	provenance_count(p, "records_in", flow.records);
	provenance_count(p, "records_out", flow.records);
	provenance_count(p, "cells_missing", counts.missing);
	provenance_count(p, "cells_invalid", counts.invalid);
	provenance_count(p, "records_withheld_identity", counts.withheld);
	if (provenance_finish(p, f) == 0)
		rc = CLEAN;
out:
	gate_worker_free(state);
	for (i = 0; i < files.n; i++)
		outfile_close(files.out[i]);
	gate_free(gate);
	csv_close(flow.in);
	provenance_close(p);
	use_close(use);
	key_close(officer);
	key_close(key);
	spec_close(spec);
	return rc;
}

int
main(int argc, char **argv)
{
	struct fault f = FAULT_NONE;
	struct opts o = { .key_fd = -1 };
	enum status status = TROUBLE;
	int rc;

	rc = tool_parse(&o.t, &table, argc, argv, set, &o, &f);
	if (rc == 0)
		status = o.risk != NULL ? run_risk(&o, &f) : o.reverse ?
		    run_reverse(&o, &f) : run(&o, &f);
	free(o.treats);
	free(o.withhold);
	return rc == 1 ? CLEAN : tool_end(status, &f);
}

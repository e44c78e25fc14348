/*
 * nib-pseudonymise: replace, generalise or withhold what identifies a
 * person, as the specification says.
 *
 * Reads records, writes records. Holds one block of input and its output
 * for each worker, whatever the size of the input.
 */
#include "pseudonymise.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "flow/flow.h"
#include "privacy/encode.h"
#include "privacy/secret.h"
#include "spec/spec.h"

enum id {
	SPEC = 1, KEY, KEY_FD, PASSPHRASE_FD, TREAT, INVALID, ESCROW,
	ESCROW_TO, RISK, SENSITIVE, MIN_K, OUTPUT_SPEC, ROTATE_FROM, MAP,
	REVERSE, REASON, APPROVER, WITHHOLD, ENCODE, ENCODE_SALT,
	ENCODE_DIFFUSE
};

static const struct option_row rows[] = {
	{ SPEC, 's', "spec", "?SPEC",
	    "dataset specification: a name or a file" },
	{ KEY, 'k', "key", "<FILE", "the project's key" },
	{ KEY_FD, 0, "key-fd", "N", "the same, from an open descriptor" },
	{ PASSPHRASE_FD, 0, "passphrase-fd", "N",
	    "the key's passphrase, from there, not from the terminal" },
	{ TREAT, 0, "treat", "FIELD=TREATMENT",
	    "instead of what the specification says; may be given again" },
	{ WITHHOLD, 0, "withhold", "?LIST",
	    "codes that take a record's identifiers away; may be given again" },
	{ ENCODE, 0, "encode", "NAME=FIELD,...",
	    "add a Bloom filter of these fields, for linkage" },
	{ ENCODE_SALT, 0, "encode-salt", "FIELD",
	    "people who differ in this field have nothing in common there" },
	{ ENCODE_DIFFUSE, 0, "encode-diffuse", "T",
	    "each bit of it is made of T bits, 1 to 64" },
	{ INVALID, 0, "invalid", "WHAT",
	    "cells no treatment can read: fail (default), blank, "
	    "keep-apart" },
	{ ESCROW, 0, "escrow", ">FILE", "where escrowed values go" },
	{ ESCROW_TO, 0, "escrow-to", "<KEY",
	    "the public key of the officer who may open them" },
	{ OUTPUT_SPEC, 0, "output-spec", ">FILE",
	    "no records: the specification of what comes out" },
	{ ROTATE_FROM, 0, "rotate-from", "<OLDKEY",
	    "the key that --key takes the place of" },
	{ MAP, 0, "map", ">FILE",
	    "with it: which token became which; no identifiers" },
	AUDIT_ROWS,
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
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0 },
};

static const struct option_tool table = {
	NAME,
	"-s SPEC -k KEY [OPTION...] [FILE...]",
	"Replace, generalise or withhold what identifies a person.",
	rows,
	"  nib-pseudonymise -s admitted_episode -k project.key "
	"episodes.csv > safe.csv\n"
	"  nib-pseudonymise -s person -k project.key \\\n"
	"      --treat 'birth_date=year' --treat lsoa=drop people.csv\n"
	"  nib-pseudonymise -s person --output-spec safe.json\n"
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
	case PASSPHRASE_FD:
		return passphrase_option(&o->passphrase, v, f);
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
	case ENCODE:
		o->encode = v;
		return 0;
	case ENCODE_SALT:
		o->encode_salt = v;
		return 0;
	case ENCODE_DIFFUSE:
		return num_in_range(v, 1, ENCODE_TAPS, &o->encode_taps) == 0 ?
		    0 : fault_set(f, "--encode-diffuse needs a number from 1 "
		    "to %d", ENCODE_TAPS);
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
	case OUTPUT_SPEC:
		o->output_spec = v;
		return 0;
	case ROTATE_FROM:
		o->rotate_from = v;
		return 0;
	case MAP:
		o->map = v;
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
	default:
		(void)audit_option(&o->audit, id, v);
		return 0;
	}
}

static int
check(void *options, struct fault *f)
{
	struct opts *o = options;

	o->t.no_output = o->output_spec != NULL;
	if (o->risk != NULL && o->spec == NULL &&
	    o->ntreats + o->nwithhold > 0)
		return fault_set(f, "--treat and --withhold need a "
		    "specification (--spec)");
	if (o->risk == NULL && (o->sensitive != NULL || o->min_k > 0))
		return fault_set(f, "--sensitive and --min-k belong to "
		    "--risk");
	if (o->risk != NULL && (o->escrow != NULL || o->encode != NULL ||
	    o->audit.ledger != NULL || o->t.provenance != NULL))
		return fault_set(f, "--risk releases no records: no escrow, "
		    "encoding, ledger or provenance goes with it");
	if (o->spec == NULL && o->risk == NULL)
		return fault_set(f, "a specification is needed (--spec)");
	if (o->key != NULL && o->key_fd != -1)
		return fault_set(f, "--key and --key-fd are one too many");
	if (o->passphrase.fd != -1 && (o->passphrase.fd == o->key_fd ||
	    (o->key == NULL && o->key_fd == -1)))
		return fault_set(f, "--passphrase-fd goes with --key, or with "
		    "a --key-fd of another number");
	if (o->output_spec != NULL && (o->t.npaths > 0 || o->risk != NULL ||
	    o->reverse || o->t.output != NULL || o->escrow != NULL ||
	    o->audit.ledger != NULL || o->t.provenance != NULL ||
	    o->rotate_from != NULL))
		return fault_set(f, "--output-spec reads and releases no "
		    "records: it goes with --spec, --treat, --withhold and "
		    "--encode alone");
	if ((o->encode_salt != NULL || o->encode_taps > 0) &&
	    o->encode == NULL)
		return fault_set(f, "--%s goes with --encode",
		    o->encode_salt != NULL ? "encode-salt" :
		    "encode-diffuse");
	if ((o->rotate_from == NULL) != (o->map == NULL))
		return fault_set(f, "--rotate-from and --map go together");
	if (o->rotate_from != NULL && (o->risk != NULL || o->reverse ||
	    o->audit.ledger == NULL))
		return fault_set(f, o->audit.ledger == NULL ?
		    "--rotate-from needs --ledger: a map joins what two keys "
		    "keep apart" : "--rotate-from goes neither with --risk "
		    "nor with --reverse");
	if (o->reverse) {
		if (o->risk != NULL || o->escrow_to != NULL ||
		    o->nwithhold > 0 || o->encode != NULL)
			return fault_set(f, "--reverse goes with none of "
			    "--risk, --escrow-to, --withhold and --encode");
		if (o->reason == NULL || o->approver == NULL ||
		    o->audit.ledger == NULL)
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

struct key *
open_key(struct opts *o, enum key_type type, struct fault *f)
{
	struct passphrase *p = &o->passphrase;
	struct key *k;

	if (o->key != NULL)
		k = key_open_ask(o->key, passphrase_old, p, f);
	else
		k = key_open_fd_ask((int)o->key_fd, passphrase_old, p, f);
	passphrase_end(p);
	if (k != NULL && ((o->rotate_from == NULL &&
	    passphrase_done(p, f) == -1) ||
	    key_need(k, type, f) == -1)) {
		key_close(k);
		return NULL;
	}
	return k;
}

/* Opened after the key, so that its passphrase is the second line. */
static struct key *
open_old_key(struct opts *o, const struct key *key, struct fault *f)
{
	struct passphrase *p = &o->passphrase;
	struct key *k;

	k = key_open_ask(o->rotate_from, passphrase_old, p, f);
	passphrase_end(p);
	if (k == NULL)
		return NULL;
	if (key == NULL)
		(void)fault_set(f, "a key is needed (--key FILE)");
	else if (strcmp(key_fingerprint(k), key_fingerprint(key)) == 0)
		(void)fault_set(f, "--rotate-from and --key are one key");
	else if (passphrase_done(p, f) == 0 &&
	    key_need(k, KEY_PROJECT, f) == 0)
		return k;
	key_close(k);
	return NULL;
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
	struct outfile *out[3]; /* records, escrow if any, map if any */
	size_t n;
};

/* Into the ledger, with the people in it. */
static int
report(struct opts *o, struct provenance *p, const void *state,
    uint64_t records, struct fault *f)
{
	uint64_t *tags;
	size_t n;
	int rc;

	tags = gate_worker_tags(state, &n);
	rc = audit_report(&o->audit, p, records, records, tags, n, f);
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
	if (gate_rotates(gate)) {
		files->out[files->n++] = outfile_open(o->map, f);
		if (files->out[files->n - 1] == NULL)
			goto out;
		provenance_output(p, "map", files->out[files->n - 1]);
		gate_put_map_header(&line);
		if (outfile_write(files->out[files->n - 1], line.p, line.n,
		    f) == -1)
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

static enum status
run_records(struct opts *o, struct fault *f)
{
	struct gate_options g = { .overrides = o->treats,
		.noverrides = o->ntreats, .invalid = o->invalid };
	struct flow flow = { .jobs = o->t.jobs,
		.progress = o->t.quiet ? NULL : NAME,
		.state_new = gate_worker_new, .state_free = gate_worker_free,
		.state_merge = gate_worker_merge, .map = gate_map };
	struct key *key = NULL, *officer = NULL, *old = NULL;
	struct provenance *p = NULL;
	struct files files = { { NULL }, 0 };
	struct spec *spec = NULL;
	struct gate *gate = NULL;
	unsigned char *tag_key = NULL;
	struct gate_counts counts;
	enum status rc = TROUBLE;
	void *state = NULL;
	size_t i;

	if (key_harden(f) == -1)
		goto out;
	if ((spec = spec_open(o->spec, f)) == NULL)
		goto out;
	if ((o->key != NULL || o->key_fd != -1) &&
	    (key = open_key(o, KEY_PROJECT, f)) == NULL)
		goto out;
	if (o->rotate_from != NULL &&
	    (old = open_old_key(o, key, f)) == NULL)
		goto out;
	if (o->escrow_to != NULL &&
	    (officer = key_open(o->escrow_to, f)) == NULL)
		goto out;
	if (audit_open(&o->audit, NAME, f) == -1)
		goto out;
	if (o->audit.use != NULL) {
		if ((tag_key = secret_alloc(KEY_BYTES)) == NULL) {
			(void)fault_set(f, "cannot get locked memory for a "
			    "key");
			goto out;
		}
		use_tag_key(o->audit.use, tag_key);
		g.tag_key = tag_key;
	}
	p = audit_provenance(&o->audit, &o->t, f);
	if (f->set)
		goto out;
	provenance_input(p, &o->t.csv);
	if ((flow.in = tool_input(&o->t, f)) == NULL)
		goto out;
	g.spec = spec;
	g.key = key;
	g.escrow_to = officer;
	g.rotate_from = old;
	g.withhold = o->withhold;
	g.encode = o->encode;
	g.encode_salt = o->encode_salt;
	g.encode_taps = (unsigned)o->encode_taps;
	g.nwithhold = o->nwithhold;
	if ((gate = gate_new(&g, csv_header(flow.in), f)) == NULL)
		goto out;
	if (officer != NULL && !gate_escrows(gate)) {
		(void)fault_set(f, "--escrow is given but no column is "
		    "escrowed");
		goto out;
	}
	warn(gate, csv_header(flow.in));
	if (old != NULL) {
		use_text(o->audit.use, "rotation", "yes");
		use_text(o->audit.use, "rotated_from_fingerprint",
		    key_fingerprint(old));
		flow.in_order = gate_in_order;
	}
	if (audit_announce(&o->audit, spec, key, f) == -1)
		goto out;
	if (open_files(&files, o, gate, p, f) == -1)
		goto out;
	if (audit_confine(&o->audit, &o->t, (const char *const[]){ o->escrow,
	    o->map }, 2, f) == -1)
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
	if (old != NULL)
		use_count(o->audit.use, "tokens_mapped", gate_mapped(gate));
	if (report(o, p, state, flow.records, f) == -1)
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
	audit_close(&o->audit);
	secret_free(tag_key);
	key_close(officer);
	key_close(old);
	key_close(key);
	spec_close(spec);
	return rc;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;

	return o->output_spec != NULL ? run_output_spec(o, f) :
	    o->risk != NULL ? run_risk(o, f) :
	    o->reverse ? run_reverse(o, f) : run_records(o, f);
}

static const struct tool_calls calls = { &table, set, check, run };

int
main(int argc, char **argv)
{
	struct opts o = { .key_fd = -1, .passphrase = PASSPHRASE_NONE };
	int status = tool_main(&calls, &o.t, &o, argc, argv);

	free(o.treats);
	free(o.withhold);
	return status;
}

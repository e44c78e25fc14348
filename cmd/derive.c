/*
 * nib-derive: add fields to records, or recode those they have.
 *
 * Reads records, a specification if given, and lookup files whole. Writes
 * every record with its own fields as they stand and the new ones after
 * them. Holds a block and its output for each worker, and the lookup
 * files.
 */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "base/mem.h"
#include "csv/lookup.h"
#include "expr/derive.h"
#include "flow/flow.h"
#include "spec/spec.h"
#include "tool.h"

enum { SPEC = 1, SET, LOOKUP, WHERE, ONLY };

static const struct option_row rows[] = {
	{ SPEC, 's', "spec", "?SPEC", "dataset specification: types, and the "
	    "fields it derives" },
	{ SET, 0, "set", "NAME=EXPR", "field NAME is the value of EXPR" },
	{ LOOKUP, 0, "lookup", "<NAME=FILE:KEY:VALUE", "field NAME is VALUE "
	    "of FILE's row with the record's KEY" },
	{ WHERE, 0, "where", "EXPR", "only records for which EXPR is true" },
	{ ONLY, 0, "only", NULL, "write only the derived fields" },
	AUDIT_ROWS,
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-derive",
	"[-s SPEC] [--set NAME=EXPR]... [OPTION...] [FILE...]",
	"Add or recode fields by expressions.",
	rows,
	"  nib-derive -s admitted_episode episodes.csv > derived.csv\n"
	"  nib-derive --set 'method=substr(admission_method, 1, 1)' in.csv\n"
	"  nib-derive -s admitted_episode --lookup "
	"region=orgs.csv:provider:region in.csv\n",
};

/* --set and --lookup in the order given. */
struct request {
	int id;
	const char *text;
};

struct opts {
	struct tool tool;
	struct audit audit;
	const char *spec, *where;
	int only;
	struct request *requests;
	size_t n;
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	if (audit_option(&o->audit, id, v))
		return 0;
	switch (id) {
	case SPEC:
		o->spec = v;
		return 0;
	case WHERE:
		if (o->where != NULL)
			return fault_set(f, "--where is given twice: join "
			    "them with AND");
		o->where = v;
		return 0;
	case ONLY:
		o->only = 1;
		return 0;
	default:
		o->requests = mem_array(o->requests, o->n + 1,
		    sizeof *o->requests);
		o->requests[o->n++] = (struct request){ id, v };
		return 0;
	}
}

/*
 * The specification's fields that this header lacks, on which a derived
 * field stands; NULL: none, it can be made.
 */
static const char *
lacks(const struct spec *spec, const struct spec_binding *bound,
    const struct expr_scope *full, const char *const *made, size_t derived,
    struct fault *f)
{
	struct expr *e = expr_compile(spec->derived[derived].expression,
	    full, f);
	const char *missing = NULL;
	const size_t *reads;
	size_t i, n;

	if (e == NULL)
		return NULL;
	reads = expr_fields(e, &n);
	for (i = 0; i < n && missing == NULL; i++) {
		if (reads[i] < spec->nfields) {
			if (bound->column_of[reads[i]] == -1)
				missing = spec->fields[reads[i]].name;
		} else if (made[reads[i] - spec->nfields] == NULL) {
			missing = spec->derived[reads[i] -
			    spec->nfields].name;
		}
	}
	expr_free(e);
	return missing;
}

/* Cells to blank, and the fields of the section "derived". */
static int
by_specification(struct derive *d, const struct spec *spec,
    const struct csv_header *header, struct fault *f)
{
	struct spec_binding *bound = NULL;
	struct spec_scope *scope = NULL;
	struct csv_header full = { 0, NULL };
	const char **made, *missing;
	size_t i;
	int rc = -1;

	made = mem_zero(spec->nderived + 1, sizeof *made);
	full.names = mem_array(NULL, spec->nfields + spec->nderived + 1,
	    sizeof *full.names);
	for (i = 0; i < spec->nfields; i++)
		full.names[full.n++] = spec->fields[i].name;
	if ((bound = spec_bind(spec, header, 1, f)) == NULL)
		goto out;
	for (i = 0; i < header->n; i++)
		if (bound->field_of[i] != -1 &&
		    spec->fields[bound->field_of[i]].clean.n > 0)
			derive_clean(d, i,
			    spec->fields[bound->field_of[i]].clean.v);
	for (i = 0; i < spec->nderived; i++) {
		const struct spec_derived *x = &spec->derived[i];

		if ((scope = spec_scope_new(spec, &full, f)) == NULL)
			goto out;
		missing = lacks(spec, bound, spec_scope_expr(scope), made, i,
		    f);
		spec_scope_free(scope);
		if (f->set)
			goto out;
		if (missing != NULL)
			msg_warn("%s is not derived: the input has no %s",
			    x->name, missing);
		else if (derive_set(d, x->name, x->expression, f) == -1)
			goto out;
		else
			made[i] = x->name;
		full.names[full.n++] = x->name;
	}
	rc = 0;
out:
	spec_binding_free(bound);
	free(made);
	free(full.names);
	return rc;
}

/* NAME=EXPR */
static int
request_set(struct derive *d, const char *text, struct fault *f)
{
	const char *equals = strchr(text, '=');
	char *name;
	int rc;

	if (equals == NULL)
		return fault_set(f, "--set needs NAME=EXPR");
	name = mem_strndup(text, (size_t)(equals - text));
	rc = derive_set(d, name, equals + 1, f);
	free(name);
	return rc;
}

/* NAME=FILE:KEY:VALUE or NAME=FILE:FIELD=KEY:VALUE */
static int
request_lookup(struct derive *d, const char *text, struct provenance *p,
    struct fault *f)
{
	struct csv_lookup_words w;
	int rc = csv_lookup_split(text, &w);

	if (rc == -1 || w.file == NULL) {
		free(w.name);
		return fault_set(f, "--lookup needs NAME=FILE:KEY:VALUE");
	}
	rc = derive_lookup(d, w.name, w.file, w.field, w.key, w.value, f);
	if (rc == 0 && p != NULL)
		rc = provenance_file(p, derive_name(d), derive_file(d),
		    f);
	free(w.name);
	return rc;
}

static int
plan(struct derive *d, const struct opts *o, const struct spec *spec,
    const struct csv_header *header, struct provenance *p, struct fault *f)
{
	struct fault inner = FAULT_NONE;
	size_t i;

	if (spec != NULL && by_specification(d, spec, header, f) == -1)
		return -1;
	for (i = 0; i < o->n; i++)
		if ((o->requests[i].id == SET ?
		    request_set(d, o->requests[i].text, f) :
		    request_lookup(d, o->requests[i].text, p, f)) == -1)
			return -1;
	if (o->where != NULL && derive_where(d, o->where, &inner) == -1)
		return fault_set(f, "--where: %s", inner.what);
	if (o->only)
		derive_only(d);
	return 0;
}

static void *
state_new(void *d)
{
	return derive_run_new(d);
}

static void
state_free(void *r)
{
	derive_run_free(r);
}

static int
state_merge(void *into, void *from, struct fault *f)
{
	(void)f;
	derive_run_merge(into, from);
	return 0;
}

static int
map(void *r, const struct csv_block *b, struct buf *outs, struct fault *f)
{
	return derive_block(r, b, &outs[0], f);
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct tool *t = &o->tool;
	struct spec *spec = NULL;
	struct csv_reader *in = NULL;
	struct spec_scope *scope = NULL;
	struct derive *d = NULL;
	struct outfile *out = NULL;
	struct buf line = { 0 };
	struct flow flow = { .jobs = t->jobs, .state_new = state_new,
		.state_free = state_free, .state_merge = state_merge,
		.map = map, .outs = &out, .nouts = 1,
		.progress = t->quiet ? NULL : "nib-derive" };
	void *state = NULL;
	enum status status = TROUBLE;

	if (o->spec == NULL && o->n == 0 && o->where == NULL)
		return fault_set(f, "nothing to derive: give -s, --set, "
		    "--lookup or --where");
	if (o->spec != NULL && (spec = spec_open(o->spec, f)) == NULL)
		goto out;
	if (audit_open(&o->audit, table.name, f) == -1)
		goto out;
	o->audit.account = audit_provenance(&o->audit, t, f);
	if (f->set)
		goto out;
	provenance_input(o->audit.account, &t->csv);
	if (spec != NULL)
		provenance_spec(o->audit.account, spec);
	if ((in = tool_input(t, f)) == NULL)
		goto out;
	scope = spec_scope_new(spec, csv_header(in), f);
	if (scope == NULL)
		goto out;
	d = derive_new(spec_scope_expr(scope), csv_header(in));
	if (plan(d, o, spec, csv_header(in), o->audit.account, f) == -1)
		goto out;
	derive_want(d, in);
	derive_header(d, &line);
	if (o->only && line.n == 1) {
		(void)fault_set(f, "--only, and no field is derived");
		goto out;
	}
	if (o->where != NULL)
		use_filter(o->audit.use, o->where);
	if (audit_announce(&o->audit, spec, NULL, f) == -1)
		goto out;
	if ((out = outfile_open(t->output, f)) == NULL)
		goto out;
	provenance_output(o->audit.account, "output", out);
	if (!t->no_header && outfile_write(out, line.p, line.n, f) == -1)
		goto out;
	if (audit_confine(&o->audit, t, NULL, 0, f) == -1)
		goto out;
	flow.in = in;
	flow.arg = d;
	if (flow_run(&flow, &state, f) == -1 || outfile_commit(out, f) == -1)
		goto out;
	if (audit_end(&o->audit, flow.records, derive_run_written(state),
	    f) == 0)
		status = CLEAN;
out:
	derive_run_free(state);
	audit_close(&o->audit);
	outfile_close(out);
	buf_free(&line);
	derive_free(d);
	spec_scope_free(scope);
	csv_close(in);
	spec_close(spec);
	return status;
}

static const struct tool_calls calls = { &table, set, NULL, run };

int
main(int argc, char **argv)
{
	struct opts o = { 0 };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	free(o.requests);
	return status;
}

/*
 * nib-link persons: reads records of people, finds which are about one
 * person by the deterministic steps of a matching file, and writes every
 * record with a person id as its last column. Reads its input twice; holds
 * codes of all records in memory, 4 bytes a field and 25 more, and every
 * distinct value once, up to --memory; beyond it, who belongs together, and
 * the rest in a temporary file (lib/linkage/cohort.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/writer.h"
#include "flow/flow.h"
#include "link.h"
#include "linkage/personindex.h"
#include "linkage/steps.h"
#include "linkage/twice.h"
#include "spec/spec.h"

enum { MATCHING = 1, SPEC, NAME, REPLACE, STEP_COLUMN, REPORT,
	INDEX, AS_JOINS, MEMORY };

static const struct option_row rows[] = {
	{ MATCHING, 'm', "matching", "?MATCHING",
	    "the steps: a name in share/matching, or a file" },
	{ SPEC, 's', "spec", "?SPEC",
	    "find fields by the roles of a dataset specification" },
	LINK_FIELD_ROWS,
	{ INDEX, 0, "index", ">DB",
	    "keep persons' ids from run to run in this file" },
	{ NAME, 0, "name", "COLUMN",
	    "name of the column added (default person_id)" },
	{ REPLACE, 0, "replace", NULL,
	    "the input may have the column: put the id in its place" },
	{ STEP_COLUMN, 0, "step", NULL,
	    "also add person_step, the step that linked the record" },
	{ REPORT, 0, "report", ">FILE", "write what each step joined (CSV)" },
	{ AS_JOINS, 0, "as-joins", NULL,
	    "a record that a step linked is out of later steps; no guard" },
	{ MEMORY, 0, "memory", "SIZE",
	    LINK_MEMORY_HELP },
	AUDIT_ROWS,
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link persons",
	"-m MATCHING [OPTION...] [FILE...]",
	"Add a person id to records, by deterministic steps.",
	rows,
	"  nib-link persons -m hes-3-step extract.csv > linked.csv\n"
	"  nib-link persons -m hes-8-step --step --report steps.csv -o o.csv "
	"a.csv b.csv\n",
};

struct opts {
	struct tool tool;
	struct audit audit;
	const char *matching;
	const char *spec;
	const char *name;
	const char *report;
	const char *index;
	int replace, step_column, as_joins;
	size_t memory; /* 0: not said */
	struct link_fields fields;
};

struct output {
	const struct matching *m;
	struct steps_result *found;
	size_t n;
	size_t nknown;       /* records of the index, before the input's */
	const uint64_t *ids; /* from the index, by root; NULL: by place */
	long column; /* where the id goes; -1: after the last */
	int step_column;
	struct outfile *out, *report; /* NULL: not asked for */
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	switch (id) {
	case MATCHING:
		o->matching = v;
		return 0;
	case SPEC:
		o->spec = v;
		return 0;
	case LINK_FIELD:
	case LINK_WITHOUT:
		return link_fields_option(&o->fields, id, v, f);
	case NAME:
		o->name = v;
		return 0;
	case INDEX:
		o->index = v;
		return 0;
	case AS_JOINS:
		o->as_joins = 1;
		return 0;
	case MEMORY:
		return link_memory(v, &o->memory, f);
	case REPLACE:
		o->replace = 1;
		return 0;
	case STEP_COLUMN:
		o->step_column = 1;
		return 0;
	case REPORT:
		o->report = v;
		return 0;
	default:
		(void)audit_option(&o->audit, id, v);
		return 0;
	}
}

/* P and ten digits. */
static void
put_id(struct buf *to, uint64_t n)
{
	char id[11];
	size_t i;

	for (i = 10; i > 0; i--, n /= 10)
		id[i] = (char)('0' + n % 10);
	id[0] = 'P';
	buf_put(to, id, sizeof id);
}

static int
map(void *arg, const struct csv_block *b, struct buf *outs, struct fault *f)
{
	struct output *o = arg;
	const struct group *g = &o->found->persons;
	uint64_t at = b->records_before;
	size_t id_at = o->column >= 0 ? (size_t)o->column : b->ncols, i;
	uint32_t root;
	unsigned by;

	if (at + b->nrecords > o->n)
		return fault_set(f, "the input changed while it was read");
	buf_reserve(&outs[0], b->size + b->nrecords * 16);
	for (i = 0; i < b->nrecords; i++) {
		root = g->parent[o->nknown + at + i];
		if (id_at > 0) {
			csv_put_fields(&outs[0], b, i, 0, id_at);
			buf_putc(&outs[0], ',');
		}
		put_id(&outs[0], o->ids != NULL ? o->ids[root] :
		    (uint64_t)root + 1);
		if (id_at + 1 < b->ncols) {
			buf_putc(&outs[0], ',');
			csv_put_fields(&outs[0], b, i, id_at + 1, b->ncols);
		}
		if (o->step_column) {
			by = o->found->by[o->nknown + at + i];
			buf_putc(&outs[0], ',');
			if (by > 0)
				csv_put_string(&outs[0],
				    o->m->steps[by - 1].id);
		}
		buf_putc(&outs[0], '\n');
	}
	return 0;
}

static int
header(const struct opts *o, const struct csv_header *h, long column,
    struct outfile *out, struct fault *f)
{
	struct buf b = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; i < h->n; i++) {
		buf_puts(&b, i > 0 ? "," : "");
		csv_put_string(&b, h->names[i]);
	}
	if (column < 0) {
		buf_putc(&b, ',');
		csv_put_string(&b, o->name);
	}
	buf_puts(&b, o->step_column ? ",person_step\n" : "\n");
	if (!o->tool.no_header)
		rc = outfile_write(out, b.p, b.n, f);
	buf_free(&b);
	return rc;
}

/* What each step did, as CSV; to, open, is not committed. */
static int
report(const struct matching *m, const struct steps_result *found,
    struct outfile *to, struct fault *f)
{
	struct buf b = { 0 };
	size_t i;
	int rc;

	buf_puts(&b, "step,title,joined,vetoed,multiple,dropped_blocks,"
	    "dropped_records\n");
	for (i = 0; i < m->nsteps; i++) {
		csv_put_string(&b, m->steps[i].id);
		buf_putc(&b, ',');
		csv_put_string(&b, m->steps[i].title != NULL ?
		    m->steps[i].title : "");
		buf_printf(&b, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
		    ",%" PRIu64 "\n", found->counts[i].joined,
		    found->counts[i].vetoed, found->counts[i].multiple,
		    found->counts[i].dropped_blocks,
		    found->counts[i].dropped_records);
	}
	rc = outfile_write(to, b.p, b.n, f);
	buf_free(&b);
	return rc;
}

/* Blocks too big to look at: the answer is not whole. */
static enum status
dropped(const struct matching *m, const struct steps_result *found)
{
	enum status s = CLEAN;
	size_t i;

	for (i = 0; i < m->nsteps; i++)
		if (found->counts[i].dropped_blocks > 0) {
			const struct steps_count *c = &found->counts[i];

			msg_warn("step %s: %" PRIu64 " %s with %" PRIu64
			    " %s left out, each beyond max_block pairs",
			    m->steps[i].id, c->dropped_blocks,
			    link_blocks(c->dropped_blocks),
			    c->dropped_pairs > 0 ? c->dropped_pairs :
			    c->dropped_records, c->dropped_pairs > 0 ?
			    "pairs" : "records");
			s = FINDINGS;
		}
	return s;
}

/* Columns by role, for fields that no --field names. */
static int
by_role(struct opts *o, const struct spec *spec, const struct matching *m,
    const struct csv_header *h, struct fault *f)
{
	static const struct {
		const char *name;
		enum spec_role role;
	} roles[] = {
		{ "nhs_number", SPEC_ROLE_NHS_NUMBER },
		{ "birth_date", SPEC_ROLE_BIRTH_DATE },
		{ "sex", SPEC_ROLE_SEX },
		{ "postcode", SPEC_ROLE_POSTCODE },
		{ "provider", SPEC_ROLE_PROVIDER },
		{ "family_name", SPEC_ROLE_FAMILY_NAME },
		{ "given_name", SPEC_ROLE_GIVEN_NAME },
	};
	struct spec_binding *bound = spec_bind(spec, h, 1, f);
	size_t i, k;
	long field;

	if (bound == NULL)
		return -1;
	for (i = 0; i < m->nfields; i++) {
		if (m->fields[i].role == NULL || o->fields.column[i] != NULL)
			continue;
		for (k = 0; k < sizeof roles / sizeof roles[0]; k++)
			if (strcmp(roles[k].name, m->fields[i].role) == 0)
				break;
		if (k == sizeof roles / sizeof roles[0])
			continue;
		field = spec_role_field(spec, roles[k].role);
		if (field != -1 && bound->column_of[field] != -1)
			o->fields.column[i] =
			    h->names[bound->column_of[field]];
	}
	spec_binding_free(bound);
	return 0;
}

/* The first reading: records to codes. */
static int
read_people(struct opts *o, struct twice *input, struct cohort *c,
    long *column, struct fault *f)
{
	const struct values *v = c->v;
	long columns[MATCHING_MAX_FIELDS];
	struct csv_reader *in;
	struct spec *spec = NULL;
	int rc = -1;

	if ((in = twice_read(input, &o->tool.csv, f)) == NULL)
		return -1;
	if (o->spec != NULL && ((spec = spec_open(o->spec, f)) == NULL ||
	    by_role(o, spec, values_matching(v), csv_header(in), f) == -1))
		goto out;
	if (roll_bind(v, csv_header(in), o->fields.column, o->fields.absent,
	    columns, f) == -1)
		goto out;
	*column = csv_column(csv_header(in), o->name);
	if (*column != -1 && !o->replace) {
		(void)fault_set(f, "the input already has a column %s; "
		    "choose another name (--name COLUMN) or put the id in its "
		    "place (--replace)", o->name);
		goto out;
	}
	if (o->step_column &&
	    csv_column(csv_header(in), "person_step") != -1) {
		(void)fault_set(f, "the input already has a column "
		    "person_step");
		goto out;
	}
	rc = cohort_read(c, in, columns, -1, o->tool.jobs,
	    o->tool.quiet ? NULL : table.name, f);
	if (rc == 0)
		link_warn_unread(&c->seen, values_matching(v), csv_header(in),
		    columns, o->tool.npaths == 1 ? o->tool.paths[0] :
		    "the input");
out:
	spec_close(spec);
	/* Names of columns live in the header. */
	memset(o->fields.column, 0, sizeof o->fields.column);
	csv_close(in);
	return rc;
}

/* Before an index changes: a place that cannot be written is found by then. */
static int
open_outputs(const struct opts *o, struct output *to, struct fault *f)
{
	if ((to->out = outfile_open(o->tool.output, f)) == NULL)
		return -1;
	if (o->report != NULL &&
	    (to->report = outfile_open(o->report, f)) == NULL)
		return -1;
	return 0;
}

/* The second: records to output. */
static int
write_out(struct opts *o, struct twice *input, struct output *to,
    struct fault *f)
{
	struct flow flow = {
		.jobs = o->tool.jobs, .arg = to, .map = map, .nouts = 1,
		.progress = o->tool.quiet ? NULL : table.name,
	};
	struct csv_options csv = o->tool.csv;
	int rc = -1;

	o->audit.account = audit_provenance(&o->audit, &o->tool, f);
	if (f->set)
		return -1;
	provenance_input(o->audit.account, &csv);
	if ((flow.in = twice_read(input, &csv, f)) == NULL)
		goto out;
	provenance_output(o->audit.account, "output", to->out);
	if (to->report != NULL)
		provenance_output(o->audit.account, "report", to->report);
	if (provenance_file(o->audit.account, "matching", to->m->path,
	    f) == -1)
		goto out;
	if (header(o, csv_header(flow.in), to->column, to->out, f) == -1)
		goto out;
	flow.outs = &to->out;
	if (audit_confine(&o->audit, &o->tool, &o->report, 1, f) == -1)
		goto out;
	if (flow_run(&flow, NULL, f) == -1)
		goto out;
	if (flow.records != to->n) {
		(void)fault_set(f, "the input changed while it was read");
		goto out;
	}
	if (to->report != NULL &&
	    report(to->m, to->found, to->report, f) == -1)
		goto out;
	if (outfile_commit(to->out, f) == -1 ||
	    (to->report != NULL && outfile_commit(to->report, f) == -1))
		goto out;
	rc = audit_end(&o->audit, flow.records, flow.records, f);
out:
	csv_close(flow.in);
	return rc;
}

/* Records are to come, with what an index adds to each. */
static void
start(const struct opts *o, struct cohort *c, const struct matching *m,
    const char *used, const struct nicknames *nicknames)
{
	size_t more = o->index != NULL ? PERSONINDEX_EACH : 0;

	cohort_start(c, values_new(m, used), o->memory > 0 ? o->memory :
	    LINK_MEMORY, STEPS_EACH + more);
	c->nicknames = nicknames;
	c->frequencies = 0;
	/* A limit of the user's own holds for what a file cannot take, too. */
	if (o->memory > 0)
		c->least = steps_least(m) + more;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct matching *m = NULL;
	struct nicknames *nicknames = NULL;
	struct twice *input = NULL;
	struct personindex *index = NULL;
	struct cohort people = { 0 };
	struct steps_result found = { 0 };
	struct output to = { 0 };
	struct steps_known known = { 0 };
	uint64_t *ids = NULL;
	struct personindex_account account;
	char used[MATCHING_MAX_FIELDS] = { 0 };
	enum status rc = TROUBLE;

	if ((m = matching_open(o->matching, f)) == NULL)
		goto out;
	if (m->nsteps == 0) {
		(void)fault_set(f, "%s has no deterministic steps", m->name);
		goto out;
	}
	if (o->as_joins)
		matching_as_joins(m);
	if (audit_open(&o->audit, table.name, f) == -1 ||
	    audit_announce(&o->audit, NULL, NULL, f) == -1 ||
	    link_fields_resolve(&o->fields, m, f) == -1)
		goto out;
	steps_fields(m, used);
	if (steps_use_nicknames(m) && (nicknames = nicknames_open(f)) == NULL)
		goto out;
	start(o, &people, m, used, nicknames);
	if ((input = twice_open(o->tool.paths, o->tool.npaths, f)) == NULL)
		goto out;
	if (o->index != NULL &&
	    ((index = personindex_open(o->index, m, used, f)) == NULL ||
	    personindex_load(index, &people, &known, f) == -1))
		goto out;
	if (read_people(o, input, &people, &to.column, f) == -1 ||
	    steps_run(&found, &people, &known, f) == -1)
		goto out;
	to.m = m;
	to.found = &found;
	to.nknown = known.n;
	to.n = (size_t)cohort_count(&people, 0) - known.n;
	to.step_column = o->step_column;
	if (open_outputs(o, &to, f) == -1)
		goto out;
	if (index != NULL) {
		/*
		 * Before the output: no id is out that another record could
		 * get. A run that dies between the two finds the same ids
		 * when it is tried again, but for records with too little to
		 * be linked, which get new ones.
		 */
		if (personindex_update(index, &found, &people, &known,
		    people.memory / 2, &ids, &account, f) == -1 ||
		    personindex_commit(index, f) == -1)
			goto out;
		if (account.superseded > 0)
			msg_warn("%s: %" PRIu64 " persons turned out to be "
			    "others and are superseded", o->index,
			    account.superseded);
		to.ids = ids;
	}
	cohort_end(&people);
	if (write_out(o, input, &to, f) == -1)
		goto out;
	rc = dropped(m, &found);
out:
	outfile_close(to.out);
	outfile_close(to.report);
	personindex_close(index);
	cohort_end(&people);
	steps_known_clear(&known);
	free(ids);
	steps_clear(&found);
	nicknames_free(nicknames);
	twice_close(input);
	matching_close(m);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	if (o->as_joins && o->index != NULL)
		return fault_set(f, "--as-joins is for two files of one "
		    "time, not for an index");
	return link_needs_matching(o->matching, f);
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_persons(int argc, char **argv)
{
	struct opts o = { .name = "person_id" };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	audit_close(&o.audit);
	link_fields_free(&o.fields);
	return status;
}

/*
 * nib-link train: reads one or two files of people and estimates the weights
 * of a matching file's comparisons; writes a model file. Holds the records in
 * memory, or beyond --memory in a temporary file (lib/linkage/cohort.h).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonout.h"
#include "link.h"
#include "linkage/model.h"

enum { MATCHING = 1, ID, MEMORY };

static const struct option_row rows[] = {
	{ MATCHING, 'm', "matching", "?MATCHING",
	    "the comparisons: a name in share/matching, or a file" },
	{ ID, 0, "id", "COLUMN", "the column of the record's id" },
	LINK_FIELD_ROWS,
	{ MEMORY, 0, "memory", "SIZE", LINK_MEMORY_HELP },
	AUDIT_ROWS,
	TOOL_INPUT_ROWS,
	{ TOOL_OUTPUT, 'o', "output", ">MODEL",
	    "the model file, which appears only when complete" },
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link train",
	"-m MATCHING -o MODEL [OPTION...] A [B]",
	"Estimate how much each comparison says, from the data alone.",
	rows,
	"  nib-link train -m people -o people.model a.csv b.csv\n",
};

struct opts {
	struct tool tool;
	struct audit audit;
	const char *matching;
	const char *id;
	size_t memory;
	struct link_fields fields;
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	switch (id) {
	case MATCHING:
		o->matching = v;
		return 0;
	case ID:
		o->id = v;
		return 0;
	case LINK_FIELD:
	case LINK_WITHOUT:
		return link_fields_option(&o->fields, id, v, f);
	case MEMORY:
		return link_memory(v, &o->memory, f);
	default:
		(void)audit_option(&o->audit, id, v);
		return 0;
	}
}

/* What a reader of the model wants to know of its making. */
static void
note(void *arg, struct jsonout *j)
{
	const struct model_training *t = arg;
	size_t i;

	jsonout_i64(j, "records_a", (int64_t)t->records_a);
	jsonout_i64(j, "records_b", (int64_t)t->records_b);
	jsonout_i64(j, "sure_pairs", (int64_t)t->sure_pairs);
	jsonout_open(j, "blocks", '[');
	for (i = 0; i < t->nsessions; i++) {
		jsonout_open(j, NULL, '{');
		jsonout_i64(j, "pairs", (int64_t)t->sessions[i].pairs);
		jsonout_double(j, "matches", t->sessions[i].matches);
		jsonout_i64(j, "rounds", t->sessions[i].rounds);
		jsonout_close(j, '}');
	}
	jsonout_close(j, ']');
}

static enum status
findings(const struct matching *m, const struct model_training *t)
{
	enum status s = CLEAN;
	size_t i;

	for (i = 0; i < m->ncomparisons; i++)
		if (t->untrained >> i & 1) {
			msg_warn("no training block could estimate m of %s: "
			    "%s", m->comparisons[i].name,
			    m->comparisons[i].m[0] > m->comparisons[i].u[0] ?
			    "a guess is in its place" :
			    "it counts for nothing");
			s = FINDINGS;
		} else if (m->comparisons[i].m[0] <= m->comparisons[i].u[0]) {
			msg_warn("agreeing on %s says that a pair is not a "
			    "match: training went wrong or the field is "
			    "useless", m->comparisons[i].name);
			s = FINDINGS;
		}
	for (i = 0; i < t->nsessions; i++)
		if (t->sessions[i].dropped_pairs > 0)
			msg_warn("training block %zu: %" PRIu64 " pairs left "
			    "out, in blocks beyond max_block", i + 1,
			    t->sessions[i].dropped_pairs);
	return s;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct link_people p = { .audit = &o->audit,
		.memory = o->memory, .ids_if_any = 1 };
	struct model_training training;
	struct buf b = { 0 };
	enum status rc = TROUBLE;

	if (audit_begin(&o->audit, &o->tool, NULL, f) == -1)
		goto out;
	if (link_people_open(&p, o->matching, LINK_MODEL, &o->fields,
	    &o->tool, o->tool.paths, o->tool.npaths,
	    o->id != NULL ? o->id : "", f) == -1)
		goto out;
	if (model_train(p.m, &p.cohort, o->tool.jobs, &training, f) == -1)
		goto out;
	matching_put_model(&b, p.m, note, &training);
	if (audit_write(&o->audit, o->tool.output, &b, f) == -1 ||
	    audit_end(&o->audit, training.records_a + training.records_b, 0,
	    f) == -1)
		goto out;
	rc = findings(p.m, &training);
out:
	buf_free(&b);
	link_people_close(&p);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	return link_needs_matching(o->matching, f);
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_train(int argc, char **argv)
{
	struct opts o = { .memory = LINK_MEMORY };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	audit_close(&o.audit);
	link_fields_free(&o.fields);
	return status;
}

/*
 * nib-link block: reads one or two files of people and writes each record
 * under every key that a model's blocking rules give it, for an engine that
 * brings rows of one key together; nib-link score --blocks weighs their
 * pairs. Streams; holds what --frequencies counts in memory, and of ids a
 * part, the rest in a temporary file.
 */
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "linkage/blockrows.h"
#include "linkage/ids.h"

#define IDS ((size_t)64 * 1024 * 1024) /* bytes */

enum { MODEL = 1, ID, SIDE, FREQUENCIES };

static const struct option_row rows[] = {
	{ MODEL, 'm', "model", "?MODEL", "a model made by nib-link train" },
	{ ID, 0, "id", "COLUMN", "the column of the record's id" },
	{ SIDE, 0, "side", "SIDE",
	    "the input is a part of one file: left, right, or all" },
	{ FREQUENCIES, 0, "frequencies", ">FILE",
	    "write how frequent values are (CSV), which score needs" },
	LINK_FIELD_ROWS,
	AUDIT_ROWS,
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link block",
	"-m MODEL [OPTION...] A [B]",
	"Write records under the keys that they block on.",
	rows,
	"  nib-link block -m people.model --frequencies f.csv a.csv b.csv > "
	"rows.csv\n",
};

struct opts {
	struct tool tool;
	struct audit audit;
	const char *model;
	const char *id;
	const char *frequencies;
	int part; /* --side was given: */
	enum blockrows_side side;
	struct link_fields fields;
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	switch (id) {
	case MODEL:
		o->model = v;
		return 0;
	case LINK_FIELD:
	case LINK_WITHOUT:
		return link_fields_option(&o->fields, id, v, f);
	case ID:
		o->id = v;
		return 0;
	case SIDE:
		o->part = 1;
		if (blockrows_side(v, strlen(v), &o->side) == -1)
			return fault_set(f, "--side needs left, right or all");
		return 0;
	case FREQUENCIES:
		o->frequencies = v;
		return 0;
	default:
		(void)audit_option(&o->audit, id, v);
		return 0;
	}
}

/* What goes through the records of one file. */
struct passage {
	struct blockrows_put put;
	struct counts *counts; /* NULL: not asked for */
	struct ids *ids;
	unsigned file;
	uint64_t records, in_file;
};

static void
put_block(void *arg, const struct csv_block *b, const struct buf *cells,
    struct buf *to)
{
	const struct passage *p = arg;
	size_t n = values_nslots(p->put.v) + 1, i;
	const char *at = cells->p;
	struct keys_record r;
	struct buf key = { 0 };

	for (i = 0; i < b->nrecords; i++) {
		at = keys_record(&r, at, n);
		blockrows_put(&p->put, to, &key, csv_record_number(b, i), &r);
	}
	buf_free(&key);
}

static int
take_block(void *arg, const struct csv_block *b, struct buf *cells,
    struct fault *f)
{
	struct passage *p = arg;
	size_t slots = values_nslots(p->put.v), i;
	const char *at = cells->p;
	struct keys_record r;

	if (p->counts != NULL)
		counts_add_cells(p->counts, p->put.v, cells->p, b->nrecords,
		    slots + 1);
	if (p->in_file + b->nrecords > ROLL_MOST)
		return fault_set(f, "more records than a file may have");
	for (i = 0; i < b->nrecords; i++) {
		at = keys_record(&r, at, slots + 1);
		if (ids_add(p->ids, p->file, (uint32_t)p->in_file++,
		    r.cell[slots].p, r.cell[slots].n, f) == -1)
			return -1;
	}
	p->records += b->nrecords;
	return 0;
}

static int
pass(struct opts *o, struct link_people *p, struct passage *to,
    size_t file, struct outfile *out, struct fault *f)
{
	long columns[MATCHING_MAX_FIELDS], id;
	struct roll_cells cells = { .v = p->cohort.v, .columns = columns,
		.jobs = o->tool.jobs,
		.progress = o->tool.quiet ? NULL : table.name,
		.take = take_block, .put = put_block, .arg = to, .out = out };
	int rc = -1;

	if ((cells.in = link_people_input(p, o->tool.paths + file,
	    &o->fields, &o->tool, o->id != NULL ? o->id : "", columns, &id,
	    f)) == NULL)
		return -1;
	cells.id_column = id;
	rc = roll_cells(&cells, f);
	if (rc == -1)
		fault_place(f, o->tool.paths[file], 0, 0, 0, NULL);
	csv_close(cells.in);
	return rc;
}

static int
put_frequencies(const struct opts *o, const struct counts *counts,
    struct fault *f)
{
	struct buf b = { 0 };
	int rc;

	counts_put(counts, &b);
	rc = outfile_whole(o->frequencies, &b, f);
	buf_free(&b);
	return rc;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct link_people p = { .audit = &o->audit,
		.outputs = { o->frequencies } };
	struct passage to = { .records = 0 };
	struct outfile *out = NULL;
	struct buf b = { 0 };
	enum status rc = TROUBLE;
	size_t i;

	if (audit_begin(&o->audit, &o->tool, NULL, f) == -1 ||
	    link_people_start(&p, o->model, LINK_MODEL, &o->fields, &o->tool,
	    f) == -1)
		goto out;
	to.put.v = p.cohort.v;
	to.put.m = p.m;
	to.ids = ids_new(IDS);
	if (o->frequencies != NULL)
		to.counts = counts_new(p.m);
	if ((out = outfile_open(o->tool.output, f)) == NULL)
		goto out;
	provenance_output(o->audit.account, "output", out);
	blockrows_put_header(&b, p.cohort.v);
	if (!o->tool.no_header && outfile_write(out, b.p, b.n, f) == -1)
		goto out;
	for (i = 0; i < o->tool.npaths; i++) {
		to.put.side = o->part ? o->side : o->tool.npaths == 1 ?
		    BLOCKROWS_ALL : i == 0 ? BLOCKROWS_LEFT : BLOCKROWS_RIGHT;
		to.file = (unsigned)i;
		to.in_file = 0;
		if (pass(o, &p, &to, i, out, f) == -1)
			goto out;
	}
	if (ids_check(to.ids, o->tool.paths, f) == -1)
		goto out;
	if ((o->frequencies != NULL && put_frequencies(o, to.counts,
	    f) == -1) || outfile_commit(out, f) == -1)
		goto out;
	if (audit_end(&o->audit, to.records, to.records, f) == 0)
		rc = CLEAN;
out:
	outfile_close(out);
	buf_free(&b);
	counts_free(to.counts);
	ids_free(to.ids);
	link_people_close(&p);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	if (o->model == NULL)
		return fault_set(f, "needs -m MODEL");
	if (o->part && o->tool.npaths != 1)
		return fault_set(f, "--side is of one file");
	return link_needs_files(o->tool.npaths, f);
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_block(int argc, char **argv)
{
	struct opts o = { .model = NULL };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	audit_close(&o.audit);
	link_fields_free(&o.fields);
	return status;
}

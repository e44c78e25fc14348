/*
 * nib-link index: shows the runs of a person index, or takes back the last.
 */
#include <inttypes.h>
#include <string.h>

#include "csv/writer.h"
#include "link.h"
#include "linkage/personindex.h"

enum { UNDO = 1 };

static const struct option_row rows[] = {
	{ UNDO, 0, "undo", NULL, "take back the last run" },
	TOOL_OUTPUT_ROWS,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link index",
	"[--undo] DB",
	"Show what a person index went through, or undo its last run.",
	rows,
	"  nib-link index persons.db\n"
	"  nib-link index --undo persons.db\n",
};

struct opts {
	struct tool tool;
	int undo;
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	(void)v;
	if (id != UNDO)
		return fault_set(f, "option %d", id);
	o->undo = 1;
	return 0;
}

static int
put_run(void *arg, const struct personindex_run *r)
{
	struct buf *b = arg;

	buf_printf(b, "%" PRIu64 ",", r->run);
	csv_put_string(b, r->matching);
	buf_printf(b, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%d\n",
	    r->records, r->persons, r->superseded, r->evidence, r->undone);
	return 0;
}

static enum status
run(const struct opts *o, struct fault *f)
{
	struct buf b = { 0 };
	enum status rc = TROUBLE;
	uint64_t undone;

	if (o->undo) {
		if (personindex_undo(o->tool.paths[0], &undone, f) == 0) {
			msg_note("run %" PRIu64 " is undone", undone);
			rc = CLEAN;
		}
		return rc;
	}
	if (!o->tool.no_header)
		buf_puts(&b, "run,matching,records,new_persons,superseded,"
		    "new_evidence,undone\n");
	if (personindex_runs(o->tool.paths[0], put_run, &b, f) == 0 &&
	    outfile_whole(o->tool.output, &b, f) == 0)
		rc = CLEAN;
	buf_free(&b);
	return rc;
}

int
link_index(int argc, char **argv)
{
	struct opts o = { .undo = 0 };
	struct fault f = FAULT_NONE;
	enum status status = TROUBLE;
	int rc;

	rc = tool_parse(&o.tool, &table, argc, argv, set, &o, &f);
	if (rc == 0 && o.tool.npaths != 1)
		rc = fault_set(&f, "needs one person index");
	if (rc == 1)
		status = CLEAN;
	else if (rc == 0)
		status = run(&o, &f);
	return tool_end(status, &f);
}

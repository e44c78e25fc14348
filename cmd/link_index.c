/*
 * nib-link index: shows what a person index went through and holds, takes
 * back its last run, and merges and splits persons by hand.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/writer.h"
#include "link.h"
#include "linkage/personindex.h"

enum { UNDO = 1, SUPERSEDED, EVIDENCE, VALUES, MERGE, SPLIT };

static const struct option_row rows[] = {
	{ SUPERSEDED, 0, "superseded", NULL,
	    "show superseded ids and the ids to follow them to" },
	{ EVIDENCE, 0, "evidence", "ID", "show the evidence of a person" },
	{ VALUES, 0, "show-values", NULL, "also its values" },
	{ MERGE, 0, "merge", "ID,ID", "two persons are one" },
	{ SPLIT, 0, "split", "ID[:N,...]",
	    "a superseded person is itself again, or evidence goes to a new "
	    "one" },
	{ UNDO, 0, "undo", NULL, "take back the last run, merge or split" },
	TOOL_OUTPUT_ROWS,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link index",
	"[OPTION...] DB",
	"Show what a person index went through, or correct it by hand.",
	rows,
	"  nib-link index persons.db\n"
	"  nib-link index --superseded persons.db > changed.csv\n"
	"  nib-link index --evidence P0000000007 --show-values persons.db\n"
	"  nib-link index --split P0000000007:31,32 persons.db\n"
	"  nib-link index --undo persons.db\n",
};

struct opts {
	struct tool tool;
	int what; /* one of the ids above; 0: the runs */
	const char *value;
	int values;
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	if (id < UNDO || id > SPLIT)
		return fault_set(f, "option %d", id);
	if (id == VALUES) {
		o->values = 1;
		return 0;
	}
	if (o->what != 0)
		return fault_set(f, "one of --superseded, --evidence, "
		    "--merge, --split and --undo");
	o->what = id;
	o->value = v;
	return 0;
}

/* P and digits, n bytes. */
static int
person(const char *s, size_t n, uint64_t *to, struct fault *f)
{
	char *digits = mem_strndup(s + (n > 0), n > 0 ? n - 1 : 0);
	int64_t id = 0;
	int rc = n < 2 || s[0] != 'P' ? -1 : num_in_range(digits, 1,
	    INT64_C(9999999999), &id);

	free(digits);
	if (rc == -1)
		return fault_set(f, "a person's id is P and its number");
	*to = (uint64_t)id;
	return 0;
}

static void
put_person(struct buf *b, uint64_t id)
{
	buf_printf(b, "P%010" PRIu64, id);
}

static int
put_run(void *arg, const struct personindex_run *r)
{
	struct buf *b = arg;

	buf_printf(b, "%" PRIu64 ",%s,", r->run, r->what);
	csv_put_string(b, r->matching);
	buf_printf(b, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%d\n",
	    r->records, r->persons, r->superseded, r->evidence, r->undone);
	return 0;
}

static int
put_superseded(void *arg, const struct personindex_superseded *p)
{
	struct buf *b = arg;

	put_person(b, p->person);
	buf_putc(b, ',');
	put_person(b, p->now);
	buf_printf(b, ",%" PRIu64 "\n", p->run);
	return 0;
}

struct showing {
	struct buf *to;
	int header, values;
};

static int
put_evidence(void *arg, const struct personindex_evidence *e)
{
	struct showing *s = arg;
	size_t i;

	if (s->header) {
		buf_puts(s->to, "evidence,person_id,run");
		for (i = 0; s->values && i < e->n; i++)
			buf_printf(s->to, ",%s", e->fields[i]);
		buf_putc(s->to, '\n');
		s->header = 0;
	}
	buf_printf(s->to, "%" PRIu64 ",", e->number);
	put_person(s->to, e->person);
	buf_printf(s->to, ",%" PRIu64, e->run);
	for (i = 0; s->values && i < e->n; i++) {
		buf_putc(s->to, ',');
		csv_put_string(s->to, e->values[i] != NULL ? e->values[i] :
		    "");
	}
	buf_putc(s->to, '\n');
	return 0;
}

static int
merge(const char *db, const char *v, struct fault *f)
{
	const char *comma = strchr(v, ',');
	uint64_t a, b, id;

	if (comma == NULL)
		return fault_set(f, "--merge needs two ids: ID,ID");
	if (person(v, (size_t)(comma - v), &a, f) == -1 ||
	    person(comma + 1, strlen(comma + 1), &b, f) == -1 ||
	    personindex_merge(db, a, b, &id, f) == -1)
		return -1;
	msg_note("the two are P%010" PRIu64 " now", id);
	return 0;
}

static int
split(const char *db, const char *v, struct fault *f)
{
	size_t n = strcspn(v, ":"), k = 0, len;
	uint64_t *evidence = mem_array(NULL, strlen(v) + 1, sizeof *evidence);
	uint64_t who, id;
	const char *p = v + n;
	char *number;
	int64_t x;
	int rc = person(v, n, &who, f);

	while (rc == 0 && *p != '\0') {
		p++;
		len = strcspn(p, ",");
		number = mem_strndup(p, len);
		if (num_in_range(number, 1, INT64_MAX, &x) == -1)
			rc = fault_set(f, "--split needs ID:N,N,... with the "
			    "numbers of evidence");
		evidence[k++] = (uint64_t)x;
		free(number);
		p += len;
	}
	if (rc == 0)
		rc = personindex_split(db, who, evidence, k, &id, f);
	free(evidence);
	if (rc == 0)
		msg_note(k > 0 ? "the evidence is that of P%010" PRIu64 " now" :
		    "P%010" PRIu64 " is itself again", id);
	return rc;
}

static int
show(const struct opts *o, const char *db, struct buf *b, struct fault *f)
{
	struct showing s = { b, !o->tool.no_header, o->values };
	uint64_t who;

	if (o->what == EVIDENCE)
		return person(o->value, strlen(o->value), &who, f) == -1 ?
		    -1 : personindex_show(db, who, put_evidence, &s, f);
	if (o->what == SUPERSEDED) {
		if (!o->tool.no_header)
			buf_puts(b, "person_id,now,run\n");
		return personindex_superseded(db, put_superseded, b, f);
	}
	if (!o->tool.no_header)
		buf_puts(b, "run,what,matching,records,new_persons,"
		    "superseded,new_evidence,undone\n");
	return personindex_runs(db, put_run, b, f);
}

static enum status
run(void *options, struct fault *f)
{
	const struct opts *o = options;
	const char *db = o->tool.paths[0];
	struct buf b = { 0 };
	enum status rc = TROUBLE;
	uint64_t undone;

	switch (o->what) {
	case MERGE:
		return merge(db, o->value, f) == 0 ? CLEAN : TROUBLE;
	case SPLIT:
		return split(db, o->value, f) == 0 ? CLEAN : TROUBLE;
	case UNDO:
		if (personindex_undo(db, &undone, f) == -1)
			return TROUBLE;
		msg_note("run %" PRIu64 " is undone", undone);
		return CLEAN;
	default:
		break;
	}
	if (show(o, db, &b, f) == 0 &&
	    outfile_whole(o->tool.output, &b, f) == 0)
		rc = CLEAN;
	buf_free(&b);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	if (o->tool.npaths != 1)
		return fault_set(f, "needs one person index");
	if (o->values && o->what != EVIDENCE)
		return fault_set(f, "--show-values belongs to --evidence");
	return 0;
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_index(int argc, char **argv)
{
	struct opts o = { .what = 0 };

	return tool_main(&calls, &o.tool, &o, argc, argv);
}

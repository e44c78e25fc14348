/*
 * nib-link explain: reads the records of one file or two and writes which
 * tests of the steps of a matching file two of them meet. Holds codes and
 * ids of all records in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/writer.h"
#include "link.h"
#include "linkage/relate.h"
#include "linkage/steps.h"

enum { MATCHING = 1, ID, LEFT, RIGHT, VALUES };

static const struct option_row rows[] = {
	{ MATCHING, 'm', "matching", "?MATCHING",
	    "the steps: a name in share/matching, or a file" },
	{ LEFT, 0, "left", "ID", "the id of a record of A" },
	{ RIGHT, 0, "right", "ID", "the id of a record of B, or of A alone" },
	{ ID, 0, "id", "COLUMN", "the column of the record's id" },
	{ VALUES, 0, "show-values", NULL,
	    "also write the values that were compared" },
	LINK_FIELD_ROWS,
	AUDIT_ROWS,
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link explain",
	"-m MATCHING --left ID --right ID [OPTION...] A [B]",
	"Show which tests of each step two records meet.",
	rows,
	"  nib-link explain -m hes-3-step --left A12 --right B7 a.csv b.csv\n",
};

struct opts {
	struct tool tool;
	struct audit audit;
	const char *matching, *id, *left, *right;
	int values;
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
	case LEFT:
		o->left = v;
		return 0;
	case RIGHT:
		o->right = v;
		return 0;
	case VALUES:
		o->values = 1;
		return 0;
	case LINK_FIELD:
	case LINK_WITHOUT:
		return link_fields_option(&o->fields, id, v, f);
	default:
		(void)audit_option(&o->audit, id, v);
		return 0;
	}
}

/* The record of an id; NULL if there is none. */
static const uint32_t *
find(const struct roll *r, const char *id)
{
	size_t n = strlen(id), i;

	for (i = 0; i < r->n; i++)
		if (r->id_at[i + 1] - r->id_at[i] == n &&
		    memcmp(r->ids + r->id_at[i], id, n) == 0)
			return roll_record(r, i);
	return NULL;
}

static void
put_value(struct buf *to, const struct values *v, size_t slot, uint32_t code)
{
	const char *text;
	size_t n;

	buf_putc(to, ',');
	if (code == 0)
		return;
	text = values_text(v, slot, code, &n);
	csv_put_cell(to, text, n);
}

/* A line for each test of a rule; holds: does the step? */
static void
put_tests(struct buf *to, const struct opts *o, const struct link_people *p,
    const char *name, int holds, const struct matching_tests *t,
    const uint32_t *a, const uint32_t *b)
{
	const char *text = t->text, *end;
	struct relate *one;
	struct matching_tests single;
	size_t i, slot;

	for (i = 0; i < t->n; i++) {
		end = i + 1 < t->n ? strstr(text, " and ") : NULL;
		single = *t;
		single.n = 1;
		single.v = &t->v[i];
		one = relate_new(p->cohort.v, &single, p->nicknames);
		slot = (size_t)values_slot(p->cohort.v, t->v[i].field);
		csv_put_string(to, name);
		buf_puts(to, holds ? ",yes," : ",no,");
		csv_put_cell(to, text, end != NULL ? (size_t)(end - text) :
		    strlen(text));
		buf_puts(to, relate_holds(one, a, b) ? ",yes" :
		    a[slot] == 0 || b[slot] == 0 ? ",missing" : ",no");
		if (o->values) {
			put_value(to, p->cohort.v, slot, a[slot]);
			put_value(to, p->cohort.v, slot, b[slot]);
		}
		buf_putc(to, '\n');
		relate_free(one);
		text = end != NULL ? end + strlen(" and ") : text;
	}
}

static void
put_rule(struct buf *to, const struct opts *o, const struct link_people *p,
    const char *name, const struct matching_tests *t, const uint32_t *a,
    const uint32_t *b)
{
	struct relate *all = relate_new(p->cohort.v, t, p->nicknames);

	put_tests(to, o, p, name, relate_holds(all, a, b), t, a, b);
	relate_free(all);
}

/*
 * A scored step: a line for each test that gives points, and its score. That
 * it holds means that it is enough, if no other person rivals it.
 */
static void
put_scored(struct buf *to, const struct opts *o, const struct link_people *p,
    const struct matching_step *s, const uint32_t *a, const uint32_t *b)
{
	unsigned agree;
	double score = steps_score(s, p->cohort.v, p->nicknames, a, b, &agree);
	int holds = score >= s->at_least && agree >= s->agree;
	size_t i, k;

	for (i = 0; i < s->nscore; i++)
		for (k = 0; k < s->score[i].n; k++)
			put_tests(to, o, p, s->id, holds,
			    &s->score[i].tests[k], a, b);
	csv_put_string(to, s->id);
	buf_puts(to, holds ? ",yes,score," : ",no,score,");
	num_put_fixed(to, score, 1);
	buf_puts(to, o->values ? ",,\n" : "\n");
}

/*
 * What two records say of a step of households: that they moved. Whether
 * others did, all records together say.
 */
static void
put_household(struct buf *to, const struct opts *o,
    const struct link_people *p, const struct matching_step *s,
    const uint32_t *a, const uint32_t *b)
{
	struct relate *all = relate_new(p->cohort.v, &s->all, p->nicknames);
	size_t slot = (size_t)values_slot(p->cohort.v, s->household);
	int there = a[slot] != 0 && b[slot] != 0;
	int moved = there && a[slot] != b[slot];
	int holds = moved && relate_holds(all, a, b);

	put_tests(to, o, p, s->id, holds, &s->all, a, b);
	csv_put_string(to, s->id);
	buf_puts(to, holds ? ",yes," : ",no,");
	csv_put_string(to, p->m->fields[s->household].name);
	buf_puts(to, moved ? " moved,yes" : there ? " moved,no" :
	    " moved,missing");
	if (o->values) {
		put_value(to, p->cohort.v, slot, a[slot]);
		put_value(to, p->cohort.v, slot, b[slot]);
	}
	buf_putc(to, '\n');
	relate_free(all);
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct link_people p = { .audit = &o->audit };
	struct buf b = { 0 };
	const uint32_t *l, *r;
	enum status rc = TROUBLE;
	size_t i;

	if (audit_begin(&o->audit, &o->tool, NULL, f) == -1)
		goto out;
	if (link_people_open(&p, o->matching, LINK_STEPS, &o->fields,
	    &o->tool, o->tool.paths, o->tool.npaths,
	    o->id != NULL ? o->id : "", f) == -1)
		goto out;
	l = find(&p.cohort.a, o->left);
	r = find(p.cohort.two ? &p.cohort.b : &p.cohort.a, o->right);
	if (l == NULL || r == NULL) {
		(void)fault_set(f, "no record has the id given with --%s",
		    l == NULL ? "left" : "right");
		goto out;
	}
	if (!o->tool.no_header)
		buf_puts(&b, o->values ?
		    "step,step_holds,test,holds,left,right\n" :
		    "step,step_holds,test,holds\n");
	for (i = 0; i < p.m->nsteps; i++)
		if (p.m->steps[i].nscore > 0)
			put_scored(&b, o, &p, &p.m->steps[i], l, r);
		else if (p.m->steps[i].together)
			put_household(&b, o, &p, &p.m->steps[i], l, r);
		else
			put_rule(&b, o, &p, p.m->steps[i].id,
			    &p.m->steps[i].all, l, r);
	for (i = 0; i < p.m->nnever; i++)
		put_rule(&b, o, &p, "never", &p.m->never[i], l, r);
	if (audit_write(&o->audit, o->tool.output, &b, f) == 0 &&
	    audit_end(&o->audit, p.cohort.a.n + p.cohort.b.n, 0, f) == 0)
		rc = CLEAN;
out:
	buf_free(&b);
	link_people_close(&p);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	if (o->matching == NULL || o->left == NULL || o->right == NULL)
		return fault_set(f, "needs -m MATCHING, --left ID and --right "
		    "ID");
	return 0;
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_explain(int argc, char **argv)
{
	struct opts o = { .matching = NULL };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	audit_close(&o.audit);
	link_fields_free(&o.fields);
	return status;
}

/*
 * nib-link cluster: reads pairs with weights and writes which records are
 * one person. Holds all pairs and ids in memory, and with a veto the codes
 * of the records.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"
#include "csv/writer.h"
#include "link.h"
#include "linkage/cluster.h"
#include "linkage/relate.h"

enum { METHOD = 1, THRESHOLD, TIES, DECISIONS, MATCHING, FROM, ID, FIELD,
	WITHOUT };

static const struct option_row rows[] = {
	{ METHOD, 0, "method", "METHOD",
	    "mutual-best (default), greedy, single-best or components" },
	{ THRESHOLD, 0, "threshold", "W", "least weight of a pair (default 0)" },
	{ TIES, 0, "ties", "drop|lowest",
	    "of two equal best partners: neither (default), or the first" },
	{ DECISIONS, 0, "decisions", "FILE",
	    "pairs that people decided on: id_l,id_r,decision" },
	{ MATCHING, 'm', "matching", "MATCHING",
	    "keep records apart that meet its veto (a model will do)" },
	{ FROM, 0, "from", "FILE",
	    "the records, for -m; twice for those of two files" },
	{ ID, 0, "id", "COLUMN", "the column of the record's id in FILE" },
	{ FIELD, 0, "field", "NAME=COLUMN",
	    "the column of a field of the matching file" },
	{ WITHOUT, 0, "without", "NAME", "FILE has no such field" },
	AUDIT_ROWS,
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link cluster",
	"[OPTION...] [PAIRS...]",
	"Put pairs of records together into persons.",
	rows,
	"  nib-link score -m people.model a.csv b.csv | nib-link cluster\n"
	"  nib-link cluster --method components -m people.model --from a.csv "
	"pairs.csv\n",
};

struct opts {
	struct tool tool;
	struct audit audit;
	enum cluster_method method;
	double threshold;
	int ties_lowest;
	const char *decisions;
	const char *matching;
	const char *from[2];
	size_t nfrom;
	const char *id;
	struct link_fields fields;
};

/* The records of the pairs, and what keeps two of them apart. */
struct veto {
	struct link_people people;
	const uint32_t **of; /* by thing: its codes */
	struct relate **rules;
};

struct edges {
	struct map *ids;
	struct cluster_decision *d;
	size_t nd;
	struct cluster_pair *p;
	size_t n, cap;
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	switch (id) {
	case METHOD:
		if (strcmp(v, "mutual-best") == 0)
			o->method = CLUSTER_MUTUAL;
		else if (strcmp(v, "single-best") == 0)
			o->method = CLUSTER_SINGLE;
		else if (strcmp(v, "greedy") == 0)
			o->method = CLUSTER_GREEDY;
		else if (strcmp(v, "components") == 0)
			o->method = CLUSTER_COMPONENTS;
		else
			return fault_set(f, "--method knows mutual-best, "
			    "greedy, single-best and components");
		return 0;
	case THRESHOLD:
		if (num_double(v, strlen(v), &o->threshold) == -1)
			return fault_set(f, "--threshold needs a number");
		return 0;
	case TIES:
		o->ties_lowest = strcmp(v, "lowest") == 0;
		if (!o->ties_lowest && strcmp(v, "drop") != 0)
			return fault_set(f, "--ties knows drop and lowest");
		return 0;
	case DECISIONS:
		o->decisions = v;
		return 0;
	case MATCHING:
		o->matching = v;
		return 0;
	case FROM:
		if (o->nfrom == 2)
			return fault_set(f, "--from: no more than two files");
		o->from[o->nfrom++] = v;
		return 0;
	case ID:
		o->id = v;
		return 0;
	case FIELD:
		return link_fields_named(&o->fields, v, f);
	case WITHOUT:
		return link_fields_without(&o->fields, v, f);
	default:
		(void)audit_option(&o->audit, id, v);
		return 0;
	}
}

static int
block(const struct opts *o, const struct csv_block *b, const long col[3],
    struct edges *e, struct fault *f)
{
	struct buf scratch = { 0 };
	struct csv_slice s;
	struct cluster_pair p;
	size_t i, k = 0;
	const char *bad = NULL;

	for (i = 0; i < b->nrecords && bad == NULL; i++) {
		s = csv_cell(b, i, (size_t)col[k = 0], &scratch);
		bad = s.n == 0 ? "an id is empty" : NULL;
		p.l = (uint32_t)map_add(e->ids, s.p, s.n, NULL);
		if (bad == NULL) {
			s = csv_cell(b, i, (size_t)col[k = 1], &scratch);
			bad = s.n == 0 ? "an id is empty" : NULL;
			p.r = (uint32_t)map_add(e->ids, s.p, s.n, NULL);
		}
		if (bad == NULL) {
			s = csv_cell(b, i, (size_t)col[k = 2], &scratch);
			if (num_double(s.p, s.n, &p.weight) == -1)
				bad = "not a number";
		}
		if (bad != NULL) {
			(void)fault_set(f, "%s", bad);
			fault_place(f, b->file, csv_line_number(b, i),
			    csv_record_number(b, i), (uint64_t)col[k] + 1,
			    NULL);
			break;
		}
		if (p.weight < o->threshold || p.l == p.r)
			continue;
		if (e->n == e->cap) {
			e->cap = e->cap * 2 + 4096;
			e->p = mem_array(e->p, e->cap, sizeof *e->p);
		}
		e->p[e->n++] = p;
	}
	buf_free(&scratch);
	return bad != NULL ? -1 : 0;
}

/* The decisions; rows without one are still to be decided. */
static int
read_decisions(const char *path, char delimiter, struct edges *e,
    struct fault *f)
{
	struct csv_table *t = csv_table_open(path, delimiter, f);
	struct cluster_decision *d;
	const char *l, *r, *word;
	long cl, cr, cd;
	size_t i;
	int rc = -1;

	if (t == NULL || (cl = csv_table_column(t, "id_l", f)) == -1 ||
	    (cr = csv_table_column(t, "id_r", f)) == -1 ||
	    (cd = csv_table_column(t, "decision", f)) == -1)
		goto out;
	e->d = mem_array(NULL, t->nrows + 1, sizeof *e->d);
	for (i = 0; i < t->nrows; i++) {
		l = csv_table_cell(t, i, (size_t)cl);
		r = csv_table_cell(t, i, (size_t)cr);
		word = csv_table_cell(t, i, (size_t)cd);
		if (word[0] == '\0')
			continue;
		if ((strcmp(word, "same") != 0 &&
		    strcmp(word, "different") != 0) || l[0] == '\0' ||
		    r[0] == '\0' || strcmp(l, r) == 0) {
			(void)fault_at(f, path, t->lines[i], "needs two ids "
			    "and the decision same or different");
			goto out;
		}
		d = &e->d[e->nd++];
		d->l = (uint32_t)map_add(e->ids, l, strlen(l), NULL);
		d->r = (uint32_t)map_add(e->ids, r, strlen(r), NULL);
		d->same = word[0] == 's';
	}
	rc = 0;
out:
	csv_table_close(t);
	return rc;
}

static int
is_vetoed(void *arg, uint32_t l, uint32_t r)
{
	const struct veto *v = arg;
	size_t i;

	for (i = 0; i < v->people.m->nveto; i++)
		if (relate_holds(v->rules[i], v->of[l], v->of[r]))
			return 1;
	return 0;
}

/* Reads the records and finds those of the pairs. */
static int
veto_open(struct veto *v, struct opts *o, const struct map *things,
    struct fault *f)
{
	struct link_people *p = &v->people;
	struct map *ids;
	const char *id;
	size_t i, k, n;

	if (link_people_open(p, o->matching, LINK_VETO, &o->fields, &o->tool,
	    o->from, o->nfrom, o->id != NULL ? o->id : "", f) == -1)
		return -1;
	ids = link_people_ids(p);
	v->of = mem_array(NULL, map_count(things) + 1, sizeof *v->of);
	for (i = 0; i < map_count(things); i++) {
		id = map_key(things, i, &n);
		if ((k = map_find(ids, id, n)) == MAP_NONE)
			break;
		v->of[i] = k < p->a.n ? roll_record(&p->a, k) :
		    roll_record(&p->b, k - p->a.n);
	}
	map_free(ids);
	if (i < map_count(things))
		return fault_set(f, "the pairs have an id that no record of "
		    "--from has");
	v->rules = mem_zero(p->m->nveto, sizeof *v->rules);
	for (i = 0; i < p->m->nveto; i++)
		v->rules[i] = relate_new(p->v, &p->m->veto[i], p->nicknames);
	return 0;
}

static void
veto_close(struct veto *v)
{
	size_t i;

	for (i = 0; v->rules != NULL && i < v->people.m->nveto; i++)
		relate_free(v->rules[i]);
	free(v->rules);
	free(v->of);
	link_people_close(&v->people);
}

static int
write_out(struct opts *o, const struct edges *e, struct group *g,
    struct fault *f)
{
	struct outfile *out = outfile_open(o->tool.output, f);
	struct buf b = { 0 };
	const char *id;
	size_t i, n;
	int rc = -1;

	if (out == NULL)
		return -1;
	provenance_output(o->audit.account, "output", out);
	if (!o->tool.no_header)
		buf_puts(&b, "id,person_id\n");
	for (i = 0; i < g->n; i++) {
		id = map_key(e->ids, i, &n);
		csv_put_cell(&b, id, n);
		buf_printf(&b, ",P%010" PRIu64 "\n",
		    (uint64_t)group_root(g, (uint32_t)i) + 1);
		if (b.n > 1 << 20) {
			if (outfile_write(out, b.p, b.n, f) == -1)
				goto out;
			buf_clear(&b);
		}
	}
	if (outfile_write(out, b.p, b.n, f) == 0 &&
	    outfile_commit(out, f) == 0)
		rc = 0;
out:
	outfile_close(out);
	buf_free(&b);
	return rc;
}

static enum status
run(struct opts *o, struct fault *f)
{
	static const char *const names[] = { "id_l", "id_r", "weight" };
	const struct csv_block *b;
	struct csv_reader *in = NULL;
	struct edges e = { NULL, NULL, 0, NULL, 0, 0 };
	struct group g = { 0 };
	enum status rc = TROUBLE;
	long col[3];
	struct cluster_rules rules = { .method = o->method,
		.ties_lowest = o->ties_lowest };
	struct cluster_left_out left_out;
	struct veto veto = { .people.audit = &o->audit };
	size_t i;
	int k;

	o->audit.also_reads[0] = o->decisions;
	o->audit.also_reads[1] = o->from[0];
	o->audit.also_reads[2] = o->from[1];
	if (audit_begin(&o->audit, &o->tool, NULL, f) == -1)
		goto out;
	for (i = 0; i < o->nfrom; i++)
		if (provenance_file(o->audit.account, "from", o->from[i],
		    f) == -1)
			goto out;
	/* With a veto when its matching is read: link_people_open. */
	if ((o->matching == NULL &&
	    audit_confine(&o->audit, &o->tool, NULL, 0, f) == -1) ||
	    (in = tool_input(&o->tool, f)) == NULL)
		goto out;
	for (i = 0; i < 3; i++)
		if ((col[i] = csv_column(csv_header(in), names[i])) == -1) {
			(void)fault_set(f, "the input has no column %s: it is "
			    "not the output of nib-link score", names[i]);
			goto out;
		}
	e.ids = map_new();
	while ((k = csv_next(in, &b, f)) == 1)
		if (block(o, b, col, &e, f) == -1)
			goto out;
	if (k == -1)
		goto out;
	if (o->decisions != NULL && read_decisions(o->decisions,
	    o->tool.csv.delimiter, &e, f) == -1)
		goto out;
	rules.decisions = e.d;
	rules.ndecisions = e.nd;
	if (o->matching != NULL) {
		if (veto_open(&veto, o, e.ids, f) == -1)
			goto out;
		rules.veto = is_vetoed;
		rules.arg = &veto;
	}
	group_start(&g, map_count(e.ids));
	if (cluster_pairs(&g, e.p, e.n, &rules, &left_out, f) == -1)
		goto out;
	if (left_out.vetoed > 0)
		msg_note("%zu pairs left out: they would bring records "
		    "together that the veto of %s keeps apart",
		    left_out.vetoed, veto.people.m->name);
	if (write_out(o, &e, &g, f) == 0 &&
	    audit_end(&o->audit, e.n, g.n, f) == 0)
		rc = CLEAN;
out:
	veto_close(&veto);
	group_end(&g);
	audit_close(&o->audit);
	map_free(e.ids);
	free(e.p);
	free(e.d);
	csv_close(in);
	return rc;
}

int
link_cluster(int argc, char **argv)
{
	struct opts o = { .method = CLUSTER_MUTUAL };
	struct fault f = FAULT_NONE;
	enum status status = TROUBLE;
	int rc;

	rc = tool_parse(&o.tool, &table, argc, argv, set, &o, &f);
	if (rc == 0 && (o.matching != NULL) != (o.nfrom > 0))
		rc = fault_set(&f, "-m MATCHING and --from FILE belong "
		    "together");
	if (rc == 1)
		status = CLEAN;
	else if (rc == 0)
		status = run(&o, &f);
	link_fields_free(&o.fields);
	return tool_end(status, &f);
}

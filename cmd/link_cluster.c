/*
 * nib-link cluster: reads pairs with weights and writes which records are
 * one person. Holds all pairs in memory, their ids up to --memory, and with a
 * veto the codes of the records.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/writer.h"
#include "link.h"
#include "linkage/edges.h"
#include "linkage/relate.h"

enum { METHOD = 1, THRESHOLD, TIES, DECISIONS, MATCHING, FROM, ID, MEMORY };

static const struct option_row rows[] = {
	{ METHOD, 0, "method", "METHOD",
	    "mutual-best (default), greedy, single-best or components" },
	{ THRESHOLD, 0, "threshold", "W", "least weight of a pair (default 0)" },
	{ TIES, 0, "ties", "drop|lowest",
	    "of two equal best partners: neither (default), or the first" },
	{ DECISIONS, 0, "decisions", "<FILE",
	    "pairs that people decided on: id_l,id_r,decision" },
	{ MATCHING, 'm', "matching", "?MATCHING",
	    "keep records apart that meet its veto (a model will do)" },
	{ FROM, 0, "from", "<FILE",
	    "the records, for -m; twice for those of two files" },
	{ ID, 0, "id", "COLUMN", "the column of the record's id in FILE" },
	LINK_FIELD_ROWS,
	{ MEMORY, 0, "memory", "SIZE",
	    "memory for ids (default 1G); more go to a temporary file" },
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
	size_t memory;
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
	const uint32_t **of; /* by number: its codes; borrowed */
	struct relate **rules;
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

/* Reads the records, whose ids are numbered with those of the pairs. */
static int
veto_read(struct veto *v, struct opts *o, struct edges *e, struct fault *f)
{
	struct link_people *p = &v->people;

	if (link_people_open(p, o->matching, LINK_VETO, &o->fields, &o->tool,
	    o->from, o->nfrom, o->id != NULL ? o->id : "", f) == -1)
		return -1;
	return edges_add_records(e, &p->cohort.a, cohort_b(&p->cohort), f);
}

static int
veto_start(struct veto *v, const struct edges *e, struct fault *f)
{
	struct link_people *p = &v->people;
	size_t i;

	for (i = 0; i < e->count; i++)
		if (e->of[i] == NULL)
			return fault_set(f, "the pairs have an id that no "
			    "record of --from has");
	v->of = e->of;
	v->rules = mem_zero(p->m->nveto, sizeof *v->rules);
	for (i = 0; i < p->m->nveto; i++)
		v->rules[i] = relate_new(p->cohort.v, &p->m->veto[i],
		    p->nicknames);
	return 0;
}

static void
veto_close(struct veto *v)
{
	size_t i;

	for (i = 0; v->rules != NULL && i < v->people.m->nveto; i++)
		relate_free(v->rules[i]);
	free(v->rules);
	link_people_close(&v->people);
}

static int
write_out(struct opts *o, struct edges *e, struct group *g,
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
		if (edges_next_id(e, &id, &n, f) != 1)
			goto out;
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
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct csv_reader *in = NULL;
	struct edges e;
	struct group g = { 0 };
	enum status rc = TROUBLE;
	struct cluster_rules rules = { .method = o->method,
		.ties_lowest = o->ties_lowest };
	struct cluster_left_out left_out;
	struct veto veto = { .people.audit = &o->audit };
	size_t i;

	edges_start(&e, o->memory);
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
	    (in = tool_input(&o->tool, f)) == NULL ||
	    edges_read(&e, in, o->threshold, f) == -1 ||
	    (o->decisions != NULL && edges_read_decisions(&e, o->decisions,
	    o->tool.csv.delimiter, f) == -1) ||
	    (o->matching != NULL && veto_read(&veto, o, &e, f) == -1) ||
	    edges_settle(&e, f) == -1)
		goto out;
	rules.decisions = e.decisions;
	rules.ndecisions = e.ndecisions;
	if (o->matching != NULL) {
		if (veto_start(&veto, &e, f) == -1)
			goto out;
		rules.veto = is_vetoed;
		rules.arg = &veto;
	}
	group_start(&g, e.count);
	if (cluster_pairs(&g, e.pairs, e.npairs, &rules, &left_out, f) == -1)
		goto out;
	if (left_out.vetoed > 0)
		msg_note("%zu pairs left out: they would bring records "
		    "together that the veto of %s keeps apart",
		    left_out.vetoed, veto.people.m->name);
	if (write_out(o, &e, &g, f) == 0 &&
	    audit_end(&o->audit, e.npairs, g.n, f) == 0)
		rc = CLEAN;
out:
	veto_close(&veto);
	group_end(&g);
	audit_close(&o->audit);
	edges_end(&e);
	csv_close(in);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	if ((o->matching != NULL) != (o->nfrom > 0))
		return fault_set(f, "-m MATCHING and --from FILE belong "
		    "together");
	return 0;
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_cluster(int argc, char **argv)
{
	struct opts o = { .method = CLUSTER_MUTUAL,
		.memory = LINK_MEMORY };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	link_fields_free(&o.fields);
	return status;
}

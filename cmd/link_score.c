/*
 * nib-link score: reads one or two files of people and a model, and writes
 * the pairs of records whose weight reaches a threshold. Holds records and
 * pairs in memory, or beyond --memory in temporary files. --part makes a share
 * of the pairs, for engines.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/writer.h"
#include "link.h"
#include "linkage/blockrows.h"
#include "linkage/model.h"

enum { MODEL = 1, ID, THRESHOLD, REVIEW, EXPLAIN,
	THRESHOLDS, REPORT, VALUES, PART, BLOCKS, FREQUENCIES, RECORDS,
	MEMORY };

static const struct option_row rows[] = {
	{ MODEL, 'm', "model", "?MODEL", "a model made by nib-link train" },
	{ ID, 0, "id", "COLUMN", "the column of the record's id" },
	{ THRESHOLD, 0, "threshold", "W",
	    "least weight of a pair, log2 of its odds (default 0)" },
	{ REVIEW, 0, "review", "W",
	    "only pairs below W, and a column to decide in" },
	{ EXPLAIN, 0, "explain", NULL,
	    "also write what each comparison adds to the weight" },
	{ VALUES, 0, "show-values", NULL,
	    "also write the values that were compared, for a reviewer" },
	{ THRESHOLDS, 0, "thresholds", ">FILE",
	    "write estimated precision and recall by threshold (CSV)" },
	{ REPORT, 0, "report", ">FILE",
	    "write what each blocking rule made and dropped (CSV)" },
	{ PART, 0, "part", "K/N",
	    "only the K-th of N parts of the pairs; all make the whole" },
	{ BLOCKS, 0, "blocks", NULL,
	    "the input is what nib-link block wrote, or some keys of it" },
	{ FREQUENCIES, 0, "frequencies", "<FILE",
	    "with --blocks: how frequent values are; several add up" },
	{ RECORDS, 0, "records", NULL,
	    "first the numbers of the two records, to put parts in order" },
	{ MEMORY, 0, "memory", "SIZE",
	    "memory for records and pairs (default 1G); more go to a "
	    "temporary file" },
	LINK_FIELD_ROWS,
	AUDIT_ROWS,
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link score",
	"-m MODEL [OPTION...] A [B]",
	"Weigh pairs of records that may be one person.",
	rows,
	"  nib-link score -m people.model --explain a.csv b.csv > pairs.csv\n",
};

struct opts {
	struct tool tool;
	struct audit audit;
	const char *model;
	const char *id;
	const char *thresholds;
	const char *report;
	struct model_scoring how;
	size_t memory;
	double below;
	int review, explain, values, blocks, records;
	const char **frequencies;
	size_t nfrequencies;
	struct link_fields fields;
};

/* "3/16" */
static int
set_part(const char *v, struct model_scoring *to, struct fault *f)
{
	const char *slash = strchr(v, '/');
	int64_t k, n;

	if (slash == NULL || num_i64(v, (size_t)(slash - v), &k) == -1 ||
	    num_i64(slash + 1, strlen(slash + 1), &n) == -1 || k < 1 ||
	    k > n || n > 1000000)
		return fault_set(f, "--part needs K/N, such as 3/16");
	to->part = (size_t)k;
	to->parts = (size_t)n;
	return 0;
}

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
	case THRESHOLD:
		if (num_double(v, strlen(v), &o->how.threshold) == -1)
			return fault_set(f, "--threshold needs a number");
		return 0;
	case REVIEW:
		o->review = 1;
		if (num_double(v, strlen(v), &o->below) == -1)
			return fault_set(f, "--review needs a number");
		return 0;
	case EXPLAIN:
		o->explain = 1;
		return 0;
	case VALUES:
		o->values = 1;
		return 0;
	case THRESHOLDS:
		o->thresholds = v;
		return 0;
	case REPORT:
		o->report = v;
		return 0;
	case PART:
		return set_part(v, &o->how, f);
	case BLOCKS:
		o->blocks = 1;
		return 0;
	case FREQUENCIES:
		o->frequencies = mem_array(o->frequencies,
		    o->nfrequencies + 1, sizeof *o->frequencies);
		o->frequencies[o->nfrequencies++] = v;
		return 0;
	case RECORDS:
		o->records = 1;
		return 0;
	case MEMORY:
		return link_memory(v, &o->memory, f);
	default:
		(void)audit_option(&o->audit, id, v);
		return 0;
	}
}

static void
put_id(struct buf *to, const struct roll *r, uint32_t i)
{
	csv_put_cell(to, r->ids + r->id_at[i],
	    (size_t)(r->id_at[i + 1] - r->id_at[i]));
	buf_putc(to, ',');
}

static void
put_explained(struct buf *to, const struct matching *m,
    const struct model_pair *pair)
{
	const uint32_t *a = roll_record(pair->batch->a, pair->l);
	unsigned level;
	size_t c;

	buf_putc(to, ',');
	num_put_fixed(to, model_prior(m), 4);
	for (c = 0; c < m->ncomparisons; c++) {
		level = (unsigned)(pair->levels >> (4 * c)) & 15;
		buf_putc(to, ',');
		if (level == MODEL_NULL) {
			buf_putc(to, ',');
			continue;
		}
		csv_put_string(to, m->comparisons[c].levels[level].text);
		buf_putc(to, ',');
		num_put_fixed(to, model_weight(pair->scale, c, level, a), 4);
	}
}

/* The values of every field compared, left and right. */
static void
put_values(struct buf *to, const struct matching *m,
    const struct model_pair *pair)
{
	const struct candidates_batch *b = pair->batch;
	const uint32_t *side[2] = { roll_record(b->a, pair->l),
		roll_record(b->b != NULL ? b->b : b->a, pair->r) };
	const char *text;
	size_t c, k, n, slot;

	for (c = 0; c < m->ncomparisons; c++)
		for (k = 0; k < 2; k++) {
			slot = (size_t)values_slot(b->v,
			    m->comparisons[c].field);
			buf_putc(to, ',');
			if (side[k][slot] == 0)
				continue;
			text = values_text(b->v, slot, side[k][slot], &n);
			csv_put_cell(to, text, n);
		}
}

/* For model_score: what is written of a pair. */
struct rows {
	const struct opts *o;
	const struct matching *m;
};

static void
put_pair(const void *arg, struct buf *to, const struct model_pair *pair)
{
	const struct rows *r = arg;
	const struct opts *o = r->o;
	const struct candidates_batch *b = pair->batch;

	if (o->review && (double)pair->weight >= o->below)
		return;
	if (o->records) {
		buf_put_u64(to, (uint64_t)pair->record_l + 1);
		buf_putc(to, ',');
		buf_put_u64(to, (uint64_t)pair->record_r + 1);
		buf_putc(to, ',');
	}
	put_id(to, b->a, pair->l);
	put_id(to, b->b != NULL ? b->b : b->a, pair->r);
	num_put_fixed(to, (double)pair->weight, 4);
	buf_putc(to, ',');
	num_put_fixed(to, model_probability((double)pair->weight), 6);
	buf_putc(to, ',');
	buf_put_u64(to, pair->rule + 1);
	if (o->explain)
		put_explained(to, r->m, pair);
	if (o->values)
		put_values(to, r->m, pair);
	buf_puts(to, o->review ? ",\n" : "\n");
}

static void
put_header(struct buf *to, const struct opts *o, const struct matching *m)
{
	size_t c;

	if (o->records)
		buf_puts(to, "record_l,record_r,");
	buf_puts(to, "id_l,id_r,weight,probability,rule");
	if (o->explain) {
		buf_puts(to, ",prior");
		for (c = 0; c < m->ncomparisons; c++)
			buf_printf(to, ",%s,%s_weight",
			    m->comparisons[c].name, m->comparisons[c].name);
	}
	for (c = 0; o->values && c < m->ncomparisons; c++)
		buf_printf(to, ",%s_l,%s_r", m->comparisons[c].name,
		    m->comparisons[c].name);
	buf_puts(to, o->review ? ",decision\n" : "\n");
}

/* Pairs by whole weight, from -100: what the threshold table is made of. */
struct weights {
	uint64_t n[201];
	double mass[201]; /* summed probability */
	uint64_t all;
};

static void
count_weight(struct weights *to, double weight)
{
	long w = (long)(weight + 100);

	w = w < 0 ? 0 : w > 200 ? 200 : w;
	to->n[w]++;
	to->all++;
	to->mass[w] += model_probability(weight);
}

static int
put_pairs(struct opts *o, const struct matching *m,
    struct model_scores *s, struct weights *weights, struct fault *f)
{
	struct outfile *out = outfile_open(o->tool.output, f);
	struct model_row row;
	struct buf b = { 0 };
	int rc = -1, k;

	if (out == NULL)
		goto out;
	provenance_output(o->audit.account, "output", out);
	if (!o->tool.no_header)
		put_header(&b, o, m);
	while ((k = model_scores_next(s, &row, f)) == 1) {
		count_weight(weights, (double)row.weight);
		buf_put(&b, row.p, row.n);
		if (b.n > 1 << 20) {
			if (outfile_write(out, b.p, b.n, f) == -1)
				goto out;
			buf_clear(&b);
		}
	}
	if (k == 0 && outfile_write(out, b.p, b.n, f) == 0 &&
	    outfile_commit(out, f) == 0)
		rc = 0;
out:
	outfile_close(out);
	buf_free(&b);
	return rc;
}

/* By whole weights from the threshold up. */
static int
put_thresholds(const struct opts *o, const struct model_scores *s,
    const struct weights *weights, struct fault *f)
{
	struct buf b = { 0 };
	uint64_t all = 0;
	double sum = 0;
	long w;
	int rc;

	buf_puts(&b, "threshold,pairs,precision,recall\n");
	for (w = 200; w >= 0; w--) {
		all += weights->n[w];
		sum += weights->mass[w];
		if (all == 0 || (double)(w - 100) < o->how.threshold)
			continue;
		buf_printf(&b, "%ld,%" PRIu64 ",", w - 100, all);
		num_put_fixed(&b, sum / (double)all, 6);
		buf_putc(&b, ',');
		num_put_fixed(&b, sum / s->matches, 6);
		buf_putc(&b, '\n');
	}
	rc = outfile_whole(o->thresholds, &b, f);
	buf_free(&b);
	return rc;
}

static int
put_report(const struct opts *o, const struct matching *m,
    const struct model_scores *s, struct fault *f)
{
	struct buf b = { 0 };
	size_t i;
	int rc;

	buf_puts(&b, "rule,keys,pairs,dropped_blocks,dropped_pairs\n");
	for (i = 0; i < m->nblocking; i++) {
		buf_printf(&b, "%zu,", i + 1);
		csv_put_string(&b, m->blocking[i].text);
		buf_printf(&b, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
		    s->counts[i].pairs, s->counts[i].dropped_blocks,
		    s->counts[i].dropped_pairs);
	}
	rc = outfile_whole(o->report, &b, f);
	buf_free(&b);
	return rc;
}

static enum status
dropped(const struct matching *m, const struct model_scores *s)
{
	enum status rc = CLEAN;
	size_t i;

	for (i = 0; i < m->nblocking; i++)
		if (s->counts[i].dropped_blocks > 0) {
			msg_warn("blocking rule %zu: %" PRIu64 " %s with "
			    "%" PRIu64 " pairs left out, each beyond "
			    "max_block", i + 1, s->counts[i].dropped_blocks,
			    link_blocks(s->counts[i].dropped_blocks),
			    s->counts[i].dropped_pairs);
			rc = FINDINGS;
		}
	return rc;
}

/* What nib-link block wrote, in place of people. */
static int
read_rows(struct opts *o, struct link_people *p, struct fault *f)
{
	struct csv_reader *in;
	struct counts *counts;
	size_t i;
	int rc = -1;

	/* Frequencies are read before the sandbox closes. */
	if ((p->m = matching_open(o->model, f)) == NULL)
		return -1;
	counts = counts_new(p->m);
	for (i = 0; i < o->nfrequencies; i++)
		if (counts_read(counts, o->frequencies[i], f) == -1)
			goto out;
	if (counts_any(counts) && o->nfrequencies == 0) {
		(void)fault_set(f, "%s weighs by how frequent values are: "
		    "give --frequencies, which nib-link block writes",
		    p->m->name);
		goto out;
	}
	if (link_people_start(p, o->model, LINK_MODEL, &o->fields, &o->tool,
	    f) == -1)
		goto out;
	cohort_start_rows(&p->cohort, counts);
	counts = NULL;
	if ((in = tool_input(&o->tool, f)) == NULL)
		goto out;
	rc = blockrows_read(&p->cohort, p->m, in, f);
	csv_close(in);
out:
	counts_free(counts);
	return rc;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct link_people p = { .audit = &o->audit,
		.outputs = { o->thresholds, o->report },
		.memory = o->memory };
	struct model_scores s = { 0 };
	struct weights weights = { .all = 0 };
	struct rows put = { .o = o };
	enum status rc = TROUBLE;

	if (audit_begin(&o->audit, &o->tool, NULL, f) == -1)
		goto out;
	if (o->blocks ? read_rows(o, &p, f) == -1 :
	    link_people_open(&p, o->model, LINK_MODEL, &o->fields, &o->tool,
	    o->tool.paths, o->tool.npaths, o->id != NULL ? o->id : "",
	    f) == -1)
		goto out;
	if (!p.m->trained) {
		(void)fault_set(f, "%s is a matching file, not a model: train "
		    "it first (nib-link train)", p.m->name);
		goto out;
	}
	put.m = p.m;
	o->how.jobs = o->tool.jobs;
	o->how.put = put_pair;
	o->how.arg = &put;
	/* Pairs have what records in memory leave, or a quarter. */
	o->how.memory = p.cohort.depot != NULL || o->blocks ?
	    o->memory / 4 : o->memory - cohort_held(&p.cohort);
	if (model_score(&s, p.m, &p.cohort, &o->how, f) == -1 ||
	    put_pairs(o, p.m, &s, &weights, f) == -1 ||
	    (o->thresholds != NULL && put_thresholds(o, &s, &weights,
	    f) == -1) ||
	    (o->report != NULL && put_report(o, p.m, &s, f) == -1))
		goto out;
	if (audit_end(&o->audit, o->blocks ? sorter_count(p.cohort.rows) :
	    cohort_count(&p.cohort, 0) + cohort_count(&p.cohort, 1),
	    weights.all, f) == 0)
		rc = dropped(p.m, &s);
out:
	model_scores_clear(&s);
	link_people_close(&p);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	if (o->model == NULL)
		return fault_set(f, "needs -m MODEL");
	if (o->blocks && (o->how.parts > 0 || o->thresholds != NULL ||
	    o->id != NULL || o->fields.nnamed > 0 || o->fields.nwithout > 0))
		return fault_set(f, "--part, --thresholds, --id, --field and "
		    "--without do not go with --blocks");
	if (!o->blocks && o->nfrequencies > 0)
		return fault_set(f, "--frequencies goes with --blocks");
	if (o->how.parts > 0 && o->thresholds != NULL)
		return fault_set(f, "--thresholds is about all pairs: leave "
		    "--part out");
	return 0;
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_score(int argc, char **argv)
{
	struct opts o = { .memory = LINK_MEMORY };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	audit_close(&o.audit);
	link_fields_free(&o.fields);
	free(o.frequencies);
	return status;
}

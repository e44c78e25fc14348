/*
 * nib-link score: reads one or two files of people and a model, and writes
 * the pairs of records whose weight reaches a threshold. Holds codes of all
 * records and their ids in memory; the pairs up to --memory, the rest in a
 * temporary file. --part makes a share of the pairs, for engines.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "csv/writer.h"
#include "link.h"
#include "linkage/model.h"

enum { MODEL = 1, ID, THRESHOLD, REVIEW, EXPLAIN,
	THRESHOLDS, REPORT, VALUES, PART, MEMORY };

static const struct option_row rows[] = {
	{ MODEL, 'm', "model", "MODEL", "a model made by nib-link train" },
	{ ID, 0, "id", "COLUMN", "the column of the record's id" },
	{ THRESHOLD, 0, "threshold", "W",
	    "least weight of a pair, log2 of its odds (default 0)" },
	{ REVIEW, 0, "review", "W",
	    "only pairs below W, and a column to decide in" },
	{ EXPLAIN, 0, "explain", NULL,
	    "also write what each comparison adds to the weight" },
	{ VALUES, 0, "show-values", NULL,
	    "also write the values that were compared, for a reviewer" },
	{ THRESHOLDS, 0, "thresholds", "FILE",
	    "write estimated precision and recall by threshold (CSV)" },
	{ REPORT, 0, "report", "FILE",
	    "write what each blocking rule made and dropped (CSV)" },
	{ PART, 0, "part", "K/N",
	    "only the K-th of N parts of the pairs; all make the whole" },
	{ MEMORY, 0, "memory", "SIZE",
	    "memory for records, and for pairs before they go to a file" },
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
	size_t memory; /* 0: any for records, as usual for pairs */
	double below;
	int review, explain, values;
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
put_explained(struct buf *to, const struct link_people *p,
    const struct model_scale *scale, const struct model_pair *pair)
{
	const uint32_t *a = roll_record(&p->a, pair->l);
	unsigned level;
	size_t c;

	buf_putc(to, ',');
	num_put_fixed(to, model_prior(p->m), 4);
	for (c = 0; c < p->m->ncomparisons; c++) {
		level = (unsigned)(pair->levels >> (4 * c)) & 15;
		buf_putc(to, ',');
		if (level == MODEL_NULL) {
			buf_putc(to, ',');
			continue;
		}
		csv_put_string(to, p->m->comparisons[c].levels[level].text);
		buf_putc(to, ',');
		num_put_fixed(to, model_weight(scale, c, level, a), 4);
	}
}

/* The values of every field compared, left and right. */
static void
put_values(struct buf *to, const struct link_people *p,
    const struct model_pair *pair)
{
	const uint32_t *side[2] = { roll_record(&p->a, pair->l),
		roll_record(p->two ? &p->b : &p->a, pair->r) };
	const char *text;
	size_t c, k, n, slot;

	for (c = 0; c < p->m->ncomparisons; c++)
		for (k = 0; k < 2; k++) {
			slot = (size_t)values_slot(p->v,
			    p->m->comparisons[c].field);
			buf_putc(to, ',');
			if (side[k][slot] == 0)
				continue;
			text = values_text(p->v, slot, side[k][slot], &n);
			csv_put_cell(to, text, n);
		}
}

static void
put_header(struct buf *to, const struct opts *o, const struct matching *m)
{
	size_t c;

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
put_pairs(struct opts *o, struct link_people *p,
    struct model_scores *s, struct weights *weights, struct fault *f)
{
	struct model_scale *scale = model_scale_new(p->m, p->v, &p->a,
	    p->two ? &p->b : NULL);
	struct outfile *out = outfile_open(o->tool.output, f);
	struct model_pair pair;
	struct buf b = { 0 };
	int rc = -1, k;

	if (out == NULL)
		goto out;
	provenance_output(o->audit.account, "output", out);
	if (!o->tool.no_header)
		put_header(&b, o, p->m);
	while ((k = model_scores_next(s, &pair, f)) == 1) {
		count_weight(weights, (double)pair.weight);
		if (o->review && (double)pair.weight >= o->below)
			continue;
		put_id(&b, &p->a, pair.l);
		put_id(&b, p->two ? &p->b : &p->a, pair.r);
		num_put_fixed(&b, (double)pair.weight, 4);
		buf_putc(&b, ',');
		num_put_fixed(&b, model_probability((double)pair.weight), 6);
		buf_printf(&b, ",%" PRIu32, pair.rule + 1);
		if (o->explain)
			put_explained(&b, p, scale, &pair);
		if (o->values)
			put_values(&b, p, &pair);
		buf_puts(&b, o->review ? ",\n" : "\n");
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
	model_scale_free(scale);
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
			msg_warn("blocking rule %zu: %" PRIu64 " blocks with "
			    "%" PRIu64 " pairs left out, each beyond "
			    "max_block", i + 1, s->counts[i].dropped_blocks,
			    s->counts[i].dropped_pairs);
			rc = FINDINGS;
		}
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
	enum status rc = TROUBLE;

	if (audit_begin(&o->audit, &o->tool, NULL, f) == -1)
		goto out;
	if (link_people_open(&p, o->model, LINK_MODEL, &o->fields, &o->tool,
	    o->tool.paths, o->tool.npaths, o->id != NULL ? o->id : "",
	    f) == -1)
		goto out;
	if (!p.m->trained) {
		(void)fault_set(f, "%s is a matching file, not a model: train "
		    "it first (nib-link train)", p.m->name);
		goto out;
	}
	o->how.jobs = o->tool.jobs;
	/* Pairs have what the records leave. */
	o->how.memory = o->memory > 0 ? o->memory - values_held(p.v) :
	    LINK_MEMORY;
	if (model_score(&s, p.m, p.v, &p.a, p.two ? &p.b : NULL, p.nicknames,
	    &o->how, f) == -1 || put_pairs(o, &p, &s, &weights, f) == -1 ||
	    (o->thresholds != NULL && put_thresholds(o, &s, &weights,
	    f) == -1) ||
	    (o->report != NULL && put_report(o, p.m, &s, f) == -1))
		goto out;
	if (audit_end(&o->audit, p.a.n + p.b.n, weights.all, f) == 0)
		rc = dropped(p.m, &s);
out:
	model_scores_clear(&s);
	link_people_close(&p);
	return rc;
}

static int
check(const void *options, struct fault *f)
{
	const struct opts *o = options;

	if (o->model == NULL)
		return fault_set(f, "needs -m MODEL");
	if (o->how.parts > 0 && o->thresholds != NULL)
		return fault_set(f, "--thresholds is about all pairs: leave "
		    "--part out");
	return 0;
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_score(int argc, char **argv)
{
	struct opts o = { .model = NULL };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	audit_close(&o.audit);
	link_fields_free(&o.fields);
	return status;
}

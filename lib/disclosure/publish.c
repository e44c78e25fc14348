/* A result as the table that leaves. */
#include "disclosure/publish.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/writer.h"
#include "disclosure/cellkey.h"
#include "disclosure/contributors.h"
#include "disclosure/protect.h"
#include "tally/pivot.h"
#include "tally/rows.h"

#define FLUSH ((size_t)256 * 1024)

struct disclosure_publisher {
	struct disclosure_publish_options o;
	struct disclosure_profile *profile;
	size_t nshown;         /* measures that are published */
	int suppress, cellkey; /* the mode, or round */
	struct disclosure_cellkey *keys;
	int *with_sum; /* per measure: the sum of the same values is there */
	struct tally_labels *labels;
	const char **names; /* of the cells after the groupings */
	size_t nnames, pivot; /* a grouping; nby: none */
};

/* Where rows go: lines of text, or a pivoted table. */
struct table {
	struct buf *b;
	struct tally_pivot *pivot;
	struct buf cells;
	int has_records, has_shown; /* a row of records; one with a cell */
	int has_symbol;             /* one that is masked */
};

static int
set_mode(struct disclosure_publisher *x, const char *mode, struct fault *f)
{
	x->suppress = strcmp(mode, "suppress") == 0;
	x->cellkey = strcmp(mode, "cellkey") == 0;
	if (!x->suppress && !x->cellkey && strcmp(mode, "round") != 0)
		return fault_set(f, "--disclosure knows the modes round, "
		    "suppress and cellkey");
	return 0;
}

/* Counts only: anything exact beside them would undo it. */
static int
open_cellkey(struct disclosure_publisher *x, struct fault *f)
{
	const struct disclosure_profile *p = x->profile;
	size_t i;

	if (p->cellkey_table == NULL)
		return fault_set(f, "the profile %s has no cell key method",
		    p->name);
	if (!x->o.record_key)
		return fault_set(f, "the mode cellkey needs --record-key");
	if (x->o.audit != NULL)
		return fault_set(f, "--audit is for the modes round and "
		    "suppress");
	for (i = 0; i < x->nshown; i++)
		if (x->o.request->measures[i].kind != TALLY_COUNT)
			return fault_set(f, "%s: the mode cellkey publishes "
			    "counts only", x->o.request->measures[i].name);
	x->keys = disclosure_cellkey_open(p->cellkey_table,
	    p->cellkey_largest, p->cellkey_cycle, f);
	return x->keys != NULL ? 0 : -1;
}

/* "hes", "hes:round" and so on. */
static int
open_profile(struct disclosure_publisher *x, struct fault *f)
{
	const char *name = x->o.disclosure != NULL ? x->o.disclosure : "none";
	const char *colon = strrchr(name, ':');
	char *copy = mem_strdup(name);
	size_t i, j;

	if (colon != NULL) {
		copy[colon - name] = '\0';
		if (set_mode(x, colon + 1, f) == -1) {
			free(copy);
			return -1;
		}
	}
	x->profile = disclosure_profile_open(copy, f);
	free(copy);
	if (x->profile == NULL)
		return -1;
	if (x->cellkey && open_cellkey(x, f) == -1)
		return -1;
	if (x->suppress && !x->profile->mask)
		return fault_set(f, "the profile %s masks nothing, so there "
		    "is nothing to suppress", x->profile->name);
	if (x->suppress && x->profile->mask_from == 0 && !x->o.complete)
		return fault_set(f, "the profile %s masks zeros, which a "
		    "missing row would show: add --complete",
		    x->profile->name);
	x->with_sum = mem_zero(x->o.request->nmeasures, sizeof *x->with_sum);
	for (i = 0; i < x->o.request->nmeasures; i++) {
		const struct tally_measure *m = &x->o.request->measures[i];

		if (disclosure_allows(x->profile, m, f) == -1)
			return -1;
		for (j = 0; j < x->o.request->nmeasures; j++)
			if (x->o.request->measures[j].kind == TALLY_SUM &&
			    m->weight == NULL &&
			    x->o.request->measures[j].weight == NULL &&
			    strcmp(m->text, x->o.request->measures[j].text) == 0)
				x->with_sum[i] = 1;
	}
	return 0;
}

/* A rule about contributors needs to know who they are. */
static int
check_contributors(const struct disclosure_publisher *x, struct fault *f)
{
	const struct disclosure_profile *p = x->profile;
	int has_rule = p->largest > 0 || p->p_percent > 0 ||
	    p->contributors > 0;
	size_t i;

	if (x->o.contributors && !has_rule && x->o.disclosure != NULL)
		return fault_set(f, "the profile %s has no rule of dominance, "
		    "so there is nothing to do with --contributor", p->name);
	if (x->o.contributors && x->o.top > 0)
		return fault_set(f, "--top does not go with --contributor: "
		    "who the rest is made of is not known");
	for (i = 0; i < x->nshown; i++) {
		const struct tally_measure *m = &x->o.request->measures[i];

		if (has_rule && !x->o.contributors &&
		    (m->kind == TALLY_SUM || m->kind == TALLY_MEAN))
			return fault_set(f, "%s: the profile %s has a rule of "
			    "dominance: say with --contributor who "
			    "contributes to a sum", m->name, p->name);
	}
	return 0;
}

/* Only what adds up can be put together again. */
static int
check_top(const struct disclosure_publish_options *o, struct fault *f)
{
	const struct tally_request *r = o->request;
	size_t i;

	if (o->top == 0)
		return 0;
	if (r->nby == 0)
		return fault_set(f, "--top needs --by");
	if (r->margins == TALLY_CUBE || o->complete)
		return fault_set(f, "--top does not go with --cube or "
		    "--complete");
	if (r->margins == TALLY_TOTALS &&
	    strcmp(o->rest_label, o->total_label) == 0)
		return fault_set(f, "--rest-label and --total-label are the "
		    "same");
	for (i = 0; i < r->nmeasures; i++)
		if (r->measures[i].kind != TALLY_COUNT &&
		    r->measures[i].kind != TALLY_SUM)
			return fault_set(f, "%s: --top puts the rest together "
			    "by adding, which only --count and --sum allow",
			    r->measures[i].name);
	return 0;
}

static int
open_layout(struct disclosure_publisher *x, struct fault *f)
{
	const struct tally_request *r = x->o.request;
	size_t i;

	x->labels = tally_labels_open(r, x->o.labels, x->o.nlabels, f);
	if (x->labels == NULL)
		return -1;
	x->names = mem_array(NULL, x->nshown + 1, sizeof *x->names);
	for (i = 0; i < x->nshown; i++)
		x->names[x->nnames++] = r->measures[i].name;
	if (x->o.note)
		x->names[x->nnames++] = "note";
	for (x->pivot = 0; x->pivot < r->nby; x->pivot++)
		if (x->o.pivot != NULL &&
		    strcmp(x->o.pivot, r->by[x->pivot].name) == 0)
			break;
	if (x->o.pivot != NULL && x->pivot == r->nby)
		return fault_set(f, "--pivot: %s is no grouping",
		    x->o.pivot);
	return 0;
}

void
disclosure_publisher_free(struct disclosure_publisher *x)
{
	if (x == NULL)
		return;
	disclosure_profile_free(x->profile);
	disclosure_cellkey_close(x->keys);
	tally_labels_close(x->labels);
	free(x->names);
	free(x->with_sum);
	free(x);
}

struct disclosure_publisher *
disclosure_publisher_new(const struct disclosure_publish_options *o,
    struct fault *f)
{
	struct disclosure_publisher *x = mem_zero(1, sizeof *x);

	x->o = *o;
	x->nshown = o->request->nmeasures - (o->record_key != 0);
	if (check_top(o, f) == -1 || open_layout(x, f) == -1 ||
	    open_profile(x, f) == -1 || check_contributors(x, f) == -1) {
		disclosure_publisher_free(x);
		return NULL;
	}
	return x;
}

const struct disclosure_profile *
disclosure_publisher_profile(const struct disclosure_publisher *x)
{
	return x->profile;
}

const struct tally_labels *
disclosure_publisher_labels(const struct disclosure_publisher *x)
{
	return x->labels;
}

/* The groupings' names, with a comma after each. */
static void
put_by_names(struct buf *b, const struct disclosure_publisher *x)
{
	size_t i;

	for (i = 0; i < x->o.request->nby; i++) {
		csv_put_string(b, x->o.request->by[i].name);
		buf_putc(b, ',');
		if (tally_labels_name(x->labels, i) == NULL)
			continue;
		csv_put_string(b, tally_labels_name(x->labels, i));
		buf_putc(b, ',');
	}
}

/* The groupings of a row, with a comma after each. */
static int
put_by(struct buf *b, const struct disclosure_publisher *x, const struct tally_row *row,
    struct fault *f)
{
	const struct tally_request *r = x->o.request;
	size_t i;

	for (i = 0; i < r->nby; i++) {
		struct csv_slice label = { "", 0 };

		if (row->total >> i & 1)
			csv_put_string(b, x->o.total_label);
		else if (r->margins != TALLY_PLAIN && row->by[i].n ==
		    strlen(x->o.total_label) && memcmp(row->by[i].p,
		    x->o.total_label, row->by[i].n) == 0)
			return fault_set(f, "a value of %s is what totals are "
			    "called; choose another --total-label",
			    r->by[i].name);
		else
			csv_put_cell(b, row->by[i].p, row->by[i].n);
		buf_putc(b, ',');
		if (tally_labels_name(x->labels, i) == NULL)
			continue;
		if (!(row->total >> i & 1))
			label = tally_labels_find(x->labels, i, row->by[i]);
		csv_put_cell(b, label.p, label.n);
		buf_putc(b, ',');
	}
	return 0;
}

static void
put_perturbed(struct buf *b, const struct disclosure_publisher *x,
    const struct tally_row *row)
{
	const struct tally_value *keys = &row->values[x->nshown];
	int64_t n = disclosure_cellkey_count(x->keys, row->nrows,
	    keys->form == TALLY_DECIMAL ? (uint64_t)keys->v : 0);

	if (n < (int64_t)x->profile->cellkey_threshold || n < 0)
		csv_put_string(b, x->profile->symbol);
	else
		buf_put_i64(b, n);
}

/* A record's key must be whole and not below 0. */
static int
check_keys(const struct disclosure_publisher *x, const struct tally_row *row,
    struct fault *f)
{
	const struct tally_value *keys = &row->values[x->nshown];

	if (row->nrows > 0 && (keys->form != TALLY_DECIMAL ||
	    keys->scale != 0 || keys->v < 0 || keys->n != row->nrows))
		return fault_set(f, "--record-key must give every record a "
		    "whole number, 0 or more");
	return 0;
}

/*
 * The measures' cells; hidden: nothing of them is shown. How many are not
 * the symbol.
 */
static size_t
put_cells(struct buf *b, const struct disclosure_publisher *x,
    const struct tally_row *row, int hidden)
{
	const struct tally_request *r = x->o.request;
	const struct disclosure_profile *p = x->profile;
	size_t i, shown = 0, nsymbol = strlen(p->symbol);

	for (i = 0; i < x->nshown; i++) {
		size_t before = b->n + (i > 0);

		if (i > 0)
			buf_putc(b, ',');
		if (x->cellkey)
			put_perturbed(b, x, row);
		else if (hidden)
			csv_put_string(b, p->symbol);
		else if (x->suppress)
			tally_put_value(b, &row->values[i]);
		else
			disclosure_put(b, p, &r->measures[i],
			    &row->values[i], x->with_sum[i]);
		if (b->n == before && r->nby == 0 && x->nshown == 1 &&
		    !x->o.note)
			buf_puts(b, "\"\"");
		shown += b->n - before != nsymbol || memcmp(b->p + before,
		    p->symbol, nsymbol) != 0;
	}
	if (x->o.note) {
		buf_putc(b, ',');
		if (row->nbad > 0 && (hidden || disclosure_masks(p,
		    row->nbad)))
			buf_puts(b, "some cells not numbers");
		else if (row->nbad > 0)
			buf_printf(b, "cells not numbers: %" PRIu64,
			    disclosure_round(p, row->nbad));
	}
	return shown;
}

static int
put_row(struct table *to, const struct disclosure_publisher *x,
    const struct tally_row *row, int hidden, struct fault *f)
{
	struct buf *b = to->pivot == NULL ? to->b : &to->cells;
	size_t shown;

	if (to->pivot != NULL)
		buf_clear(b);
	if (put_by(b, x, row, f) == -1 ||
	    (x->cellkey && check_keys(x, row, f) == -1))
		return -1;
	if (to->pivot != NULL)
		buf_clear(b);
	to->has_records |= row->nrows > 0;
	shown = put_cells(b, x, row, hidden);
	to->has_shown |= shown > 0 && row->nrows > 0;
	to->has_symbol |= shown < x->nshown;
	if (to->pivot != NULL)
		return tally_pivot_add(to->pivot, row, b->p, b->n, f);
	buf_putc(b, '\n');
	return 0;
}

/* Where rows come from. */
struct source {
	tally_next *next;
	void *arg;
	struct tables_source *tables; /* or NULL */
};

static int
next_result(void *arg, struct tally_row *row, struct fault *f)
{
	return tally_result_next(arg, row, f);
}

static int
write_stream(const struct disclosure_publisher *x,
    struct source *from, struct table *to, struct outfile *out,
    struct disclosure_published *p, struct fault *f)
{
	struct buf *b = to->b;
	struct tally_row row;
	int more;

	while ((more = from->next(from->arg, &row, f)) == 1) {
		if (put_row(to, x, &row, 0, f) == -1)
			return -1;
		p->rows++;
		if (b->n >= FLUSH) {
			if (outfile_write(out, b->p, b->n, f) == -1)
				return -1;
			buf_clear(b);
		}
	}
	return more == 0 ? outfile_write(out, b->p, b->n, f) : -1;
}

/* For each masked row what its count can be derived to. */
static int
write_audit(const struct disclosure_publisher *x, const struct tally_rows *t,
    const struct disclosure_verdict *v, struct fault *f)
{
	struct buf b = { 0 };
	size_t i;
	int rc = -1;

	put_by_names(&b, x);
	buf_puts(&b, "primary,lo,hi,exact\n");
	for (i = 0; i < t->n; i++) {
		const struct disclosure_interval *is = &v[i].interval;

		if (!v[i].hidden)
			continue;
		if (put_by(&b, x, &t->rows[i], f) == -1)
			goto out;
		buf_printf(&b, "%d,%" PRId64 ",", v[i].primary, is->lo);
		if (is->hi != INT64_MAX)
			buf_put_i64(&b, is->hi);
		buf_printf(&b, ",%d\n", is->proven);
	}
	rc = outfile_whole(x->o.audit, &b, f);
out:
	buf_free(&b);
	return rc;
}

/* Beside the order of groups even a masked count says much. */
static int
is_small(const void *arg, const struct tally_row *row)
{
	const struct disclosure_publisher *x = arg;

	return disclosure_is_small(x->profile, row, x->o.request);
}

/* A table that has to be seen whole. */
static int
write_rows(const struct disclosure_publisher *x, struct source *from,
    struct table *to, struct outfile *out, struct disclosure_published *p,
    struct fault *f)
{
	struct tally_rows t = { 0 };
	struct disclosure_known known = { NULL, NULL };
	struct disclosure_verdict *v = NULL;
	size_t i;
	int rc = -1;

	if (tally_rows_read(&t, x->o.request, from->next,
	    from->arg, f) == -1 ||
	    (x->o.top > 0 && tally_rows_top(&t, x->o.request, x->o.top,
	    x->o.rest_label, x->cellkey ? NULL : is_small, x, f) == -1) ||
	    (x->o.complete && tally_rows_complete(&t, x->o.request, f) == -1))
		goto out;
	if (from->tables != NULL)
		known = (struct disclosure_known){
		    tables_source_pairs(from->tables),
		    tables_source_finest(from->tables) };
	v = mem_zero(t.n, sizeof *v);
	if (x->suppress && disclosure_hide_rows(x->profile, &t, &known,
	    x->o.request, (int64_t)x->profile->interval, v, f) == -1)
		goto out;
	if (!x->suppress && x->o.audit != NULL &&
	    disclosure_audit_rounded(x->profile, &t, &known, x->o.request, v,
	    f) < 0)
		goto out;
	if (x->o.audit != NULL && write_audit(x, &t, v, f) == -1)
		goto out;
	for (i = 0; i < t.n; i++) {
		const struct disclosure_interval *is = &v[i].interval;

		p->masked += v[i].hidden;
		p->narrow += v[i].hidden && is->hi != INT64_MAX &&
		    (uint64_t)(is->hi - is->lo) + 1 < x->profile->interval;
		if (put_row(to, x, &t.rows[i], x->suppress && v[i].hidden,
		    f) == -1)
			goto out;
	}
	p->rows = t.n;
	rc = outfile_write(out, to->b->p, to->b->n, f);
out:
	free(v);
	tally_rows_free(&t);
	return rc;
}

int
disclosure_publish(const struct disclosure_publisher *x,
    struct tally_result *result, struct outfile *out,
    struct disclosure_published *p, struct fault *f)
{
	struct source from = { next_result, result, NULL };
	struct contributors *c = NULL;
	struct buf b = { 0 };
	struct table to = { .b = &b };
	int rc;

	memset(p, 0, sizeof *p);
	if (x->o.contributors) {
		c = contributors_new(x->o.request, x->profile, result);
		from = (struct source){ contributors_next, c, NULL };
	}
	if (x->o.tables != NULL) {
		from.tables = tables_source_new(x->o.tables,
		    x->o.request, from.next, from.arg);
		if (x->suppress || x->o.audit != NULL)
			tables_source_keep(from.tables);
		from.next = tables_source_next;
		from.arg = from.tables;
	}
	if (x->o.pivot != NULL)
		to.pivot = tally_pivot_new(x->o.request, x->pivot, x->labels,
		    x->o.total_label, x->names, x->nnames);
	if (x->o.header && to.pivot == NULL) {
		put_by_names(&b, x);
		csv_put_header(&b, x->names, x->nnames);
	}
	rc = x->o.complete || x->o.top > 0 || x->suppress ||
	    x->o.audit != NULL ?
	    write_rows(x, &from, &to, out, p, f) :
	    write_stream(x, &from, &to, out, p, f);
	tables_source_free(from.tables);
	contributors_free(c);
	if (rc == 0 && to.pivot != NULL)
		rc = tally_pivot_write(to.pivot, out, x->o.header, &p->rows,
		    f);
	p->nothing = to.has_records && !to.has_shown;
	p->unaudited = to.has_symbol && x->o.audit == NULL && !x->suppress &&
	    !x->cellkey && x->profile->mask && (x->o.request->margins != TALLY_PLAIN ||
	    x->o.tables != NULL);
	tally_pivot_free(to.pivot);
	buf_free(&to.cells);
	buf_free(&b);
	return rc;
}

/* nib-aggregate on published tables instead of records. */
#include "aggregate_tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/outfile.h"
#include "csv/writer.h"
#include "disclosure/history.h"
#include "disclosure/linked.h"
#include "disclosure/release.h"

/* The tables of one run. */
struct tables {
	struct sheet_options how;
	struct disclosure_profile *profile;
	size_t n;
	struct csv_table **csv;
	struct sheet *sheets;
};

static void
tables_close(struct tables *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		sheet_close(&t->sheets[i]);
		csv_table_close(t->csv[i]);
	}
	free(t->sheets);
	free(t->csv);
	disclosure_profile_free(t->profile);
}

/* Of some tables each need not have every column that is asked for. */
static int
tables_open(struct tables *t, const struct tables_options *o,
    const char *const *paths, size_t n, int some, struct fault *f)
{
	size_t i;

	memset(t, 0, sizeof *t);
	t->how.request = o->request;
	t->how.total_label = o->total_label;
	t->how.some = some;
	t->how.pivot = o->pivot;
	if (sheet_mode(o->disclosure != NULL ? o->disclosure : "hes",
	    &t->how, &t->profile, f) == -1)
		return -1;
	t->csv = mem_zero(n, sizeof *t->csv);
	t->sheets = mem_zero(n, sizeof *t->sheets);
	for (i = 0; i < n; i++) {
		t->csv[i] = csv_table_open(paths[i], o->tool->csv.delimiter,
		    f);
		if (t->csv[i] == NULL)
			return -1;
		t->n = i + 1;
		if (sheet_open(&t->sheets[i], &t->how, t->csv[i], f) == -1)
			return -1;
	}
	sheet_align(t->sheets, t->n);
	return 0;
}

static const char *const *
operands(const struct tables_options *o, size_t *n)
{
	static const char *const standard_input[] = { "-" };

	*n = o->tool->npaths > 0 ? o->tool->npaths : 1;
	return o->tool->npaths > 0 ? o->tool->paths : standard_input;
}

static void
on_finding(void *arg, const struct fault *what)
{
	uint64_t *n = arg;

	(*n)++;
	msg_fault(what);
}

static void
put_end(struct buf *b, const struct sheet *s, const struct linked_finding *v,
    num_wide end)
{
	if (end > -SHEET_UNBOUND && end < SHEET_UNBOUND) {
		if (s->columns[v->col].kind == SHEET_SUM ||
		    s->columns[v->col].numerators) /* in halves */
			num_put_decimal(b, end * 5,
			    s->columns[v->col].scale + 1);
		else
			buf_put_i64(b, (int64_t)end);
	}
	buf_putc(b, ',');
}

/* What each masked cell can be: a table, its line and its column. */
static int
write_intervals(const struct tables *t, const struct linked *l,
    const char *path, struct fault *f)
{
	struct outfile *out;
	struct buf b = { 0 };
	size_t i;
	int rc = -1;

	buf_puts(&b, "table,line,measure,lo,hi,exact,narrow\n");
	for (i = 0; i < l->n; i++) {
		const struct linked_finding *v = &l->v[i];
		const struct sheet *s = &t->sheets[v->sheet];
		size_t row = v->row, col = v->col;

		sheet_place(s, &row, &col);
		csv_put_string(&b, s->file->path);
		buf_printf(&b, ",%" PRIu64 ",", s->file->lines[row]);
		csv_put_string(&b, s->file->names[col]);
		buf_putc(&b, ',');
		put_end(&b, s, v, v->lo);
		put_end(&b, s, v, v->hi);
		buf_printf(&b, "%d,%d\n", v->proven, v->narrow);
	}
	if ((out = outfile_open(path, f)) != NULL &&
	    outfile_write(out, b.p, b.n, f) == 0)
		rc = outfile_commit(out, f);
	outfile_close(out);
	buf_free(&b);
	return rc;
}

/* A measure of a row that is withheld goes with all others of the row. */
static int
is_withheld(const struct sheet *s, const struct linked *l, size_t row,
    size_t col)
{
	size_t i;

	for (i = 0; i < l->nwithheld; i++)
		if (l->withheld[i].row == row && (l->withheld[i].col == col ||
		    s->total_column == s->t->ncols))
			return 1;
	return 0;
}

/* The first table, with what it must not show withheld. */
static int
write_table(const struct tables *t, const struct linked *l,
    struct outfile *out, int header, struct fault *f)
{
	const struct sheet *s = &t->sheets[0];
	const struct csv_table *file = s->file;
	unsigned char *away = mem_zero(file->nrows * file->ncols + 1, 1);
	struct buf b = { 0 };
	size_t row, col;
	int rc;

	for (col = 0; header && col < file->ncols; col++) {
		csv_put_string(&b, file->names[col]);
		buf_putc(&b, col + 1 < file->ncols ? ',' : '\n');
	}
	for (row = 0; row < s->t->nrows; row++)
		for (col = 0; col < s->t->ncols; col++) {
			size_t at = row, in = col;

			if (s->columns[col].kind == SHEET_GROUPING ||
			    strcmp(csv_table_cell(s->t, row, col),
			    t->profile->symbol) == 0 ||
			    !is_withheld(s, l, row, col))
				continue;
			sheet_place(s, &at, &in);
			away[at * file->ncols + in] = 1;
		}
	for (row = 0; row < file->nrows; row++)
		for (col = 0; col < file->ncols; col++) {
			csv_put_string(&b, away[row * file->ncols + col] ?
			    t->profile->withheld : csv_table_cell(file, row,
			    col));
			buf_putc(&b, col + 1 < file->ncols ? ',' : '\n');
		}
	free(away);
	rc = outfile_write(out, b.p, b.n, f);
	buf_free(&b);
	return rc == 0 ? outfile_commit(out, f) : -1;
}

static void
warn_shares(const struct tables *t, const struct linked *l)
{
	if (l->shares_unfit)
		msg_warn("%s: its shares do not fit its counts, as of records "
		    "without a value: what they give together was not looked "
		    "at", t->csv[0]->path);
}

enum status
tables_audit(const struct tables_options *o, struct fault *f)
{
	struct tables t;
	struct linked l = { 0 };
	struct outfile *out = NULL;
	uint64_t findings = 0;
	enum status rc = TROUBLE;
	const char *const *paths;
	size_t n;

	paths = operands(o, &n);
	if (tables_open(&t, o, paths, n, n > 1, f) == -1)
		goto out;
	if (t.how.cellkey) {
		(void)fault_set(f, "--audit-only is for the modes round and "
		    "suppress: a perturbed count has no sure bounds");
		goto out;
	}
	if (linked_audit(&l, t.sheets, t.n, o->repair, f) < 0)
		goto out;
	if (o->repair && ((out = outfile_open(o->tool->output, f)) == NULL ||
	    write_table(&t, &l, out, !o->tool->no_header, f) == -1))
		goto out;
	if (o->audit != NULL && write_intervals(&t, &l, o->audit, f) == -1)
		goto out;
	disclosure_release_narrow(t.sheets, &l, on_finding, &findings);
	warn_shares(&t, &l);
	if (l.nwithheld > 0)
		msg_warn("%s: %zu cells withheld to protect others",
		    t.csv[0]->path, l.nwithheld);
	rc = findings > 0 ? FINDINGS : CLEAN;
out:
	outfile_close(out);
	linked_free(&l);
	tables_close(&t);
	return rc;
}

/* One table: its cells, and what they give away together. */
static int
check_table(const struct tables_options *o, const char *path,
    const struct tables *earlier, uint64_t *findings, struct fault *f)
{
	struct tables t;
	struct linked l = { 0 };
	size_t i;
	int rc = -1, fits;

	if (tables_open(&t, o, &path, 1, 0, f) == -1)
		goto out;
	disclosure_release_check(t.sheets, on_finding, findings);
	fits = t.how.cellkey ? 0 : linked_audit(&l, t.sheets, 1, 0, f);
	if (fits == -1)
		goto out;
	if (fits < 0) { /* not made as it says, or not all of it */
		if (fits == -2)
			fault_place(f, path, 0, 0, 0, NULL);
		on_finding(findings, f);
		fault_clear(f);
	}
	warn_shares(&t, &l);
	disclosure_release_narrow(t.sheets, &l, on_finding, findings);
	for (i = 0; i < earlier->n; i++)
		disclosure_release_compare(t.sheets, &earlier->sheets[i],
		    on_finding, findings);
	rc = 0;
out:
	linked_free(&l);
	tables_close(&t);
	return rc;
}

/* Releases in the ledger, and the tables that are given. */
struct known {
	char (*digests)[DIGEST_HEX];
	size_t n;
	const char *path;
	uint64_t *findings;
};

static void
on_release(void *arg, const struct history_release *r)
{
	const struct known *k = arg;
	struct fault what = FAULT_NONE;
	size_t i;

	for (i = 0; i < k->n; i++)
		if (strcmp(k->digests[i], r->digest) == 0)
			return;
	(void)fault_set(&what, "use %s of %s released the same groupings with "
	    "other counts, and its table is not among --earlier: what the two "
	    "give together was not looked at", r->use, r->time);
	fault_place(&what, k->path, 0, 0, 0, NULL);
	on_finding(k->findings, &what);
}

/* Is every earlier release that the table could be set against given? */
static int
check_history(const struct tables_options *o, const char *path,
    uint64_t *findings, struct fault *f)
{
	struct known k = { .path = path, .findings = findings };
	char digest[DIGEST_HEX];
	int rc = 0;

	if (o->ledger == NULL)
		return 0;
	k.digests = mem_zero(o->nearlier, sizeof *k.digests);
	for (; k.n < o->nearlier && rc == 0; k.n++)
		rc = history_digest(o->earlier[k.n], k.digests[k.n], f);
	if (rc == 0)
		rc = history_digest(path, digest, f);
	if (rc == 0)
		rc = history_earlier(o->ledger, digest, on_release, &k, f);
	free(k.digests);
	if (rc == 1) {
		struct fault what = FAULT_NONE;

		(void)fault_set(&what, "no release of this table is in the "
		    "ledger");
		fault_place(&what, path, 0, 0, 0, NULL);
		on_finding(findings, &what);
		rc = 0;
	}
	return rc;
}

enum status
tables_release_check(const struct tables_options *o, struct fault *f)
{
	struct tables earlier;
	uint64_t findings = 0;
	const char *const *paths;
	size_t i, n;
	int rc;

	paths = operands(o, &n);
	rc = tables_open(&earlier, o, o->earlier, o->nearlier, 1, f);
	for (i = 0; i < n && rc == 0; i++)
		if ((rc = check_table(o, paths[i], &earlier, &findings,
		    f)) == 0)
			rc = check_history(o, paths[i], &findings, f);
	tables_close(&earlier);
	return rc == -1 ? TROUBLE : findings > 0 ? FINDINGS : CLEAN;
}

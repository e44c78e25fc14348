/*
 * nib-link review: reads back the files in which people decided on pairs,
 * and writes their decisions for nib-link cluster. Holds all pairs in memory.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/num.h"
#include "csv/writer.h"
#include "link.h"
#include "linkage/review.h"

enum { REPORT = 1 };

static const struct option_row rows[] = {
	{ REPORT, 0, "report", ">FILE",
	    "write what was decided, by weight, beside what the model says" },
	{ TOOL_DELIMITER, 'd', "delimiter", "C",
	    "input's delimiter: a character, or tab" },
	TOOL_OUTPUT_ROWS,
	AUDIT_ROWS,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link review",
	"[OPTION...] FILE...",
	"Read back what people decided on pairs.",
	rows,
	"  nib-link score -m people.model --review 12 --show-values a.csv \\\n"
	"      b.csv > review.csv\n"
	"  nib-link review review.csv > decisions.csv\n"
	"  nib-link cluster --decisions decisions.csv pairs.csv\n",
};

struct opts {
	struct tool tool;
	struct audit audit;
	const char *report;
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	(void)f;
	if (id == REPORT)
		o->report = v;
	else
		(void)audit_option(&o->audit, id, v);
	return 0;
}

static void
put_decisions(struct buf *to, const struct review_pair *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i].state != REVIEW_SAME && p[i].state !=
		    REVIEW_DIFFERENT)
			continue;
		csv_put_string(to, p[i].l);
		buf_putc(to, ',');
		csv_put_string(to, p[i].r);
		buf_puts(to, p[i].state == REVIEW_SAME ? ",same\n" :
		    ",different\n");
	}
}

static void
put_report(struct buf *to, const struct review *r)
{
	struct review_band *b;
	size_t i, n;

	b = review_bands(r, &n);
	buf_puts(to, "weight,pairs,same,different,open,disputed,"
	    "expected_same\n");
	for (i = 0; i < n; i++) {
		buf_printf(to, "%ld,%zu,%zu,%zu,%zu,%zu,", b[i].from,
		    b[i].pairs, b[i].same, b[i].different, b[i].open,
		    b[i].disputed);
		num_put_fixed(to, b[i].expected, 2);
		buf_putc(to, '\n');
	}
	free(b);
}

static enum status
account(const struct review_pair *p, size_t n)
{
	size_t open = 0, disputed = 0, i;

	for (i = 0; i < n; i++) {
		open += p[i].state == REVIEW_OPEN;
		disputed += p[i].state == REVIEW_DISPUTED;
	}
	if (open > 0)
		msg_warn("%zu of %zu pairs are still open", open, n);
	if (disputed > 0)
		msg_warn("%zu of %zu pairs were decided both ways and are "
		    "left out", disputed, n);
	return open + disputed > 0 ? FINDINGS : CLEAN;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct review *r = review_new();
	struct buf b = { 0 }, report = { 0 };
	const struct review_pair *p;
	enum status rc = TROUBLE;
	size_t i, n, decided = 0;

	if (audit_begin(&o->audit, &o->tool, NULL, f) == -1 ||
	    audit_confine(&o->audit, &o->tool, &o->report, 1, f) == -1)
		goto out;
	for (i = 0; i < o->tool.npaths; i++)
		if (review_read(r, o->tool.paths[i], o->tool.csv.delimiter,
		    f) == -1)
			goto out;
	p = review_pairs(r, &n);
	if (!o->tool.no_header)
		buf_puts(&b, "id_l,id_r,decision\n");
	put_decisions(&b, p, n);
	put_report(&report, r);
	for (i = 0; i < n; i++)
		decided += p[i].state == REVIEW_SAME ||
		    p[i].state == REVIEW_DIFFERENT;
	if (audit_write(&o->audit, o->tool.output, &b, f) == 0 &&
	    (o->report == NULL || audit_write(&o->audit, o->report, &report,
	    f) == 0) && audit_end(&o->audit, n, decided, f) == 0)
		rc = account(p, n);
out:
	buf_free(&b);
	buf_free(&report);
	review_free(r);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	if (o->tool.npaths == 0)
		return fault_set(f, "needs a review file");
	return 0;
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_review(int argc, char **argv)
{
	struct opts o = { .report = NULL };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	audit_close(&o.audit);
	return status;
}

/*
 * nib-link dice: reads one or two files of Bloom-filter encodings and writes
 * the pairs whose Dice coefficient reaches a threshold. Holds all encodings
 * in memory twice, and the pairs found.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/num.h"
#include "csv/writer.h"
#include "link.h"
#include "linkage/dice.h"

enum { ON = 1, ID, THRESHOLD, TEXT };

static const struct option_row rows[] = {
	{ ON, 0, "on", "COLUMN", "the column of the encoding" },
	{ ID, 0, "id", "COLUMN", "the column of the record's id" },
	{ THRESHOLD, 0, "threshold", "T",
	    "least Dice coefficient of a pair (default 0.8)" },
	{ TEXT, 0, "text", "base64|hex",
	    "how encodings are written (default base64)" },
	AUDIT_ROWS,
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link dice",
	"--on COLUMN --id COLUMN [OPTION...] A [B]",
	"Compare Bloom-filter encodings of people.",
	rows,
	"  nib-link dice --on encoding --id record a.csv b.csv | "
	"nib-link cluster\n",
};

struct opts {
	struct tool tool;
	struct audit audit;
	const char *on, *id;
	double threshold;
	enum dice_text text;
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	switch (id) {
	case ON:
		o->on = v;
		return 0;
	case ID:
		o->id = v;
		return 0;
	case THRESHOLD:
		if (num_double(v, strlen(v), &o->threshold) == -1 ||
		    !(o->threshold > 0 && o->threshold <= 1))
			return fault_set(f, "--threshold needs a number above "
			    "0, at most 1");
		return 0;
	case TEXT:
		o->text = strcmp(v, "hex") == 0 ? DICE_HEX : DICE_BASE64;
		if (o->text == DICE_BASE64 && strcmp(v, "base64") != 0)
			return fault_set(f, "--text knows base64 and hex");
		return 0;
	default:
		(void)audit_option(&o->audit, id, v);
		return 0;
	}
}

static int
read_set(const struct opts *o, const char *const *path, struct dice_set *s,
    struct fault *f)
{
	struct csv_options csv = o->tool.csv;
	char hint[NEAREST_HINT];
	struct csv_reader *in;
	const char *name;
	long id, on;
	int rc = -1;

	csv.watch_first = (size_t)(path - o->tool.paths);
	if ((in = csv_open(path, 1, &csv, f)) == NULL)
		return -1;
	id = csv_column(csv_header(in), o->id);
	on = csv_column(csv_header(in), o->on);
	name = id == -1 ? o->id : o->on;
	if (id == -1 || on == -1)
		(void)fault_at(f, *path, 0, "no column %.60s%s", name,
		    nearest_hint(name, csv_header(in)->names,
		    csv_header(in)->n, hint));
	else
		rc = dice_read(s, in, (size_t)id, (size_t)on, o->text,
		    o->tool.jobs, o->tool.quiet ? NULL : table.name, f);
	csv_close(in);
	return rc;
}

static void
put_id(struct buf *to, const struct dice_set *s, uint32_t i)
{
	csv_put_cell(to, s->ids + s->id_at[i],
	    (size_t)(s->id_at[i + 1] - s->id_at[i]));
	buf_putc(to, ',');
}

static int
put_pairs(struct opts *o, const struct dice_set *a,
    const struct dice_set *b, const struct dice_pair *p, size_t n,
    struct fault *f)
{
	struct outfile *out = outfile_open(o->tool.output, f);
	struct buf text = { 0 };
	size_t i;
	int rc = -1;

	if (out == NULL)
		return -1;
	provenance_output(o->audit.account, "output", out);
	if (!o->tool.no_header)
		buf_puts(&text, "id_l,id_r,weight\n");
	for (i = 0; i < n; i++) {
		put_id(&text, a, p[i].l);
		put_id(&text, b, p[i].r);
		num_put_fixed(&text, p[i].dice, 6);
		buf_putc(&text, '\n');
		if (text.n > 1 << 20) {
			if (outfile_write(out, text.p, text.n, f) == -1)
				goto out;
			buf_clear(&text);
		}
	}
	if (outfile_write(out, text.p, text.n, f) == 0 &&
	    outfile_commit(out, f) == 0)
		rc = 0;
out:
	outfile_close(out);
	buf_free(&text);
	return rc;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct dice_set a = { 0 }, b = { 0 };
	struct dice_pair *pairs = NULL;
	int two = o->tool.npaths == 2;
	enum status rc = TROUBLE;
	size_t n;

	if (audit_begin(&o->audit, &o->tool, NULL, f) == -1 ||
	    audit_confine(&o->audit, &o->tool, NULL, 0, f) == -1)
		goto out;
	if (read_set(o, o->tool.paths, &a, f) == -1 ||
	    (two && read_set(o, o->tool.paths + 1, &b, f) == -1))
		goto out;
	if (two && a.n > 0 && b.n > 0 && a.nwords != b.nwords) {
		(void)fault_set(f, "the encodings of the two files have "
		    "different lengths");
		goto out;
	}
	n = dice_join(&a, two ? &b : NULL, o->threshold, o->tool.jobs,
	    DICE_BEST, &pairs, NULL);
	if (put_pairs(o, &a, two ? &b : &a, pairs, n, f) == 0 &&
	    audit_end(&o->audit, a.n + b.n, n, f) == 0)
		rc = CLEAN;
out:
	free(pairs);
	audit_close(&o->audit);
	dice_clear(&a);
	dice_clear(&b);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	if (o->on == NULL || o->id == NULL)
		return fault_set(f, "needs --on COLUMN and --id COLUMN");
	if (o->tool.npaths < 1 || o->tool.npaths > 2)
		return fault_set(f, "needs one file or two");
	return 0;
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_dice(int argc, char **argv)
{
	struct opts o = { .threshold = 0.8 };

	return tool_main(&calls, &o.tool, &o, argc, argv);
}

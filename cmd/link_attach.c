/*
 * nib-link attach: writes every record of the input with fields of another
 * file's record of the same person, by date where asked. Streams the input;
 * holds the other file's keys and the fields attached in memory.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/writer.h"
#include "flow/flow.h"
#include "ledger/provenance.h"
#include "link.h"
#include "linkage/attach.h"

enum { ON = 1, FROM, FIELDS, DATE, WITHIN, SIDE, FOUND };

#define MAX_FIELDS 1000

static const struct option_row rows[] = {
	{ ON, 0, "on", "FIELD[=OTHER]",
	    "the key: a column of the input, and of the other file" },
	{ FROM, 0, "from", "FILE", "the other file" },
	{ FIELDS, 0, "fields", "A,B,...",
	    "its columns to attach (default: all but key and date)" },
	{ DATE, 0, "date", "FIELD[=OTHER]",
	    "dates of both, to choose a record by" },
	{ WITHIN, 0, "within", "DAYS",
	    "no further apart, such as 30d (default: any)" },
	{ SIDE, 0, "side", "before|after|nearest",
	    "where the other's date lies (default before)" },
	{ FOUND, 0, "found", "COLUMN",
	    "also add a column: 1 where a record was found, else 0" },
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link attach",
	"--on FIELD --from FILE [OPTION...] [FILE...]",
	"Attach fields of another file's record of the same person.",
	rows,
	"  nib-link attach --on person_id --from gp.csv --fields frailty "
	"stays.csv\n"
	"  nib-link attach --on person_id --from bloods.csv --fields hba1c "
	"\\\n    --date admission_date=taken --within 90d stays.csv\n",
};

struct opts {
	struct tool tool;
	char *on, *on_other, *date, *date_other;
	const char *from;
	const char *found;
	char *fields;
	enum attach_side side;
	int side_given;
	int32_t within;
};

struct output {
	const struct attach *a;
	size_t key;
	long day;
	size_t nfields;
	int found;
	enum attach_side side;
	int32_t within;
};

/* "A" or "A=B" into two names. */
static int
two_names(const char *option, const char *v, char **a, char **b,
    struct fault *f)
{
	const char *eq = strchr(v, '=');

	if (v[0] == '\0' || v[0] == '=' || (eq != NULL && eq[1] == '\0'))
		return fault_set(f, "--%s needs FIELD or FIELD=OTHER", option);
	free(*a);
	free(*b);
	*a = eq != NULL ? mem_strndup(v, (size_t)(eq - v)) : mem_strdup(v);
	*b = mem_strdup(eq != NULL ? eq + 1 : v);
	return 0;
}

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;
	int64_t days;
	size_t n;

	switch (id) {
	case ON:
		return two_names("on", v, &o->on, &o->on_other, f);
	case DATE:
		return two_names("date", v, &o->date, &o->date_other, f);
	case FROM:
		o->from = v;
		return 0;
	case FIELDS:
		free(o->fields);
		o->fields = mem_strdup(v);
		return 0;
	case FOUND:
		o->found = v;
		return 0;
	case WITHIN:
		n = strlen(v);
		if (n > 0 && v[n - 1] == 'd')
			n--;
		if (num_i64(v, n, &days) == -1 || days < 0 || days > 1000000)
			return fault_set(f, "--within needs a number of days, "
			    "such as 30d");
		o->within = (int32_t)days;
		return 0;
	case SIDE:
		o->side_given = 1;
		if (strcmp(v, "before") == 0)
			o->side = ATTACH_BEFORE;
		else if (strcmp(v, "after") == 0)
			o->side = ATTACH_AFTER;
		else if (strcmp(v, "nearest") == 0)
			o->side = ATTACH_NEAREST;
		else
			return fault_set(f, "--side knows before, after and "
			    "nearest");
		return 0;
	default:
		return fault_set(f, "option %d", id);
	}
}

static int
map(void *arg, const struct csv_block *b, struct buf *outs, struct fault *f)
{
	const struct output *o = arg;
	struct buf scratch = { 0 }, *to = &outs[0];
	struct csv_slice s;
	const char *cells;
	size_t i, k, n, row;
	int32_t day;

	(void)f;
	buf_reserve(to, b->size + b->nrecords * 16);
	for (i = 0; i < b->nrecords; i++) {
		csv_put_fields(to, b, i, 0, b->ncols);
		day = 0;
		if (o->day >= 0) {
			s = csv_cell(b, i, (size_t)o->day, &scratch);
			day = attach_day(s.p, s.n);
		}
		s = csv_cell(b, i, o->key, &scratch);
		row = day == ATTACH_NO_DAY ? ATTACH_NONE :
		    attach_find(o->a, s.p, s.n, day, o->side, o->within);
		if (row != ATTACH_NONE) {
			cells = attach_cells(o->a, row, &n);
			buf_put(to, cells, n);
		} else {
			for (k = 0; k < o->nfields; k++)
				buf_putc(to, ',');
		}
		if (o->found)
			buf_puts(to, row != ATTACH_NONE ? ",1" : ",0");
		buf_putc(to, '\n');
	}
	buf_free(&scratch);
	return 0;
}

static int
column(const struct csv_header *h, const char *file, const char *name,
    size_t *to, struct fault *f)
{
	long c = csv_column(h, name);

	if (c == -1)
		return fault_at(f, file, 0, "no column %s", name);
	*to = (size_t)c;
	return 0;
}

/* Columns of the other file to attach. */
static int
choose(const struct opts *o, const struct csv_header *h, size_t key, long day,
    size_t *to, size_t *n, struct fault *f)
{
	char *list, *p, *save = NULL;
	size_t i;
	int rc = 0;

	*n = 0;
	if (h->n > MAX_FIELDS)
		return fault_at(f, o->from, 0, "more than %d columns",
		    MAX_FIELDS);
	if (o->fields == NULL) {
		for (i = 0; i < h->n; i++)
			if (i != key && (long)i != day)
				to[(*n)++] = i;
		return *n > 0 ? 0 : fault_at(f, o->from, 0,
		    "has no column to attach");
	}
	list = mem_strdup(o->fields);
	for (p = strtok_r(list, ",", &save); rc == 0 && p != NULL;
	    p = strtok_r(NULL, ",", &save)) {
		if (*n == MAX_FIELDS)
			rc = fault_set(f, "--fields: too many");
		else if ((rc = column(h, o->from, p, &to[*n], f)) == 0)
			(*n)++;
	}
	free(list);
	if (rc == 0 && *n == 0)
		rc = fault_set(f, "--fields needs names");
	return rc;
}

/* Header of the output; names must not come twice. */
static int
put_header(const struct opts *o, const struct csv_header *h,
    const struct csv_header *other, const size_t *fields, size_t n,
    struct buf *to, struct fault *f)
{
	const char *name;
	size_t i, k;

	for (i = 0; i < h->n; i++) {
		buf_puts(to, i > 0 ? "," : "");
		csv_put_string(to, h->names[i]);
	}
	for (i = 0; i < n + (o->found != NULL); i++) {
		name = i < n ? other->names[fields[i]] : o->found;
		for (k = 0; k < i; k++)
			if (strcmp(other->names[fields[k]], name) == 0)
				return fault_set(f, "the column %s would come "
				    "twice", name);
		if (csv_column(h, name) != -1)
			return fault_set(f, "the input already has a column "
			    "%s", name);
		buf_putc(to, ',');
		csv_put_string(to, name);
	}
	buf_putc(to, '\n');
	return 0;
}

static enum status
run(const struct opts *o, struct fault *f)
{
	struct csv_reader *other = NULL, *in = NULL;
	struct attach *a = NULL;
	struct outfile *out = NULL;
	struct buf head = { 0 };
	struct output to = { .side = o->side, .within = o->within,
	    .found = o->found != NULL, .day = -1 };
	struct flow flow = { .jobs = o->tool.jobs, .arg = &to, .map = map,
	    .nouts = 1, .outs = &out,
	    .progress = o->tool.quiet ? NULL : table.name };
	const char *progress = flow.progress;
	size_t *fields = mem_array(NULL, MAX_FIELDS, sizeof *fields);
	size_t key = 0, day = 0;
	long other_day = -1;
	struct csv_options csv = o->tool.csv;
	struct provenance *account;
	enum status rc = TROUBLE;

	account = provenance_start(o->tool.provenance, table.name,
	    o->tool.argc, o->tool.argv, o->tool.paths, o->tool.npaths, f);
	if (f->set || (account != NULL &&
	    provenance_file(account, "from", o->from, f) == -1))
		goto out;
	provenance_input(account, &csv);
	if ((other = csv_open(&o->from, 1, &o->tool.csv, f)) == NULL ||
	    (in = csv_open(o->tool.paths, o->tool.npaths, &csv, f)) == NULL)
		goto out;
	if (column(csv_header(other), o->from, o->on_other, &key, f) == -1 ||
	    column(csv_header(in), NULL, o->on, &to.key, f) == -1)
		goto out;
	if (o->date != NULL) {
		if (column(csv_header(other), o->from, o->date_other, &day,
		    f) == -1)
			goto out;
		other_day = (long)day;
		if (column(csv_header(in), NULL, o->date, &day, f) == -1)
			goto out;
		to.day = (long)day;
	}
	if (choose(o, csv_header(other), key, other_day, fields, &to.nfields,
	    f) == -1 || put_header(o, csv_header(in), csv_header(other),
	    fields, to.nfields, &head, f) == -1)
		goto out;
	if ((a = attach_read(other, key, other_day, fields, to.nfields,
	    o->tool.jobs, progress, f)) == NULL)
		goto out;
	if (attach_useless(a) > 0)
		msg_warn("%s: %" PRIu64 " records have no key or no date and "
		    "match nothing", o->from, attach_useless(a));
	to.a = a;
	flow.in = in;
	if ((out = outfile_open(o->tool.output, f)) == NULL)
		goto out;
	provenance_output(account, "output", out);
	if ((!o->tool.no_header && outfile_write(out, head.p, head.n, f) ==
	    -1) || flow_run(&flow, NULL, f) == -1 ||
	    outfile_commit(out, f) == -1)
		goto out;
	provenance_count(account, "records_in", flow.records);
	provenance_count(account, "records_out", flow.records);
	if (provenance_finish(account, f) == 0)
		rc = CLEAN;
out:
	outfile_close(out);
	provenance_close(account);
	attach_free(a);
	csv_close(in);
	csv_close(other);
	buf_free(&head);
	free(fields);
	return rc;
}

static int
check(const struct opts *o, struct fault *f)
{
	size_t i;

	if (o->on == NULL || o->from == NULL)
		return fault_set(f, "needs --on FIELD and --from FILE");
	if (o->date == NULL && (o->within != INT32_MAX || o->side_given))
		return fault_set(f, "--within and --side need --date");
	if (strcmp(o->from, "-") != 0)
		return 0;
	for (i = 0; i < o->tool.npaths; i++)
		if (strcmp(o->tool.paths[i], "-") != 0)
			return 0;
	return fault_set(f, "--from and the input cannot both be standard "
	    "input");
}

int
link_attach(int argc, char **argv)
{
	struct opts o = { .within = INT32_MAX };
	struct fault f = FAULT_NONE;
	enum status status = TROUBLE;
	int rc;

	rc = tool_parse(&o.tool, &table, argc, argv, set, &o, &f);
	if (rc == 0)
		rc = check(&o, &f);
	if (rc == 1)
		status = CLEAN;
	else if (rc == 0)
		status = run(&o, &f);
	free(o.on);
	free(o.on_other);
	free(o.date);
	free(o.date_other);
	free(o.fields);
	return tool_end(status, &f);
}

/*
 * nib-link attach: writes every record of the input with fields of another
 * file's record of the same person, by date where asked. Streams the input
 * past the other file's keys and fields in memory; beyond --memory, or with
 * --sorted, they are met in order of the key.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "base/num.h"
#include "csv/writer.h"
#include "link.h"
#include "linkage/attach.h"

enum { ON = 1, FROM, FROM_DELIMITER, FIELDS, DATE, WITHIN, SIDE, FOUND,
	SORTED, MEMORY };

#define MAX_FIELDS 1000

static const struct option_row rows[] = {
	{ ON, 0, "on", "FIELD[=OTHER]",
	    "the key: a column of the input, and of the other file" },
	{ FROM, 0, "from", "<FILE", "the other file" },
	{ FROM_DELIMITER, 0, "from-delimiter", "C",
	    "its delimiter: a character, or tab (default ,)" },
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
	{ SORTED, 0, "sorted", NULL,
	    "both files are in byte order of the key: hold neither" },
	{ MEMORY, 0, "memory", "SIZE", LINK_MEMORY_HELP },
	AUDIT_ROWS,
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
	struct audit audit;
	char *on, *on_other, *date, *date_other;
	const char *from;
	char from_delimiter;
	const char *found;
	char *fields;
	enum attach_side side;
	int side_given;
	int32_t within;
	int sorted;
	size_t memory;
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
	case FROM_DELIMITER:
		return tool_delimiter(v, &o->from_delimiter, f);
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
	case SORTED:
		o->sorted = 1;
		return 0;
	case MEMORY:
		return link_memory(v, &o->memory, f);
	default:
		(void)audit_option(&o->audit, id, v);
		return 0;
	}
}

static int
column(const struct csv_header *h, const char *file, const char *name,
    size_t *to, struct fault *f)
{
	long c = csv_column(h, name);
	char hint[NEAREST_HINT];

	if (c == -1)
		return fault_at(f, file, 0, "no column %.60s%s", name,
		    nearest_hint(name, h->names, h->n, hint));
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

/* The columns of both files, and the header of the output. */
static int
bind(const struct opts *o, const struct csv_header *in,
    const struct csv_header *other, struct attach_task *t, size_t *fields,
    struct buf *head, struct fault *f)
{
	size_t day = 0;

	if (column(other, o->from, o->on_other, &t->other_key, f) == -1 ||
	    column(in, NULL, o->on, &t->key, f) == -1)
		return -1;
	if (o->date != NULL) {
		if (column(other, o->from, o->date_other, &day, f) == -1)
			return -1;
		t->other_day = (long)day;
		if (column(in, NULL, o->date, &day, f) == -1)
			return -1;
		t->day = (long)day;
	}
	t->fields = fields;
	if (choose(o, other, t->other_key, t->other_day, fields, &t->nfields,
	    f) == -1)
		return -1;
	return put_header(o, in, other, fields, t->nfields, head, f);
}

static void
tell(const struct opts *o, uint64_t useless)
{
	if (useless > 0)
		msg_warn("%s: %" PRIu64 " records have no key or no date and "
		    "match nothing", o->from, useless);
}

/* Reads what there is to read, opens the output and writes all of it. */
static int
attach(struct opts *o, const struct attach_task *t,
    struct csv_reader *other, struct csv_reader *in, const struct buf *head,
    struct fault *f)
{
	struct attach *a = NULL;
	struct outfile *out = NULL;
	uint64_t records = 0, useless = 0;
	int rc = -1;

	if (!o->sorted) {
		a = attach_new(t);
		if (attach_read(a, other, f) == -1)
			goto out;
		tell(o, attach_useless(a));
	}
	if ((out = outfile_open(o->tool.output, f)) == NULL)
		goto out;
	provenance_output(o->audit.account, "output", out);
	if (!o->tool.no_header && outfile_write(out, head->p, head->n, f) ==
	    -1)
		goto out;
	if (o->sorted) {
		if (attach_stream(t, other, in, out, &records, &useless,
		    f) == -1)
			goto out;
		tell(o, useless);
	} else {
		if (attach_write(a, in, out, f) == -1)
			goto out;
		records = attach_records(a);
	}
	if (outfile_commit(out, f) == -1)
		goto out;
	rc = audit_end(&o->audit, records, records, f);
out:
	outfile_close(out);
	attach_free(a);
	return rc;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	struct csv_reader *other = NULL, *in = NULL;
	struct attach_task t = { .other_day = -1, .day = -1, .side = o->side,
	    .within = o->within, .found = o->found != NULL ? ",1" : "",
	    .jobs = o->tool.jobs, .memory = o->memory,
	    .progress = o->tool.quiet ? NULL : table.name };
	size_t *fields = mem_array(NULL, MAX_FIELDS, sizeof *fields), i;
	struct csv_options csv = o->tool.csv;
	/* -d, --columns and --first-record are of the input alone. */
	struct csv_options of_other = { .delimiter = o->from_delimiter,
		.max_record = csv.max_record };
	struct buf head = { 0 }, none = { 0 };
	enum status rc = TROUBLE;

	if (audit_open(&o->audit, table.name, f) == -1)
		goto out;
	o->audit.account = audit_provenance(&o->audit, &o->tool, f);
	if (f->set || (o->audit.account != NULL &&
	    provenance_file(o->audit.account, "from", o->from, f) == -1))
		goto out;
	provenance_input(o->audit.account, &csv);
	if ((other = csv_open(&o->from, 1, &of_other, f)) == NULL ||
	    (in = csv_open(o->tool.paths, o->tool.npaths, &csv, f)) == NULL ||
	    bind(o, csv_header(in), csv_header(other), &t, fields, &head,
	    f) == -1)
		goto out;
	for (i = 0; i < t.nfields; i++)
		buf_putc(&none, ',');
	buf_puts(&none, o->found != NULL ? ",0" : "");
	t.none = buf_string(&none);
	o->audit.also_reads[0] = o->from;
	if (audit_announce(&o->audit, NULL, NULL, f) == -1 ||
	    audit_confine(&o->audit, &o->tool, NULL, 0, f) == -1)
		goto out;
	if (attach(o, &t, other, in, &head, f) == 0)
		rc = CLEAN;
out:
	audit_close(&o->audit);
	csv_close(in);
	csv_close(other);
	buf_free(&head);
	buf_free(&none);
	free(fields);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;
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

static const struct tool_calls calls = { &table, set, check, run };

int
link_attach(int argc, char **argv)
{
	struct opts o = { .within = INT32_MAX, .memory = LINK_MEMORY,
		.from_delimiter = ',' };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	free(o.on);
	free(o.on_other);
	free(o.date);
	free(o.date_other);
	free(o.fields);
	return status;
}

/*
 * nib-link spells: reads hospital episodes, puts them together into provider
 * spells and stays, and writes every episode with the ids of both. Reads its
 * input twice; holds 60 bytes and the key of every episode in memory. With
 * --overlaps it also writes what does not fit together.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/writer.h"
#include "flow/flow.h"
#include "ledger/provenance.h"
#include "link.h"
#include "linkage/spells.h"
#include "linkage/twice.h"
#include "spec/spec.h"

enum { SPEC = 1, PERSON, REASON, NIGHTS, SINCE, READMISSION, OVERLAPS };

static const struct option_row rows[] = {
	{ SPEC, 's', "spec", "SPEC",
	    "dataset specification: a name, or a file" },
	{ PERSON, 0, "person", "COLUMN",
	    "the column of the person (default person_id)" },
	{ REASON, 0, "reason", NULL,
	    "also add spell_reason: why an episode is in no spell" },
	{ NIGHTS, 0, "length-of-stay", NULL,
	    "also add length_of_stay, the nights of the spell" },
	{ SINCE, 0, "days-since-discharge", NULL,
	    "also add days_since_discharge, from the person's last spell" },
	{ READMISSION, 0, "readmission", NULL,
	    "also add readmission: 1 for an emergency within 30 days" },
	{ OVERLAPS, 0, "overlaps", "FILE",
	    "write spells that overlap, open episodes passed over (CSV)" },
	TOOL_INPUT_ROWS,
	TOOL_OUTPUT_ROWS,
	TOOL_PROVENANCE_ROW,
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link spells",
	"-s SPEC [OPTION...] [FILE...]",
	"Add spell and stay ids to hospital episodes.",
	rows,
	"  nib-link spells -s admitted_episode episodes.csv > spells.csv\n"
	"  nib-link spells -s hes_apc --length-of-stay --reason apc.csv\n"
	"  nib-link spells -s hes_apc --overlaps findings.csv -o o.csv apc.csv\n",
};

struct opts {
	struct tool tool;
	const char *spec;
	const char *person;
	const char *overlaps;
	int reason, nights, since, readmission;
};

struct output {
	const struct opts *o;
	const struct spells *spells;
	struct spells_finding *findings;
	size_t nfindings;
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	switch (id) {
	case SPEC:
		o->spec = v;
		return 0;
	case PERSON:
		o->person = v;
		return 0;
	case REASON:
		o->reason = 1;
		return 0;
	case NIGHTS:
		o->nights = 1;
		return 0;
	case SINCE:
		o->since = 1;
		return 0;
	case READMISSION:
		o->readmission = 1;
		return 0;
	case OVERLAPS:
		o->overlaps = v;
		return 0;
	default:
		return fault_set(f, "option %d", id);
	}
}

/* The columns added, in order; returns how many. */
static size_t
added(const struct opts *o, const char *to[6])
{
	size_t n = 0;

	to[n++] = "spell_id";
	to[n++] = "stay_id";
	if (o->reason)
		to[n++] = "spell_reason";
	if (o->nights)
		to[n++] = "length_of_stay";
	if (o->since)
		to[n++] = "days_since_discharge";
	if (o->readmission)
		to[n++] = "readmission";
	return n;
}

static void
put_days(struct buf *to, int32_t days)
{
	buf_putc(to, ',');
	if (days >= 0)
		buf_put_i64(to, days);
}

static int
map(void *arg, const struct csv_block *b, struct buf *outs, struct fault *f)
{
	const struct output *out = arg;
	struct spells_result s;
	struct buf *to = &outs[0];
	size_t i;

	if (b->records_before + b->nrecords > spells_count(out->spells))
		return fault_set(f, "the input changed while it was read");
	buf_reserve(to, b->size + b->nrecords * 40);
	for (i = 0; i < b->nrecords; i++) {
		spells_of(out->spells, b->records_before + i, &s);
		csv_put_fields(to, b, i, 0, b->ncols);
		buf_putc(to, ',');
		csv_put_cell(to, s.spell, s.nspell);
		buf_putc(to, ',');
		csv_put_cell(to, s.stay, s.nstay);
		if (out->o->reason) {
			buf_putc(to, ',');
			buf_puts(to, spells_reason_text(s.reason));
		}
		if (out->o->nights)
			put_days(to, s.nights);
		if (out->o->since)
			put_days(to, s.days_since);
		if (out->o->readmission) {
			buf_putc(to, ',');
			if (s.reason == SPELLS_FINE)
				buf_putc(to, s.readmission ? '1' : '0');
		}
		buf_putc(to, '\n');
	}
	return 0;
}

/* Cells of a field that mean missing, NULL at the end; yours. */
static const char **
cleaned(const struct spec_field *field)
{
	size_t n = field->missing.n, k = field->clean.n;
	const char **to = mem_zero(n + k + 1, sizeof *to);

	memcpy(to, field->missing.v, n * sizeof *to);
	if (k > 0)
		memcpy(to + n, field->clean.v, k * sizeof *to);
	return to;
}

/* Columns of the input by the specification's names, then by their own. */
static int
bind(const struct opts *o, const struct spec *spec,
    const struct spec_binding *bound, const struct csv_header *h,
    long to[SPELLS_COLUMNS], const char **missing[SPELLS_COLUMNS],
    struct fault *f)
{
	const char *const *name;
	long field;
	size_t c;

	for (c = 0; c < SPELLS_COLUMNS; c++) {
		to[c] = -1;
		name = spells_column_names((enum spells_column)c);
		if (c == SPELLS_PERSON && o->person != NULL) {
			if ((to[c] = csv_column(h, o->person)) == -1)
				return fault_set(f, "the input has no column "
				    "%s (--person)", o->person);
			continue;
		}
		for (; *name != NULL && to[c] == -1; name++) {
			field = spec_field_index(spec, *name);
			if (field == -1 || bound->column_of[field] == -1) {
				to[c] = csv_column(h, *name);
				continue;
			}
			to[c] = bound->column_of[field];
			missing[c] = cleaned(&spec->fields[field]);
			if (spec->fields[field].type == SPEC_DATE &&
			    spec->fields[field].format != NULL &&
			    strcmp(spec->fields[field].format, "default") !=
			    0 && strcmp(spec->fields[field].format,
			    "%Y-%m-%d") != 0)
				return fault_set(f, "%s: spells need dates "
				    "as YYYY-MM-DD", spec->fields[field].name);
		}
		if (to[c] == -1 &&
		    !spells_column_optional((enum spells_column)c))
			return fault_set(f, "the input has no column for the "
			    "%s (%s)", spells_column_name(
			    (enum spells_column)c),
			    spells_column_names((enum spells_column)c)[0]);
	}
	return 0;
}

static int
header(const struct opts *o, const struct csv_header *h, struct outfile *out,
    struct fault *f)
{
	const char *names[6];
	size_t n = added(o, names), i;
	struct buf b = { 0 };
	int rc = 0;

	for (i = 0; i < h->n; i++) {
		csv_put_string(&b, h->names[i]);
		buf_putc(&b, ',');
	}
	for (i = 0; i < n; i++) {
		csv_put_string(&b, names[i]);
		buf_putc(&b, i + 1 < n ? ',' : '\n');
	}
	if (!o->tool.no_header)
		rc = outfile_write(out, b.p, b.n, f);
	buf_free(&b);
	return rc;
}

static int
read_spells(const struct opts *o, struct twice *input,
    const struct spec *spec, struct spells *spells, struct fault *f)
{
	const char **missing[SPELLS_COLUMNS] = { NULL }, *names[6];
	long columns[SPELLS_COLUMNS];
	struct spec_binding *bound = NULL;
	struct csv_reader *in;
	size_t n, i;
	int rc = -1;

	if ((in = twice_read(input, &o->tool.csv, f)) == NULL)
		return -1;
	if ((bound = spec_bind(spec, csv_header(in), 1, f)) == NULL ||
	    bind(o, spec, bound, csv_header(in), columns, missing, f) == -1)
		goto out;
	n = added(o, names);
	for (i = 0; i < n; i++)
		if (csv_column(csv_header(in), names[i]) != -1) {
			(void)fault_set(f, "the input already has a column "
			    "%s", names[i]);
			goto out;
		}
	rc = spells_read(spells, in, columns,
	    (const char *const *const *)missing, o->tool.jobs,
	    o->tool.quiet ? NULL : table.name, f);
out:
	for (i = 0; i < SPELLS_COLUMNS; i++)
		free(missing[i]);
	spec_binding_free(bound);
	csv_close(in);
	return rc;
}

static int
write_findings(const struct output *to, struct outfile *out, struct fault *f)
{
	static const char *const kinds[SPELLS_KINDS] = { "overlap", "open" };
	const struct spells_finding *g;
	struct buf b = { 0 };
	size_t i;
	int rc = 0;

	buf_puts(&b, "finding,first_id,second_id,days\n");
	for (i = 0; rc == 0 && i < to->nfindings; i++) {
		g = &to->findings[i];
		buf_puts(&b, kinds[g->kind]);
		buf_putc(&b, ',');
		csv_put_cell(&b, g->first, g->nfirst);
		buf_putc(&b, ',');
		csv_put_cell(&b, g->second, g->nsecond);
		buf_putc(&b, ',');
		buf_put_i64(&b, g->days);
		buf_putc(&b, '\n');
		if (b.n > 65536) {
			rc = outfile_write(out, b.p, b.n, f);
			buf_clear(&b);
		}
	}
	if (rc == 0)
		rc = outfile_write(out, b.p, b.n, f);
	buf_free(&b);
	return rc;
}

static int
write_out(const struct opts *o, struct twice *input, struct output *to,
    struct fault *f)
{
	struct flow flow = {
		.jobs = o->tool.jobs, .arg = to, .map = map, .nouts = 1,
		.progress = o->tool.quiet ? NULL : table.name,
	};
	struct csv_options csv = o->tool.csv;
	struct provenance *account = NULL;
	struct outfile *out = NULL, *findings = NULL;
	int rc = -1;

	account = provenance_start(o->tool.provenance, table.name,
	    o->tool.argc, o->tool.argv, o->tool.paths, o->tool.npaths, f);
	if (f->set)
		return -1;
	provenance_input(account, &csv);
	if ((flow.in = twice_read(input, &csv, f)) == NULL ||
	    (out = outfile_open(o->tool.output, f)) == NULL)
		goto out;
	provenance_output(account, "output", out);
	if (o->overlaps != NULL) {
		if ((findings = outfile_open(o->overlaps, f)) == NULL)
			goto out;
		provenance_output(account, "overlaps", findings);
		if (write_findings(to, findings, f) == -1)
			goto out;
	}
	if (header(o, csv_header(flow.in), out, f) == -1)
		goto out;
	flow.outs = &out;
	if (flow_run(&flow, NULL, f) == -1)
		goto out;
	if (flow.records != spells_count(to->spells)) {
		(void)fault_set(f, "the input changed while it was read");
		goto out;
	}
	if (outfile_commit(out, f) == -1 ||
	    (findings != NULL && outfile_commit(findings, f) == -1))
		goto out;
	provenance_count(account, "records_in", flow.records);
	provenance_count(account, "records_out", flow.records);
	rc = provenance_finish(account, f);
out:
	outfile_close(out);
	outfile_close(findings);
	provenance_close(account);
	csv_close(flow.in);
	return rc;
}

/* Episodes in no spell, by reason, on one line. */
static void
tell(const struct spells *s)
{
	struct buf b = { 0 };
	uint64_t n, all = 0;
	size_t r;

	for (r = SPELLS_FINE + 1; r < SPELLS_REASONS; r++) {
		n = spells_reason_count(s, (enum spells_reason)r);
		all += n;
		if (n > 0)
			buf_printf(&b, "%s%s %" PRIu64, b.n > 0 ? ", " : "",
			    spells_reason_text((enum spells_reason)r), n);
	}
	if (all > 0)
		msg_warn("%" PRIu64 " of %zu episodes are in no spell: %s",
		    all, spells_count(s), buf_string(&b));
	buf_free(&b);
}

static enum status
tell_findings(const struct output *to)
{
	size_t i, overlaps = 0;

	for (i = 0; i < to->nfindings; i++)
		overlaps += to->findings[i].kind == SPELLS_OVERLAP;
	if (to->nfindings == 0)
		return CLEAN;
	msg_warn("%zu pairs of spells overlap at different providers; %zu "
	    "open episodes are followed by a later spell", overlaps,
	    to->nfindings - overlaps);
	return FINDINGS;
}

static enum status
run(const struct opts *o, struct fault *f)
{
	struct spec *spec = NULL;
	struct twice *input = NULL;
	struct spells *spells = NULL;
	struct output to = { .o = o };
	enum status rc = TROUBLE;

	if ((spec = spec_open(o->spec, f)) == NULL ||
	    (input = twice_open(o->tool.paths, o->tool.npaths, f)) == NULL)
		goto out;
	to.spells = spells = spells_new();
	if (read_spells(o, input, spec, spells, f) == -1)
		goto out;
	spells_make(spells);
	if (o->overlaps != NULL && spells_find(spells, &to.findings,
	    &to.nfindings, f) == -1)
		goto out;
	if (write_out(o, input, &to, f) == -1)
		goto out;
	tell(spells);
	rc = tell_findings(&to);
out:
	free(to.findings);
	spells_free(spells);
	twice_close(input);
	spec_close(spec);
	return rc;
}

int
link_spells(int argc, char **argv)
{
	struct opts o = { .spec = NULL };
	struct fault f = FAULT_NONE;
	enum status status = TROUBLE;
	int rc;

	rc = tool_parse(&o.tool, &table, argc, argv, set, &o, &f);
	if (rc == 0 && o.spec == NULL)
		rc = fault_set(&f, "needs -s SPEC");
	if (rc == 0 && o.overlaps != NULL && strcmp(o.overlaps,
	    o.tool.output != NULL ? o.tool.output : "-") == 0)
		rc = fault_set(&f, "--overlaps needs a file of its own");
	if (rc == 1)
		status = CLEAN;
	else if (rc == 0)
		status = run(&o, &f);
	return tool_end(status, &f);
}

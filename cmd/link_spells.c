/*
 * nib-link spells: reads hospital episodes, puts them together into provider
 * spells and stays, and writes every episode with the ids of both. Reads its
 * input twice, or once with --sorted; holds what --memory says, the rest in a
 * temporary file. With --overlaps it also writes what does not fit together.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "csv/writer.h"
#include "link.h"
#include "linkage/spells.h"
#include "linkage/twice.h"
#include "spec/spec.h"

enum { SPEC = 1, PERSON, REASON, NIGHTS, SINCE, READMISSION, OVERLAPS, SORTED,
	MEMORY };

static const struct option_row rows[] = {
	{ SPEC, 's', "spec", "?SPEC",
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
	{ OVERLAPS, 0, "overlaps", ">FILE",
	    "write spells that overlap, open episodes passed over (CSV)" },
	{ SORTED, 0, "sorted", NULL,
	    "the input is in byte order of the person: read it once" },
	{ MEMORY, 0, "memory", "SIZE", LINK_MEMORY_HELP },
	AUDIT_ROWS,
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
	struct audit audit;
	const char *spec;
	const char *person;
	const char *overlaps;
	int reason, nights, since, readmission, sorted;
	size_t memory;
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

static void
put(void *arg, struct buf *to, const struct spells_result *r)
{
	const struct opts *o = arg;

	buf_putc(to, ',');
	csv_put_cell(to, r->spell, r->nspell);
	buf_putc(to, ',');
	csv_put_cell(to, r->stay, r->nstay);
	if (o->reason) {
		buf_putc(to, ',');
		buf_puts(to, episode_reason_text(r->reason));
	}
	if (o->nights)
		put_days(to, r->nights);
	if (o->since)
		put_days(to, r->days_since);
	if (o->readmission) {
		buf_putc(to, ',');
		if (r->reason == EPISODE_FINE)
			buf_putc(to, r->readmission ? '1' : '0');
	}
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
    long to[EPISODE_COLUMNS], const char **missing[EPISODE_COLUMNS],
    struct fault *f)
{
	const char *const *name;
	char hint[NEAREST_HINT];
	long field;
	size_t c;

	for (c = 0; c < EPISODE_COLUMNS; c++) {
		to[c] = -1;
		name = episode_column_names((enum episode_column)c);
		if (c == EPISODE_PERSON && o->person != NULL) {
			if ((to[c] = csv_column(h, o->person)) == -1)
				return fault_set(f, "--person: the input has "
				    "no column %.60s%s", o->person,
				    nearest_hint(o->person, h->names, h->n,
				    hint));
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
		    !episode_column_optional((enum episode_column)c))
			return fault_set(f, "the input has no column for the "
			    "%s (%s)", episode_column_name(
			    (enum episode_column)c),
			    episode_column_names((enum episode_column)c)[0]);
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

/* An opened input, its columns bound, in a fresh struct spells. */
static struct spells *
start(struct opts *o, const struct spec *spec, const struct csv_header *h,
    long columns[EPISODE_COLUMNS], const char **missing[EPISODE_COLUMNS],
    struct fault *f)
{
	struct spells_options options = {
		.source = { columns, (const char *const *const *)missing },
		.jobs = o->tool.jobs, .memory = o->memory,
		.progress = o->tool.quiet ? NULL : table.name,
		.find = o->overlaps != NULL, .put = put, .arg = o,
	};
	struct spec_binding *bound = spec_bind(spec, h, 1, f);
	const char *names[6];
	size_t n = added(o, names), i;
	int rc;

	if (bound == NULL)
		return NULL;
	rc = bind(o, spec, bound, h, columns, missing, f);
	spec_binding_free(bound);
	for (i = 0; rc == 0 && i < n; i++)
		if (csv_column(h, names[i]) != -1)
			rc = fault_set(f, "the input already has a column %s",
			    names[i]);
	return rc == 0 ? spells_new(&options) : NULL;
}

static int
write_findings(struct spells *s, struct outfile *out, struct fault *f)
{
	static const char *const kinds[SPELLS_KINDS] = { "overlap", "open" };
	struct spells_finding g;
	struct buf b = { 0 };
	int k;

	buf_puts(&b, "finding,first_id,second_id,days\n");
	while ((k = spells_finding_next(s, &g, f)) == 1) {
		buf_puts(&b, kinds[g.kind]);
		buf_putc(&b, ',');
		csv_put_cell(&b, g.first, g.nfirst);
		buf_putc(&b, ',');
		csv_put_cell(&b, g.second, g.nsecond);
		buf_putc(&b, ',');
		buf_put_i64(&b, g.days);
		buf_putc(&b, '\n');
		if (b.n > 65536) {
			if (outfile_write(out, b.p, b.n, f) == -1)
				break;
			buf_clear(&b);
		}
	}
	if (k == 0)
		k = outfile_write(out, b.p, b.n, f);
	buf_free(&b);
	return k == 0 ? 0 : -1;
}

/* Findings go out with the rest, when all is known to be well. */
static int
write_out(const struct opts *o, struct spells *s, struct csv_reader *in,
    struct outfile *out, struct fault *f)
{
	struct outfile *findings = NULL;
	int rc = -1;

	if (o->overlaps != NULL) {
		if ((findings = outfile_open(o->overlaps, f)) == NULL)
			return -1;
		provenance_output(o->audit.account, "overlaps", findings);
	}
	if (header(o, csv_header(in), out, f) == 0 &&
	    (o->sorted ? spells_stream(s, in, out, f) :
	    spells_write(s, in, out, f)) == 0 &&
	    (findings == NULL || write_findings(s, findings, f) == 0) &&
	    outfile_commit(out, f) == 0 &&
	    (findings == NULL || outfile_commit(findings, f) == 0))
		rc = 0;
	outfile_close(findings);
	return rc;
}

/* Episodes in no spell, by reason, on one line. */
static void
tell(const struct spells_counts *c)
{
	struct buf b = { 0 };
	uint64_t all = 0;
	size_t r;

	for (r = EPISODE_FINE + 1; r < EPISODE_REASONS; r++) {
		all += c->reasons[r];
		if (c->reasons[r] > 0)
			buf_printf(&b, "%s%s %" PRIu64, b.n > 0 ? ", " : "",
			    episode_reason_text((enum episode_reason)r),
			    c->reasons[r]);
	}
	if (all > 0)
		msg_warn("%" PRIu64 " of %" PRIu64 " episodes are in no "
		    "spell: %s", all, c->episodes, buf_string(&b));
	buf_free(&b);
}

static enum status
tell_findings(const struct spells_counts *c)
{
	if (c->findings[SPELLS_OVERLAP] + c->findings[SPELLS_OPEN] == 0)
		return CLEAN;
	msg_warn("%" PRIu64 " pairs of spells overlap at different providers; "
	    "%" PRIu64 " open episodes are followed by a later spell",
	    c->findings[SPELLS_OVERLAP], c->findings[SPELLS_OPEN]);
	return FINDINGS;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;
	const char **missing[EPISODE_COLUMNS] = { NULL };
	long columns[EPISODE_COLUMNS];
	struct csv_options csv = o->tool.csv;
	struct spec *spec = NULL;
	struct twice *input = NULL;
	struct csv_reader *in = NULL;
	struct spells *spells = NULL;
	struct outfile *out = NULL;
	enum status rc = TROUBLE;
	size_t i;

	if ((spec = spec_open(o->spec, f)) == NULL ||
	    audit_open(&o->audit, table.name, f) == -1)
		goto out;
	o->audit.account = audit_provenance(&o->audit, &o->tool, f);
	if (f->set || audit_announce(&o->audit, spec, NULL, f) == -1)
		goto out;
	if (o->sorted) {
		provenance_input(o->audit.account, &csv);
		in = csv_open(o->tool.paths, o->tool.npaths, &csv, f);
	} else if ((input = twice_open(o->tool.paths, o->tool.npaths,
	    f)) != NULL) {
		in = twice_read(input, &csv, f);
	}
	if (in == NULL || (spells = start(o, spec, csv_header(in), columns,
	    missing, f)) == NULL ||
	    audit_confine(&o->audit, &o->tool, &o->overlaps, 1, f) == -1)
		goto out;
	if (!o->sorted) {
		if (spells_read(spells, in, f) == -1)
			goto out;
		csv_close(in);
		provenance_input(o->audit.account, &csv);
		if ((in = twice_read(input, &csv, f)) == NULL)
			goto out;
	}
	if ((out = outfile_open(o->tool.output, f)) == NULL)
		goto out;
	provenance_output(o->audit.account, "output", out);
	if (write_out(o, spells, in, out, f) == -1 ||
	    audit_end(&o->audit, spells_counts(spells)->episodes,
	    spells_counts(spells)->episodes, f) == -1)
		goto out;
	tell(spells_counts(spells));
	rc = tell_findings(spells_counts(spells));
out:
	outfile_close(out);
	audit_close(&o->audit);
	spells_free(spells);
	csv_close(in);
	twice_close(input);
	spec_close(spec);
	for (i = 0; i < EPISODE_COLUMNS; i++)
		free(missing[i]);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	return o->spec != NULL ? 0 : fault_set(f, "needs -s SPEC");
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_spells(int argc, char **argv)
{
	struct opts o = { .memory = LINK_MEMORY };

	return tool_main(&calls, &o.tool, &o, argc, argv);
}

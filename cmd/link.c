/*
 * nib-link: find the records of one person, in one file or between two, and
 * put episodes together into spells. Each part reads, writes and holds in
 * memory what its own file says.
 */
#include "link.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "linkage/blocks.h"
#include "linkage/model.h"
#include "linkage/steps.h"

static const struct tool_part parts[] = {
	{ "persons", link_persons,
	    "add a person id, by deterministic steps" },
	{ "explain", link_explain,
	    "show which tests of each step two records meet" },
	{ "index", link_index,
	    "show what a person index went through, or undo its last run" },
	{ "train", link_train,
	    "estimate the weights of a probabilistic model" },
	{ "block", link_block,
	    "write records by the keys they block on, for engines" },
	{ "score", link_score,
	    "weigh pairs of records that may be one person" },
	{ "review", link_review,
	    "read back what people decided on pairs" },
	{ "chart", link_chart,
	    "draw the weights of a model" },
	{ "dice", link_dice,
	    "compare Bloom-filter encodings of people" },
	{ "cluster", link_cluster,
	    "put pairs together into persons" },
	{ "spells", link_spells,
	    "add spell and stay ids to hospital episodes" },
	{ "attach", link_attach,
	    "attach fields of another file, by person and date" },
	{ NULL, NULL, NULL },
};

static const struct tool_parts tool = {
	"nib-link", "[OPTION...] [FILE...]",
	"Find the records of one person and the episodes of one stay.",
	parts,
	"  nib-link persons -m hes-3-step extract.csv > linked.csv\n"
	"  nib-link spells -s admitted_episode linked.csv > spells.csv\n",
};

const char *
link_blocks(uint64_t n)
{
	return n == 1 ? "block" : "blocks";
}

int
link_memory(const char *v, size_t *to, struct fault *f)
{
	uint64_t size;

	if (num_size(v, &size) == -1 || size < 1024 * 1024 ||
	    size > SIZE_MAX / 2)
		return fault_set(f, "--memory needs a size, 1M or more, such "
		    "as 256M");
	*to = (size_t)size;
	return 0;
}

int
link_fields_option(struct link_fields *l, int id, const char *v,
    struct fault *f)
{
	const char *eq = strchr(v, '=');

	if (id == LINK_WITHOUT) {
		l->without = mem_array(l->without, l->nwithout + 1,
		    sizeof *l->without);
		l->without[l->nwithout++] = v;
		return 0;
	}
	if (eq == NULL || eq == v || eq[1] == '\0')
		return fault_set(f, "--field needs NAME=COLUMN");
	l->named = mem_array(l->named, l->nnamed + 1, sizeof *l->named);
	l->named[l->nnamed++] = v;
	return 0;
}

int
link_fields_resolve(struct link_fields *l, const struct matching *m,
    struct fault *f)
{
	const char *eq;
	char *name;
	size_t i;
	long k;

	for (i = 0; i < l->nnamed; i++) {
		eq = strchr(l->named[i], '=');
		name = mem_strndup(l->named[i], (size_t)(eq - l->named[i]));
		k = matching_field_index(m, name);
		free(name);
		if (k == -1)
			return fault_set(f, "--field %s: %s has no such "
			    "field", l->named[i], m->name);
		l->column[k] = eq + 1;
	}
	for (i = 0; i < l->nwithout; i++) {
		if ((k = matching_field_index(m, l->without[i])) == -1)
			return fault_set(f, "--without %s: %s has no such "
			    "field", l->without[i], m->name);
		if (l->column[k] != NULL)
			return fault_set(f, "the field %s is both named and "
			    "without a column", l->without[i]);
		l->absent[k] = 1;
	}
	return 0;
}

void
link_fields_free(struct link_fields *l)
{
	free(l->named);
	free(l->without);
}

int
link_needs_matching(const char *matching, struct fault *f)
{
	return matching != NULL ? 0 : fault_set(f, "needs -m MATCHING");
}

void
link_warn_unread(const struct roll_seen *seen, const struct matching *m,
    const struct csv_header *h, const long *columns, const char *path)
{
	const char *name, *field;
	size_t k;

	for (k = 0; k < m->nfields; k++) {
		if (columns[k] < 0 || seen->records == 0 ||
		    (seen->read >> k & 1) != 0)
			continue;
		name = h->names[columns[k]];
		field = m->fields[k].name;
		if ((seen->filled >> k & 1) == 0)
			msg_warn("%s: the column %s is empty in every record, "
			    "so the field %s tells nothing", path, name,
			    field);
		else
			msg_warn("%s: no cell of the column %s can be read as "
			    "the field %s (%s), so it tells nothing: is it "
			    "the right column, and written as %s expects?",
			    path, name, field,
			    matching_types[m->fields[k].type], m->name);
	}
}

int
link_needs_files(size_t n, struct fault *f)
{
	return n == 1 || n == 2 ? 0 : fault_set(f, "needs one file or two");
}

static int
bind_id(const struct link_people *p, const struct csv_header *h,
    const char *id, long *to, struct fault *f)
{
	struct fault none = FAULT_NONE;

	*to = -1;
	if (id == NULL)
		return 0;
	if (p->ids_if_any && id[0] == '\0' &&
	    roll_bind_id(p->m, h, NULL, to, &none) == -1)
		return 0;
	return roll_bind_id(p->m, h, id[0] != '\0' ? id : NULL, to, f);
}

struct csv_reader *
link_people_input(const struct link_people *p, const char *const *path,
    const struct link_fields *l, const struct tool *t, const char *id,
    long *columns, long *id_column, struct fault *f)
{
	struct csv_options csv = t->csv;
	struct csv_reader *in;

	/* A file that is no operand is in the account by its name. */
	if (t->npaths > 0 && path >= t->paths && path < t->paths + t->npaths)
		csv.watch_first = (size_t)(path - t->paths);
	else
		csv.watch = NULL;
	if ((in = csv_open(path, 1, &csv, f)) == NULL)
		return NULL;
	if (roll_bind(p->cohort.v, csv_header(in), l->column, l->absent,
	    columns, f) == 0 && bind_id(p, csv_header(in), id, id_column,
	    f) == 0)
		return in;
	fault_place(f, *path, 0, 0, 0, NULL);
	csv_close(in);
	return NULL;
}

/* *ids: does the file have them? */
static int
read_file(struct link_people *p, const char *const *path,
    const struct link_fields *l, const struct tool *t, const char *id,
    int *ids, struct fault *f)
{
	long columns[MATCHING_MAX_FIELDS], id_column;
	struct csv_reader *in = link_people_input(p, path, l, t, id, columns,
	    &id_column, f);
	int rc;

	if (in == NULL)
		return -1;
	*ids = id_column >= 0;
	rc = cohort_read(&p->cohort, in, columns, id_column, t->jobs,
	    t->quiet ? NULL : t->table->name, f);
	if (rc == -1)
		fault_place(f, *path, 0, 0, 0, NULL);
	else
		link_warn_unread(&p->cohort.seen, p->m, csv_header(in),
		    columns, *path);
	csv_close(in);
	return rc;
}

/* Which fields a use reads; 1 if it asks for nicknames. */
static int
fields_of(const struct matching *m, enum link_use use, char *used)
{
	int nicknames = 0;
	size_t i;

	if (use == LINK_STEPS) {
		steps_fields(m, used);
		return steps_use_nicknames(m);
	}
	if (use == LINK_MODEL) {
		model_fields(m, used);
		return model_uses_nicknames(m);
	}
	for (i = 0; i < m->nveto; i++) {
		matching_mark(&m->veto[i], used);
		nicknames |= matching_asks_nickname(&m->veto[i]);
	}
	return nicknames;
}

int
link_people_start(struct link_people *p, const char *matching,
    enum link_use use, struct link_fields *l, const struct tool *t,
    struct fault *f)
{
	char used[MATCHING_MAX_FIELDS] = { 0 };

	/* A part may have opened it before. */
	if (p->m == NULL && (p->m = matching_open(matching, f)) == NULL)
		return -1;
	if (use == LINK_STEPS && p->m->nsteps == 0)
		return fault_set(f, "%s has no deterministic steps",
		    p->m->name);
	if (use == LINK_MODEL && p->m->ncomparisons == 0)
		return fault_set(f, "%s has no comparisons", p->m->name);
	if (use == LINK_VETO && p->m->nveto == 0)
		return fault_set(f, "%s has no veto", p->m->name);
	if (link_fields_resolve(l, p->m, f) == -1)
		return -1;
	if (fields_of(p->m, use, used) &&
	    (p->nicknames = nicknames_open(f)) == NULL)
		return -1;
	cohort_start(&p->cohort, values_new(p->m, used), p->memory,
	    BLOCKS_EACH);
	p->cohort.nicknames = p->nicknames;
	return p->audit == NULL ? 0 : audit_confine(p->audit, t, p->outputs,
	    2, f);
}

int
link_people_open(struct link_people *p, const char *matching,
    enum link_use use, struct link_fields *l, const struct tool *t,
    const char *const *paths, size_t npaths, const char *id, struct fault *f)
{
	int ids = 0;

	if (link_needs_files(npaths, f) == -1 ||
	    link_people_start(p, matching, use, l, t, f) == -1 ||
	    read_file(p, paths, l, t, id, &ids, f) == -1)
		return -1;
	/* Both files have ids, or none. */
	if (!ids)
		id = NULL;
	p->ids_if_any = 0;
	if (npaths == 2) {
		p->cohort.two = 1;
		if (read_file(p, paths + 1, l, t, id, &ids, f) == -1)
			return -1;
	}
	return id == NULL ? 0 : cohort_check_ids(&p->cohort, paths, f);
}

void
link_people_close(struct link_people *p)
{
	cohort_end(&p->cohort);
	nicknames_free(p->nicknames);
	matching_close(p->m);
}

int
main(int argc, char **argv)
{
	return tool_parts(&tool, argc, argv);
}

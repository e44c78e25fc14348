/*
 * nib-link: find the records of one person, in one file or between two, and
 * put episodes together into spells. Each part reads, writes and holds in
 * memory what its own file says.
 */
#include "link.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
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
	{ "score", link_score,
	    "weigh pairs of records that may be one person" },
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
link_fields_named(struct link_fields *l, const char *v, struct fault *f)
{
	if (strchr(v, '=') == NULL || v[0] == '=' ||
	    strchr(v, '=')[1] == '\0')
		return fault_set(f, "--field needs NAME=COLUMN");
	l->named = mem_array(l->named, l->nnamed + 1, sizeof *l->named);
	l->named[l->nnamed++] = v;
	return 0;
}

int
link_fields_without(struct link_fields *l, const char *v, struct fault *f)
{
	(void)f;
	l->without = mem_array(l->without, l->nwithout + 1,
	    sizeof *l->without);
	l->without[l->nwithout++] = v;
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

static int
read_file(struct link_people *p, const char *const *path,
    const struct link_fields *l, const struct tool *t, const char *id,
    struct roll *to, struct fault *f)
{
	long columns[MATCHING_MAX_FIELDS], id_column = -1;
	struct csv_reader *in;
	int rc = -1;

	if ((in = csv_open(path, 1, &t->csv, f)) == NULL)
		return -1;
	if (roll_bind(p->v, csv_header(in), l->column, l->absent, columns,
	    f) == 0 && (id == NULL || roll_bind_id(p->m, csv_header(in),
	    id[0] != '\0' ? id : NULL, &id_column, f) == 0))
		rc = roll_read(to, p->v, in, columns, id_column, t->jobs,
		    t->quiet ? NULL : t->table->name, f);
	if (rc == -1)
		fault_place(f, *path, 0, 0, 0, NULL);
	csv_close(in);
	return rc;
}

/* One id for two records would make pairs that nobody can tell apart. */
static int
shared_id(const struct roll *a, const struct roll *b)
{
	struct map *seen = map_new();
	size_t i;
	int found = 0;

	for (i = 0; i < a->n; i++)
		(void)map_add(seen, a->ids + a->id_at[i],
		    (size_t)(a->id_at[i + 1] - a->id_at[i]), NULL);
	for (i = 0; i < b->n && !found; i++)
		found = map_find(seen, b->ids + b->id_at[i],
		    (size_t)(b->id_at[i + 1] - b->id_at[i])) != MAP_NONE;
	map_free(seen);
	return found;
}

int
link_people_open(struct link_people *p, const char *matching,
    enum link_use use, struct link_fields *l, const struct tool *t, const char *id,
    struct fault *f)
{
	char used[MATCHING_MAX_FIELDS] = { 0 };

	if (t->npaths < 1 || t->npaths > 2)
		return fault_set(f, "needs one file or two");
	if ((p->m = matching_open(matching, f)) == NULL)
		return -1;
	if (use == LINK_STEPS && p->m->nsteps == 0)
		return fault_set(f, "%s has no deterministic steps",
		    p->m->name);
	if (use == LINK_MODEL && p->m->ncomparisons == 0)
		return fault_set(f, "%s has no comparisons", p->m->name);
	if (link_fields_resolve(l, p->m, f) == -1)
		return -1;
	if ((use == LINK_STEPS ? steps_use_nicknames(p->m) :
	    model_uses_nicknames(p->m)) &&
	    (p->nicknames = nicknames_open(f)) == NULL)
		return -1;
	if (use == LINK_STEPS)
		steps_fields(p->m, used);
	else
		model_fields(p->m, used);
	p->v = values_new(p->m, used);
	if (read_file(p, t->paths, l, t, id, &p->a, f) == -1)
		return -1;
	if (t->npaths == 1)
		return 0;
	p->two = 1;
	if (read_file(p, t->paths + 1, l, t, id, &p->b, f) == -1)
		return -1;
	if (id != NULL && shared_id(&p->a, &p->b))
		return fault_set(f, "an id is used in both files: ids must "
		    "tell all records apart");
	return 0;
}

void
link_people_close(struct link_people *p)
{
	roll_clear(&p->a);
	roll_clear(&p->b);
	values_free(p->v);
	nicknames_free(p->nicknames);
	matching_close(p->m);
}

int
main(int argc, char **argv)
{
	return tool_parts(&tool, argc, argv);
}

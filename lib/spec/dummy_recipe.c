/* How each field of an artificial record is made. */
#include "spec/dummy_compile.h"

#include <stdlib.h>
#include <string.h>

#include "base/infile.h"
#include "base/mem.h"
#include "base/share.h"

/* previous may name a field that comes later. */
static int
resolve(struct dummy_compiler *c, const struct dummy_gen *cg)
{
	/* The arena's gens are ours to finish. */
	struct dummy_gen *g = (struct dummy_gen *)(uintptr_t)cg;
	size_t i;
	long slot;

	if (g == NULL)
		return 0;
	if (g->form == DUMMY_PREVIOUS && g->format != NULL) {
		if ((slot = dummy_slot_find(c, g->format)) == -1)
			return dummy_bad(c, "no field is called ", g->format);
		g->from.kind = DUMMY_REF_SLOT;
		g->from.slot = (size_t)slot;
		g->format = NULL;
	}
	for (i = 0; i < g->nparts; i++)
		if (resolve(c, g->parts[i]) == -1)
			return -1;
	for (i = 0; i < g->ncases; i++)
		if (resolve(c, g->cases[i].gen) == -1)
			return -1;
	return resolve(c, g->otherwise);
}

static int
open_recipe(struct dummy_compiler *c, char **path, json_t **j)
{
	json_error_t e;
	struct fault none = FAULT_NONE;
	char *text;
	size_t n;

	*path = NULL;
	*j = NULL;
	if (c->o->no_recipe)
		return 0;
	if (c->o->recipe != NULL) {
		*path = share_find("dummy", c->o->recipe, ".json", c->f);
		if (*path == NULL)
			return -1;
	} else {
		*path = c->spec->name != NULL ?
		    share_find("dummy", c->spec->name, ".json", &none) : NULL;
		if (*path == NULL)
			return 0;
	}
	if (infile_whole(*path, (size_t)1 << 24, &text, &n, c->f) == -1)
		return -1;
	*j = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
	free(text);
	if (*j == NULL)
		return fault_at(c->f, *path, (uint64_t)e.line,
		    "not JSON: %.120s", e.text);
	return 0;
}

struct dummy_recipe *
dummy_recipe_new(const struct spec *spec, const struct dummy_options *o,
    struct fault *f)
{
	static const char *const builtin[] = { "@first", "@last",
		"@position" };
	struct dummy_recipe *r = mem_zero(1, sizeof *r);
	struct dummy_compiler c = { spec, o, r, NULL, NULL, f, 0, 0 };
	json_t *j = NULL;
	char *path = NULL;
	size_t i;

	r->records = o->records;
	r->group_max = 1;
	for (i = 0; i < 3; i++)
		dummy_slot_add(&c, builtin[i])->gen =
		    dummy_gen_new(&c, DUMMY_EMPTY);
	if (open_recipe(&c, &path, &j) == -1)
		goto fail;
	c.path = path != NULL ? path : spec->path;
	if (dummy_read_period(&c, json_object_get(j, "period")) == -1)
		goto fail;
	if (j != NULL && dummy_read_recipe(&c, j) == -1)
		goto fail;
	for (i = 0; i < spec->nforeign; i++)
		if (spec->foreign_keys[i].resource[0] != '\0' &&
		    dummy_source_find(&c, spec->foreign_keys[i].resource,
		    strlen(spec->foreign_keys[i].resource)) == (size_t)-1)
			dummy_source_add(&c, spec->foreign_keys[i].resource)
			    ->per_record = 1;
	c.slot = NULL;
	for (i = 0; i < o->ntables; i++)
		if (dummy_source_find(&c, o->tables[i].name,
		    strlen(o->tables[i].name)) == (size_t)-1) {
			(void)fault_set(f, "%s does not refer to a table %s",
			    spec->name, o->tables[i].name);
			goto fail;
		}
	c.path = spec->path;
	for (i = 0; i < spec->nfields; i++) {
		const struct dummy_gen *g;
		struct dummy_slot *s;

		if (dummy_slot_find(&c, spec->fields[i].name) != -1)
			continue;
		if ((g = dummy_plain(&c, i, 1)) == NULL)
			goto fail;
		s = dummy_slot_add(&c, spec->fields[i].name);
		s->field = (long)i;
		s->gen = g;
	}
	c.path = path != NULL ? path : spec->path;
	for (i = 0; i < r->nslots; i++) {
		c.slot = r->slots[i].name;
		if (resolve(&c, r->slots[i].gen) == -1)
			goto fail;
	}
	json_decref(j);
	free(path);
	return r;
fail:
	json_decref(j);
	free(path);
	dummy_recipe_free(r);
	return NULL;
}

const struct dummy_gen *
dummy_recipe_plain(struct dummy_recipe *r, const struct spec *spec,
    size_t field, struct fault *f)
{
	struct dummy_options o = { 0 };
	struct dummy_compiler c = { spec, &o, r, spec->path, NULL, f, 0, 0 };

	return dummy_plain(&c, field, 0);
}

void
dummy_recipe_free(struct dummy_recipe *r)
{
	size_t i, k;

	if (r == NULL)
		return;
	for (i = 0; i < r->nsources; i++) {
		for (k = 0; k < r->sources[i].ncolumns; k++) {
			buf_free(&r->sources[i].columns[k].text);
			free(r->sources[i].columns[k].at);
		}
		free(r->sources[i].columns);
	}
	free(r->sources);
	free(r->slots);
	arena_free(&r->arena);
	free(r);
}

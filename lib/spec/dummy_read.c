/* Reads a recipe of artificial records. */
#include "spec/dummy_compile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/num.h"
#include "check/check.h"

#define PERIOD_FROM "2024-04-01"
#define PERIOD_TO "2025-03-31"
#define NESTING 20

static const struct dummy_gen *read_gen(struct dummy_compiler *, json_t *,
    const struct spec_field *);

static int
ref_read(struct dummy_compiler *c, const char *name, struct dummy_ref *to)
{
	static const char *const bounds[] = { "period_start", "period_end",
		"visit_start", "visit_end" };
	static const enum dummy_ref_kind kinds[] = { DUMMY_REF_START,
		DUMMY_REF_END, DUMMY_REF_VISIT_START, DUMMY_REF_VISIT_END };
	const char *dot = strchr(name, '.');
	size_t i;
	long slot;

	memset(to, 0, sizeof *to);
	for (i = 0; i < 4; i++)
		if (strcmp(name, bounds[i]) == 0) {
			to->kind = kinds[i];
			return 0;
		}
	if (dot != NULL) {
		i = dummy_source_find(c, name, (size_t)(dot - name));
		if (i == (size_t)-1)
			return dummy_bad(c, "no table for ", name);
		to->kind = DUMMY_REF_TABLE;
		to->slot = i;
		to->column = dummy_column_add(c, &c->r->sources[i], dot + 1);
		return 0;
	}
	if ((slot = dummy_slot_find(c, name)) == -1)
		return dummy_bad(
		    c, "no field before this one is called ", name);
	to->kind = DUMMY_REF_SLOT;
	to->slot = (size_t)slot;
	return 0;
}

static int
strings(struct dummy_compiler *c, json_t *j, struct dummy_text **to, size_t *n)
{
	size_t i;

	if (json_is_string(j)) {
		*to = dummy_zero(c, 1, sizeof **to);
		**to = dummy_text_new(c, json_string_value(j));
		*n = 1;
		return 0;
	}
	if (!json_is_array(j) || json_array_size(j) == 0)
		return dummy_bad(c, "a list of texts is needed", "");
	*n = json_array_size(j);
	*to = dummy_zero(c, *n, sizeof **to);
	for (i = 0; i < *n; i++) {
		if (!json_is_string(json_array_get(j, i)))
			return dummy_bad(c, "a list of texts is needed", "");
		(*to)[i] = dummy_text_new(c,
		    json_string_value(json_array_get(j, i)));
	}
	return 0;
}

static int
scaled(struct dummy_compiler *c, json_t *j, unsigned scale, int64_t *to)
{
	double v = json_is_number(j) ? json_number_value(j) : NAN, t = 1;
	unsigned i;

	for (i = 0; i < scale; i++)
		t *= 10;
	if (!(fabs(v) * t < 1e15))
		return dummy_bad(c, "a number is needed", "");
	*to = (int64_t)floor(v * t + 0.5);
	return 0;
}

static int
quantiles(struct dummy_compiler *c, json_t *j, struct dummy_gen *g)
{
	size_t i;

	g->nquantiles = json_is_array(j) ? json_array_size(j) : 0;
	if (g->nquantiles < 2)
		return dummy_bad(c, "quantiles are two or more numbers", "");
	g->quantiles = dummy_zero(c, g->nquantiles, sizeof *g->quantiles);
	for (i = 0; i < g->nquantiles; i++) {
		if (scaled(c, json_array_get(j, i), g->scale,
		    &g->quantiles[i]) == -1)
			return -1;
		if (i > 0 && g->quantiles[i] < g->quantiles[i - 1])
			return dummy_bad(c, "quantiles must not fall", "");
	}
	return 0;
}

static int
weights(struct dummy_compiler *c, json_t *j, struct dummy_gen *g)
{
	size_t n = json_is_object(j) ? json_object_size(j) : 0, i = 0;
	const char *key;
	json_t *v;
	double *w;

	if (n == 0)
		return dummy_bad(c, "weights are an object of numbers", "");
	w = mem_array(NULL, n, sizeof *w);
	g->texts = dummy_zero(c, n, sizeof *g->texts);
	json_object_foreach(j, key, v) {
		if (!json_is_number(v) || !(json_number_value(v) > 0)) {
			free(w);
			return dummy_bad(
			    c, "a weight is a number above 0: ", key);
		}
		g->texts[i] = dummy_text_new(c, key);
		w[i++] = json_number_value(v);
	}
	dummy_choice_make(&c->r->arena, &g->choice, w, n);
	free(w);
	return 0;
}

static int
read_conditions(struct dummy_compiler *c, json_t *j, struct dummy_case *to)
{
	const char *key, *word;
	json_t *v;

	to->n = 0;
	to->conditions =
	    dummy_zero(c, json_object_size(j), sizeof *to->conditions);
	json_object_foreach(j, key, v) {
		struct dummy_condition *d = &to->conditions[to->n++];

		if (ref_read(c, key, &d->left) == -1)
			return -1;
		if (!json_is_object(v)) {
			if (strings(c, v, &d->texts, &d->ntexts) == -1)
				return -1;
			continue;
		}
		if (json_object_size(v) != 1)
			return dummy_bad(c,
			    "a condition is a list or one of is, "
			    "after, before: ",
			    key);
		word = json_object_iter_key(json_object_iter(v));
		d->test = strcmp(word, "is") == 0 ? DUMMY_SAME :
		    strcmp(word, "after") == 0 ? DUMMY_AFTER :
		    strcmp(word, "before") == 0 ? DUMMY_BEFORE : DUMMY_IN;
		v = json_object_iter_value(json_object_iter(v));
		if (d->test == DUMMY_IN || !json_is_string(v))
			return dummy_bad(c,
			    "a condition is a list or one of is, "
			    "after, before: ",
			    key);
		if (ref_read(c, json_string_value(v), &d->right) == -1)
			return -1;
	}
	return 0;
}

static int
read_cases(struct dummy_compiler *c, json_t *j, const struct spec_field *sf,
    struct dummy_gen *g)
{
	size_t i, n = json_is_array(j) ? json_array_size(j) : 0;

	if (n == 0)
		return dummy_bad(c, "cases are a list", "");
	g->cases = dummy_zero(c, n, sizeof *g->cases);
	g->ncases = n;
	for (i = 0; i < n; i++) {
		json_t *one = json_array_get(j, i);
		json_t *cond = json_object_get(one, "if");

		if (cond != NULL && (!json_is_object(cond) ||
		    read_conditions(c, cond, &g->cases[i]) == -1))
			return dummy_bad(c, "a condition is an object", "");
		if (cond != NULL)
			(void)json_object_del(one, "if");
		if ((g->cases[i].gen = read_gen(c, one, sf)) == NULL)
			return -1;
	}
	return 0;
}

static int
read_refs(struct dummy_compiler *c, json_t *j, struct dummy_ref **to, size_t *n)
{
	size_t i;

	if (j == NULL)
		return 0;
	*n = json_is_array(j) ? json_array_size(j) : 1;
	*to = dummy_zero(c, *n, sizeof **to);
	for (i = 0; i < *n; i++) {
		json_t *v = json_is_array(j) ? json_array_get(j, i) : j;

		if (!json_is_string(v))
			return dummy_bad(
			    c, "the name of a field is needed", "");
		if (ref_read(c, json_string_value(v), &(*to)[i]) == -1)
			return -1;
	}
	return 0;
}

static int
read_date(struct dummy_compiler *c, json_t *j, const struct spec_field *sf,
    struct dummy_gen *g)
{
	const char *base = json_string_value(json_object_get(j, "date"));
	const char *as = json_string_value(json_object_get(j, "as"));
	json_t *plus = json_object_get(j, "plus");

	if (base == NULL)
		return dummy_bad(
		    c, "date is period or the name of a field", "");
	g->time = as == NULL ? dummy_time_of(sf) :
	    strcmp(as, "datetime") == 0 ? DUMMY_MOMENT : DUMMY_DAY;
	g->format = dummy_date_format_of(sf);
	if (strcmp(base, "period") == 0) {
		if (plus != NULL)
			return dummy_bad(c, "period takes no plus", "");
		/* How long a visit's part is, only the tables tell. */
		g->from.kind = DUMMY_REF_VISIT_START;
		return read_refs(c, json_object_get(j, "not_before"),
		    &g->not_before, &g->nnot_before) == -1 || read_refs(c,
		    json_object_get(j, "until"), &g->until, &g->nuntil) == -1
		    ? -1 : 0;
	} else if (ref_read(c, base, &g->from) == -1) {
		return -1;
	}
	if (plus != NULL && quantiles(c, plus, g) == -1)
		return -1;
	return read_refs(c, json_object_get(j, "not_before"), &g->not_before,
	    &g->nnot_before) == -1 || read_refs(c, json_object_get(j,
	    "until"), &g->until, &g->nuntil) == -1 ? -1 : 0;
}

static int
read_join(struct dummy_compiler *c, json_t *j, struct dummy_gen *g)
{
	size_t i;

	g->nparts = json_is_array(j) ? json_array_size(j) : 0;
	if (g->nparts == 0 || g->nparts > 8)
		return dummy_bad(c, "join is a list of one to eight parts", "");
	g->parts = dummy_zero(c, g->nparts, sizeof *g->parts);
	for (i = 0; i < g->nparts; i++) {
		json_t *p = json_array_get(j, i);

		if (json_is_string(p)) {
			struct dummy_gen *t = dummy_gen_new(c, DUMMY_TEXT);

			(void)dummy_constant(c, t, json_string_value(p));
			g->parts[i] = t;
		} else if ((g->parts[i] = read_gen(c, p, NULL)) == NULL) {
			return -1;
		}
	}
	return 0;
}

static int
read_number(struct dummy_compiler *c, json_t *j, struct dummy_gen *g)
{
	const char *of = json_string_value(json_object_get(j, "number"));
	size_t source;

	if (of == NULL)
		return dummy_bad(
		    c, "number is record, group, position or a table", "");
	if (strcmp(of, "record") == 0)
		g->number = DUMMY_RECORD;
	else if (strcmp(of, "group") == 0)
		g->number = DUMMY_GROUP;
	else if (strcmp(of, "position") == 0)
		g->number = DUMMY_POSITION;
	else if ((source = dummy_source_find(c, of, strlen(of))) !=
		 (size_t)-1) {
		g->number = DUMMY_ROW;
		g->table = source;
	} else
		return dummy_bad(
		    c, "number is record, group, position or a table", "");
	g->width = (unsigned)json_integer_value(json_object_get(j, "width"));
	g->base = json_integer_value(json_object_get(j, "base"));
	return g->width > 20 ? dummy_bad(c, "width is at most 20", "") : 0;
}

static int
read_sum(struct dummy_compiler *c, json_t *j, struct dummy_gen *g)
{
	json_t *list = json_object_get(j, "sum"), *map, *v;
	json_t *base = json_object_get(j, "base");
	const char *key;
	size_t i, k;

	g->nmaps = json_is_array(list) ? json_array_size(list) : 0;
	if (g->nmaps == 0)
		return dummy_bad(c, "sum is a list", "");
	if (base != NULL && scaled(c, base, g->scale, &g->base) == -1)
		return -1;
	g->maps = dummy_zero(c, g->nmaps, sizeof *g->maps);
	for (i = 0; i < g->nmaps; i++) {
		struct dummy_map *m = &g->maps[i];
		const char *of = json_string_value(json_object_get(
		    json_array_get(list, i), "field"));

		map = json_object_get(json_array_get(list, i), "map");
		if (of == NULL || !json_is_object(map))
			return dummy_bad(
			    c, "a term of a sum has field and map", "");
		if (ref_read(c, of, &m->of) == -1)
			return -1;
		m->n = json_object_size(map);
		m->texts = dummy_zero(c, m->n, sizeof *m->texts);
		m->values = dummy_zero(c, m->n, sizeof *m->values);
		k = 0;
		json_object_foreach(map, key, v) {
			m->texts[k] = dummy_text_new(c, key);
			if (scaled(c, v, g->scale, &m->values[k++]) == -1)
				return -1;
		}
	}
	return 0;
}

static int
read_pool(struct dummy_compiler *c, json_t *j, struct dummy_gen *g)
{
	json_t *n = json_object_get(j, "pool");
	json_t *skew = json_object_get(j, "skew");
	json_int_t size = json_integer_value(n);

	if (n == NULL)
		return 0;
	if (size < 1 || size > 1000000)
		return dummy_bad(c, "pool is a number from 1 to 1000000", "");
	return dummy_pool(c, g, (size_t)size, skew != NULL ?
	    json_number_value(skew) : 0);
}

static int
read_pattern(struct dummy_compiler *c, json_t *j, const struct spec_field *sf,
    struct dummy_gen *g)
{
	const char *text = json_string_value(json_object_get(j, "pattern"));

	if (text == NULL)
		return dummy_bad(c, "pattern is a text", "");
	if (dummy_pattern_gen(c, text, NULL, g) == -1)
		return -1;
	if (sf != NULL && sf->check != NULL && sf->type == SPEC_STRING)
		g->check = check_find(sf->check);
	return read_pool(c, j, g);
}

static int
read_unique(struct dummy_compiler *c, json_t *j, struct dummy_gen *g)
{
	const char *text = json_string_value(json_object_get(j, "unique"));

	if (text == NULL)
		return dummy_bad(c, "unique is a pattern", "");
	if (dummy_pattern_gen(c, text, NULL, g) == -1)
		return -1;
	g->form = DUMMY_UNIQUE;
	return dummy_pattern_count(g->pattern) < c->r->records ?
	    dummy_bad(c, "its pattern has fewer different texts than there are "
	    "records", "") : 0;
}

static int
read_copy(struct dummy_compiler *c, json_t *j, struct dummy_gen *g)
{
	const char *of = json_string_value(json_object_get(j, "copy"));
	json_int_t first = json_integer_value(json_object_get(j, "first"));
	json_int_t at = json_integer_value(json_object_get(j, "at"));

	if (of == NULL)
		return dummy_bad(c, "copy is the name of a field", "");
	g->first = first > 0 ? (uint32_t)first : UINT32_MAX;
	g->at = at > 0 ? (uint32_t)at : 0;
	return ref_read(c, of, &g->from);
}

static int
read_form(struct dummy_compiler *c, json_t *j, const char *form,
    const struct spec_field *sf, struct dummy_gen *g)
{
	json_t *v = json_object_get(j, form);
	json_t *scale = json_object_get(j, "scale");
	json_t *skew = json_object_get(j, "skew");

	g->scale = scale != NULL ? (unsigned)json_integer_value(scale) :
	    sf != NULL && sf->type == SPEC_NUMBER ?
	    (unsigned)(sf->scale >= 0 ? sf->scale : 2) : 0;
	if (g->scale > 9)
		return dummy_bad(c, "scale is at most 9", "");
	if (strcmp(form, "value") == 0) {
		if (!json_is_string(v))
			return dummy_bad(c, "value is a text", "");
		return dummy_constant(c, g, json_string_value(v));
	}
	if (strcmp(form, "weights") == 0) {
		g->form = DUMMY_CHOICE;
		return weights(c, v, g);
	}
	if (strcmp(form, "pattern") == 0)
		return read_pattern(c, j, sf, g);
	if (strcmp(form, "unique") == 0)
		return read_unique(c, j, g);
	if (strcmp(form, "codes") == 0) {
		if (sf == NULL || sf->codelists.n == 0)
			return dummy_bad(c, "the field has no code list", "");
		if (dummy_codes(c, sf,
			skew != NULL ? json_number_value(skew) : 1, g) != 1)
			return dummy_bad(c, "its code lists have no codes", "");
		return 0;
	}
	if (strcmp(form, "quantiles") == 0) {
		g->form = DUMMY_QUANTILES;
		return quantiles(c, v, g);
	}
	if (strcmp(form, "number") == 0) {
		g->form = DUMMY_NUMBER;
		return read_number(c, j, g);
	}
	if (strcmp(form, "join") == 0) {
		g->form = DUMMY_JOIN;
		return read_join(c, v, g);
	}
	if (strcmp(form, "copy") == 0) {
		g->form = DUMMY_COPY;
		return read_copy(c, j, g);
	}
	if (strcmp(form, "date") == 0) {
		g->form = DUMMY_DATE;
		g->scale = 0;
		return read_date(c, j, sf, g);
	}
	if (strcmp(form, "cases") == 0) {
		g->form = DUMMY_CASES;
		return read_cases(c, v, sf, g);
	}
	if (strcmp(form, "sum") == 0) {
		g->form = DUMMY_SUM;
		return read_sum(c, j, g);
	}
	if (strcmp(form, "check") == 0) {
		const char *name = json_string_value(v);

		if (name != NULL && strcmp(name, "nhs_number") == 0)
			g->form = DUMMY_NHS;
		else if (name != NULL && strcmp(name, "sctid") == 0)
			g->form = DUMMY_SCTID;
		else
			return dummy_bad(c, "check is nhs_number or sctid", "");
		return g->form == DUMMY_SCTID ? read_pool(c, j, g) : 0;
	}
	if (strcmp(form, "previous") == 0) {
		if (!json_is_string(v))
			return dummy_bad(
			    c, "previous is the name of a field", "");
		g->form = DUMMY_PREVIOUS;
		/* May name a later field: found when all are known. */
		g->format = arena_string(&c->r->arena, json_string_value(v));
		g->otherwise = read_gen(c, json_object_get(j, "else"), sf);
		return g->otherwise == NULL ? -1 : 0;
	}
	return dummy_bad(c, "no way to make a field is called ", form);
}

/* One of the forms; see nib-dummy(1), RECIPES. */
static const struct dummy_gen *
read_gen(struct dummy_compiler *c, json_t *j, const struct spec_field *sf)
{
	static const char *const forms[] = { "value", "weights", "pattern",
		"codes", "quantiles", "number", "join", "copy", "date",
		"cases", "sum", "check", "previous", "table", "unique",
		NULL };
	static const char *const more[] = { "name", "per", "empty", "about",
		"pool", "skew", "scale", "width", "base", "first", "at",
		"as", "plus", "not_before", "until", "else", NULL };
	struct dummy_gen *g;
	const char *key, *form = NULL;
	json_t *v, *empty;
	size_t i;

	if (!json_is_object(j)) {
		(void)dummy_bad(
		    c, "an object that says how it is made is needed", "");
		return NULL;
	}
	if (++c->depth > NESTING) {
		(void)dummy_bad(c, "nested too deeply", "");
		return NULL;
	}
	json_object_foreach(j, key, v) {
		for (i = 0; forms[i] != NULL; i++)
			if (strcmp(key, forms[i]) == 0)
				break;
		if (forms[i] != NULL && form != NULL) {
			(void)dummy_bad(c, "two ways to make it: ", key);
			return NULL;
		}
		if (forms[i] != NULL) {
			form = forms[i];
			continue;
		}
		for (i = 0; more[i] != NULL; i++)
			if (strcmp(key, more[i]) == 0)
				break;
		if (more[i] == NULL) {
			(void)dummy_bad(c, "no such word: ", key);
			return NULL;
		}
	}
	if (form == NULL) {
		if (json_is_number(json_object_get(j, "empty")) &&
		    json_number_value(json_object_get(j, "empty")) >= 1) {
			c->depth--;
			return dummy_gen_new(c, DUMMY_EMPTY);
		}
		(void)dummy_bad(c, "nothing says how it is made", "");
		return NULL;
	}
	if (strcmp(form, "table") == 0) {
		struct dummy_ref ref;

		v = json_object_get(j, "table");
		if (!json_is_string(v) ||
		    ref_read(c, json_string_value(v), &ref) == -1 ||
		    ref.kind != DUMMY_REF_TABLE) {
			(void)dummy_bad(c, "table is TABLE.COLUMN", "");
			return NULL;
		}
		if (c->r->sources[ref.slot].path == NULL) {
			const struct dummy_gen *other;

			other = read_gen(c, json_object_get(j, "else"), sf);
			c->depth--;
			return other;
		}
		g = dummy_gen_new(c, DUMMY_COPY);
		g->first = UINT32_MAX;
		g->from = ref;
	} else {
		g = dummy_gen_new(c, DUMMY_EMPTY);
		if (read_form(c, j, form, sf, g) == -1)
			return NULL;
	}
	empty = json_object_get(j, "empty");
	if (empty != NULL)
		g->empty = dummy_share32(json_number_value(empty));
	c->depth--;
	return g;
}

struct dummy_slot *
dummy_slot_add(struct dummy_compiler *c, const char *name)
{
	struct dummy_slot *s;

	if (c->r->nslots == c->slots_cap) {
		c->slots_cap = c->slots_cap * 2 + 64;
		c->r->slots = mem_array(c->r->slots, c->slots_cap,
		    sizeof *c->r->slots);
	}
	s = &c->r->slots[c->r->nslots++];
	memset(s, 0, sizeof *s);
	s->name = arena_string(&c->r->arena, name);
	s->field = -1;
	return s;
}

static int
read_field(struct dummy_compiler *c, json_t *j)
{
	const char *name = json_string_value(json_object_get(j, "name"));
	const char *per = json_string_value(json_object_get(j, "per"));
	const struct spec_field *sf = NULL;
	const struct dummy_gen *g;
	struct dummy_slot *s;
	long field;

	c->slot = NULL;
	if (name == NULL)
		return dummy_bad(c, "each of its fields needs a name", "");
	c->slot = name;
	if (dummy_slot_find(c, name) != -1)
		return dummy_bad(c, "twice in the recipe", "");
	field = spec_field_index(c->spec, name);
	if (field == -1 && name[0] != '_')
		return dummy_bad(c, "not in the specification (a helper's name "
		    "begins with _)", "");
	if (field != -1)
		sf = &c->spec->fields[field];
	if (per != NULL && strcmp(per, "group") != 0 &&
	    dummy_source_find(c, per, strlen(per)) == (size_t)-1)
		return dummy_bad(c, "per is group or a table, not ", per);
	if ((g = read_gen(c, j, sf)) == NULL)
		return -1;
	s = dummy_slot_add(c, name);
	s->field = field;
	s->gen = g;
	if (per != NULL && strcmp(per, "group") == 0) {
		s->per = DUMMY_PER_GROUP;
		s->once = 1;
	} else if (per != NULL) {
		s->per = DUMMY_PER_ROW;
		s->source = dummy_source_find(c, per, strlen(per));
		/* Which row is one for the group: no need to do it again. */
		if (!c->r->sources[s->source].per_record)
			s->once = 1;
	}
	return 0;
}

static int
read_group(struct dummy_compiler *c, json_t *j)
{
	json_t *sizes = json_object_get(j, "sizes");
	size_t i, n = json_is_array(sizes) ? json_array_size(sizes) : 0;
	double w[DUMMY_GROUP_MAX];

	if (n == 0 || n > DUMMY_GROUP_MAX)
		return dummy_bad(c, "group needs sizes, up to 64 weights", "");
	for (i = 0; i < n; i++) {
		w[i] = json_number_value(json_array_get(sizes, i));
		if (!(w[i] >= 0))
			return dummy_bad(c, "a weight is a number", "");
	}
	c->r->has_group = 1;
	c->r->group_max = n;
	dummy_choice_make(&c->r->arena, &c->r->group, w, n);
	return 0;
}

struct dummy_source *
dummy_source_add(struct dummy_compiler *c, const char *name)
{
	struct dummy_source *s;
	size_t i;

	i = dummy_source_find(c, name, strlen(name));
	if (i != (size_t)-1)
		return &c->r->sources[i];
	c->r->sources = mem_array(c->r->sources, c->r->nsources + 1,
	    sizeof *c->r->sources);
	s = &c->r->sources[c->r->nsources++];
	memset(s, 0, sizeof *s);
	s->name = arena_string(&c->r->arena, name);
	s->share = 0.5;
	for (i = 0; i < c->o->ntables; i++)
		if (strcmp(c->o->tables[i].name, name) == 0)
			s->path = c->o->tables[i].path;
	return s;
}

static int
read_tables(struct dummy_compiler *c, json_t *j)
{
	const char *name, *per;
	json_t *v, *share;

	json_object_foreach(j, name, v) {
		struct dummy_source *s = dummy_source_add(c, name);

		per = json_string_value(json_object_get(v, "per"));
		s->per_record = per != NULL && strcmp(per, "record") == 0;
		s->each = json_is_true(json_object_get(v, "each"));
		s->want_slots = json_is_true(json_object_get(v, "visits"));
		if (json_is_string(json_object_get(v, "only"))) {
			s->only = arena_string(&c->r->arena,
			    json_string_value(json_object_get(v, "only")));
			(void)dummy_column_add(c, s, s->only);
		}
		share = json_object_get(v, "share");
		if (share != NULL)
			s->share = json_number_value(share);
		if (!(s->share > 0) || s->share > 1e6)
			return dummy_bad(c, "share is a number above 0", "");
	}
	return 0;
}

int
dummy_read_period(struct dummy_compiler *c, json_t *j)
{
	const char *from = json_string_value(json_array_get(j, 0));
	const char *to = json_string_value(json_array_get(j, 1));

	if (c->o->from != NULL)
		from = c->o->from;
	if (c->o->to != NULL)
		to = c->o->to;
	if (from == NULL)
		from = PERIOD_FROM;
	if (to == NULL)
		to = PERIOD_TO;
	if (date_parse(from, strlen(from), &c->r->from) == -1 ||
	    date_parse(to, strlen(to), &c->r->to) == -1 ||
	    c->r->to < c->r->from)
		return fault_set(c->f, "the period needs two dates "
		    "(YYYY-MM-DD), the first not after the second");
	return 0;
}

int
dummy_read_recipe(struct dummy_compiler *c, json_t *j)
{
	static const char *const words[] = { "about", "period", "group",
		"tables", "fields", NULL };
	const char *key;
	json_t *v, *fields = json_object_get(j, "fields");
	size_t i;

	if (!json_is_object(j) || !json_is_array(fields))
		return dummy_bad(
		    c, "a recipe is an object with a list of fields", "");
	json_object_foreach(j, key, v) {
		for (i = 0; words[i] != NULL; i++)
			if (strcmp(key, words[i]) == 0)
				break;
		if (words[i] == NULL)
			return dummy_bad(c, "no such word: ", key);
	}
	if ((v = json_object_get(j, "group")) != NULL &&
	    read_group(c, v) == -1)
		return -1;
	if ((v = json_object_get(j, "tables")) != NULL &&
	    read_tables(c, v) == -1)
		return -1;
	for (i = 0; i < json_array_size(fields); i++)
		if (read_field(c, json_array_get(fields, i)) == -1)
			return -1;
	return 0;
}

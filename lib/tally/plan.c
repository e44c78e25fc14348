/* A request held against a header: what to read, what to keep of it. */
#include "tally/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "flow/flow.h"

#define FORMAT "nib-tally-3"
#define DIRECT_FROM 10000 /* keys in a table, to judge by */
#define CACHE ((size_t)4 * 1024 * 1024)
#define INPUTS 4 /* that a measure may need */

enum need {
	NEED_N = 1, NEED_SUM = 2, NEED_SQUARE = 4, NEED_MIN = 8,
	NEED_MAX = 16, NEED_MET = 32, NEED_PAIRS = 64
};

static const struct {
	enum plan_class class;
	unsigned need;
} kinds[] = {
	[TALLY_COUNT] = { PLAN_VALUE, 0 },
	[TALLY_SUM] = { PLAN_VALUE, NEED_N | NEED_SUM },
	[TALLY_MEAN] = { PLAN_VALUE, NEED_N | NEED_SUM },
	[TALLY_MIN] = { PLAN_VALUE, NEED_N | NEED_MIN },
	[TALLY_MAX] = { PLAN_VALUE, NEED_N | NEED_MAX },
	[TALLY_MEDIAN] = { PLAN_VALUE, NEED_N | NEED_PAIRS },
	[TALLY_QUANTILE] = { PLAN_VALUE, NEED_N | NEED_PAIRS },
	[TALLY_VARIANCE] = { PLAN_VALUE, NEED_N | NEED_SUM | NEED_SQUARE },
	[TALLY_SD] = { PLAN_VALUE, NEED_N | NEED_SUM | NEED_SQUARE },
	[TALLY_DISTINCT] = { PLAN_TEXT, NEED_PAIRS },
	[TALLY_SHARE] = { PLAN_CONDITION, NEED_N | NEED_MET },
};

static void
source_free(struct plan_source *s)
{
	expr_free(s->expr);
	free(s->text);
}

void
tally_free(struct tally *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->nparts; i++)
		source_free(&t->parts[i]);
	for (i = 0; i < t->request->nby; i++)
		csv_lookup_close(t->lists[i]);
	free(t->lists);
	for (i = 0; i < t->ninputs; i++)
		source_free(&t->inputs[i].source);
	for (i = 0; i < t->nstores; i++)
		tally_store_free(t->stores[i]);
	free(t->parts);
	free(t->inputs);
	free(t->input_of);
	free(t->weight_of);
	free(t->numbers);
	free(t->stores);
	free(t->store_class);
	expr_free(t->where);
	spec_scope_free(t->scope);
	spill_free(t->spill);
	free(t);
}

/* Compiles it, and finds out whether its cells can be read directly. */
static int
bind(struct tally *t, struct plan_source *s, const char *text,
    struct fault *f)
{
	const struct expr_scope *scope = spec_scope_expr(t->scope);
	const size_t *reads;
	size_t n;
	long bare;

	s->text = mem_strdup(text);
	s->column = s->cache_column = -1;
	if ((s->expr = expr_compile(text, scope, f)) == NULL)
		return -1;
	bare = expr_bare_field(s->expr);
	if (bare >= 0 && scope->fields[bare].convert == NULL) {
		s->column = (long)scope->fields[bare].column;
		s->field = scope->fields[bare].name;
		s->missing = scope->fields[bare].missing;
		/* The empty cell is none anyway; mostly it is the only one. */
		while (s->missing != NULL && s->missing[0] != NULL &&
		    s->missing[0][0] == '\0')
			s->missing++;
		if (s->missing != NULL && s->missing[0] == NULL)
			s->missing = NULL;
		return 0;
	}
	reads = expr_fields(s->expr, &n);
	if (n == 1) {
		s->cached = 1;
		s->cache_column = (long)scope->fields[reads[0]].column;
	}
	return 0;
}

static int
bind_input(struct tally *t, struct plan_input *in, const struct spec *spec,
    struct fault *f)
{
	char *text = in->source.text;
	long bare, field;
	int rc;

	if (in->class == PLAN_PRODUCT || in->class == PLAN_WEIGHT)
		return 0;
	in->source.text = NULL;
	rc = bind(t, &in->source, text, f);
	free(text);
	if (rc == -1)
		return -1;
	in->form = TALLY_DECIMAL;
	if (in->class == PLAN_CONDITION) {
		in->source.column = -1;
		return 0;
	}
	if (in->class == PLAN_TEXT)
		return 0;
	switch (expr_result(in->source.expr)) {
	case EXPR_DATE:
		in->form = TALLY_DATE;
		break;
	case EXPR_TIME:
		in->form = TALLY_TIME;
		break;
	case EXPR_DATETIME:
		in->form = TALLY_DATETIME;
		break;
	case EXPR_BOOLEAN:
		/* Its words are the expression's business. */
		in->source.column = -1;
		in->scale = 0;
		break;
	case EXPR_TEXT:
	case EXPR_INTEGER:
	case EXPR_NUMBER:
	case EXPR_ANY:
		break;
	}
	bare = expr_bare_field(in->source.expr);
	if (in->form != TALLY_DECIMAL) {
		in->scale = 0;
	} else if (bare >= 0 && spec != NULL) {
		field = spec_field_index(spec,
		    spec_scope_expr(t->scope)->fields[bare].name);
		if (field >= 0 && spec->fields[field].scale >= 0 &&
		    spec->fields[field].scale <= NUM_MAX_SCALE)
			in->scale = spec->fields[field].scale;
	}
	return 0;
}

/* An input of a text: one that is there already, or a new one. */
static size_t
input_for(struct tally *t, enum plan_class class, const char *text,
    unsigned need, unsigned *needs)
{
	struct plan_input *in;
	size_t i;

	for (i = 0; i < t->ninputs; i++)
		if (t->inputs[i].class == class &&
		    strcmp(t->inputs[i].source.text, text) == 0)
			break;
	needs[i] |= need;
	if (i < t->ninputs)
		return i;
	in = &t->inputs[t->ninputs++];
	in->source.text = mem_strdup(text);
	in->source.column = -1;
	in->class = class;
	in->scale = -1;
	in->form = TALLY_DECIMAL;
	in->pairs = -1;
	return i;
}

static void
add_number(struct tally *t, size_t *at, enum plan_width width, size_t input,
    const char *name)
{
	static const size_t bytes[] = { [PLAN_COUNT] = 8, [PLAN_WIDE] = 16,
		[PLAN_SUM] = TALLY_TOTAL };
	struct plan_number *n;

	*at = t->state;
	t->state += bytes[width];
	t->numbers = mem_array(t->numbers, t->nnumbers + 1,
	    sizeof *t->numbers);
	n = &t->numbers[t->nnumbers++];
	n->at = *at;
	n->width = width;
	n->input = input;
	n->squared = strcmp(name, "squares") == 0;
	n->name = name;
}

/* Places in the state for what each input needs. */
static void
lay_out(struct tally *t, const unsigned *needs)
{
	size_t i;

	t->state = 8;
	t->nstores = 1;
	t->store_class = mem_zero(t->ninputs + 1, sizeof *t->store_class);
	for (i = 0; i < t->ninputs; i++) {
		struct plan_input *in = &t->inputs[i];

		if (needs[i] & NEED_N)
			add_number(t, &in->at_n, PLAN_COUNT, i, "n");
		if (needs[i] & NEED_MET)
			add_number(t, &in->at_met, PLAN_COUNT, i, "met");
		if (t->options.empty_bad && in->class != PLAN_PRODUCT &&
		    in->class != PLAN_WEIGHT)
			add_number(t, &in->at_bad, PLAN_COUNT, i, "bad");
		if (needs[i] & NEED_SUM)
			add_number(t, &in->at_sum, PLAN_SUM, i, "sum");
		if (needs[i] & NEED_SQUARE)
			add_number(t, &in->at_square, PLAN_WIDE, i, "squares");
		if (needs[i] & NEED_MIN)
			add_number(t, &in->at_min, PLAN_WIDE, i, "min");
		if (needs[i] & NEED_MAX)
			add_number(t, &in->at_max, PLAN_WIDE, i, "max");
		if (needs[i] & NEED_PAIRS) {
			t->store_class[t->nstores] = in->class;
			in->pairs = (long)t->nstores++;
		}
		if (in->class == PLAN_TEXT) {
			in->at_distinct = t->state;
			t->state += 8;
		}
	}
	t->spill = spill_new();
	t->stores = mem_zero(t->nstores, sizeof *t->stores);
	for (i = 0; i < t->nstores; i++)
		t->stores[i] = tally_store_new(
		    t->store_class[i] == PLAN_TEXT && !t->options.partial ?
		    TALLY_ANY_ORDER : TALLY_SORTED, plan_store_state(t, i),
		    t->ninputs, t->spill, t->options.memory / (4 * t->nstores));
}

static struct tally *
plan_new(const struct tally_request *r, const struct tally_options *o)
{
	struct tally *t = mem_zero(1, sizeof *t);
	unsigned jobs = o->jobs > 0 ? o->jobs : flow_processors();

	t->request = r;
	t->options = *o;
	if (t->options.memory == 0)
		t->options.memory = TALLY_MEMORY;
	/* A table may double in size before it is looked at again. */
	t->limit = t->options.memory / jobs / 2;
	t->helpers = jobs > 1 ? jobs : 0;
	t->digest = tally_request_digest(r);
	t->parts = mem_zero(r->nby, sizeof *t->parts);
	t->lists = mem_zero(r->nby, sizeof *t->lists);
	t->inputs = mem_zero(r->nmeasures * INPUTS, sizeof *t->inputs);
	t->input_of = mem_zero(r->nmeasures, sizeof *t->input_of);
	t->weight_of = mem_zero(r->nmeasures, sizeof *t->weight_of);
	return t;
}

/* Two lists that differ make two requests, whatever they are called. */
static int
open_lists(struct tally *t, struct fault *f)
{
	size_t i;

	for (i = 0; i < t->request->nby; i++) {
		const struct tally_named *b = &t->request->by[i];

		if (b->file == NULL)
			continue;
		t->lists[i] = csv_lookup_open(b->file, b->key, b->value, f);
		if (t->lists[i] == NULL)
			return -1;
		t->digest = (t->digest ^ csv_lookup_mark(t->lists[i])) *
		    0x100000001b3ULL;
	}
	return 0;
}

static void
want(const struct tally *t, const struct expr *e, unsigned char *wanted)
{
	const struct expr_scope *scope = spec_scope_expr(t->scope);
	const size_t *reads;
	size_t i, n;

	if (e == NULL)
		return;
	reads = expr_fields(e, &n);
	for (i = 0; i < n; i++)
		wanted[scope->fields[reads[i]].column] = 1;
}

void
tally_want(const struct tally *t, struct csv_reader *in)
{
	unsigned char *wanted = mem_zero(csv_header(in)->n, 1);
	size_t i;

	for (i = 0; i < t->nparts; i++)
		want(t, t->parts[i].expr, wanted);
	for (i = 0; i < t->ninputs; i++)
		want(t, t->inputs[i].source.expr, wanted);
	want(t, t->where, wanted);
	csv_want(in, wanted);
	free(wanted);
}

const char *
tally_list_path(const struct tally *t, size_t i)
{
	return t->lists[i] != NULL ? csv_lookup_path(t->lists[i]) : NULL;
}

static int
check_forms(const struct tally *t, struct fault *f)
{
	size_t i;

	for (i = 0; i < t->request->nmeasures; i++) {
		const struct tally_measure *m = &t->request->measures[i];
		const struct plan_input *in = &t->inputs[t->input_of[i]];

		if (in->class == PLAN_PRODUCT &&
		    (t->inputs[in->value].form != TALLY_DECIMAL ||
		    t->inputs[in->weight].form != TALLY_DECIMAL))
			return fault_set(f, "%s: dates and times cannot be "
			    "weighted", m->name);
		if (m->kind == TALLY_COUNT || in->form == TALLY_DECIMAL ||
		    m->kind == TALLY_MIN || m->kind == TALLY_MAX ||
		    in->class != PLAN_VALUE)
			continue;
		return fault_set(f, "%s: dates and times have a minimum and "
		    "a maximum only; for others make them a number, such as "
		    "days(a, b)", m->name);
	}
	return 0;
}

/* Its factors first, so that they are there when they are multiplied. */
static void
gather_weighted(struct tally *t, size_t i, unsigned *needs)
{
	const struct tally_measure *m = &t->request->measures[i];
	size_t value = input_for(t, PLAN_VALUE, m->text, 0, needs);
	size_t weight = input_for(t, PLAN_VALUE, m->weight, 0, needs), k;
	char *both = mem_printf("%s:%s", m->weight, m->text);

	t->inputs[weight].factor = t->inputs[value].factor = 1;
	t->input_of[i] = k = input_for(t, PLAN_PRODUCT, both,
	    NEED_N | NEED_SUM, needs);
	t->inputs[k].weight = weight;
	t->inputs[k].value = value;
	if (m->kind == TALLY_MEAN) {
		t->weight_of[i] = k = input_for(t, PLAN_WEIGHT, both,
		    NEED_N | NEED_SUM, needs);
		t->inputs[k].weight = weight;
		t->inputs[k].value = value;
	}
	free(both);
}

/* Fills t->inputs and what measures have of them. */
static void
gather_inputs(struct tally *t, unsigned *needs)
{
	size_t i;

	for (i = 0; i < t->request->nmeasures; i++) {
		const struct tally_measure *m = &t->request->measures[i];

		if (m->weight != NULL)
			gather_weighted(t, i, needs);
		else if (m->kind != TALLY_COUNT)
			t->input_of[i] = input_for(t, kinds[m->kind].class,
			    m->text, kinds[m->kind].need, needs);
	}
}

struct tally *
tally_new(const struct tally_request *r, const struct spec *spec,
    const struct csv_header *header, const struct tally_options *o,
    struct fault *f)
{
	struct tally *t = plan_new(r, o);
	unsigned *needs = mem_zero(r->nmeasures * INPUTS, sizeof *needs);
	size_t i;

	if (tally_request_check(r, f) == -1 || open_lists(t, f) == -1 ||
	    (t->scope = spec_scope_new(spec, header, f)) == NULL)
		goto bad;
	for (i = 0; i < r->nby; i++) {
		if (bind(t, &t->parts[t->nparts++], r->by[i].text, f) == -1)
			goto bad;
	}
	if (r->where != NULL && (t->where = expr_compile(r->where,
	    spec_scope_expr(t->scope), f)) == NULL)
		goto bad;
	gather_inputs(t, needs);
	for (i = 0; i < t->ninputs; i++)
		if (bind_input(t, &t->inputs[i], spec, f) == -1)
			goto bad;
	if (check_forms(t, f) == -1)
		goto bad;
	lay_out(t, needs);
	free(needs);
	return t;
bad:
	free(needs);
	tally_free(t);
	return NULL;
}

static const char *const form_words[] = { [TALLY_DECIMAL] = "decimal",
	[TALLY_DATE] = "date", [TALLY_TIME] = "time",
	[TALLY_DATETIME] = "datetime" };

char *
plan_partial_tag(const struct tally *t)
{
	return mem_printf(FORMAT "-%016llx", (unsigned long long)t->digest);
}

/*
 * kind of row, the groupings, records, then for each input its scale and
 * its numbers, and the value of a pair.
 */
char **
plan_partial_names(const struct tally *t, size_t *n)
{
	size_t i, j;
	char **names = mem_array(NULL, t->request->nby +
	    plan_partial_cells(t) + 3, sizeof *names);

	*n = 0;
	names[(*n)++] = plan_partial_tag(t);
	for (i = 0; i < t->request->nby; i++)
		names[(*n)++] = mem_printf("by.%s", t->request->by[i].name);
	names[(*n)++] = mem_strdup("records");
	for (i = 0; i < t->ninputs; i++) {
		names[(*n)++] = mem_printf("%zu.%s.scale", i + 1,
		    form_words[t->inputs[i].form]);
		names[(*n)++] = mem_printf("%zu.room", i + 1);
		for (j = 0; j < t->nnumbers; j++)
			if (t->numbers[j].input == i)
				names[(*n)++] = mem_printf("%zu.%s", i + 1,
				    t->numbers[j].name);
	}
	names[(*n)++] = mem_strdup("value");
	return names;
}

struct tally *
tally_new_partial(const struct tally_request *r,
    const struct csv_header *header, const struct tally_options *o,
    struct fault *f)
{
	struct tally *t = plan_new(r, o);
	unsigned *needs = mem_zero(r->nmeasures * INPUTS, sizeof *needs);
	char **names = NULL;
	size_t n = 0, i, j;
	int same;

	if (tally_request_check(r, f) == -1 || open_lists(t, f) == -1)
		goto bad;
	t->nparts = r->nby;
	gather_inputs(t, needs);
	/* The form is what only the header of the records could tell. */
	for (i = 0; i < t->ninputs; i++)
		for (j = 0; j < header->n; j++) {
			char name[64];
			size_t k;

			for (k = TALLY_DECIMAL; k <= TALLY_DATETIME; k++) {
				if (form_words[k] == NULL)
					continue;
				(void)snprintf(name, sizeof name,
				    "%zu.%s.scale", i + 1, form_words[k]);
				if (strcmp(header->names[j], name) == 0)
					t->inputs[i].form =
					    (enum tally_form)k;
			}
		}
	lay_out(t, needs);
	names = plan_partial_names(t, &n);
	same = n == header->n;
	for (i = 0; i < n; i++) {
		same = same && strcmp(names[i], header->names[i]) == 0;
		free(names[i]);
	}
	free(names);
	if (!same) {
		(void)fault_set(f, strncmp(header->names[0], "nib-tally-", 10)
		    != 0 ? "not a partial result of nib-aggregate" :
		    strncmp(header->names[0], FORMAT "-", sizeof FORMAT) !=
		    0 ? "a partial result of another version of "
		    "nib-aggregate" : "a partial result of another request: "
		    "give the groupings, measures, conditions and "
		    "specification that made it");
		goto bad;
	}
	free(needs);
	return t;
bad:
	free(needs);
	tally_free(t);
	return NULL;
}

uint64_t
tally_spilled(const struct tally *t)
{
	return spill_bytes(t->spill);
}

static int
add_count(void *arg, char *into, const char *from,
    const unsigned char *scales, struct fault *f)
{
	(void)arg;
	(void)scales;
	(void)f;
	plan_set(into, 0, plan_get(into, 0) + plan_get(from, 0));
	return 0;
}

static int
add_nothing(void *arg, char *into, const char *from,
    const unsigned char *scales, struct fault *f)
{
	(void)arg;
	(void)into;
	(void)from;
	(void)scales;
	(void)f;
	return 0;
}

static int
overflow(const struct plan_input *in, struct fault *f)
{
	return fault_set(f, "%s: more than 128 bits can hold",
	    in->source.text);
}

static int
add_wide(char *into, size_t at, num_wide v, const struct plan_input *in,
    struct fault *f)
{
	num_wide sum = plan_get_wide(into, at);

	if (num_wide_add(&sum, v) == -1)
		return overflow(in, f);
	plan_set_wide(into, at, sum);
	return 0;
}

static int
get_scaled(const char *from, size_t at, unsigned by, num_wide *v,
    const struct plan_input *in, struct fault *f)
{
	*v = plan_get_wide(from, at);
	while (by > 0) {
		unsigned step = by > NUM_MAX_SCALE ? NUM_MAX_SCALE : by;

		if (tally_rescale(v, step) == -1)
			return overflow(in, f);
		by -= step;
	}
	return 0;
}

/* Adds from's sum, by digits after the point further down. */
static int
add_sum(char *into, const char *from, unsigned by)
{
	struct tally_total t = tally_total_at(from);

	for (; by > 0; by -= by < NUM_MAX_SCALE ? by : NUM_MAX_SCALE)
		if (tally_total_scale(&t, by < NUM_MAX_SCALE ? by :
		    NUM_MAX_SCALE) == -1)
			return -1;
	return tally_total_join(into, t);
}

int
plan_add(void *arg, char *into, const char *from,
    const unsigned char *scales, struct fault *f)
{
	const struct plan_adder *a = arg;
	const struct tally *t = a->t;
	size_t i;
	num_wide v;

	plan_set(into, 0, plan_get(into, 0) + plan_get(from, 0));
	for (i = 0; i < t->ninputs; i++) {
		const struct plan_input *in = &t->inputs[i];
		unsigned by = scales == NULL ? 0 :
		    (unsigned)(a->scales[i] - scales[i]);
		uint64_t had = 0, has = 0;

		if (in->at_n != 0) {
			had = plan_get(into, in->at_n);
			has = plan_get(from, in->at_n);
			plan_set(into, in->at_n, had + has);
		}
		if (in->at_met != 0)
			plan_set(into, in->at_met, plan_get(into,
			    in->at_met) + plan_get(from, in->at_met));
		if (in->at_bad != 0)
			plan_set(into, in->at_bad, plan_get(into,
			    in->at_bad) + plan_get(from, in->at_bad));
		if (in->at_distinct != 0)
			plan_set(into, in->at_distinct, plan_get(into,
			    in->at_distinct) + plan_get(from,
			    in->at_distinct));
		if (has == 0)
			continue;
		if (in->at_sum != 0 && add_sum(into + in->at_sum, from +
		    in->at_sum, by) == -1)
			return overflow(in, f);
		if (in->at_square != 0 && (get_scaled(from, in->at_square,
		    by * 2, &v, in, f) == -1 || add_wide(into, in->at_square,
		    v, in, f) == -1))
			return -1;
		if (in->at_min != 0) {
			if (get_scaled(from, in->at_min, by, &v, in, f) == -1)
				return -1;
			if (had == 0 || v < plan_get_wide(into, in->at_min))
				plan_set_wide(into, in->at_min, v);
		}
		if (in->at_max != 0) {
			if (get_scaled(from, in->at_max, by, &v, in, f) == -1)
				return -1;
			if (had == 0 || v > plan_get_wide(into, in->at_max))
				plan_set_wide(into, in->at_max, v);
		}
	}
	return 0;
}

size_t
plan_store_state(const struct tally *t, size_t store)
{
	return store == 0 ? t->state : t->store_class[store] == PLAN_TEXT ?
	    0 : 8;
}

struct tally_adder
plan_adder_of(const struct tally_state *s, size_t store,
    const struct plan_adder *a)
{
	struct tally_adder add = { plan_add, (void *)(uintptr_t)a, s->scales };

	if (store > 0)
		add.add = s->t->store_class[store] == PLAN_TEXT ?
		    add_nothing : add_count;
	return add;
}

static int
rescale_number(char *state, const struct plan_number *p, unsigned by,
    const struct plan_input *in, struct fault *f)
{
	num_wide v;

	if (p->width == PLAN_SUM) {
		struct tally_total t = tally_total_at(state + p->at);

		if (tally_total_scale(&t, by) == -1)
			return overflow(in, f);
		tally_total_set(state + p->at, t);
		return 0;
	}
	if (get_scaled(state, p->at, p->squared ? by * 2 : by, &v, in, f) ==
	    -1)
		return -1;
	plan_set_wide(state, p->at, v);
	return 0;
}

int
plan_rescale(struct tally_state *s, const unsigned char *scales,
    struct fault *f)
{
	const struct tally *t = s->t;
	size_t n = tally_table_count(s->tables[0]), g, i;

	for (i = 0; i < t->ninputs; i++)
		if (scales[i] > s->rooms[i] || s->scales[i] > s->rooms[i])
			return overflow(&t->inputs[i], f);
	for (i = 0; i < t->nnumbers; i++) {
		const struct plan_number *p = &t->numbers[i];
		unsigned by;

		if (p->width == PLAN_COUNT ||
		    scales[p->input] <= s->scales[p->input])
			continue;
		by = (unsigned)(scales[p->input] - s->scales[p->input]);
		for (g = 0; g < n; g++) {
			struct tally_key k;
			char *state = tally_table_at(s->tables[0], g, &k);

			if (rescale_number(state, p, by, &t->inputs[p->input],
			    f) == -1)
				return -1;
		}
	}
	for (i = 0; i < t->ninputs; i++)
		if (s->scales[i] < scales[i])
			s->scales[i] = scales[i];
	return 0;
}

int
plan_settle_scales(struct tally_state *s, struct fault *f)
{
	const struct tally *t = s->t;
	unsigned char *scales = mem_zero(t->ninputs, 1);
	size_t i;
	int rc = 0;

	if (t->ninputs > 0)
		memcpy(scales, s->scales, t->ninputs);
	for (i = 0; i < t->ninputs && rc == 0; i++) {
		const struct plan_input *in = &t->inputs[i];

		if (in->class == PLAN_PRODUCT)
			scales[i] = (unsigned char)(scales[in->value] +
			    scales[in->weight]);
		else if (in->class == PLAN_WEIGHT)
			scales[i] = scales[in->weight];
		if (scales[i] > NUM_MAX_SCALE)
			rc = fault_set(f, "%s: more than %d digits after the "
			    "point", in->source.text, NUM_MAX_SCALE);
	}
	if (rc == 0 && t->ninputs > 0 &&
	    memcmp(scales, s->scales, t->ninputs) != 0)
		rc = plan_rescale(s, scales, f);
	free(scales);
	return rc;
}

/* Did a table find fewer than a third of its keys twice? */
static int
few_twice(const struct tally_state *s, size_t store)
{
	const struct route *r = &s->routes[store];
	uint64_t n = tally_table_count(s->tables[store]);

	return n >= DIRECT_FROM && r->added > 0 && n > r->added / 3 * 2;
}

/*
 * Such a table is not filled again for the next many keys, and then tried
 * anew: input may be in order.
 */
static int
flush(struct tally_state *s, size_t store, struct fault *f)
{
	struct route *r = &s->routes[store];

	if (few_twice(s, store))
		r->direct = r->added * 8;
	r->added = 0;
	return tally_store_flush(s->t->stores[store], s->tables[store],
	    s->scales, f);
}

int
plan_check_memory(struct tally_state *s, struct fault *f)
{
	size_t all = 0, bytes, i;

	for (i = 0; i < s->t->nstores; i++) {
		if (s->tables[i] == NULL)
			continue;
		bytes = tally_table_bytes(s->tables[i]);
		/* Beyond the cache it must be worth its misses. */
		if (bytes > CACHE && few_twice(s, i)) {
			if (flush(s, i, f) == -1)
				return -1;
			bytes = 0;
		}
		all += bytes;
	}
	if (all <= s->t->limit)
		return 0;
	for (i = 0; i < s->t->nstores; i++)
		if (s->tables[i] != NULL && flush(s, i, f) == -1)
			return -1;
	return 0;
}

int
plan_finish_routes(struct tally_state *s, struct fault *f)
{
	size_t i;

	for (i = 0; i < s->t->nstores; i++)
		if (s->routes[i].writer != NULL &&
		    tally_writer_flush(s->routes[i].writer, f) == -1)
			return -1;
	return 0;
}

void
plan_split(const struct tally_key *k, char small[TALLY_SHORT], size_t nparts,
    struct csv_slice *to, struct csv_slice *rest)
{
	const char *p = tally_key_bytes(k, small), *end, *zero;
	size_t n = k->n > TALLY_SHORT ? k->n : TALLY_SHORT, i;

	/* A short key is padded with zeros, which no text holds. */
	end = p + n;
	for (i = 0; i < nparts; i++) {
		zero = p < end ? memchr(p, 0, (size_t)(end - p)) : NULL;
		to[i].p = p;
		to[i].n = (size_t)((zero != NULL ? zero : end) - p);
		p = zero != NULL ? zero + 1 : end;
	}
	if (rest != NULL) {
		zero = p < end ? memchr(p, 0, (size_t)(end - p)) : NULL;
		rest->p = p;
		rest->n = (size_t)((zero != NULL ? zero : end) - p);
	}
}

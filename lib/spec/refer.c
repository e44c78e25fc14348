/* Rules that look at the records of another table with the same key. */
#include "spec/refer.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "spec/refer_table.h"
#include "spec/wide_text.h"

#define MOST_COUNTS 8 /* matched and matches in one rule */

/*
 * A made-up block: cells put one after the other, read by expressions as
 * any block. Cells are put by their meaning, so none is quoted.
 */
struct made {
	struct buf data;
	uint32_t *ends;
	size_t nends, cap;
	struct csv_block block;
};

static void
made_start(struct made *m, size_t ncols)
{
	m->data.n = 0;
	m->nends = 0;
	memset(&m->block, 0, sizeof m->block);
	m->block.ncols = ncols;
	m->block.delimiter = ',';
}

static const char nothing[16] = "";

static inline void
made_cell(struct made *m, const char *p, size_t n)
{
	if (m->nends + 2 > m->cap) {
		m->cap = m->cap * 2 + 1024;
		m->ends = mem_array(m->ends, m->cap, sizeof *m->ends);
	}
	buf_reserve(&m->data, n + 17);
	refer_copy(m->data.p + m->data.n, p, n);
	m->data.n += n;
	m->ends[++m->nends] = (uint32_t)m->data.n;
	m->data.p[m->data.n++] = ',';
}

static const struct csv_block *
made_block(struct made *m)
{
	if (m->cap == 0) {
		m->cap = 1024;
		m->ends = mem_array(NULL, m->cap, sizeof *m->ends);
	}
	/* As if the byte before the first were a delimiter. */
	m->ends[0] = (uint32_t)-1;
	buf_reserve(&m->data, 64);
	memset(m->data.p + m->data.n, 0, 64);
	m->block.data = m->data.p;
	m->block.size = m->data.n;
	m->block.ends = m->ends + 1;
	m->block.nrecords = m->block.ncols > 0 ?
	    m->nends / m->block.ncols : 0;
	return &m->block;
}

static void
made_free(struct made *m)
{
	buf_free(&m->data);
	free(m->ends);
}

struct lookup {
	size_t rule;
	const struct refer_table *table;
	const struct refer_keyed *keyed;
	size_t *on;          /* own scope's fields that make the key */
	/* Columns: own fields, the table's, then counts. */
	size_t nown, *own;   /* own scope's fields */
	size_t nfar, *far;   /* the table's columns */
	size_t nconditions;
	struct expr **conditions; /* of a count; NULL: matched() */
	struct expr *expr;
};

struct refer {
	const struct spec *spec;
	const struct expr_scope *own;
	struct arena arena;
	struct refer_table **tables;
	size_t ntables;
	struct lookup *lookups;
	size_t nlookups;
};

struct seen {
	struct expr_run *run, **conditions;
};

struct refer_state {
	const struct refer *refer;
	struct seen *seen;  /* per lookup */
	struct made made, joined;
	struct buf scratch, key, number;
	/* What find_rows found last, for lookups with the same key. */
	const struct lookup *found_for;
	size_t records[EXPR_BATCH], rows[EXPR_BATCH], have;
};

/* The place of a value in a list, added when new. */
static size_t
place_of(size_t **list, size_t *n, size_t value)
{
	size_t i;

	for (i = 0; i < *n; i++) {
		if ((*list)[i] == value)
			return i;
	}
	*list = mem_array(*list, *n + 1, sizeof **list);
	(*list)[*n] = value;
	return (*n)++;
}

/* The fields of the reference that a rule's calls name; 0: one is absent. */
static int
far_fields(struct lookup *l, const struct wide_call *calls, size_t n)
{
	size_t i;
	long c;

	for (i = 0; i < n; i++) {
		if (calls[i].word == WIDE_FIELD) {
			if ((c = refer_table_column(l->table, calls[i].inner)) < 0)
				return 0;
			(void)place_of(&l->far, &l->nfar, (size_t)c);
		} else if (!far_fields(l, calls[i].calls, calls[i].ncalls)) {
			return 0;
		}
	}
	return 1;
}

/* Scope fields of a reference's fields and counts, for some calls. */
static size_t
call_fields(const struct lookup *l, const struct wide_call *calls, size_t n,
    struct expr_field *to)
{
	const struct expr_scope *far = spec_scope_expr(l->table->scope);
	size_t i, k, column = l->nown + l->nfar;
	long c;

	for (i = 0; i < n; i++) {
		memset(&to[i], 0, sizeof to[i]);
		if (calls[i].word == WIDE_FIELD) {
			c = refer_table_column(l->table, calls[i].inner);
			to[i] = far->fields[c];
			to[i].aliases = NULL;
			to[i].missing = NULL;
			for (k = 0; l->far[k] != (size_t)c; k++)
				;
			to[i].column = l->nown + k;
		} else {
			to[i].type = EXPR_INTEGER;
			to[i].column = column++;
		}
		to[i].name = calls[i].name;
	}
	return n;
}

/* Own fields that an expression over own and made ones reads. */
static int
own_fields(struct refer *w, struct lookup *l, const char *text,
    const struct wide_call *calls, size_t n, struct fault *f)
{
	struct expr_field *fields = mem_array(NULL, w->own->n + n + 1,
	    sizeof *fields);
	struct expr_scope scope = *w->own;
	const size_t *used;
	struct expr *e;
	size_t i, k;

	memcpy(fields, w->own->fields, w->own->n * sizeof *fields);
	scope.fields = fields;
	scope.n = w->own->n + call_fields(l, calls, n, fields + w->own->n);
	e = expr_compile_condition(text, &scope, f);
	if (e != NULL) {
		used = expr_fields(e, &k);
		for (i = 0; i < k; i++) {
			if (used[i] < w->own->n)
				(void)place_of(&l->own, &l->nown, used[i]);
		}
	}
	expr_free(e);
	free(fields);
	return e == NULL ? -1 : 0;
}

static struct expr *
compile_lookup(struct refer *w, struct lookup *l, const char *text,
    const struct wide_call *calls, size_t n, struct fault *f)
{
	struct expr_field *fields = arena_alloc(&w->arena,
	    (l->nown + n + 1) * sizeof *fields);
	struct expr_scope *scope = arena_alloc(&w->arena, sizeof *scope);
	size_t i;

	for (i = 0; i < l->nown; i++) {
		fields[i] = w->own->fields[l->own[i]];
		fields[i].missing = NULL;
		fields[i].column = i;
	}
	*scope = *w->own;
	scope->fields = fields;
	scope->n = l->nown + call_fields(l, calls, n, fields + l->nown);
	return expr_compile(text, scope, f);
}

static void
lookup_clear(struct lookup *l)
{
	size_t i;

	for (i = 0; i < l->nconditions; i++)
		expr_free(l->conditions[i]);
	free(l->conditions);
	free(l->on);
	free(l->own);
	free(l->far);
	expr_free(l->expr);
}

/* 1: ready; 0: a column is absent here or there; -1: it does not compile. */
static int
lookup_make(struct refer *w, struct lookup *l, struct refer_table *t,
    size_t rule, struct fault *f)
{
	const struct spec_rule *r = &w->spec->rules[rule];
	size_t i, k, *columns = NULL, ncolumns = 0, ncounts = 0;
	struct wide_text x;
	long c;
	int rc = 0;

	memset(l, 0, sizeof *l);
	l->rule = rule;
	l->table = t;
	for (i = 0; i < r->on.n; i++) {
		for (k = 0; k < w->own->n; k++) {
			if (strcmp(w->own->fields[k].name, w->spec->fields[
			    spec_field_index(w->spec, r->on.v[i])].name) == 0)
				break;
		}
		c = refer_table_column(t, r->on_reference.v[i]);
		if (k == w->own->n || c < 0)
			goto out;
		l->on = mem_array(l->on, i + 1, sizeof *l->on);
		l->on[i] = k;
		columns = mem_array(columns, i + 1, sizeof *columns);
		columns[ncolumns++] = (size_t)c;
	}
	if (wide_text(r->expression, r->reference, &w->arena, &x, f) == -1) {
		rc = -1;
		goto out;
	}
	if (!far_fields(l, x.calls, x.n))
		goto out;
	rc = -1;
	if (own_fields(w, l, x.text, x.calls, x.n, f) == -1)
		goto out;
	for (i = 0; i < x.n; i++) {
		if (x.calls[i].word == WIDE_MATCHES && own_fields(w, l,
		    x.calls[i].inner, x.calls[i].calls, x.calls[i].ncalls,
		    f) == -1)
			goto out;
	}
	l->expr = compile_lookup(w, l, x.text, x.calls, x.n, f);
	if (l->expr == NULL)
		goto out;
	l->conditions = mem_zero(x.n + 1, sizeof *l->conditions);
	for (i = 0; i < x.n; i++) {
		if (x.calls[i].word == WIDE_FIELD)
			continue;
		/* A count without a condition has no expression. */
		if (ncounts++ == MOST_COUNTS) {
			rc = fault_set(f, "more than %d counts", MOST_COUNTS);
			ncounts--;
			goto out;
		}
		if (x.calls[i].word == WIDE_MATCHES &&
		    (l->conditions[ncounts - 1] = compile_lookup(w, l,
		    x.calls[i].inner, x.calls[i].calls, x.calls[i].ncalls,
		    f)) == NULL)
			goto out;
	}
	l->nconditions = ncounts;
	l->keyed = refer_table_keyed(t, &w->arena, columns, ncolumns);
	rc = 1;
out:
	if (rc == -1)
		l->nconditions = ncounts;
	free(columns);
	if (rc != 1)
		lookup_clear(l);
	return rc;
}

struct refer *
refer_new(const struct spec *spec, const struct expr_scope *own)
{
	struct refer *w = mem_zero(1, sizeof *w);

	w->spec = spec;
	w->own = own;
	return w;
}

void
refer_free(struct refer *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < w->nlookups; i++)
		lookup_clear(&w->lookups[i]);
	for (i = 0; i < w->ntables; i++)
		refer_table_free(w->tables[i]);
	free(w->tables);
	free(w->lookups);
	arena_free(&w->arena);
	free(w);
}

/* Does a rule compile, were all own fields there: as lookup_make. */
static int
fits(const struct spec *spec, size_t rule, const struct spec *far,
    const struct csv_header *header, struct fault *f)
{
	struct spec_scope *all = spec_scope_all(spec, f);
	struct refer *w;
	struct lookup l;
	struct refer_table *t;
	int rc = -1;

	if (all == NULL)
		return -1;
	w = refer_new(spec, spec_scope_expr(all));
	t = refer_table_new(&w->arena, spec->rules[rule].reference, far,
	    header, f);
	if (t != NULL && (rc = lookup_make(w, &l, t, rule, f)) == 1)
		lookup_clear(&l);
	refer_table_free(t);
	refer_free(w);
	spec_scope_free(all);
	return rc;
}

int
refer_check(const struct spec *spec, size_t rule, struct fault *f)
{
	const struct spec_rule *r = &spec->rules[rule];
	struct fault inner = FAULT_NONE;
	struct csv_header header;
	struct arena a = { 0 };
	struct wide_text t;
	struct spec *far;
	const char **names;
	size_t i;
	int rc;

	far = spec_open(r->reference, &inner);
	if (far == NULL) { /* its fields and types are not known */
		rc = wide_text(r->expression, r->reference, &a, &t, f);
		arena_free(&a);
		return rc;
	}
	names = mem_array(NULL, far->nfields, sizeof *names);
	for (i = 0; i < far->nfields; i++)
		names[i] = far->fields[i].name;
	header.n = far->nfields;
	header.names = names;
	rc = fits(spec, rule, far, &header, f);
	free(names);
	if (rc == 0)
		(void)fault_set(f, "%s has no such field", r->reference);
	spec_close(far);
	return rc == 1 ? 0 : -1;
}

int
refer_wants(const struct refer *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->spec->nrules; i++) {
		if (w->spec->rules[i].reference != NULL &&
		    strcmp(w->spec->rules[i].reference, name) == 0)
			return 1;
	}
	return 0;
}

int
refer_reference(struct refer *w, const char *name, struct csv_reader *in,
    const struct spec *spec, struct fault *f)
{
	struct refer_table *t;
	size_t i;

	for (i = 0; i < w->ntables; i++) {
		if (strcmp(w->tables[i]->name, name) == 0)
			return fault_set(f, "reference %s is given twice",
			    name);
	}
	if (!refer_wants(w, name))
		return 0;
	t = refer_table_new(&w->arena, name, spec, csv_header(in), f);
	if (t == NULL)
		return -1;
	w->tables = mem_array(w->tables, w->ntables + 1, sizeof *w->tables);
	w->tables[w->ntables++] = t;
	return refer_table_read(t, &w->arena, w->spec, in, f) == -1 ? -1 : 1;
}

int
refer_ready(struct refer *w, unsigned char *applies, struct fault *f)
{
	const struct spec_rule *r;
	struct fault inner;
	struct lookup l;
	size_t i, k;
	int rc;

	for (i = 0; i < w->spec->nrules; i++) {
		r = &w->spec->rules[i];
		if (spec_rule_kind(r) != SPEC_RULE_REFERENCE)
			continue;
		for (k = 0; k < w->ntables; k++) {
			if (strcmp(w->tables[k]->name, r->reference) == 0)
				break;
		}
		if (k == w->ntables)
			continue;
		memset(&inner, 0, sizeof inner);
		rc = lookup_make(w, &l, w->tables[k], i, &inner);
		/* A column is absent, or the rule is wrong. */
		if (rc == -1 && fits(w->spec, i, w->tables[k]->spec,
		    &w->tables[k]->header, f) == -1) {
			fault_whose(f, "rule", r->id);
			return -1;
		}
		if (rc != 1)
			continue;
		w->lookups = mem_array(w->lookups, w->nlookups + 1,
		    sizeof *w->lookups);
		w->lookups[w->nlookups++] = l;
		applies[i] = 1;
	}
	return 0;
}

struct refer_state *
refer_state_new(const struct refer *w)
{
	struct refer_state *s = mem_zero(1, sizeof *s);
	size_t i, k;

	s->refer = w;
	s->seen = mem_zero(w->nlookups + 1, sizeof *s->seen);
	for (i = 0; i < w->nlookups; i++) {
		const struct lookup *l = &w->lookups[i];

		s->seen[i].run = expr_run_new(l->expr);
		s->seen[i].conditions = mem_zero(l->nconditions + 1,
		    sizeof *s->seen[i].conditions);
		for (k = 0; k < l->nconditions; k++) {
			if (l->conditions[k] != NULL)
				s->seen[i].conditions[k] = expr_run_new(
				    l->conditions[k]);
		}
	}
	return s;
}

void
refer_state_free(struct refer_state *s)
{
	size_t i, k;

	if (s == NULL)
		return;
	for (i = 0; i < s->refer->nlookups; i++) {
		for (k = 0; k < s->refer->lookups[i].nconditions; k++)
			expr_run_free(s->seen[i].conditions[k]);
		free(s->seen[i].conditions);
		expr_run_free(s->seen[i].run);
	}
	free(s->seen);
	made_free(&s->made);
	made_free(&s->joined);
	buf_free(&s->scratch);
	buf_free(&s->key);
	buf_free(&s->number);
	free(s);
}

/* Own cells of a record and those of a row of the table (none: MAP_NONE). */
static void
join(struct refer_state *s, const struct lookup *l, struct made *to,
    const struct csv_block *b, size_t r, size_t row)
{
	struct csv_slice c;
	size_t i;

	for (i = 0; i < l->nown; i++) {
		const struct expr_field *field =
		    &s->refer->own->fields[l->own[i]];

		c = csv_cell(b, r, field->column, &s->scratch);
		made_cell(to, c.p, refer_missing(field, c) ? 0 : c.n);
	}
	for (i = 0; i < l->nfar; i++) {
		if (row == MAP_NONE) {
			made_cell(to, nothing, 0);
			continue;
		}
		c = refer_table_cell(l->table, row, l->far[i]);
		made_cell(to, c.p, c.n);
	}
}

/* A condition over the joined rows, counted for their records. */
static int
count_joined(struct refer_state *s, struct expr_run *run, const size_t *of,
    uint64_t *counts, struct fault *f)
{
	const struct csv_block *b = made_block(&s->joined);
	unsigned char test[EXPR_BATCH];
	size_t i, k, n;

	for (i = 0; i < b->nrecords; i += n) {
		n = b->nrecords - i < EXPR_BATCH ? b->nrecords - i :
		    EXPR_BATCH;
		if (expr_test(run, b, i, n, test, NULL, f) == -1)
			return -1;
		for (k = 0; k < n; k++)
			counts[of[i + k]] += test[k] == 1;
	}
	return 0;
}

/* Counts of matches for n records, whose first rows are given. */
static int
count_matches(struct refer_state *s, size_t lookup, size_t condition,
    const struct csv_block *b, const size_t *records, const size_t *rows,
    size_t n, uint64_t *counts, struct fault *f)
{
	const struct lookup *l = &s->refer->lookups[lookup];
	struct expr_run *run = s->seen[lookup].conditions[condition];
	size_t of[EXPR_BATCH * 4], k = 0, i, row;

	memset(counts, 0, n * sizeof *counts);
	made_start(&s->joined, l->nown + l->nfar);
	for (i = 0; i < n; i++) {
		for (row = rows[i]; row != MAP_NONE;
		    row = l->keyed->next[row]) {
			if (run == NULL) { /* matched(): all count */
				counts[i]++;
				continue;
			}
			if (k == EXPR_BATCH * 4) {
				if (count_joined(s, run, of, counts, f) == -1)
					return -1;
				made_start(&s->joined, l->nown + l->nfar);
				k = 0;
			}
			join(s, l, &s->joined, b, records[i], row);
			of[k++] = i;
		}
	}
	return k > 0 ? count_joined(s, run, of, counts, f) : 0;
}

/* The first row of the table with a record's key; 0: the key has a hole. */
static int
find_row(struct refer_state *s, const struct lookup *l,
    const struct csv_block *b, size_t r, size_t *row)
{
	struct csv_slice c;
	size_t i, number;

	buf_clear(&s->key);
	for (i = 0; i < l->keyed->n; i++) {
		const struct expr_field *field =
		    &s->refer->own->fields[l->on[i]];

		c = csv_cell(b, r, field->column, &s->scratch);
		if (refer_missing(field, c))
			return 0;
		refer_put_part(&s->key, c);
	}
	number = map_find(l->keyed->map, s->key.p, s->key.n);
	*row = number == MAP_NONE ? MAP_NONE : l->keyed->rows[number];
	return 1;
}

/* The records of a batch that have a key, and the rows they meet. */
static void
find_rows(struct refer_state *s, const struct lookup *l,
    const struct csv_block *b, size_t first, size_t n)
{
	const struct lookup *last = s->found_for;
	size_t i;

	if (last != NULL && last->keyed == l->keyed &&
	    memcmp(last->on, l->on, l->keyed->n * sizeof *l->on) == 0)
		return;
	s->found_for = l;
	s->have = 0;
	for (i = 0; i < n; i++) {
		if (find_row(s, l, b, first + i, &s->rows[s->have]))
			s->records[s->have++] = first + i;
	}
}

static int
look_up(struct refer_state *s, size_t lookup, const struct csv_block *b,
    const uint32_t *places, size_t first, size_t n, struct wide_tally *tally,
    void (*found)(void *, size_t, size_t), void *arg, struct fault *f)
{
	const struct lookup *l = &s->refer->lookups[lookup];
	const size_t *records = s->records, *rows = s->rows;
	size_t i, k, have;
	uint64_t counts[MOST_COUNTS][EXPR_BATCH];
	unsigned char test[EXPR_BATCH];

	find_rows(s, l, b, first, n);
	have = s->have;
	if (have == 0)
		return 0;
	for (k = 0; k < l->nconditions; k++) {
		if (count_matches(s, lookup, k, b, records, rows, have,
		    counts[k], f) == -1)
			return -1;
	}
	made_start(&s->made, l->nown + l->nfar + l->nconditions);
	for (i = 0; i < have; i++) {
		join(s, l, &s->made, b, records[i], rows[i]);
		for (k = 0; k < l->nconditions; k++) {
			buf_clear(&s->number);
			buf_put_u64(&s->number, counts[k][i]);
			made_cell(&s->made, s->number.p, s->number.n);
		}
	}
	if (expr_test(s->seen[lookup].run, made_block(&s->made), 0, have,
	    test, NULL, f) == -1)
		return -1;
	for (i = 0; i < have; i++) {
		wide_tally_count(tally, places != NULL ? places[records[i]] :
		    0, l->rule, test[i]);
		if (test[i] == 0)
			found(arg, l->rule, records[i]);
	}
	return 0;
}

int
refer_map(struct refer_state *s, const struct csv_block *b, size_t first,
    size_t n, const uint32_t *places, struct wide_tally *tally,
    void (*found)(void *, size_t, size_t), void *arg, struct fault *f)
{
	size_t k;

	s->found_for = NULL;
	for (k = 0; k < s->refer->nlookups; k++)
		if (look_up(s, k, b, places, first, n, tally, found, arg,
		    f) == -1)
			return -1;
	return 0;
}

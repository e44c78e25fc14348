/* The table that a reference rule looks into. */
#include "spec/refer_table.h"

#include <stdlib.h>

#include "base/mem.h"
#include "spec/wide_text.h"

static int
listed(const char *const *m, struct csv_slice s)
{
	for (; *m != NULL; m++) {
		if (strlen(*m) == s.n && memcmp(*m, s.p, s.n) == 0)
			return 1;
	}
	return 0;
}

int
refer_missing(const struct expr_field *field, struct csv_slice s)
{
	return s.n == 0 || (field->missing != NULL &&
	    listed(field->missing, s));
}

long
refer_table_column(const struct refer_table *t, const char *name)
{
	const struct expr_scope *s = spec_scope_expr(t->scope);
	const char *const *a;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (strcmp(s->fields[i].name, name) == 0 ||
		    strcmp(t->names[i], name) == 0)
			return (long)i;
		for (a = s->fields[i].aliases; a != NULL && *a != NULL; a++) {
			if (strcmp(*a, name) == 0)
				return (long)i;
		}
	}
	return -1;
}

struct refer_keyed *
refer_table_keyed(struct refer_table *t, struct arena *memory,
    const size_t *columns, size_t n)
{
	struct buf key = { 0 };
	struct refer_keyed *x;
	size_t i, row, number;
	int added;

	for (x = t->keyed; x != NULL; x = x->up) {
		if (x->n == n && memcmp(x->columns, columns,
		    n * sizeof *columns) == 0)
			return x;
	}
	x = arena_alloc(memory, sizeof *x);
	memset(x, 0, sizeof *x);
	x->up = t->keyed;
	t->keyed = x;
	x->n = n;
	x->columns = arena_alloc(memory, (n + 1) * sizeof *columns);
	memcpy(x->columns, columns, n * sizeof *columns);
	x->map = map_new();
	x->rows = mem_array(NULL, t->nrows + 1, sizeof *x->rows);
	x->next = mem_array(NULL, t->nrows + 1, sizeof *x->next);
	x->last = mem_array(NULL, t->nrows + 1, sizeof *x->last);
	for (row = 0; row < t->nrows; row++) {
		buf_clear(&key);
		for (i = 0; i < n; i++) {
			struct csv_slice s = refer_table_cell(t, row,
			    columns[i]);

			if (s.n == 0)
				break;
			refer_put_part(&key, s);
		}
		x->next[row] = MAP_NONE;
		if (i < n)
			continue; /* a key with a hole meets nothing */
		number = map_add(x->map, key.p, key.n, &added);
		if (added)
			x->rows[number] = row;
		else
			x->next[x->last[number]] = row;
		x->last[number] = row;
	}
	buf_free(&key);
	return x;
}

void
refer_table_free(struct refer_table *t)
{
	struct refer_keyed *x;

	if (t == NULL)
		return;
	for (x = t->keyed; x != NULL; x = x->up) {
		map_free(x->map);
		free(x->rows);
		free(x->next);
		free(x->last);
	}
	spec_scope_free(t->scope);
	buf_free(&t->text);
	free(t->at);
	free(t);
}

struct refer_table *
refer_table_new(struct arena *memory, const char *name,
    const struct spec *spec, const struct csv_header *header,
    struct fault *f)
{
	struct refer_table *t = mem_zero(1, sizeof *t);
	size_t i;

	t->name = arena_string(memory, name);
	t->names = arena_alloc(memory, (header->n + 1) *
	    sizeof *t->names);
	for (i = 0; i < header->n; i++)
		t->names[i] = arena_string(memory, header->names[i]);
	t->header.n = header->n;
	t->header.names = t->names;
	t->spec = spec;
	t->scope = spec_scope_new(spec, &t->header, f);
	t->stored = arena_alloc(memory, (header->n + 1) *
	    sizeof *t->stored);
	for (i = 0; i < header->n; i++)
		t->stored[i] = REFER_NOT_KEPT;
	if (t->scope == NULL) {
		refer_table_free(t);
		return NULL;
	}
	return t;
}

static void
table_put(struct refer_table *t, struct csv_slice s)
{
	if (t->nat + 2 > t->atcap) {
		t->atcap = t->atcap * 2 + 1024;
		t->at = mem_array(t->at, t->atcap, sizeof *t->at);
	}
	if (t->nat == 0)
		t->at[0] = 0;
	buf_reserve(&t->text, s.n + 16);
	refer_copy(t->text.p + t->text.n, s.p, s.n);
	t->text.n += s.n;
	t->at[++t->nat] = t->text.n;
}

static void
store(struct refer_table *t, const char *name)
{
	long c = refer_table_column(t, name);

	if (c >= 0)
		t->stored[c] = 0;
}

/* Marks the columns that a rule reads. */
static void
store_calls(struct refer_table *t, const struct wide_call *calls, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (calls[i].word == WIDE_FIELD)
			store(t, calls[i].inner);
		store_calls(t, calls[i].calls, calls[i].ncalls);
	}
}

static int
store_rules(struct refer_table *t, struct arena *memory,
    const struct spec *spec, struct fault *f)
{
	const struct spec_rule *r = spec->rules;
	struct wide_text text;
	size_t i, k;

	for (i = 0; i < spec->nrules; i++, r++) {
		if (r->reference == NULL ||
		    strcmp(r->reference, t->name) != 0)
			continue;
		if (wide_text(r->expression, r->reference, memory, &text, f) ==
		    -1)
			return -1;
		store_calls(t, text.calls, text.n);
		for (k = 0; k < r->on_reference.n; k++)
			store(t, r->on_reference.v[k]);
	}
	/* In the order in which cells are put. */
	for (i = 0; i < t->header.n; i++) {
		if (t->stored[i] == 0)
			t->stored[i] = t->nstored++;
	}
	return 0;
}

int
refer_table_read(struct refer_table *t, struct arena *memory,
    const struct spec *spec, struct csv_reader *in, struct fault *f)
{
	const struct expr_scope *scope = spec_scope_expr(t->scope);
	struct buf scratch = { 0 };
	const struct csv_block *b;
	struct csv_slice s;
	size_t r, c;
	int rc;

	if (store_rules(t, memory, spec, f) == -1)
		return -1;
	while ((rc = csv_next(in, &b, f)) == 1) {
		for (r = 0; r < b->nrecords; r++) {
			for (c = 0; c < t->header.n; c++) {
				if (t->stored[c] == REFER_NOT_KEPT)
					continue;
				s = csv_cell(b, r, c, &scratch);
				if (refer_missing(&scope->fields[c], s))
					s.n = 0;
				table_put(t, s);
			}
		}
		t->nrows += b->nrecords;
	}
	buf_free(&scratch);
	return rc;
}

/* Fields added or replaced, in one pass over the records. */
#include "expr/derive.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "csv/lookup.h"
#include "csv/writer.h"

struct step {
	const char *name;
	struct expr_scope scope; /* what it sees; its own copy */
	struct expr *expression; /* NULL: a lookup */
	size_t at;               /* its field in later scopes */
	long column;             /* the column it replaces; -1: it is added */
	long copies;             /* the column it is a copy of; -1: none */
	int read;                /* by a later step or the condition */
	/* A lookup: the field looked up, its table. */
	size_t field;
	struct csv_lookup *lookup;
};

struct clean {
	size_t column;
	const char *const *cells;
	unsigned char first[256];
};

struct derive {
	const struct csv_header *header;
	const struct expr_scope *base;
	struct arena memory;
	struct expr_field *fields; /* the scope after the steps so far */
	size_t nfields;
	struct step *steps;
	size_t nsteps;
	struct clean *cleans;
	size_t ncleans;
	struct step where;         /* expression NULL: none */
	int only;
	long *by_column;           /* the last step that replaces it, or -1 */
};

struct derive_run {
	const struct derive *d;
	struct expr_shelf *shelf;   /* of the records' own fields */
	struct expr_run **runs;     /* per step; NULL: a lookup */
	struct expr_run *where;
	struct expr_value *values;  /* EXPR_BATCH per step */
	const struct expr_value **at; /* by field beyond or replaced; NULL */
	struct buf scratch;
	unsigned char keep[EXPR_BATCH];
	uint64_t written;
};

struct derive *
derive_new(const struct expr_scope *scope, const struct csv_header *header)
{
	struct derive *d = mem_zero(1, sizeof *d);
	size_t i;

	d->header = header;
	d->base = scope;
	d->nfields = scope->n;
	d->fields = mem_array(NULL, scope->n + 1, sizeof *d->fields);
	memcpy(d->fields, scope->fields, scope->n * sizeof *d->fields);
	d->by_column = mem_array(NULL, header->n + 1, sizeof *d->by_column);
	for (i = 0; i < header->n; i++)
		d->by_column[i] = -1;
	return d;
}

static void
step_free(struct step *s)
{
	expr_free(s->expression);
	csv_lookup_close(s->lookup);
}

void
derive_free(struct derive *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->nsteps; i++)
		step_free(&d->steps[i]);
	step_free(&d->where);
	arena_free(&d->memory);
	free(d->fields);
	free(d->steps);
	free(d->cleans);
	free(d->by_column);
	free(d);
}

/* What a step sees now, kept for it. */
static struct expr_scope
scope_now(struct derive *d)
{
	struct expr_scope s = *d->base;
	struct expr_field *copy = arena_alloc(&d->memory,
	    (d->nfields + 1) * sizeof *copy);

	memcpy(copy, d->fields, d->nfields * sizeof *copy);
	s.fields = copy;
	s.n = d->nfields;
	return s;
}

static int
good_name(const char *name, struct fault *f)
{
	if (name[0] == '\0')
		return fault_set(f, "a field to add needs a name");
	if (strpbrk(name, "\r\n") != NULL)
		return fault_set(f, "the name of a field to add holds a line "
		    "end");
	return 0;
}

/* The column whose cells are the expression's values as they stand, or -1. */
static long
copied_column(const struct expr *e, const struct expr_scope *scope)
{
	long bare = expr_bare_field(e);
	const struct expr_field *field;

	if (bare == -1)
		return -1;
	field = &scope->fields[bare];
	return field->type == EXPR_TEXT && field->given == 0 &&
	    field->missing == NULL && field->convert == NULL ?
	    (long)field->column : -1;
}

/* The steps that made this field must have its values at hand. */
static void
read_field(struct derive *d, size_t field)
{
	size_t i;

	for (i = 0; i < d->nsteps; i++)
		if (d->steps[i].at == field)
			d->steps[i].read = 1;
}

static void
read_fields(struct derive *d, const struct expr *e)
{
	const size_t *reads;
	size_t i, n;

	reads = expr_fields(e, &n);
	for (i = 0; i < n; i++)
		read_field(d, reads[i]);
}

/* The step's field joins the scope, or takes the place of another. */
static void
add_step(struct derive *d, struct step *s, enum expr_type type,
    unsigned kinds)
{
	struct expr_scope now = { .fields = d->fields, .n = d->nfields };
	long at = expr_scope_field(&now, s->name);
	struct expr_field *field;

	s->column = -1;
	if (at == -1) {
		at = (long)d->nfields++;
		d->fields = mem_array(d->fields, d->nfields + 1,
		    sizeof *d->fields);
		d->fields[at] = (struct expr_field){ .name = s->name };
	} else if ((size_t)at < d->header->n) {
		s->column = at;
		d->by_column[at] = (long)d->nsteps;
	}
	s->at = (size_t)at;
	field = &d->fields[at];
	field->type = type;
	field->given = kinds;
	field->untyped = 0;
	field->missing = NULL;
	field->convert = NULL;
	d->steps = mem_array(d->steps, d->nsteps + 1, sizeof *d->steps);
	d->steps[d->nsteps++] = *s;
}

int
derive_set(struct derive *d, const char *name, const char *expression,
    struct fault *f)
{
	struct step s = { .name = arena_string(&d->memory, name) };
	struct fault inner = FAULT_NONE;
	struct expr_scope *scope;

	if (good_name(name, f) == -1)
		return -1;
	/* The expression borrows its scope: steps move when more come. */
	scope = arena_alloc(&d->memory, sizeof *scope);
	*scope = scope_now(d);
	s.scope = *scope;
	s.expression = expr_compile(expression, scope, &inner);
	if (s.expression == NULL) {
		(void)fault_set(f, "field %.60s: %s", name, inner.what);
		fault_place(f, inner.file, inner.line, inner.record,
		    inner.column, inner.field);
		return -1;
	}
	s.copies = copied_column(s.expression, scope);
	read_fields(d, s.expression);
	add_step(d, &s, expr_result(s.expression), expr_kinds(s.expression));
	return 0;
}

int
derive_lookup(struct derive *d, const char *name, const char *file,
    const char *field, const char *key_column, const char *value,
    struct fault *f)
{
	struct step s = { .name = arena_string(&d->memory, name),
		.copies = -1 };
	struct fault inner = FAULT_NONE;
	struct expr *bare;
	char *quoted;
	size_t i, n = 0;

	if (good_name(name, f) == -1)
		return -1;
	s.scope = scope_now(d);
	/* As an expression it says what is near, when there is none. */
	quoted = mem_alloc(strlen(field) * 2 + 3);
	quoted[n++] = '"';
	for (i = 0; field[i] != '\0'; i++) {
		if (field[i] == '"')
			quoted[n++] = '"';
		quoted[n++] = field[i];
	}
	quoted[n++] = '"';
	quoted[n] = '\0';
	bare = expr_compile(quoted, &s.scope, &inner);
	free(quoted);
	if (bare == NULL)
		return fault_set(f, "lookup %.60s: %s", name, inner.what);
	s.field = (size_t)expr_bare_field(bare);
	expr_free(bare);
	if ((s.lookup = csv_lookup_open(file, key_column, value, f)) == NULL)
		return -1;
	read_field(d, s.field);
	/* A text or NULL: what expr_kinds says of a text. */
	add_step(d, &s, EXPR_TEXT, 4U | 8U);
	return 0;
}

const char *
derive_name(const struct derive *d)
{
	return d->steps[d->nsteps - 1].name;
}

const char *
derive_file(const struct derive *d)
{
	return csv_lookup_path(d->steps[d->nsteps - 1].lookup);
}

void
derive_clean(struct derive *d, size_t column, const char *const *cells)
{
	struct clean *c;
	size_t i;

	d->cleans = mem_array(d->cleans, d->ncleans + 1, sizeof *d->cleans);
	c = &d->cleans[d->ncleans++];
	memset(c, 0, sizeof *c);
	c->column = column;
	c->cells = cells;
	for (i = 0; cells[i] != NULL; i++)
		c->first[(unsigned char)cells[i][0]] = 1;
}

int
derive_where(struct derive *d, const char *expression, struct fault *f)
{
	d->where.scope = scope_now(d);
	d->where.expression = expr_compile_condition(expression,
	    &d->where.scope, f);
	if (d->where.expression == NULL)
		return -1;
	read_fields(d, d->where.expression);
	return 0;
}

void
derive_only(struct derive *d)
{
	d->only = 1;
}

static void
want_fields(const struct expr *e, const struct expr_scope *scope,
    unsigned char *wanted)
{
	const size_t *reads;
	size_t i, n;

	reads = expr_fields(e, &n);
	for (i = 0; i < n; i++)
		if (scope->fields[reads[i]].given == 0)
			wanted[scope->fields[reads[i]].column] = 1;
}

void
derive_want(const struct derive *d, struct csv_reader *in)
{
	unsigned char *wanted = mem_zero(d->header->n, 1);
	size_t k;

	if (!d->only)
		memset(wanted, 1, d->header->n);
	for (k = 0; k < d->nsteps; k++) {
		const struct step *s = &d->steps[k];

		if (s->expression != NULL)
			want_fields(s->expression, &s->scope, wanted);
		else if (s->scope.fields[s->field].given == 0)
			wanted[s->scope.fields[s->field].column] = 1;
	}
	if (d->where.expression != NULL)
		want_fields(d->where.expression, &d->where.scope, wanted);
	csv_want(in, wanted);
	free(wanted);
}

/* Is this step's field written where the step stands? */
static int
written(const struct derive *d, size_t i)
{
	size_t k;

	if (!d->only && d->steps[i].column != -1)
		return 0; /* in its column */
	for (k = i + 1; k < d->nsteps; k++)
		if (d->steps[k].at == d->steps[i].at)
			return 0; /* replaced */
	return 1;
}

void
derive_header(const struct derive *d, struct buf *b)
{
	size_t i, n = 0;

	for (i = 0; !d->only && i < d->header->n; i++) {
		if (n++ > 0)
			buf_putc(b, ',');
		csv_put_string(b, d->header->names[i]);
	}
	for (i = 0; i < d->nsteps; i++)
		if (written(d, i)) {
			if (n++ > 0)
				buf_putc(b, ',');
			csv_put_string(b, d->steps[i].name);
		}
	buf_putc(b, '\n');
}

/* Every expression learns where the values of given fields will be. */
static void
give_all(const struct derive_run *r, struct expr_run *run)
{
	size_t i;

	for (i = 0; i < r->d->nfields; i++)
		if (r->at[i] != NULL)
			expr_give(run, i, r->at[i]);
}

struct derive_run *
derive_run_new(const struct derive *d)
{
	struct derive_run *r = mem_zero(1, sizeof *r);
	size_t i;

	r->d = d;
	/* Fields keep their places in the steps' scopes; others are given. */
	r->shelf = expr_shelf_new(d->base);
	r->runs = mem_zero(d->nsteps + 1, sizeof(struct expr_run *));
	r->values = mem_array(NULL, (d->nsteps + 1) * EXPR_BATCH,
	    sizeof *r->values);
	r->at = mem_zero(d->nfields + 1, sizeof(struct expr_value *));
	for (i = 0; i < d->nsteps; i++) {
		const struct step *s = &d->steps[i];

		if (s->expression != NULL) {
			r->runs[i] = expr_run_new_on(s->expression,
			    r->shelf);
			give_all(r, r->runs[i]);
		}
		r->at[s->at] = r->values + i * EXPR_BATCH;
	}
	if (d->where.expression != NULL) {
		r->where = expr_run_new_on(d->where.expression, r->shelf);
		give_all(r, r->where);
	}
	return r;
}

void
derive_run_free(struct derive_run *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->d->nsteps; i++)
		expr_run_free(r->runs[i]);
	expr_run_free(r->where);
	expr_shelf_free(r->shelf);
	buf_free(&r->scratch);
	free(r->runs);
	free(r->values);
	free(r->at);
	free(r);
}

void
derive_run_merge(struct derive_run *into, const struct derive_run *from)
{
	into->written += from->written;
}

uint64_t
derive_run_written(const struct derive_run *r)
{
	return r->written;
}

/* A cell that is not of its field's type. */
static int
bad_cell(const struct expr_scope *scope, const struct csv_block *b,
    size_t row, size_t field, struct fault *f)
{
	static const char *const rules[] = { [EXPR_TEXT] = "not a text",
		[EXPR_INTEGER] = "not an integer",
		[EXPR_NUMBER] = "not a number",
		[EXPR_BOOLEAN] = "not true or false",
		[EXPR_DATE] = "not a date",
		[EXPR_TIME] = "not a time",
		[EXPR_DATETIME] = "not a date and time",
		[EXPR_ANY] = "not of its type" };
	const struct expr_field *x = &scope->fields[field];

	(void)fault_set(f, "%s%s", rules[x->type], x->convert != NULL ? "" :
	    x->type == EXPR_DATE ? " (YYYY-MM-DD)" : x->type == EXPR_TIME ?
	    " (HH:MM:SS)" : x->type == EXPR_DATETIME ?
	    " (YYYY-MM-DDTHH:MM:SS)" : "");
	fault_place(f, b->file, csv_line_number(b, row),
	    csv_record_number(b, row), x->column + 1, x->name);
	return -1;
}

static int
look_up(struct derive_run *r, const struct step *s,
    const struct csv_block *b, size_t first, size_t n,
    struct expr_value *to)
{
	const struct expr_value *given = s->scope.fields[s->field].given != 0
	    ? r->at[s->field] : NULL;
	size_t i, size;
	const char *p;

	for (i = 0; i < n; i++) {
		if (given != NULL) {
			r->scratch.n = 0;
			expr_put(&r->scratch, &given[i]);
			p = r->scratch.p;
			size = r->scratch.n;
		} else {
			struct csv_slice c = csv_cell(b, first + i,
			    s->scope.fields[s->field].column, &r->scratch);

			p = c.p;
			size = c.n;
		}
		to[i].u.s = csv_lookup_find(s->lookup, p, size);
		to[i].kind = to[i].u.s.p != NULL ? EXPR_STRING : EXPR_NULL;
	}
	return 0;
}

static void
put_value(struct buf *out, const struct expr_value *v)
{
	if (v->kind == EXPR_STRING)
		csv_put_cell(out, v->u.s.p, v->u.s.n);
	else
		expr_put(out, v);
}

/* What step k made of a record, the i-th of its batch. */
static void
put_made(const struct derive_run *r, const struct csv_block *b, size_t row,
    size_t i, size_t k, struct buf *out)
{
	const struct step *s = &r->d->steps[k];

	if (s->copies != -1)
		csv_put_fields(out, b, row, (size_t)s->copies,
		    (size_t)s->copies + 1);
	else
		put_value(out, r->values + k * EXPR_BATCH + i);
}

static int
is_clean(const struct clean *c, struct csv_slice s)
{
	size_t i;

	if (s.n == 0 || !c->first[(unsigned char)s.p[0]])
		return 1;
	for (i = 0; c->cells[i] != NULL; i++)
		if (strlen(c->cells[i]) == s.n &&
		    memcmp(c->cells[i], s.p, s.n) == 0)
			return 0;
	return 1;
}

/* The record's own columns, with what replaces some of them. */
static void
put_columns(struct derive_run *r, const struct csv_block *b, size_t row,
    size_t i, struct buf *out)
{
	const struct derive *d = r->d;
	size_t from = 0, c, k = 0;
	int start = 1;

	for (c = 0; c <= b->ncols; c++) {
		int dirty = 0;

		while (k < d->ncleans && d->cleans[k].column < c)
			k++;
		if (c < b->ncols && d->by_column[c] == -1) {
			if (k == d->ncleans || d->cleans[k].column != c ||
			    is_clean(&d->cleans[k], csv_cell(b, row, c,
			    &r->scratch)))
				continue;
			dirty = 1;
		}
		if (c > from) {
			if (!start)
				buf_putc(out, ',');
			csv_put_fields(out, b, row, from, c);
			start = 0;
		}
		from = c + 1;
		if (c == b->ncols)
			return;
		if (!start)
			buf_putc(out, ',');
		start = 0;
		if (!dirty)
			put_made(r, b, row, i, (size_t)d->by_column[c], out);
	}
}

static int
evaluate(struct derive_run *r, const struct csv_block *b, size_t first,
    size_t n, struct fault *f)
{
	const struct derive *d = r->d;
	size_t i, k;

	for (k = 0; k < d->nsteps; k++) {
		const struct step *s = &d->steps[k];
		struct expr_value *to = r->values + k * EXPR_BATCH;

		if (s->copies != -1 && !s->read)
			continue;
		if (s->expression == NULL) {
			(void)look_up(r, s, b, first, n, to);
			continue;
		}
		if (expr_eval(r->runs[k], b, first, n, to, f) == -1)
			return -1;
		for (i = 0; i < n; i++)
			if (to[i].kind == EXPR_BAD)
				return bad_cell(&s->scope, b, first + i,
				    (size_t)to[i].u.i, f);
	}
	return 0;
}

static int
filter(struct derive_run *r, const struct csv_block *b, size_t first,
    size_t n, struct fault *f)
{
	const struct derive *d = r->d;
	long bad = -1;
	size_t i;

	if (r->where == NULL) {
		memset(r->keep, 1, n);
		return 0;
	}
	if (expr_test(r->where, b, first, n, r->keep, &bad, f) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (r->keep[i] == 3)
			return bad_cell(&d->where.scope, b, first + i,
			    (size_t)bad, f);
	return 0;
}

/* How a record is written; found once a block. */
struct form {
	int plain;       /* its own columns as they stand */
	size_t nsteps;   /* then what these steps made */
	size_t *steps;
	size_t *columns; /* of which each is a copy; NULL: some are not */
};

static void
form_make(struct form *form, const struct derive *d)
{
	size_t k, copies = 0;

	form->plain = d->ncleans == 0;
	for (k = 0; k < d->header->n; k++)
		form->plain &= d->by_column[k] == -1;
	form->nsteps = 0;
	form->steps = mem_array(NULL, d->nsteps + 1, sizeof *form->steps);
	form->columns = mem_array(NULL, d->nsteps + 1,
	    sizeof *form->columns);
	for (k = 0; k < d->nsteps; k++) {
		if (!written(d, k))
			continue;
		copies += d->steps[k].copies != -1;
		form->columns[form->nsteps] = (size_t)d->steps[k].copies;
		form->steps[form->nsteps++] = k;
	}
	if (copies == form->nsteps)
		return;
	free(form->columns);
	form->columns = NULL;
}

static void
form_clear(struct form *form)
{
	free(form->steps);
	free(form->columns);
}

/* Record row of the block, the i-th of its batch. */
static void
put_record(struct derive_run *r, const struct form *form,
    const struct csv_block *b, size_t row, size_t i, struct buf *out)
{
	int own = !r->d->only;
	size_t start = out->n, k;

	if (own && form->plain)
		csv_put_fields(out, b, row, 0, b->ncols);
	else if (own)
		put_columns(r, b, row, i, out);
	if (own && form->nsteps > 0)
		buf_putc(out, ',');
	if (form->columns != NULL)
		csv_put_columns(out, b, row, form->columns, form->nsteps);
	for (k = 0; form->columns == NULL && k < form->nsteps; k++) {
		if (k > 0)
			buf_putc(out, ',');
		put_made(r, b, row, i, form->steps[k], out);
	}
	csv_end_record(out, start);
}

int
derive_block(struct derive_run *r, const struct csv_block *b,
    struct buf *out, struct fault *f)
{
	unsigned short kept[EXPR_BATCH];
	size_t first, n, i, many;
	struct form form;
	int rc = 0;

	form_make(&form, r->d);
	for (first = 0; first < b->nrecords; first += n) {
		n = b->nrecords - first;
		if (n > EXPR_BATCH)
			n = EXPR_BATCH;
		if (evaluate(r, b, first, n, f) == -1 ||
		    filter(r, b, first, n, f) == -1) {
			rc = -1;
			break;
		}
		for (i = many = 0; i < n; i++) {
			kept[many] = (unsigned short)i;
			many += r->keep[i] == 1;
		}
		for (i = 0; i < many; i++)
			put_record(r, &form, b, first + kept[i], kept[i],
			    out);
		r->written += many;
	}
	form_clear(&form);
	return rc;
}

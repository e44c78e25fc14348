/* Rules that look beyond one record: groups, and other tables. */
#include "spec/wide.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "spec/wide_text.h"

#define PAGE ((size_t)1024 * 1024)
#define CHUNK 4096 /* records decided together, and what their group adds */
#define LONGEST 65535
#define AHEAD 16 /* records fetched into the cache before their turn */
#define NO_SLOT ((size_t)-1)
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

/*
 * Most cells are short, and 16 bytes may be read beyond each and written
 * beyond a buffer: one move instead of a call.
 */
static inline void
copy_cell(char *to, const char *p, size_t n)
{
	if (n <= 16)
		memcpy(to, p, 16);
	else
		memcpy(to, p, n);
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
	copy_cell(m->data.p + m->data.n, p, n);
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

/* An expression over this table's records whose value is kept. */
struct slot {
	const char *text;
	int test; /* a condition: 1, 0 or nothing */
	struct expr *expr;
	long bare; /* index of the scope's field, or -1 */
};

/* A field made of a slot over the group. */
struct made_field {
	const char *name;
	enum wide_word word;
	size_t slot; /* NO_SLOT: of none */
	enum expr_type type;
};

/* Group rules with the same group and order. */
struct plan {
	struct spec_strings within, order;
	size_t *keys, *orders; /* their slots */
	struct slot *slots;
	size_t nslots;
	struct made_field *made;
	size_t nmade;
	struct expr_field *fields; /* slots that are fields, and made ones */
	struct expr_scope scope;
	size_t nrules;
	size_t *rules; /* of the specification */
	struct wide_text *texts;
	struct expr **exprs;
};

/* A reference table: rows of the cells that rules read. */
struct table {
	const char *name;
	const struct spec *spec; /* NULL: none */
	struct csv_header header;
	const char **names;
	struct spec_scope *scope; /* of its fields */
	size_t *stored; /* per column: its place in a row, NO_SLOT: not kept */
	size_t nstored;
	size_t nrows;
	struct buf text; /* of the cells that rules read, row by row */
	size_t *at;      /* where each begins, and the end */
	size_t nat, atcap;
	struct keyed *keyed;
};

/* Rows of a table by some of its columns. */
struct keyed {
	struct keyed *up;
	size_t n, *columns;
	struct map *map;
	size_t *rows; /* the first of a key */
	size_t *last; /* the last */
	size_t *next; /* of a row: the next with its key; MAP_NONE: none */
};

struct lookup {
	size_t rule;
	const struct table *table;
	const struct keyed *keyed;
	size_t *on;          /* own scope's fields that make the key */
	/* Columns: own fields, the table's, then counts. */
	size_t nown, *own;   /* own scope's fields */
	size_t nfar, *far;   /* the table's columns */
	size_t nconditions;
	struct expr **conditions; /* of a count; NULL: matched() */
	struct expr *expr;
};

struct wide {
	const struct spec *spec;
	const struct csv_header *header;
	struct spec_scope *scope;
	const struct expr_scope *own;
	struct arena arena;
	unsigned char *applies; /* per rule */
	struct plan *plans;
	size_t nplans;
	struct table **tables;
	size_t ntables;
	struct lookup *lookups;
	size_t nlookups;
	int by_place;
};

struct entry {
	uint64_t hash;
	const char *record;
};

struct page {
	struct page *next;
	size_t n, cap;
	char data[];
};

struct kept {
	struct entry *entries;
	size_t n, cap;
	struct expr_run **runs;     /* per slot */
	struct expr_value *values;  /* per slot EXPR_BATCH */
	unsigned char *tests;       /* per slot EXPR_BATCH */
};

struct seen {
	struct expr_run *run, **conditions;
};

struct wide_state {
	const struct wide *wide;
	uint32_t part, parts;
	struct page *pages;
	struct kept *kept;  /* per plan */
	struct seen *seen;  /* per lookup */
	struct wide_count *counts; /* by place and rule */
	size_t nplaces;
	struct made made, joined;
	struct buf scratch, key, number;
	/* What find_rows found last, for lookups with the same key. */
	const struct lookup *found_for;
	size_t records[EXPR_BATCH], rows[EXPR_BATCH], have;
	/* For each slot of the widest plan: a record's cell, room for it. */
	struct csv_slice *slices;
	struct buf *cells;
	size_t ncells;
};

static int
listed(const char *const *m, struct csv_slice s)
{
	for (; *m != NULL; m++) {
		if (strlen(*m) == s.n && memcmp(*m, s.p, s.n) == 0)
			return 1;
	}
	return 0;
}

static inline int
is_missing(const struct expr_field *field, struct csv_slice s)
{
	return s.n == 0 || (field->missing != NULL &&
	    listed(field->missing, s));
}

static enum expr_type
made_type(enum wide_word word, enum expr_type inner)
{
	switch (word) {
	case WIDE_ROW:
	case WIDE_SIZE:
	case WIDE_ANY:
	case WIDE_EVERY:
	case WIDE_MATCHED:
	case WIDE_MATCHES:
		return EXPR_INTEGER;
	case WIDE_SUM_OF:
		return inner == EXPR_INTEGER || inner == EXPR_BOOLEAN ?
		    EXPR_INTEGER : EXPR_NUMBER;
	default:
		return inner == EXPR_ANY ? EXPR_TEXT : inner;
	}
}

static int
numeric(enum expr_type type)
{
	return type == EXPR_INTEGER || type == EXPR_NUMBER ||
	    type == EXPR_BOOLEAN;
}

/* The slot of a text, added when it is new; -1: it does not compile. */
static long
slot_of(struct wide *w, struct plan *p, const char *text, int test,
    struct fault *f)
{
	struct slot *s;
	struct expr *e;
	size_t i;

	for (i = 0; i < p->nslots; i++) {
		if (p->slots[i].test == test &&
		    strcmp(p->slots[i].text, text) == 0)
			return (long)i;
	}
	if ((e = expr_compile(text, w->own, f)) == NULL)
		return -1;
	for (i = 0; i < p->nslots && !test; i++) {
		if (expr_bare_field(e) >= 0 &&
		    p->slots[i].bare == expr_bare_field(e)) {
			expr_free(e);
			return (long)i;
		}
	}
	p->slots = mem_array(p->slots, p->nslots + 1, sizeof *p->slots);
	s = &p->slots[p->nslots];
	s->text = arena_string(&w->arena, text);
	s->test = test;
	s->expr = e;
	s->bare = test ? -1 : expr_bare_field(e);
	return (long)p->nslots++;
}

static int
same_strings(const struct spec_strings *a, const struct spec_strings *b)
{
	size_t i;

	if (a->n != b->n)
		return 0;
	for (i = 0; i < a->n; i++) {
		if (strcmp(a->v[i], b->v[i]) != 0)
			return 0;
	}
	return 1;
}

/* The scope field that stands for a call. */
static struct expr_field
made_scope_field(const struct wide *w, const struct plan *p,
    const struct made_field *made, size_t column)
{
	struct expr_field to;

	memset(&to, 0, sizeof to);
	/* A field's own lexical form goes with its text. */
	if (made->slot != NO_SLOT && p->slots[made->slot].bare >= 0 &&
	    made->word != WIDE_SUM_OF)
		to = w->own->fields[p->slots[made->slot].bare];
	to.name = made->name;
	to.aliases = NULL;
	to.missing = NULL;
	to.column = column;
	to.type = made->type;
	return to;
}

static int
make_field(struct wide *w, struct plan *p, const struct wide_call *call,
    struct made_field *to, struct fault *f)
{
	long slot;

	to->name = call->name;
	to->word = call->word;
	to->slot = NO_SLOT;
	to->type = EXPR_INTEGER;
	if (call->word == WIDE_ROW || call->word == WIDE_SIZE)
		return 0;
	slot = slot_of(w, p, call->inner, call->word == WIDE_ANY ||
	    call->word == WIDE_EVERY, f);
	if (slot < 0)
		return -1;
	to->slot = (size_t)slot;
	to->type = made_type(call->word, expr_result(p->slots[slot].expr));
	return 0;
}

/*
 * Adds a rule to a plan: the calls become fields made over slots, and the
 * record's own fields that the rule reads become slots too.
 */
static int
plan_add(struct wide *w, struct plan *p, size_t rule, struct fault *f)
{
	struct expr_scope scope = *w->own;
	struct expr_field *fields;
	struct made_field made;
	const size_t *used;
	struct expr *e = NULL;
	struct buf name = { 0 };
	struct wide_text t;
	size_t i, k, n;
	int rc = -1;

	if (wide_text(w->spec->rules[rule].expression, NULL, &w->arena, &t,
	    f) == -1)
		return -1;
	fields = mem_array(NULL, w->own->n + t.n + 1, sizeof *fields);
	memcpy(fields, w->own->fields, w->own->n * sizeof *fields);
	for (i = 0; i < t.n; i++) {
		if (make_field(w, p, &t.calls[i], &made, f) == -1)
			goto out;
		fields[w->own->n + i] = made_scope_field(w, p, &made, 0);
		for (k = 0; k < p->nmade; k++) {
			if (strcmp(p->made[k].name, made.name) == 0)
				break;
		}
		if (k < p->nmade)
			continue;
		p->made = mem_array(p->made, p->nmade + 1, sizeof *p->made);
		p->made[p->nmade++] = made;
	}
	scope.fields = fields;
	scope.n = w->own->n + t.n;
	if ((e = expr_compile(t.text, &scope, f)) == NULL)
		goto out;
	used = expr_fields(e, &n);
	for (i = 0; i < n; i++) {
		if (used[i] >= w->own->n)
			continue;
		buf_clear(&name);
		buf_printf(&name, "\"%s\"", w->own->fields[used[i]].name);
		if (slot_of(w, p, buf_string(&name), 0, f) < 0)
			goto out;
	}
	p->rules = mem_array(p->rules, p->nrules + 1, sizeof *p->rules);
	p->texts = mem_array(p->texts, p->nrules + 1, sizeof *p->texts);
	p->rules[p->nrules] = rule;
	p->texts[p->nrules++] = t;
	rc = 0;
out:
	expr_free(e);
	buf_free(&name);
	free(fields);
	return rc;
}

/* Compiles a plan's rules against its slots and made fields. */
static int
plan_finish(struct wide *w, struct plan *p, struct fault *f)
{
	size_t i, n = 0;

	p->fields = mem_zero(p->nslots + p->nmade + 1, sizeof *p->fields);
	for (i = 0; i < p->nslots; i++) {
		if (p->slots[i].bare < 0)
			continue;
		p->fields[n] = w->own->fields[p->slots[i].bare];
		p->fields[n].missing = NULL;
		p->fields[n++].column = i;
	}
	for (i = 0; i < p->nmade; i++)
		p->fields[n++] = made_scope_field(w, p, &p->made[i],
		    p->nslots + i);
	p->scope = *w->own;
	p->scope.fields = p->fields;
	p->scope.n = n;
	p->exprs = mem_zero(p->nrules + 1, sizeof *p->exprs);
	for (i = 0; i < p->nrules; i++) {
		p->exprs[i] = expr_compile(p->texts[i].text, &p->scope, f);
		if (p->exprs[i] == NULL)
			return -1;
	}
	return 0;
}

static void
plan_clear(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->nslots; i++)
		expr_free(p->slots[i].expr);
	for (i = 0; i < p->nrules && p->exprs != NULL; i++)
		expr_free(p->exprs[i]);
	free(p->keys);
	free(p->orders);
	free(p->slots);
	free(p->made);
	free(p->fields);
	free(p->rules);
	free(p->texts);
	free(p->exprs);
	memset(p, 0, sizeof *p);
}

/* The slots that make the group and its order. */
static int
plan_begin(struct wide *w, struct plan *p, const struct spec_rule *r,
    struct fault *f)
{
	size_t i;
	long slot;

	p->within = r->within;
	p->order = r->order;
	p->keys = mem_array(NULL, r->within.n, sizeof *p->keys);
	p->orders = mem_array(NULL, r->order.n + 1, sizeof *p->orders);
	for (i = 0; i < r->within.n; i++) {
		if ((slot = slot_of(w, p, r->within.v[i], 0, f)) < 0)
			return -1;
		p->keys[i] = (size_t)slot;
	}
	for (i = 0; i < r->order.n; i++) {
		if ((slot = slot_of(w, p, r->order.v[i], 0, f)) < 0)
			return -1;
		p->orders[i] = (size_t)slot;
	}
	return 0;
}

/* Does a group rule compile against this header? */
static int
rule_fits(struct wide *w, size_t rule, struct fault *f)
{
	struct plan trial;
	int fits;

	memset(&trial, 0, sizeof trial);
	fits = plan_begin(w, &trial, &w->spec->rules[rule], f) == 0 &&
	    plan_add(w, &trial, rule, f) == 0 &&
	    plan_finish(w, &trial, f) == 0;
	plan_clear(&trial);
	return fits;
}

/* A rule that fits goes to the plan of its group and order. */
static int
place_rule(struct wide *w, size_t rule, struct fault *f)
{
	const struct spec_rule *r = &w->spec->rules[rule];
	struct plan *p;
	size_t i;

	for (i = 0; i < w->nplans; i++) {
		if (same_strings(&w->plans[i].within, &r->within) &&
		    same_strings(&w->plans[i].order, &r->order))
			return plan_add(w, &w->plans[i], rule, f);
	}
	w->plans = mem_array(w->plans, w->nplans + 1, sizeof *w->plans);
	p = &w->plans[w->nplans++];
	memset(p, 0, sizeof *p);
	return plan_begin(w, p, r, f) == -1 ? -1 : plan_add(w, p, rule, f);
}

/* The column of a field's name or alias, or of a header's word; or -1. */
static long
far_column(const struct table *t, const char *name)
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

static struct csv_slice
far_cell(const struct table *t, size_t row, size_t column)
{
	size_t i = row * t->nstored + t->stored[column];
	struct csv_slice s;

	s.p = t->text.p + t->at[i];
	s.n = (size_t)(t->at[i + 1] - t->at[i]);
	return s;
}

static inline void
put_part(struct buf *key, struct csv_slice s)
{
	uint32_t n = (uint32_t)s.n;

	buf_reserve(key, s.n + sizeof n + 16);
	memcpy(key->p + key->n, &n, sizeof n);
	copy_cell(key->p + key->n + sizeof n, s.p, s.n);
	key->n += sizeof n + s.n;
}

/* The rows of a table by a key, made once for each key that rules use. */
static struct keyed *
keyed_by(struct wide *w, struct table *t, const size_t *columns, size_t n)
{
	struct buf key = { 0 };
	struct keyed *x;
	size_t i, row, number;
	int added;

	for (x = t->keyed; x != NULL; x = x->up) {
		if (x->n == n && memcmp(x->columns, columns,
		    n * sizeof *columns) == 0)
			return x;
	}
	x = arena_alloc(&w->arena, sizeof *x);
	memset(x, 0, sizeof *x);
	x->up = t->keyed;
	t->keyed = x;
	x->n = n;
	x->columns = arena_alloc(&w->arena, (n + 1) * sizeof *columns);
	memcpy(x->columns, columns, n * sizeof *columns);
	x->map = map_new();
	x->rows = mem_array(NULL, t->nrows + 1, sizeof *x->rows);
	x->next = mem_array(NULL, t->nrows + 1, sizeof *x->next);
	x->last = mem_array(NULL, t->nrows + 1, sizeof *x->last);
	for (row = 0; row < t->nrows; row++) {
		buf_clear(&key);
		for (i = 0; i < n; i++) {
			struct csv_slice s = far_cell(t, row, columns[i]);

			if (s.n == 0)
				break;
			put_part(&key, s);
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
			if ((c = far_column(l->table, calls[i].inner)) < 0)
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
			c = far_column(l->table, calls[i].inner);
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
own_fields(struct wide *w, struct lookup *l, const char *text,
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
	e = expr_compile(text, &scope, f);
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
compile_lookup(struct wide *w, struct lookup *l, const char *text,
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
lookup_make(struct wide *w, struct lookup *l, struct table *t, size_t rule,
    struct fault *f)
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
		c = far_column(t, r->on_reference.v[i]);
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
	l->keyed = keyed_by(w, t, columns, ncolumns);
	rc = 1;
out:
	if (rc == -1)
		l->nconditions = ncounts;
	free(columns);
	if (rc != 1)
		lookup_clear(l);
	return rc;
}

/* A table without rows, for what a specification says of it. */
static struct table *
table_new(struct wide *w, const char *name, const struct spec *spec,
    const struct csv_header *header, struct fault *f)
{
	struct table *t = mem_zero(1, sizeof *t);
	size_t i;

	t->name = arena_string(&w->arena, name);
	t->names = arena_alloc(&w->arena, (header->n + 1) *
	    sizeof *t->names);
	for (i = 0; i < header->n; i++)
		t->names[i] = arena_string(&w->arena, header->names[i]);
	t->header.n = header->n;
	t->header.names = t->names;
	t->spec = spec;
	t->scope = spec_scope_new(spec, &t->header, f);
	t->stored = arena_alloc(&w->arena, (header->n + 1) *
	    sizeof *t->stored);
	for (i = 0; i < header->n; i++)
		t->stored[i] = NO_SLOT;
	w->tables = mem_array(w->tables, w->ntables + 1, sizeof *w->tables);
	w->tables[w->ntables++] = t;
	return t->scope == NULL ? NULL : t;
}

static void
table_free(struct table *t)
{
	struct keyed *x;

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

static void
table_put(struct table *t, struct csv_slice s)
{
	if (t->nat + 2 > t->atcap) {
		t->atcap = t->atcap * 2 + 1024;
		t->at = mem_array(t->at, t->atcap, sizeof *t->at);
	}
	if (t->nat == 0)
		t->at[0] = 0;
	buf_reserve(&t->text, s.n + 16);
	copy_cell(t->text.p + t->text.n, s.p, s.n);
	t->text.n += s.n;
	t->at[++t->nat] = t->text.n;
}

static void
store(struct table *t, const char *name)
{
	long c = far_column(t, name);

	if (c >= 0)
		t->stored[c] = 0;
}

/* Marks the columns that a rule reads. */
static void
store_calls(struct table *t, const struct wide_call *calls, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (calls[i].word == WIDE_FIELD)
			store(t, calls[i].inner);
		store_calls(t, calls[i].calls, calls[i].ncalls);
	}
}

static int
store_rules(struct wide *w, struct table *t, struct fault *f)
{
	const struct spec_rule *r = w->spec->rules;
	struct wide_text text;
	size_t i, k;

	for (i = 0; i < w->spec->nrules; i++, r++) {
		if (r->reference == NULL ||
		    strcmp(r->reference, t->name) != 0)
			continue;
		if (wide_text(r->expression, r->reference, &w->arena, &text,
		    f) == -1)
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

static int
table_read(struct table *t, struct csv_reader *in, struct fault *f)
{
	const struct expr_scope *scope = spec_scope_expr(t->scope);
	struct buf scratch = { 0 };
	const struct csv_block *b;
	struct csv_slice s;
	size_t r, c;
	int rc;

	while ((rc = csv_next(in, &b, f)) == 1) {
		for (r = 0; r < b->nrecords; r++) {
			for (c = 0; c < t->header.n; c++) {
				if (t->stored[c] == NO_SLOT)
					continue;
				s = csv_cell(b, r, c, &scratch);
				if (is_missing(&scope->fields[c], s))
					s.n = 0;
				table_put(t, s);
			}
		}
		t->nrows += b->nrecords;
	}
	buf_free(&scratch);
	return rc;
}

/* Without plans and lookups. */
static struct wide *
wide_bare(const struct spec *spec, const struct csv_header *header,
    struct fault *f)
{
	struct wide *w = mem_zero(1, sizeof *w);

	w->spec = spec;
	w->applies = mem_zero(spec->nrules + 1, 1);
	if ((w->scope = spec_scope_new(spec, header, f)) == NULL) {
		wide_free(w);
		return NULL;
	}
	w->own = spec_scope_expr(w->scope);
	return w;
}

/* As if all fields of the specification were in the header. */
static struct wide *
wide_full(const struct spec *spec, struct fault *f)
{
	const char **names = mem_array(NULL, spec->nfields, sizeof *names);
	struct csv_header header = { spec->nfields, names };
	struct wide *w;
	size_t i;

	for (i = 0; i < spec->nfields; i++)
		names[i] = spec->fields[i].name;
	w = wide_bare(spec, &header, f);
	free(names);
	return w;
}

/* A reference rule, were all own fields there: as lookup_make. */
static int
reference_fits(const struct spec *spec, size_t rule,
    const struct spec *far, const struct csv_header *header,
    struct fault *f)
{
	struct wide *w = wide_full(spec, f);
	struct lookup l;
	struct table *t;
	int rc = -1;

	if (w == NULL)
		return -1;
	t = table_new(w, spec->rules[rule].reference, far, header, f);
	if (t != NULL && (rc = lookup_make(w, &l, t, rule, f)) == 1)
		lookup_clear(&l);
	wide_free(w);
	return rc;
}

int
wide_check(const struct spec *spec, const struct spec_rule *r,
    struct fault *f)
{
	size_t rule = (size_t)(r - spec->rules), i;
	struct fault inner = FAULT_NONE;
	struct arena a = { 0 };
	struct wide_text t;
	struct spec *far;
	struct wide *w;
	int rc;

	switch (spec_rule_kind(r)) {
	case SPEC_RULE_GROUP:
		if ((w = wide_full(spec, f)) == NULL)
			return -1;
		rc = rule_fits(w, rule, f) ? 0 : -1;
		wide_free(w);
		return rc;
	case SPEC_RULE_REFERENCE:
		far = spec_open(r->reference, &inner);
		if (far == NULL) { /* its fields and types are not known */
			rc = wide_text(r->expression, r->reference, &a, &t,
			    f);
			arena_free(&a);
			return rc;
		}
		{
			const char **names = mem_array(NULL, far->nfields,
			    sizeof *names);
			struct csv_header header = { far->nfields, names };

			for (i = 0; i < far->nfields; i++)
				names[i] = far->fields[i].name;
			rc = reference_fits(spec, rule, far, &header, f);
			free(names);
		}
		if (rc == 0)
			(void)fault_set(f, "%s has no such field",
			    r->reference);
		spec_close(far);
		return rc == 1 ? 0 : -1;
	case SPEC_RULE_RECORD:
		break;
	}
	return 0;
}

struct wide *
wide_new(const struct spec *spec, const struct csv_header *header,
    struct fault *f)
{
	struct wide *w = wide_bare(spec, header, f);
	struct fault inner;
	size_t i;

	if (w == NULL)
		return NULL;
	for (i = 0; i < spec->nrules; i++) {
		if (spec_rule_kind(&spec->rules[i]) != SPEC_RULE_GROUP)
			continue;
		memset(&inner, 0, sizeof inner);
		if (!rule_fits(w, i, &inner)) {
			/* A column is absent, or the rule is wrong. */
			if (wide_check(spec, &spec->rules[i], f) == -1)
				goto bad;
			continue;
		}
		if (place_rule(w, i, f) == -1)
			goto bad;
		w->applies[i] = 1;
	}
	for (i = 0; i < w->nplans; i++) {
		if (plan_finish(w, &w->plans[i], f) == -1)
			goto bad;
	}
	return w;
bad:
	wide_free(w);
	return NULL;
}

void
wide_free(struct wide *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < w->nplans; i++)
		plan_clear(&w->plans[i]);
	for (i = 0; i < w->nlookups; i++)
		lookup_clear(&w->lookups[i]);
	for (i = 0; i < w->ntables; i++)
		table_free(w->tables[i]);
	free(w->plans);
	free(w->lookups);
	free(w->tables);
	free(w->applies);
	spec_scope_free(w->scope);
	arena_free(&w->arena);
	free(w);
}

void
wide_by_place(struct wide *w)
{
	w->by_place = 1;
}

void
wide_skip_groups(struct wide *w)
{
	size_t i, k;

	for (i = 0; i < w->nplans; i++) {
		for (k = 0; k < w->plans[i].nrules; k++)
			w->applies[w->plans[i].rules[k]] = 0;
		plan_clear(&w->plans[i]);
	}
	w->nplans = 0;
}

int
wide_wants(const struct wide *w, const char *name)
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
wide_reference(struct wide *w, const char *name, struct csv_reader *in,
    const struct spec *spec, struct fault *f)
{
	struct table *t;
	size_t i;

	for (i = 0; i < w->ntables; i++) {
		if (strcmp(w->tables[i]->name, name) == 0)
			return fault_set(f, "reference %s is given twice",
			    name);
	}
	if (!wide_wants(w, name))
		return 0;
	t = table_new(w, name, spec, csv_header(in), f);
	return t == NULL || store_rules(w, t, f) == -1 ||
	    table_read(t, in, f) == -1 ? -1 : 1;
}

int
wide_ready(struct wide *w, struct fault *f)
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
		if (rc == -1 && reference_fits(w->spec, i, w->tables[k]->spec,
		    &w->tables[k]->header, f) == -1)
			return -1;
		if (rc != 1)
			continue;
		w->lookups = mem_array(w->lookups, w->nlookups + 1,
		    sizeof *w->lookups);
		w->lookups[w->nlookups++] = l;
		w->applies[i] = 1;
	}
	return 0;
}

int
wide_applies(const struct wide *w, size_t i)
{
	return w->applies[i];
}

int
wide_any_group(const struct wide *w)
{
	return w->nplans > 0;
}

struct wide_state *
wide_state_new(const struct wide *w, uint32_t part, uint32_t parts)
{
	struct wide_state *s = mem_zero(1, sizeof *s);
	size_t i, k;

	s->wide = w;
	s->part = part;
	s->parts = parts;
	s->kept = mem_zero(w->nplans + 1, sizeof *s->kept);
	for (i = 0; i < w->nplans; i++) {
		const struct plan *p = &w->plans[i];
		struct kept *kept = &s->kept[i];

		kept->runs = mem_zero(p->nslots + 1, sizeof *kept->runs);
		for (k = 0; k < p->nslots; k++) {
			if (p->slots[k].bare < 0)
				kept->runs[k] = expr_run_new(
				    p->slots[k].expr);
		}
		kept->values = mem_array(NULL, p->nslots * EXPR_BATCH,
		    sizeof *kept->values);
		kept->tests = mem_array(NULL, p->nslots * EXPR_BATCH, 1);
		if (p->nslots > s->ncells)
			s->ncells = p->nslots;
	}
	s->cells = mem_zero(s->ncells + 1, sizeof *s->cells);
	s->slices = mem_zero(s->ncells + 1, sizeof *s->slices);
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
wide_state_free(struct wide_state *s)
{
	struct page *page;
	size_t i, k;

	if (s == NULL)
		return;
	for (i = 0; i < s->wide->nplans; i++) {
		for (k = 0; k < s->wide->plans[i].nslots; k++)
			expr_run_free(s->kept[i].runs[k]);
		free(s->kept[i].runs);
		free(s->kept[i].values);
		free(s->kept[i].tests);
		free(s->kept[i].entries);
	}
	for (i = 0; i < s->wide->nlookups; i++) {
		for (k = 0; k < s->wide->lookups[i].nconditions; k++)
			expr_run_free(s->seen[i].conditions[k]);
		free(s->seen[i].conditions);
		expr_run_free(s->seen[i].run);
	}
	while ((page = s->pages) != NULL) {
		s->pages = page->next;
		free(page);
	}
	for (i = 0; i < s->ncells; i++)
		buf_free(&s->cells[i]);
	free(s->cells);
	free(s->slices);
	free(s->kept);
	free(s->seen);
	free(s->counts);
	made_free(&s->made);
	made_free(&s->joined);
	buf_free(&s->scratch);
	buf_free(&s->key);
	buf_free(&s->number);
	free(s);
}

const struct wide_count *
wide_counts(const struct wide_state *s, size_t place)
{
	return place < s->nplaces ?
	    s->counts + place * s->wide->spec->nrules : NULL;
}

/* Room for the counts of a place. */
static void
add_place(struct wide_state *s, size_t place)
{
	size_t rules = s->wide->spec->nrules, n = (place + 1) * 2;

	s->counts = mem_array(s->counts, n * rules + 1, sizeof *s->counts);
	memset(s->counts + s->nplaces * rules, 0,
	    (n - s->nplaces) * rules * sizeof *s->counts);
	s->nplaces = n;
}

static inline struct wide_count *
count_at(struct wide_state *s, size_t place, size_t rule)
{
	if (place >= s->nplaces)
		add_place(s, place);
	return &s->counts[place * s->wide->spec->nrules + rule];
}

void
wide_merge(struct wide_state *into, struct wide_state *from)
{
	struct page **end = &into->pages;
	size_t i;

	while (*end != NULL)
		end = &(*end)->next;
	*end = from->pages;
	from->pages = NULL;
	for (i = 0; i < into->wide->nplans; i++) {
		struct kept *a = &into->kept[i], *b = &from->kept[i];

		if (b->n == 0)
			continue;
		a->cap = a->n + b->n;
		a->entries = mem_array(a->entries, a->cap,
		    sizeof *a->entries);
		memcpy(a->entries + a->n, b->entries,
		    b->n * sizeof *a->entries);
		a->n += b->n;
		b->n = 0;
	}
	if (from->nplaces > into->nplaces)
		add_place(into, from->nplaces - 1);
	for (i = 0; i < from->nplaces * from->wide->spec->nrules; i++) {
		into->counts[i].applicable += from->counts[i].applicable;
		into->counts[i].broken += from->counts[i].broken;
	}
}

/*
 * A kept record: its number, its file, its place where verdicts are counted
 * by place, the lengths of its cells, the cells.
 */
#define PLACE_AT (sizeof(uint64_t) + sizeof(uint32_t))

static inline size_t
fixed(const struct wide *w)
{
	return w->by_place ? PLACE_AT + sizeof(uint32_t) : PLACE_AT;
}

static char *
page_space(struct wide_state *s, size_t n)
{
	struct page *page = s->pages;
	size_t cap;
	char *p;

	if (page == NULL || page->cap - page->n < n) {
		cap = n > PAGE ? n : PAGE;
		page = mem_alloc(sizeof *page + cap + 16); /* copy_cell */
		page->n = 0;
		page->cap = cap;
		page->next = s->pages;
		s->pages = page;
	}
	p = page->data + page->n;
	page->n += n;
	return p;
}

/* One record's cells, s->slices, are kept, unless its key has a hole. */
static int
keep(struct wide_state *s, const struct plan *p, struct kept *kept,
    const struct csv_block *b, const uint32_t *places, size_t r,
    struct fault *f)
{
	uint64_t number = csv_record_number(b, r), hash;
	uint32_t file = (uint32_t)b->file_index;
	size_t i, n = fixed(s->wide);
	uint16_t length;
	char *to;

	buf_clear(&s->key);
	for (i = 0; i < p->within.n; i++) {
		if (s->slices[p->keys[i]].n == 0)
			return 0;
		put_part(&s->key, s->slices[p->keys[i]]);
	}
	hash = hash_bytes(s->key.p, s->key.n, hash_seed());
	if ((hash >> 32) % s->parts != s->part)
		return 0;
	for (i = 0; i < p->nslots; i++) {
		if (s->slices[i].n > LONGEST) {
			(void)fault_set(f, "a value of more than %d bytes in "
			    "a rule over groups", LONGEST);
			fault_place(f, b->file, csv_line_number(b, r), number,
			    0, NULL);
			return -1;
		}
		n += sizeof length + s->slices[i].n;
	}
	if (kept->n == kept->cap) {
		kept->cap = kept->cap * 2 + 1024;
		kept->entries = mem_array(kept->entries, kept->cap,
		    sizeof *kept->entries);
	}
	to = page_space(s, n);
	kept->entries[kept->n].hash = hash;
	kept->entries[kept->n++].record = to;
	memcpy(to, &number, sizeof number);
	memcpy(to + sizeof number, &file, sizeof file);
	if (s->wide->by_place)
		memcpy(to + PLACE_AT, &places[r], sizeof places[r]);
	to += fixed(s->wide);
	for (i = 0; i < p->nslots; i++) {
		length = (uint16_t)s->slices[i].n;
		memcpy(to, &length, sizeof length);
		to += sizeof length;
	}
	for (i = 0; i < p->nslots; i++) {
		copy_cell(to, s->slices[i].p, s->slices[i].n);
		to += s->slices[i].n;
	}
	return 0;
}

static int
keep_batch(struct wide_state *s, size_t plan, const struct csv_block *b,
    const uint32_t *places, size_t first, size_t n, struct fault *f)
{
	const struct plan *p = &s->wide->plans[plan];
	struct kept *kept = &s->kept[plan];
	size_t i, k;

	for (k = 0; k < p->nslots; k++) {
		const struct slot *slot = &p->slots[k];
		int rc = 0;

		if (slot->test)
			rc = expr_test(kept->runs[k], b, first, n,
			    kept->tests + k * EXPR_BATCH, NULL, f);
		else if (slot->bare < 0)
			rc = expr_eval(kept->runs[k], b, first, n,
			    kept->values + k * EXPR_BATCH, f);
		if (rc == -1)
			return -1;
	}
	for (i = 0; i < n; i++) {
		for (k = 0; k < p->nslots; k++) {
			const struct slot *slot = &p->slots[k];
			const struct expr_field *field;
			struct buf *own = &s->cells[k];
			struct csv_slice c;

			if (slot->bare >= 0) {
				/* Its buffer takes a cell with a "" only. */
				field = &s->wide->own->fields[slot->bare];
				c = csv_cell(b, first + i, field->column,
				    own);
				if (is_missing(field, c))
					c.n = 0;
				s->slices[k] = c;
				continue;
			}
			buf_clear(own);
			if (slot->test) {
				unsigned char t =
				    kept->tests[k * EXPR_BATCH + i];

				if (t <= 1)
					buf_putc(own, (char)('0' + t));
			} else {
				const struct expr_value *v =
				    &kept->values[k * EXPR_BATCH + i];

				if (v->kind != EXPR_BAD)
					expr_put(own, v);
			}
			s->slices[k].p = own->n > 0 ? own->p : nothing;
			s->slices[k].n = own->n;
		}
		if (keep(s, p, kept, b, places, first + i, f) == -1)
			return -1;
	}
	return 0;
}

/* Own cells of a record and those of a row of the table (none: MAP_NONE). */
static void
join(struct wide_state *s, const struct lookup *l, struct made *to,
    const struct csv_block *b, size_t r, size_t row)
{
	struct csv_slice c;
	size_t i;

	for (i = 0; i < l->nown; i++) {
		const struct expr_field *field =
		    &s->wide->own->fields[l->own[i]];

		c = csv_cell(b, r, field->column, &s->scratch);
		made_cell(to, c.p, is_missing(field, c) ? 0 : c.n);
	}
	for (i = 0; i < l->nfar; i++) {
		if (row == MAP_NONE) {
			made_cell(to, nothing, 0);
			continue;
		}
		c = far_cell(l->table, row, l->far[i]);
		made_cell(to, c.p, c.n);
	}
}

/* A condition over the joined rows, counted for their records. */
static int
count_joined(struct wide_state *s, struct expr_run *run, const size_t *of,
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
count_matches(struct wide_state *s, size_t lookup, size_t condition,
    const struct csv_block *b, const size_t *records, const size_t *rows,
    size_t n, uint64_t *counts, struct fault *f)
{
	const struct lookup *l = &s->wide->lookups[lookup];
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
find_row(struct wide_state *s, const struct lookup *l,
    const struct csv_block *b, size_t r, size_t *row)
{
	struct csv_slice c;
	size_t i, number;

	buf_clear(&s->key);
	for (i = 0; i < l->keyed->n; i++) {
		const struct expr_field *field =
		    &s->wide->own->fields[l->on[i]];

		c = csv_cell(b, r, field->column, &s->scratch);
		if (is_missing(field, c))
			return 0;
		put_part(&s->key, c);
	}
	number = map_find(l->keyed->map, s->key.p, s->key.n);
	*row = number == MAP_NONE ? MAP_NONE : l->keyed->rows[number];
	return 1;
}

/* The records of a batch that have a key, and the rows they meet. */
static void
find_rows(struct wide_state *s, const struct lookup *l,
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
look_up(struct wide_state *s, size_t lookup, const struct csv_block *b,
    const uint32_t *places, size_t first, size_t n,
    void (*found)(void *, size_t, size_t), void *arg, struct fault *f)
{
	const struct lookup *l = &s->wide->lookups[lookup];
	struct wide_count *count;
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
		count = count_at(s, places != NULL ? places[records[i]] : 0,
		    l->rule);
		count->applicable += test[i] <= 1;
		if (test[i] != 0)
			continue;
		count->broken++;
		found(arg, l->rule, records[i]);
	}
	return 0;
}

int
wide_map(struct wide_state *s, const struct csv_block *b,
    const uint32_t *places, void (*found)(void *, size_t, size_t), void *arg,
    struct fault *f)
{
	size_t i, k, n;

	for (i = 0; i < b->nrecords; i += n) {
		n = b->nrecords - i < EXPR_BATCH ? b->nrecords - i :
		    EXPR_BATCH;
		s->found_for = NULL;
		for (k = 0; k < s->wide->nlookups; k++) {
			if (look_up(s, k, b, places, i, n, found, arg, f) ==
			    -1)
				return -1;
		}
		for (k = 0; k < s->wide->nplans; k++) {
			if (keep_batch(s, k, b, places, i, n, f) == -1)
				return -1;
		}
	}
	return 0;
}

/*
 * THE END. Entries are put in order of group and order; whole groups are
 * then laid out in a made-up block with the fields made over them, and the
 * rules tested on it as on any.
 */
static struct csv_slice
kept_cell(const struct wide *w, const struct plan *p, const char *record,
    size_t slot)
{
	const char *at = record + fixed(w);
	struct csv_slice c;
	uint16_t length;
	size_t i, skip = p->nslots * sizeof length;

	for (i = 0; i < slot; i++) {
		memcpy(&length, at + i * sizeof length, sizeof length);
		skip += length;
	}
	memcpy(&length, at + slot * sizeof length, sizeof length);
	c.p = at + skip;
	c.n = length;
	return c;
}

static uint64_t
kept_number(const char *record)
{
	uint64_t number;

	memcpy(&number, record, sizeof number);
	return number;
}

static uint32_t
kept_file(const char *record)
{
	uint32_t file;

	memcpy(&file, record + sizeof(uint64_t), sizeof file);
	return file;
}

static uint32_t
kept_place(const struct wide *w, const char *record)
{
	uint32_t place = 0;

	if (w->by_place)
		memcpy(&place, record + PLACE_AT, sizeof place);
	return place;
}

static enum expr_type
slot_type(const struct wide *w, const struct slot *s)
{
	return s->bare >= 0 ? w->own->fields[s->bare].type :
	    expr_result(s->expr);
}

static int
compare_bytes(struct csv_slice a, struct csv_slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return d != 0 ? d : a.n < b.n ? -1 : a.n > b.n;
}

/* Values of a type; nothing comes first. */
static int
compare_cells(enum expr_type type, struct csv_slice a, struct csv_slice b)
{
	double x, y;
	int64_t i, k;

	if (!numeric(type) || a.n == 0 || b.n == 0)
		return compare_bytes(a, b);
	if (num_i64(a.p, a.n, &i) == 0 && num_i64(b.p, b.n, &k) == 0)
		return i < k ? -1 : i > k;
	if (num_double(a.p, a.n, &x) == 0 && num_double(b.p, b.n, &y) == 0)
		return x < y ? -1 : x > y;
	return compare_bytes(a, b);
}

static int
same_group(const struct wide *w, const struct plan *p,
    const struct entry *a, const struct entry *b)
{
	size_t i;

	if (a->hash != b->hash)
		return 0;
	for (i = 0; i < p->within.n; i++) {
		if (compare_bytes(kept_cell(w, p, a->record, p->keys[i]),
		    kept_cell(w, p, b->record, p->keys[i])) != 0)
			return 0;
	}
	return 1;
}

static int
compare_entries(const struct wide *w, const struct plan *p,
    const struct entry *a, const struct entry *b)
{
	uint64_t i, k;
	size_t s;
	int d;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	for (s = 0; s < p->within.n; s++) {
		d = compare_bytes(kept_cell(w, p, a->record, p->keys[s]),
		    kept_cell(w, p, b->record, p->keys[s]));
		if (d != 0)
			return d;
	}
	for (s = 0; s < p->order.n; s++) {
		d = compare_cells(slot_type(w, &p->slots[p->orders[s]]),
		    kept_cell(w, p, a->record, p->orders[s]),
		    kept_cell(w, p, b->record, p->orders[s]));
		if (d != 0)
			return d;
	}
	if (kept_file(a->record) != kept_file(b->record))
		return kept_file(a->record) < kept_file(b->record) ? -1 : 1;
	i = kept_number(a->record);
	k = kept_number(b->record);
	return i < k ? -1 : i > k;
}

/* Merge sort: qsort has no argument for the plan. other has room for n. */
static void
sort_run(const struct wide *w, const struct plan *p, struct entry *e,
    struct entry *other, size_t n)
{
	struct entry *from = e, *to = other, *swap;
	size_t width, lo, mid, hi, a, b, k;

	for (width = 1; width < n; width *= 2) {
		for (lo = 0; lo < n; lo = hi) {
			mid = lo + width < n ? lo + width : n;
			hi = mid + width < n ? mid + width : n;
			for (a = lo, b = mid, k = lo; k < hi; k++) {
				if (a < mid && (b == hi || compare_entries(w,
				    p, &from[a], &from[b]) <= 0))
					to[k] = from[a++];
				else
					to[k] = from[b++];
			}
		}
		swap = from;
		from = to;
		to = swap;
	}
	if (from != e)
		memcpy(e, from, n * sizeof *e);
}

/* By the first bits of the hash, then each of those few by comparing. */
static void
sort_entries(const struct wide *w, const struct plan *p, struct kept *kept)
{
	struct entry *other = mem_array(NULL, kept->n + 1, sizeof *other);
	struct entry *e = kept->entries;
	size_t *at, i, to, n = kept->n, from = 0;
	unsigned bits = 1;

	while (bits < 16 && n >> bits > 8)
		bits++;
	at = mem_zero(((size_t)1 << bits) + 1, sizeof *at);
	for (i = 0; i < n; i++)
		at[(e[i].hash >> (64 - bits)) + 1]++;
	for (i = 0; i < (size_t)1 << bits; i++)
		at[i + 1] += at[i];
	for (i = 0; i < n; i++)
		other[at[e[i].hash >> (64 - bits)]++] = e[i];
	/* Now at[i] is where bucket i ends. */
	for (i = 0; i < (size_t)1 << bits; i++) {
		to = at[i];
		sort_run(w, p, other + from, e + from, to - from);
		from = to;
	}
	kept->entries = other;
	kept->cap = n + 1;
	free(e);
	free(at);
}

struct broken {
	uint32_t file;
	uint32_t rule;
	uint64_t record;
};

static int
compare_broken(const void *a, const void *b)
{
	const struct broken *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->record != y->record)
		return x->record < y->record ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* What is made over one group of a plan. */
struct making {
	const struct wide *w;
	const struct plan *p;
	struct csv_slice *cells; /* nslots each record of the group */
	size_t n, cap;
	struct buf *totals; /* per made field: of the group, or prior_max */
};

static struct csv_slice
making_cell(const struct making *m, size_t r, size_t slot)
{
	return m->cells[r * m->p->nslots + slot];
}

static void
sum(const struct making *m, const struct made_field *field, struct buf *to)
{
	struct csv_slice c;
	int64_t i, all = 0;
	int whole = field->type == EXPR_INTEGER;
	double x, real = 0;
	size_t r, some = 0;

	for (r = 0; r < m->n; r++) {
		c = making_cell(m, r, field->slot);
		if (c.n == 0 || num_double(c.p, c.n, &x) == -1)
			continue;
		some = 1;
		real += x;
		if (num_i64(c.p, c.n, &i) == -1 ||
		    __builtin_add_overflow(all, i, &all))
			whole = 0;
	}
	if (!some)
		return;
	if (whole)
		buf_put_i64(to, all);
	else
		num_put_double(to, real);
}

/* any, every, sum_of, least_of, greatest_of: once for the group. */
static void
total(const struct making *m, const struct made_field *field,
    struct buf *to)
{
	int want = field->word == WIDE_GREATEST_OF ? 1 : -1, all = 1, some = 0;
	enum expr_type type;
	struct csv_slice c, best = { NULL, 0 };
	size_t r;

	switch (field->word) {
	case WIDE_ANY:
	case WIDE_EVERY:
	case WIDE_LEAST_OF:
	case WIDE_GREATEST_OF:
		break;
	case WIDE_SUM_OF:
		buf_clear(to);
		sum(m, field, to);
		return;
	default: /* not of the group as a whole */
		return;
	}
	buf_clear(to);
	type = slot_type(m->w, &m->p->slots[field->slot]);
	for (r = 0; r < m->n; r++) {
		c = making_cell(m, r, field->slot);
		if (c.n == 0)
			continue;
		some |= c.p[0] == '1';
		all &= c.p[0] == '1';
		if (best.n == 0 || compare_cells(type, c, best) * want > 0)
			best = c;
	}
	if (field->word == WIDE_ANY)
		buf_putc(to, (char)('0' + some));
	else if (field->word == WIDE_EVERY)
		buf_putc(to, (char)('0' + all));
	else
		buf_put(to, best.p, best.n);
}

static void
put_made(struct making *m, struct made *to, size_t r, size_t i)
{
	const struct made_field *field = &m->p->made[i];
	struct csv_slice c = { nothing, 0 };
	struct buf *t = &m->totals[i];
	enum expr_type type;

	switch (field->word) {
	case WIDE_LAG:
		if (r > 0)
			c = making_cell(m, r - 1, field->slot);
		break;
	case WIDE_LEAD:
		if (r + 1 < m->n)
			c = making_cell(m, r + 1, field->slot);
		break;
	case WIDE_PRIOR_MAX:
		if (r == 0) {
			buf_clear(t);
			break;
		}
		type = slot_type(m->w, &m->p->slots[field->slot]);
		c = making_cell(m, r - 1, field->slot);
		if (c.n > 0) {
			struct csv_slice so_far = { t->p, t->n };

			if (t->n == 0 || compare_cells(type, c, so_far) > 0) {
				buf_clear(t);
				buf_put(t, c.p, c.n);
			}
		}
		if (t->n > 0)
			c.p = t->p;
		c.n = t->n;
		break;
	case WIDE_ROW:
	case WIDE_SIZE:
		buf_clear(t);
		buf_put_u64(t, field->word == WIDE_ROW ? r + 1 : m->n);
		c.p = t->p;
		c.n = t->n;
		break;
	default:
		if (t->n > 0)
			c.p = t->p;
		c.n = t->n;
		break;
	}
	made_cell(to, c.p, c.n);
}

/* Lays out the entries of one group. */
static void
put_group(struct making *m, struct made *to, const struct entry *e, size_t n)
{
	size_t r, i;

	m->n = n;
	if (n > m->cap) {
		m->cap = n * 2;
		m->cells = mem_array(m->cells, m->cap * m->p->nslots,
		    sizeof *m->cells);
	}
	for (r = 0; r < n; r++) {
		const char *at = e[r].record + fixed(m->w);
		const char *bytes = at + m->p->nslots * sizeof(uint16_t);
		uint16_t length;

		for (i = 0; i < m->p->nslots; i++) {
			memcpy(&length, at + i * sizeof length,
			    sizeof length);
			m->cells[r * m->p->nslots + i].p = bytes;
			m->cells[r * m->p->nslots + i].n = length;
			bytes += length;
		}
	}
	for (i = 0; i < m->p->nmade; i++)
		total(m, &m->p->made[i], &m->totals[i]);
	for (r = 0; r < n; r++) {
		for (i = 0; i < m->p->nslots; i++)
			made_cell(to, making_cell(m, r, i).p,
			    making_cell(m, r, i).n);
		for (i = 0; i < m->p->nmade; i++)
			put_made(m, to, r, i);
	}
}

struct verdicts {
	struct broken *v;
	size_t n, cap;
};

/* Tests the rules of a plan on laid-out records. */
static int
decide(struct wide_state *s, const struct plan *p, struct expr_run **runs,
    const struct entry *e, struct verdicts *to, struct fault *f)
{
	const struct csv_block *b = made_block(&s->made);
	unsigned char test[EXPR_BATCH];
	struct wide_count *count;
	struct broken *one;
	size_t i, k, n, rule;

	for (rule = 0; rule < p->nrules; rule++) {
		for (i = 0; i < b->nrecords; i += n) {
			n = b->nrecords - i < EXPR_BATCH ? b->nrecords - i :
			    EXPR_BATCH;
			if (expr_test(runs[rule], b, i, n, test, NULL, f) ==
			    -1)
				return -1;
			for (k = 0; k < n; k++) {
				count = count_at(s, kept_place(s->wide,
				    e[i + k].record), p->rules[rule]);
				count->applicable += test[k] <= 1;
				if (test[k] != 0)
					continue;
				count->broken++;
				if (to->n == to->cap) {
					to->cap = to->cap * 2 + 64;
					to->v = mem_array(to->v, to->cap,
					    sizeof *to->v);
				}
				one = &to->v[to->n++];
				one->file = kept_file(e[i + k].record);
				one->record = kept_number(e[i + k].record);
				one->rule = (uint32_t)p->rules[rule];
			}
		}
	}
	return 0;
}

static int
decide_plan(struct wide_state *s, size_t plan, struct verdicts *to,
    struct fault *f)
{
	const struct plan *p = &s->wide->plans[plan];
	const struct entry *e = s->kept[plan].entries;
	struct making m = { s->wide, p, NULL, 0, 0, NULL };
	size_t n = s->kept[plan].n, from, at, end, i;
	struct expr_run **runs;
	int rc = 0;

	m.totals = mem_zero(p->nmade + 1, sizeof *m.totals);
	runs = mem_zero(p->nrules + 1, sizeof *runs);
	for (i = 0; i < p->nrules; i++)
		runs[i] = expr_run_new(p->exprs[i]);
	for (from = at = 0; at < n && rc == 0; from = at) {
		made_start(&s->made, p->nslots + p->nmade);
		while (at < n && at - from < CHUNK) {
			for (end = at + 1; end < n && same_group(s->wide, p,
			    &e[at], &e[end]); end++)
				;
			/* In order of hashes, records lie anywhere. */
			for (i = at; i < end; i++) {
				if (i + AHEAD < n)
					__builtin_prefetch(
					    e[i + AHEAD].record);
			}
			put_group(&m, &s->made, e + at, end - at);
			at = end;
		}
		rc = decide(s, p, runs, e + from, to, f);
	}
	for (i = 0; i < p->nrules; i++)
		expr_run_free(runs[i]);
	for (i = 0; i < p->nmade; i++)
		buf_free(&m.totals[i]);
	free(m.totals);
	free(m.cells);
	free(runs);
	return rc;
}

int
wide_finish(struct wide_state *s,
    void (*found)(void *, size_t, size_t, uint64_t), void *arg,
    struct fault *f)
{
	struct verdicts v = { NULL, 0, 0 };
	size_t i;
	int rc = 0;

	for (i = 0; i < s->wide->nplans && rc == 0; i++) {
		sort_entries(s->wide, &s->wide->plans[i], &s->kept[i]);
		rc = decide_plan(s, i, &v, f);
	}
	if (rc == 0 && v.n > 0)
		qsort(v.v, v.n, sizeof *v.v, compare_broken);
	for (i = 0; i < v.n && rc == 0; i++)
		found(arg, v.v[i].rule, v.v[i].file, v.v[i].record);
	free(v.v);
	return rc;
}

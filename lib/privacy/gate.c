/* Records through the gate. */
#include "privacy/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "check/check.h"
#include "csv/writer.h"
#include "privacy/codes.h"
#include "privacy/encode.h"
#include "privacy/escrow.h"
#include "privacy/pseudonym.h"
#include "privacy/siv.h"

#define BATCH LANES_BATCH
#define NONE UINT16_MAX

/* How an identifier is made one thing however it was written. */
enum canonical { AS_IT_IS, NHS_NUMBER, POSTCODE };

struct column {
	size_t at;    /* in the input */
	const char *name;
	const struct spec_field *field; /* NULL: not of the specification */
	const char *form;               /* of its dates */
	struct treat treat;
	enum canonical canonical;
	long slot;    /* of its hashes in a batch; -1: none */
	long event;   /* column of the date an age is taken at; -1 */
	struct siv *siv;
	struct codes *codes; /* blank-codes */
	int identity;        /* goes when identity is withheld */
};

/* Values hashed side by side: a token column's, or a date shift's people. */
struct slot {
	size_t column;
	struct pseudonym *pseudonym;
};

/* A set of numbers that are hashes already; 0 is not in it. */
struct numbers {
	uint64_t *v;
	size_t n, cap;
};

struct gate {
	const struct spec *spec;
	enum gate_invalid invalid;
	struct column *columns; /* of the input, all */
	size_t ncols;
	size_t *touched; /* columns that are not kept, ascending */
	size_t ntouched;
	size_t tail;     /* input columns from here on all go; ncols: none */
	struct slot *slots;
	size_t nslots;
	struct escrow *escrow;
	struct codes *withhold; /* NULL: nothing is */
	size_t *sensitive;      /* columns where its codes can be */
	size_t nsensitive;
	struct encoder *encoder; /* NULL: nothing is encoded */
	char *encoded;           /* its column's name */
	size_t *encode;          /* columns of the input it is made of */
	size_t nencode;
	struct lanes *tags; /* NULL: none are kept */
	size_t tagged;      /* the column they are of */
	size_t kept;     /* columns of the output */
};

struct worker {
	const struct gate *gate;
	struct pseudonym_batch *batch;    /* a slot each */
	uint16_t (*index)[BATCH];         /* record to value; NONE: missing */
	struct buf scratch, event; /* a cell, and another */
	struct gate_counts counts;
	struct numbers seen;  /* tokens of this block in the escrow file */
	struct numbers people;
	unsigned char withheld[BATCH]; /* records of the batch */
	struct lanes_batch *tags;
};

/* Fields that tools of this toolkit add, unless somebody says otherwise. */
static const struct {
	const char *name, *treatment;
} added[] = {
	{ "person_id", "pseudonym(person)" },
	{ "spell_id", "pseudonym(spell)" },
	{ "stay_id", "pseudonym(stay)" },
	{ "cips_id", "pseudonym(stay)" },
};

/* 1: it is new. */
static int
numbers_add(struct numbers *s, uint64_t x)
{
	uint64_t *old = s->v;
	size_t at, k, cap = s->cap;

	if (s->n * 2 >= cap) {
		s->cap = cap > 0 ? cap * 2 : 1024;
		s->v = mem_zero(s->cap, sizeof *s->v);
		for (k = 0; k < cap; k++) {
			if (old[k] == 0)
				continue;
			at = (size_t)old[k] & (s->cap - 1);
			while (s->v[at] != 0)
				at = (at + 1) & (s->cap - 1);
			s->v[at] = old[k];
		}
		free(old);
	}
	at = (size_t)x & (s->cap - 1);
	for (; s->v[at] != 0; at = (at + 1) & (s->cap - 1))
		if (s->v[at] == x)
			return 0;
	if (x == 0)
		return 0;
	s->v[at] = x;
	s->n++;
	return 1;
}

static int
cell_missing(const struct spec_field *s, const char *p, size_t n)
{
	size_t i;

	if (n == 0)
		return 1;
	if (s == NULL)
		return 0;
	for (i = 0; i < s->missing.n; i++)
		if (strlen(s->missing.v[i]) == n &&
		    memcmp(s->missing.v[i], p, n) == 0)
			return 1;
	for (i = 0; i < s->clean.n; i++)
		if (strlen(s->clean.v[i]) == n &&
		    memcmp(s->clean.v[i], p, n) == 0)
			return 1;
	return 0;
}

/* The override of a column, or NULL; *used gets its number. */
static const char *
override_of(const struct gate_options *o, const struct column *c,
    unsigned char *used)
{
	const char *eq, *found = NULL;
	size_t i, n;

	for (i = 0; i < o->noverrides; i++) {
		eq = strchr(o->overrides[i], '=');
		n = (size_t)(eq - o->overrides[i]);
		if ((strlen(c->name) == n &&
		    memcmp(c->name, o->overrides[i], n) == 0) ||
		    (c->field != NULL && strlen(c->field->name) == n &&
		    memcmp(c->field->name, o->overrides[i], n) == 0)) {
			used[i] = 1;
			found = eq + 1;
		}
	}
	return found;
}

static const char *
treatment_of(const struct gate_options *o, const struct column *c,
    unsigned char *used)
{
	const char *t = override_of(o, c, used);
	const struct spec *s = o->spec;
	size_t i;

	if (t != NULL)
		return t;
	if (c->field != NULL)
		return c->field->treatment;
	for (i = 0; i < s->nderived; i++)
		if (strcmp(s->derived[i].name, c->name) == 0)
			return s->derived[i].treatment;
	for (i = 0; i < sizeof added / sizeof added[0]; i++)
		if (strcmp(added[i].name, c->name) == 0)
			return added[i].treatment;
	return NULL;
}

static enum canonical
canonical_of(const struct spec_field *s)
{
	if (s == NULL)
		return AS_IT_IS;
	if (s->role == SPEC_ROLE_NHS_NUMBER ||
	    (s->check != NULL && strcmp(s->check, "nhs_number") == 0))
		return NHS_NUMBER;
	if (s->role == SPEC_ROLE_POSTCODE ||
	    (s->check != NULL && strcmp(s->check, "postcode") == 0))
		return POSTCODE;
	return AS_IT_IS;
}

/* A column by its own name, else by its field's name or alias. */
static long
column_named(const struct gate *g, const char *name)
{
	long i = spec_field_index(g->spec, name);
	size_t c;

	for (c = 0; c < g->ncols; c++)
		if (strcmp(g->columns[c].name, name) == 0)
			return (long)c;
	for (c = 0; i != -1 && c < g->ncols; c++)
		if (g->columns[c].field == &g->spec->fields[i])
			return (long)c;
	return -1;
}

/* The column that says whose record it is, for date-shift. */
static long
person_column(const struct gate *g)
{
	static const enum spec_role roles[] = { SPEC_ROLE_NHS_NUMBER,
		SPEC_ROLE_PERSON };
	size_t i, c;

	for (i = 0; i < sizeof roles / sizeof roles[0]; i++)
		for (c = 0; c < g->ncols; c++)
			if (g->columns[c].field != NULL &&
			    g->columns[c].field->role == roles[i])
				return (long)c;
	return -1;
}

static long
slot_new(struct gate *g, const struct gate_options *o, size_t column,
    const char *domain, struct fault *f)
{
	struct pseudonym *p;

	if (o->key == NULL)
		return fault_set(f, "a key is needed (--key FILE)");
	if ((p = pseudonym_new(o->key, domain, f)) == NULL)
		return -1;
	g->slots = mem_array(g->slots, g->nslots + 1, sizeof *g->slots);
	g->slots[g->nslots].column = column;
	g->slots[g->nslots].pseudonym = p;
	return (long)g->nslots++;
}

/* Date shifts of all columns share the hash of their person. */
static int
shift_slot(struct gate *g, const struct gate_options *o, struct column *c,
    struct fault *f)
{
	long person = person_column(g);
	size_t i;

	if (person == -1)
		return fault_set(f, "date-shift of %s needs a column whose "
		    "role is nhs-number or person", c->name);
	for (i = 0; i < g->ncols && c->slot == -1; i++)
		if (g->columns[i].treat.kind == TREAT_DATE_SHIFT)
			c->slot = g->columns[i].slot;
	if (c->slot == -1)
		c->slot = slot_new(g, o, (size_t)person, "date-shift", f);
	return c->slot == -1 ? -1 : 0;
}

/* What a treatment needs besides its word. */
static int
prepare(struct gate *g, const struct gate_options *o, struct column *c,
    struct fault *f)
{
	switch (c->treat.kind) {
	case TREAT_PSEUDONYM:
	case TREAT_ESCROW:
		c->slot = slot_new(g, o, c->at, c->treat.word, f);
		if (c->slot == -1)
			return -1;
		if (c->treat.kind == TREAT_ESCROW && g->escrow == NULL)
			return fault_set(f, "%s is to be escrowed: "
			    "--escrow FILE and --escrow-to KEY are needed",
			    c->name);
		return 0;
	case TREAT_REVERSIBLE:
		if (o->key == NULL)
			return fault_set(f, "a key is needed (--key FILE)");
		c->siv = siv_new(o->key, c->treat.word, f);
		return c->siv == NULL ? -1 : 0;
	case TREAT_BLANK_CODES:
		c->codes = codes_new();
		return codes_read(c->codes, c->treat.word, f);
	case TREAT_AGE:
	case TREAT_AGE_BAND:
		if ((c->event = column_named(g, c->treat.word)) == -1)
			return fault_set(f, "%s is to become an age at %s, "
			    "which is not in the header", c->name,
			    c->treat.word);
		/* FALLTHROUGH */
	case TREAT_YEAR:
	case TREAT_MONTH:
	case TREAT_QUARTER:
	case TREAT_DATE_SHIFT:
		if (!treat_date_form_ok(c->form) || (c->event != -1 &&
		    !treat_date_form_ok(g->columns[c->event].form)))
			return fault_set(f, "%s: dates of the format %s "
			    "cannot be treated", c->name, c->form);
		return c->treat.kind == TREAT_DATE_SHIFT ?
		    shift_slot(g, o, c, f) : 0;
	default:
		return 0;
	}
}

static int
overrides_ok(const struct gate_options *o, struct fault *f)
{
	const char *eq;
	size_t i;

	for (i = 0; i < o->noverrides; i++) {
		eq = strchr(o->overrides[i], '=');
		if (eq == NULL || eq == o->overrides[i])
			return fault_set(f, "--treat needs "
			    "FIELD=TREATMENT");
	}
	return 0;
}

/* Every column's treatment; all that have none are in one message. */
static int
treat_columns(struct gate *g, const struct gate_options *o,
    const struct csv_header *h, const struct spec_binding *bind,
    struct fault *f)
{
	unsigned char *used = mem_zero(o->noverrides + 1, 1);
	const struct column *first = NULL;
	const char *text;
	size_t c, i, nobody = 0;
	int rc = -1;

	for (c = 0; c < h->n; c++) {
		struct column *col = &g->columns[c];

		col->at = c;
		col->name = h->names[c];
		col->slot = col->event = -1;
		if (bind->field_of[c] != -1)
			col->field = &g->spec->fields[bind->field_of[c]];
		if (col->field != NULL)
			col->form = col->field->format;
		col->canonical = canonical_of(col->field);
		if ((text = treatment_of(o, col, used)) == NULL) {
			if (nobody++ == 0)
				first = col;
			continue;
		}
		if (treat_parse(text, &col->treat, f) == -1) {
			fault_place(f, NULL, 0, 0, c + 1, col->name);
			goto out;
		}
	}
	if (nobody == h->n) {
		/* Names that are none may be somebody's: none is said. */
		(void)fault_set(f, "%s describes no column of the input, and "
		    "no --treat does; is there a header?", g->spec->name);
		goto out;
	}
	if (nobody > 0) {
		(void)fault_set(f, "no treatment is given for this column%s; "
		    "describe it in %s or say --treat",
		    nobody > 1 ? " and others" : "", g->spec->name);
		fault_place(f, NULL, 0, 0, first->at + 1, first->name);
		goto out;
	}
	for (i = 0; i < o->noverrides; i++)
		if (!used[i]) {
			(void)fault_set(f, "--treat %.*s: no such column in "
			    "the input", (int)strcspn(o->overrides[i], "="),
			    o->overrides[i]);
			goto out;
		}
	rc = 0;
out:
	free(used);
	return rc;
}

static int
is_identity(const struct spec_field *s)
{
	if (s == NULL)
		return 0;
	switch (s->role) {
	case SPEC_ROLE_RECORD:
		return 0;
	case SPEC_ROLE_PERSON:
	case SPEC_ROLE_NHS_NUMBER:
	case SPEC_ROLE_BIRTH_DATE:
	case SPEC_ROLE_DEATH_DATE:
	case SPEC_ROLE_POSTCODE:
	case SPEC_ROLE_FAMILY_NAME:
	case SPEC_ROLE_GIVEN_NAME:
		return 1;
	default:
		return s->privacy == SPEC_PRIVACY_IDENTIFIER;
	}
}

/* Lists that withhold identity, and the columns they are about. */
static int
prepare_withheld(struct gate *g, const struct gate_options *o,
    struct fault *f)
{
	const struct spec_strings *lists = &o->spec->withhold;
	size_t i, c;

	if (lists->n + o->nwithhold == 0)
		return 0;
	g->withhold = codes_new();
	for (i = 0; i < lists->n; i++)
		if (codes_read(g->withhold, lists->v[i], f) == -1)
			return -1;
	for (i = 0; i < o->nwithhold; i++)
		if (codes_read(g->withhold, o->withhold[i], f) == -1)
			return -1;
	g->sensitive = mem_zero(g->ncols, sizeof *g->sensitive);
	for (c = 0; c < g->ncols; c++) {
		const struct spec_field *s = g->columns[c].field;

		g->columns[c].identity = is_identity(s) ||
		    (s == NULL && strcmp(g->columns[c].name,
		    "person_id") == 0);
		if (s != NULL && s->privacy == SPEC_PRIVACY_SENSITIVE)
			g->sensitive[g->nsensitive++] = c;
	}
	if (g->nsensitive == 0)
		return fault_set(f, "identity is to be withheld by codes, "
		    "but %s calls no field of the input sensitive",
		    o->spec->name);
	return 0;
}

/* Tags are of the NHS numbers, wherever their column goes. */
static int
prepare_tags(struct gate *g, const struct gate_options *o, struct fault *f)
{
	size_t c;

	for (c = 0; o->tag_key != NULL && c < g->ncols; c++) {
		if (g->columns[c].field == NULL ||
		    g->columns[c].field->role != SPEC_ROLE_NHS_NUMBER)
			continue;
		g->tagged = c;
		g->tags = lanes_new(o->tag_key, LANES_BEST);
		if (g->tags == NULL)
			return fault_set(f, "cannot get locked memory for a "
			    "key");
		break;
	}
	return 0;
}

/* How a field is encoded, and what it is called there. */
static enum encode_kind
encode_kind_of(const struct column *c, const char **label)
{
	*label = c->field != NULL ? c->field->name : c->name;
	if (c->field == NULL || c->field->role == SPEC_ROLE_NONE)
		return ENCODE_OTHER;
	*label = spec_role_name(c->field->role);
	switch (c->field->role) {
	case SPEC_ROLE_FAMILY_NAME:
	case SPEC_ROLE_GIVEN_NAME:
		return ENCODE_NAME;
	case SPEC_ROLE_BIRTH_DATE:
	case SPEC_ROLE_DEATH_DATE:
		return ENCODE_DATE;
	default:
		return ENCODE_OTHER;
	}
}

static int
prepare_encoder(struct gate *g, const struct gate_options *o,
    struct fault *f)
{
	const char *p = o->encode, *label;
	enum encode_kind kind;
	size_t n;
	char *word;
	long c;

	if (p == NULL)
		return 0;
	n = strcspn(p, "=");
	if (n == 0 || p[n] == '\0' || p[n + 1] == '\0')
		return fault_set(f, "--encode needs NAME=FIELD,FIELD,...");
	g->encoded = mem_strndup(p, n);
	if (column_named(g, g->encoded) != -1)
		return fault_set(f, "--encode: %s is a column already",
		    g->encoded);
	if (o->key == NULL)
		return fault_set(f, "a key is needed (--key FILE)");
	if ((g->encoder = encoder_new(o->key, f)) == NULL)
		return -1;
	g->encode = mem_zero(strlen(p), sizeof *g->encode);
	for (p += n; *p != '\0'; p += n) {
		p++;
		n = strcspn(p, ",");
		word = mem_strndup(p, n);
		if ((c = column_named(g, word)) == -1)
			(void)fault_set(f, "--encode: the input has no "
			    "column %s", word);
		free(word);
		if (c == -1)
			return -1;
		kind = encode_kind_of(&g->columns[c], &label);
		if (kind == ENCODE_DATE &&
		    !treat_date_form_ok(g->columns[c].form))
			return fault_set(f, "%s: dates of the format %s "
			    "cannot be encoded", g->columns[c].name,
			    g->columns[c].form);
		if (encoder_field(g->encoder, kind, label, f) == -1)
			return -1;
		g->encode[g->nencode++] = (size_t)c;
	}
	return 0;
}

struct gate *
gate_new(const struct gate_options *o, const struct csv_header *h,
    struct fault *f)
{
	struct gate *g = mem_zero(1, sizeof *g);
	struct spec_binding *bind = NULL;
	size_t c;

	g->spec = o->spec;
	g->invalid = o->invalid;
	g->ncols = h->n;
	g->columns = mem_zero(h->n, sizeof *g->columns);
	g->touched = mem_zero(h->n, sizeof *g->touched);
	if (overrides_ok(o, f) == -1)
		goto fail;
	/* An unknown column may have an override: not an error yet. */
	if ((bind = spec_bind(o->spec, h, 1, f)) == NULL)
		goto fail;
	if (o->escrow_to != NULL &&
	    (g->escrow = escrow_new(o->escrow_to, f)) == NULL)
		goto fail;
	if (treat_columns(g, o, h, bind, f) == -1 ||
	    prepare_withheld(g, o, f) == -1 ||
	    prepare_tags(g, o, f) == -1 || prepare_encoder(g, o, f) == -1)
		goto fail;
	g->tail = 0;
	for (c = 0; c < h->n; c++) {
		if (prepare(g, o, &g->columns[c], f) == -1)
			goto fail;
		if (g->columns[c].treat.kind != TREAT_DROP) {
			g->kept++;
			g->tail = c + 1;
		}
		if (g->columns[c].treat.kind != TREAT_KEEP ||
		    g->columns[c].identity)
			g->touched[g->ntouched++] = c;
	}
	if (g->kept == 0) {
		(void)fault_set(f, "every column is dropped: nothing would "
		    "come out");
		goto fail;
	}
	/* The last columns, when they all go, are not visited one by one. */
	while (g->ntouched > 0 && g->touched[g->ntouched - 1] >= g->tail)
		g->ntouched--;
	spec_binding_free(bind);
	return g;
fail:
	spec_binding_free(bind);
	gate_free(g);
	return NULL;
}

void
gate_free(struct gate *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->ncols; i++) {
		siv_free(g->columns[i].siv);
		codes_free(g->columns[i].codes);
	}
	codes_free(g->withhold);
	free(g->sensitive);
	encoder_free(g->encoder);
	free(g->encoded);
	free(g->encode);
	for (i = 0; i < g->nslots; i++)
		pseudonym_free(g->slots[i].pseudonym);
	escrow_free(g->escrow);
	lanes_free(g->tags);
	free(g->slots);
	free(g->touched);
	free(g->columns);
	free(g);
}

const struct treat *
gate_treat(const struct gate *g, size_t column)
{
	return &g->columns[column].treat;
}

int
gate_keeps_identifier(const struct gate *g, size_t column)
{
	const struct column *c = &g->columns[column];

	return c->treat.kind == TREAT_KEEP && c->field != NULL &&
	    c->field->privacy == SPEC_PRIVACY_IDENTIFIER;
}

void
gate_put_header(const struct gate *g, struct buf *to)
{
	const char **names = mem_zero(g->kept + 1, sizeof *names);
	size_t c, n = 0;

	for (c = 0; c < g->ncols; c++)
		if (g->columns[c].treat.kind != TREAT_DROP)
			names[n++] = g->columns[c].name;
	if (g->encoder != NULL)
		names[n++] = g->encoded;
	csv_put_header(to, names, n);
	free(names);
}

void
gate_put_escrow_header(const struct gate *g, struct buf *to)
{
	escrow_put_header(g->escrow, to);
}

int
gate_escrows(const struct gate *g)
{
	size_t c;

	for (c = 0; c < g->ncols; c++)
		if (g->columns[c].treat.kind == TREAT_ESCROW)
			return 1;
	return 0;
}

void *
gate_worker_new(void *arg)
{
	const struct gate *g = arg;
	struct worker *w = mem_zero(1, sizeof *w);

	w->gate = g;
	w->batch = mem_zero(g->nslots, sizeof *w->batch);
	w->index = mem_zero(g->nslots, sizeof *w->index);
	if (g->tags != NULL)
		w->tags = mem_zero(1, sizeof *w->tags);
	return w;
}

void
gate_worker_free(void *arg)
{
	struct worker *w = arg;

	if (w == NULL)
		return;
	buf_free(&w->scratch);
	buf_free(&w->event);
	free(w->batch);
	free(w->index);
	free(w->seen.v);
	free(w->people.v);
	free(w->tags);
	free(w);
}

int
gate_worker_merge(void *into, void *from, struct fault *f)
{
	struct worker *a = into, *b = from;
	size_t i;

	(void)f;
	for (i = 0; i < b->people.cap; i++)
		(void)numbers_add(&a->people, b->people.v[i]);
	a->counts.missing += b->counts.missing;
	a->counts.invalid += b->counts.invalid;
	a->counts.withheld += b->counts.withheld;
	return 0;
}

uint64_t *
gate_worker_tags(const void *worker, size_t *n)
{
	const struct worker *w = worker;
	uint64_t *v;
	size_t i;

	*n = 0;
	if (w->gate->tags == NULL)
		return NULL;
	v = mem_zero(w->people.n, sizeof *v);
	for (i = 0; i < w->people.cap; i++)
		if (w->people.v[i] != 0)
			v[(*n)++] = w->people.v[i];
	return v;
}

struct gate_counts
gate_worker_counts(const void *w)
{
	return ((const struct worker *)w)->counts;
}

/* A cell that cannot be read as what it must be: -1 when that is an error. */
static int
bad_cell(struct worker *w, const struct csv_block *b, size_t r,
    const struct column *c, const char *what, struct fault *f)
{
	if (w->gate->invalid != GATE_FAIL) {
		w->counts.invalid++;
		return 0;
	}
	(void)fault_set(f, "%s, so that %s cannot treat it (--invalid says "
	    "what to do)", what, treat_name(c->treat.kind));
	fault_place(f, b->file, csv_line_number(b, r),
	    csv_record_number(b, r), c->at + 1, c->name);
	return -1;
}

/*
 * An identifier in its canonical form: 1, with tag, *p and *n (which may
 * point to canon); 0: nothing is there, or it is to be blank; -1: fault.
 */
static int
identifier(struct worker *w, const struct csv_block *b, size_t r,
    const struct column *c, char canon[10], enum pseudonym_tag *tag,
    struct csv_slice *s, struct fault *f)
{
	*s = csv_cell(b, r, c->at, &w->scratch);
	if (cell_missing(c->field, s->p, s->n)) {
		w->counts.missing++;
		return 0;
	}
	switch (c->canonical) {
	case AS_IT_IS:
		*tag = PSEUDONYM_TEXT;
		return 1;
	case NHS_NUMBER:
		*tag = PSEUDONYM_NHS_NUMBER;
		if (check_nhs_number(s->p, s->n))
			return 1;
		if (check_canonical_nhs_number(s->p, s->n, canon) == 0 &&
		    check_nhs_number(canon, 10)) {
			s->p = canon;
			s->n = 10;
			return 1;
		}
		if (bad_cell(w, b, r, c, "not a valid NHS number", f) == -1)
			return -1;
		break;
	case POSTCODE:
		*tag = PSEUDONYM_POSTCODE;
		if (check_canonical_postcode(s->p, s->n, canon) == 0) {
			s->p = canon;
			s->n = 8;
			return 1;
		}
		if (bad_cell(w, b, r, c, "not a valid postcode", f) == -1)
			return -1;
		break;
	}
	*tag = PSEUDONYM_INVALID;
	return w->gate->invalid == GATE_KEEP_APART;
}

/* The hashes of slot i for n records from first on. */
static int
hash_slot(struct worker *w, const struct csv_block *b, size_t first,
    size_t n, size_t i, struct fault *f)
{
	const struct slot *slot = &w->gate->slots[i];
	const struct column *c = &w->gate->columns[slot->column];
	struct pseudonym_batch *batch = &w->batch[i];
	enum pseudonym_tag tag;
	struct csv_slice s;
	char canon[10];
	size_t k;
	int rc;

	pseudonym_clear(batch);
	for (k = 0; k < n; k++) {
		rc = identifier(w, b, first + k, c, canon, &tag, &s, f);
		if (rc == -1)
			return -1;
		w->index[i][k] = NONE;
		if (rc == 0)
			continue;
		w->index[i][k] = (uint16_t)batch->lanes.n;
		pseudonym_add(slot->pseudonym, batch, tag, s.p, s.n);
	}
	pseudonym_hash(slot->pseudonym, batch);
	return 0;
}

/* Tags of the people in n records from first on. */
static void
tag_people(struct worker *w, const struct csv_block *b, size_t first,
    size_t n)
{
	size_t c = w->gate->tagged, k;
	struct csv_slice s;
	char ten[10];

	lanes_clear(w->tags);
	for (k = 0; k < n; k++) {
		s = csv_cell(b, first + k, c, &w->scratch);
		if (!check_nhs_number(s.p, s.n)) {
			if (check_canonical_nhs_number(s.p, s.n, ten) == -1 ||
			    !check_nhs_number(ten, 10))
				continue;
			s.p = ten;
			s.n = 10;
		}
		lanes_add(w->tags, PSEUDONYM_NHS_NUMBER, s.p, s.n);
	}
	lanes_hash(w->gate->tags, w->tags);
	for (k = 0; k < w->tags->n; k++)
		(void)numbers_add(&w->people, w->tags->lo[k]);
}

/* Which of n records from first on have a code that withholds identity? */
static void
find_withheld(struct worker *w, const struct csv_block *b, size_t first,
    size_t n)
{
	const struct gate *g = w->gate;
	struct csv_slice s;
	size_t k, i;

	for (k = 0; k < n; k++) {
		w->withheld[k] = 0;
		for (i = 0; i < g->nsensitive && !w->withheld[k]; i++) {
			s = csv_cell(b, first + k, g->sensitive[i],
			    &w->scratch);
			w->withheld[k] = s.n > 0 && codes_in(g->withhold,
			    s.p, s.n);
		}
		w->counts.withheld += w->withheld[k];
	}
}

static int
put_escrow(struct worker *w, const struct csv_block *b, size_t r,
    const struct column *c, size_t i, const char token[PSEUDONYM_BYTES],
    struct buf *to, struct fault *f)
{
	enum pseudonym_tag tag;
	struct csv_slice s;
	char canon[10];
	struct gate_counts counts = w->counts;
	int rc;

	if (!numbers_add(&w->seen, w->batch[c->slot].lanes.lo[i]))
		return 0;
	/* Read once more: it was counted when it was hashed. */
	rc = identifier(w, b, r, c, canon, &tag, &s, f);
	w->counts = counts;
	if (rc == 1)
		escrow_put(w->gate->escrow, token, tag, s.p, s.n, to);
	return rc == -1 ? -1 : 0;
}

/* The k-th record of a batch, a column with hashes. */
static int
put_token(struct worker *w, const struct csv_block *b, size_t r, size_t k,
    const struct column *c, struct buf *outs, struct fault *f)
{
	size_t i = w->index[c->slot][k];
	char *token;

	if (i == NONE)
		return 0;
	buf_reserve(&outs[0], PSEUDONYM_BYTES);
	token = outs[0].p + outs[0].n;
	pseudonym_put(&w->batch[c->slot], i, token);
	outs[0].n += PSEUDONYM_BYTES;
	if (c->treat.kind == TREAT_ESCROW)
		return put_escrow(w, b, r, c, i, token, &outs[1], f);
	return 0;
}

static int
put_reversible(struct worker *w, const struct csv_block *b, size_t r,
    const struct column *c, struct buf *to, struct fault *f)
{
	enum pseudonym_tag tag;
	struct csv_slice s;
	char canon[10];
	int rc = identifier(w, b, r, c, canon, &tag, &s, f);

	if (rc == 1 && s.n > SIV_VALUE_MAX) {
		(void)fault_set(f, "longer than a reversible token can hold");
		fault_place(f, b->file, csv_line_number(b, r),
		    csv_record_number(b, r), c->at + 1, c->name);
		rc = -1;
	}
	if (rc == 1)
		siv_seal(c->siv, tag, s.p, s.n, to);
	return rc == -1 ? -1 : 0;
}

static int
put_shifted(struct worker *w, const struct csv_block *b, size_t r, size_t k,
    const struct column *c, struct csv_slice s, struct buf *to,
    struct fault *f)
{
	size_t i = w->index[c->slot][k];
	struct treat_date d;
	int64_t days;

	/* A date whose person is not known cannot keep its distances. */
	if (i == NONE)
		return 0;
	if (treat_date_read(c->form, s.p, s.n, &d) == -1)
		return bad_cell(w, b, r, c, "not a date", f);
	days = d.days + (int64_t)(w->batch[c->slot].lanes.lo[i] %
	    (uint64_t)(2 * c->treat.n + 1)) - c->treat.n;
	if (days < date_days(0, 1, 1) || days > date_days(9999, 12, 31))
		return bad_cell(w, b, r, c, "too near the end of time", f);
	treat_date_put(c->form, (int32_t)days, d.rest, d.nrest, to);
	return 0;
}

static int
put_age(struct worker *w, const struct csv_block *b, size_t r,
    const struct column *c, struct csv_slice s, struct buf *to,
    struct fault *f)
{
	const struct column *e = &w->gate->columns[c->event];
	struct csv_slice at = csv_cell(b, r, e->at, &w->event);
	struct treat_date birth, event;

	if (cell_missing(e->field, at.p, at.n))
		return 0;
	if (treat_date_read(c->form, s.p, s.n, &birth) == -1)
		return bad_cell(w, b, r, c, "not a date", f);
	if (treat_date_read(e->form, at.p, at.n, &event) == -1)
		return bad_cell(w, b, r, e, "not a date", f);
	if (treat_age(&c->treat, birth.days, event.days, to) == -1)
		return bad_cell(w, b, r, c, "after the event", f);
	return 0;
}

static const char *
needs(enum treat_kind k)
{
	switch (k) {
	case TREAT_YEAR:
	case TREAT_MONTH:
	case TREAT_QUARTER:
		return "not a date";
	case TREAT_DISTRICT:
	case TREAT_SECTOR:
		return "not a postcode";
	default:
		return "not a number";
	}
}

/* What stands in the place of a cell; record first + k = r. */
static int
put_cell(struct worker *w, const struct csv_block *b, size_t r, size_t k,
    const struct column *c, struct buf *outs, struct fault *f)
{
	struct buf *to = &outs[0];
	struct csv_slice s;
	size_t n = to->n;

	if (c->identity && w->withheld[k])
		return 0;
	switch (c->treat.kind) {
	case TREAT_KEEP:
		csv_put_raw(to, csv_raw(b, r, c->at));
		return 0;
	case TREAT_BLANK:
		return 0;
	case TREAT_BLANK_CODES:
		s = csv_cell(b, r, c->at, &w->scratch);
		if (!codes_in(c->codes, s.p, s.n))
			csv_put_cell(to, s.p, s.n);
		return 0;
	case TREAT_PSEUDONYM:
	case TREAT_ESCROW:
		return put_token(w, b, r, k, c, outs, f);
	case TREAT_REVERSIBLE:
		return put_reversible(w, b, r, c, to, f);
	default:
		break;
	}
	s = csv_cell(b, r, c->at, &w->scratch);
	if (cell_missing(c->field, s.p, s.n)) {
		w->counts.missing++;
		return 0;
	}
	if (c->treat.kind == TREAT_DATE_SHIFT)
		return put_shifted(w, b, r, k, c, s, to, f);
	if (c->treat.kind == TREAT_AGE || c->treat.kind == TREAT_AGE_BAND)
		return put_age(w, b, r, c, s, to, f);
	if (treat_cell(&c->treat, c->form, s.p, s.n, to) == 0)
		return 0;
	to->n = n;
	return bad_cell(w, b, r, c, needs(c->treat.kind), f);
}

/* The filter of a record, k-th of its batch. */
static int
put_encoding(struct worker *w, const struct csv_block *b, size_t r, size_t k,
    struct buf *to, struct fault *f)
{
	const struct gate *g = w->gate;
	struct encode_filter x;
	struct treat_date d;
	struct csv_slice s;
	const char *label;
	size_t i;

	if (w->withheld[k])
		return 0;
	encode_clear(&x);
	for (i = 0; i < g->nencode; i++) {
		const struct column *c = &g->columns[g->encode[i]];

		s = csv_cell(b, r, c->at, &w->scratch);
		if (cell_missing(c->field, s.p, s.n))
			continue;
		if (encode_kind_of(c, &label) != ENCODE_DATE) {
			encode_add(g->encoder, i, s.p, s.n, &x);
			continue;
		}
		if (treat_date_read(c->form, s.p, s.n, &d) == -1) {
			if (bad_cell(w, b, r, c, "not a date", f) == -1)
				return -1;
			continue;
		}
		buf_clear(&w->event);
		treat_date_put("%Y%m%d", d.days, NULL, 0, &w->event);
		encode_add(g->encoder, i, w->event.p, w->event.n, &x);
	}
	encode_put(&x, to);
	return 0;
}

int
gate_put_cell(void *worker, const struct csv_block *b, size_t r,
    size_t column, struct buf *to, struct fault *f)
{
	struct worker *w = worker;

	return put_cell(w, b, r, 0, &w->gate->columns[column], to, f);
}

/*
 * No quotes, no carriage returns, commas: what is between two treated
 * fields, across the line end too, is one copy.
 */
static int
map_plain(struct worker *w, const struct csv_block *b, size_t first,
    size_t n, struct buf *outs, struct fault *f)
{
	const struct gate *g = w->gate;
	const uint32_t *e = b->ends + first * b->ncols;
	const char *from = b->data + (e[-1] + 1);
	size_t k, i;

	for (k = 0; k < n; k++, e += b->ncols) {
		for (i = 0; i < g->ntouched; i++) {
			const struct column *c = &g->columns[g->touched[i]];
			const uint32_t *end = e + c->at;
			const char *start = b->data + (end[-1] + 1);

			buf_put(&outs[0], from, (size_t)(start - from));
			from = b->data + *end;
			if (c->treat.kind == TREAT_DROP)
				from++; /* and its delimiter */
			else if (put_cell(w, b, first + k, k, c, outs,
			    f) == -1)
				return -1;
		}
		if (g->tail < b->ncols || g->encoder != NULL) {
			const char *end = b->data + e[g->tail - 1];

			buf_put(&outs[0], from, (size_t)(end - from));
			from = b->data + e[b->ncols - 1];
		}
		if (g->encoder != NULL) {
			buf_putc(&outs[0], ',');
			if (put_encoding(w, b, first + k, k, &outs[0],
			    f) == -1)
				return -1;
		}
	}
	buf_put(&outs[0], from, (size_t)(b->data + (e[-1] + 1) - from));
	return 0;
}

/* Field by field, quotes as they must be. */
static int
map_careful(struct worker *w, const struct csv_block *b, size_t first,
    size_t n, struct buf *outs, struct fault *f)
{
	const struct gate *g = w->gate;
	size_t k, i, at, start, done;

	for (k = 0; k < n; k++) {
		start = outs[0].n;
		done = 0;
		at = 0;
		for (i = 0; i <= g->ntouched; i++) {
			size_t c = i < g->ntouched ? g->touched[i] : g->tail;

			if (at < c) {
				if (done++ > 0)
					buf_putc(&outs[0], ',');
				csv_put_fields(&outs[0], b, first + k, at, c);
			}
			at = c + 1;
			if (i == g->ntouched ||
			    g->columns[c].treat.kind == TREAT_DROP)
				continue;
			if (done++ > 0)
				buf_putc(&outs[0], ',');
			if (put_cell(w, b, first + k, k, &g->columns[c],
			    outs, f) == -1)
				return -1;
		}
		if (g->encoder != NULL) {
			buf_putc(&outs[0], ',');
			if (put_encoding(w, b, first + k, k, &outs[0],
			    f) == -1)
				return -1;
		}
		csv_end_record(&outs[0], start);
	}
	return 0;
}

int
gate_map(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct worker *w = arg;
	const struct gate *g = w->gate;
	int plain = !b->quotes && !b->crs && b->delimiter == ',' &&
	    g->kept > 1;
	size_t first, n, i;

	if (w->seen.n > 0) {
		memset(w->seen.v, 0, w->seen.cap * sizeof *w->seen.v);
		w->seen.n = 0;
	}
	buf_reserve(&outs[0], b->size + b->size / 4);
	for (first = 0; first < b->nrecords; first += n) {
		n = b->nrecords - first < BATCH ? b->nrecords - first : BATCH;
		for (i = 0; i < g->nslots; i++)
			if (hash_slot(w, b, first, n, i, f) == -1)
				return -1;
		if (g->withhold != NULL)
			find_withheld(w, b, first, n);
		if (g->tags != NULL)
			tag_people(w, b, first, n);
		if ((plain ? map_plain : map_careful)(w, b, first, n, outs,
		    f) == -1)
			return -1;
	}
	return 0;
}

/* What becomes of each column at the gate. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "privacy/gate_parts.h"

/* Fields that tools of this toolkit add, unless somebody says otherwise. */
static const struct {
	const char *name, *treatment;
} added[] = {
	{ "person_id", "pseudonym(person)" },
	{ "spell_id", "pseudonym(spell)" },
	{ "stay_id", "pseudonym(stay)" },
	{ "cips_id", "pseudonym(stay)" },
};

/* What the field's cells say when they say nothing. */
static void
missing_texts(struct gate_column *c)
{
	const struct spec_strings *lists[2];
	const char *text;
	size_t i, k;

	if (c->field == NULL)
		return;
	lists[0] = &c->field->missing;
	lists[1] = &c->field->clean;
	c->missing = mem_zero(lists[0]->n + lists[1]->n, sizeof *c->missing);
	for (i = 0; i < 2; i++)
		for (k = 0; k < lists[i]->n; k++) {
			text = lists[i]->v[k];
			if (text[0] == '\0')
				continue;
			c->missing[c->nmissing].p = text;
			c->missing[c->nmissing++].n = strlen(text);
		}
}

const char *
gate_override(const char *const *overrides, size_t n, const struct spec *s,
    const char *name, const struct spec_field *field, unsigned char *used)
{
	const char *eq, *found = NULL;
	char *word;
	size_t i;
	long at;

	for (i = 0; i < n; i++) {
		if ((eq = strchr(overrides[i], '=')) == NULL)
			continue;
		word = mem_strndup(overrides[i], (size_t)(eq - overrides[i]));
		at = spec_field_index(s, word);
		if (strcmp(word, name) == 0 || (field != NULL && at != -1 &&
		    &s->fields[at] == field)) {
			if (used != NULL)
				used[i] = 1;
			found = eq + 1;
		}
		free(word);
	}
	return found;
}

const char *
gate_treatment(const struct gate_options *o, const char *name,
    const struct spec_field *field, unsigned char *used)
{
	const struct spec *s = o->spec;
	const char *t = gate_override(o->overrides, o->noverrides, s, name,
	    field, used);
	size_t i;

	if (t != NULL)
		return t;
	if (field != NULL)
		return field->treatment;
	for (i = 0; i < s->nderived; i++)
		if (strcmp(s->derived[i].name, name) == 0)
			return s->derived[i].treatment;
	for (i = 0; i < sizeof added / sizeof added[0]; i++)
		if (strcmp(added[i].name, name) == 0)
			return added[i].treatment;
	return NULL;
}

static enum gate_canonical
canonical_of(const struct spec_field *s)
{
	if (s == NULL)
		return GATE_AS_IT_IS;
	if (s->role == SPEC_ROLE_NHS_NUMBER ||
	    (s->check != NULL && strcmp(s->check, "nhs_number") == 0))
		return GATE_NHS_NUMBER;
	if (s->role == SPEC_ROLE_POSTCODE ||
	    (s->check != NULL && strcmp(s->check, "postcode") == 0))
		return GATE_POSTCODE;
	return GATE_AS_IT_IS;
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
	g->slots[g->nslots].old = NULL;
	return (long)g->nslots++;
}

/* Date shifts of all columns share the hash of their person. */
static int
shift_slot(struct gate *g, const struct gate_options *o, struct gate_column *c,
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
		c->slot = slot_new(g, o, (size_t)person, TREAT_SHIFT_DOMAIN,
		    f);
	return c->slot == -1 ? -1 : 0;
}

static struct gate_age *
age_texts(const struct treat *t)
{
	struct gate_age *ages = mem_zero(GATE_AGES, sizeof *ages);
	struct buf b = { 0 };
	int64_t i;

	for (i = 0; i < GATE_AGES; i++) {
		buf_clear(&b);
		treat_age_put(t, i, &b);
		assert(b.n <= sizeof ages[i].text);
		memcpy(ages[i].text, b.p, b.n);
		ages[i].n = (unsigned char)b.n;
	}
	buf_free(&b);
	return ages;
}

/* What a treatment needs besides its word. */
static int
prepare(struct gate *g, const struct gate_options *o, struct gate_column *c,
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
		c->ages = age_texts(&c->treat);
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
	const struct gate_column *first = NULL;
	const char *text;
	size_t c, i, nobody = 0;
	int rc = -1;

	for (c = 0; c < h->n; c++) {
		struct gate_column *col = &g->columns[c];

		col->at = c;
		col->name = h->names[c];
		col->slot = col->event = -1;
		if (bind->field_of[c] != -1)
			col->field = &g->spec->fields[bind->field_of[c]];
		if (col->field != NULL)
			col->form = col->field->format;
		col->canonical = canonical_of(col->field);
		missing_texts(col);
		if ((text = gate_treatment(o, col->name, col->field,
		    used)) == NULL) {
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

int
gate_is_identity(const struct spec_field *s)
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

		g->columns[c].identity = gate_is_identity(s) ||
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

enum encode_kind
gate_encode_kind(const struct gate_column *c, const char **label)
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
	case SPEC_ROLE_SEX:
		return ENCODE_SEX;
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

	g->salt = -1;
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
		kind = gate_encode_kind(&g->columns[c], &label);
		if (kind == ENCODE_DATE &&
		    !treat_date_form_ok(g->columns[c].form))
			return fault_set(f, "%s: dates of the format %s "
			    "cannot be encoded", g->columns[c].name,
			    g->columns[c].form);
		if (encoder_field(g->encoder, kind, label, f) == -1)
			return -1;
		g->encode[g->nencode++] = (size_t)c;
	}
	if (o->encode_salt != NULL &&
	    (g->salt = column_named(g, o->encode_salt)) == -1)
		return fault_set(f, "--encode-salt: the input has no column "
		    "%s", o->encode_salt);
	if (g->salt != -1 && gate_encode_kind(&g->columns[g->salt], &label) ==
	    ENCODE_DATE && !treat_date_form_ok(g->columns[g->salt].form))
		return fault_set(f, "--encode-salt: dates of the format %s "
		    "cannot be encoded", g->columns[g->salt].form);
	for (n = 0; n < g->nencode; n++)
		if ((long)g->encode[n] == g->salt &&
		    gate_encode_kind(&g->columns[g->salt], &label) ==
		    ENCODE_DATE)
			encoder_own_salt(g->encoder, n);
	if (g->salt == -1 && encoder_tables(g->encoder, f) == -1)
		return -1;
	return o->encode_taps == 0 ? 0 :
	    encoder_diffuse(g->encoder, o->encode_taps, f);
}

int
gate_plan(struct gate *g, const struct gate_options *o,
    const struct csv_header *h, struct fault *f)
{
	struct spec_binding *bind = NULL;
	int rc = -1;
	size_t c;

	if (overrides_ok(o, f) == -1)
		goto out;
	/* An unknown column may have an override: not an error yet. */
	if ((bind = spec_bind(o->spec, h, 1, f)) == NULL)
		goto out;
	if (o->escrow_to != NULL &&
	    (g->escrow = escrow_new(o->escrow_to, f)) == NULL)
		goto out;
	if (treat_columns(g, o, h, bind, f) == -1 ||
	    prepare_withheld(g, o, f) == -1 ||
	    prepare_tags(g, o, f) == -1 || prepare_encoder(g, o, f) == -1)
		goto out;
	g->tail = 0;
	for (c = 0; c < h->n; c++) {
		if (prepare(g, o, &g->columns[c], f) == -1)
			goto out;
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
		goto out;
	}
	if (o->rotate_from != NULL &&
	    gate_plan_rotation(g, o->rotate_from, f) == -1)
		goto out;
	/* The last columns, when they all go, are not visited one by one. */
	while (g->ntouched > 0 && g->touched[g->ntouched - 1] >= g->tail)
		g->ntouched--;
	rc = 0;
out:
	spec_binding_free(bind);
	return rc;
}

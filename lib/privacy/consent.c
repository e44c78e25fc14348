/* Whose records may be used. */
#include "privacy/consent.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonout.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "csv/writer.h"

#define BATCH 256
/* Places in a batch for what is no number. */
#define MISSING PEOPLE_NONE
#define INVALID (PEOPLE_NONE - 1)

struct list {
	const char *path;
	struct people *set; /* NULL: not given */
	struct people_list facts;
};

struct consent {
	struct consent_options o;
	const struct spec_field *field;
	size_t column; /* of the NHS number */
	struct list lists[CONSENT_LISTS];
	struct people *asked; /* of consent_request */
};

struct worker {
	const struct consent *c;
	struct buf scratch;
	struct consent_counts n;
};

static const struct {
	const char *kind, *name, *mode;
} about[CONSENT_LISTS] = {
	[CONSENT_OPT_OUT] = { "national", "opt-out", "deny" },
	[CONSENT_ALLOW] = { "national", "allow", "allow" },
	[CONSENT_TYPE1] = { "type1", "type1", "deny" },
};

static const struct consent_reason reasons[] = {
	{ "consent", "the people gave their consent to this use" },
	{ "legal-requirement", "a law or a court requires this use" },
	{ "public-interest", "an overriding public interest in this case" },
	{ "communicable-disease", "risks to public health: regulation 3 of "
	    "the Control of Patient Information Regulations 2002" },
	{ "anonymised", "the data are anonymous by the regulator's code" },
	{ "payments", "prescription charges, validation of invoices" },
	{ "official-statistics", "given to the Office for National "
	    "Statistics under its Act" },
	{ "individual-care", "the person's own care: no secondary use" },
	{ "approved-project", "a project on the published list of those to "
	    "which this kind does not apply" },
	{ NULL, NULL }
};

const struct consent_reason *
consent_reasons(void)
{
	return reasons;
}

/* Parts of KIND:REASON[:NOTE]. */
struct exemption {
	const char *kind, *reason, *note; /* note NULL: none */
	size_t nkind, nreason;
};

static int
split(const char *text, struct exemption *e, struct fault *f)
{
	char hint[NEAREST_HINT];
	const char *names[sizeof reasons / sizeof reasons[0]];
	size_t i;
	char *word;

	e->kind = text;
	e->nkind = strcspn(text, ":");
	e->reason = text + e->nkind + (text[e->nkind] == ':');
	e->nreason = strcspn(e->reason, ":");
	e->note = e->reason[e->nreason] == ':' ? e->reason + e->nreason + 1 :
	    NULL;
	if (e->nkind == 0 || e->nreason == 0)
		return fault_set(f, "--exempt needs KIND:REASON");
	for (i = 0; reasons[i].name != NULL; i++) {
		names[i] = reasons[i].name;
		if (strlen(names[i]) == e->nreason &&
		    memcmp(names[i], e->reason, e->nreason) == 0)
			return 0;
	}
	word = mem_strndup(e->reason, e->nreason);
	(void)nearest_hint(word, names, i, hint);
	(void)fault_set(f, "--exempt %s: %s is no reason that has a name%s",
	    text, word, hint[0] != '\0' ? hint : "; see nib-consent(1)");
	free(word);
	return -1;
}

static int
exempt(const struct consent_options *o, const char *kind)
{
	struct exemption e;
	size_t i;

	for (i = 0; i < o->nexemptions; i++)
		if (split(o->exemptions[i], &e, NULL) == 0 &&
		    strlen(kind) == e.nkind &&
		    memcmp(kind, e.kind, e.nkind) == 0)
			return 1;
	return 0;
}

static int
listed(const struct consent_options *o, const char *kind)
{
	size_t i;

	for (i = 0; i < CONSENT_LISTS; i++)
		if (o->lists[i] != NULL && strcmp(about[i].kind, kind) == 0)
			return 1;
	return 0;
}

/* Every kind has exactly one answer. */
static int
answers_ok(const struct consent_options *o, struct fault *f)
{
	const struct spec_strings *kinds = &o->spec->objections;
	struct exemption e;
	size_t i, k;

	if (o->lists[CONSENT_OPT_OUT] != NULL &&
	    o->lists[CONSENT_ALLOW] != NULL)
		return fault_set(f, "--opt-out and --allow are two answers "
		    "to the national opt-out; give one");
	for (i = 0; i < o->nexemptions; i++) {
		if (split(o->exemptions[i], &e, f) == -1)
			return -1;
		for (k = 0; k < kinds->n; k++)
			if (strlen(kinds->v[k]) == e.nkind &&
			    memcmp(kinds->v[k], e.kind, e.nkind) == 0)
				break;
		if (k == kinds->n)
			return fault_set(f, "--exempt %s: %s lists no such "
			    "kind of objection", o->exemptions[i],
			    o->spec->name);
	}
	for (k = 0; k < kinds->n; k++) {
		const char *kind = kinds->v[k];

		if (listed(o, kind) && exempt(o, kind))
			return fault_set(f, "objections of the kind %s have "
			    "both a list and an exemption", kind);
		if (!listed(o, kind) && !exempt(o, kind))
			return fault_set(f, "objections of the kind %s apply "
			    "to %s: give their list (%s) or say --exempt "
			    "%s:REASON", kind, o->spec->name,
			    strcmp(kind, "national") == 0 ?
			    "--opt-out or --allow" :
			    strcmp(kind, "type1") == 0 ? "--type1" :
			    "none can be given", kind);
	}
	if (kinds->n == 0 && !listed(o, "national") && !listed(o, "type1"))
		return fault_set(f, "%s lists no kind of objection and no "
		    "list is given: nothing would be checked",
		    o->spec->name);
	return 0;
}

static int
find_column(struct consent *c, const struct csv_header *h, struct fault *f)
{
	const struct spec *s = c->o.spec;
	struct spec_binding *b;
	long i = spec_role_field(s, SPEC_ROLE_NHS_NUMBER);

	if (i == -1)
		return fault_set(f, "%s has no field whose role is "
		    "nhs-number", s->name);
	if ((b = spec_bind(s, h, 1, f)) == NULL)
		return -1;
	c->field = &s->fields[i];
	if (b->column_of[i] == -1)
		(void)fault_set(f, "the input has no column for %s, the NHS "
		    "number", c->field->name);
	else
		c->column = (size_t)b->column_of[i];
	i = b->column_of[i];
	spec_binding_free(b);
	return i == -1 ? -1 : 0;
}

struct consent *
consent_new(const struct consent_options *o, const struct csv_header *h,
    struct fault *f)
{
	struct consent *c = mem_zero(1, sizeof *c);
	size_t i;

	c->o = *o;
	if (answers_ok(o, f) == -1 || find_column(c, h, f) == -1)
		goto fail;
	for (i = 0; i < CONSENT_LISTS; i++) {
		struct list *l = &c->lists[i];

		if ((l->path = o->lists[i]) == NULL)
			continue;
		l->set = people_new();
		if (people_read(l->set, l->path, o->max_age_seconds,
		    &l->facts, f) == -1)
			goto fail;
	}
	return c;
fail:
	consent_free(c);
	return NULL;
}

struct consent *
consent_request(const struct spec *s, const struct csv_header *h,
    struct fault *f)
{
	struct consent *c = mem_zero(1, sizeof *c);

	c->o.spec = s;
	if (find_column(c, h, f) == -1) {
		consent_free(c);
		return NULL;
	}
	c->asked = people_new();
	return c;
}

const struct people *
consent_people(const struct consent *c)
{
	return c->asked;
}

void
consent_free(struct consent *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < CONSENT_LISTS; i++)
		people_free(c->lists[i].set);
	people_free(c->asked);
	free(c);
}

void *
consent_worker_new(void *arg)
{
	struct worker *w = mem_zero(1, sizeof *w);

	w->c = arg;
	return w;
}

void
consent_worker_free(void *arg)
{
	struct worker *w = arg;

	if (w == NULL)
		return;
	buf_free(&w->scratch);
	free(w);
}

int
consent_worker_merge(void *into, void *from, struct fault *f)
{
	struct consent_counts *a = &((struct worker *)into)->n;
	const struct consent_counts *b = &((struct worker *)from)->n;
	size_t i;

	(void)f;
	a->in += b->in;
	a->out += b->out;
	for (i = 0; i < CONSENT_LISTS; i++)
		a->removed[i] += b->removed[i];
	a->objected += b->objected;
	a->missing += b->missing;
	a->invalid += b->invalid;
	return 0;
}

struct consent_counts
consent_worker_counts(const void *w)
{
	return ((const struct worker *)w)->n;
}

static int
is_missing(const struct spec_field *s, struct csv_slice v)
{
	size_t i;

	if (v.n == 0)
		return 1;
	for (i = 0; i < s->missing.n; i++)
		if (strlen(s->missing.v[i]) == v.n &&
		    memcmp(s->missing.v[i], v.p, v.n) == 0)
			return 1;
	for (i = 0; i < s->clean.n; i++)
		if (strlen(s->clean.v[i]) == v.n &&
		    memcmp(s->clean.v[i], v.p, v.n) == 0)
			return 1;
	return 0;
}

/* The people of a batch; sets are asked for ahead, each is a cache miss. */
static void
find_people(struct worker *w, const struct csv_block *b, size_t first,
    size_t n, uint32_t *place)
{
	const struct consent *c = w->c;
	size_t k, i;

	for (k = 0; k < n; k++) {
		struct csv_slice v = csv_cell(b, first + k, c->column,
		    &w->scratch);

		place[k] = people_place(v.p, v.n);
		if (place[k] == PEOPLE_NONE) {
			place[k] = is_missing(c->field, v) ? MISSING :
			    INVALID;
			continue;
		}
		for (i = 0; i < CONSENT_LISTS; i++)
			if (c->lists[i].set != NULL)
				people_prefetch(c->lists[i].set, place[k]);
	}
}

/* May a record stay? */
static int
stays(struct worker *w, uint32_t place)
{
	const struct list *l = w->c->lists;
	int objected = 0;
	size_t i;

	if (place == MISSING || place == INVALID) {
		w->n.missing += place == MISSING;
		w->n.invalid += place == INVALID;
		return w->c->o.keep_unmatched;
	}
	for (i = 0; i < CONSENT_LISTS; i++) {
		if (l[i].set == NULL || people_has(l[i].set, place) ==
		    (i == CONSENT_ALLOW))
			continue;
		w->n.removed[i]++;
		objected = 1;
	}
	w->n.objected += (uint64_t)objected;
	return !objected;
}

int
consent_map(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct worker *w = arg;
	const struct consent *c = w->c;
	uint32_t place[BATCH];
	size_t first, n, k, from = 0; /* records from..: kept, not yet out */

	(void)f;
	w->n.in += b->nrecords;
	for (first = 0; first < b->nrecords; first += n) {
		n = b->nrecords - first < BATCH ? b->nrecords - first : BATCH;
		find_people(w, b, first, n, place);
		if (c->asked != NULL) {
			for (k = 0; k < n; k++)
				if (place[k] < INVALID)
					(void)people_add(c->asked, place[k]);
				else if (place[k] == MISSING)
					w->n.missing++;
				else
					w->n.invalid++;
			continue;
		}
		for (k = 0; k < n; k++) {
			if (stays(w, place[k]))
				continue;
			csv_put_records(&outs[0], b, from, first + k);
			w->n.out += first + k - from;
			from = first + k + 1;
		}
	}
	if (c->asked == NULL) {
		csv_put_records(&outs[0], b, from, b->nrecords);
		w->n.out += b->nrecords - from;
	}
	return 0;
}

static void
report_lists(const struct consent *c, const struct consent_counts *n,
    struct jsonout *j)
{
	size_t i;

	jsonout_open(j, "lists", '[');
	for (i = 0; i < CONSENT_LISTS; i++) {
		const struct list *l = &c->lists[i];

		if (l->set == NULL)
			continue;
		jsonout_open(j, NULL, '{');
		jsonout_string(j, "kind", about[i].kind);
		jsonout_string(j, "mode", about[i].mode);
		jsonout_string(j, "path", l->path);
		jsonout_i64(j, "numbers", (int64_t)people_count(l->set));
		jsonout_i64(j, "duplicates", (int64_t)l->facts.duplicates);
		jsonout_i64(j, "records_removed", (int64_t)n->removed[i]);
		jsonout_close(j, '}');
	}
	jsonout_close(j, ']');
}

void
consent_report(const struct consent *c, const struct consent_counts *n,
    const char *purpose, struct buf *to)
{
	struct jsonout j = { to, 1, 0, 0 };
	struct exemption e;
	size_t i;

	jsonout_open(&j, NULL, '{');
	jsonout_string(&j, "format", "nib-consent-1");
	jsonout_string(&j, "specification", c->o.spec->name);
	if (purpose != NULL)
		jsonout_string(&j, "purpose", purpose);
	report_lists(c, n, &j);
	jsonout_open(&j, "exemptions", '[');
	for (i = 0; i < c->o.nexemptions; i++) {
		if (split(c->o.exemptions[i], &e, NULL) == -1)
			continue;
		jsonout_open(&j, NULL, '{');
		jsonout_bytes(&j, "kind", e.kind, e.nkind);
		jsonout_bytes(&j, "reason", e.reason, e.nreason);
		if (e.note != NULL)
			jsonout_string(&j, "note", e.note);
		jsonout_close(&j, '}');
	}
	jsonout_close(&j, ']');
	jsonout_i64(&j, "records_in", (int64_t)n->in);
	jsonout_i64(&j, "records_out", (int64_t)n->out);
	jsonout_i64(&j, "records_removed_objected", (int64_t)n->objected);
	jsonout_i64(&j, "records_without_nhs_number", (int64_t)n->missing);
	jsonout_i64(&j, "records_with_invalid_nhs_number",
	    (int64_t)n->invalid);
	jsonout_string(&j, "unmatched", c->o.keep_unmatched ? "kept" :
	    "removed");
	jsonout_close(&j, '}');
}

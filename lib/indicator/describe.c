#include "describe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/markup.h"
#define COLUMNS 72

/* Where a piece goes: the two forms differ in how they show it. */
struct teller {
	struct buf *to;
	int html;
};

/* Words on lines of at most COLUMNS, indented by four. */
static void
paragraph(struct buf *b, const char *s)
{
	size_t column = 0;

	while (*s != '\0') {
		size_t n = strcspn(s, " \n");

		if (column > 0 && column + 1 + n > COLUMNS) {
			buf_putc(b, '\n');
			column = 0;
		}
		buf_puts(b, column == 0 ? "    " : " ");
		column += column == 0 ? 4 + n : 1 + n;
		buf_put(b, s, n);
		s += n;
		s += strspn(s, " \n");
	}
	buf_putc(b, '\n');
}

static void
item(const struct teller *t, const char *head, const char *s)
{
	if (s == NULL || *s == '\0')
		return;
	if (t->html) {
		buf_puts(t->to, "<dt>");
		markup_escape(t->to, head);
		buf_puts(t->to, "</dt><dd>");
		markup_escape(t->to, s);
		buf_puts(t->to, "</dd>\n");
		return;
	}
	buf_puts(t->to, head);
	buf_putc(t->to, '\n');
	paragraph(t->to, s);
}

static void
code(const struct teller *t, const char *head, const char *s)
{
	if (s == NULL)
		return;
	if (t->html) {
		buf_puts(t->to, "<dt>");
		markup_escape(t->to, head);
		buf_puts(t->to, "</dt><dd><code>");
		markup_escape(t->to, s);
		buf_puts(t->to, "</code></dd>\n");
		return;
	}
	buf_puts(t->to, head);
	buf_puts(t->to, "\n    ");
	buf_puts(t->to, s);
	buf_putc(t->to, '\n');
}

static void
list(const struct teller *t, const char *head, const struct spec_strings *s)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (i > 0)
			buf_puts(&b, "; ");
		buf_puts(&b, s->v[i]);
	}
	if (s->n > 0)
		item(t, head, buf_string(&b));
	buf_free(&b);
}

static void
part(const struct teller *t, const char *head,
    const struct definition_part *p)
{
	struct buf b = { 0 };

	if (p->kind == DEFINITION_ABSENT)
		return;
	item(t, head, p->text);
	buf_puts(&b, head);
	buf_puts(&b, p->kind == DEFINITION_SUM ? ", the sum of" :
	    ", records where");
	code(t, buf_string(&b), p->kind == DEFINITION_POPULATION ? NULL :
	    p->expression);
	if (p->when != NULL)
		code(t, "of records where", p->when);
	buf_free(&b);
}

static void
method(const struct teller *t, const struct definition *d)
{
	struct buf b = { 0 };

	buf_puts(&b, definition_method_text(d->method));
	if (d->ncomponents > 0)
		buf_printf(&b, ": %s; %s mean; no value with fewer than %zu "
		    "of %zu", definition_scale_text(d->scale),
		    definition_mean_text(d->mean), d->least, d->ncomponents);
	if (d->exact)
		buf_puts(&b, "; Clopper-Pearson limits in their place");
	if (d->multiplier < 1 || d->multiplier > 1)
		buf_printf(&b, "; times %.12g", d->multiplier);
	if (d->bands != NULL) {
		buf_puts(&b, "; age bands of ");
		buf_puts(&b, d->bands);
	}
	if (d->age_from > 0)
		buf_printf(&b, "; from age %.12g", d->age_from);
	if (d->age_to >= 0)
		buf_printf(&b, "; to age %.12g", d->age_to);
	item(t, "Method", buf_string(&b));
	buf_clear(&b);
	if (d->reference != NULL)
		item(t, "Reference", d->reference);
	if (d->comparison != COMPARE_NONE)
		item(t, "Comparison", compare_method_code(d->comparison));
	item(t, "Polarity", d->polarity == COMPARE_HIGH_IS_GOOD ?
	    "high is good" : d->polarity == COMPARE_LOW_IS_GOOD ?
	    "low is good" : "neither high nor low is good in itself");
	if (!isnan(d->target)) {
		buf_printf(&b, "%.12g", d->target);
		item(t, "Target", buf_string(&b));
	}
	item(t, "Unit", d->unit);
	buf_free(&b);
}

static void
components(const struct teller *t, const struct definition *d)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < d->ncomponents; i++) {
		buf_clear(&b);
		buf_printf(&b, "%s, weight %.12g; %s values make it high",
		    d->components[i].indicator, d->components[i].weight,
		    d->components[i].reversed ? "low" : "high");
		item(t, "Component", buf_string(&b));
	}
	buf_free(&b);
}

static void
tell(const struct teller *t, const struct definition *d)
{
	struct buf b = { 0 };
	size_t i;

	item(t, "Purpose", d->words.purpose);
	item(t, "Rationale", d->words.rationale);
	item(t, "Definition", d->words.definition);
	part(t, "Numerator", &d->numerator);
	part(t, "Denominator", &d->denominator);
	components(t, d);
	code(t, "Records considered", d->where);
	for (i = 0; i < d->nexclusions; i++) {
		item(t, "Excluded", d->exclusions[i].text);
		code(t, "Excluded where", d->exclusions[i].when);
	}
	item(t, "Dataset", d->ncomponents > 0 ? NULL : d->dataset);
	list(t, "Columns to attach first", &d->attached);
	item(t, "Area", d->area_type);
	item(t, "Period", d->period_type);
	method(t, d);
	item(t, "Interpretation", d->words.interpretation);
	item(t, "Caveats", d->words.caveats);
	item(t, "Data quality", d->words.quality);
	item(t, "Disclosure control", d->words.disclosure_text);
	item(t, "Source", d->words.source);
	item(t, "Frequency", d->words.frequency);
	list(t, "Frameworks", &d->frameworks);
	item(t, "Set", d->words.set);
	item(t, "Owner", d->words.owner);
	item(t, "Contact", d->words.contact);
	item(t, "Licence", d->words.licence);
	list(t, "Links", &d->links);
	if (d->assurance_rating != NULL) {
		buf_printf(&b, "%s, %s", d->assurance_rating,
		    d->assurance_body);
		if (d->assurance_date != NULL)
			buf_printf(&b, ", %s", d->assurance_date);
		if (d->review != NULL)
			buf_printf(&b, "; to be reviewed by %s", d->review);
		item(t, "Assurance", buf_string(&b));
	}
	for (i = 0; i < d->nchanges; i++) {
		buf_clear(&b);
		buf_printf(&b, "%s%s%s: %s", d->changes[i].version,
		    d->changes[i].date != NULL ? " of " : "",
		    d->changes[i].date != NULL ? d->changes[i].date : "",
		    d->changes[i].change);
		item(t, "Version", buf_string(&b));
	}
	buf_free(&b);
}

void
describe_text(const struct definition *d, struct buf *to)
{
	struct teller t = { to, 0 };

	buf_printf(to, "%s\n%s, version %s, %s\n\n", d->title, d->id,
	    d->version, d->status);
	tell(&t, d);
}

void
describe_html(const struct definition *d, int level, struct buf *to)
{
	struct teller t = { to, 1 };

	buf_printf(to, "<section>\n<h%d>How it is worked out</h%d>\n<p>",
	    level, level);
	markup_escape(to, d->id);
	buf_puts(to, ", version ");
	markup_escape(to, d->version);
	buf_puts(to, ", ");
	markup_escape(to, d->status);
	buf_puts(to, "</p>\n<dl>\n");
	tell(&t, d);
	buf_puts(to, "</dl>\n</section>\n");
}

/* The page of measures: fields by providers, and its table. */
#include "spec/quality_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/markup.h"
#include "base/mem.h"
#include "base/num.h"

struct place { /* a row or column of the map */
	const char *dataset, *name;
	uint64_t applicable, valid, missing, invalid;
};

static double
share(const struct place *p)
{
	return p->applicable == 0 ? 2 :
	    (double)p->valid / (double)p->applicable;
}

static int
by_need(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	double i = share(x), k = share(y);
	int c;

	if (i != k)
		return i < k ? -1 : 1;
	if ((c = strcmp(x->dataset, y->dataset)) != 0)
		return c;
	return strcmp(x->name, y->name);
}

/* Places by name, in order of arrival until they are sorted. */
struct places {
	struct map *numbers;
	struct place *v;
	size_t n;
};

static size_t
number_of(struct map *m, const char *dataset, const char *name)
{
	struct buf key = { 0 };
	size_t at;

	buf_put(&key, dataset, strlen(dataset) + 1);
	buf_put(&key, name, strlen(name) + 1);
	at = map_add(m, key.p, key.n, NULL);
	buf_free(&key);
	return at;
}

static struct place *
place_of(struct places *p, const char *dataset, const char *name)
{
	size_t at;

	if (p->numbers == NULL)
		p->numbers = map_new();
	at = number_of(p->numbers, dataset, name);
	if (at == p->n) {
		if ((at & (at - 1)) == 0)
			p->v = mem_array(p->v, at > 0 ? at * 2 : 1,
			    sizeof *p->v);
		memset(&p->v[at], 0, sizeof p->v[at]);
		p->v[at].dataset = dataset;
		p->v[at].name = name;
		p->n++;
	}
	return &p->v[at];
}

static void
sort_places(struct places *p, int (*order)(const void *, const void *))
{
	struct map *numbers = map_new();
	size_t i;

	if (p->n > 0)
		qsort(p->v, p->n, sizeof *p->v, order);
	for (i = 0; i < p->n; i++)
		(void)number_of(numbers, p->v[i].dataset, p->v[i].name);
	map_free(p->numbers);
	p->numbers = numbers;
}

static void
places_free(struct places *p)
{
	map_free(p->numbers);
	free(p->v);
}

static void
add_to(struct place *p, const struct quality_row *r)
{
	p->applicable += r->n[QUALITY_APPLICABLE];
	p->valid += r->n[QUALITY_VALID];
	p->missing += r->n[QUALITY_MISSING];
	p->invalid += r->n[QUALITY_INVALID];
}

/* Rounded down to a tenth: never 100 for what is not all. */
static void
put_percent(struct buf *b, uint64_t part, uint64_t whole)
{
	if (whole == 0)
		buf_puts(b, "n/a");
	else if (part == whole)
		buf_puts(b, "100");
	else
		num_put_fixed(b, floor((double)part / (double)whole * 1000) /
		    10, 1);
}

/* Lightness falls with the share, so that grey says the same as colour. */
static void
put_cell(struct buf *b, const struct place *p)
{
	static const double steps[] = { 0.995, 0.98, 0.95, 0.9, 0.75 };
	double s = share(p);
	unsigned level = 0;

	if (p->applicable == 0) {
		buf_puts(b, "<td class=n>n/a</td>");
		return;
	}
	while (level < 5 && s < steps[level])
		level++;
	buf_printf(b, "<td class=s%u title=\"%llu of %llu; ", level,
	    (unsigned long long)p->valid, (unsigned long long)p->applicable);
	if (p->missing > 0)
		buf_printf(b, "%llu missing, ",
		    (unsigned long long)p->missing);
	buf_printf(b, "%llu invalid\">", (unsigned long long)p->invalid);
	put_percent(b, p->valid, p->applicable);
	buf_puts(b, "</td>");
}

static const char style[] =
    "body{font:14px/1.4 sans-serif;margin:1.5em;color:#111}"
    "h1{font-size:1.4em}h2{font-size:1.15em;margin-top:2em}"
    "table{border-collapse:collapse}.k{margin:1em 0}"
    "th,td{padding:.25em .5em;border:1px solid #999;text-align:right}"
    "th{background:#fff;font-weight:600;position:sticky;top:0}"
    "tbody th,.l{text-align:left}tbody th{position:static}.n{color:#555}"
    ".s0{background:#fff}.s1{background:#e3edf5}.s2{background:#b9d2e6}"
    ".s3{background:#7fabcd}.s4{background:#34709f;color:#fff}"
    ".s5{background:#0b2a45;color:#fff}"
    ".w{overflow-x:auto}.w th:first-child{position:sticky;left:0;"
    "text-align:left}.k td{border:0;min-width:4em;text-align:center}"
    "@media print{th,td{font-size:9px;padding:2px}}";

/* The map: the index's items, or every field where there are none. */
static int
on_map(const struct quality_row *r, int items)
{
	return quality_is(r, "field") && (r->counts || !items);
}

static void
put_map(const struct quality_row *const *v, size_t n, int items,
    struct buf *b)
{
	struct places fields = { 0 }, providers = { 0 };
	struct place all, *cells;
	size_t i, k;
	int many = 0;

	memset(&all, 0, sizeof all);
	for (i = 0; i < n; i++) {
		if (!on_map(v[i], items))
			continue;
		add_to(place_of(&fields, v[i]->dataset, v[i]->id), v[i]);
		add_to(place_of(&providers, "", v[i]->provider), v[i]);
		add_to(&all, v[i]);
	}
	sort_places(&fields, by_need);
	sort_places(&providers, by_need);
	cells = mem_zero(fields.n * providers.n + 1, sizeof *cells);
	for (i = 0; i < n; i++) {
		size_t row, col;

		if (!on_map(v[i], items))
			continue;
		row = (size_t)(place_of(&fields, v[i]->dataset, v[i]->id) -
		    fields.v);
		col = (size_t)(place_of(&providers, "", v[i]->provider) -
		    providers.v);
		add_to(&cells[row * providers.n + col], v[i]);
	}
	buf_puts(b, "<div class=w><table>\n<thead><tr><th>Field<th>All");
	for (k = 0; k < providers.n; k++) {
		buf_puts(b, "<th>");
		markup_escape(b, providers.v[k].name[0] != '\0' ?
		    providers.v[k].name : "(none)");
	}
	buf_puts(b, "</thead>\n<tbody>\n<tr><th>All of these");
	put_cell(b, &all);
	for (k = 0; k < providers.n; k++)
		put_cell(b, &providers.v[k]);
	for (i = 0; i < fields.n; i++)
		many |= strcmp(fields.v[0].dataset, fields.v[i].dataset) != 0;
	for (i = 0; i < fields.n; i++) {
		buf_puts(b, "\n<tr><th>");
		if (many) {
			markup_escape(b, fields.v[i].dataset);
			buf_puts(b, ": ");
		}
		markup_escape(b, fields.v[i].name);
		put_cell(b, &fields.v[i]);
		for (k = 0; k < providers.n; k++)
			put_cell(b, &cells[i * providers.n + k]);
	}
	buf_puts(b, "\n</tbody></table></div>\n");
	places_free(&fields);
	places_free(&providers);
	free(cells);
}

/* Invalid cells first, then the emptiest. */
static int
by_fault(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->invalid != y->invalid)
		return x->invalid > y->invalid ? -1 : 1;
	return by_need(a, b);
}

static void
put_fields(const struct quality_row *const *v, size_t n, struct buf *b)
{
	struct places fields = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		if (quality_is(v[i], "field"))
			add_to(place_of(&fields, v[i]->dataset, v[i]->id),
			    v[i]);
	sort_places(&fields, by_fault);
	buf_puts(b, "<h2>Every field</h2>\n<p>Those with most invalid cells "
	    "first, then the emptiest. Filled: of the cells where the field "
	    "applies; valid: of those that are filled.</p>\n<table>\n<thead>"
	    "<tr><th class=l>Dataset<th class=l>Field<th>Applies<th>Missing<th>Invalid"
	    "<th>Valid<th>Filled %<th>Valid %</thead>\n<tbody>");
	for (i = 0; i < fields.n; i++) {
		const struct place *p = &fields.v[i];
		uint64_t filled = p->applicable - p->missing;

		buf_puts(b, "\n<tr><th>");
		markup_escape(b, p->dataset);
		buf_puts(b, "<th>");
		markup_escape(b, p->name);
		buf_printf(b, "<td>%llu<td>%llu<td>%llu<td>%llu<td>",
		    (unsigned long long)p->applicable,
		    (unsigned long long)p->missing,
		    (unsigned long long)p->invalid,
		    (unsigned long long)p->valid);
		put_percent(b, filled, p->applicable);
		buf_puts(b, "<td>");
		put_percent(b, p->valid, filled);
	}
	buf_puts(b, "\n</tbody></table>\n");
	places_free(&fields);
}

/* What the rule of this id says; "" for a key, or one that is not there. */
static const char *
message_of(const struct spec *spec, const char *id)
{
	size_t i;

	for (i = 0; i < spec->nrules; i++)
		if (strcmp(spec->rules[i].id, id) == 0)
			return spec->rules[i].message;
	return "";
}

/* Rules and keys, the most often broken first. */
static void
put_rules(const struct quality_row *const *v, size_t n,
    const struct spec *spec, struct buf *b)
{
	struct places rules = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		struct place *p;

		if (!quality_is(v[i], "rule") && !quality_is(v[i], "key"))
			continue;
		p = place_of(&rules, v[i]->dataset, v[i]->id);
		p->applicable += v[i]->n[QUALITY_APPLICABLE];
		p->invalid += v[i]->n[QUALITY_FAILED];
		p->valid = p->applicable - p->invalid;
	}
	if (rules.n == 0)
		return;
	sort_places(&rules, by_need);
	buf_printf(b, "<h2>Rules and keys</h2>\n<p>Those that most records "
	    "break come first, of the records that they speak of.</p>\n"
	    "<table>\n<thead><tr><th class=l>Dataset<th class=l>Rule or key"
	    "<th>Applies<th>Broken<th>Kept %%%s</thead>\n<tbody>",
	    spec != NULL ? "<th class=l>What is found" : "");
	for (i = 0; i < rules.n; i++) {
		const struct place *p = &rules.v[i];

		buf_puts(b, "\n<tr><th>");
		markup_escape(b, p->dataset);
		buf_puts(b, "<th>");
		markup_escape(b, p->name);
		buf_printf(b, "<td>%llu<td>%llu",
		    (unsigned long long)p->applicable,
		    (unsigned long long)p->invalid);
		put_cell(b, p);
		if (spec != NULL) {
			buf_puts(b, "<td class=l>");
			markup_escape(b, message_of(spec, p->name));
		}
	}
	buf_puts(b, "\n</tbody></table>\n");
	places_free(&rules);
}

void
quality_html(struct quality *q, const struct spec *spec, struct buf *b)
{
	const struct quality_row *const *v;
	size_t n = quality_sorted(q, &v), i;
	int items = 0;

	for (i = 0; i < n; i++)
		items |= v[i]->counts;
	buf_printf(b, "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
	    "<meta name=viewport content=\"width=device-width\">\n"
	    "<title>Data quality</title>\n<style>%s</style>\n"
	    "<h1>Data quality by field and provider</h1>\n"
	    "<p>Valid and complete cells of %s, as a percentage of those "
	    "where the field applies. The fields and the providers that need "
	    "most work come first. Percentages are rounded down: 100 is "
	    "all.</p>\n"
	    "<table class=k><tr><td class=s0>99.5 up</td><td class=s1>98 up"
	    "</td><td class=s2>95 up</td><td class=s3>90 up</td>"
	    "<td class=s4>75 up</td><td class=s5>below</td></tr></table>\n",
	    style, items ? "the fields that count for the Data Quality "
	    "Maturity Index" : "every field");
	put_map(v, n, items, b);
	put_rules(v, n, spec, b);
	put_fields(v, n, b);
	buf_puts(b, "</html>\n");
}

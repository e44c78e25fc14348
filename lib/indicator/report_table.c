/* The figures of a page: as a table, and as CSV. */
#include <math.h>
#include <string.h>

#include "base/markup.h"
#include "csv/writer.h"
#include "indicator/rate.h"
#include "indicator/report_parts.h"

/* What the two numbers that a value is made of are called. */
static void
heads(const struct definition *d, const char *names[2])
{
	names[0] = "Count";
	names[1] = "Out of";
	switch (d->method) {
	case DEFINITION_SMR:
	case DEFINITION_ISR_RATIO:
		names[0] = "Observed";
		names[1] = "Expected";
		break;
	case DEFINITION_MEAN:
		names[0] = "Sum";
		names[1] = "Values";
		break;
	case DEFINITION_RATIO:
		names[0] = "Numerator";
		names[1] = "Denominator";
		break;
	case DEFINITION_COMPOSITE:
		names[0] = "Components";
		break;
	default:
		break;
	}
}

static int
at_most_two(int digits)
{
	return digits > 2 ? 2 : digits;
}

/* Digits of the second: what is expected is no whole number. */
static int
denominator_digits(const struct definition *d)
{
	return d->method == DEFINITION_ISR_RATIO ||
	    d->method == DEFINITION_SMR ? 2 :
	    at_most_two(d->denominator.scale);
}

static void
cell(struct buf *to, const char *s)
{
	buf_puts(to, "<td>");
	markup_escape(to, s);
	buf_puts(to, "</td>");
}

static void
cell_number(struct buf *to, double v, int decimals)
{
	buf_puts(to, "<td class=\"n\">");
	if (!isnan(v))
		report_number(to, v, decimals);
	buf_puts(to, "</td>");
}

/* Which of an area's values it is, where there are several. */
static void
stratum(struct buf *to, const struct values_row *r)
{
	if (r->sex[0] != '\0') {
		buf_puts(to, ", sex ");
		markup_escape(to, r->sex);
	}
	if (r->category[0] != '\0') {
		buf_puts(to, ", ");
		markup_escape(to, r->category);
	}
}

static void
row(struct buf *to, const struct contrast *c, int all_strata)
{
	const struct definition *d = c->definition;
	const struct values_row *r = c->row;
	const char *reason = report_reason(r);

	buf_puts(to, "<tr><th scope=\"row\">");
	markup_escape(to, r->name);
	if (all_strata)
		stratum(to, r);
	buf_puts(to, "</th>");
	cell(to, r->period);
	cell_number(to, r->v.count, at_most_two(d->numerator.scale));
	cell_number(to, r->v.denominator, denominator_digits(d));
	cell_number(to, r->v.value, d->decimals);
	cell_number(to, r->v.lower95, d->decimals);
	cell_number(to, r->v.upper95, d->decimals);
	buf_puts(to, "<td class=\"w\">");
	if (c->result != COMPARE_UNKNOWN)
		buf_printf(to, "%s%s", c->meaning, reason != NULL ? "; " :
		    "");
	if (reason != NULL)
		markup_escape(to, reason);
	buf_puts(to, "</td></tr>\n");
}

static void
head(struct buf *to, const char *name, int number)
{
	buf_puts(to, number ? "<th scope=\"col\" class=\"n\">" :
	    "<th scope=\"col\">");
	markup_escape(to, name);
	buf_puts(to, "</th>");
}

/* The comparator's name, or its code where it has no row. */
static const char *
comparator_name(const struct picture *p)
{
	size_t i;

	for (i = 0; i < p->values->n; i++)
		if (strcmp(p->values->rows[i].area, p->comparator) == 0)
			return p->values->rows[i].name;
	return p->comparator;
}

void
report_table(struct buf *to, const struct picture *p,
    const struct report_values *c, const struct report_rows *which,
    const char *label)
{
	const char *names[2];
	struct buf compared = { 0 };
	size_t i;

	heads(which->definition, names);
	if (p->comparator != NULL)
		buf_printf(&compared, "Compared with %s; notes",
		    comparator_name(p));
	else
		buf_puts(&compared, "Notes");
	buf_puts(to, "<div class=\"wide\" role=\"region\" tabindex=\"0\" "
	    "aria-label=\"");
	markup_escape(to, label);
	buf_puts(to, "\">\n<table>\n<caption>");
	markup_escape(to, which->definition->title);
	buf_puts(to, " (");
	markup_escape(to, which->definition->unit);
	buf_puts(to, ")</caption>\n<thead><tr>");
	head(to, "Area", 0);
	head(to, "Period", 0);
	head(to, names[0], 1);
	head(to, names[1], 1);
	head(to, "Value", 1);
	head(to, "95% limits from", 1);
	head(to, "to", 1);
	head(to, buf_string(&compared), 0);
	buf_puts(to, "</tr></thead>\n<tbody>\n");
	for (i = 0; i < c->n; i++) {
		const struct values_row *r = c->v[i].row;

		if (c->v[i].definition == which->definition &&
		    (which->area == NULL || strcmp(r->area, which->area) == 0)
		    && (which->period == NULL || strcmp(r->period,
		    which->period) == 0) && (which->all_strata ||
		    report_of_stratum(p, r)))
			row(to, &c->v[i], which->all_strata);
	}
	buf_puts(to, "</tbody>\n</table>\n</div>\n");
	buf_free(&compared);
}

/* All that the table has, and what it was worked out of, as it is. */
static void
put_row(struct buf *b, const struct contrast *c)
{
	const struct values_row *r = c->row;
	const char *cells[6] = { r->indicator, r->area, r->name, r->period,
	    r->sex, r->category };
	double numbers[5] = { r->v.count, r->v.denominator, r->v.value,
	    r->v.lower95, r->v.upper95 };
	size_t i;

	for (i = 0; i < 6; i++) {
		csv_put_string(b, cells[i]);
		buf_putc(b, ',');
	}
	for (i = 0; i < 5; i++) {
		rate_put_number(b, numbers[i]);
		buf_putc(b, ',');
	}
	csv_put_string(b, c->other != NULL ? c->other->area : "");
	buf_putc(b, ',');
	rate_put_number(b, c->other != NULL ? c->other->v.value : NAN);
	buf_printf(b, ",%s,%s,", compare_result_code(c->result), c->meaning);
	rate_put_number(b, c->definition->target);
	buf_printf(b, ",%s,", c->target_met < 0 ? "" : c->target_met ? "yes" :
	    "no");
	csv_put_string(b, r->reason);
	buf_putc(b, '\n');
}

/* May a byte stand in the data of a URL (RFC 3986), and in an attribute? */
static int
plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' &&
	    strchr("-._~,/:;=@!$()*?", c) != NULL);
}

void
report_download(struct buf *to, const struct picture *p,
    const struct report_values *c, const char *name, const char *words)
{
	struct buf b = { 0 };
	size_t i;

	buf_puts(&b, "indicator,area,name,period,sex,category,count,"
	    "denominator,value,lower_95,upper_95,comparator,"
	    "comparator_value,comparison,meaning,target,target_met,reason\n");
	for (i = 0; i < c->n; i++)
		if (p->area == NULL || strcmp(c->v[i].row->area,
		    p->area) == 0)
			put_row(&b, &c->v[i]);
	buf_puts(to, "<p><a download=\"");
	markup_escape(to, name);
	buf_puts(to, ".csv\" href=\"data:text/csv;charset=utf-8,");
	for (i = 0; i < b.n; i++)
		if (plain(b.p[i]))
			buf_putc(to, b.p[i]);
		else
			buf_printf(to, "%%%02X",
			    (unsigned)(unsigned char)b.p[i]);
	buf_printf(to, "\">%s</a></p>\n", words);
	buf_free(&b);
}

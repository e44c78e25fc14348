/* What the cells of a field mean. */
#include "spec/types_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

static const char *const default_trues[] = { "true", "True", "TRUE", "1",
	NULL };
static const char *const default_falses[] = { "false", "False", "FALSE", "0",
	NULL };
static const struct spec_strings trues = { 4, default_trues };
static const struct spec_strings falses = { 4, default_falses };

static int
listed(const struct spec_strings *s, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strlen(s->v[i]) == n && memcmp(s->v[i], p, n) == 0)
			return 1;
	return 0;
}

/* Each item of a list, or -1 at the first that does not fit. */
static int
parse_list(const struct type *t, const char *p, size_t n, struct buf *b,
    size_t *items)
{
	const char *end = p + n, *q;
	size_t at = 0;

	for (*items = 1;; ++*items) {
		for (q = p; q < end; q++)
			if (begins(q, end, t->delimiter, t->ndelimiter))
				break;
		if (b != NULL) {
			at = b->n;
			put_be(b, 0, 4);
			if (type_key(t->item, p, (size_t)(q - p), b) == -1)
				return -1;
			patch_length(b, at);
		} else if (!type_ok(t->item, p, (size_t)(q - p))) {
			return -1;
		}
		if (q == end)
			return 0;
		p = q + t->ndelimiter;
	}
}

int
type_key(const struct type *t, const char *p, size_t n, struct buf *b)
{
	size_t at = b->n, items;
	struct number x;
	struct moment m;
	struct duration d;
	struct json j;
	int64_t v;

	switch (t->form) {
	case FORM_INTEGER:
	case FORM_NUMBER:
		if (type_number_plain_key(t, p, n, b))
			return 0;
		if (type_number_parse(t, p, n, &x) == -1)
			return -1;
		type_number_key(b, &x);
		return 0;
	case FORM_BOOLEAN:
		if (listed(t->trues, p, n))
			buf_putc(b, 1);
		else if (listed(t->falses, p, n))
			buf_putc(b, 0);
		else
			return -1;
		return 0;
	case FORM_DATE:
	case FORM_TIME:
	case FORM_DATETIME:
		if (type_moment_parse(t, p, n, &m) == -1)
			return -1;
		type_moment_key(b, t, &m);
		return 0;
	case FORM_YEAR:
	case FORM_YEARMONTH:
		if (type_year_parse(t, p, n, &v) == -1)
			return -1;
		put_be(b, (uint64_t)v ^ (uint64_t)1 << 63, 8);
		return 0;
	case FORM_DURATION:
		if (type_duration_parse(p, n, &d) == -1)
			return -1;
		type_duration_key(b, &d);
		return 0;
	case FORM_POINT:
	case FORM_POINT_ARRAY:
	case FORM_POINT_OBJECT:
		if (type_point_parse(t, p, n, b) == -1) {
			b->n = at;
			return -1;
		}
		return 0;
	case FORM_LIST:
		if (parse_list(t, p, n, b, &items) == -1) {
			b->n = at;
			return -1;
		}
		return 0;
	case FORM_OBJECT:
	case FORM_ARRAY:
	case FORM_GEOJSON:
	case FORM_TOPOJSON:
		if (type_json_parse(t, p, n, &j) == -1)
			return -1;
		break;
	case FORM_UUID: {
		size_t i;

		if (!type_uuid_ok(p, n))
			return -1;
		for (i = 0; i < n; i++)
			buf_putc(b, lower(p[i]));
		return 0;
	}
	default:
		if (!type_ok(t, p, n))
			return -1;
		break;
	}
	buf_put(b, p, n);
	return 0;
}

int
type_convert(const void *type, const char *p, size_t n,
    struct expr_value *v, char text[32])
{
	const struct type *t = type;
	struct number x;
	struct moment m;
	char plain[512];
	int length;

	switch (t->form) {
	case FORM_INTEGER:
	case FORM_NUMBER:
		if (type_number_parse(t, p, n, &x) == -1 ||
		    (length = type_number_text(&x, plain, sizeof plain)) == -1)
			return -1;
		if (t->form == FORM_INTEGER) {
			v->kind = EXPR_INT;
			return num_i64(plain, (size_t)length, &v->u.i);
		}
		v->kind = EXPR_REAL;
		return num_double(plain, (size_t)length, &v->u.r);
	case FORM_BOOLEAN:
		v->kind = EXPR_INT;
		v->u.i = listed(t->trues, p, n);
		return v->u.i || listed(t->falses, p, n) ? 0 : -1;
	case FORM_DATE:
	case FORM_TIME:
	case FORM_DATETIME:
		if (type_moment_parse(t, p, n, &m) == -1)
			return -1;
		v->kind = EXPR_STRING;
		v->u.s.p = text;
		v->u.s.n = type_moment_text(t, &m, text);
		return 0;
	default:
		return -1;
	}
}

int
type_ok(const struct type *t, const char *p, size_t n)
{
	struct number x;
	struct moment m;
	struct duration d;
	struct json j;
	size_t items;
	int64_t v;

	switch (t->form) {
	case FORM_NONE:
		return 1;
	case FORM_EMAIL:
		return type_email_ok(p, n);
	case FORM_URI:
		return type_uri_ok(p, n);
	case FORM_UUID:
		return type_uuid_ok(p, n);
	case FORM_BASE64:
		return type_base64_ok(p, n);
	case FORM_INTEGER:
	case FORM_NUMBER:
		return type_number_parse(t, p, n, &x) == 0;
	case FORM_BOOLEAN:
		return listed(t->trues, p, n) || listed(t->falses, p, n);
	case FORM_OBJECT:
	case FORM_ARRAY:
	case FORM_GEOJSON:
	case FORM_TOPOJSON:
		return type_json_parse(t, p, n, &j) == 0;
	case FORM_LIST:
		return parse_list(t, p, n, NULL, &items) == 0;
	case FORM_DATE:
	case FORM_TIME:
	case FORM_DATETIME:
		return type_moment_parse(t, p, n, &m) == 0;
	case FORM_YEAR:
	case FORM_YEARMONTH:
		return type_year_parse(t, p, n, &v) == 0;
	case FORM_DURATION:
		return type_duration_parse(p, n, &d) == 0;
	case FORM_POINT:
	case FORM_POINT_ARRAY:
	case FORM_POINT_OBJECT:
		return type_point_parse(t, p, n, NULL) == 0;
	}
	return 0;
}

int
type_checks(const struct type *t)
{
	return t->form != FORM_NONE;
}

int
type_quick(const struct type *t)
{
	return t->quick != QUICK_NONE || t->form == FORM_BOOLEAN;
}

const char *
type_complaint(const struct type *t)
{
	return t->complaint;
}

int
type_key_is_text(const struct type *t)
{
	return t->form == FORM_NONE;
}

int
type_ordered(const struct type *t)
{
	return (t->form >= FORM_DATE && t->form <= FORM_DURATION) ||
	    t->form == FORM_INTEGER || t->form == FORM_NUMBER;
}

int
type_order(const struct type *t, const void *a, size_t na, const void *b,
    size_t nb)
{
	int c;

	if (t->form == FORM_DURATION)
		return type_duration_order(a, na, b, nb);
	if ((t->form == FORM_NUMBER || t->form == FORM_INTEGER) &&
	    (*(const char *)a == TYPE_KEY_NAN ||
	    *(const char *)b == TYPE_KEY_NAN))
		return 2;
	c = memcmp(a, b, na < nb ? na : nb);
	if (c == 0)
		return na < nb ? -1 : na > nb;
	return c < 0 ? -1 : 1;
}

size_t
type_length(const struct type *t, const char *p, size_t n)
{
	struct json j;
	size_t items;

	switch (t->form) {
	case FORM_OBJECT:
	case FORM_ARRAY:
	case FORM_GEOJSON:
	case FORM_TOPOJSON:
		(void)type_json_parse(t, p, n, &j);
		return j.members;
	case FORM_LIST:
		(void)parse_list(t, p, n, NULL, &items);
		return items;
	default:
		return type_characters(p, n);
	}
}

static int
set_moment(struct type *t, const char *format, const char *what,
    const char *standard, struct fault *f)
{
	if (format == NULL || strcmp(format, "default") == 0) {
		t->pattern = NULL;
	} else if (strcmp(format, "any") == 0) {
		t->any = 1;
	} else {
		if (strncmp(format, "fmt:", 4) == 0)
			format += 4;
		if (!type_moment_pattern(format))
			return fault_set(f, "%s format has a directive that "
			    "is not known", what);
		t->pattern = format;
	}
	(void)snprintf(t->complaint, sizeof t->complaint, "not a %s (%.60s)",
	    what, t->pattern != NULL ? t->pattern : standard);
	return 0;
}

static int
set_string(struct type *t, const char *format, struct fault *f)
{
	static const struct {
		const char *name;
		enum form form;
		const char *complaint;
	} formats[] = {
		{ "default", FORM_NONE, "not a string" },
		{ "email", FORM_EMAIL, "not an email address" },
		{ "uri", FORM_URI, "not a URI" },
		{ "uuid", FORM_UUID, "not a UUID" },
		{ "binary", FORM_BASE64, "not base64" },
	};
	size_t i;

	for (i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		if (format != NULL && strcmp(format, formats[i].name) != 0)
			continue;
		t->form = formats[i].form;
		(void)strcpy(t->complaint, formats[i].complaint);
		return 0;
	}
	return fault_set(f, "a string has no format \"%.60s\"", format);
}

static int
set_json(struct type *t, const struct spec_field *s, struct fault *f)
{
	const char *format = s->format != NULL ? s->format : "default";
	int standard = strcmp(format, "default") == 0;

	switch (s->type) {
	case SPEC_OBJECT:
		t->form = FORM_OBJECT;
		(void)strcpy(t->complaint, "not a JSON object");
		break;
	case SPEC_ARRAY:
		t->form = FORM_ARRAY;
		(void)strcpy(t->complaint, "not a JSON array");
		break;
	case SPEC_GEOJSON:
		t->form = FORM_GEOJSON;
		(void)strcpy(t->complaint, "not a GeoJSON object");
		if (strcmp(format, "topojson") == 0) {
			t->form = FORM_TOPOJSON;
			(void)strcpy(t->complaint, "not a TopoJSON object");
			standard = 1;
		}
		break;
	default:
		t->form = FORM_POINT;
		(void)strcpy(t->complaint, "not a point (lon, lat)");
		if (strcmp(format, "array") == 0) {
			t->form = FORM_POINT_ARRAY;
			(void)strcpy(t->complaint, "not a point ([lon, lat])");
			standard = 1;
		} else if (strcmp(format, "object") == 0) {
			t->form = FORM_POINT_OBJECT;
			(void)strcpy(t->complaint,
			    "not a point ({\"lon\": x, \"lat\": y})");
			standard = 1;
		}
		break;
	}
	if (!standard)
		return fault_set(f, "the type has no format \"%.60s\"", format);
	return 0;
}

static int
set_list(struct type *t, const struct spec_field *s, struct fault *f)
{
	struct spec_field item = *s;

	switch (s->item_type) {
	case SPEC_ANY:
	case SPEC_STRING:
		item.type = SPEC_STRING;
		break;
	case SPEC_INTEGER:
	case SPEC_NUMBER:
	case SPEC_BOOLEAN:
	case SPEC_DATETIME:
	case SPEC_DATE:
	case SPEC_TIME:
		item.type = s->item_type;
		break;
	default:
		return fault_set(f, "a list's items cannot have this type");
	}
	item.format = NULL;
	item.group_char = NULL;
	item.decimal_char = NULL;
	item.bare_number = 1;
	t->form = FORM_LIST;
	t->delimiter = s->item_delimiter != NULL ? s->item_delimiter : ",";
	t->ndelimiter = strlen(t->delimiter);
	if (t->ndelimiter == 0)
		return fault_set(f, "a list's delimiter is empty");
	if ((t->item = type_new(&item, f)) == NULL)
		return -1;
	(void)strcpy(t->complaint, "not a list of the items it should hold");
	return 0;
}

static int
set_number(struct type *t, const struct spec_field *s)
{
	int number = s->type == SPEC_NUMBER;

	t->form = number ? FORM_NUMBER : FORM_INTEGER;
	t->decimal = s->decimal_char != NULL ? s->decimal_char : ".";
	t->ndecimal = strlen(t->decimal);
	t->group = s->group_char;
	t->ngroup = t->group != NULL ? strlen(t->group) : 0;
	if (t->ngroup == 0)
		t->group = NULL;
	t->bare = s->bare_number;
	if (t->bare && t->group == NULL && (!number || (t->ndecimal == 1 &&
	    t->decimal[0] == '.')))
		t->quick = number ? QUICK_NUMBER : QUICK_INTEGER;
	(void)strcpy(t->complaint, number ? "not a number" :
	    "not a whole number");
	return 0;
}

static int
set_form(struct type *t, const struct spec_field *s, struct fault *f)
{
	switch (s->type) {
	case SPEC_ANY:
		t->form = FORM_NONE;
		return 0;
	case SPEC_STRING:
		return set_string(t, s->format, f);
	case SPEC_NUMBER:
	case SPEC_INTEGER:
		return set_number(t, s);
	case SPEC_BOOLEAN:
		t->form = FORM_BOOLEAN;
		t->trues = s->true_values.n > 0 ? &s->true_values : &trues;
		t->falses = s->false_values.n > 0 ? &s->false_values : &falses;
		(void)strcpy(t->complaint, "not a true or false value");
		return 0;
	case SPEC_OBJECT:
	case SPEC_ARRAY:
	case SPEC_GEOJSON:
	case SPEC_GEOPOINT:
		return set_json(t, s, f);
	case SPEC_LIST:
		return set_list(t, s, f);
	case SPEC_DATE:
		t->form = FORM_DATE;
		if (set_moment(t, s->format, "date", "YYYY-MM-DD", f) == -1)
			return -1;
		t->quick = t->pattern == NULL ? QUICK_DATE : QUICK_NONE;
		return 0;
	case SPEC_TIME:
		t->form = FORM_TIME;
		if (set_moment(t, s->format, "time", "HH:MM:SS", f) == -1)
			return -1;
		t->quick = t->pattern == NULL ? QUICK_TIME : QUICK_NONE;
		return 0;
	case SPEC_DATETIME:
		t->form = FORM_DATETIME;
		return set_moment(t, s->format, "date and time",
		    "YYYY-MM-DDTHH:MM:SS", f);
	case SPEC_YEAR:
		t->form = FORM_YEAR;
		(void)strcpy(t->complaint, "not a year (YYYY)");
		return 0;
	case SPEC_YEARMONTH:
		t->form = FORM_YEARMONTH;
		(void)strcpy(t->complaint, "not a year and month (YYYY-MM)");
		return 0;
	case SPEC_DURATION:
		t->form = FORM_DURATION;
		(void)strcpy(t->complaint, "not a duration (P1Y2M3DT4H5M6S)");
		return 0;
	}
	return fault_set(f, "a type that is not known");
}

struct type *
type_new(const struct spec_field *s, struct fault *f)
{
	struct type *t = mem_zero(1, sizeof *t);

	if (set_form(t, s, f) == -1) {
		type_free(t);
		return NULL;
	}
	return t;
}

void
type_free(struct type *t)
{
	if (t == NULL)
		return;
	type_free(t->item);
	free(t);
}

/* JSON objects and arrays, and points on the earth. */
#include "spec/jsontree.h"
#include "spec/types_form.h"

static void
json_space(struct json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' ||
	    *j->p == '\n' || *j->p == '\r'))
		j->p++;
}

static int
json_string(struct json *j)
{
	int i;

	if (take(&j->p, j->end, '"') == -1)
		return -1;
	while (j->p < j->end && *j->p != '"') {
		if ((unsigned char)*j->p < 0x20)
			return -1;
		if (*j->p++ != '\\')
			continue;
		if (j->p == j->end)
			return -1;
		if (*j->p == 'u') {
			for (i = 1; i <= 4; i++)
				if (j->end - j->p <= i || !(digit(j->p[i]) ||
				    (lower(j->p[i]) >= 'a' &&
				    lower(j->p[i]) <= 'f')))
					return -1;
			j->p += 4;
		} else if (strchr("\"\\/bfnrt", *j->p) == NULL) {
			return -1;
		}
		j->p++;
	}
	return take(&j->p, j->end, '"');
}

static int
json_number(struct json *j)
{
	(void)take(&j->p, j->end, '-');
	if (j->p == j->end || !digit(*j->p))
		return -1;
	if (*j->p == '0')
		j->p++;
	else
		while (j->p < j->end && digit(*j->p))
			j->p++;
	if (j->p < j->end && *j->p == '.') {
		if (++j->p == j->end || !digit(*j->p))
			return -1;
		while (j->p < j->end && digit(*j->p))
			j->p++;
	}
	if (j->p < j->end && (*j->p == 'e' || *j->p == 'E')) {
		j->p++;
		if (j->p < j->end && (*j->p == '+' || *j->p == '-'))
			j->p++;
		if (j->p == j->end || !digit(*j->p))
			return -1;
		while (j->p < j->end && digit(*j->p))
			j->p++;
	}
	return 0;
}

static int
json_word(struct json *j, const char *word)
{
	size_t n = strlen(word);

	if (!begins(j->p, j->end, word, n))
		return -1;
	j->p += n;
	return 0;
}

static int
json_value(struct json *j, int depth)
{
	char close;
	const char *key, *value;
	size_t nkey;

	if (j->p == j->end || depth > JSONTREE_DEPTH)
		return -1;
	switch (*j->p) {
	case '"':
		return json_string(j);
	case 't':
		return json_word(j, "true");
	case 'f':
		return json_word(j, "false");
	case 'n':
		return json_word(j, "null");
	case '{':
		close = '}';
		break;
	case '[':
		close = ']';
		break;
	default:
		return json_number(j);
	}
	j->p++;
	json_space(j);
	if (take(&j->p, j->end, close) == 0)
		return 0;
	for (;;) {
		key = NULL;
		nkey = 0;
		json_space(j);
		if (close == '}') {
			key = j->p;
			if (json_string(j) == -1)
				return -1;
			nkey = (size_t)(j->p - key);
			json_space(j);
			if (take(&j->p, j->end, ':') == -1)
				return -1;
			json_space(j);
		}
		value = j->p;
		if (json_value(j, depth + 1) == -1)
			return -1;
		if (depth == 0) {
			j->members++;
			if (nkey == 6 && memcmp(key, "\"type\"", 6) == 0 &&
			    *value == '"') {
				j->type = value + 1;
				j->ntype = (size_t)(j->p - value - 2);
			}
		}
		json_space(j);
		if (take(&j->p, j->end, ',') == 0)
			continue;
		return take(&j->p, j->end, close);
	}
}

int
type_json_parse(const struct type *t, const char *p, size_t n, struct json *j)
{
	static const char *const geo[] = { "Point", "MultiPoint", "LineString",
		"MultiLineString", "Polygon", "MultiPolygon",
		"GeometryCollection", "Feature", "FeatureCollection" };
	size_t i;

	memset(j, 0, sizeof *j);
	j->p = p;
	j->end = p + n;
	json_space(j);
	if (j->p == j->end || *j->p != (t->form == FORM_ARRAY ? '[' : '{') ||
	    json_value(j, 0) == -1)
		return -1;
	json_space(j);
	if (j->p != j->end)
		return -1;
	if (t->form == FORM_TOPOJSON)
		return j->ntype == 8 && memcmp(j->type, "Topology", 8) == 0 ?
		    0 : -1;
	if (t->form != FORM_GEOJSON)
		return 0;
	for (i = 0; i < sizeof geo / sizeof geo[0]; i++)
		if (strlen(geo[i]) == j->ntype &&
		    memcmp(geo[i], j->type, j->ntype) == 0)
			return 0;
	return -1;
}

/* A coordinate within -limit..limit; its key goes to b unless NULL. */
static int
scan_degrees(const char **p, const char *end, const char *limit,
    struct buf *b)
{
	struct buf own = { 0 }, bound = { 0 };
	struct number x;
	const char *q;
	int rc = -1;

	if (*p == end || (!digit(**p) && **p != '-' && **p != '+' &&
	    **p != '.'))
		return -1;
	if ((q = type_number_scan(&type_plain_number, *p, end, &x)) == NULL)
		return -1;
	*p = q;
	if (b != NULL)
		type_number_key(b, &x);
	x.negative = 0;
	type_number_key(&own, &x);
	(void)type_key(&type_plain_number, limit, strlen(limit), &bound);
	if (type_order(&type_plain_number, own.p, own.n, bound.p, bound.n) <= 0)
		rc = 0;
	buf_free(&own);
	buf_free(&bound);
	return rc;
}

static void
skip_blanks(const char **p, const char *end)
{
	while (*p < end && **p == ' ')
		(*p)++;
}

int
type_point_parse(const struct type *t, const char *p, size_t n, struct buf *b)
{
	const char *end = p + n;
	int i, seen = 0;

	if (t->form == FORM_POINT_OBJECT) {
		struct buf degrees[2] = { { 0 }, { 0 } };
		int rc = -1;

		skip_blanks(&p, end);
		if (take(&p, end, '{') == -1)
			return -1;
		for (i = 0; i < 2; i++) {
			int lat;

			skip_blanks(&p, end);
			if (!begins(p, end, "\"lon\"", 5) &&
			    !begins(p, end, "\"lat\"", 5))
				goto out;
			lat = p[2] == 'a';
			seen |= 1 << lat;
			p += 5;
			skip_blanks(&p, end);
			if (take(&p, end, ':') == -1)
				goto out;
			skip_blanks(&p, end);
			if (scan_degrees(&p, end, lat ? "90" : "180",
			    &degrees[lat]) == -1)
				goto out;
			skip_blanks(&p, end);
			if (take(&p, end, i == 0 ? ',' : '}') == -1)
				goto out;
		}
		skip_blanks(&p, end);
		if (seen == 3 && p == end) {
			rc = 0;
			for (i = 0; b != NULL && i < 2; i++) {
				put_be(b, degrees[i].n, 4);
				buf_put(b, degrees[i].p, degrees[i].n);
			}
		}
out:
		buf_free(&degrees[0]);
		buf_free(&degrees[1]);
		return rc;
	}
	skip_blanks(&p, end);
	if (t->form == FORM_POINT_ARRAY && take(&p, end, '[') == -1)
		return -1;
	for (i = 0; i < 2; i++) {
		size_t at = 0;

		skip_blanks(&p, end);
		if (b != NULL) {
			at = b->n;
			put_be(b, 0, 4);
		}
		if (scan_degrees(&p, end, i == 0 ? "180" : "90", b) == -1)
			return -1;
		if (b != NULL)
			patch_length(b, at);
		skip_blanks(&p, end);
		if (i == 0 && take(&p, end, ',') == -1)
			return -1;
	}
	if (t->form == FORM_POINT_ARRAY && take(&p, end, ']') == -1)
		return -1;
	skip_blanks(&p, end);
	return p == end ? 0 : -1;
}

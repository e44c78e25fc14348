/* What is asked, in the words of the options. */
#include "tally/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "csv/lookup.h"

static int
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int
name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int
name_part(char c)
{
	return name_start(c) || (c >= '0' && c <= '9');
}

int
tally_list_next(const char **at, const char **p, size_t *n, struct fault *f)
{
	const char *s = *at, *end;
	int depth = 0;

	if (s == NULL)
		return 0;
	for (end = s; *end != '\0' && (*end != ',' || depth > 0); end++) {
		if (*end == '\'' || *end == '"') {
			const char *close = strchr(end + 1, *end);

			if (close == NULL)
				return fault_set(f, "a quote is open in the "
				    "list");
			end = close;
		} else if (*end == '(') {
			depth++;
		} else if (*end == ')' && --depth < 0) {
			return fault_set(f, "a parenthesis closes that was "
			    "not open in the list");
		}
	}
	if (depth > 0)
		return fault_set(f, "a parenthesis is open in the list");
	*at = *end == ',' ? end + 1 : NULL;
	while (s < end && blank(*s))
		s++;
	while (end > s && blank(end[-1]))
		end--;
	if (s == end)
		return fault_set(f, "an element of the list is empty");
	*p = s;
	*n = (size_t)(end - s);
	return 1;
}

/* NAME=EXPR: the length of NAME, and where EXPR begins; 0: no name. */
static size_t
name_of(const char *p, size_t n, size_t *expression)
{
	size_t i = 0, name;

	if (n == 0 || !name_start(p[0]))
		return 0;
	while (i < n && name_part(p[i]))
		i++;
	name = i;
	while (i < n && blank(p[i]))
		i++;
	if (i == n || p[i] != '=' || (i + 1 < n && p[i + 1] == '='))
		return 0;
	for (i++; i < n && blank(p[i]); i++)
		;
	*expression = i;
	return name;
}

/* A quoted identifier is named without its quotes. */
static char *
plain_name(const char *p, size_t n)
{
	if (n > 2 && p[0] == '"' && p[n - 1] == '"' &&
	    memchr(p + 1, '"', n - 2) == NULL)
		return mem_strndup(p + 1, n - 2);
	return mem_strndup(p, n);
}

static int
split(const char *p, size_t n, char **name, char **text, struct fault *f)
{
	size_t expression = 0, name_n = name_of(p, n, &expression);

	if (name_n > 0 && expression == n)
		return fault_set(f, "%.*s= has no expression", (int)name_n, p);
	*name = name_n > 0 ? mem_strndup(p, name_n) : NULL;
	*text = mem_strndup(p + expression, n - expression);
	return 0;
}

void
tally_request_free(struct tally_request *r)
{
	size_t i;

	for (i = 0; i < r->nby; i++) {
		free(r->by[i].name);
		free(r->by[i].text);
		free(r->by[i].file);
		free(r->by[i].key);
		free(r->by[i].value);
	}
	for (i = 0; i < r->nmeasures; i++) {
		free(r->measures[i].name);
		free(r->measures[i].text);
		free(r->measures[i].weight);
	}
	free(r->by);
	free(r->measures);
	free(r->where);
	memset(r, 0, sizeof *r);
}

int
tally_request_by(struct tally_request *r, const char *list, struct fault *f)
{
	const char *p;
	size_t n;
	int more;

	while ((more = tally_list_next(&list, &p, &n, f)) == 1) {
		struct tally_named *b;

		r->by = mem_array(r->by, r->nby + 1, sizeof *r->by);
		b = &r->by[r->nby];
		memset(b, 0, sizeof *b);
		if (split(p, n, &b->name, &b->text, f) == -1)
			return -1;
		if (b->name == NULL)
			b->name = plain_name(b->text, strlen(b->text));
		r->nby++;
	}
	return more;
}

int
tally_request_by_list(struct tally_request *r, const char *text,
    struct fault *f)
{
	struct csv_lookup_words w;
	struct tally_named *b;

	if (csv_lookup_split(text, &w) == -1)
		return fault_set(f, "--by-list needs NAME=FIELD or "
		    "NAME=FILE:KEY:VALUE");
	r->by = mem_array(r->by, r->nby + 1, sizeof *r->by);
	b = &r->by[r->nby++];
	memset(b, 0, sizeof *b);
	b->name = mem_strdup(w.name);
	b->text = mem_strdup(w.file == NULL ? w.rest : w.field);
	b->file = mem_strdup(w.file == NULL ? w.name : w.file);
	if (w.file != NULL) {
		b->key = mem_strdup(w.key);
		b->value = mem_strdup(w.value);
	}
	free(w.name);
	return 0;
}

static const char *
prefix_of(enum tally_kind kind)
{
	static const char *const prefixes[] = { "count", "sum", "mean", "min",
		"max", "median", "quantile", "variance", "sd", "distinct",
		"share" };

	return prefixes[kind];
}

/* "0.95" as 95 / 100, and the name's part "p95". */
static int
fraction(const char *p, size_t n, struct tally_measure *m, struct fault *f)
{
	num_wide v;
	unsigned scale = num_text_scale(p, n), i;

	if (scale > 9 || num_decimal(p, n, scale, &v) != 0)
		return fault_set(f, "--quantile needs P:EXPR, P from 0 to 1 "
		    "with at most nine digits");
	for (i = 0, m->p_of = 1; i < scale; i++)
		m->p_of *= 10;
	if (v < 0 || v > (num_wide)m->p_of)
		return fault_set(f, "--quantile needs P from 0 to 1");
	m->p = (uint64_t)v;
	return 0;
}

static int
add(struct tally_request *r, enum tally_kind kind, const char *p, size_t n,
    struct fault *f)
{
	struct tally_measure *m;
	const char *head = NULL, *colon;
	char *plain;
	size_t head_n = 0;

	r->measures = mem_array(r->measures, r->nmeasures + 1,
	    sizeof *r->measures);
	m = &r->measures[r->nmeasures];
	memset(m, 0, sizeof *m);
	m->kind = kind;
	if (split(p, n, &m->name, &m->text, f) == -1)
		return -1;
	r->nmeasures++;
	if (kind == TALLY_QUANTILE) {
		char *rest;

		head = m->text;
		if ((colon = strchr(head, ':')) == NULL || colon[1] == '\0')
			return fault_set(f, "--quantile needs P:EXPR, such "
			    "as 0.9:cost");
		head_n = (size_t)(colon - head);
		if (fraction(head, head_n, m, f) == -1)
			return -1;
		if (m->name == NULL) {
			plain = plain_name(colon + 1, strlen(colon + 1));
			m->name = mem_printf("p%.*s_%s", (int)head_n, head,
			    plain);
			free(plain);
		}
		rest = mem_strdup(colon + 1);
		free(m->text);
		m->text = rest;
	}
	if (m->name != NULL)
		return 0;
	if (kind == TALLY_SHARE)
		return fault_set(f, "--share needs NAME=EXPR");
	plain = plain_name(m->text, strlen(m->text));
	m->name = mem_printf("%s_%s", prefix_of(kind), plain);
	free(plain);
	return 0;
}

int
tally_request_measure(struct tally_request *r, enum tally_kind kind,
    const char *list, struct fault *f)
{
	const char *p;
	size_t n;
	int more;

	if (kind == TALLY_COUNT) {
		struct tally_measure *m;

		r->measures = mem_array(r->measures, r->nmeasures + 1,
		    sizeof *r->measures);
		m = &r->measures[r->nmeasures++];
		memset(m, 0, sizeof *m);
		m->kind = kind;
		m->name = mem_strdup("count");
		m->text = mem_strdup("");
		return 0;
	}
	while ((more = tally_list_next(&list, &p, &n, f)) == 1)
		if (add(r, kind, p, n, f) == -1)
			return -1;
	return more;
}

/* The first colon outside quotes and parentheses; NULL: none. */
static char *
colon_of(char *s)
{
	int depth = 0;

	for (; *s != '\0' && (*s != ':' || depth > 0); s++) {
		if (*s == '\'' || *s == '"')
			s = strchr(s + 1, *s);
		else
			depth += *s == '(' ? 1 : *s == ')' ? -1 : 0;
	}
	return *s == ':' ? s : NULL;
}

/* One "WEIGHT:EXPR", which may have a name. */
static int
add_weighted(struct tally_request *r, enum tally_kind kind, const char *p,
    size_t n, struct fault *f)
{
	struct tally_measure *m;
	char *colon, *text, *plain;

	r->measures = mem_array(r->measures, r->nmeasures + 1,
	    sizeof *r->measures);
	m = &r->measures[r->nmeasures];
	memset(m, 0, sizeof *m);
	m->kind = kind;
	if (split(p, n, &m->name, &m->weight, f) == -1)
		return -1;
	r->nmeasures++;
	colon = colon_of(m->weight);
	if (colon == NULL || colon == m->weight || colon[1] == '\0')
		return fault_set(f, "--weighted-%s needs WEIGHT:EXPR, such "
		    "as population:rate", prefix_of(kind));
	*colon = '\0';
	for (text = colon + 1; blank(*text); text++)
		;
	m->text = mem_strdup(text);
	if (m->name == NULL) {
		plain = plain_name(m->text, strlen(m->text));
		m->name = mem_printf("weighted_%s_%s", prefix_of(kind),
		    plain);
		free(plain);
	}
	return 0;
}

int
tally_request_weighted(struct tally_request *r, enum tally_kind kind,
    const char *list, struct fault *f)
{
	const char *p;
	size_t n;
	int more;

	while ((more = tally_list_next(&list, &p, &n, f)) == 1)
		if (add_weighted(r, kind, p, n, f) == -1)
			return -1;
	return more;
}

void
tally_request_where(struct tally_request *r, const char *text)
{
	char *both;

	if (r->where == NULL) {
		r->where = mem_strdup(text);
		return;
	}
	both = mem_printf("(%s) AND (%s)", r->where, text);
	free(r->where);
	r->where = both;
}

int
tally_request_check(const struct tally_request *r, struct fault *f)
{
	size_t i, j, n = r->nby + r->nmeasures;

	if (r->nmeasures == 0)
		return fault_set(f, "nothing to measure: give --count or "
		    "another measure");
	if (r->margins == TALLY_CUBE && r->nby > 16)
		return fault_set(f, "--cube takes at most 16 groupings, not "
		    "%zu: each one doubles the table", r->nby);
	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++) {
			const char *a = i < r->nby ? r->by[i].name :
			    r->measures[i - r->nby].name;
			const char *b = j < r->nby ? r->by[j].name :
			    r->measures[j - r->nby].name;

			if (strcmp(a, b) == 0)
				return fault_set(f, "two columns of the "
				    "output would be called %s; name one "
				    "with NAME=EXPR", a);
		}
	return 0;
}

static uint64_t
fnv(uint64_t h, const char *s)
{
	size_t i, n = strlen(s) + 1; /* its end too: parts stay apart */

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3ULL;
	return h;
}

uint64_t
tally_request_digest(const struct tally_request *r)
{
	uint64_t h = 0xcbf29ce484222325ULL;
	char t[64];
	size_t i;

	for (i = 0; i < r->nby; i++) {
		h = fnv(h, "by");
		h = fnv(h, r->by[i].name);
		h = fnv(h, r->by[i].text);
	}
	for (i = 0; i < r->nmeasures; i++) {
		const struct tally_measure *m = &r->measures[i];

		h = fnv(h, prefix_of(m->kind));
		h = fnv(h, m->name);
		h = fnv(h, m->text);
		if (m->weight != NULL)
			h = fnv(h, m->weight);
		(void)snprintf(t, sizeof t, "%llu/%llu",
		    (unsigned long long)m->p, (unsigned long long)m->p_of);
		h = fnv(h, t);
	}
	h = fnv(h, r->where != NULL ? r->where : "");
	return fnv(h, r->digest_extra != NULL ? r->digest_extra : "");
}

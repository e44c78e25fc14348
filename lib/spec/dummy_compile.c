/* Parts that recipes and plain fields of artificial records share. */
#include "spec/dummy_compile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check/check.h"

int
dummy_bad(struct dummy_compiler *c, const char *what, const char *word)
{
	return fault_at(c->f, c->path, 0, "%s%s%s%s%.120s",
	    c->slot != NULL ? "field " : "", c->slot != NULL ? c->slot : "",
	    c->slot != NULL ? ": " : "", what, word);
}

struct dummy_text
dummy_text_new(struct dummy_compiler *c, const char *s)
{
	size_t n = strlen(s);
	char *p = arena_alloc(&c->r->arena, n + 17);
	struct dummy_text t;

	memset(p, 0, n + 17);
	memcpy(p, s, n);
	t.p = p;
	t.n = (uint32_t)n;
	t.quote = strpbrk(s, ",\"\r\n") != NULL;
	return t;
}

void *
dummy_zero(struct dummy_compiler *c, size_t n, size_t size)
{
	void *p = arena_alloc(&c->r->arena, n * size + 1);

	memset(p, 0, n * size + 1);
	return p;
}

struct dummy_gen *
dummy_gen_new(struct dummy_compiler *c, enum dummy_form form)
{
	struct dummy_gen *g = dummy_zero(c, 1, sizeof *g);

	g->form = form;
	g->check = -1;
	g->max_length = DUMMY_PATTERN_MAX;
	g->first = UINT32_MAX;
	return g;
}

uint32_t
dummy_share32(double p)
{
	return p >= 1 ? UINT32_MAX : (uint32_t)(p * 4294967296.0);
}

void
dummy_choice_make(struct arena *arena, struct dummy_choice *c,
    const double *weights, size_t n)
{
	uint32_t *small = mem_array(NULL, n + 1, sizeof *small);
	uint32_t *large = mem_array(NULL, n + 1, sizeof *large);
	double *p = mem_array(NULL, n + 1, sizeof *p), sum = 0;
	size_t i, ns = 0, nl = 0;

	for (i = 0; i < n; i++)
		sum += weights[i];
	c->n = (uint32_t)n;
	c->cut = arena_alloc(arena, n * sizeof *c->cut + 1);
	c->other = arena_alloc(arena, n * sizeof *c->other + 1);
	for (i = 0; i < n; i++) {
		p[i] = weights[i] * (double)n / sum;
		c->cut[i] = UINT32_MAX;
		c->other[i] = (uint32_t)i;
		if (p[i] < 1)
			small[ns++] = (uint32_t)i;
		else
			large[nl++] = (uint32_t)i;
	}
	while (ns > 0 && nl > 0) {
		uint32_t s = small[--ns], l = large[nl - 1];

		c->cut[s] = dummy_share32(p[s]);
		c->other[s] = l;
		p[l] -= 1 - p[s];
		if (p[l] < 1) {
			nl--;
			small[ns++] = l;
		}
	}
	free(small);
	free(large);
	free(p);
}

void
dummy_skewed(double *w, size_t n, double s)
{
	size_t i;

	for (i = 0; i < n; i++)
		w[i] = pow((double)(i + 1), -s);
}

/* Verhoeff's check digit (1969), dihedral group D5. */
static char
verhoeff(const char *p, size_t n)
{
	static const unsigned char times[10][10] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 },
		{ 1, 2, 3, 4, 0, 6, 7, 8, 9, 5 },
		{ 2, 3, 4, 0, 1, 7, 8, 9, 5, 6 },
		{ 3, 4, 0, 1, 2, 8, 9, 5, 6, 7 },
		{ 4, 0, 1, 2, 3, 9, 5, 6, 7, 8 },
		{ 5, 9, 8, 7, 6, 0, 4, 3, 2, 1 },
		{ 6, 5, 9, 8, 7, 1, 0, 4, 3, 2 },
		{ 7, 6, 5, 9, 8, 2, 1, 0, 4, 3 },
		{ 8, 7, 6, 5, 9, 3, 2, 1, 0, 4 },
		{ 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 },
	};
	static const unsigned char turn[8][10] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 },
		{ 1, 5, 7, 6, 2, 8, 3, 0, 9, 4 },
		{ 5, 8, 0, 3, 7, 9, 6, 1, 4, 2 },
		{ 8, 9, 1, 6, 0, 4, 3, 5, 2, 7 },
		{ 9, 4, 5, 3, 1, 2, 6, 8, 7, 0 },
		{ 4, 2, 8, 6, 5, 7, 3, 9, 0, 1 },
		{ 2, 7, 9, 3, 8, 0, 6, 4, 1, 5 },
		{ 7, 0, 4, 6, 9, 1, 3, 2, 5, 8 },
	};
	static const char inverse[] = "0432156789";
	unsigned c = 0;
	size_t i;

	for (i = 0; i < n; i++)
		c = times[c][turn[(i + 1) % 8][p[n - 1 - i] - '0']];
	return inverse[c];
}

size_t
dummy_sctid(char *to, struct dummy_random *rnd)
{
	size_t n = 5 + dummy_below(rnd, 4), i;

	to[0] = (char)('1' + dummy_below(rnd, 9));
	for (i = 1; i < n; i++)
		to[i] = (char)('0' + dummy_below(rnd, 10));
	to[n] = to[n + 1] = '0';
	to[n + 2] = verhoeff(to, n + 2);
	return n + 3;
}

size_t
dummy_source_find(struct dummy_compiler *c, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < c->r->nsources; i++)
		if (strlen(c->r->sources[i].name) == n &&
		    memcmp(c->r->sources[i].name, name, n) == 0)
			return i;
	return (size_t)-1;
}

size_t
dummy_column_add(
    struct dummy_compiler *c, struct dummy_source *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->ncolumns; i++)
		if (strcmp(s->columns[i].name, name) == 0)
			return i;
	s->columns = mem_array(s->columns, s->ncolumns + 1,
	    sizeof *s->columns);
	memset(&s->columns[s->ncolumns], 0, sizeof *s->columns);
	s->columns[s->ncolumns].name = arena_string(&c->r->arena, name);
	return s->ncolumns++;
}

long
dummy_slot_find(const struct dummy_compiler *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->r->nslots; i++)
		if (strcmp(c->r->slots[i].name, name) == 0)
			return (long)i;
	return -1;
}

void
dummy_uniform(
    struct dummy_compiler *c, struct dummy_gen *g, int64_t min, int64_t max)
{
	g->nquantiles = 2;
	g->quantiles = dummy_zero(c, 2, sizeof *g->quantiles);
	g->quantiles[0] = min;
	g->quantiles[1] = max + 1;
}

int
dummy_pool(struct dummy_compiler *c, struct dummy_gen *g, size_t n, double skew)
{
	struct dummy_random rnd = dummy_stream(dummy_key(c->o->seed ^
	    0x706f6f6cULL, c->r->nslots), 0, 0);
	char text[DUMMY_PATTERN_MAX + 1];
	double *w = mem_array(NULL, n, sizeof *w);
	size_t i, k, tries;

	g->texts = dummy_zero(c, n, sizeof *g->texts);
	for (i = 0; i < n; i++) {
		for (tries = 0; tries < 10000; tries++) {
			k = g->form == DUMMY_SCTID ?
			    dummy_sctid(text, &rnd) :
			    dummy_pattern_make(g->pattern, &rnd, text);
			if (k >= g->min_length && k <= g->max_length &&
			    (g->check == -1 ||
			    check_ok((enum check_kind)g->check, text, k)))
				break;
		}
		if (tries == 10000) {
			free(w);
			return dummy_bad(c,
			    "the pattern's texts do not pass the "
			    "check or the length",
			    "");
		}
		text[k] = '\0';
		g->texts[i] = dummy_text_new(c, text);
	}
	dummy_skewed(w, n, skew);
	dummy_choice_make(&c->r->arena, &g->choice, w, n);
	free(w);
	g->form = DUMMY_CHOICE;
	g->check = -1;
	return 0;
}

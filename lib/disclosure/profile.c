/* The rules of one publisher. */
#include "disclosure/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/share.h"
#include "csv/writer.h"
#include "spec/doc.h"
#include "tally/number.h"

#define LARGEST ((int64_t)1000000000)

void
disclosure_profile_free(struct disclosure_profile *p)
{
	if (p == NULL)
		return;
	free(p->name);
	free(p->symbol);
	free(p->withheld);
	free(p->cellkey_table);
	free(p);
}

static int
get_integer(const struct doc_at *at, const char *key, int64_t min,
    uint64_t *to, struct fault *f)
{
	struct doc_at m;
	int64_t v;

	if (!doc_member(at, key, &m))
		return 0;
	if (doc_integer(&m, min, LARGEST, &v, f) == -1)
		return -1;
	*to = (uint64_t)v;
	return 0;
}

/* One of two words; *second says which. */
static int
get_word(const struct doc_at *at, const char *key, const char *first,
    const char *second, int *is_second, struct arena *a, struct fault *f)
{
	struct doc_at m;
	const char *word;

	if (!doc_member(at, key, &m))
		return 0;
	if (doc_string(&m, 0, a, &word, f) == -1)
		return -1;
	if (strcmp(word, first) != 0 && strcmp(word, second) != 0)
		return doc_fault(&m, f, "must be \"%s\" or \"%s\"", first,
		    second);
	*is_second = strcmp(word, second) == 0;
	return 0;
}

static int
get_text(const struct doc_at *at, const char *key, char **to,
    struct arena *a, struct fault *f)
{
	struct doc_at m;
	const char *text;

	if (!doc_member(at, key, &m))
		return 0;
	if (doc_string(&m, 0, a, &text, f) == -1)
		return -1;
	free(*to);
	*to = mem_strdup(text);
	return 0;
}

static int
get_object(const struct doc_at *at, const char *key,
    const char *const *known, struct doc_at *to, struct fault *f)
{
	if (!doc_member(at, key, to))
		return 0;
	if (doc_want(to, '{', f) == -1 || doc_known(to, known, f) == -1)
		return -1;
	return 1;
}

static int
read_counts(struct disclosure_profile *p, const struct doc_at *at,
    struct arena *a, struct fault *f)
{
	static const char *const known[] = { "mask", "symbol", "withheld",
		"round", NULL };
	static const char *const mask_keys[] = { "from", "to", NULL };
	static const char *const round_keys[] = { "base", "to", NULL };
	struct doc_at count, m;
	int there;

	if ((there = get_object(at, "count", known, &count, f)) != 1)
		return there;
	if ((there = get_object(&count, "mask", mask_keys, &m, f)) == -1)
		return -1;
	if (there) {
		p->mask = 1;
		p->mask_to = UINT64_MAX;
		if (get_integer(&m, "from", 0, &p->mask_from, f) == -1 ||
		    get_integer(&m, "to", 0, &p->mask_to, f) == -1)
			return -1;
		if (p->mask_to == UINT64_MAX || p->mask_from > p->mask_to)
			return doc_fault(&m, f, "needs \"from\" and a \"to\" "
			    "that is not below it");
	}
	if ((there = get_object(&count, "round", round_keys, &m, f)) == -1 ||
	    (there && (get_integer(&m, "base", 1, &p->base, f) == -1 ||
	    get_word(&m, "to", "nearest", "midpoint", &p->midpoint, a, f) ==
	    -1)))
		return -1;
	if (get_text(&count, "symbol", &p->symbol, a, f) == -1 ||
	    get_text(&count, "withheld", &p->withheld, a, f) == -1)
		return -1;
	if (strcmp(p->symbol, p->withheld) == 0)
		return doc_fault(&count, f, "\"symbol\" and \"withheld\" "
		    "are the same, which would say of a large count that it "
		    "is small");
	return 0;
}

/* The table's path is from the folder of the profile. */
static int
read_cellkey(struct disclosure_profile *p, const struct doc_at *at,
    const char *path, struct arena *a, struct fault *f)
{
	static const char *const known[] = { "table", "threshold", "largest",
		"cycle", NULL };
	const char *table, *slash = strrchr(path, '/');
	struct doc_at m, t;
	int there = get_object(at, "cellkey", known, &m, f);

	if (there != 1)
		return there;
	if (!doc_member(&m, "table", &t))
		return doc_fault(&m, f, "needs a \"table\"");
	if (doc_string(&t, 0, a, &table, f) == -1 ||
	    get_integer(&m, "threshold", 0, &p->cellkey_threshold, f) == -1 ||
	    get_integer(&m, "largest", 1, &p->cellkey_largest, f) == -1 ||
	    get_integer(&m, "cycle", 1, &p->cellkey_cycle, f) == -1)
		return -1;
	if (p->cellkey_cycle > p->cellkey_largest)
		return doc_fault(&m, f, "\"cycle\" is above \"largest\"");
	p->cellkey_table = table[0] == '/' || slash == NULL ?
	    mem_strdup(table) : mem_printf("%.*s/%s", (int)(slash - path),
	    path, table);
	return 0;
}

static int
get_percent(const struct doc_at *at, const char *key, double *to,
    struct fault *f)
{
	struct doc_at m;

	return doc_member(at, key, &m) ? doc_double(&m, 0, 100, to, f) : 0;
}

static int
read_dominance(struct disclosure_profile *p, const struct doc_at *at,
    struct fault *f)
{
	static const char *const known[] = { "largest", "percent",
		"p_percent", "contributors", NULL };
	struct doc_at m;
	int there = get_object(at, "dominance", known, &m, f);

	if (there != 1)
		return there;
	if (get_integer(&m, "largest", 1, &p->largest, f) == -1 ||
	    get_percent(&m, "percent", &p->largest_percent, f) == -1 ||
	    get_percent(&m, "p_percent", &p->p_percent, f) == -1 ||
	    get_integer(&m, "contributors", 1, &p->contributors, f) == -1)
		return -1;
	if ((p->largest > 0) != (p->largest_percent > 0))
		return doc_fault(&m, f, "\"largest\" and \"percent\" go "
		    "together");
	if (p->largest > 16)
		return doc_fault(&m, f, "\"largest\" is above 16");
	return 0;
}

static int
read_rates(struct disclosure_profile *p, const struct doc_at *at,
    struct fault *f)
{
	static const char *const known[] = { "crude_least",
		"standardised_least", "unreliable_below", NULL };
	struct doc_at m;
	int there = get_object(at, "rates", known, &m, f);

	if (there != 1)
		return there;
	return get_integer(&m, "crude_least", 0, &p->crude_least, f) == -1 ||
	    get_integer(&m, "standardised_least", 0, &p->standardised_least,
	    f) == -1 || get_integer(&m, "unreliable_below", 0,
	    &p->unreliable_below, f) == -1 ? -1 : 0;
}

static int
read_rest(struct disclosure_profile *p, const struct doc_at *at,
    struct arena *a, struct fault *f)
{
	static const char *const sum_keys[] = { "base", NULL };
	static const char *const statistic_keys[] = { "least", "extremes",
		"decimals", NULL };
	uint64_t decimals = UINT64_MAX;
	struct doc_at m;
	int there, refuse = 0;

	if ((there = get_object(at, "sum", sum_keys, &m, f)) == -1 ||
	    (there && get_integer(&m, "base", 1, &p->sum_base, f) == -1))
		return -1;
	if ((there = get_object(at, "statistics", statistic_keys, &m, f)) ==
	    -1 || (there && (get_integer(&m, "least", 0, &p->least, f) == -1
	    || get_integer(&m, "decimals", 0, &decimals, f) == -1
	    || get_word(&m, "extremes", "show", "refuse", &refuse, a, f) ==
	    -1)))
		return -1;
	if (decimals != UINT64_MAX && decimals > 15)
		return doc_fault(&m, f, "\"decimals\" is above 15");
	p->decimals = decimals == UINT64_MAX ? -1 : (int)decimals;
	p->extremes = !refuse;
	if (get_integer(at, "interval", 2, &p->interval, f) == -1 ||
	    read_dominance(p, at, f) == -1 || read_rates(p, at, f) == -1)
		return -1;
	return get_word(at, "ratio", "exact", "of-rounded",
	    &p->ratio_of_rounded, a, f);
}

struct disclosure_profile *
disclosure_profile_open(const char *name, struct fault *f)
{
	static const char *const known[] = { "name", "title", "description",
		"source", "count", "sum", "statistics", "ratio", "interval",
		"cellkey", "dominance", "rates", NULL };
	struct disclosure_profile *p = NULL;
	char *path = share_find("disclosure", name, ".json", f);
	struct arena a = { 0 };
	struct doc *doc;
	struct doc_at root, m;
	const char *called;
	int rc = -1;

	if (path == NULL)
		return NULL;
	if ((doc = doc_open(path, f)) == NULL)
		goto out;
	root = doc_root(doc);
	p = mem_zero(1, sizeof *p);
	p->symbol = mem_strdup("*");
	p->withheld = mem_strdup("[c]");
	p->base = p->sum_base = 1;
	p->extremes = 1;
	p->decimals = -1;
	p->interval = 2;
	if (doc_known(&root, known, f) == -1)
		goto out;
	if (!doc_member(&root, "name", &m)) {
		(void)doc_fault(&root, f, "needs a \"name\"");
		goto out;
	}
	if (doc_string(&m, 0, &a, &called, f) == -1)
		goto out;
	p->name = mem_strdup(called);
	if (read_counts(p, &root, &a, f) == -1 ||
	    read_cellkey(p, &root, path, &a, f) == -1 ||
	    read_rest(p, &root, &a, f) == -1)
		goto out;
	rc = 0;
out:
	if (rc == -1) {
		disclosure_profile_free(p);
		p = NULL;
	}
	arena_free(&a);
	doc_close(doc);
	free(path);
	return p;
}

int
disclosure_masks(const struct disclosure_profile *p, uint64_t n)
{
	return p->mask && n >= p->mask_from && n <= p->mask_to;
}

uint64_t
disclosure_round(const struct disclosure_profile *p, uint64_t n)
{
	uint64_t rest = n % p->base;

	if (p->midpoint) /* 0, then 1..base to its middle, and so on */
		return n == 0 ? 0 : n - (rest == 0 ? p->base : rest) +
		    p->base / 2;
	return rest * 2 >= p->base && rest > 0 ? n - rest + p->base :
	    n - rest;
}

void
disclosure_meant(const struct disclosure_profile *p, uint64_t shown,
    int64_t *lo, int64_t *hi)
{
	uint64_t at = shown > p->base ? shown - p->base : 0, first = 0;
	int found = 0;

	*lo = *hi = (int64_t)shown;
	for (; at <= shown + p->base; at++) {
		if (disclosure_masks(p, at) || disclosure_round(p, at) != shown)
			continue;
		if (!found)
			first = at;
		found = 1;
		*lo = (int64_t)first;
		*hi = (int64_t)at;
	}
}

void
disclosure_seen(const struct disclosure_profile *p, uint64_t n, int64_t *lo,
    int64_t *hi)
{
	if (disclosure_masks(p, n)) {
		*lo = (int64_t)p->mask_from;
		*hi = (int64_t)p->mask_to;
	} else {
		disclosure_meant(p, disclosure_round(p, n), lo, hi);
	}
}

int
disclosure_allows(const struct disclosure_profile *p,
    const struct tally_measure *m, struct fault *f)
{
	if (!p->extremes && (m->kind == TALLY_MIN || m->kind == TALLY_MAX))
		return fault_set(f, "%s: the disclosure profile %s does not "
		    "publish the value of one person, which a minimum and a "
		    "maximum is; leave it out or ask for a quantile",
		    m->name, p->name);
	if (p->unreliable_below > 0 && m->kind == TALLY_SHARE)
		return fault_set(f, "%s: the disclosure profile %s has "
		    "unreliable rates marked, which a table cannot: publish "
		    "the counts, and rates by nib-indicator", m->name,
		    p->name);
	return 0;
}

/* A sum to the nearest multiple of the base, halves away from zero. */
static num_wide
round_sum(const struct disclosure_profile *p, num_wide v, unsigned scale)
{
	num_wide step = (num_wide)p->sum_base * tally_pow10[scale];
	num_wide rest = v % step, up = rest < 0 ? -step : step;

	if (p->sum_base == 1)
		return v;
	return (rest < 0 ? -rest : rest) * 2 >= step ? v - rest + up :
	    v - rest;
}

int
disclosure_counts(const struct tally_measure *m, const struct tally_value *v,
    uint64_t *met)
{
	num_wide sum = m->kind == TALLY_SUM ? v->v : v->sum;

	if ((m->kind != TALLY_SUM && m->kind != TALLY_MEAN) ||
	    m->weight != NULL || v->form == TALLY_NONE ||
	    v->form == TALLY_BAD || sum < 0 ||
	    sum % tally_pow10[v->scale] != 0 ||
	    sum / tally_pow10[v->scale] > (num_wide)v->n)
		return 0;
	*met = (uint64_t)(sum / tally_pow10[v->scale]);
	return 1;
}

int
disclosure_masked(const struct disclosure_profile *p, const struct tally_measure *m,
    const struct tally_value *v)
{
	uint64_t met;

	if (v->unsafe || (disclosure_counts(m, v, &met) &&
	    disclosure_masks(p, met)))
		return 1;
	switch (m->kind) {
	case TALLY_COUNT:
	case TALLY_DISTINCT:
		return v->form == TALLY_NUMBER && disclosure_masks(p, v->n);
	case TALLY_SHARE:
		return disclosure_masks(p, v->n) ||
		    disclosure_masks(p, v->met) || v->met < p->crude_least;
	case TALLY_SUM:
		return disclosure_masks(p, v->n);
	case TALLY_MEAN:
	case TALLY_MIN:
	case TALLY_MAX:
	case TALLY_MEDIAN:
	case TALLY_QUANTILE:
	case TALLY_VARIANCE:
	case TALLY_SD:
		break;
	}
	return disclosure_masks(p, v->n) || v->n < p->least;
}

void
disclosure_put(struct buf *b, const struct disclosure_profile *p,
    const struct tally_measure *m, const struct tally_value *value,
    int with_sum)
{
	struct tally_value v = *value;
	uint64_t met;
	int counts = disclosure_counts(m, &v, &met);

	/* An empty cell says that there is no value, a masked count does not. */
	if (v.form == TALLY_BAD || (v.form == TALLY_NONE &&
	    !disclosure_masks(p, 0)))
		return;
	if (v.form == TALLY_NONE || disclosure_masked(p, m, &v)) {
		csv_put_string(b, p->symbol);
		return;
	}
	if (m->kind == TALLY_COUNT || m->kind == TALLY_DISTINCT) {
		v.v = (num_wide)disclosure_round(p, v.n);
	} else if (m->kind == TALLY_SUM && counts && p->base > 1) {
		v.v = (num_wide)disclosure_round(p, met);
		v.scale = 0;
	} else if (m->kind == TALLY_SUM) {
		v.v = round_sum(p, v.v, v.scale);
		if (p->sum_base > 1) {
			v.v /= tally_pow10[v.scale];
			v.scale = 0;
		}
	} else if (p->ratio_of_rounded && m->kind == TALLY_SHARE) {
		uint64_t n = disclosure_round(p, v.n);

		/* Rounding may put the part above the whole, or n at 0. */
		v.r = n == 0 ? 0 : (double)disclosure_round(p, v.met) /
		    (double)n;
		if (v.r > 1)
			v.r = 1;
	} else if (p->ratio_of_rounded && m->kind == TALLY_MEAN &&
	    (with_sum || counts)) {
		uint64_t n = disclosure_round(p, v.n);

		if (n == 0)
			return;
		v.r = counts ? (double)disclosure_round(p, met) / (double)n :
		    tally_mean(round_sum(p, v.sum, v.scale), v.scale, n);
		if (counts && v.r > 1)
			v.r = 1;
	}
	/* All digits of a quotient give its exact denominator away. */
	if (p->decimals >= 0 && v.form == TALLY_REAL &&
	    m->kind != TALLY_SHARE) {
		num_put_fixed(b, v.r, p->decimals);
		return;
	}
	tally_put_value(b, &v);
}

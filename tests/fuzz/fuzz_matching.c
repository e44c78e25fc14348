/*
 * Fuzz matching files and models: any bytes are one or refused with a
 * reason; what is one can be compiled and applied to records, and a model
 * written again is the model it was.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "linkage/matching.h"
#include "linkage/model.h"
#include "linkage/normal.h"
#include "linkage/relate.h"
#include "linkage/roll.h"
#include "linkage/steps.h"

#define RECORDS 6

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Cells of every type, some of them missing, some of them alike. */
static const char *const cells[RECORDS] = { "9434765919", "1970-05-06", "2",
	"LS1 1UY", "", "Mary-Ann O'Neill" };

static void
make_roll(struct roll *r, struct values *v, const struct matching *m)
{
	struct buf b = { 0 };
	size_t i, s;
	const char *cell;

	memset(r, 0, sizeof *r);
	r->n = RECORDS;
	r->stride = values_nslots(v);
	r->codes = mem_zero(RECORDS * r->stride + 1, sizeof *r->codes);
	for (i = 0; i < RECORDS; i++)
		for (s = 0; s < r->stride; s++) {
			cell = cells[(i / 2 + s) % RECORDS];
			if (normal_cell(&m->fields[values_field(v, s)], cell,
			    strlen(cell), &b))
				r->codes[i * r->stride + s] = values_add(v, s,
				    b.p, b.n);
		}
	buf_free(&b);
}

/* The bytes of a key are equal just where its numbers are. */
static void
compare_keys(const struct matching_tests *t, struct values *v,
    const struct roll *r)
{
	struct relate *rule = relate_new(v, t, NULL);
	struct buf text = { 0 }, key = { 0 }, last = { 0 };
	struct keys_record record;
	uint64_t number, last_number = 0;
	size_t i;

	for (i = 0; i < r->n; i++) {
		buf_clear(&text);
		roll_put_cells(r, v, i, &text);
		(void)keys_record(&record, text.p, r->stride);
		number = relate_key(rule, roll_record(r, i));
		if (keys_make(v, t, &record, &key) != (number != 0))
			abort();
		if (number == 0)
			continue;
		if (last_number != 0 && (number == last_number) !=
		    (key.n == last.n && (key.n == 0 ||
		    memcmp(key.p, last.p, key.n) == 0)))
			abort();
		last_number = number;
		buf_clear(&last);
		buf_put(&last, key.p, key.n);
	}
	buf_free(&text);
	buf_free(&key);
	buf_free(&last);
	relate_free(rule);
}

/* A rule holds for a pair either way round, and for its keys. */
static void
apply(const struct matching_tests *t, struct values *v, const struct roll *r)
{
	struct relate *rule = relate_new(v, t, NULL);
	const uint32_t *a, *b;
	size_t i, k;

	for (i = 0; i < r->n; i++)
		for (k = 0; k < r->n; k++) {
			a = roll_record(r, i);
			b = roll_record(r, k);
			if (relate_holds(rule, a, b) !=
			    relate_holds(rule, b, a))
				abort();
			if (relate_holds(rule, a, b) &&
			    relate_key(rule, a) != relate_key(rule, b))
				abort();
		}
	relate_free(rule);
}

static void
put_nothing(const void *arg, struct buf *to, const struct model_pair *p)
{
	(void)arg;
	(void)to;
	(void)p;
}

static void
use(const struct matching *m)
{
	char used[MATCHING_MAX_FIELDS] = { 0 };
	struct model_scores scores = { 0 };
	const struct model_scoring how = { .threshold = -1e9, .jobs = 1,
		.put = put_nothing };
	struct cohort cohort;
	struct steps_result found = { 0 };
	struct fault f = FAULT_NONE;
	struct values *v;
	struct roll r;
	size_t i;

	steps_fields(m, used);
	model_fields(m, used);
	for (i = 0; i < m->nveto; i++)
		matching_mark(&m->veto[i], used);
	v = values_new(m, used);
	make_roll(&r, v, m);
	for (i = 0; i < m->nsteps; i++)
		if (m->steps[i].nscore == 0) {
			apply(&m->steps[i].all, v, &r);
			compare_keys(&m->steps[i].all, v, &r);
		}
	for (i = 0; i < m->nblocking; i++) {
		apply(&m->blocking[i], v, &r);
		compare_keys(&m->blocking[i], v, &r);
	}
	for (i = 0; i < m->nveto; i++)
		apply(&m->veto[i], v, &r);
	cohort_start(&cohort, v, 0, 0);
	cohort.a = r;
	if (m->nsteps > 0 && steps_run(&found, &cohort, NULL, &f) == -1)
		abort();
	steps_clear(&found);
	if (m->trained && m->ncomparisons <= MODEL_MAX_COMPARISONS) {
		if (model_score(&scores, m, &cohort, &how, &f) == -1)
			abort();
		model_scores_clear(&scores);
	}
	cohort_end(&cohort);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fault f = FAULT_NONE;
	struct matching *m, *again;
	struct buf b = { 0 };

	m = matching_parse("fuzz.json", (const char *)data, n, &f);
	if ((m == NULL) != (f.set != 0))
		abort();
	if (m == NULL)
		return 0;
	use(m);
	if (m->trained) {
		matching_put_model(&b, m, NULL, NULL);
		again = matching_parse("again.json", b.p, b.n, &f);
		if (again == NULL || again->ncomparisons != m->ncomparisons)
			abort();
		matching_close(again);
	}
	buf_free(&b);
	matching_close(m);
	return 0;
}

/*
 * How fast expressions are: million records a second, on one core, over a
 * block that was read and indexed just before, as in a tool: its bytes are in
 * the cache. A million records of the file's first two blocks; best of
 * three.
 *
 *     tests/bench/expr SPEC FILE [EXPR...]
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "csv/reader.h"
#include "expr/expr.h"
#include "spec/spec.h"

static const char *const everyday[] = {
	"admission_method",
	"provider = 'RXX'",
	"admission_method IN ('21', '22')",
	"admission_method IN ('21', '22', '23', '24', '25', '28', '2A', '2B', "
	    "'2C', '2D')",
	"episode_start >= '2024-04-01'",
	"episode_end >= episode_start",
	"age(birth_date, admission_date) >= 65",
	"age(birth_date, admission_date)",
	"days(admission_date, discharge_date)",
	"month(admission_date)",
	"financial_year(admission_date)",
	"cost_gbp > 1000.5",
	"round(cost_gbp * 1.2)",
	"episode_order = 1",
	"hrg LIKE 'DT%'",
	"hrg LIKE '%34%'",
	"hrg REGEXP '^D[A-Z][0-9]{2}'",
	"substr(admission_method, 1, 1) = '2'",
	"CASE WHEN admission_method IN ('11', '12', '13') THEN 'elective' "
	    "WHEN substr(admission_method, 1, 1) = '2' THEN 'emergency' "
	    "ELSE 'other' END",
	"provider || '/' || admission_method",
	"nhs_number_ok(nhs_number)",
	"in_codelist(admission_method, 'admission_method')",
	"sex = '2' AND age(birth_date, admission_date) BETWEEN 15 AND 49 AND "
	    "admission_method NOT IN ('31', '32')",
	"charlson(hrg, spell_hrg)",
	"instr(admission_method, '2')",
	"instr(record_id, '2')",
};

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	struct fault f = FAULT_NONE;
	struct csv_options o = { .delimiter = ',' };
	const char *const *texts = everyday, *path;
	struct csv_page **pages = NULL;
	struct csv_reader *in;
	struct spec *spec;
	struct spec_scope *scope;
	size_t n = 0, i, k, r, m, nrows = 0, rounds, round;
	size_t ntexts = sizeof everyday / sizeof everyday[0];
	int rc;

	if (argc < 3)
		return 2;
	path = argv[2];
	if (argc > 3) {
		texts = (const char *const *)(argv + 3);
		ntexts = (size_t)argc - 3;
	}
	if ((spec = spec_open(argv[1], &f)) == NULL ||
	    (in = csv_open(&path, 1, &o, &f)) == NULL ||
	    (scope = spec_scope_new(spec, csv_header(in), &f)) == NULL) {
		(void)fprintf(stderr, "%s\n", f.what);
		return 2;
	}
	for (; n < 2; n++) {
		pages = mem_array(pages, n + 1, sizeof(struct csv_page *));
		pages[n] = csv_page_new(in);
		if ((rc = csv_page_fill(pages[n], &f)) != 1 ||
		    csv_page_index(pages[n], &f) == -1)
			break;
		csv_page_place(pages[n], &f);
		nrows += csv_page_block(pages[n])->nrecords;
	}
	if (f.set) {
		(void)fprintf(stderr, "%s\n", f.what);
		return 2;
	}
	if (nrows == 0)
		return 2;
	rounds = 1000000 / nrows + 1;
	(void)printf("   M/s  ns each\n");
	for (i = 0; i < ntexts; i++) {
		struct expr *e = expr_compile(texts[i],
		    spec_scope_expr(scope), &f);
		int test = e != NULL && expr_result(e) == EXPR_INTEGER;
		double best = 1e9;

		if (e == NULL) {
			(void)printf("%s: %s\n", texts[i], f.what);
			fault_clear(&f);
			continue;
		}
		for (k = 0; k < 3; k++) {
			struct expr_run *run = expr_run_new(e);
			struct expr_value v[EXPR_BATCH];
			unsigned char t[EXPR_BATCH];
			double start = now();

			for (m = 0; m < n; m++)
			    for (round = 0; round < rounds; round++) {
				const struct csv_block *b =
				    csv_page_block(pages[m]);

				for (r = 0; r < b->nrecords;
				    r += EXPR_BATCH) {
					size_t c = b->nrecords - r;

					c = c < EXPR_BATCH ? c : EXPR_BATCH;
					if ((test ? expr_test(run, b, r, c, t,
					    NULL, &f) : expr_eval(run, b, r,
					    c, v, &f)) == -1)
						return 2;
				}
			}
			start = now() - start;
			best = start < best ? start : best;
			expr_run_free(run);
		}
		(void)printf("%6.1f %7.1f  %s%s\n",
		    (double)(nrows * rounds) / best / 1e6,
		    best / (double)(nrows * rounds) * 1e9,
		    texts[i], expr_native(e) ? "" : "  (SQLite)");
		expr_free(e);
	}
	for (m = 0; m < n; m++)
		csv_page_free(pages[m]);
	free(pages);
	spec_scope_free(scope);
	csv_close(in);
	spec_close(spec);
	return 0;
}

/*
 * Flow: the same bytes and the same state for any number of workers, the
 * earliest error, and files that stay away when something goes wrong.
 * Expected output is the input itself; expected sums are computed while
 * the input is made.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/infile.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/turn.h"
#include "csv/writer.h"
#include "flow/each.h"
#include "flow/flow.h"
#include "flow/parts.h"

static char directory[] = "/tmp/nib-test-flow.XXXXXX";
static char in_path[64], out_path[64], log_path[64];
static uint64_t wanted_sum;
static struct buf made;

#define NRECORDS 20000

/* bad > 0: that record's second field is not a number, and the last's. */
static void
make_input(int bad)
{
	FILE *f = fopen(in_path, "w");
	int i;

	buf_clear(&made);
	wanted_sum = 0;
	buf_puts(&made, "id,n\n");
	for (i = 1; i <= NRECORDS; i++) {
		buf_printf(&made, "r%d,%s\n", i, bad > 0 && (i == bad || i == NRECORDS) ? "x" :
		    "7");
		wanted_sum += 7;
	}
	ck_assert_uint_eq(fwrite(made.p, 1, made.n, f), made.n);
	ck_assert_int_eq(fclose(f), 0);
}

struct sum {
	uint64_t sum, records;
};

static void *
sum_new(void *arg)
{
	(void)arg;
	return mem_zero(1, sizeof(struct sum));
}

static int
sum_merge(void *into, void *from, struct fault *f)
{
	struct sum *a = into, *b = from;

	(void)f;
	a->sum += b->sum;
	a->records += b->records;
	return 0;
}

static int
sum_map(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct sum *s = state;
	size_t r;
	int64_t v;

	(void)outs;
	for (r = 0; r < b->nrecords; r++) {
		struct csv_slice c = csv_raw(b, r, 1);

		if (num_i64(c.p, c.n, &v) == -1) {
			(void)fault_at(f, b->file, csv_line_number(b, r),
			    "not an integer");
			fault_place(f, NULL, 0, csv_record_number(b, r), 2,
			    "n");
			return -1;
		}
		s->sum += (uint64_t)v;
		s->records++;
	}
	return 0;
}

/* Two outputs: the records, and a line a block written in order. */
static int
copy_map(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct sum s = { 0, 0 };

	(void)state;
	csv_put_records(&outs[0], b, 0, b->nrecords);
	return sum_map(&s, b, outs, f);
}

static int
log_block(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	uint64_t *next = arg;

	(void)state;
	(void)f;
	ck_assert_uint_eq(b->records_before, *next);
	ck_assert_uint_eq(csv_record_number(b, 0), *next + 1);
	*next += b->nrecords;
	buf_printf(&outs[1], "%llu\n", (unsigned long long)*next);
	return 0;
}

static struct csv_reader *
open_input(void)
{
	static const char *paths[1];
	struct csv_options o = { .delimiter = ',', .block_size = 1000 };
	struct fault f = FAULT_NONE;
	struct csv_reader *r;

	paths[0] = in_path;
	r = csv_open(paths, 1, &o, &f);
	ck_assert_msg(r != NULL, "%s", f.what);
	return r;
}

static int
copy_run(unsigned jobs, struct fault *f)
{
	struct csv_reader *r = open_input();
	struct outfile *outs[2];
	uint64_t next = 0;
	struct flow flow = { .in = r, .jobs = jobs, .arg = &next,
		.map = copy_map, .in_order = log_block, .outs = outs,
		.nouts = 2 };
	int rc;

	outs[0] = outfile_open(out_path, f);
	outs[1] = outfile_open(log_path, f);
	ck_assert(outs[0] != NULL && outs[1] != NULL);
	ck_assert_int_eq(outfile_write(outs[0], "id,n\n", 5, f), 0);
	rc = flow_run(&flow, NULL, f);
	if (rc == 0) {
		ck_assert_int_eq(outfile_commit(outs[0], f), 0);
		ck_assert_int_eq(outfile_commit(outs[1], f), 0);
		ck_assert_uint_eq(flow.records, NRECORDS);
	}
	outfile_close(outs[0]);
	outfile_close(outs[1]);
	csv_close(r);
	return rc;
}

START_TEST(test_order)
{
	unsigned jobs;

	make_input(0);
	for (jobs = 1; jobs <= 5; jobs++) {
		struct fault f = FAULT_NONE;
		char *p;
		size_t n;

		ck_assert_msg(copy_run(jobs, &f) == 0, "%s", f.what);
		ck_assert_int_eq(infile_whole(out_path, 1 << 24, &p, &n, &f),
		    0);
		ck_assert_uint_eq(n, made.n);
		ck_assert_mem_eq(p, made.p, n);
		free(p);
		(void)unlink(out_path);
		(void)unlink(log_path);
	}
}
END_TEST

#define PARTS 3

static int
take_part(void *arg, void *state, const struct csv_block *b, unsigned part,
    struct fault *f)
{
	uint64_t *next = arg;

	(void)state;
	(void)f;
	/* Each part has all blocks before. */
	ck_assert_uint_eq(b->records_before, next[part]);
	next[part] += b->nrecords;
	return 0;
}

/* Fails at the block with record 500. */
static int
map_until(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	(void)arg;
	(void)outs;
	return b->records_before + b->nrecords < 500 ? 0 :
	    fault_set(f, "enough");
}

static int
map_all(void *arg, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	(void)arg;
	(void)b;
	(void)outs;
	(void)f;
	return 0;
}

START_TEST(test_in_part)
{
	unsigned jobs, i;

	make_input(0);
	for (jobs = 1; jobs <= 5; jobs++) {
		uint64_t next[PARTS] = { 0 };
		struct flow flow = { .jobs = jobs, .arg = next,
			.map = map_all, .nparts = PARTS,
			.in_part = take_part };
		struct fault f = FAULT_NONE;

		flow.in = open_input();
		ck_assert_int_eq(flow_run(&flow, NULL, &f), 0);
		csv_close(flow.in);
		for (i = 0; i < PARTS; i++) {
			ck_assert_uint_eq(next[i], NRECORDS);
			next[i] = 0;
		}
		/* Those behind one that failed do not wait for it. */
		flow.map = map_until;
		flow.in = open_input();
		ck_assert_int_eq(flow_run(&flow, NULL, &f), -1);
		ck_assert_str_eq(f.what, "enough");
		csv_close(flow.in);
	}
}
END_TEST

static int
add_one(void *arg, unsigned worker, size_t i, struct fault *f)
{
	unsigned char *seen = arg;

	ck_assert_uint_lt(worker, 5);
	seen[i]++;
	return i == 70 || i == 90 ? fault_set(f, "at %zu", i) : 0;
}

/* Each once; the fault of the least, what was begun before it is done. */
START_TEST(test_each)
{
	unsigned jobs;
	size_t i;

	for (jobs = 1; jobs <= 5; jobs++) {
		unsigned char seen[100] = { 0 };
		struct fault f = FAULT_NONE;

		ck_assert_int_eq(flow_each(jobs, 60, add_one, seen, &f), 0);
		for (i = 0; i < 100; i++)
			ck_assert_uint_eq(seen[i], i < 60);
		memset(seen, 0, sizeof seen);
		ck_assert_int_eq(flow_each(jobs, 100, add_one, seen, &f),
		    -1);
		ck_assert_str_eq(f.what, "at 70");
		for (i = 0; i < 70; i++)
			ck_assert_uint_eq(seen[i], 1);
		ck_assert_int_eq(flow_each(jobs, 0, add_one, seen, NULL), 0);
	}
}
END_TEST

START_TEST(test_merge)
{
	unsigned jobs;

	make_input(0);
	for (jobs = 1; jobs <= 5; jobs++) {
		struct csv_reader *r = open_input();
		struct flow flow = { .in = r, .jobs = jobs,
			.state_new = sum_new, .state_free = free,
			.state_merge = sum_merge, .map = sum_map };
		struct fault f = FAULT_NONE;
		void *state = NULL;
		struct sum *s;

		ck_assert_int_eq(flow_run(&flow, &state, &f), 0);
		s = state;
		ck_assert_uint_eq(s->records, NRECORDS);
		ck_assert_uint_eq(s->sum, wanted_sum);
		free(state);
		csv_close(r);
	}
}
END_TEST

/* Two bad records: the first is named, whoever meets which; no file. */
START_TEST(test_first_error)
{
	unsigned jobs;
	int round;

	make_input(_i);
	for (round = 0; round < 10; round++) {
		for (jobs = 1; jobs <= 4; jobs++) {
			struct csv_reader *r = open_input();
			struct flow flow = { .in = r, .jobs = jobs,
				.state_new = sum_new, .state_free = free,
				.state_merge = sum_merge, .map = sum_map };
			struct fault f = FAULT_NONE;
			void *state = NULL;

			ck_assert_int_eq(flow_run(&flow, &state, &f), -1);
			ck_assert_uint_eq(f.record, (uint64_t)_i);
			ck_assert_uint_eq(f.line, (uint64_t)_i + 1);
			ck_assert_uint_eq(f.column, 2);
			ck_assert_str_eq(f.file, in_path);
			csv_close(r);
			fault_clear(&f);
			ck_assert_int_eq(copy_run(jobs, &f), -1);
			ck_assert_uint_eq(f.record, (uint64_t)_i);
			ck_assert_int_eq(access(out_path, F_OK), -1);
			ck_assert_int_eq(access(log_path, F_OK), -1);
		}
	}
}
END_TEST

/* Two files of 3 and 0 rows, the first a merge of four parts. */
START_TEST(test_parts)
{
	static const char *const paths[] = { "a.part", "b.part" };
	struct parts p = { 0 }, q = { 0 };
	struct fault f = FAULT_NONE;

	parts_row(&p);
	parts_end(&p, 0, 3, 4);
	parts_row(&q);
	parts_row(&q);
	parts_merge(&p, &q);
	ck_assert_int_eq(parts_check(&p, paths, 1, 0, &f), 0);
	ck_assert_int_eq(parts_check(&p, NULL, 0, 4, &f), 0);
	ck_assert_int_eq(parts_check(&p, paths, 2, 0, &f), -1);
	ck_assert_str_eq(f.file, "b.part");
	fault_clear(&f);
	parts_end(&q, 1, 0, 1);
	parts_merge(&p, &q); /* two rows too many */
	ck_assert_int_eq(parts_check(&p, paths, 2, 5, &f), -1);
	ck_assert_str_eq(f.what, "a partial result was cut short: 5 rows came "
	    "of 3");
	fault_clear(&f);
	parts_end(&p, 1, 2, 0);
	ck_assert_int_eq(parts_check(&p, paths, 2, 5, &f), 0);
	ck_assert_int_eq(parts_check(&p, paths, 2, 6, &f), -1);
	ck_assert_str_eq(f.what, "5 parts came, where 6 were expected");
	parts_free(&p);
	parts_free(&q);
}
END_TEST

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int came;

/* Comes, and tells nobody. */
static void *
come(void *arg)
{
	(void)pthread_mutex_lock(&lock);
	came = 1;
	(void)pthread_mutex_unlock(&lock);
	return arg;
}

/* A wake-up that is lost holds nobody up for ever. */
START_TEST(test_lost_wake_up)
{
	pthread_t thread;

	(void)pthread_mutex_lock(&lock);
	ck_assert_int_eq(pthread_create(&thread, NULL, come, NULL), 0);
	while (!came)
		turn_wait(&cond, &lock);
	(void)pthread_mutex_unlock(&lock);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("flow");
	TCase *c = tcase_create("flow");
	SRunner *r;
	int failed;

	if (mkdtemp(directory) == NULL)
		return 99;
	(void)snprintf(in_path, sizeof in_path, "%s/in.csv", directory);
	(void)snprintf(out_path, sizeof out_path, "%s/out.csv", directory);
	(void)snprintf(log_path, sizeof log_path, "%s/log", directory);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, test_order);
	tcase_add_test(c, test_merge);
	tcase_add_test(c, test_in_part);
	tcase_add_test(c, test_each);
	tcase_add_test(c, test_parts);
	tcase_add_test(c, test_lost_wake_up);
	tcase_add_loop_test(c, test_first_error, 1, 2);
	tcase_add_loop_test(c, test_first_error, 9999, 10000);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	(void)unlink(in_path);
	(void)rmdir(directory);
	buf_free(&made);
	return failed > 0;
}

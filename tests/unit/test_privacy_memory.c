/*
 * Memory that fails at the k-th call, for each k: the run ends with status
 * 2, and the output file is not there; at last no call fails, and it is.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "flow/flow.h"
#include "ledger/ledger.h"
#include "privacy/consent.h"
#include "privacy/gate.h"
#include "spec/spec.h"

/* A child that ends in mid-work frees nothing, which is no leak. */
void __lsan_disable(void) __attribute__((weak));

static char folder[] = "/tmp/nib-memory.XXXXXX";

static const char *
data(const char *name)
{
	static char path[4][4096];
	static int i;
	const char *src = getenv("NIB_SRC");
	char *p = path[i++ & 3];

	(void)snprintf(p, sizeof path[0], "%s/testdata/privacy/%s",
	    src != NULL ? src : ".", name);
	return p;
}

static const char *
at(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

/* Each is a run of a tool in short; 0: complete. */

static int
pseudonymise(void)
{
	static const char *const treats[] = {
		"family_name=reversible(name)", "seen=date-shift",
		"nhs_number=escrow(person)" };
	struct fault f = FAULT_NONE;
	struct spec *spec = spec_open(data("people.json"), &f);
	const char *path = data("people.csv");
	struct csv_options o = { .delimiter = ',' };
	struct csv_reader *in = csv_open(&path, 1, &o, &f);
	struct key *k = key_new(KEY_ROOT, "r", &f);
	struct key *p = key_project(k, "x", NULL, NULL, &f);
	struct key *s = key_new(KEY_ESCROW_SECRET, NULL, &f);
	struct gate_options g = { .spec = spec, .key = p,
		.escrow_to = key_public(s, &f), .overrides = treats,
		.noverrides = 3, .encode = "clk=birth_date,sex",
		.tag_key = key_bytes(p) };
	struct gate *gate = gate_new(&g, csv_header(in), &f);
	struct outfile *outs[2] = { outfile_open(at("out"), &f),
		outfile_open("/dev/null", &f) };
	struct flow flow = { .in = in, .jobs = 1, .arg = gate,
		.state_new = gate_worker_new, .state_free = gate_worker_free,
		.state_merge = gate_worker_merge, .map = gate_map,
		.outs = outs, .nouts = 2 };
	void *state = NULL;

	if (f.set || flow_run(&flow, &state, &f) == -1 ||
	    outfile_commit(outs[0], &f) == -1)
		return 1;
	return 0;
}

static int
consent(void)
{
	struct fault f = FAULT_NONE;
	struct spec *spec = spec_open(data("people.json"), &f);
	const char *path = data("people.csv");
	struct csv_options o = { .delimiter = ',' };
	struct csv_reader *in = csv_open(&path, 1, &o, &f);
	struct consent_options c = { .spec = spec,
		.lists = { data("optouts.csv"), NULL, data("type1.csv") },
		.max_age_seconds = -1 };
	struct consent *consent = consent_new(&c, csv_header(in), &f);
	struct outfile *out = outfile_open(at("out"), &f);
	struct flow flow = { .in = in, .jobs = 1, .arg = consent,
		.state_new = consent_worker_new,
		.state_free = consent_worker_free,
		.state_merge = consent_worker_merge, .map = consent_map,
		.outs = &out, .nouts = 1 };
	void *state = NULL;

	if (f.set || flow_run(&flow, &state, &f) == -1 ||
	    outfile_commit(out, &f) == -1)
		return 1;
	return 0;
}

static int
ledger(void)
{
	struct ledger_fact fact = { "kind", "intent", 0 };
	struct fault f = FAULT_NONE;
	struct key *k = key_new(KEY_LEDGER_SECRET, NULL, &f);
	struct buf what = { 0 };
	struct ledger *l;
	uint64_t n;

	/* Its file is made by SQLite; only what it says counts here. */
	(void)unlink(at("ledger"));
	if (ledger_create(at("ledger"), k, &f) == -1 ||
	    (l = ledger_open(at("ledger"), 1, &f)) == NULL ||
	    ledger_append(l, k, &fact, 1, NULL, NULL, NULL, &f) == -1)
		return 1;
	ledger_close(l);
	return ledger_verify(at("ledger"), k, NULL, &what, &n, &f) == 0 &&
	    n == 2 ? 0 : 1;
}

static int (*const runs[])(void) = { pseudonymise, consent, ledger };

START_TEST(each_call)
{
	size_t k;
	int status, null;
	pid_t pid;

	for (k = 1; k < 100000; k++) {
		(void)unlink(at("out"));
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			null = open("/dev/null", O_WRONLY);
			(void)dup2(null, STDERR_FILENO);
			if (__lsan_disable != NULL)
				__lsan_disable();
			mem_fail_at(k);
			_exit(runs[_i]());
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFEXITED(status), "call %zu: signal", k);
		if (WEXITSTATUS(status) == 0)
			break;
		ck_assert_msg(WEXITSTATUS(status) == 2, "call %zu: %d", k,
		    WEXITSTATUS(status));
		ck_assert_msg(access(at("out"), F_OK) == -1,
		    "call %zu: an output", k);
	}
	ck_assert_uint_gt(k, 10);
	if (_i < 2)
		ck_assert_int_eq(access(at("out"), F_OK), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("privacy-memory");
	TCase *t = tcase_create("memory");
	SRunner *r;
	char command[64];
	int failed;

	if (mkdtemp(folder) == NULL)
		return 99;
	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, each_call, 0, 3);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	if (system(command) != 0)
		return 1;
	return failed == 0 ? 0 : 1;
}

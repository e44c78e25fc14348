/* What every command that reads people's records does besides its work. */
#include "audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sandbox.h"
#include "passphrase.h"
#include "privacy/key.h"
#include "privacy/secret.h"

int
audit_option(struct audit *a, int id, const char *v)
{
	switch (id) {
	case AUDIT_LEDGER:
		a->ledger = v;
		return 1;
	case AUDIT_KEY:
		a->key = v;
		return 1;
	case AUDIT_USE:
		a->about = v;
		return 1;
	case AUDIT_PASSPHRASE_FD:
		a->passphrase_fd = v;
		return 1;
	case AUDIT_MLOCK:
		secret_require();
		return 1;
	case AUDIT_SANDBOX:
		a->require_sandbox = 1;
		return 1;
	default:
		return 0;
	}
}

int
audit_open(struct audit *a, const char *tool, struct fault *f)
{
	struct passphrase p = PASSPHRASE_NONE;

	a->tool = tool;
	if (a->key != NULL && key_harden(f) == -1)
		return -1;
	if (a->passphrase_fd != NULL) {
		if (a->key == NULL)
			return fault_set(f, "--ledger-passphrase-fd goes with "
			    "--ledger-key");
		if (passphrase_option(&p, a->passphrase_fd, f) == -1)
			return -1;
	}
	a->use = use_open(a->ledger, a->key, a->about, passphrase_old, &p, f);
	passphrase_end(&p);
	if (!f->set)
		(void)passphrase_done(&p, f);
	return f->set ? -1 : 0;
}

void
audit_close(struct audit *a)
{
	provenance_close(a->account);
	a->account = NULL;
	use_close(a->use);
	a->use = NULL;
}

struct provenance *
audit_provenance(const struct audit *a, const struct tool *t,
    struct fault *f)
{
	struct provenance *p;

	p = provenance_start(t->provenance, a->tool, t->argc, t->argv,
	    t->paths, t->npaths, f);
	if (p == NULL && !f->set && a->use != NULL)
		p = provenance_new(a->tool, t->argc, t->argv, t->paths,
		    t->npaths);
	return p;
}

int
audit_announce(struct audit *a, const struct spec *spec,
    const struct key *project, struct fault *f)
{
	char *warning = NULL;
	int rc;

	if (a->use == NULL)
		return 0;
	if (spec != NULL)
		use_spec(a->use, spec);
	use_key(a->use, project);
	rc = use_intent(a->use, a->tool, &warning, f);
	if (warning != NULL)
		msg_warn("%s", warning);
	free(warning);
	return rc;
}

int
audit_confine(const struct audit *a, const struct tool *t,
    const char *const *outputs, size_t n, struct fault *f)
{
	/*
	 * What the C library may still load (character sets, its own parts),
	 * and what SQLite puts in the place of a closed standard output.
	 */
	static const char *const system_files[] = { "/usr/lib", "/usr/lib64",
		"/lib", "/lib64", "/dev/urandom", "/dev/null" };
	const char *temporary = getenv("TMPDIR");
	struct sandbox *s = sandbox_new();
	size_t i;
	int rc;

	for (i = 0; i < sizeof system_files / sizeof system_files[0]; i++)
		sandbox_read(s, system_files[i]);
	for (i = 0; i < t->npaths; i++)
		sandbox_read(s, t->paths[i]);
	for (i = 0; i < 3; i++)
		sandbox_read(s, a->also_reads[i]);
	sandbox_write(s, t->output);
	sandbox_write(s, t->provenance);
	for (i = 0; i < n; i++)
		sandbox_write(s, outputs[i]);
	sandbox_work(s, temporary != NULL && temporary[0] != '\0' ?
	    temporary : "/tmp");
	if (a->use != NULL)
		sandbox_beside(s, a->ledger);
	rc = sandbox_enter(s, a->require_sandbox, f);
	sandbox_free(s);
	return rc;
}

static void
add_digest(void *use, const char *name, const char *hex)
{
	char fact[64];

	(void)snprintf(fact, sizeof fact, "digest_%s", name);
	use_text(use, fact, hex);
}

int
audit_report(struct audit *a, struct provenance *p, uint64_t in,
    uint64_t out, uint64_t *tags, size_t ntags, struct fault *f)
{
	char *warning = NULL;
	int rc;

	if (a->use == NULL)
		return 0;
	provenance_digests(p, add_digest, a->use);
	if (p != NULL)
		provenance_text(p, "use", use_id(a->use));
	use_count(a->use, "records_in", in);
	use_count(a->use, "records_out", out);
	rc = use_complete(a->use, tags, ntags, out, &warning, f);
	if (warning != NULL)
		msg_warn("%s", warning);
	free(warning);
	return rc;
}

int
audit_begin(struct audit *a, struct tool *t, const struct spec *spec,
    struct fault *f)
{
	if (audit_open(a, t->table->name, f) == -1)
		return -1;
	a->account = audit_provenance(a, t, f);
	if (f->set)
		return -1;
	provenance_input(a->account, &t->csv);
	provenance_spec(a->account, spec);
	return audit_announce(a, spec, NULL, f);
}

int
audit_end(struct audit *a, uint64_t in, uint64_t out, struct fault *f)
{
	if (audit_report(a, a->account, in, out, NULL, 0, f) == -1)
		return -1;
	provenance_count(a->account, "records_in", in);
	provenance_count(a->account, "records_out", out);
	return provenance_finish(a->account, f);
}

int
audit_write(struct audit *a, const char *path, const struct buf *b,
    struct fault *f)
{
	struct outfile *out = outfile_open(path, f);
	int rc = -1;

	if (out != NULL) {
		provenance_output(a->account, "output", out);
		if (outfile_write(out, b->p, b->n, f) == 0)
			rc = outfile_commit(out, f);
	}
	outfile_close(out);
	return rc;
}

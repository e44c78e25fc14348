/* --ledger for a command. */
#include "audit.h"

#include <stdio.h>
#include <stdlib.h>

#include "privacy/key.h"

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
	default:
		return 0;
	}
}

int
audit_open(struct audit *a, const char *tool, struct fault *f)
{
	a->tool = tool;
	if (a->key != NULL && key_harden(f) == -1)
		return -1;
	a->use = use_open(a->ledger, a->key, a->about, f);
	return f->set ? -1 : 0;
}

void
audit_close(struct audit *a)
{
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
	if (a->use == NULL)
		return 0;
	provenance_digests(p, add_digest, a->use);
	if (p != NULL)
		provenance_text(p, "use", use_id(a->use));
	use_count(a->use, "records_in", in);
	use_count(a->use, "records_out", out);
	return use_complete(a->use, tags, ntags, f);
}

/* One use of people's records. */
#include "ledger/use.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/mem.h"
#include "ledger/budget.h"
#include "ledger/difference.h"
#include "ledger/digest.h"
#include "spec/doc.h"

static const struct use_field fields[] = {
	{ "title", "Title", 1 },
	{ "project_id", "Project", 0 },
	{ "organisation", "Organisation", 1 },
	{ "organisation_sector", "Sector", 0 },
	{ "funders", "Funders and sponsors", 0 },
	{ "purpose", "Purpose", 1 },
	{ "lay_summary", "In plain words", 1 },
	{ "public_benefit", "Expected benefit to the public", 0 },
	{ "technical_summary", "Technical summary", 0 },
	{ "legal_basis", "Legal basis", 1 },
	{ "article_6", "UK GDPR article 6", 0 },
	{ "article_9", "UK GDPR article 9", 0 },
	{ "duty_of_confidentiality", "Duty of confidentiality", 0 },
	{ "opt_outs", "Objections", 1 },
	{ "datasets", "Datasets", 0 },
	{ "selection", "Which records", 0 },
	{ "data_from", "Records from", 0 },
	{ "data_until", "Records until", 0 },
	{ "sensitivity", "Sensitivity", 0 },
	{ "approval", "Approved by", 0 },
	{ "approval_date", "Approved on", 0 },
	{ "start_date", "Use from", 0 },
	{ "end_date", "Use until", 0 },
	{ "access_type", "Access", 0 },
	{ "sublicensing", "Passed on to others", 0 },
	{ "outputs", "Outputs", 0 },
};
#define NFIELDS (sizeof fields / sizeof fields[0])

const struct use_field *
use_fields(size_t *n)
{
	*n = NFIELDS;
	return fields;
}

struct use {
	struct ledger *ledger;
	struct key *key;
	char id[USE_ID + 1];
	struct arena arena;
	struct ledger_fact *facts; /* for the next entry */
	size_t n;
	struct difference_use about;
};

static void
add(struct use *u, const char *name, const char *text, uint64_t number)
{
	u->facts = mem_array(u->facts, u->n + 1, sizeof *u->facts);
	u->facts[u->n].name = arena_string(&u->arena, name);
	u->facts[u->n].text = text != NULL ? arena_string(&u->arena, text) :
	    NULL;
	u->facts[u->n++].number = number;
}

void
use_text(struct use *u, const char *name, const char *text)
{
	if (u != NULL && text != NULL)
		add(u, name, text, 0);
}

void
use_count(struct use *u, const char *name, uint64_t n)
{
	if (u != NULL)
		add(u, name, NULL, n);
}

void
use_spec(struct use *u, const struct spec *s)
{
	char hex[DIGEST_HEX];
	struct digest *d;

	if (u == NULL)
		return;
	d = digest_new();
	digest_add(d, s->text, s->text_size);
	digest_end(d, hex);
	digest_free(d);
	add(u, "specification", s->name, 0);
	u->about.specification = u->facts[u->n - 1].text;
	if (s->version != NULL)
		add(u, "specification_version", s->version, 0);
	add(u, "specification_digest", hex, 0);
}

void
use_key(struct use *u, const struct key *k)
{
	if (u == NULL || k == NULL)
		return;
	add(u, "key_id", key_id(k), 0);
	add(u, "key_fingerprint", key_fingerprint(k), 0);
	u->about.key_fingerprint = u->facts[u->n - 1].text;
}

/* What is checked, or compared with other uses. */
static int
keep_about(struct use *u, const char *name, const char *text,
    const struct doc_at *at, struct fault *f)
{
	struct difference_use *about = &u->about;
	int32_t days;

	if (strcmp(name, "opt_outs") == 0) {
		about->opt_outs = text;
		if (strncmp(text, "applied", 7) != 0 &&
		    strncmp(text, "not-applied:", 12) != 0)
			return doc_fault(at, f, "begins with applied or with "
			    "not-applied: and the reason");
	} else if (strcmp(name, "selection") == 0) {
		about->selection = text;
	} else if (strncmp(name, "data_", 5) == 0) {
		if (date_parse(text, strlen(text), &days) == -1)
			return doc_fault(at, f, "is a date (YYYY-MM-DD)");
		if (strcmp(name, "data_from") == 0)
			about->data_from = text;
		else
			about->data_until = text;
		if (about->data_from != NULL && about->data_until != NULL &&
		    strcmp(about->data_from, about->data_until) > 0)
			return doc_fault(at, f, "is before data_from");
	}
	return 0;
}

void
use_filter(struct use *u, const char *expression)
{
	unsigned char key[KEY_BYTES], hash[16];
	char hex[2 * sizeof hash + 1];

	if (u == NULL)
		return;
	key_derive(key, key_bytes(u->key), "nib-ledger/v1/filter", "");
	(void)crypto_generichash(hash, sizeof hash,
	    (const unsigned char *)expression, strlen(expression), key,
	    sizeof key);
	sodium_memzero(key, sizeof key);
	(void)sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	add(u, "filter", hex, 0);
	u->about.filter = u->facts[u->n - 1].text;
}

static int
read_about(struct use *u, const char *path, struct fault *f)
{
	const char *names[NFIELDS + 1], *text;
	struct doc *d = doc_open(path, f);
	struct doc_at root, at;
	size_t i;
	int rc = -1;

	if (d == NULL)
		return -1;
	for (i = 0; i < NFIELDS; i++)
		names[i] = fields[i].name;
	names[NFIELDS] = NULL;
	root = doc_root(d);
	if (doc_known(&root, names, f) == -1)
		goto out;
	for (i = 0; i < NFIELDS; i++) {
		if (!doc_member(&root, fields[i].name, &at)) {
			if (!fields[i].required)
				continue;
			(void)doc_fault(&root, f, "%s is missing: the "
			    "register needs it", fields[i].name);
			goto out;
		}
		if (doc_string(&at, 0, &u->arena, &text, f) == -1)
			goto out;
		add(u, fields[i].name, text, 0);
		if (keep_about(u, fields[i].name, u->facts[u->n - 1].text,
		    &at, f) == -1)
			goto out;
	}
	rc = 0;
out:
	doc_close(d);
	return rc;
}

struct use *
use_open(const char *ledger, const char *key, const char *about,
    key_ask *ask, void *arg, struct fault *f)
{
	unsigned char random[USE_ID / 2];
	struct use *u;

	if (ledger == NULL && key == NULL && about == NULL)
		return NULL;
	if (ledger == NULL || key == NULL || about == NULL) {
		(void)fault_set(f, "--ledger, --ledger-key and --use go "
		    "together");
		return NULL;
	}
	u = mem_zero(1, sizeof *u);
	if ((u->key = key_open_ask(key, ask, arg, f)) == NULL ||
	    key_need(u->key, KEY_LEDGER_SECRET, f) == -1 ||
	    (u->ledger = ledger_open(ledger, 1, f)) == NULL ||
	    ledger_key_ok(u->ledger, u->key, f) == -1 ||
	    read_about(u, about, f) == -1) {
		use_close(u);
		return NULL;
	}
	randombytes_buf(random, sizeof random);
	(void)sodium_bin2hex(u->id, sizeof u->id, random, sizeof random);
	return u;
}

void
use_close(struct use *u)
{
	if (u == NULL)
		return;
	ledger_close(u->ledger);
	key_close(u->key);
	arena_free(&u->arena);
	free(u->facts);
	free(u);
}

const char *
use_id(const struct use *u)
{
	return u->id;
}

void
use_tag_key(const struct use *u, unsigned char to[KEY_BYTES])
{
	key_derive(to, key_bytes(u->key), "nib-ledger/v1/subject", u->id);
}

struct noise *
use_noise(const struct use *u)
{
	unsigned char key[KEY_BYTES];
	struct noise *n;

	key_derive(key, key_bytes(u->key), "nib-ledger/v1/noise", "");
	n = noise_new(key);
	sodium_memzero(key, sizeof key);
	return n;
}

int
use_spend(struct use *u, const char *budget, uint64_t epsilon,
    struct fault *f)
{
	return budget_spend(u->ledger, u->key, budget, u->id, epsilon, f);
}

static int
differs(const char *a, const char *b)
{
	return a == NULL || b == NULL || strcmp(a, b) != 0;
}

/* Facts go with the entry; the next begins with none. */
static int
append(struct use *u, const char *kind, const struct ledger_tags *tags,
    struct fault *f)
{
	int rc;

	add(u, "kind", kind, 0);
	add(u, "use", u->id, 0);
	rc = ledger_append(u->ledger, u->key, u->facts, u->n, u->id, tags,
	    NULL, f);
	u->n = 0;
	return rc;
}

int
use_intent(struct use *u, const char *tool, char **warning, struct fault *f)
{
	*warning = NULL;
	if (u == NULL)
		return 0;
	add(u, "tool", tool, 0);
	u->about.tool = u->facts[u->n - 1].text;
	u->about.use = u->id;
	*warning = difference_find(u->ledger, &u->about, NULL, f);
	if (f->set)
		return -1;
	add(u, "version", NIB_VERSION, 0);
	return append(u, "intent", NULL, f);
}

static int
ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int
use_complete(struct use *u, uint64_t *tags, size_t n, uint64_t records_out,
    char **warning, struct fault *f)
{
	struct difference_counts counts = { .records_out = records_out };
	struct ledger_tags t = { tags, 0 };
	size_t i, k = 0;

	*warning = NULL;
	if (u == NULL)
		return 0;
	if (tags != NULL) {
		qsort(tags, n, sizeof *tags, ascending);
		for (i = 0; i < n; i++)
			if (i == 0 || tags[i] != tags[k - 1])
				tags[k++] = tags[i];
		t.n = k;
		use_count(u, "people", k);
		counts.people = k;
		counts.has_people = 1;
	}
	*warning = difference_find(u->ledger, &u->about, &counts, f);
	if (f->set)
		return -1;
	return append(u, "complete", tags != NULL ? &t : NULL, f);
}

struct known {
	const char *use;
	int found;
};

static int
look(void *arg, const struct ledger_entry *e, struct fault *f)
{
	struct known *k = arg;
	struct arena a = { 0 };
	struct doc *d;
	struct doc_at root;

	(void)f;
	if (k->found || strstr(e->body, k->use) == NULL ||
	    (d = doc_parse("ledger", e->body, e->n, NULL)) == NULL)
		return 0;
	root = doc_root(d);
	k->found = !differs(doc_fact(&root, "kind", &a), "intent") &&
	    !differs(doc_fact(&root, "use", &a), k->use);
	doc_close(d);
	arena_free(&a);
	return 0;
}

int
use_benefit(struct ledger *l, const struct key *secret, const char *use,
    const char *text, struct fault *f)
{
	struct ledger_fact facts[] = { { "kind", "benefit", 0 },
		{ "use", use, 0 }, { "text", text, 0 } };
	struct known k = { use, 0 };

	if (text[0] == '\0')
		return fault_set(f, "a benefit needs a text");
	if (ledger_each(l, look, &k, f) == -1)
		return -1;
	if (!k.found)
		return fault_set(f, "the ledger has no use %s", use);
	return ledger_append(l, secret, facts, 3, NULL, NULL, NULL, f);
}

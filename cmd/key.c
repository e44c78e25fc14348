/*
 * nib-key: make, inspect and derive keys.
 *
 * Reads and writes one small file; a key is never printed, nor a key or a
 * passphrase taken from an argument or the environment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "passphrase.h"
#include "privacy/key.h"
#include "privacy/secret.h"
#include "tool.h"

enum id {
	TYPE = 1, ROOT, PROJECT, PURPOSE, OPT_OUTS, ID, PASSPHRASE, REMOVE,
	PASSPHRASE_FD, MLOCK
};

#define BIT(id) (1u << (id))
#define FOR_ANY (BIT(PASSPHRASE_FD) | BIT(MLOCK))
#define TO_FILE 1u /* --output */

struct opts {
	struct tool tool;
	unsigned given; /* bit 1 << id */
	const char *type, *root, *project, *purpose, *opt_outs, *id;
	int protect, remove;
	struct passphrase passphrase;
	const struct verb *verb;
};

static const struct option_row rows[] = {
	{ TYPE, 0, "type", "TYPE",
	    "new: root, project, escrow or ledger" },
	{ ID, 0, "id", "ID", "new: its name (default: from its fingerprint)" },
	{ ROOT, 0, "root", "<FILE", "project: the root key to derive from" },
	{ PROJECT, 0, "project", "ID", "project: its id" },
	{ PURPOSE, 0, "purpose", "ID",
	    "project: a release that must not be joined with others" },
	{ OPT_OUTS, 0, "opt-outs", "MODE",
	    "project: applied or not-applied, kept apart alike" },
	{ PASSPHRASE, 0, "passphrase", NULL,
	    "new, project: ask for a passphrase to protect the file" },
	{ PASSPHRASE_FD, 0, "passphrase-fd", "N",
	    "passphrases, a line each, from there, not from the terminal" },
	{ REMOVE, 0, "remove", NULL,
	    "passphrase: the new file has none" },
	{ MLOCK, 0, "require-mlock", NULL,
	    "fail where keys cannot be kept out of swap" },
	{ TOOL_OUTPUT, 'o', "output", ">FILE",
	    "the key file to make; it must not exist" },
	TOOL_COMMON_ROWS,
	{ 0 },
};

static const struct option_tool table = {
	"nib-key",
	"new --type TYPE -o FILE\n"
	"       nib-key project --root FILE --project ID -o FILE\n"
	"       nib-key passphrase FILE -o FILE\n"
	"       nib-key show FILE",
	"Make, inspect and derive keys.",
	rows,
	"  nib-key new --type root -o root.key\n"
	"  nib-key project --root root.key --project asthma-2026 "
	"-o project.key\n"
	"  nib-key new --type escrow -o officer.key   # and officer.key.pub\n"
	"  nib-key passphrase project.key -o protected.key\n"
	"  nib-key show project.key\n"
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	o->given |= BIT(id);
	switch (id) {
	case TYPE:
		o->type = v;
		break;
	case ROOT:
		o->root = v;
		break;
	case PROJECT:
		o->project = v;
		break;
	case PURPOSE:
		o->purpose = v;
		break;
	case OPT_OUTS:
		o->opt_outs = v;
		break;
	case ID:
		o->id = v;
		break;
	case PASSPHRASE:
		o->protect = 1;
		break;
	case PASSPHRASE_FD:
		return passphrase_option(&o->passphrase, v, f);
	case REMOVE:
		o->remove = 1;
		break;
	case MLOCK:
		secret_require();
		break;
	default:
		break;
	}
	return 0;
}

/* The file, under a new passphrase if one is wanted. */
static int
save(const struct key *k, struct opts *o, struct fault *f)
{
	const char *passphrase = NULL;
	int rc = -1;

	if (!o->protect ||
	    (passphrase = passphrase_new(&o->passphrase, o->tool.output,
	    f)) != NULL)
		if (passphrase_done(&o->passphrase, f) == 0)
			rc = key_save_under(k, o->tool.output, passphrase, f);
	return rc;
}

/* A pair's public half goes beside it, for those who encrypt or verify. */
static int
save_pair(const struct key *k, struct opts *o, struct fault *f)
{
	char *beside = mem_printf("%s.pub", o->tool.output);
	struct key *pub = key_public(k, f);
	int rc = -1;

	if (pub != NULL && save(k, o, f) == 0) {
		rc = key_save(pub, beside, f);
		/* Half a pair would only be missed when it is needed. */
		if (rc == -1)
			(void)remove(o->tool.output);
	}
	key_close(pub);
	free(beside);
	return rc;
}

static int
make_new(struct opts *o, struct fault *f)
{
	static const struct { const char *name; enum key_type type; } t[] = {
		{ "root", KEY_ROOT }, { "project", KEY_PROJECT },
		{ "escrow", KEY_ESCROW_SECRET },
		{ "ledger", KEY_LEDGER_SECRET },
	};
	struct key *k;
	size_t i;
	int rc;

	if (o->type == NULL || o->tool.output == NULL)
		return fault_set(f, "new needs --type and --output");
	for (i = 0; i < sizeof t / sizeof t[0]; i++)
		if (strcmp(o->type, t[i].name) == 0)
			break;
	if (i == sizeof t / sizeof t[0])
		return fault_set(f, "--type is root, project, escrow or "
		    "ledger");
	if ((k = key_new(t[i].type, o->id, f)) == NULL)
		return -1;
	if (t[i].type == KEY_ROOT || t[i].type == KEY_PROJECT)
		rc = save(k, o, f);
	else
		rc = save_pair(k, o, f);
	key_close(k);
	return rc;
}

static int
make_project(struct opts *o, struct fault *f)
{
	struct key *root = NULL, *k = NULL;
	int rc = -1;

	if (o->root == NULL || o->project == NULL || o->tool.output == NULL)
		return fault_set(f, "project needs --root, --project and "
		    "--output");
	if (o->opt_outs != NULL && strcmp(o->opt_outs, "applied") != 0 &&
	    strcmp(o->opt_outs, "not-applied") != 0)
		return fault_set(f, "--opt-outs is applied or not-applied");
	root = key_open_ask(o->root, passphrase_old, &o->passphrase, f);
	if (root == NULL)
		goto out;
	k = key_project(root, o->project, o->purpose, o->opt_outs, f);
	if (k != NULL)
		rc = save(k, o, f);
out:
	key_close(k);
	key_close(root);
	return rc;
}

/* The same key in a new file, under another passphrase or none. */
static int
change(struct opts *o, struct fault *f)
{
	struct key *k;
	int rc;

	if (o->tool.output == NULL)
		return fault_set(f, "passphrase needs --output");
	k = key_open_ask(o->tool.paths[0], passphrase_old, &o->passphrase, f);
	if (k == NULL)
		return -1;
	o->protect = !o->remove;
	rc = save(k, o, f);
	key_close(k);
	return rc;
}

static int
show(struct opts *o, struct fault *f)
{
	struct key *k = key_open_ask(o->tool.paths[0], passphrase_old,
	    &o->passphrase, f);

	if (k == NULL)
		return -1;
	if (passphrase_done(&o->passphrase, f) == -1) {
		key_close(k);
		return -1;
	}
	(void)printf("type         %s\nid           %s\ncreated      %s\n"
	    "fingerprint  %s\n", key_type_name(key_type(k)), key_id(k),
	    key_created(k), key_fingerprint(k));
	key_close(k);
	return 0;
}

static const struct verb {
	const char *name;
	unsigned takes;
	size_t files; /* operands */
	int (*run)(struct opts *, struct fault *);
} verbs[] = {
	{ "new", TO_FILE | FOR_ANY | BIT(TYPE) | BIT(ID) | BIT(PASSPHRASE), 0,
	    make_new },
	{ "project", TO_FILE | FOR_ANY | BIT(ROOT) | BIT(PROJECT) |
	    BIT(PURPOSE) | BIT(OPT_OUTS) | BIT(PASSPHRASE), 0, make_project },
	{ "passphrase", TO_FILE | FOR_ANY | BIT(REMOVE), 1, change },
	{ "show", FOR_ANY, 1, show },
};

static int
check(void *options, struct fault *f)
{
	const char *names[sizeof verbs / sizeof verbs[0] + 1] = { NULL };
	struct opts *o = options;
	const struct verb *v;
	size_t i;
	int k;

	for (i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		names[i] = verbs[i].name;
	if ((k = tool_verb(&o->tool, names, f)) == -1)
		return -1;
	v = o->verb = &verbs[k];
	if (tool_verb_takes(&o->tool, v->name, o->given, v->takes, f) == -1)
		return -1;
	if (o->tool.npaths != v->files)
		return v->files == 1 ? fault_set(f, "%s needs one key file",
		    v->name) : fault_set(f, "one word too many after %s",
		    v->name);
	return 0;
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;

	return key_harden(f) == 0 && o->verb->run(o, f) == 0 ? CLEAN :
	    TROUBLE;
}

static const struct tool_calls calls = { &table, set, check, run };

int
main(int argc, char **argv)
{
	struct opts o = { .passphrase = PASSPHRASE_NONE };
	int status = tool_main(&calls, &o.tool, &o, argc, argv);

	passphrase_end(&o.passphrase);
	return status;
}

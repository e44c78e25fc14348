/*
 * nib-ledger: keep and verify the audit of every use, and show it.
 *
 * Holds the texts of all uses in memory for register and subject, and the
 * tags of one use at a time (8 bytes a person); else one entry.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/infile.h"
#include "base/mem.h"
#include "base/num.h"
#include "check/check.h"
#include "csv/writer.h"
#include "ledger/budget.h"
#include "ledger/ledger.h"
#include "ledger/register.h"
#include "ledger/use.h"
#include "passphrase.h"
#include "privacy/key.h"
#include "privacy/secret.h"
#include "tool.h"

enum id {
	KEY = 1, PASSPHRASE_FD, MLOCK, CHECKPOINT, HTML, USE, TEXT,
	NAME, EPSILON
};

#define BIT(id) (1u << (id))
#define OF_KEY (BIT(KEY) | BIT(PASSPHRASE_FD) | BIT(MLOCK))
#define TO_FILE 1u /* --output */

struct opts {
	struct tool tool;
	unsigned given; /* bit 1 << id */
	const char *key, *checkpoint, *html, *use, *text;
	const char *name, *epsilon;
	const char *file;
	struct passphrase passphrase;
	const struct verb *verb;
};

static const struct option_row rows[] = {
	{ KEY, 0, "key", "<FILE", "the ledger's key; verify: its public half" },
	{ PASSPHRASE_FD, 0, "passphrase-fd", "N",
	    "its passphrase, from there, not from the terminal" },
	{ MLOCK, 0, "require-mlock", NULL,
	    "fail where keys cannot be kept out of swap" },
	{ CHECKPOINT, 0, "checkpoint", "<FILE",
	    "verify: a checkpoint that was kept elsewhere" },
	{ HTML, 0, "html", ">FILE", "register: as a page for the public" },
	{ USE, 0, "use", "ID", "benefit: the use it came of" },
	{ TEXT, 0, "text", "TEXT", "benefit: what came of it, in public" },
	{ NAME, 0, "name", "NAME", "budget: whose privacy it is, as a "
	    "dataset's name" },
	{ EPSILON, 0, "epsilon", "E", "budget: sets it; without, shows it" },
	{ TOOL_OUTPUT, 'o', "output", ">FILE",
	    "write to FILE, which appears only when complete" },
	TOOL_COMMON_ROWS,
	{ 0 },
};

static const struct option_tool table = {
	"nib-ledger",
	"init|show|verify|checkpoint|register|subject|benefit|budget LEDGER "
	"[OPTION...]",
	"Keep and verify the audit of every use, and show it.",
	rows,
	"  nib-key new --type ledger -o ledger.key\n"
	"  nib-ledger init uses.ledger --key ledger.key\n"
	"  nib-ledger verify uses.ledger --key ledger.key.pub\n"
	"  nib-ledger register uses.ledger --html register.html\n"
	"  nib-ledger subject uses.ledger --key ledger.key <number\n"
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	o->given |= BIT(id);
	switch (id) {
	case KEY:
		o->key = v;
		break;
	case PASSPHRASE_FD:
		return passphrase_option(&o->passphrase, v, f);
	case MLOCK:
		secret_require();
		break;
	case CHECKPOINT:
		o->checkpoint = v;
		break;
	case HTML:
		o->html = v;
		break;
	case USE:
		o->use = v;
		break;
	case TEXT:
		o->text = v;
		break;
	case NAME:
		o->name = v;
		break;
	case EPSILON:
		o->epsilon = v;
		break;
	default:
		break;
	}
	return 0;
}

/* NULL is a fault. */
static struct key *
needed_key(struct opts *o, struct fault *f)
{
	struct key *k;

	if (o->key == NULL) {
		(void)fault_set(f, "the ledger's key is needed (--key)");
		return NULL;
	}
	k = key_open_ask(o->key, passphrase_old, &o->passphrase, f);
	passphrase_end(&o->passphrase);
	if (k != NULL && passphrase_done(&o->passphrase, f) == -1) {
		key_close(k);
		return NULL;
	}
	return k;
}

static enum status
init(struct opts *o, struct fault *f)
{
	struct key *k = needed_key(o, f);
	enum status rc = TROUBLE;

	if (k != NULL && ledger_create(o->file, k, f) == 0)
		rc = CLEAN;
	key_close(k);
	return rc;
}

static enum status
show(struct opts *o, struct fault *f)
{
	struct ledger *l = ledger_open(o->file, 0, f);
	struct buf text = { 0 };
	enum status rc = TROUBLE;

	if (l != NULL && register_entries(l, &text, f) == 0 &&
	    outfile_whole(o->tool.output, &text, f) == 0)
		rc = CLEAN;
	buf_free(&text);
	ledger_close(l);
	return rc;
}

static enum status
verify(struct opts *o, struct fault *f)
{
	struct buf what = { 0 };
	struct key *k = NULL;
	char *checkpoint = NULL;
	enum status rc = TROUBLE;
	uint64_t entries;
	size_t n;
	int found;

	if (o->key != NULL && (k = needed_key(o, f)) == NULL)
		goto out;
	if (o->checkpoint != NULL &&
	    infile_whole(o->checkpoint, 4096, &checkpoint, &n, f) == -1)
		goto out;
	found = ledger_verify(o->file, k, checkpoint, &what, &entries, f);
	if (found == -1)
		goto out;
	rc = found == 0 ? CLEAN : FINDINGS;
	if (found == 1)
		msg_error("%s: %s", o->file, buf_string(&what));
	else
		(void)printf("%llu entries, whole and sound%s\n",
		    (unsigned long long)entries, checkpoint == NULL ?
		    " as far as a ledger alone can tell" : "");
out:
	free(checkpoint);
	key_close(k);
	buf_free(&what);
	return rc;
}

static enum status
checkpoint(struct opts *o, struct fault *f)
{
	struct key *k = needed_key(o, f);
	struct ledger *l = NULL;
	struct buf text = { 0 };
	enum status rc = TROUBLE;

	if (k != NULL && (l = ledger_open(o->file, 0, f)) != NULL &&
	    ledger_checkpoint(l, k, &text, f) == 0 &&
	    outfile_whole(o->tool.output, &text, f) == 0)
		rc = CLEAN;
	buf_free(&text);
	ledger_close(l);
	key_close(k);
	return rc;
}

static enum status
publish(struct opts *o, struct fault *f)
{
	struct ledger *l = NULL;
	struct register_uses *r = NULL;
	struct buf text = { 0 };
	enum status rc = TROUBLE;

	if ((l = ledger_open(o->file, 0, f)) == NULL ||
	    (r = register_new(l, f)) == NULL)
		goto out;
	if (o->html != NULL) {
		register_html(r, &text);
		if (outfile_whole(o->html, &text, f) == -1)
			goto out;
		buf_clear(&text);
	}
	if (o->html == NULL || o->tool.output != NULL) {
		register_csv(r, &text);
		if (outfile_whole(o->tool.output, &text, f) == -1)
			goto out;
	}
	rc = CLEAN;
out:
	buf_free(&text);
	register_free(r);
	ledger_close(l);
	return rc;
}

/* One NHS number on standard input: never an argument, others see those. */
static int
read_number(char to[10], struct fault *f)
{
	char line[64];
	size_t n = 0;
	ssize_t k;

	while (n < sizeof line && (k = read(STDIN_FILENO, line + n,
	    sizeof line - n)) > 0)
		n += (size_t)k;
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	if (check_canonical_nhs_number(line, n, to) == -1 ||
	    !check_nhs_number(to, 10))
		return fault_at(f, "standard input", 1, "not a valid NHS "
		    "number (ten digits, modulus 11)");
	return 0;
}

static enum status
subject(struct opts *o, struct fault *f)
{
	struct key *k = needed_key(o, f);
	struct register_uses *r = NULL;
	struct ledger *l = NULL;
	struct buf text = { 0 };
	enum status rc = TROUBLE;
	char number[10];
	size_t n;

	if (k == NULL || (l = ledger_open(o->file, 0, f)) == NULL ||
	    (r = register_new(l, f)) == NULL ||
	    read_number(number, f) == -1 ||
	    register_subject(r, l, k, number, &text, &n, f) == -1 ||
	    outfile_whole(o->tool.output, &text, f) == -1)
		goto out;
	rc = n > 0 ? CLEAN : FINDINGS;
out:
	buf_free(&text);
	register_free(r);
	ledger_close(l);
	key_close(k);
	return rc;
}

static enum status
benefit(struct opts *o, struct fault *f)
{
	struct key *k = needed_key(o, f);
	struct ledger *l = NULL;
	enum status rc = TROUBLE;

	if (k != NULL && (o->use == NULL || o->text == NULL))
		(void)fault_set(f, "benefit needs --use and --text");
	else if (k != NULL && (l = ledger_open(o->file, 1, f)) != NULL &&
	    use_benefit(l, k, o->use, o->text, f) == 0)
		rc = CLEAN;
	ledger_close(l);
	key_close(k);
	return rc;
}

/* Sets what may be spent, or shows what is left. */
static enum status
budget(struct opts *o, struct fault *f)
{
	struct ledger *l = NULL;
	struct buf text = { 0 };
	struct key *k = NULL;
	enum status rc = TROUBLE;
	uint64_t total, left;

	if (o->name == NULL) {
		(void)fault_set(f, "budget needs --name");
		return TROUBLE;
	}
	if ((o->epsilon != NULL && (budget_epsilon(o->epsilon, &total,
	    f) == -1 || (k = needed_key(o, f)) == NULL)) ||
	    (l = ledger_open(o->file, o->epsilon != NULL, f)) == NULL)
		goto out;
	if (o->epsilon != NULL) {
		if (ledger_key_ok(l, k, f) == -1 ||
		    budget_set(l, k, o->name, total, f) == -1)
			goto out;
	} else {
		if (budget_left(l, o->name, &total, &left, f) == -1)
			goto out;
		if (total == 0) {
			(void)fault_set(f, "the ledger has no privacy budget "
			    "%s", o->name);
			goto out;
		}
		buf_puts(&text, "budget,epsilon,left\n");
		csv_put_string(&text, o->name);
		buf_putc(&text, ',');
		num_put_decimal(&text, (num_wide)total, 6);
		buf_putc(&text, ',');
		num_put_decimal(&text, (num_wide)left, 6);
		buf_putc(&text, '\n');
		if (outfile_whole(o->tool.output, &text, f) == -1)
			goto out;
	}
	rc = CLEAN;
out:
	buf_free(&text);
	ledger_close(l);
	key_close(k);
	return rc;
}

static const struct verb {
	const char *name;
	unsigned takes;
	enum status (*run)(struct opts *, struct fault *);
} verbs[] = {
	{ "init", OF_KEY, init },
	{ "show", TO_FILE, show },
	{ "verify", OF_KEY | BIT(CHECKPOINT), verify },
	{ "checkpoint", TO_FILE | OF_KEY, checkpoint },
	{ "register", TO_FILE | BIT(HTML), publish },
	{ "subject", TO_FILE | OF_KEY, subject },
	{ "benefit", OF_KEY | BIT(USE) | BIT(TEXT), benefit },
	{ "budget", TO_FILE | OF_KEY | BIT(NAME) | BIT(EPSILON), budget },
};

static int
check(void *options, struct fault *f)
{
	const char *names[sizeof verbs / sizeof verbs[0] + 1] = { NULL };
	struct opts *o = options;
	size_t i;
	int k;

	for (i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		names[i] = verbs[i].name;
	if ((k = tool_verb(&o->tool, names, f)) == -1)
		return -1;
	o->verb = &verbs[k];
	if (o->tool.npaths != 1)
		return fault_set(f, "%s needs one ledger", o->verb->name);
	o->file = o->tool.paths[0];
	o->tool.no_output = (o->verb->takes & TO_FILE) == 0 ||
	    o->html != NULL;
	return tool_verb_takes(&o->tool, o->verb->name, o->given,
	    o->verb->takes, f);
}

static enum status
run(void *options, struct fault *f)
{
	struct opts *o = options;

	return key_harden(f) == 0 ? o->verb->run(o, f) : TROUBLE;
}

static const struct tool_calls calls = { &table, set, check, run };

int
main(int argc, char **argv)
{
	struct opts o = { .passphrase = PASSPHRASE_NONE };

	return tool_main(&calls, &o.tool, &o, argc, argv);
}

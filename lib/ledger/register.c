/* What the public reads. */
#include "ledger/register.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/markup.h"
#include "base/mem.h"
#include "csv/writer.h"
#include "ledger/use.h"
#include "privacy/lanes.h"
#include "privacy/pseudonym.h"
#include "spec/doc.h"

/* Facts of the entries that a register shows besides use_fields. */
enum { USE, TIME, TOOL, SPEC, BACK, REASON, IN, OUT, PEOPLE, NMORE };
static const struct {
	const char *name, *title;
} more[NMORE] = {
	[USE] = { "use", "Use" },
	[TIME] = { "time", "Announced" },
	[TOOL] = { "tool", "Tool" },
	[SPEC] = { "specification", "Records of" },
	[BACK] = { "reidentification", "Identities restored" },
	[REASON] = { "reason", "Why" },
	[IN] = { "records_in", "Records read" },
	[OUT] = { "records_out", "Records released" },
	[PEOPLE] = { "people", "People" },
};

struct one {
	const char *more[NMORE];
	const char **about; /* of use_fields; NULL: not said */
	int complete, tagged;
	const char **benefits;
	size_t nbenefits;
};

struct register_uses {
	struct arena arena;
	struct one *v;
	size_t n;
};

void
register_free(struct register_uses *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++) {
		free(r->v[i].about);
		free(r->v[i].benefits);
	}
	free(r->v);
	arena_free(&r->arena);
	free(r);
}

size_t
register_count(const struct register_uses *r)
{
	return r->n;
}

static void
announced(struct register_uses *r, const struct doc_at *root)
{
	const struct use_field *fields;
	struct one *u;
	size_t n, i;

	fields = use_fields(&n);
	r->v = mem_array(r->v, r->n + 1, sizeof *r->v);
	u = &r->v[r->n++];
	memset(u, 0, sizeof *u);
	u->about = mem_zero(n, sizeof *u->about);
	for (i = 0; i < n; i++)
		u->about[i] = doc_fact(root, fields[i].name, &r->arena);
	for (i = 0; i < NMORE; i++)
		u->more[i] = doc_fact(root, more[i].name, &r->arena);
}

static int
collect(void *arg, const struct ledger_entry *e, struct fault *f)
{
	struct register_uses *r = arg;
	struct doc *d = doc_parse("ledger", e->body, e->n, f);
	struct doc_at root;
	const char *kind, *use, *text;
	struct one *u = NULL;
	size_t i;

	if (d == NULL)
		return -1;
	root = doc_root(d);
	kind = doc_fact(&root, "kind", &r->arena);
	use = doc_fact(&root, "use", &r->arena);
	if (kind == NULL || use == NULL)
		goto out;
	if (strcmp(kind, "intent") == 0) {
		announced(r, &root);
		goto out;
	}
	for (i = r->n; i-- > 0 && u == NULL;)
		if (strcmp(r->v[i].more[USE], use) == 0)
			u = &r->v[i];
	if (u == NULL)
		goto out;
	if (strcmp(kind, "complete") == 0) {
		u->complete = 1;
		u->tagged = doc_fact(&root, "tags_digest", &r->arena) != NULL;
		for (i = IN; i < NMORE; i++)
			u->more[i] = doc_fact(&root, more[i].name, &r->arena);
	} else if (strcmp(kind, "benefit") == 0 &&
	    (text = doc_fact(&root, "text", &r->arena)) != NULL) {
		u->benefits = mem_array(u->benefits, u->nbenefits + 1,
		    sizeof *u->benefits);
		u->benefits[u->nbenefits++] = text;
	}
out:
	doc_close(d);
	return 0;
}

struct register_uses *
register_new(struct ledger *l, struct fault *f)
{
	struct register_uses *r = mem_zero(1, sizeof *r);

	if (ledger_each(l, collect, r, f) == -1) {
		register_free(r);
		return NULL;
	}
	return r;
}

static void
cell(struct buf *to, const char *s)
{
	buf_putc(to, ',');
	if (s != NULL)
		csv_put_string(to, s);
}

static const char *
status(const struct one *u)
{
	return u->complete ? "complete" : "interrupted";
}

void
register_csv(const struct register_uses *r, struct buf *to)
{
	const struct use_field *fields;
	struct buf all = { 0 };
	size_t n, i, k;

	fields = use_fields(&n);
	buf_puts(to, "use,announced,status");
	for (k = 0; k < n; k++)
		cell(to, fields[k].name);
	for (k = TOOL; k < NMORE; k++)
		cell(to, more[k].name);
	buf_puts(to, ",benefits\n");
	for (i = 0; i < r->n; i++) {
		const struct one *u = &r->v[i];

		csv_put_string(to, u->more[USE]);
		cell(to, u->more[TIME]);
		cell(to, status(u));
		for (k = 0; k < n; k++)
			cell(to, u->about[k]);
		for (k = TOOL; k < NMORE; k++)
			cell(to, u->more[k]);
		buf_clear(&all);
		for (k = 0; k < u->nbenefits; k++) {
			if (k > 0)
				buf_puts(&all, "; ");
			buf_puts(&all, u->benefits[k]);
		}
		buf_putc(to, ',');
		csv_put_cell(to, all.p, all.n);
		buf_putc(to, '\n');
	}
	buf_free(&all);
}

static void
row(struct buf *to, const char *title, const char *text)
{
	if (text == NULL)
		return;
	buf_puts(to, "<dt>");
	markup_escape(to, title);
	buf_puts(to, "</dt><dd>");
	markup_escape(to, text);
	buf_puts(to, "</dd>\n");
}

static const char page_head[] =
"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
"<title>Register of uses of people's records</title>\n<style>\n"
"body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem;\n"
"  margin: 0 auto; padding: 1rem; color: #212b32; background: #f0f4f5; }\n"
"article { background: #fff; border: 1px solid #d8dde0; padding: 1rem 1.5rem;"
"\n  margin: 0 0 1.5rem; }\n"
"h1 { font-size: 1.75rem; } h2 { font-size: 1.25rem; margin: 0 0 .5rem; }\n"
"dl { display: grid; grid-template-columns: 14rem 1fr; gap: .25rem 1rem;\n"
"  margin: .75rem 0 0; }\n"
"dt { color: #4c6272; } dd { margin: 0; overflow-wrap: anywhere; }\n"
".benefit { border-left: .4rem solid #007f3b; padding: .25rem .75rem;\n"
"  margin: .75rem 0 0; }\n"
".open { border-left: .4rem solid #d5281b; padding: .25rem .75rem; }\n"
"@media (max-width: 40rem) { dl { display: block; } "
"dd { margin: 0 0 .5rem; } }\n"
"</style>\n</head>\n<body>\n<h1>Register of uses of people's records</h1>\n";

static void
article(const struct one *u, struct buf *to)
{
	const struct use_field *fields;
	size_t n, k;

	fields = use_fields(&n);
	buf_puts(to, "<article id=\"use-");
	markup_escape(to, u->more[USE]);
	buf_puts(to, "\">\n<h2>");
	markup_escape(to, u->about[0] != NULL ? u->about[0] : u->more[USE]);
	buf_puts(to, "</h2>\n");
	if (!u->complete)
		buf_puts(to, "<p class=\"open\">This use was announced and "
		    "never reported complete: it was interrupted, or is "
		    "still going on.</p>\n");
	for (k = 0; k < u->nbenefits; k++) {
		buf_puts(to, "<p class=\"benefit\"><strong>Benefit:"
		    "</strong> ");
		markup_escape(to, u->benefits[k]);
		buf_puts(to, "</p>\n");
	}
	buf_puts(to, "<dl>\n");
	for (k = 1; k < n; k++)
		row(to, fields[k].title, u->about[k]);
	for (k = TIME; k < NMORE; k++)
		row(to, more[k].title, u->more[k]);
	row(to, more[USE].title, u->more[USE]);
	buf_puts(to, "</dl>\n</article>\n");
}

void
register_html(const struct register_uses *r, struct buf *to)
{
	size_t i;

	buf_puts(to, page_head);
	buf_printf(to, "<p>%zu use%s, the latest first. Each line was "
	    "written when the use was made, into a ledger in which a later "
	    "change shows.</p>\n", r->n, r->n == 1 ? "" : "s");
	for (i = r->n; i-- > 0;)
		article(&r->v[i], to);
	buf_puts(to, "</body>\n</html>\n");
}

struct lines {
	struct buf *to;
};

static int
line(void *arg, const struct ledger_entry *e, struct fault *f)
{
	static const char *const names[] = { "time", "kind", "use", "title" };
	struct lines *l = arg;
	struct arena a = { 0 };
	struct doc *d = doc_parse("ledger", e->body, e->n, f);
	struct doc_at root;
	size_t i;

	if (d == NULL)
		return -1;
	root = doc_root(d);
	buf_put_u64(l->to, e->seq);
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		cell(l->to, doc_fact(&root, names[i], &a));
	buf_putc(l->to, '\n');
	arena_free(&a);
	doc_close(d);
	return 0;
}

int
register_entries(struct ledger *l, struct buf *to, struct fault *f)
{
	struct lines lines = { to };

	buf_puts(to, "entry,time,kind,use,title\n");
	return ledger_each(l, line, &lines, f);
}

/* The tag of a person in a use. */
static int
tag_of(const struct key *secret, const char *use, const char *number,
    uint64_t *tag, struct fault *f)
{
	struct lanes_batch *b = mem_alloc(sizeof *b);
	unsigned char tk[KEY_BYTES];
	struct lanes *l;

	key_derive(tk, key_bytes(secret), "nib-ledger/v1/subject", use);
	l = lanes_new(tk, LANES_ONE);
	sodium_memzero(tk, sizeof tk);
	if (l != NULL) {
		lanes_clear(b);
		lanes_add(b, PSEUDONYM_NHS_NUMBER, number, 10);
		lanes_hash(l, b);
		*tag = b->lo[0];
	}
	sodium_memzero(b, sizeof *b);
	free(b);
	lanes_free(l);
	return l != NULL ? 0 : fault_set(f, "cannot get locked memory for a "
	    "key");
}

static int
find(const struct ledger_tags *t, uint64_t tag)
{
	size_t lo = 0, hi = t->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (t->v[mid] < tag)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < t->n && t->v[lo] == tag;
}

static void
answer(const struct one *u, const char *text, struct buf *to)
{
	const struct use_field *fields;
	size_t n, k;

	fields = use_fields(&n);
	csv_put_string(to, u->more[USE]);
	cell(to, u->more[TIME]);
	cell(to, text);
	for (k = 0; k < n; k++)
		if (fields[k].required)
			cell(to, u->about[k]);
	buf_putc(to, '\n');
}

int
register_subject(const struct register_uses *r, struct ledger *l,
    const struct key *secret, const char *number, struct buf *to, size_t *n,
    struct fault *f)
{
	const struct use_field *fields;
	struct ledger_tags tags;
	uint64_t tag = 0;
	size_t i, k;
	int in;

	*n = 0;
	if (key_need(secret, KEY_LEDGER_SECRET, f) == -1 ||
	    ledger_key_ok(l, secret, f) == -1)
		return -1;
	buf_puts(to, "use,announced,included");
	fields = use_fields(&k);
	for (i = 0; i < k; i++)
		if (fields[i].required)
			cell(to, fields[i].name);
	buf_putc(to, '\n');
	for (i = 0; i < r->n; i++) {
		const struct one *u = &r->v[i];

		if (!u->tagged) {
			answer(u, "not known", to);
			continue;
		}
		if (ledger_tags(l, u->more[USE], &tags, f) == -1 ||
		    tag_of(secret, u->more[USE], number, &tag, f) == -1)
			return -1;
		in = find(&tags, tag);
		free((void *)(uintptr_t)tags.v);
		if (in) {
			answer(u, "yes", to);
			(*n)++;
		}
	}
	return 0;
}

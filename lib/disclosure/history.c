/* Releases that the ledger knows. */
#include "disclosure/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/infile.h"
#include "base/mem.h"
#include "ledger/ledger.h"
#include "spec/doc.h"

#define MOST ((size_t)1 << 30)

static int
by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Sorted: the same groupings in another order are the same. */
static void
put_names(struct buf *to, const struct tally_request *r)
{
	const char **names = mem_array(NULL, r->nby + 1, sizeof *names);
	size_t i;

	for (i = 0; i < r->nby; i++)
		names[i] = r->by[i].name;
	qsort(names, r->nby, sizeof *names, by_name);
	for (i = 0; i < r->nby; i++)
		buf_printf(to, "%s%s", i > 0 ? "," : "", names[i]);
	free(names);
}

void
history_note(struct use *u, const struct tally_request *r,
    const struct spec *s)
{
	struct buf names = { 0 };

	put_names(&names, r);
	use_text(u, "release_of", s != NULL ? s->name : "-");
	use_text(u, "release_groupings", names.n > 0 ? buf_string(&names) :
	    "-");
	buf_free(&names);
}

struct search {
	const char *digest;
	struct arena arena;
	uint64_t at; /* the table's release; 0: not found yet */
	const char *of, *groupings;
	void (*see)(void *, const struct history_release *);
	void *arg;
};

static const char *
member(const struct doc_at *root, const char *name, struct arena *a)
{
	struct doc_at at;
	const char *s = NULL;

	return doc_member(root, name, &at) && doc_string(&at, 1, a, &s,
	    NULL) == 0 ? s : "";
}

static int
look(void *arg, const struct ledger_entry *e, struct fault *f)
{
	struct search *s = arg;
	struct arena a = { 0 };
	const char *of, *groupings, *digest;
	struct doc_at root;
	struct doc *d;

	(void)f;
	if (strstr(e->body, "\"release_of\"") == NULL ||
	    (d = doc_parse("ledger", e->body, e->n, NULL)) == NULL)
		return 0;
	root = doc_root(d);
	of = member(&root, "release_of", &a);
	groupings = member(&root, "release_groupings", &a);
	digest = member(&root, "digest_table", &a);
	if (s->see == NULL) {
		if (strcmp(digest, s->digest) == 0) {
			s->at = e->seq;
			s->of = arena_string(&s->arena, of);
			s->groupings = arena_string(&s->arena, groupings);
		}
	} else if (e->seq < s->at && strcmp(digest, s->digest) != 0 &&
	    strcmp(of, s->of) == 0 && strcmp(groupings, s->groupings) == 0) {
		struct history_release r = { member(&root, "use", &a),
			member(&root, "time", &a), digest };

		s->see(s->arg, &r);
	}
	doc_close(d);
	arena_free(&a);
	return 0;
}

int
history_earlier(const char *path, const char *digest, void (*see)(void *,
    const struct history_release *), void *arg, struct fault *f)
{
	struct search s = { .digest = digest, .arg = arg };
	struct ledger *l = ledger_open(path, 0, f);
	int rc = -1;

	if (l == NULL || ledger_each(l, look, &s, f) == -1)
		goto out;
	s.see = see;
	rc = s.at == 0 ? 1 : ledger_each(l, look, &s, f);
out:
	ledger_close(l);
	arena_free(&s.arena);
	return rc;
}

int
history_digest(const char *path, char to[DIGEST_HEX], struct fault *f)
{
	struct digest *d;
	char *text;
	size_t n;

	if (infile_whole(path, MOST, &text, &n, f) == -1)
		return -1;
	d = digest_new();
	digest_add(d, text, n);
	digest_end(d, to);
	digest_free(d);
	free(text);
	return 0;
}

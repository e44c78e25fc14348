/* What depends on the blocks before, and the end. */
#include "spec/checker_inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Another key, in order of the blocks. */
static void
said_unique(void *arg, size_t key, size_t record, int ok)
{
	struct checker_state *s = arg;

	if (s->nmeters > 0)
		meter_key(s->meters[0], key, record, ok);
	if (!ok)
		checker_set_apart(&s->twice, record,
		    s->checker->keys.v[key].check);
}

unsigned
checker_parts(const struct checker *c)
{
	return keycheck_ordered(&c->keys) ? KEYSET_SHARDS : 0;
}

int
checker_in_part(void *arg, void *state, const struct csv_block *b,
    unsigned part, struct fault *f)
{
	struct checker_state *s = state;

	(void)arg;
	(void)b;
	(void)f;
	keycheck_shard(s->keys, part, said_unique, s);
	return 0;
}

int
checker_in_order(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct checker *c = arg;
	struct checker_state *s = state;

	(void)f;
	if (s->twice.n == 0)
		return 0;
	checker_take_apart(s, b, &s->twice, 1);
	if (c->o.good >= 0)
		buf_clear(&outs[c->o.good]);
	if (c->o.rejects >= 0)
		buf_clear(&outs[c->o.rejects]);
	if (c->o.errors >= 0)
		buf_clear(&outs[c->o.errors]);
	checker_put(s, b, outs);
	return 0;
}

/* Found elsewhere. */

/* The block's record of a row that was given, or -1: a ragged one. */
static long
record_of(const struct csv_block *b, uint64_t r, size_t *before)
{
	while (*before < b->nragged &&
	    b->ragged[*before].before + *before <= r)
		++*before;
	r -= *before; /* ragged ones were among them */
	return r < b->nrecords ? (long)r : -1;
}

/*
 * Does a finding that was given stand before one of the same row made here?
 * The whole has what a record says by itself, foreign keys in their order,
 * rules over another table, and what the records before decide.
 */
static int
stands_before(const struct checker *c, const struct given_finding *g,
    uint32_t made)
{
	size_t i;

	if (g->after)
		return 0;
	for (i = 0; i < c->keys.n; i++)
		if (c->keys.v[i].foreign != NULL && c->keys.v[i].check == made)
			return g->check < made;
	for (i = 0; i < c->spec->nrules; i++)
		if (spec_rule_kind(&c->spec->rules[i]) ==
		    SPEC_RULE_REFERENCE && c->wide_checks[i] == made)
			return 1;
	return 0;
}

void
checker_add_given(struct checker_state *s, const struct csv_block *b)
{
	uint64_t from = checker_row(s->checker, b, 0, 0);
	size_t i, n, before = 0, own = 0, nown = s->nlist;
	const struct given_finding *g = given_between(s->checker->given, from,
	    from + b->nrecords + b->nragged - 1, &n);
	struct finding x, *made = s->list;
	long r;

	if (n == 0)
		return;
	memset(&x, 0, sizeof x);
	s->list = NULL;
	s->nlist = s->cap = 0;
	for (i = 0; i < n; i++) {
		r = record_of(b, g[i].row - from, &before);
		if (g[i].late)
			continue;
		if (r >= 0)
			s->flags[r] |= checker_flag(s->checker, g[i].check);
		x.row = g[i].row;
		x.check = g[i].check;
		while (own < nown && (made[own].row < x.row ||
		    (made[own].row == x.row && !stands_before(s->checker,
		    &g[i], made[own].check))))
			checker_keep(s, &made[own++]);
		checker_keep(s, &x);
	}
	while (own < nown)
		checker_keep(s, &made[own++]);
	free(made);
}

/* A finding told at the end, of a record that was found to be before. */
static void
count_late(struct checker_state *s, unsigned before, unsigned flag)
{
	if (flag == FLAG_ERROR && (before & FLAG_ERROR) == 0) {
		s->late++;
		s->warned -= before == FLAG_WARNING;
	} else if (before == 0) {
		s->warned++;
	}
}

static int
of_group(const struct checker *c, uint32_t check)
{
	size_t i;

	for (i = 0; i < c->spec->nrules; i++)
		if (spec_rule_kind(&c->spec->rules[i]) == SPEC_RULE_GROUP &&
		    c->wide_checks[i] == check)
			return 1;
	return 0;
}

void
checker_count_given(struct checker_state *s, const struct csv_block *b)
{
	uint64_t from = checker_row(s->checker, b, 0, 0);
	size_t i, n, before = 0;
	const struct given_finding *g = given_between(s->checker->given, from,
	    from + b->nrecords + b->nragged - 1, &n);
	unsigned flag;
	long r;

	for (i = 0; i < n; i++) {
		r = record_of(b, g[i].row - from, &before);
		if (r < 0 || !g[i].late || !of_group(s->checker, g[i].check))
			continue;
		findings_tally(&s->tally[g[i].check], b->file_index,
		    g[i].row);
		flag = checker_flag(s->checker, g[i].check);
		count_late(s, (s->flags[r] | s->flags[r] >> LATE) &
		    (FLAG_ERROR | FLAG_WARNING), flag);
		s->flags[r] |= (unsigned char)(flag << LATE);
	}
}

/* The end. */

int
checker_merge(void *into, void *from, struct fault *f)
{
	struct checker_state *a = into, *b = from;
	size_t i;

	(void)f;
	findings_merge(a->tally, b->tally,
	    findings_count(a->checker->list));
	a->records += b->records;
	a->bad += b->bad;
	a->warned += b->warned;
	a->late += b->late;
	if (a->wide != NULL)
		wide_merge(a->wide, b->wide);
	if (a->marks != NULL)
		marks_merge(a->marks, b->marks);
	a->meters = mem_array(a->meters, a->nmeters + b->nmeters + 1,
	    sizeof *a->meters);
	for (i = 0; i < b->nmeters; i++)
		a->meters[a->nmeters++] = b->meters[i];
	b->nmeters = 0;
	return 0;
}

/* Findings of rules over groups, as they come. */
struct late {
	const struct checker *c;
	struct checker_state *s;
	const char *const *paths;
	struct outfile *errors; /* NULL: none */
	struct buf b;
	struct fault *f;
	int rc;
};

static void
found_late(void *arg, size_t rule, size_t file, uint64_t record)
{
	struct late *l = arg;
	unsigned before = marks_get(l->s->marks, file, record), flag;
	struct finding x;

	memset(&x, 0, sizeof x);
	x.check = l->c->wide_checks[rule];
	x.row = record + !l->c->o.no_header;
	findings_tally(&l->s->tally[x.check], file, x.row);
	flag = checker_flag(l->c, x.check);
	marks_add(l->s->marks, file, record, flag);
	count_late(l->s, before, flag);
	if (l->errors == NULL || l->rc == -1)
		return;
	findings_put(l->c->list, &x, l->paths != NULL ? l->paths[file] : "-",
	    NULL, 0, &l->b);
	if (l->b.n >= 65536) {
		l->rc = outfile_write(l->errors, l->b.p, l->b.n, l->f);
		buf_clear(&l->b);
	}
}

int
checker_finish(const struct checker *c, void *state,
    const char *const *paths, struct outfile *errors, struct fault *f)
{
	struct late l = { .c = c, .s = state, .paths = paths,
		.errors = errors, .f = f };

	size_t i;

	for (i = 0; i < c->nheader && !c->o.across && !c->o.later; i++)
		findings_tally(&l.s->tally[c->header_findings[i].check], 0,
		    c->header_findings[i].row);
	if (l.s->wide == NULL)
		return 0;
	if (wide_finish(l.s->wide, found_late, &l, f) == -1)
		l.rc = -1;
	if (l.rc == 0 && errors != NULL && l.b.n > 0)
		l.rc = outfile_write(errors, l.b.p, l.b.n, f);
	buf_free(&l.b);
	return l.rc;
}

struct checker_result
checker_sum(const struct checker *c, const void *state)
{
	const struct checker_state *s = state;
	struct checker_result r = { .records = s->records, .bad = s->bad,
		.late = s->late,
		.warned = s->warned, .tally = s->tally };
	size_t i;

	for (i = 0; i < findings_count(c->list); i++) {
		const struct findings_check *k = findings_get(c->list, i);

		if (k->severity == SPEC_ERROR)
			r.errors += s->tally[i].n;
		else
			r.warnings += s->tally[i].n;
	}
	return r;
}

/* From one key to another: which token became which. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "privacy/gate_parts.h"

/* Two hashes of a line of the map, so that no two lines are taken for one. */
struct seen {
	uint64_t a, b; /* a never 0 */
};

struct gate_map_lines {
	struct seen *v;
	size_t n, cap;
	uint64_t seed;
};

int
gate_plan_rotation(struct gate *g, const struct key *from, struct fault *f)
{
	size_t c, found = 0;

	for (c = 0; c < g->ncols; c++) {
		struct gate_column *col = &g->columns[c];
		struct gate_slot *slot;

		if (col->treat.kind != TREAT_PSEUDONYM &&
		    col->treat.kind != TREAT_ESCROW)
			continue;
		slot = &g->slots[col->slot];
		slot->old = pseudonym_new(from, col->treat.word, f);
		if (slot->old == NULL)
			return -1;
		found++;
	}
	if (found == 0)
		return fault_set(f, "--rotate-from: no column becomes a "
		    "pseudonym, so that there is nothing to map");
	g->map = mem_zero(1, sizeof *g->map);
	g->map->seed = hash_seed();
	return 0;
}

void
gate_free_rotation(struct gate *g)
{
	if (g->map != NULL)
		free(g->map->v);
	free(g->map);
}

int
gate_rotates(const struct gate *g)
{
	return g->map != NULL;
}

void
gate_put_map_header(struct buf *to)
{
	buf_puts(to, "domain,old,new\n");
}

/* base32 of this toolkit, after two characters that say of what kind. */
int
gate_looks_like_token(const char *p, size_t n)
{
	size_t i;

	if (n < PSEUDONYM_BYTES || (p[0] != 'p' && p[0] != 'r') ||
	    p[1] != '1')
		return 0;
	for (i = 2; i < n; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') ||
		    (p[i] >= '2' && p[i] <= '7')))
			return 0;
	return 1;
}

void
gate_put_map_line(const struct gate_column *c,
    const struct pseudonym_batch *old, const struct pseudonym_batch *new,
    size_t i, struct buf *to)
{
	size_t n = strlen(c->treat.word);

	buf_reserve(to, n + 2 * PSEUDONYM_BYTES + 3);
	buf_put(to, c->treat.word, n);
	buf_putc(to, ',');
	pseudonym_put(old, i, to->p + to->n);
	to->n += PSEUDONYM_BYTES;
	buf_putc(to, ',');
	pseudonym_put(new, i, to->p + to->n);
	to->n += PSEUDONYM_BYTES;
	buf_putc(to, '\n');
}

static int
add_line(struct gate_map_lines *m, const char *p, size_t n)
{
	struct seen x = { hash_bytes(p, n, m->seed) | 1,
		hash_bytes(p, n, ~m->seed) }, *old = m->v;
	size_t at, k, cap = m->cap;

	if (m->n * 2 >= cap) {
		m->cap = cap > 0 ? cap * 2 : 1024;
		m->v = mem_zero(m->cap, sizeof *m->v);
		for (k = 0; k < cap; k++) {
			if (old[k].a == 0)
				continue;
			at = (size_t)(old[k].b & (m->cap - 1));
			while (m->v[at].a != 0)
				at = (at + 1) & (m->cap - 1);
			m->v[at] = old[k];
		}
		free(old);
	}
	at = (size_t)(x.b & (m->cap - 1));
	for (; m->v[at].a != 0; at = (at + 1) & (m->cap - 1))
		if (m->v[at].a == x.a && m->v[at].b == x.b)
			return 0;
	m->v[at] = x;
	m->n++;
	return 1;
}

/* Of the lines of a block those that no earlier block has had. */
int
gate_in_order(void *arg, void *worker, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	struct gate *g = arg;
	struct buf *o = &outs[gate_escrows(g) ? 2 : 1];
	size_t from, next, kept = 0;
	const char *end;

	(void)worker;
	(void)b;
	(void)f;
	for (from = 0; from < o->n; from = next) {
		end = memchr(o->p + from, '\n', o->n - from);
		next = (size_t)(end + 1 - o->p);
		if (!add_line(g->map, o->p + from, next - from))
			continue;
		memmove(o->p + kept, o->p + from, next - from);
		kept += next - from;
	}
	o->n = kept;
	return 0;
}

uint64_t
gate_mapped(const struct gate *g)
{
	return g->map != NULL ? g->map->n : 0;
}

/* Persons that no other person rivals. */
#include "linkage/rivals.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

/* Of a person in a round. */
struct side {
	double best;
	uint32_t who; /* that has it */
	int rivalled;
};

struct round {
	struct map *persons, *links;
	struct side *sides;
	size_t *at[2]; /* by link: the place of each person among sides */
};

void
rivals_add(struct rivals *r, uint32_t a, uint32_t b, double score)
{
	if (r->n == r->cap) {
		r->cap = r->cap * 2 + 1024;
		r->links = mem_array(r->links, r->cap, sizeof *r->links);
	}
	r->links[r->n++] = (struct rivals_link){ a, b, score };
}

static int
by_score(const void *a, const void *b)
{
	const struct rivals_link *x = a, *y = b;

	if (x->score < y->score || x->score > y->score)
		return x->score > y->score ? -1 : 1;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return x->b < y->b ? -1 : x->b > y->b;
}

static int
add_link(struct map *links, uint32_t a, uint32_t b)
{
	const uint32_t key[2] = { a < b ? a : b, a < b ? b : a };
	int added;

	(void)map_add(links, key, sizeof key, &added);
	return added;
}

static int
fits(const struct map *links, uint32_t a, uint32_t b)
{
	const uint32_t key[2] = { a < b ? a : b, a < b ? b : a };

	return map_find(links, key, sizeof key) != MAP_NONE;
}

/* Links far behind the best of either person are none, in any round. */
static void
leave_behind(struct rivals *r, struct group *g, double ahead)
{
	struct map *persons = map_new();
	double *best = mem_array(NULL, 2 * r->n + 1, sizeof *best);
	size_t i, k, at[2], n = 0, pass;
	int added;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < r->n; i++) {
			const struct rivals_link l = r->links[i];
			const uint32_t who[2] = { group_root(g, l.a),
				group_root(g, l.b) };

			for (k = 0; k < 2; k++) {
				at[k] = map_add(persons, &who[k],
				    sizeof who[k], &added);
				if (added || l.score > best[at[k]])
					best[at[k]] = l.score;
			}
			if (pass == 1 && l.score >= best[at[0]] - ahead &&
			    l.score >= best[at[1]] - ahead)
				r->links[n++] = l;
		}
	r->n = n;
	free(best);
	map_free(persons);
}

/* Links between persons as they are now, each once, best first. */
static void
gather(struct rivals *r, struct group *g, struct map *links)
{
	struct rivals_link *l = r->links;
	size_t i, n = 0;
	uint32_t a, b;

	for (i = 0; i < r->n; i++) {
		a = group_root(g, l[i].a);
		b = group_root(g, l[i].b);
		if (a != b)
			l[n++] = (struct rivals_link){ a < b ? a : b,
			    a < b ? b : a, l[i].score };
	}
	if (n > 1)
		qsort(l, n, sizeof *l, by_score);
	r->n = n;
	for (i = n = 0; i < r->n; i++)
		if (add_link(links, l[i].a, l[i].b))
			l[n++] = l[i];
	r->n = n;
}

static void
find_bests(struct round *w, const struct rivals *r)
{
	size_t i, k;
	int added;

	for (i = 0; i < r->n; i++) {
		const uint32_t who[2] = { r->links[i].a, r->links[i].b };

		for (k = 0; k < 2; k++) {
			w->at[k][i] = map_add(w->persons, &who[k],
			    sizeof who[k], &added);
			if (added)
				w->sides[w->at[k][i]] = (struct side){
				    r->links[i].score, who[1 - k], 0 };
		}
	}
}

/* Does the other person of a link rival the best of this one? */
static void
challenge(const struct round *w, struct side *s, uint32_t other,
    double score, double ahead)
{
	if (s->who == other ||
	    (s->best - score >= ahead && s->best > score))
		return;
	if (!fits(w->links, s->who, other))
		s->rivalled = 1;
}

/* Returns how many were joined; *alone: persons with rivals. */
static size_t
take_round(struct round *w, const struct rivals *r, double ahead,
    int (*join)(void *, uint32_t, uint32_t), void *arg, size_t *alone)
{
	const struct rivals_link *l = r->links;
	struct side *x, *y;
	size_t i, joined = 0;

	find_bests(w, r);
	for (i = 0; i < r->n; i++) {
		challenge(w, &w->sides[w->at[0][i]], l[i].b, l[i].score,
		    ahead);
		challenge(w, &w->sides[w->at[1][i]], l[i].a, l[i].score,
		    ahead);
	}
	*alone = 0;
	for (i = 0; i < map_count(w->persons); i++)
		*alone += (size_t)w->sides[i].rivalled;
	for (i = 0; i < r->n; i++) {
		x = &w->sides[w->at[0][i]];
		y = &w->sides[w->at[1][i]];
		if (x->who == l[i].b && y->who == l[i].a && !x->rivalled &&
		    !y->rivalled)
			joined += (size_t)join(arg, l[i].a, l[i].b);
	}
	return joined;
}

size_t
rivals_settle(struct rivals *r, struct group *g, double ahead,
    int (*join)(void *, uint32_t, uint32_t), void *arg)
{
	struct round w;
	size_t joined = 1, alone = 0, i;

	leave_behind(r, g, ahead);
	while (joined > 0 && r->n > 0) {
		w.persons = map_new();
		w.links = map_new();
		gather(r, g, w.links);
		w.sides = mem_array(NULL, 2 * r->n + 1, sizeof *w.sides);
		for (i = 0; i < 2; i++)
			w.at[i] = mem_array(NULL, r->n + 1, sizeof **w.at);
		joined = take_round(&w, r, ahead, join, arg, &alone);
		free(w.at[0]);
		free(w.at[1]);
		free(w.sides);
		map_free(w.persons);
		map_free(w.links);
	}
	free(r->links);
	memset(r, 0, sizeof *r);
	return alone;
}

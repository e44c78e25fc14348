/* The unknown inner cells of a table, in parts that hang together. */
#include "disclosure/parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
disclosure_shown(const struct disclosure_cells *c, size_t cell, int64_t *low,
    int64_t *high)
{
	if (!c->hidden[cell]) {
		*low = *high = c->values[cell];
		return;
	}
	*low = c->low[cell];
	*high = c->high[cell];
	/* A zero hidden where zeros are shown: nobody can know. */
	if (c->known && c->values[cell] < *low)
		*low = c->values[cell];
}

void
disclosure_parts_free(struct disclosure_parts *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(p->v[i].vars);
		free(p->v[i].low);
		free(p->v[i].high);
		program_free(p->v[i].program);
	}
	free(p->v);
	free(p->low);
	free(p->high);
	free(p->part_of);
	free(p->place_of);
	memset(p, 0, sizeof *p);
}

static uint32_t
root(uint32_t *up, uint32_t i)
{
	while (up[i] != i)
		i = up[i] = up[up[i]];
	return i;
}

/* What cells of one member say. */
static size_t
find_known(struct disclosure_parts *p, const struct disclosure_cells *c)
{
	size_t i;

	for (i = 0; i < c->ninner; i++) {
		p->low[i] = 0;
		p->high[i] = CELLS_NONE;
	}
	for (i = 0; i < c->n; i++) {
		int64_t low, high;
		uint32_t v;

		if (disclosure_cells_members(c, i) != 1)
			continue;
		v = c->members[c->start[i]];
		disclosure_shown(c, i, &low, &high);
		p->low[v] = low > p->low[v] ? low : p->low[v];
		p->high[v] = high < p->high[v] ? high : p->high[v];
		if (p->low[v] > p->high[v])
			return i + 1;
	}
	return 0;
}

/*
 * What a cell says of the unknown inner cells in it: *n of them, vars (with
 * room for all its members), between *low and *high. 1: something that they
 * do not say themselves; 0: nothing; -1: what cannot be.
 */
static int
residue(const struct disclosure_parts *p, const struct disclosure_cells *c,
    size_t cell, uint32_t *vars, size_t *n, int64_t *low, int64_t *high)
{
	int64_t least = 0, most = 0;
	size_t k;

	*n = 0;
	if (disclosure_cells_members(c, cell) == 1)
		return 0; /* said already */
	disclosure_shown(c, cell, low, high);
	for (k = c->start[cell]; k < c->start[cell + 1]; k++) {
		uint32_t v = c->members[k];

		if (disclosure_unknown(p, v)) {
			vars[(*n)++] = v;
			least += p->low[v];
			most = most == CELLS_NONE || p->high[v] == CELLS_NONE ?
			    CELLS_NONE : most + p->high[v];
			continue;
		}
		*low -= p->low[v];
		if (*high != CELLS_NONE)
			*high -= p->low[v];
	}
	if (*high < least || (most != CELLS_NONE && *low > most))
		return -1;
	if (*low <= least && *high >= most)
		return 0;
	*low = *low < least ? least : *low;
	return *n > 0;
}

static void
number_parts(struct disclosure_parts *p, const struct disclosure_cells *c,
    uint32_t *up)
{
	uint32_t *number = mem_array(NULL, c->ninner, sizeof *number);
	size_t i;

	for (i = 0; i < c->ninner; i++)
		if (disclosure_unknown(p, (uint32_t)i) &&
		    root(up, (uint32_t)i) == i)
			number[i] = (uint32_t)p->n++;
	p->v = mem_zero(p->n, sizeof *p->v);
	for (i = 0; i < c->ninner; i++)
		if (disclosure_unknown(p, (uint32_t)i)) {
			p->part_of[i] = number[root(up, (uint32_t)i)];
			p->place_of[i] =
			    (uint32_t)p->v[p->part_of[i]].nvars++;
		}
	for (i = 0; i < p->n; i++) {
		struct disclosure_part *part = &p->v[i];

		part->vars = mem_array(NULL, part->nvars,
		    sizeof *part->vars);
		part->low = mem_array(NULL, part->nvars, sizeof *part->low);
		part->high = mem_array(NULL, part->nvars,
		    sizeof *part->high);
	}
	for (i = 0; i < c->ninner; i++)
		if (disclosure_unknown(p, (uint32_t)i)) {
			struct disclosure_part *part = &p->v[p->part_of[i]];
			size_t at = p->place_of[i];

			part->vars[at] = (uint32_t)i;
			part->low[at] = p->low[i];
			part->high[at] = p->high[i];
		}
	free(number);
}

size_t
disclosure_parts_make(struct disclosure_parts *p,
    const struct disclosure_cells *c)
{
	uint32_t *up = mem_array(NULL, c->ninner, sizeof *up);
	uint32_t *vars = mem_array(NULL, c->ninner, sizeof *vars);
	unsigned char *says = mem_zero(c->n, 1);
	int64_t low, high;
	size_t i, k, n, bad;

	memset(p, 0, sizeof *p);
	p->low = mem_array(NULL, c->ninner, sizeof *p->low);
	p->high = mem_array(NULL, c->ninner, sizeof *p->high);
	p->part_of = mem_array(NULL, c->ninner, sizeof *p->part_of);
	p->place_of = mem_array(NULL, c->ninner, sizeof *p->place_of);
	for (i = 0; i < c->ninner; i++)
		up[i] = (uint32_t)i;
	bad = find_known(p, c);
	for (i = 0; i < c->n && bad == 0; i++) {
		int rc = residue(p, c, i, vars, &n, &low, &high);

		if (rc == -1)
			bad = i + 1;
		says[i] = (unsigned char)(rc == 1);
		for (k = 1; rc == 1 && k < n; k++)
			up[root(up, vars[k])] = root(up, vars[0]);
	}
	if (bad == 0)
		number_parts(p, c, up);
	for (i = 0; i < c->n && bad == 0; i++) {
		struct disclosure_part *part;

		if (!says[i])
			continue;
		(void)residue(p, c, i, vars, &n, &low, &high);
		part = &p->v[p->part_of[vars[0]]];
		if (part->program == NULL)
			part->program = program_new(part->nvars, part->low,
			    part->high);
		for (k = 0; k < n; k++)
			vars[k] = p->place_of[vars[k]];
		program_row(part->program, vars, n, low, high);
		part->nrows++;
	}
	free(up);
	free(vars);
	free(says);
	return bad;
}

/* A published table as an attacker sees it. */
#include "disclosure/cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct disclosure_cells *
disclosure_cells_new(size_t ninner)
{
	struct disclosure_cells *c = mem_zero(1, sizeof *c);

	c->ninner = ninner;
	c->start = mem_zero(1, sizeof *c->start);
	return c;
}

void
disclosure_cells_free(struct disclosure_cells *c)
{
	if (c == NULL)
		return;
	free(c->values);
	free(c->primary);
	free(c->hidden);
	free(c->asked);
	free(c->start);
	free(c->members);
	free(c);
}

size_t
disclosure_cells_add(struct disclosure_cells *c, int64_t value, int primary,
    const uint32_t *members, size_t n)
{
	size_t i = c->n++;

	if (c->n > c->room) {
		c->room = c->room * 2 + 64;
		c->values = mem_array(c->values, c->room, sizeof *c->values);
		c->primary = mem_array(c->primary, c->room, 1);
		c->hidden = mem_array(c->hidden, c->room, 1);
		c->asked = mem_array(c->asked, c->room, 1);
		c->start = mem_array(c->start, c->room + 1,
		    sizeof *c->start);
	}
	if (c->nmembers + n > c->members_room) {
		c->members_room = (c->nmembers + n) * 2;
		c->members = mem_array(c->members, c->members_room,
		    sizeof *c->members);
	}
	c->values[i] = value;
	c->primary[i] = c->hidden[i] = (unsigned char)(primary != 0);
	c->asked[i] = 1;
	if (n > 0)
		memcpy(c->members + c->nmembers, members,
		    n * sizeof *members);
	c->nmembers += n;
	c->start[c->n] = c->nmembers;
	return i;
}

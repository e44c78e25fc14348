/* A published table as an attacker sees it. */
#include "disclosure/cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct disclosure_cells *
disclosure_cells_new(size_t ninner, int64_t least)
{
	struct disclosure_cells *c = mem_zero(1, sizeof *c);

	c->ninner = ninner;
	c->least = least;
	c->known = 1;
	c->start = mem_zero(1, sizeof *c->start);
	return c;
}

void
disclosure_cells_free(struct disclosure_cells *c)
{
	if (c == NULL)
		return;
	free(c->values);
	free(c->truth);
	free(c->low);
	free(c->high);
	free(c->primary);
	free(c->hidden);
	free(c->asked);
	free(c->away);
	free(c->apart);
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
		c->low = mem_array(c->low, c->room, sizeof *c->low);
		c->high = mem_array(c->high, c->room, sizeof *c->high);
		c->primary = mem_array(c->primary, c->room, 1);
		c->hidden = mem_array(c->hidden, c->room, 1);
		c->asked = mem_array(c->asked, c->room, 1);
		c->away = mem_array(c->away, c->room, 1);
		c->start = mem_array(c->start, c->room + 1,
		    sizeof *c->start);
	}
	if (c->nmembers + n > c->members_room) {
		c->members_room = (c->nmembers + n) * 2;
		c->members = mem_array(c->members, c->members_room,
		    sizeof *c->members);
	}
	c->values[i] = value;
	c->low[i] = c->least;
	c->high[i] = CELLS_NONE;
	c->primary[i] = c->hidden[i] = (unsigned char)(primary != 0);
	c->asked[i] = 1;
	c->away[i] = 0;
	if (n > 0)
		memcpy(c->members + c->nmembers, members,
		    n * sizeof *members);
	c->nmembers += n;
	c->start[c->n] = c->nmembers;
	return i;
}

size_t
disclosure_cells_members(const struct disclosure_cells *c, size_t cell)
{
	return c->start[cell + 1] - c->start[cell];
}

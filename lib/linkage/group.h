/*
 * group: things joined into groups (union-find), each with a list of its
 * members. The root of a group is its smallest member, so the same joins in
 * any order give the same groups and roots. 8 bytes a thing.
 */
#ifndef NIB_LINKAGE_GROUP_H
#define NIB_LINKAGE_GROUP_H

#include <stddef.h>
#include <stdint.h>

struct group {
	size_t n;
	uint32_t *parent;
	uint32_t *next; /* the following member, in a circle */
};

void group_start(struct group *, size_t n);
void group_end(struct group *);
uint32_t group_root(struct group *, uint32_t);
/* Is a thing alone in its group? */
static inline int
group_is_alone(const struct group *g, uint32_t i)
{
	return g->next[i] == i;
}
/* Has the group of x, a root, more members than that of y? */
int group_is_larger(const struct group *, uint32_t x, uint32_t y);
/* The root of the joined group. */
uint32_t group_join(struct group *, uint32_t, uint32_t);

#endif

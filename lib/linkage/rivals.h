/*
 * rivals: of the persons that a step would join, those that no other person
 * rivals.
 *
 * Links between records are proposed with a score. Two persons are joined
 * when each is the other's best, and no other that fits one of them nearly
 * as well is a rival: one that does not itself fit the best. (Three records
 * of one person fit each other and are no rivals; a record without a given
 * name that fits two twins is left alone, since the twins do not.) A link
 * that is further behind the best of one of the two is none. Joined persons
 * are looked at again, until nothing more comes together.
 *
 * 16 bytes a link, and about 100 while it is settled.
 */
#ifndef NIB_LINKAGE_RIVALS_H
#define NIB_LINKAGE_RIVALS_H

#include <stddef.h>
#include <stdint.h>

#include "linkage/group.h"

struct rivals_link {
	uint32_t a, b;
	double score;
};

struct rivals {
	struct rivals_link *links;
	size_t n, cap;
};

void rivals_add(struct rivals *, uint32_t a, uint32_t b, double score);
/*
 * Calls join, which joins two persons of the group or refuses and returns 0,
 * best score first, then by number. ahead: how much lower the score of a
 * rival is at least to be none; an equal score always rivals. Returns how
 * many persons a rival left alone. Empties the links.
 */
size_t rivals_settle(struct rivals *, struct group *, double ahead,
    int (*join)(void *, uint32_t, uint32_t), void *);

#endif

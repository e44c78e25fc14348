/*
 * peers: areas that an area is like, and what they have together.
 *
 * A CSV file with the columns area and peer, a row for each of an area's
 * nearest neighbours; or area and group, where those of a group are peers of
 * one another. A pair, or an area with a group, is there once.
 */
#ifndef NIB_INDICATOR_PEERS_H
#define NIB_INDICATOR_PEERS_H

#include "base/fault.h"
#include "indicator/definition.h"
#include "indicator/values.h"

#define PEERS_NAME "peers"

struct peers;

struct peers *peers_open(const char *path, char delimiter, struct fault *);
void peers_close(struct peers *);

/*
 * The peers of a row's area, in its indicator, period, sex and category, as
 * one row named PEERS_NAME: proportions, rates, ratios and means of all they
 * have together, with limits where the method has them; of standardised
 * rates, life expectancies and the like the median. NULL: it has no peers,
 * or none with a value. Borrowed until peers_close.
 */
const struct values_row *peers_row(struct peers *, const struct definition *,
    const struct values *, const struct values_row *);

#endif

/* picture: charts of values, by what their definition says. */
#ifndef NIB_INDICATOR_PICTURE_H
#define NIB_INDICATOR_PICTURE_H

#include "base/buf.h"
#include "base/fault.h"
#include "indicator/definition.h"
#include "indicator/values.h"

struct picture {
	const struct definition *definition;
	const struct values *values;
	const char *id;         /* of the <svg>, unique on a page */
	const char *title, *subtitle, *source; /* NULL: made from the rest */
	const char *comparator; /* an area among the values: a line, not a
	                         * point; NULL: none */
	const char *area;       /* spc and trend: NULL: the comparator's, or
	                         * the only one */
	const char *period;     /* funnel and league: NULL: the last */
	const char *sex, *category; /* NULL: "" */
	const char *rules;      /* spc: NULL: mdc */
	const char *chart;      /* spc: NULL: xmr; see stats/spc.h */
	const char *rebase;     /* spc: periods at which new groups start */
	int adjusted;           /* funnel: limits for over-dispersion */
};

/* Each adds one <svg> to the buffer. -1: nothing to draw, or not drawable. */
int picture_funnel(const struct picture *, struct buf *, struct fault *);
int picture_spc(const struct picture *, struct buf *, struct fault *);
int picture_league(const struct picture *, struct buf *, struct fault *);
/* Areas by periods; of one area or one period if they are given. */
int picture_table(const struct picture *, struct buf *, struct fault *);
int picture_trend(const struct picture *, struct buf *, struct fault *);

#endif

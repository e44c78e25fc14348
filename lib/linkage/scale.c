/* The score of two records by a step's points. */
#include "linkage/scale.h"

#include <stdlib.h>

#include "base/mem.h"

void
scale_start(struct scale *s, const struct matching_step *step,
    struct values *v, const struct nicknames *nicknames)
{
	size_t i, k, n = 0;

	s->step = step;
	for (i = 0; i < step->nscore; i++)
		n += step->score[i].n;
	s->tests = mem_zero(n + 1, sizeof *s->tests);
	for (i = n = 0; i < step->nscore; i++)
		for (k = 0; k < step->score[i].n; k++)
			s->tests[n++] = relate_new(v,
			    &step->score[i].tests[k], nicknames);
}

void
scale_end(struct scale *s)
{
	size_t i, k, n = 0;

	for (i = 0; i < s->step->nscore; i++)
		for (k = 0; k < s->step->score[i].n; k++)
			relate_free(s->tests[n++]);
	free(s->tests);
}

double
scale_weigh(const struct scale *s, const uint32_t *a, const uint32_t *b,
    unsigned *agree)
{
	const struct matching_points *p = s->step->score;
	double sum = 0;
	size_t i, k, n = 0;

	*agree = 0;
	for (i = 0; i < s->step->nscore; n += p[i].n, i++)
		for (k = 0; k < p[i].n; k++)
			if (relate_holds(s->tests[n + k], a, b)) {
				sum += p[i].points[k];
				*agree += 1;
				break;
			}
	return sum / (double)s->step->nscore;
}

int
scale_holds(const struct scale *s, double score, unsigned agree)
{
	return score >= s->step->at_least && agree >= s->step->agree;
}

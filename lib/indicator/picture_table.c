/* Areas by periods, each cell told apart as the comparison says. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "indicator/picture_parts.h"

static int
by_area(const void *a, const void *b)
{
	const struct values_row *const *p = a, *const *q = b;
	int c = strcmp((*p)->name, (*q)->name);

	if (c == 0)
		c = strcmp((*p)->area, (*q)->area);
	return c != 0 ? c : strcmp((*p)->period, (*q)->period);
}

/* Each area once, or each period; the array is yours. */
static const struct values_row **
distinct(const struct picture_rows *rows, int (*order)(const void *,
    const void *), int areas, size_t *n)
{
	const struct values_row **v = mem_array(NULL, rows->n, sizeof *v);
	size_t i;

	memcpy(v, rows->v, rows->n * sizeof *v);
	qsort(v, rows->n, sizeof *v, order);
	for (*n = i = 0; i < rows->n; i++)
		if (*n == 0 || (areas ? strcmp(v[*n - 1]->area, v[i]->area) :
		    strcmp(v[*n - 1]->period, v[i]->period)) != 0)
			v[(*n)++] = v[i];
	return v;
}

int
picture_table(const struct picture *p, struct buf *to, struct fault *f)
{
	const struct definition *d = p->definition;
	const struct values_row **areas, **periods;
	const char **across;
	struct chart_table_row *down;
	struct chart_point *cells;
	struct picture_rows rows;
	const struct values_row *beside = NULL;
	struct chart_words w;
	char *made;
	size_t i, k, nareas, nperiods;

	if (picture_select(p, p->area, p->period, &rows, f) == -1)
		return -1;
	areas = distinct(&rows, by_area, 1, &nareas);
	periods = distinct(&rows, picture_by_period, 0, &nperiods);
	across = mem_array(NULL, nperiods, sizeof *across);
	down = mem_zero(nareas, sizeof *down);
	cells = mem_zero(nareas * nperiods, sizeof *cells);
	for (k = 0; k < nperiods; k++)
		across[k] = periods[k]->period;
	for (i = 0; i < nareas; i++) {
		down[i].label = areas[i]->name;
		down[i].cells = cells + i * nperiods;
		down[i].own = p->comparator != NULL &&
		    strcmp(areas[i]->area, p->comparator) == 0;
		for (k = 0; k < nperiods; k++) {
			const struct values_row *other =
			    picture_comparator_of(p, periods[k]->period);
			const struct values_row *r = values_find(p->values,
			    d->id, areas[i]->area, periods[k]->period,
			    p->sex != NULL ? p->sex : "", p->category != NULL ?
			    p->category : "");
			struct chart_point *c = &cells[i * nperiods + k];

			c->label = areas[i]->name;
			c->y = r != NULL ? r->v.value : NAN;
			if (other != NULL)
				beside = other;
			c->sense = r != NULL ? picture_sense_of(p, r, other) :
			    CHART_PLAIN;
		}
	}
	made = picture_subtitle(p, NULL, NULL, p->definition->unit);
	w = picture_words_of(p, made);
	w.y_label = NULL;
	chart_table(&w, across, nperiods, down, nareas, picture_compares(p) &&
	    beside != NULL ? beside->name : NULL, to);
	free(made);
	free(cells);
	free(down);
	free(across);
	free(areas);
	free(periods);
	free(rows.v);
	return 0;
}

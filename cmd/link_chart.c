/*
 * nib-link chart: draws the weights of a model as a picture (SVG).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/num.h"
#include "chart/bars.h"
#include "link.h"
#include "linkage/model.h"

enum { TITLE = 1 };

static const struct option_row rows[] = {
	{ TITLE, 0, "title", "TEXT", "the title of the picture" },
	{ TOOL_OUTPUT, 'o', "output", ">FILE",
	    "the picture, which appears only when complete" },
	TOOL_COMMON_ROWS,
	{ 0, 0, NULL, NULL, NULL },
};

static const struct option_tool table = {
	"nib-link chart",
	"[OPTION...] MODEL",
	"Draw the weights of a model.",
	rows,
	"  nib-link chart people.model -o weights.svg\n",
};

struct opts {
	struct tool tool;
	const char *title;
};

static int
set(void *arg, int id, const char *v, struct fault *f)
{
	struct opts *o = arg;

	if (id != TITLE)
		return fault_set(f, "option %d", id);
	o->title = v;
	return 0;
}

/* A share in percent, with figures enough to see a small one. */
static void
put_share(struct buf *to, double x)
{
	x *= 100;
	num_put_fixed(to, x, x >= 1 ? 1 : x >= 0.01 ? 3 : 5);
	buf_putc(to, '%');
}

static void
draw(const struct opts *o, const struct matching *m, struct buf *to)
{
	struct chart_bar *bars;
	struct chart_words words = { .id = "weights", .decimals = 1 };
	struct buf title = { 0 }, note = { 0 }, text = { 0 };
	struct arena notes = { 0 };
	double most = 0, least = 0;
	size_t i, k, n = 1;

	for (i = 0; i < m->ncomparisons; i++)
		n += m->comparisons[i].nlevels;
	bars = mem_zero(n, sizeof *bars);
	bars[0] = (struct chart_bar){ "Any pair", "before anything is compared",
		model_prior(m), NULL };
	for (i = 0, n = 1; i < m->ncomparisons; i++) {
		const struct matching_comparison *c = &m->comparisons[i];
		double high = -INFINITY, low = INFINITY, w;

		for (k = 0; k < c->nlevels; k++) {
			w = log2(c->m[k] / c->u[k]);
			high = fmax(high, w);
			low = fmin(low, w);
			buf_clear(&note);
			put_share(&note, c->m[k]);
			buf_puts(&note, " / ");
			put_share(&note, c->u[k]);
			bars[n++] = (struct chart_bar){ c->name,
				c->levels[k].text, w,
				arena_string(&notes, buf_string(&note)) };
		}
		most += high;
		least += low;
	}
	if (o->title != NULL)
		buf_puts(&title, o->title);
	else
		buf_printf(&title, "Weights of the model %s", m->name);
	buf_printf(&text, "Bars of the weight of every level of %zu "
	    "comparisons, from ", m->ncomparisons);
	buf_puts(&text, "against a match on the left to for one on the right. "
	    "Together they reach from ");
	num_put_fixed(&text, model_prior(m) + least, 1);
	buf_puts(&text, " to ");
	num_put_fixed(&text, model_prior(m) + most, 1);
	buf_puts(&text, ", before rare values add to it.");
	words.title = buf_string(&title);
	words.subtitle = "What each level of a comparison adds: left of 0 "
	    "against a match, right of 0 for it";
	words.x_label = "Weight: log2 of how much likelier the level is "
	    "among matches";
	words.source = "A missing value adds nothing. Rare values add more "
	    "where the comparison has a frequency.";
	chart_bars(&words, bars, n, "matches / others at this level",
	    buf_string(&text), to);
	arena_free(&notes);
	free(bars);
	buf_free(&title);
	buf_free(&note);
	buf_free(&text);
}

static enum status
run(void *options, struct fault *f)
{
	const struct opts *o = options;
	struct matching *m = matching_open(o->tool.paths[0], f);
	struct buf b = { 0 };
	enum status rc = TROUBLE;

	if (m == NULL)
		return TROUBLE;
	if (!m->trained) {
		(void)fault_set(f, "%s is a matching file, not a model: train "
		    "it first (nib-link train)", m->name);
		goto out;
	}
	draw(o, m, &b);
	buf_putc(&b, '\n');
	if (outfile_whole(o->tool.output, &b, f) == 0)
		rc = CLEAN;
out:
	buf_free(&b);
	matching_close(m);
	return rc;
}

static int
check(void *options, struct fault *f)
{
	const struct opts *o = options;

	if (o->tool.npaths != 1)
		return fault_set(f, "needs one model");
	return 0;
}

static const struct tool_calls calls = { &table, set, check, run };

int
link_chart(int argc, char **argv)
{
	struct opts o = { .title = NULL };

	return tool_main(&calls, &o.tool, &o, argc, argv);
}

/* --epsilon of nib-aggregate. */
#include "aggregate_noise.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "ledger/budget.h"

int
noise_option(struct noise_options *o, int id, const char *v, struct fault *f)
{
	switch (id) {
	case NOISE_EPSILON:
		return budget_epsilon(v, &o->epsilon, f) == 0 ? 1 : -1;
	case NOISE_BOUND:
		if (num_in_range(v, 1, NOISY_BOUND, &o->bound) == -1)
			return fault_set(f, "--bound needs a whole number "
			    "from 1 to a million");
		return 1;
	case NOISE_BOUNDS:
		o->bounds = mem_array(o->bounds, o->nbounds + 1,
		    sizeof *o->bounds);
		o->bounds[o->nbounds++] = v;
		return 1;
	case NOISE_GROUPS:
		o->groups = v;
		return 1;
	case NOISE_BUDGET:
		o->budget = v;
		return 1;
	default:
		return 0;
	}
}

int
noise_check(struct noise_options *o, const struct tally_request *r,
    const char *contributor, const char *ledger, struct fault *f)
{
	if (o->epsilon == 0)
		return o->bound > 0 || o->groups != NULL ||
		    o->budget != NULL || o->nbounds > 0 ? fault_set(f,
		    "--bound, --bounds, --groups and --budget need "
		    "--epsilon") : 0;
	if (contributor == NULL || o->groups == NULL || o->budget == NULL ||
	    ledger == NULL)
		return fault_set(f, "--epsilon needs --contributor (the "
		    "person), --groups (which do not depend on the records), "
		    "--budget and --ledger");
	if (r->margins != TALLY_PLAIN)
		return fault_set(f, "--epsilon is for --count, --sum and "
		    "--mean alone, without totals and other disclosure "
		    "control");
	return amounts_make(&o->amounts, r, o->bounds, o->nbounds, f);
}

struct noisy *
noise_open(struct noise_options *o, const struct tally_request *r,
    const struct tool *t, struct fault *f)
{
	struct noisy_options n = { .request = r, .epsilon = o->epsilon,
		.bound = o->bound > 0 ? (uint64_t)o->bound : 1,
		.amounts = &o->amounts, .header = !t->no_header };

	if (o->epsilon == 0 || (o->table = csv_table_open(o->groups,
	    t->csv.delimiter, f)) == NULL)
		return NULL;
	n.groups = o->table;
	return noisy_new(&n, f);
}

void
noise_close(struct noise_options *o)
{
	csv_table_close(o->table);
	o->table = NULL;
	amounts_free(&o->amounts);
	free(o->bounds);
	o->bounds = NULL;
}

int
noise_spend(const struct noise_options *o, struct use *u, struct fault *f)
{
	return o->epsilon == 0 ? 0 : use_spend(u, o->budget, o->epsilon, f);
}

int
noise_publish(struct noisy *x, const struct use *u, struct tally_result *r,
    struct outfile *out, uint64_t *rows, struct fault *f)
{
	struct noise *noise = use_noise(u);
	int rc = noisy_publish(x, r, noise, out, rows, f);

	noise_free(noise);
	return rc;
}

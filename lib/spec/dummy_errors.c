/* Records with an error, for those who test what finds errors. */
#include "spec/dummy_work.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "csv/writer.h"
#include "spec/codelist.h"
#include "spec/pattern.h"

#define BREAKS 64         /* attempts to break a rule */
#define PLANTED 256       /* the longest text that breaks a pattern */

static const char *const error_names[] = { "type", "check", "required",
	"codelist", "pattern", "duplicate", "rule" };

static const char *
wrong_type(enum spec_type t)
{
	switch (t) {
	case SPEC_DATE:
		return "2025-02-29";
	case SPEC_DATETIME:
		return "2025-02-29T25:00:00";
	case SPEC_TIME:
		return "25:61:00";
	case SPEC_INTEGER:
		return "1e";
	case SPEC_NUMBER:
		return "1.2.3";
	case SPEC_BOOLEAN:
		return "perhaps";
	case SPEC_YEAR:
		return "20x4";
	case SPEC_YEARMONTH:
		return "2024-13";
	default:
		return NULL;
	}
}

static void
add_hit(struct dummy *d, enum dummy_error_kind kind, size_t what)
{
	d->hits[kind] = mem_array(d->hits[kind], d->nhits[kind] + 1,
	    sizeof *d->hits[kind]);
	d->hits[kind][d->nhits[kind]++] = what;
}

/* A list that says all codes there are, not only those for "not known". */
static int
closed_list(const struct spec_field *sf, struct fault *f)
{
	size_t i, j;
	int closed = 0;

	for (i = 0; i < sf->codelists.n; i++) {
		struct codelist *l = codelist_open(sf->codelists.v[i], f);

		if (l == NULL)
			return -1;
		for (j = 0; j < codelist_count(l); j++)
			closed |= codelist_status(l, j) == CODELIST_CURRENT;
		codelist_close(l);
	}
	return closed || (sf->codelists.n > 0 && sf->pattern == NULL);
}

/* Does no text of the sign that is planted match the pattern? -1: fault. */
static int
breaks_pattern(const char *text, struct fault *f)
{
	struct pattern *p;
	struct pattern_run *run;
	char planted[PLANTED];
	size_t n;
	int matches = 0;

	if (strpbrk(text, "!~.?") != NULL)
		return 0;
	if ((p = pattern_new(text, f)) == NULL)
		return -1;
	run = pattern_run_new();
	memset(planted, '?', sizeof planted);
	for (n = 1; n <= sizeof planted && matches == 0; n++)
		matches = pattern_reference(p, run, planted, n);
	pattern_run_free(run);
	pattern_free(p);
	return matches == 0;
}

int
dummy_plan_errors(struct dummy *d, struct fault *f)
{
	size_t i;
	int closed, breaks;

	d->error_share = (uint32_t)(d->o->errors >= 1 ? UINT32_MAX :
	    d->o->errors * 4294967296.0);
	d->plain = mem_zero(d->spec->nfields, sizeof *d->plain);
	for (i = 0; i < d->spec->nfields; i++) {
		const struct spec_field *sf = &d->spec->fields[i];

		d->plain[i] = dummy_recipe_plain(d->r, d->spec, i, f);
		if (d->plain[i] == NULL || (closed = closed_list(sf, f)) == -1)
			return -1;
		if (wrong_type(sf->type) != NULL && sf->format == NULL)
			add_hit(d, DUMMY_ERROR_TYPE, i);
		if (sf->check != NULL && (strcmp(sf->check, "nhs_number") == 0
		    || strncmp(sf->check, "sctid", 5) == 0))
			add_hit(d, DUMMY_ERROR_CHECK, i);
		if (sf->required)
			add_hit(d, DUMMY_ERROR_REQUIRED, i);
		if (closed)
			add_hit(d, DUMMY_ERROR_CODELIST, i);
		else if (sf->pattern != NULL && sf->type == SPEC_STRING) {
			if ((breaks = breaks_pattern(sf->pattern, f)) == -1)
				return -1;
			if (breaks)
				add_hit(d, DUMMY_ERROR_PATTERN, i);
		}
	}
	if (d->spec->primary.n > 0 || d->spec->nunique > 0)
		add_hit(d, DUMMY_ERROR_DUPLICATE, 0);
	for (i = 0; i < d->nchecks; i++)
		if (d->checks[i].field == -1)
			add_hit(d, DUMMY_ERROR_RULE, i);
	return 0;
}

/* A record with one cell replaced, or (key) with the key of the one before. */
static void
put_changed(struct buf *to, uint32_t *ends,
    const struct csv_block *b, size_t r, size_t field, const char *text,
    size_t n, const struct spec_key *key)
{
	size_t c, i, from;

	for (c = 0; c < b->ncols; c++) {
		from = r;
		for (i = 0; key != NULL && i < key->n; i++)
			if (key->fields[i] == c)
				from = r - 1;
		if (key == NULL && c == field)
			csv_put_cell(to, text, n);
		else
			csv_put_raw(to, csv_raw(b, from, c));
		if (ends != NULL)
			*ends++ = (uint32_t)to->n;
		buf_putc(to, c + 1 < b->ncols ? ',' : '\n');
	}
}

/* A value that breaks the rule: 1 with field and text in scratch, or 0. */
static int
break_rule(struct dummy_work *w, const struct csv_block *b, size_t r,
    size_t check, struct dummy_random *rnd, size_t *field, struct fault *f)
{
	const struct dummy *d = w->d;
	const struct expr_scope *scope = spec_scope_expr(d->scope);
	unsigned char broken[EXPR_BATCH];
	const size_t *fields;
	struct csv_block one;
	struct dummy_value v;
	size_t n, i;

	fields = expr_fields(d->checks[check].expr, &n);
	for (i = 0; n > 0 && i < BREAKS; i++) {
		*field = scope->fields[fields[dummy_below(rnd, n)]].column;
		w->text_n = 0;
		w->unit = d->r->records + r;
		dummy_make(w, d->plain[*field], 0, rnd, &v);
		if (v.n == 0 && (d->spec->fields[*field].required || i % 4))
			continue;
		dummy_start_block(&w->one, w->one_ends);
		put_changed(&w->one, w->one_ends + 1, b, r, *field, v.p,
		    v.n, NULL);
		dummy_as_block(w, &w->one, w->one_ends, 1, &one);
		if (dummy_test(w, check, &one, 0, 1, broken, f) == -1)
			return -1;
		if (broken[0]) {
			buf_clear(&w->scratch);
			buf_put(&w->scratch, v.p, v.n);
			return 1;
		}
	}
	return 0;
}

static void
log_error(struct dummy_work *w, uint64_t record, const char *field,
    enum dummy_error_kind kind, const char *rule)
{
	buf_put_u64(&w->log, record);
	buf_putc(&w->log, ',');
	csv_put_string(&w->log, field);
	buf_putc(&w->log, ',');
	buf_puts(&w->log, error_names[kind]);
	if (rule != NULL) {
		buf_putc(&w->log, ':');
		buf_puts(&w->log, rule);
	}
	buf_putc(&w->log, '\n');
}

/* Writes record r with an error: 1; 0: this kind does not fit it. */
static int
plant(struct dummy_work *w, const struct csv_block *b, size_t r,
    uint64_t record, enum dummy_error_kind kind, int after_error,
    struct dummy_random *rnd, struct fault *f)
{
	const struct dummy *d = w->d;
	const struct spec_key *key;
	size_t what, field, i;
	struct csv_slice cell;
	int rc;

	if (d->nhits[kind] == 0)
		return 0;
	what = field = d->hits[kind][dummy_below(rnd, d->nhits[kind])];
	buf_clear(&w->scratch);
	if (kind == DUMMY_ERROR_DUPLICATE) {
		key = d->spec->primary.n > 0 ? &d->spec->primary :
		    &d->spec->unique_keys[0];
		if (r == 0 || after_error)
			return 0;
		put_changed(&w->out, NULL, b, r, 0, NULL, 0, key);
		log_error(w, record, d->spec->fields[key->fields[0]].name,
		    kind, NULL);
		return 1;
	}
	if (kind == DUMMY_ERROR_RULE) {
		rc = break_rule(w, b, r, what, rnd, &field, f);
		if (rc != 1)
			return rc;
		put_changed(&w->out, NULL, b, r, field, w->scratch.p,
		    w->scratch.n, NULL);
		log_error(w, record, d->spec->fields[field].name, kind,
		    d->checks[what].id);
		return 1;
	}
	cell = csv_raw(b, r, field);
	switch (kind) {
	case DUMMY_ERROR_TYPE:
		buf_puts(&w->scratch, wrong_type(d->spec->fields[field].type));
		break;
	case DUMMY_ERROR_CHECK:
		if (cell.n == 0)
			return 0;
		buf_put(&w->scratch, cell.p, cell.n);
		w->scratch.p[cell.n - 1] = (char)('0' +
		    (cell.p[cell.n - 1] - '0' + 1) % 10);
		break;
	case DUMMY_ERROR_REQUIRED:
		if (cell.n == 0)
			return 0;
		break;
	default:
		if (cell.n == 0 || cell.n > PLANTED)
			return 0;
		for (i = 0; i < cell.n; i++)
			buf_putc(&w->scratch, '?');
	}
	put_changed(&w->out, NULL, b, r, field, w->scratch.p,
	    w->scratch.n, NULL);
	log_error(w, record, d->spec->fields[field].name, kind, NULL);
	return 1;
}

int
dummy_put_with_errors(struct dummy_work *w, const struct csv_block *b,
    uint64_t first_record, struct fault *f)
{
	struct dummy_random rnd;
	size_t r, copied = 0, k;
	int before = 0, rc;

	for (r = 0; r < b->nrecords; r++) {
		rnd = dummy_stream(dummy_key(w->d->o->seed ^ DUMMY_UNIT_ERROR,
		    first_record + r), 0, 0);
		if ((uint32_t)(dummy_next(&rnd) >> 32) >= w->d->error_share) {
			before = 0;
			continue;
		}
		csv_put_records(&w->out, b, copied, r);
		rc = 0;
		for (k = 0; k < 40 && rc == 0; k++)
			rc = plant(w, b, r, first_record + r + 1,
			    (enum dummy_error_kind)dummy_below(
				&rnd, DUMMY_ERROR_KINDS),
			    before, &rnd, f);
		if (rc == -1)
			return -1;
		before = rc;
		copied = r + (rc == 1);
	}
	csv_put_records(&w->out, b, copied, b->nrecords);
	return 0;
}

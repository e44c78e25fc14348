/* What was found wrong with records, and how it is told. */
#include "spec/findings.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/jsonout.h"
#include "base/mem.h"
#include "csv/writer.h"

struct findings {
	enum findings_format format;
	int values, files;
	size_t n;
	struct findings_check *v;
	struct csv_slice *middle; /* per entry: what follows the place */
	struct buf made;          /* the one that is being made */
	struct arena arena;
};

struct findings *
findings_new(enum findings_format format, int values, int files)
{
	struct findings *s = mem_zero(1, sizeof *s);

	s->format = format;
	s->values = values;
	s->files = files;
	return s;
}

void
findings_free(struct findings *s)
{
	if (s == NULL)
		return;
	buf_free(&s->made);
	free(s->middle);
	free(s->v);
	arena_free(&s->arena);
	free(s);
}

static const char *
copy(struct findings *s, const char *text)
{
	return text != NULL ? arena_string(&s->arena, text) : NULL;
}

static const char *
severity(const struct findings_check *c)
{
	return c->severity == SPEC_ERROR ? "error" : "warning";
}

static void
put_text(struct buf *b, const char *text)
{
	buf_putc(b, ',');
	if (text != NULL)
		csv_put_string(b, text);
}

/* Everything between the place and the value, made once. */
static void
make_middle(const struct findings *s, const struct findings_check *c,
    struct buf *b)
{
	struct jsonout j = { .to = b };

	if (s->format == FINDINGS_CSV) {
		put_text(b, c->field);
		put_text(b, c->type);
		put_text(b, c->constraint);
		put_text(b, c->rule);
		put_text(b, severity(c));
		put_text(b, c->message);
		return;
	}
	jsonout_open(&j, NULL, '{');
	if (c->field != NULL)
		jsonout_string(&j, "field", c->field);
	jsonout_string(&j, "type", c->type);
	if (c->constraint != NULL)
		jsonout_string(&j, "constraint", c->constraint);
	if (c->rule != NULL)
		jsonout_string(&j, "rule", c->rule);
	jsonout_string(&j, "severity", severity(c));
	jsonout_string(&j, "message", c->message);
	jsonout_close(&j, '}');
	/* Without its brackets, to stand among other members. */
	while (b->n > 0 && b->p[b->n - 1] != '}')
		b->n--;
	b->n--;
	memmove(b->p, b->p + 1, --b->n);
}

uint32_t
findings_add(struct findings *s, const struct findings_check *c)
{
	struct findings_check *to;

	if ((s->n & (s->n - 1)) == 0) {
		size_t cap = s->n > 0 ? s->n * 2 : 1;

		s->v = mem_array(s->v, cap, sizeof *s->v);
		s->middle = mem_array(s->middle, cap, sizeof *s->middle);
	}
	to = &s->v[s->n];
	*to = *c;
	to->type = copy(s, c->type);
	to->constraint = copy(s, c->constraint);
	to->rule = copy(s, c->rule);
	to->field = copy(s, c->field);
	to->message = copy(s, c->message);
	buf_clear(&s->made);
	make_middle(s, to, &s->made);
	s->middle[s->n].p = arena_copy(&s->arena, s->made.p, s->made.n);
	s->middle[s->n].n = s->made.n;
	return (uint32_t)s->n++;
}

size_t
findings_count(const struct findings *s)
{
	return s->n;
}

const struct findings_check *
findings_get(const struct findings *s, size_t i)
{
	return &s->v[i];
}

void
findings_put_header(const struct findings *s, struct buf *b)
{
	if (s->format == FINDINGS_JSON)
		return;
	buf_puts(b, "row,col,field,type,constraint,rule,severity,message");
	if (s->values)
		buf_puts(b, ",value");
	if (s->files)
		buf_puts(b, ",file");
	buf_putc(b, '\n');
}

static void
put_json(const struct findings *s, const struct finding *x, uint32_t column,
    const char *file, const char *value, size_t nvalue, struct buf *b)
{
	struct jsonout j = { .to = b, .some = 1, .depth = 1 };
	const struct csv_slice *middle = &s->middle[x->check];

	buf_putc(b, '{');
	if (x->row > 0) {
		buf_puts(b, "\"row\":");
		buf_put_u64(b, x->row);
		buf_putc(b, ',');
	}
	if (column > 0) {
		buf_puts(b, "\"col\":");
		buf_put_u64(b, column);
		buf_putc(b, ',');
	}
	buf_put(b, middle->p, middle->n);
	if (s->values && value != NULL)
		jsonout_bytes(&j, "value", value, nvalue);
	if (s->files)
		jsonout_string(&j, "file", file);
	buf_puts(b, "}\n");
}

void
findings_put(const struct findings *s, const struct finding *x,
    const char *file, const char *value, size_t nvalue, struct buf *b)
{
	const struct csv_slice *middle = &s->middle[x->check];
	uint32_t column = x->column > 0 ? x->column :
	    (uint32_t)s->v[x->check].column;

	if (s->format == FINDINGS_JSON) {
		put_json(s, x, column, file, value, nvalue, b);
		return;
	}
	if (x->row > 0)
		buf_put_u64(b, x->row);
	buf_putc(b, ',');
	if (column > 0)
		buf_put_u64(b, column);
	buf_put(b, middle->p, middle->n);
	if (s->values) {
		buf_putc(b, ',');
		if (value != NULL)
			csv_put_cell(b, value, nvalue);
	}
	if (s->files)
		put_text(b, file);
	buf_putc(b, '\n');
}

void
findings_put_fault(struct findings *s, const struct fault *fault, int header,
    struct buf *b)
{
	struct findings_check c = { .severity = SPEC_ERROR,
		.message = fault->what, .max_rate = -1 };
	struct finding x;

	memset(&x, 0, sizeof x);
	c.type = strstr(fault->what, "UTF-") != NULL ||
	    strstr(fault->what, "encoding") != NULL ? "encoding-error" :
	    "source-error";
	x.row = fault->record > 0 ? fault->record + (header != 0) : 0;
	x.check = findings_add(s, &c);
	findings_put(s, &x, fault->file, NULL, 0, b);
}

void
findings_tally(struct findings_tally *t, size_t file, uint64_t row)
{
	if (t->n == 0 || file < t->file ||
	    (file == t->file && row < t->row)) {
		t->file = file;
		t->row = row;
	}
	t->n++;
}

void
findings_merge(struct findings_tally *to, const struct findings_tally *from,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t sum = to[i].n + from[i].n;

		if (from[i].n > 0 && (to[i].n == 0 ||
		    from[i].file < to[i].file ||
		    (from[i].file == to[i].file && from[i].row < to[i].row)))
			to[i] = from[i];
		to[i].n = sum;
	}
}

size_t
findings_commonest(const struct findings *s, const struct findings_tally *t,
    size_t n, uint32_t *to)
{
	size_t i, k, found = 0, distinct = 0;

	for (i = 0; i < s->n; i++) {
		if (t[i].n == 0)
			continue;
		distinct++;
		/* Few: insertion keeps the catalogue's order among equals. */
		for (k = found; k > 0 && t[to[k - 1]].n < t[i].n; k--)
			if (k < n)
				to[k] = to[k - 1];
		if (k < n) {
			to[k] = (uint32_t)i;
			if (found < n)
				found++;
		}
	}
	return distinct;
}

void
findings_put_summary(const struct findings *s, uint32_t check,
    const struct findings_tally *t, struct buf *b)
{
	const struct findings_check *c = &s->v[check];

	if (c->column > 0) {
		buf_puts(b, "column ");
		buf_put_u64(b, c->column);
		if (c->field != NULL)
			buf_printf(b, " (%s)", c->field);
		buf_puts(b, ": ");
	} else if (c->field != NULL) {
		buf_printf(b, "field %s: ", c->field);
	}
	if (c->rule != NULL)
		buf_printf(b, "rule %s: ", c->rule);
	buf_puts(b, c->message);
	if (c->severity == SPEC_WARNING)
		buf_puts(b, " (warning)");
	buf_puts(b, ": ");
	buf_put_u64(b, t[check].n);
	buf_puts(b, t[check].n == 1 ? " time" : " times");
	if (t[check].row > 0) {
		buf_puts(b, t[check].n == 1 ? ", at row " : ", first at row ");
		buf_put_u64(b, t[check].row);
	}
}

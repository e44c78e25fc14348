/* How often each thing was found. */
#include "spec/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "csv/table.h"
#include "csv/writer.h"

enum { TYPE, CONSTRAINT, FIELD, RULE, SEVERITY, MESSAGE, IDENTITY };

static const char *const columns[] = { "type", "constraint", "field", "rule",
	"severity", "message", "count", "max_rate", "first_file",
	"first_row" };
enum { COUNT = IDENTITY, MAX_RATE, FIRST_FILE, FIRST_ROW, NCOLUMNS };

/* Totals are kept as classes too: of a type, and nothing else. */
static const char *const totals[] = { "records", "records-with-errors",
	"records-with-warnings" };
enum { RECORDS, WITH_ERRORS, WITH_WARNINGS, TOTALS };

struct class {
	const char *part[IDENTITY];
	uint64_t n;
	double max_rate;        /* -1: none */
	const char *first_file; /* NULL: no place */
	uint64_t first_row;     /* 0: unknown */
};

struct summary {
	struct map *keys;
	struct class *v;
	struct arena arena;
};

struct summary *
summary_new(void)
{
	struct summary *s = mem_zero(1, sizeof *s);

	s->keys = map_new();
	return s;
}

void
summary_free(struct summary *s)
{
	if (s == NULL)
		return;
	map_free(s->keys);
	arena_free(&s->arena);
	free(s->v);
	free(s);
}

static struct class *
class_of(struct summary *s, const char *const part[IDENTITY])
{
	struct buf key = { 0 };
	struct class *c;
	size_t at, i;
	int added;

	for (i = 0; i < IDENTITY; i++)
		buf_put(&key, part[i], strlen(part[i]) + 1);
	at = map_add(s->keys, key.p, key.n, &added);
	buf_free(&key);
	if (!added)
		return &s->v[at];
	if ((at & (at - 1)) == 0)
		s->v = mem_array(s->v, at > 0 ? at * 2 : 1, sizeof *s->v);
	c = &s->v[at];
	memset(c, 0, sizeof *c);
	for (i = 0; i < IDENTITY; i++)
		c->part[i] = arena_string(&s->arena, part[i]);
	c->max_rate = -1;
	return c;
}

static void
count(struct summary *s, struct class *c, uint64_t n, const char *file,
    uint64_t row)
{
	int before;

	c->n += n;
	if (file == NULL || n == 0)
		return;
	before = c->first_file != NULL ? strcmp(file, c->first_file) : -1;
	if (before < 0)
		c->first_file = arena_string(&s->arena, file);
	if (before < 0 || (before == 0 && row < c->first_row))
		c->first_row = row;
}

static void
count_total(struct summary *s, size_t which, uint64_t n)
{
	const char *part[IDENTITY] = { totals[which], "", "", "", "", "" };

	count(s, class_of(s, part), n, NULL, 0);
}

static const char *
text(const char *s)
{
	return s != NULL ? s : "";
}

void
summary_add(struct summary *s, const struct findings *list,
    const struct checker_result *r, const char *const *paths)
{
	const char *part[IDENTITY];
	size_t i;

	count_total(s, RECORDS, r->records);
	count_total(s, WITH_ERRORS, r->bad + r->late);
	count_total(s, WITH_WARNINGS, r->warned);
	for (i = 0; i < findings_count(list); i++) {
		const struct findings_check *k = findings_get(list, i);
		const struct findings_tally *t = &r->tally[i];
		struct class *c;

		if (t->n == 0)
			continue;
		part[TYPE] = k->type;
		part[CONSTRAINT] = text(k->constraint);
		part[FIELD] = text(k->field);
		part[RULE] = text(k->rule);
		part[SEVERITY] = k->severity == SPEC_ERROR ? "error" :
		    "warning";
		part[MESSAGE] = text(k->message);
		c = class_of(s, part);
		c->max_rate = k->max_rate;
		count(s, c, t->n, paths != NULL ? paths[t->file] : "-",
		    t->row);
	}
}

/* Totals as they stand above; errors, then warnings; the commonest first. */
static int
by_weight(const void *a, const void *b)
{
	const struct class *x = *(const struct class *const *)a;
	const struct class *y = *(const struct class *const *)b;
	size_t i;
	int c, total = x->part[SEVERITY][0] == '\0';

	if (total != (y->part[SEVERITY][0] == '\0'))
		return total ? -1 : 1;
	if (total)
		return strcmp(x->part[TYPE], y->part[TYPE]);
	if ((c = strcmp(x->part[SEVERITY], y->part[SEVERITY])) != 0)
		return c;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	for (i = 0; i < IDENTITY; i++)
		if ((c = strcmp(x->part[i], y->part[i])) != 0)
			return c;
	return 0;
}

void
summary_put(struct summary *s, struct buf *b)
{
	size_t n = map_count(s->keys), i, k;
	const struct class **v = mem_array(NULL, n + 1, sizeof *v);

	for (i = 0; i < n; i++)
		v[i] = &s->v[i];
	qsort(v, n, sizeof *v, by_weight);
	for (i = 0; i < NCOLUMNS; i++)
		buf_printf(b, "%s%s", i > 0 ? "," : "", columns[i]);
	buf_putc(b, '\n');
	for (i = 0; i < n; i++) {
		for (k = 0; k < IDENTITY; k++) {
			csv_put_string(b, v[i]->part[k]);
			buf_putc(b, ',');
		}
		buf_put_u64(b, v[i]->n);
		buf_putc(b, ',');
		if (v[i]->max_rate >= 0)
			num_put_double(b, v[i]->max_rate);
		buf_putc(b, ',');
		if (v[i]->first_file != NULL)
			csv_put_string(b, v[i]->first_file);
		buf_putc(b, ',');
		if (v[i]->first_row > 0)
			buf_put_u64(b, v[i]->first_row);
		buf_putc(b, '\n');
	}
	free(v);
}

/* A count of a cell; an empty one is 0. */
static int
read_count(const struct csv_table *t, size_t row, size_t column,
    uint64_t *to, struct fault *f)
{
	const char *s = csv_table_cell(t, row, column);
	int64_t n = 0;

	if (s[0] != '\0' && (num_i64(s, strlen(s), &n) == -1 || n < 0))
		return fault_at(f, t->path, t->lines[row],
		    "column %s: not a count", columns[column]);
	*to = (uint64_t)n;
	return 0;
}

static int
read_row(struct summary *s, const struct csv_table *t, size_t row,
    struct fault *f)
{
	const char *const *cell = t->cells + row * t->ncols;
	uint64_t n, first;
	struct class *c;
	double rate = -1;

	if (read_count(t, row, COUNT, &n, f) == -1 ||
	    read_count(t, row, FIRST_ROW, &first, f) == -1)
		return -1;
	if (cell[MAX_RATE][0] != '\0' && num_double(cell[MAX_RATE],
	    strlen(cell[MAX_RATE]), &rate) == -1)
		return fault_at(f, t->path, t->lines[row],
		    "column max_rate: not a number");
	c = class_of(s, cell);
	c->max_rate = rate;
	count(s, c, n, cell[FIRST_FILE][0] != '\0' ? cell[FIRST_FILE] : NULL,
	    first);
	return 0;
}

int
summary_read(struct summary *s, const char *path, struct fault *f)
{
	struct csv_table *t = csv_table_open(path, ',', f);
	size_t i;
	int rc = 0;

	if (t == NULL)
		return -1;
	for (i = 0; i < NCOLUMNS && rc == 0; i++)
		if (i >= t->ncols || strcmp(t->names[i], columns[i]) != 0)
			rc = fault_at(f, path, 1, "not a file of "
			    "nib-validate --summary: column %zu is not %s",
			    i + 1, columns[i]);
	for (i = 0; i < t->nrows && rc == 0; i++)
		rc = read_row(s, t, i, f);
	csv_table_close(t);
	return rc;
}

int
summary_fails(const struct summary *s, int warnings, double rate)
{
	uint64_t n[TOTALS] = { 0 }, bad;
	size_t i, k;
	int found = 0;

	for (i = 0; i < map_count(s->keys); i++)
		for (k = 0; k < TOTALS; k++)
			if (strcmp(s->v[i].part[TYPE], totals[k]) == 0)
				n[k] += s->v[i].n;
	for (i = 0; i < map_count(s->keys); i++) {
		const struct class *c = &s->v[i];

		if (c->n == 0 || (strcmp(c->part[SEVERITY], "error") != 0 &&
		    (!warnings || strcmp(c->part[SEVERITY], "warning") != 0)))
			continue;
		found |= c->max_rate < 0 ||
		    (double)c->n > c->max_rate * (double)n[RECORDS];
	}
	bad = n[WITH_ERRORS] + (warnings ? n[WITH_WARNINGS] : 0);
	return found && (rate < 0 ||
	    (double)bad > rate * (double)n[RECORDS]);
}

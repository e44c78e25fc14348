/* Records of people as numbers. */
#include "linkage/roll.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "check/check.h"
#include "flow/flow.h"
#include "linkage/compare.h"
#include "linkage/normal.h"

struct derived {
	enum matching_kind kind;
	double number;
	size_t with; /* MATCHING_EITHER: the slot of the codes */
	uint32_t *key;
	struct derived *next;
};

struct slot {
	size_t field;
	struct map *map; /* a code is the map's number + 1 */
	struct derived *derived;
	int32_t *days;
	int64_t *numbers;
	unsigned char *flags;
};

struct values {
	const struct matching *m;
	size_t nslots;
	struct slot slots[MATCHING_MAX_FIELDS];
	long of[MATCHING_MAX_FIELDS];
	size_t most, each; /* see values_limit */
	size_t rolls;      /* bytes of those read */
};

struct values *
values_new(const struct matching *m, const char *wanted)
{
	struct values *v = mem_zero(1, sizeof *v);
	size_t i;

	v->m = m;
	for (i = 0; i < m->nfields; i++) {
		v->of[i] = -1;
		if (!wanted[i])
			continue;
		v->slots[v->nslots].field = i;
		v->slots[v->nslots].map = map_new();
		v->of[i] = (long)v->nslots++;
	}
	return v;
}

struct values *
values_like(const struct values *v)
{
	char used[MATCHING_MAX_FIELDS] = { 0 };
	size_t i;

	for (i = 0; i < v->nslots; i++)
		used[v->slots[i].field] = 1;
	return values_new(v->m, used);
}

void
values_free(struct values *v)
{
	struct derived *d, *next;
	size_t i;

	if (v == NULL)
		return;
	for (i = 0; i < v->nslots; i++) {
		map_free(v->slots[i].map);
		for (d = v->slots[i].derived; d != NULL; d = next) {
			next = d->next;
			free(d->key);
			free(d);
		}
		free(v->slots[i].days);
		free(v->slots[i].numbers);
		free(v->slots[i].flags);
	}
	free(v);
}

void
values_clear(struct values *v)
{
	size_t i;

	for (i = 0; i < v->nslots; i++) {
		map_free(v->slots[i].map);
		v->slots[i].map = map_new();
	}
	v->rolls = 0;
}

void
values_limit(struct values *v, size_t most, size_t each)
{
	v->most = most;
	v->each = each;
}

size_t
values_held(const struct values *v)
{
	size_t sum = v->rolls, i;

	for (i = 0; i < v->nslots; i++)
		sum += map_memory(v->slots[i].map);
	return sum;
}

const struct matching *
values_matching(const struct values *v)
{
	return v->m;
}

size_t
values_nslots(const struct values *v)
{
	return v->nslots;
}

long
values_slot(const struct values *v, size_t field)
{
	return v->of[field];
}

size_t
values_field(const struct values *v, size_t slot)
{
	return v->slots[slot].field;
}

size_t
values_count(const struct values *v, size_t slot)
{
	return map_count(v->slots[slot].map);
}

const char *
values_text(const struct values *v, size_t slot, uint32_t code, size_t *n)
{
	return map_key(v->slots[slot].map, code - 1, n);
}

uint32_t
values_add(struct values *v, size_t slot, const char *p, size_t n)
{
	return (uint32_t)map_add(v->slots[slot].map, p, n, NULL) + 1;
}

size_t
values_make_key(const struct matching_test *t, const char *p, size_t n,
    char to[VALUES_MAX + 1])
{
	size_t k = 0;

	switch (t->kind) {
	case MATCHING_EXACT:
		k = n;
		break;
	case MATCHING_SOUNDEX:
		return compare_soundex(p, n, to) == 0 ? 4 : 0;
	case MATCHING_PREFIX:
		k = compare_cut(p, n, (size_t)t->number);
		break;
	case MATCHING_YEAR:
		k = 4;
		break;
	case MATCHING_YEAR_MONTH:
		k = 7;
		break;
	case MATCHING_MONTH_DAY:
		memcpy(to, p + 5, 5);
		return 5;
	case MATCHING_SECTOR:
		k = compare_postcode_part(p, COMPARE_SECTOR);
		break;
	case MATCHING_DISTRICT:
		k = compare_postcode_part(p, COMPARE_DISTRICT);
		break;
	case MATCHING_AREA:
		k = compare_postcode_part(p, COMPARE_AREA);
		break;
	default:
		break;
	}
	memcpy(to, p, k);
	return k;
}

const uint32_t *
values_keys(struct values *v, const struct matching_test *t)
{
	struct slot *s = &v->slots[v->of[t->field]];
	struct derived *d;
	struct map *made;
	size_t i, k, n, count = map_count(s->map);
	char to[VALUES_MAX + 1];
	const char *p;

	if (t->kind == MATCHING_EXACT)
		return NULL;
	for (d = s->derived; d != NULL; d = d->next)
		if (d->kind == t->kind && !(d->number < t->number) &&
		    !(d->number > t->number))
			return d->key;
	d = mem_zero(1, sizeof *d);
	d->kind = t->kind;
	d->number = t->number;
	d->key = mem_zero(count + 1, sizeof *d->key);
	d->next = s->derived;
	s->derived = d;
	made = map_new();
	for (i = 0; i < count; i++) {
		p = map_key(s->map, i, &n);
		if ((k = values_make_key(t, p, n, to)) > 0)
			d->key[i + 1] =
			    (uint32_t)map_add(made, to, k, NULL) + 1;
	}
	map_free(made);
	return d->key;
}

const uint32_t *
values_shared(struct values *v, size_t first, size_t second)
{
	struct slot *s = &v->slots[second];
	struct derived *d;
	size_t i, n, k, count = map_count(s->map);
	const char *p;

	for (d = s->derived; d != NULL; d = d->next)
		if (d->kind == MATCHING_EITHER && d->with == first)
			return d->key;
	d = mem_zero(1, sizeof *d);
	d->kind = MATCHING_EITHER;
	d->with = first;
	d->key = mem_zero(count + 1, sizeof *d->key);
	d->next = s->derived;
	s->derived = d;
	for (i = 0; i < count; i++) {
		p = map_key(s->map, i, &n);
		k = map_find(v->slots[first].map, p, n);
		if (k != MAP_NONE)
			d->key[i + 1] = (uint32_t)k + 1;
	}
	return d->key;
}

const int64_t *
values_numbers(struct values *v, size_t slot)
{
	struct slot *s = &v->slots[slot];
	size_t i, n, count = map_count(s->map);
	const char *p;

	if (s->numbers != NULL)
		return s->numbers;
	s->numbers = mem_zero(count + 1, sizeof *s->numbers);
	for (i = 0; i < count; i++) {
		p = map_key(s->map, i, &n);
		if (num_i64(p, n, &s->numbers[i + 1]) == -1)
			s->numbers[i + 1] = -1;
	}
	return s->numbers;
}

const int32_t *
values_days(struct values *v, size_t slot)
{
	struct slot *s = &v->slots[slot];
	size_t i, n, count = map_count(s->map);
	const char *p;

	if (s->days != NULL)
		return s->days;
	s->days = mem_zero(count + 1, sizeof *s->days);
	for (i = 0; i < count; i++) {
		p = map_key(s->map, i, &n);
		(void)date_parse(p, n, &s->days[i + 1]);
	}
	return s->days;
}

unsigned char
values_make_flags(const struct matching_field *field, const char *p, size_t n)
{
	unsigned char flags = 0;

	if (field->type == MATCHING_NHS_NUMBER && !check_nhs_number(p, n))
		flags |= VALUES_INVALID;
	if (field->type == MATCHING_DATE && n == 10 &&
	    memcmp(p + 5, "01-01", 5) == 0)
		flags |= VALUES_1_JANUARY;
	if (normal_listed(&field->ignore, p, n))
		flags |= VALUES_IGNORED;
	return flags;
}

const unsigned char *
values_flags(struct values *v, size_t slot)
{
	struct slot *s = &v->slots[slot];
	size_t i, n, count = map_count(s->map);
	unsigned char *to;
	const char *p;

	if (s->flags != NULL)
		return s->flags;
	s->flags = to = mem_zero(count + 1, 1);
	for (i = 0; i < count; i++) {
		p = map_key(s->map, i, &n);
		to[i + 1] = values_make_flags(&v->m->fields[s->field], p, n);
	}
	return s->flags;
}

/* Is the field kept, or a part of one that is? */
static int
is_read(const struct values *v, size_t field)
{
	const struct matching_field *made;
	size_t s, k;

	if (v->of[field] != -1)
		return v->m->fields[field].nof == 0;
	for (s = 0; s < v->nslots; s++) {
		made = &v->m->fields[v->slots[s].field];
		for (k = 0; k < made->nof; k++)
			if (made->of[k] == field)
				return 1;
	}
	return 0;
}

int
roll_bind(const struct values *v, const struct csv_header *h,
    const char *const *named, const char *absent, long *to, struct fault *f)
{
	const struct matching_field *field;
	size_t i, k;

	for (i = 0; i < v->m->nfields; i++) {
		field = &v->m->fields[i];
		to[i] = -1;
		if (!is_read(v, i))
			continue;
		if (named != NULL && named[i] != NULL) {
			to[i] = csv_column(h, named[i]);
			if (to[i] == -1)
				return fault_set(f, "the input has no column "
				    "%s (named for the field %s)", named[i],
				    field->name);
			continue;
		}
		for (k = 0; k < field->columns.n && to[i] == -1; k++)
			to[i] = csv_column(h, field->columns.v[k]);
		if (to[i] == -1 && !field->may_be_absent &&
		    (absent == NULL || !absent[i]))
			return fault_set(f, "the input has no column for the "
			    "field %s of %s (it may be called %s%s%s%s); name "
			    "it with --field %s=COLUMN, or do without: "
			    "--without %s", field->name, v->m->name,
			    field->columns.v[0],
			    field->columns.n > 1 ? ", " : "",
			    field->columns.n > 1 ? field->columns.v[1] : "",
			    field->columns.n > 2 ? ", ..." : "",
			    field->name, field->name);
	}
	return 0;
}

int
roll_bind_id(const struct matching *m, const struct csv_header *h,
    const char *named, long *to, struct fault *f)
{
	size_t i;

	*to = -1;
	if (named != NULL) {
		if ((*to = csv_column(h, named)) == -1)
			return fault_set(f, "the input has no column %s "
			    "(--id)", named);
		return 0;
	}
	for (i = 0; i < m->id.n && *to == -1; i++)
		*to = csv_column(h, m->id.v[i]);
	if (*to == -1)
		return fault_set(f, "no column is known to be the record's "
		    "id; name it with --id COLUMN");
	return 0;
}

/* A worker's: the cells of a block, see roll_cells. */
struct worker {
	const struct roll_cells *r;
	struct buf values, cell, part, quoted;
	struct roll_seen seen; /* in a block */
};

static void *
worker_new(void *arg)
{
	struct worker *w = mem_zero(1, sizeof *w);

	w->r = arg;
	return w;
}

static void
worker_free(void *state)
{
	struct worker *w = state;

	buf_free(&w->values);
	buf_free(&w->cell);
	buf_free(&w->part);
	buf_free(&w->quoted);
	free(w);
}

static void
read_cell(struct worker *w, const struct csv_block *b, size_t i,
    size_t field, struct buf *to)
{
	long c = w->r->columns[field];
	struct csv_slice cell;

	buf_clear(to);
	if (c < 0)
		return;
	cell = csv_cell(b, i, (size_t)c, &w->quoted);
	w->seen.filled |= (uint32_t)(cell.n > 0) << field;
	(void)normal_cell(&w->r->v->m->fields[field], cell.p, cell.n, to);
	w->seen.read |= (uint32_t)(to->n > 0) << field;
}

/* To w->cell: a field with a column, or made of such. */
static void
read_value(struct worker *w, const struct csv_block *b, size_t i,
    size_t field)
{
	const struct matching *m = w->r->v->m;
	const struct matching_field *made = &m->fields[field];
	size_t k;

	if (made->nof == 0) {
		read_cell(w, b, i, field, &w->cell);
		return;
	}
	buf_clear(&w->cell);
	for (k = 0; k < made->nof; k++) {
		read_cell(w, b, i, made->of[k], &w->part);
		if (w->part.n == 0 && !m->fields[made->of[k]].may_be_absent) {
			buf_clear(&w->cell);
			return;
		}
		normal_join(&w->cell, w->part.p, w->part.n);
	}
	(void)normal_made(made, &w->cell);
}

/* Bytes kept of a value: whole characters. */
static size_t
whole(const struct buf *value)
{
	size_t n = value->n;

	if (n > VALUES_MAX)
		for (n = VALUES_MAX; n > 0 &&
		    ((unsigned char)value->p[n] & 0xc0) == 0x80; n--)
			;
	return n;
}

static int
map_block(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	struct worker *w = state;
	const struct values *v = w->r->v;
	struct csv_slice cell;
	size_t i, s, n;

	buf_clear(&w->values);
	memset(&w->seen, 0, sizeof w->seen);
	w->seen.records = b->nrecords;
	for (i = 0; i < b->nrecords; i++) {
		for (s = 0; s < v->nslots; s++) {
			read_value(w, b, i, v->slots[s].field);
			n = whole(&w->cell);
			buf_reserve(&w->values, n + 1);
			buf_putc(&w->values, (char)(unsigned char)n);
			buf_put(&w->values, w->cell.p, n);
		}
		if (w->r->id_column < 0)
			continue;
		cell = csv_cell(b, i, (size_t)w->r->id_column, &w->quoted);
		if (cell.n == 0 || cell.n > VALUES_MAX) {
			(void)fault_set(f, "a record's id must have 1 to %d "
			    "bytes", VALUES_MAX);
			fault_place(f, b->file, csv_line_number(b, i),
			    csv_record_number(b, i),
			    (uint64_t)w->r->id_column + 1, NULL);
			return -1;
		}
		buf_putc(&w->values, (char)(unsigned char)cell.n);
		buf_put(&w->values, cell.p, cell.n);
	}
	if (w->r->put != NULL)
		w->r->put(w->r->arg, b, &w->values, &outs[0]);
	return 0;
}

static int
take_cells(void *arg, void *state, const struct csv_block *b,
    struct buf *outs, struct fault *f)
{
	const struct roll_cells *r = arg;
	struct worker *w = state;

	(void)outs;
	if (r->seen != NULL) {
		r->seen->records += w->seen.records;
		r->seen->filled |= w->seen.filled;
		r->seen->read |= w->seen.read;
	}
	return r->take(r->arg, b, &w->values, f);
}

int
roll_cells(const struct roll_cells *r, struct fault *f)
{
	struct roll_cells of = *r;
	struct flow flow = {
		.in = of.in, .jobs = of.jobs, .arg = &of,
		.state_new = worker_new, .state_free = worker_free,
		.map = map_block, .in_order = take_cells,
		.progress = of.progress, .outs = &of.out,
		.nouts = of.out != NULL,
	};

	return flow_run(&flow, NULL, f);
}

/* A roll while records are added. */
struct roll_filling {
	struct roll *roll;
	struct values *v;
	size_t before; /* records of the roll when it began */
	int ids;
	long id_column; /* for messages */
	size_t cap, id_cap;
	uint64_t id_bytes;
	struct map *seen; /* ids, to refuse the second of one; or NULL */
};

#define BATCH ((size_t)64) /* records whose values are looked up at once */

/* Values of a field, or ids, of a batch of records. */
struct batch {
	const char *p[BATCH];
	size_t n[BATCH];
	size_t at[BATCH]; /* which record */
	size_t code[BATCH];
	size_t count;
};

static void
batch_add(struct batch *b, size_t record, const char *p, size_t n)
{
	b->p[b->count] = p;
	b->n[b->count] = n;
	b->at[b->count++] = record;
}

/* Ids must be new: -1 if one is not, *at being its record. */
static int
keep_ids(struct roll_filling *r, struct batch *b, size_t *at)
{
	struct roll *roll = r->roll;
	size_t i, before = 0;

	if (r->seen != NULL) {
		before = map_count(r->seen);
		map_add_many(r->seen, b->p, b->n, b->count, b->code);
	}
	for (i = 0; i < b->count; i++) {
		if (r->seen != NULL && b->code[i] != before + i) {
			*at = b->at[i];
			return -1;
		}
		if (r->id_bytes + b->n[i] > r->id_cap) {
			r->id_cap = r->id_cap * 2 + 65536;
			roll->ids = mem_array(roll->ids, r->id_cap, 1);
		}
		memcpy(roll->ids + r->id_bytes, b->p[i], b->n[i]);
		r->id_bytes += b->n[i];
		roll->id_at[roll->n + b->at[i] + 1] = r->id_bytes;
	}
	return 0;
}

/* Of what was added, and what comes to its records. */
static size_t
roll_memory(const struct roll_filling *r)
{
	size_t each = r->roll->stride * sizeof *r->roll->codes + r->v->each +
	    (r->ids ? sizeof *r->roll->id_at : 0);

	return (r->roll->n - r->before) * each + r->id_bytes;
}

/* The next records of a block: values to codes. Returns where they end. */
static const char *
take_batch(struct roll_filling *r, struct batch *batches, const char *p,
    size_t records)
{
	struct roll *roll = r->roll;
	uint32_t *to = roll->codes + roll->n * roll->stride;
	size_t i, s, n, slots = roll->stride + (size_t)r->ids;

	memset(to, 0, records * roll->stride * sizeof *to);
	for (s = 0; s < slots; s++)
		batches[s].count = 0;
	for (i = 0; i < records; i++)
		for (s = 0; s < slots; s++) {
			n = (unsigned char)*p++;
			if (n > 0)
				batch_add(&batches[s], i, p, n);
			p += n;
		}
	for (s = 0; s < roll->stride; s++) {
		struct batch *b = &batches[s];

		map_add_many(r->v->slots[s].map, b->p, b->n, b->count,
		    b->code);
		for (i = 0; i < b->count; i++)
			to[b->at[i] * roll->stride + s] =
			    (uint32_t)b->code[i] + 1;
	}
	return p;
}

/* Room for so many records more. */
static void
make_room(struct roll_filling *r, size_t records)
{
	struct roll *roll = r->roll;

	if (roll->n + records > r->cap) {
		r->cap = (roll->n + records) * 3 / 2;
		roll->codes = mem_array(roll->codes, r->cap,
		    roll->stride * sizeof *roll->codes);
		if (r->ids)
			roll->id_at = mem_array(roll->id_at, r->cap + 1,
			    sizeof *roll->id_at);
	}
	if (roll->n == 0 && roll->id_at != NULL)
		roll->id_at[0] = 0;
}

/* -1: the id of record *at of these was used before. */
static int
add_cells(struct roll_filling *r, const char *p, size_t records, size_t *at)
{
	struct roll *roll = r->roll;
	struct batch *batches;
	size_t i, k;
	int rc = 0;

	make_room(r, records);
	batches = mem_array(NULL, roll->stride + 1, sizeof *batches);
	for (i = 0; i < records && rc == 0; i += k) {
		k = records - i < BATCH ? records - i : BATCH;
		p = take_batch(r, batches, p, k);
		if (r->ids && keep_ids(r, &batches[roll->stride], at) == -1) {
			*at += i;
			rc = -1;
		}
		roll->n += k;
	}
	free(batches);
	return rc;
}

struct roll_filling *
roll_fill(struct roll *roll, struct values *v, long id_column)
{
	struct roll_filling *r = mem_zero(1, sizeof *r);

	roll->stride = v->nslots;
	r->roll = roll;
	r->v = v;
	r->before = roll->n;
	r->ids = id_column >= 0;
	r->id_column = id_column;
	r->seen = map_new();
	return r;
}

int
roll_fill_add(struct roll_filling *r, const struct csv_block *b,
    const char *cells, size_t records, struct fault *f)
{
	size_t at = 0;

	if (r->roll->n + records > ROLL_MOST)
		return fault_set(f, "more records than a roll can hold");
	if (add_cells(r, cells, records, &at) == -1) {
		(void)fault_set(f, "the record's id was used by an earlier "
		    "record");
		if (b != NULL)
			fault_place(f, b->file, csv_line_number(b, at),
			    csv_record_number(b, at),
			    (uint64_t)r->id_column + 1, NULL);
		return -1;
	}
	return 0;
}

int
roll_fill_over(const struct roll_filling *r)
{
	const struct values *v = r->v;

	return v->most > 0 && values_held(v) + roll_memory(r) +
	    map_memory(r->seen) > v->most;
}

void
roll_fill_end(struct roll_filling *r)
{
	r->v->rolls += roll_memory(r);
	map_free(r->seen);
	free(r);
}

void
roll_from_cells(struct roll *roll, struct values *v, const struct buf *cells,
    size_t records, int ids)
{
	struct roll_filling r = { .roll = roll, .v = v, .ids = ids };
	size_t at;

	memset(roll, 0, sizeof *roll);
	roll->stride = v->nslots;
	(void)add_cells(&r, cells->p, records, &at);
}

void
roll_put_cells(const struct roll *roll, const struct values *v, size_t i,
    struct buf *to)
{
	const uint32_t *a = roll_record(roll, i);
	const char *p = "";
	size_t s, n;

	for (s = 0; s < roll->stride; s++) {
		n = 0;
		if (a[s] != 0)
			p = values_text(v, s, a[s], &n);
		buf_putc(to, (char)(unsigned char)n);
		buf_put(to, p, n);
	}
	if (roll->id_at == NULL)
		return;
	n = (size_t)(roll->id_at[i + 1] - roll->id_at[i]);
	buf_putc(to, (char)(unsigned char)n);
	buf_put(to, roll->ids + roll->id_at[i], n);
}

void
roll_clear(struct roll *roll)
{
	free(roll->codes);
	free(roll->ids);
	free(roll->id_at);
	memset(roll, 0, sizeof *roll);
}

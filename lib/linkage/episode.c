/* One hospital episode out of a record. */
#include "linkage/episode.h"

#include <string.h>

#include "base/date.h"
#include "base/num.h"

static const struct column {
	const char *name;
	int optional;
	const char *names[5];
} columns[EPISODE_COLUMNS] = {
	[EPISODE_PERSON] = { "person", 0,
	    { "person_id", "PSEUDO_HESID", "TOKEN_PERSON_ID", NULL } },
	[EPISODE_PROVIDER] = { "provider", 0,
	    { "provider", "PROCODE3", "PROCODET", "PROCODE", NULL } },
	[EPISODE_ADMISSION] = { "admission date", 0,
	    { "admission_date", "ADMIDATE", NULL } },
	[EPISODE_START] = { "episode start", 0,
	    { "episode_start", "EPISTART", NULL } },
	[EPISODE_END] = { "episode end", 0,
	    { "episode_end", "EPIEND", NULL } },
	[EPISODE_KEY] = { "episode key", 0,
	    { "record_id", "EPIKEY", NULL } },
	[EPISODE_STATUS] = { "episode status", 1,
	    { "episode_status", "EPISTAT", NULL } },
	[EPISODE_ORDER] = { "episode order", 1,
	    { "episode_order", "EPIORDER", NULL } },
	[EPISODE_ADMISSION_METHOD] = { "admission method", 0,
	    { "admission_method", "ADMIMETH", NULL } },
	[EPISODE_ADMISSION_SOURCE] = { "admission source", 0,
	    { "admission_source", "ADMISORC", NULL } },
	[EPISODE_DISCHARGE_METHOD] = { "discharge method", 0,
	    { "discharge_method", "DISMETH", NULL } },
	[EPISODE_DISCHARGE_DESTINATION] = { "discharge destination", 0,
	    { "discharge_destination", "DISDEST", NULL } },
};

static const char *const reasons[EPISODE_REASONS] = {
	[EPISODE_FINE] = "",
	[EPISODE_NO_PERSON] = "no person",
	[EPISODE_NO_PROVIDER] = "no provider",
	[EPISODE_NO_KEY] = "no episode key",
	[EPISODE_NOT_FINISHED] = "not finished",
	[EPISODE_NO_START] = "no episode start",
	[EPISODE_NO_END] = "no episode end",
	[EPISODE_NO_ADMISSION] = "no admission date",
	[EPISODE_END_BEFORE_START] = "ends before it starts",
	[EPISODE_REPEATED] = "episode key repeated",
};

const char *
episode_column_name(enum episode_column c)
{
	return columns[c].name;
}

const char *const *
episode_column_names(enum episode_column c)
{
	return columns[c].names;
}

int
episode_column_optional(enum episode_column c)
{
	return columns[c].optional;
}

const char *
episode_reason_text(enum episode_reason r)
{
	return reasons[r];
}

/* A cell without blanks around it; n 0: missing. */
static struct csv_slice
cell(const struct episode_source *from, const struct csv_block *b, size_t i,
    enum episode_column c, struct buf *scratch)
{
	struct csv_slice s = { "", 0 };
	const char *const *m;

	if (from->columns[c] < 0)
		return s;
	s = csv_cell(b, i, (size_t)from->columns[c], scratch);
	if (s.n > 0 && from->missing != NULL &&
	    (m = from->missing[c]) != NULL)
		for (; *m != NULL; m++)
			if (**m == *s.p && strncmp(*m, s.p, s.n) == 0 &&
			    (*m)[s.n] == '\0')
				s.n = 0;
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	while (s.n > 0 && *s.p == ' ') {
		s.p++;
		s.n--;
	}
	return s;
}

static int32_t
day(struct csv_slice s)
{
	int32_t d;

	return date_parse(s.p, s.n, &d) == 0 ? d : EPISODE_NO_DATE;
}

/* Is it one of two-character codes written one after the other? */
static int
one_of(struct csv_slice s, const char *codes)
{
	if (s.n != 2)
		return 0;
	for (; *codes != '\0'; codes += 2)
		if (memcmp(codes, s.p, 2) == 0)
			return 1;
	return 0;
}

static unsigned
flags_of(const struct episode_source *from, const struct csv_block *b,
    size_t i, struct buf *scratch)
{
	struct csv_slice s;
	unsigned f = 0;

	if (one_of(cell(from, b, i, EPISODE_DISCHARGE_DESTINATION, scratch),
	    "515253"))
		f |= EPISODE_SENDS;
	if (one_of(cell(from, b, i, EPISODE_ADMISSION_SOURCE, scratch),
	    "515253"))
		f |= EPISODE_FROM;
	s = cell(from, b, i, EPISODE_ADMISSION_METHOD, scratch);
	if (one_of(s, "812B67"))
		f |= EPISODE_BY;
	if (one_of(s, "21222324252A2C2D28"))
		f |= EPISODE_EMERGENCY;
	s = cell(from, b, i, EPISODE_DISCHARGE_METHOD, scratch);
	if (s.n == 1 && (*s.p == '8' || *s.p == '9'))
		f |= EPISODE_STAYS;
	return f;
}

static enum episode_reason
reason_of(const struct episode *e, struct csv_slice status, size_t person_n)
{
	if (person_n == 0)
		return EPISODE_NO_PERSON;
	if (e->provider == 0)
		return EPISODE_NO_PROVIDER;
	if (e->key_n == 0)
		return EPISODE_NO_KEY;
	if (status.n > 0 ? status.n != 1 || *status.p != '3' :
	    e->end == EPISODE_NO_DATE)
		return EPISODE_NOT_FINISHED;
	if (e->start == EPISODE_NO_DATE)
		return EPISODE_NO_START;
	if (e->end == EPISODE_NO_DATE)
		return EPISODE_NO_END;
	if (e->admission == EPISODE_NO_DATE)
		return EPISODE_NO_ADMISSION;
	if (e->end < e->start)
		return EPISODE_END_BEFORE_START;
	return EPISODE_FINE;
}

int
episode_read(const struct episode_source *from, const struct csv_block *b,
    size_t i, struct episode_scratch *scratch, struct episode *e,
    struct csv_slice *person, struct csv_slice *key, struct fault *f)
{
	struct buf *other = &scratch->other;
	struct csv_slice s;
	int64_t order;
	size_t k;

	memset(e, 0, sizeof *e);
	*person = cell(from, b, i, EPISODE_PERSON, &scratch->person);
	*key = cell(from, b, i, EPISODE_KEY, &scratch->key);
	if (person->n > EPISODE_MAX_ID || key->n > EPISODE_MAX_ID) {
		(void)fault_set(f, "a person or an episode key beyond %d "
		    "bytes", EPISODE_MAX_ID);
		fault_place(f, b->file, csv_line_number(b, i),
		    csv_record_number(b, i), 0, NULL);
		return -1;
	}
	e->key_n = (uint8_t)key->n;
	s = cell(from, b, i, EPISODE_PROVIDER, other);
	for (k = 0; k < 3 && s.n >= 3; k++)
		e->provider = e->provider << 8 | (unsigned char)s.p[k];
	s = cell(from, b, i, EPISODE_ORDER, other);
	e->order = num_i64(s.p, s.n, &order) == 0 && order >= 0 &&
	    order < EPISODE_NO_ORDER ? (uint8_t)order : EPISODE_NO_ORDER;
	e->admission = day(cell(from, b, i, EPISODE_ADMISSION, other));
	e->start = day(cell(from, b, i, EPISODE_START, other));
	e->end = day(cell(from, b, i, EPISODE_END, other));
	e->flags = (uint8_t)flags_of(from, b, i, other);
	if (e->admission == EPISODE_NO_DATE && e->order == 1 &&
	    !(e->flags & (EPISODE_FROM | EPISODE_BY)))
		e->admission = e->start;
	e->reason = (uint8_t)reason_of(e, cell(from, b, i, EPISODE_STATUS,
	    other), person->n);
	return 0;
}

void
episode_scratch_free(struct episode_scratch *s)
{
	buf_free(&s->person);
	buf_free(&s->key);
	buf_free(&s->other);
}

int32_t
episode_open_from(const struct episode *e)
{
	if (e->reason != EPISODE_NOT_FINISHED && e->reason != EPISODE_NO_END)
		return EPISODE_NO_DATE;
	return e->start != EPISODE_NO_DATE ? e->start : e->admission;
}

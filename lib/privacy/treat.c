/* Treatments of a field. */
#include "privacy/treat.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/nearest.h"
#include "base/num.h"
#include "check/check.h"
#include "csv/writer.h"
#include "privacy/pseudonym.h"

#define DATE_SHIFT_DAYS 182
#define OLDEST 90

/* What stands in the brackets. */
enum arguments {
	ARG_NONE, ARG_DOMAIN, ARG_FIELD, ARG_FIELD_WIDTH, ARG_COUNT,
	ARG_NUMBER, ARG_DAYS, ARG_LIST
};

static const struct {
	const char *name;
	enum arguments args;
	const char *form;
} kinds[] = {
	[TREAT_KEEP] = { "keep", ARG_NONE, "keep" },
	[TREAT_DROP] = { "drop", ARG_NONE, "drop" },
	[TREAT_BLANK] = { "blank", ARG_NONE, "blank" },
	[TREAT_PSEUDONYM] = { "pseudonym", ARG_DOMAIN, "pseudonym(DOMAIN)" },
	[TREAT_REVERSIBLE] = { "reversible", ARG_DOMAIN,
	    "reversible(DOMAIN)" },
	[TREAT_ESCROW] = { "escrow", ARG_DOMAIN, "escrow(DOMAIN)" },
	[TREAT_YEAR] = { "year", ARG_NONE, "year" },
	[TREAT_MONTH] = { "month", ARG_NONE, "month" },
	[TREAT_QUARTER] = { "quarter", ARG_NONE, "quarter" },
	[TREAT_AGE] = { "age", ARG_FIELD, "age(EVENT_FIELD)" },
	[TREAT_AGE_BAND] = { "age-band", ARG_FIELD_WIDTH,
	    "age-band(EVENT_FIELD,WIDTH)" },
	[TREAT_DISTRICT] = { "postcode-district", ARG_NONE,
	    "postcode-district" },
	[TREAT_SECTOR] = { "postcode-sector", ARG_NONE, "postcode-sector" },
	[TREAT_TRUNCATE] = { "truncate", ARG_COUNT, "truncate(N)" },
	[TREAT_BAND] = { "band", ARG_COUNT, "band(WIDTH)" },
	[TREAT_TOP] = { "top", ARG_NUMBER, "top(N)" },
	[TREAT_BOTTOM] = { "bottom", ARG_NUMBER, "bottom(N)" },
	[TREAT_DATE_SHIFT] = { "date-shift", ARG_DAYS,
	    "date-shift or date-shift(DAYS)" },
	[TREAT_BLANK_CODES] = { "blank-codes", ARG_LIST,
	    "blank-codes(LIST)" },
};
#define NKINDS (sizeof kinds / sizeof kinds[0])

const char *
treat_name(enum treat_kind k)
{
	return kinds[k].name;
}

static int
find_kind(const char *p, size_t n, struct treat *t, struct fault *f)
{
	char hint[NEAREST_HINT];
	const char *names[NKINDS];
	char word[TREAT_WORD_MAX + 1];
	size_t i;

	for (i = 0; i < NKINDS; i++) {
		names[i] = kinds[i].name;
		if (strlen(names[i]) == n && memcmp(names[i], p, n) == 0) {
			t->kind = (enum treat_kind)i;
			return 0;
		}
	}
	(void)snprintf(word, sizeof word, "%.*s", n < sizeof word ? (int)n :
	    (int)sizeof word - 1, p);
	return fault_set(f, "no treatment is called %s%s", word,
	    nearest_hint(word, names, NKINDS, hint));
}

/* Blanks around an argument are let in. */
static void
trim(const char **p, size_t *n)
{
	while (*n > 0 && **p == ' ') {
		(*p)++;
		(*n)--;
	}
	while (*n > 0 && (*p)[*n - 1] == ' ')
		(*n)--;
}

static int
take_word(struct treat *t, const char *p, size_t n)
{
	trim(&p, &n);
	if (n == 0 || n > TREAT_WORD_MAX)
		return -1;
	memcpy(t->word, p, n);
	t->word[n] = '\0';
	return 0;
}

static int
take_number(struct treat *t, const char *p, size_t n, int64_t min,
    int64_t max)
{
	trim(&p, &n);
	return num_i64(p, n, &t->n) == -1 || t->n < min || t->n > max ? -1 :
	    0;
}

static int
take_arguments(struct treat *t, const char *p, size_t n)
{
	const char *comma;

	switch (kinds[t->kind].args) {
	case ARG_NONE:
		return -1;
	case ARG_DOMAIN:
		return take_word(t, p, n) == 0 &&
		    pseudonym_domain_ok(t->word) ? 0 : -1;
	case ARG_FIELD:
	case ARG_LIST:
		return take_word(t, p, n);
	case ARG_FIELD_WIDTH:
		if ((comma = memchr(p, ',', n)) == NULL ||
		    take_word(t, p, (size_t)(comma - p)) == -1)
			return -1;
		n -= (size_t)(comma + 1 - p);
		return take_number(t, comma + 1, n, 1, 120);
	case ARG_COUNT:
		return take_number(t, p, n, 1, 1000000000);
	case ARG_NUMBER:
		return take_number(t, p, n, -1000000000000, 1000000000000);
	case ARG_DAYS:
		return take_number(t, p, n, 1, 36500);
	}
	return -1;
}

int
treat_parse(const char *text, struct treat *t, struct fault *f)
{
	size_t n = strlen(text), name = strcspn(text, "(");
	int rc;

	memset(t, 0, sizeof *t);
	if (find_kind(text, name, t, f) == -1)
		return -1;
	if (text[name] == '\0') {
		t->n = DATE_SHIFT_DAYS;
		rc = kinds[t->kind].args == ARG_NONE ||
		    kinds[t->kind].args == ARG_DAYS ? 0 : -1;
	} else if (text[n - 1] != ')') {
		rc = -1;
	} else {
		rc = take_arguments(t, text + name + 1, n - name - 2);
	}
	if (rc == -1)
		return fault_set(f, "the treatment %s is written %s",
		    kinds[t->kind].name, kinds[t->kind].form);
	/* Such a token would tell by how much the person's dates moved. */
	if ((t->kind == TREAT_PSEUDONYM || t->kind == TREAT_ESCROW) &&
	    strcmp(t->word, TREAT_SHIFT_DOMAIN) == 0)
		return fault_set(f, "the domain " TREAT_SHIFT_DOMAIN " is "
		    "that of date shifts, and for no pseudonyms");
	return 0;
}

static int
plain_form(const char *form)
{
	return form == NULL || strcmp(form, "default") == 0 ||
	    strcmp(form, "any") == 0;
}

int
treat_date_form_ok(const char *form)
{
	int y = 0, m = 0, d = 0;

	if (plain_form(form))
		return 1;
	for (; *form != '\0'; form++) {
		if (*form != '%')
			continue;
		form++;
		y += *form == 'Y';
		m += *form == 'm';
		d += *form == 'd';
		if (*form == '\0' || strchr("Ymd", *form) == NULL)
			return 0;
	}
	return y == 1 && m == 1 && d == 1;
}

/* Exactly k digits. */
static int
digits(const char *p, size_t n, size_t k, int *to)
{
	size_t i;

	if (n < k)
		return -1;
	*to = 0;
	for (i = 0; i < k; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		*to = *to * 10 + (p[i] - '0');
	}
	return 0;
}

static int
read_pattern(const char *form, const char *p, size_t n, int32_t *days)
{
	int y = 0, m = 0, d = 0, rc;
	size_t k;

	for (; *form != '\0'; form++) {
		if (*form != '%') {
			if (n == 0 || *p != *form)
				return -1;
			p++;
			n--;
			continue;
		}
		form++;
		k = *form == 'Y' ? 4 : 2;
		rc = digits(p, n, k, *form == 'Y' ? &y : *form == 'm' ? &m :
		    &d);
		if (rc == -1)
			return -1;
		p += k;
		n -= k;
	}
	if (n != 0 || !date_real(y, m, d))
		return -1;
	*days = date_days(y, m, d);
	return 0;
}

int
treat_date_read(const char *form, const char *p, size_t n,
    struct treat_date *to)
{
	int64_t seconds;

	to->rest = p + n;
	to->nrest = 0;
	if (!plain_form(form))
		return read_pattern(form, p, n, &to->days);
	if (n == 10)
		return date_parse(p, n, &to->days);
	if (date_datetime_parse(p, n, &seconds) == -1)
		return -1;
	to->rest = p + 10;
	to->nrest = n - 10;
	return date_parse(p, 10, &to->days);
}

static void
put_digits(struct buf *to, int x, int k)
{
	char s[4];
	int i;

	for (i = k; i-- > 0; x /= 10)
		s[i] = (char)('0' + x % 10);
	buf_put(to, s, (size_t)k);
}

void
treat_date_put(const char *form, int32_t days, const char *rest,
    size_t nrest, struct buf *to)
{
	struct date_civil c = date_civil(days);
	char iso[10];

	if (plain_form(form)) {
		date_format(days, iso);
		buf_put(to, iso, sizeof iso);
		buf_put(to, rest, nrest);
		return;
	}
	for (; *form != '\0'; form++) {
		if (*form != '%') {
			buf_putc(to, *form);
			continue;
		}
		form++;
		if (*form == 'Y')
			put_digits(to, c.year, 4);
		else
			put_digits(to, *form == 'm' ? c.month : c.day, 2);
	}
}

static int
part_of_date(enum treat_kind kind, const char *form, const char *p, size_t n,
    struct buf *to)
{
	struct treat_date d;
	struct date_civil c;

	if (treat_date_read(form, p, n, &d) == -1)
		return -1;
	c = date_civil(d.days);
	put_digits(to, c.year, 4);
	if (kind == TREAT_MONTH) {
		buf_putc(to, '-');
		put_digits(to, c.month, 2);
	} else if (kind == TREAT_QUARTER) {
		buf_puts(to, "-Q");
		put_digits(to, (c.month + 2) / 3, 1);
	}
	return 0;
}

static int
part_of_postcode(enum treat_kind kind, const char *p, size_t n,
    struct buf *to)
{
	char eight[8];
	size_t k = 5;

	/* Outward part padded to five, then the inward part. */
	if (check_canonical_postcode(p, n, eight) == -1)
		return -1;
	while (k > 0 && eight[k - 1] == ' ')
		k--;
	buf_put(to, eight, k);
	if (kind == TREAT_SECTOR) {
		buf_putc(to, ' ');
		buf_putc(to, eight[5]);
	}
	return 0;
}

static void
truncate_cell(int64_t keep, const char *p, size_t n, struct buf *to)
{
	size_t i = 0;

	/* A character begins with every byte that is no continuation. */
	for (; i < n; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80 && keep-- == 0)
			break;
	csv_put_cell(to, p, i);
}

static int
code_number(const struct treat *t, const char *p, size_t n, struct buf *to)
{
	num_wide x, limit, floor;
	const num_wide unit = 1000000000; /* of a scale of 9 digits */

	if (num_decimal(p, n, 9, &x) != 0)
		return -1;
	if (t->kind == TREAT_BAND) {
		limit = t->n * unit;
		floor = x / limit - (x % limit < 0 ? 1 : 0);
		if (floor > INT64_MAX / t->n - 1 ||
		    floor < INT64_MIN / t->n + 1)
			return -1;
		buf_put_i64(to, (int64_t)floor * t->n);
		if (t->n > 1) {
			buf_putc(to, '-');
			buf_put_i64(to, (int64_t)floor * t->n + t->n - 1);
		}
		return 0;
	}
	limit = t->n * unit;
	if (t->kind == TREAT_TOP ? x > limit : x < limit)
		buf_put_i64(to, t->n);
	else
		csv_put_cell(to, p, n);
	return 0;
}

int
treat_cell(const struct treat *t, const char *form, const char *p, size_t n,
    struct buf *to)
{
	switch (t->kind) {
	case TREAT_YEAR:
	case TREAT_MONTH:
	case TREAT_QUARTER:
		return part_of_date(t->kind, form, p, n, to);
	case TREAT_DISTRICT:
	case TREAT_SECTOR:
		return part_of_postcode(t->kind, p, n, to);
	case TREAT_TRUNCATE:
		truncate_cell(t->n, p, n, to);
		return 0;
	case TREAT_BAND:
	case TREAT_TOP:
	case TREAT_BOTTOM:
		return code_number(t, p, n, to);
	default:
		return -1;
	}
}

void
treat_age_put(const struct treat *t, int64_t age, struct buf *to)
{
	int64_t low, top;

	if (t->kind == TREAT_AGE) {
		buf_put_i64(to, age);
		return;
	}
	low = age / t->n * t->n;
	top = (OLDEST + t->n - 1) / t->n * t->n;
	if (low >= top) {
		buf_put_i64(to, top);
		buf_putc(to, '+');
	} else {
		buf_put_i64(to, low);
		if (t->n > 1) {
			buf_putc(to, '-');
			buf_put_i64(to, low + t->n - 1);
		}
	}
}

int
treat_age(const struct treat *t, int32_t birth, int32_t event,
    struct buf *to)
{
	if (event < birth)
		return -1;
	treat_age_put(t, date_age(birth, event), to);
	return 0;
}

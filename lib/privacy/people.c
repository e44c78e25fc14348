/* A set of NHS numbers. */
#include "privacy/people.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "base/infile.h"
#include "base/mem.h"
#include "check/check.h"

#define NUMBERS 1000000000u /* of nine digits */
#define WORDS ((NUMBERS + 63) / 64)
#define CHUNK ((size_t)256 * 1024)
#define LINE_LONGEST 64
#define AHEAD 64 /* numbers asked for before they are added */

struct people {
	uint64_t *bits; /* calloc: the system gives pages as they are used */
	uint64_t n;
};

struct people *
people_new(void)
{
	struct people *s = mem_zero(1, sizeof *s);

	s->bits = mem_zero(WORDS, sizeof *s->bits);
	return s;
}

void
people_free(struct people *s)
{
	if (s == NULL)
		return;
	free(s->bits);
	free(s);
}

/* Nine digits' value if these ten are a valid number. */
static uint32_t
place_of_ten(const char *d)
{
	uint32_t x = 0;
	int i;

	if (!check_nhs_number(d, 10))
		return PEOPLE_NONE;
	for (i = 0; i < 9; i++)
		x = x * 10 + (uint32_t)(d[i] - '0');
	return x;
}

uint32_t
people_place(const char *p, size_t n)
{
	char digits[10];

	if (n == 10)
		return place_of_ten(p);
	if (check_canonical_nhs_number(p, n, digits) == -1)
		return PEOPLE_NONE;
	return place_of_ten(digits);
}

int
people_add(struct people *s, uint32_t place)
{
	uint64_t bit = 1ull << (place & 63);

	if ((__atomic_fetch_or(&s->bits[place >> 6], bit,
	    __ATOMIC_RELAXED) & bit) != 0)
		return 0;
	(void)__atomic_fetch_add(&s->n, 1, __ATOMIC_RELAXED);
	return 1;
}

int
people_has(const struct people *s, uint32_t place)
{
	return (int)(s->bits[place >> 6] >> (place & 63) & 1);
}

void
people_prefetch(const struct people *s, uint32_t place)
{
	__builtin_prefetch(&s->bits[place >> 6]);
}

uint64_t
people_count(const struct people *s)
{
	return s->n;
}

static int
header_word(const char *p, size_t n)
{
	return n == 10 && strncasecmp(p, "nhs_number", 10) == 0;
}

struct list {
	struct people *set;
	struct people_list *got;
	const char *path;
	uint64_t line;
	int blank; /* a blank line was seen: only blank ones may follow */
	/* Each number is a cache miss: a few are under way at a time. */
	uint32_t ahead[AHEAD];
	size_t n;
};

static void
add_ahead(struct list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!people_add(l->set, l->ahead[i]))
			l->got->duplicates++;
	l->n = 0;
}

/* One line without its LF. */
static int
take_line(struct list *l, const char *p, size_t n, struct fault *f)
{
	uint32_t place;

	l->line++;
	if (l->line == 1 && n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;
		n -= 3;
	}
	if (n > 0 && p[n - 1] == '\r')
		n--;
	if (n > 0 && p[n - 1] == ',')
		n--;
	if (n == 0) {
		l->blank = 1;
		return 0;
	}
	if (l->blank)
		return fault_at(f, l->path, l->line, "a blank line in a list "
		    "of NHS numbers");
	if (l->line == 1 && header_word(p, n))
		return 0;
	if (n > LINE_LONGEST || (place = people_place(p, n)) == PEOPLE_NONE)
		return fault_at(f, l->path, l->line, "not a valid NHS number "
		    "(ten digits, modulus 11), one a line");
	l->got->lines++;
	people_prefetch(l->set, place);
	l->ahead[l->n++] = place;
	if (l->n == AHEAD)
		add_ahead(l);
	return 0;
}

static int
take_all(struct list *l, struct infile *in, struct fault *f)
{
	char *p = mem_alloc(CHUNK);
	size_t n = 0, at;
	int rc = -1;

	for (;;) {
		const char *nl;
		ssize_t got = infile_read(in, p + n, CHUNK - n, f);

		if (got == -1)
			goto out;
		n += (size_t)got;
		for (at = 0; (nl = memchr(p + at, '\n', n - at)) != NULL;
		    at = (size_t)(nl - p) + 1)
			if (take_line(l, p + at, (size_t)(nl - p) - at,
			    f) == -1)
				goto out;
		n -= at;
		memmove(p, p + at, n);
		if (n > LINE_LONGEST * 2) {
			(void)fault_at(f, l->path, l->line + 1, "not a list "
			    "of NHS numbers, one a line");
			goto out;
		}
		if (got == 0)
			break;
	}
	if (n > 0 && take_line(l, p, n, f) == -1)
		goto out;
	add_ahead(l);
	rc = 0;
out:
	free(p);
	return rc;
}

/* Too old, or of no known age. */
static int
age_ok(const char *path, int64_t max_age, struct people_list *got,
    struct fault *f)
{
	struct stat st;

	got->modified = -1;
	if (strcmp(path, "-") != 0) {
		if (stat(path, &st) == -1)
			return fault_file(f, path, "cannot open");
		if (S_ISREG(st.st_mode))
			got->modified = (int64_t)st.st_mtime;
	}
	if (max_age < 0)
		return 0;
	if (got->modified == -1)
		return fault_at(f, path, 0, "the list's age is not known; "
		    "--max-age needs a regular file");
	if ((int64_t)time(NULL) - got->modified > max_age)
		return fault_at(f, path, 0, "the list is older than "
		    "--max-age allows; fetch a new one");
	return 0;
}

int
people_read(struct people *s, const char *path, int64_t max_age,
    struct people_list *got, struct fault *f)
{
	struct list l = { .set = s, .got = got, .path = path };
	struct infile *in;
	int rc;

	memset(got, 0, sizeof *got);
	if (age_ok(path, max_age, got, f) == -1)
		return -1;
	if ((in = infile_open(path, f)) == NULL)
		return -1;
	rc = take_all(&l, in, f);
	infile_close(in);
	if (rc == 0 && got->lines == 0)
		rc = fault_at(f, path, 0, "the list is empty");
	return rc;
}

static void
ten_digits(uint32_t place, char to[10])
{
	unsigned sum = 0;
	int i;

	for (i = 8; i >= 0; i--) {
		to[i] = (char)('0' + place % 10);
		place /= 10;
	}
	for (i = 0; i < 9; i++)
		sum += (unsigned)(10 - i) * (unsigned)(to[i] - '0');
	to[9] = (char)('0' + (11 - sum % 11) % 11);
}

int
people_write_request(const struct people *s, struct outfile *out,
    struct fault *f)
{
	char line[12];
	uint32_t w;

	for (w = 0; w < WORDS; w++) {
		uint64_t bits = s->bits[w];

		for (; bits != 0; bits &= bits - 1) {
			ten_digits(w * 64 +
			    (uint32_t)__builtin_ctzll(bits), line);
			memcpy(line + 10, ",\n", 2);
			if (outfile_write(out, line, sizeof line, f) == -1)
				return -1;
		}
	}
	return 0;
}

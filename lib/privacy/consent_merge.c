#include "privacy/consent_merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/infile.h"
#include "base/num.h"

/* A report is some twenty lines; what is longer is none. */
#define REPORT_MAX (1 << 20)

static const char FIRST_LINES[] = "{\n  \"format\": \"nib-consent-1\",\n";

struct line {
	const char *p;
	size_t n;      /* with its line end; 0: there is none */
	size_t stem;   /* of a count of records: what stands before it */
	size_t digits; /* 0: not a count, the line must be the same in all */
	int64_t count;
};

static struct line
line_at(const char *p, size_t n)
{
	const char *end = n > 0 ? memchr(p, '\n', n) : NULL, *q = p;
	struct line l = { .p = p };

	if (end == NULL)
		return l;
	l.n = (size_t)(end - p) + 1;
	while (*q == ' ')
		q++;
	if (strncmp(q, "\"records_", 9) != 0)
		return l;
	q += strcspn(q, ":\n");
	q += strspn(q, ": ");
	l.stem = (size_t)(q - p);
	l.digits = strspn(q, "0123456789");
	if (num_i64(q, l.digits, &l.count) == -1)
		l.digits = 0;
	return l;
}

static int
same_but_for_count(const struct line *a, const struct line *b)
{
	size_t tail = a->stem + a->digits;

	if (a->digits == 0 || b->digits == 0)
		return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
	return a->stem == b->stem && memcmp(a->p, b->p, a->stem) == 0 &&
	    a->n - tail == b->n - (b->stem + b->digits) &&
	    memcmp(a->p + tail, b->p + b->stem + b->digits, a->n - tail) == 0;
}

/* to: sum with the counts of one added. */
static int
add(const struct buf *sum, const struct buf *one, const char *path,
    struct buf *to, struct fault *f)
{
	struct line a, b;
	size_t i = 0, j = 0;
	uint64_t number;
	int64_t total;

	for (number = 1;; number++, i += a.n, j += b.n) {
		a = line_at(sum->p + i, sum->n - i);
		b = line_at(one->p + j, one->n - j);
		if (a.n == 0 && b.n == 0)
			return 0;
		if (!same_but_for_count(&a, &b))
			return fault_at(f, path, number, "another "
			    "specification, purpose, list or exemption than "
			    "in the first report");
		buf_put(to, a.p, a.digits == 0 ? a.n : a.stem);
		if (a.digits == 0)
			continue;
		if (__builtin_add_overflow(a.count, b.count, &total))
			return fault_at(f, path, number,
			    "the count is too large");
		buf_put_i64(to, total);
		buf_put(to, a.p + a.stem + a.digits,
		    a.n - a.stem - a.digits);
	}
}

static int
read_report(const char *path, struct buf *to, struct fault *f)
{
	char *text = NULL;
	size_t n;

	buf_clear(to);
	if (infile_whole(path, REPORT_MAX, &text, &n, f) == -1)
		return -1;
	buf_put(to, text, n);
	free(text);
	if (n < sizeof FIRST_LINES || memcmp(to->p, FIRST_LINES,
	    sizeof FIRST_LINES - 1) != 0 || to->p[n - 1] != '\n')
		return fault_at(f, path, 0, "not a report of nib-consent");
	(void)buf_string(to); /* line_at needs a byte behind the last line */
	return 0;
}

int
consent_merge(const char *const *paths, size_t npaths, struct buf *to,
    struct fault *f)
{
	struct buf sum = { 0 }, one = { 0 };
	int rc = read_report(paths[0], to, f);
	size_t i;

	for (i = 1; rc == 0 && i < npaths; i++) {
		buf_clear(&sum);
		buf_put(&sum, to->p, to->n);
		(void)buf_string(&sum);
		buf_clear(to);
		if ((rc = read_report(paths[i], &one, f)) == 0)
			rc = add(&sum, &one, paths[i], to, f);
	}
	buf_free(&sum);
	buf_free(&one);
	return rc;
}

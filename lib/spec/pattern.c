/*
 * Does a regular expression match a whole value?
 *
 * Native forms. A pattern is expanded into its alternatives, each a
 * sequence of byte classes. Where every sequence is at most 16 bytes long
 * and its classes have at most two ranges, a value is compared with the
 * alternatives of its own length by ranges in a vector register (template).
 * Otherwise each position and class has a mask of the alternatives that are
 * still alive (table). One class repeated is its own form (run).
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "spec/pattern.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/mem.h"

#define MAX_SEQUENCES 64
#define MAX_LENGTH 40
#define TEMPLATE 16
#define MAX_SAME_LENGTH 4 /* beyond it the table is faster */

struct class { /* of ASCII bytes */
	uint64_t bits[2];
};

struct sequence {
	unsigned n;
	struct class at[MAX_LENGTH];
};

struct sequences {
	unsigned n;
	struct sequence *v; /* MAX_SEQUENCES */
};

struct ranges { /* per position: lo..hi or lo2..hi2 */
	unsigned char lo[TEMPLATE], hi[TEMPLATE];
	unsigned char lo2[TEMPLATE], hi2[TEMPLATE];
};

enum kind { KIND_PCRE, KIND_TEMPLATE, KIND_TABLE, KIND_RUN };

struct pattern {
	enum kind kind;
	pcre2_code *code;
	int jit;

	/* Template: those of length n are [first[n], first[n + 1]). */
	struct ranges *templates;
	unsigned first[TEMPLATE + 2];

	/* Table: masks[position * nclasses + class[byte]]. */
	unsigned nclasses, longest;
	unsigned char class[256];
	uint64_t *masks;
	uint64_t lengths[MAX_LENGTH + 1];

	/*
	 * Run: every byte in the class, least..most of them. With two ranges
	 * or fewer the class is one of sixteen positions alike.
	 */
	unsigned char member[256];
	uint32_t least, most;
	int ranged;
	struct ranges range;
};

struct pattern_run {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
};

/* Parsing the native subset. */
struct parse {
	const char *p;
	int depth;
};

static int
in_class(const struct class *c, unsigned byte)
{
	return byte < 128 && (c->bits[byte >> 6] >> (byte & 63) & 1) != 0;
}

static void
class_add(struct class *c, unsigned from, unsigned to)
{
	for (; from <= to; from++)
		c->bits[from >> 6] |= (uint64_t)1 << (from & 63);
}

/* Punctuation that stands for itself after a backslash. */
static int
escapable(char c)
{
	return c > ' ' && c < 127 && !((c >= '0' && c <= '9') ||
	    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

/* One member of [...], or a \d: a byte, or -1 for \d, or -2. */
static int
class_byte(struct parse *s)
{
	unsigned char c = (unsigned char)*s->p;

	if (c == '\\') {
		c = (unsigned char)*++s->p;
		if (c == 'd') {
			s->p++;
			return -1;
		}
		if (!escapable((char)c))
			return -2;
	} else if (c < ' ' || c > 126 || c == '[') {
		return -2;
	}
	s->p++;
	return c;
}

static int
parse_class(struct parse *s, struct class *c)
{
	int a, b;

	if (*s->p == '^' || *s->p == ']')
		return -1;
	while (*s->p != ']') {
		if (*s->p == '\0' || (a = class_byte(s)) == -2)
			return -1;
		if (a == -1) {
			class_add(c, '0', '9');
			if (*s->p == '-' && s->p[1] != ']')
				return -1;
			continue;
		}
		b = a;
		if (*s->p == '-' && s->p[1] != ']') {
			s->p++;
			if (*s->p == '\0' || (b = class_byte(s)) < a)
				return -1;
		}
		class_add(c, (unsigned)a, (unsigned)b);
	}
	s->p++;
	return 0;
}

static int
number(struct parse *s, unsigned *v)
{
	if (*s->p < '0' || *s->p > '9')
		return -1;
	for (*v = 0; *s->p >= '0' && *s->p <= '9'; s->p++)
		if ((*v = *v * 10 + (unsigned)(*s->p - '0')) > 65535)
			return -1;
	return 0;
}

#define UNBOUNDED 0xffffffffU

/* ?, *, +, {n}, {n,}, {n,m} or nothing: 0; -1: not in the subset. */
static int
quantifier(struct parse *s, unsigned *least, unsigned *most)
{
	*least = *most = 1;
	switch (*s->p) {
	case '?':
		*least = 0;
		break;
	case '*':
		*least = 0;
		*most = UNBOUNDED;
		break;
	case '+':
		*most = UNBOUNDED;
		break;
	case '{':
		s->p++;
		if (number(s, least) == -1)
			return -1;
		*most = *least;
		if (*s->p == ',') {
			s->p++;
			*most = UNBOUNDED;
			if (*s->p != '}' && number(s, most) == -1)
				return -1;
		}
		if (*s->p != '}' || *most < *least)
			return -1;
		break;
	default:
		return 0;
	}
	s->p++;
	/* Lazy and possessive forms are PCRE2's business. */
	return *s->p == '?' || *s->p == '+' || *s->p == '*' ? -1 : 0;
}

static void
sequences_new(struct sequences *q)
{
	q->n = 0;
	q->v = mem_array(NULL, MAX_SEQUENCES, sizeof *q->v);
}

static int
append(struct sequences *to, const struct sequence *a,
    const struct sequence *b)
{
	struct sequence *s;

	if (to->n == MAX_SEQUENCES || a->n + b->n > MAX_LENGTH)
		return -1;
	s = &to->v[to->n++];
	s->n = a->n + b->n;
	memcpy(s->at, a->at, a->n * sizeof a->at[0]);
	memcpy(s->at + a->n, b->at, b->n * sizeof b->at[0]);
	return 0;
}

/* a := every one of a followed by every one of b */
static int
cross(struct sequences *a, const struct sequences *b)
{
	struct sequences to;
	unsigned i, k;
	int rc = 0;

	sequences_new(&to);
	for (i = 0; i < a->n && rc == 0; i++)
		for (k = 0; k < b->n && rc == 0; k++)
			rc = append(&to, &a->v[i], &b->v[k]);
	free(a->v);
	*a = to;
	return rc;
}

static int parse_alternatives(struct parse *, struct sequences *);

/* One atom with its count, appended to all of a. */
static int
parse_item(struct parse *s, struct sequences *a)
{
	struct sequences one, power, all;
	struct sequence empty;
	unsigned least, most, i, k;
	int rc = -1;
	char c = *s->p;

	empty.n = 0;
	sequences_new(&one);
	sequences_new(&power);
	sequences_new(&all);
	if (c == '(') {
		s->p++;
		if (*s->p == '?') {
			if (s->p[1] != ':')
				goto out;
			s->p += 2;
		} else if (*s->p == '*') {
			goto out;
		}
		if (++s->depth > 16 || parse_alternatives(s, &one) == -1 ||
		    *s->p != ')')
			goto out;
		s->depth--;
		s->p++;
	} else {
		struct sequence *q = &one.v[0];

		memset(&q->at[0], 0, sizeof q->at[0]);
		q->n = 1;
		one.n = 1;
		if (c == '[') {
			s->p++;
			if (parse_class(s, &q->at[0]) == -1)
				goto out;
		} else if (c == '\\') {
			if (s->p[1] == 'd')
				class_add(&q->at[0], '0', '9');
			else if (escapable(s->p[1]))
				class_add(&q->at[0], (unsigned char)s->p[1],
				    (unsigned char)s->p[1]);
			else
				goto out;
			s->p += 2;
		} else if (c >= ' ' && c < 127 &&
		    strchr(".^$*+?{}[]|()", c) == NULL) {
			class_add(&q->at[0], (unsigned char)c,
			    (unsigned char)c);
			s->p++;
		} else {
			goto out;
		}
	}
	if (quantifier(s, &least, &most) == -1 || most > MAX_LENGTH)
		goto out;
	(void)append(&power, &empty, &empty);
	for (i = 0; i <= most; i++) {
		if (i >= least)
			for (k = 0; k < power.n; k++)
				if (append(&all, &power.v[k], &empty) == -1)
					goto out;
		if (i < most && cross(&power, &one) == -1)
			goto out;
	}
	rc = cross(a, &all);
out:
	free(one.v);
	free(power.v);
	free(all.v);
	return rc;
}

static int
parse_alternatives(struct parse *s, struct sequences *to)
{
	struct sequences a;
	struct sequence empty;
	unsigned i;
	int rc = -1, anchored;

	empty.n = 0;
	for (;;) {
		sequences_new(&a);
		(void)append(&a, &empty, &empty);
		anchored = s->depth == 0 && *s->p == '^';
		s->p += anchored;
		while (*s->p != '\0' && *s->p != '|' && *s->p != ')') {
			if (s->depth == 0 && *s->p == '$' &&
			    (s->p[1] == '\0' || s->p[1] == '|')) {
				s->p++;
				break;
			}
			if (parse_item(s, &a) == -1)
				goto out;
		}
		for (i = 0; i < a.n; i++)
			if (append(to, &a.v[i], &empty) == -1)
				goto out;
		if (*s->p != '|')
			break;
		s->p++;
		free(a.v);
	}
	rc = 0;
out:
	free(a.v);
	return rc;
}

/* The ranges of a class: 0, or -1 when there are more than two. */
static int
two_ranges(const struct class *c, struct ranges *r, unsigned at)
{
	unsigned b, n = 0;
	unsigned char lo[2] = { 1, 1 }, hi[2] = { 0, 0 };

	for (b = 0; b < 128; b++) {
		if (!in_class(c, b))
			continue;
		if (b > 0 && in_class(c, b - 1)) {
			hi[n - 1] = (unsigned char)b;
			continue;
		}
		if (n == 2)
			return -1;
		lo[n] = hi[n] = (unsigned char)b;
		n++;
	}
	if (n == 1) {
		lo[1] = lo[0];
		hi[1] = hi[0];
	}
	r->lo[at] = lo[0];
	r->hi[at] = hi[0];
	r->lo2[at] = lo[1];
	r->hi2[at] = hi[1];
	return 0;
}

static int
make_templates(struct pattern *p, const struct sequences *q)
{
	unsigned n, i, k, count[TEMPLATE + 1] = { 0 }, at = 0;

	for (i = 0; i < q->n; i++)
		if (q->v[i].n > TEMPLATE ||
		    ++count[q->v[i].n] > MAX_SAME_LENGTH)
			return -1;
	p->templates = mem_array(NULL, q->n, sizeof *p->templates);
	for (n = 0; n <= TEMPLATE; n++) {
		p->first[n] = at;
		for (i = 0; i < q->n; i++) {
			struct ranges *r = &p->templates[at];

			if (q->v[i].n != n)
				continue;
			/* Beyond the value anything may stand. */
			memset(r->lo, 0, TEMPLATE);
			memset(r->hi, 255, TEMPLATE);
			memset(r->lo2, 0, TEMPLATE);
			memset(r->hi2, 255, TEMPLATE);
			for (k = 0; k < n; k++)
				if (two_ranges(&q->v[i].at[k], r, k) == -1) {
					free(p->templates);
					p->templates = NULL;
					return -1;
				}
			at++;
		}
	}
	p->first[TEMPLATE + 1] = at;
	p->kind = KIND_TEMPLATE;
	return 0;
}

/* Bytes that no sequence tells apart share a class. */
static void
make_table(struct pattern *p, const struct sequences *q)
{
	unsigned b, i, k, other, n = 1;
	unsigned char of[128];

	memset(p->class, 0, sizeof p->class);
	memset(of, 0, sizeof of);
	for (b = 0; b < 128; b++) {
		int some = 0;

		for (i = 0; i < q->n; i++)
			for (k = 0; k < q->v[i].n; k++)
				some |= in_class(&q->v[i].at[k], b);
		if (!some)
			continue; /* class 0: nowhere */
		for (other = 1; other < n; other++) {
			unsigned like = of[other];
			int same = 1;

			for (i = 0; i < q->n && same; i++)
				for (k = 0; k < q->v[i].n && same; k++)
					same = in_class(&q->v[i].at[k], b) ==
					    in_class(&q->v[i].at[k], like);
			if (same)
				break;
		}
		if (other == n)
			of[n++] = (unsigned char)b;
		p->class[b] = (unsigned char)other;
	}
	p->nclasses = n;
	for (i = 0; i < q->n; i++) {
		p->lengths[q->v[i].n] |= (uint64_t)1 << i;
		if (q->v[i].n > p->longest)
			p->longest = q->v[i].n;
	}
	p->masks = mem_zero((size_t)(p->longest + 1) * n, sizeof *p->masks);
	for (i = 0; i < q->n; i++)
		for (k = 0; k < q->v[i].n; k++)
			for (other = 1; other < n; other++)
				if (in_class(&q->v[i].at[k], of[other]))
					p->masks[k * n + other] |=
					    (uint64_t)1 << i;
	p->kind = KIND_TABLE;
}

/* The whole pattern is one class, repeated. */
static int
make_run(struct pattern *p, const char *text)
{
	struct parse s = { text, 0 };
	struct class c = { { 0, 0 } };
	unsigned least, most, b;

	s.p += *s.p == '^';
	if (*s.p != '[')
		return -1;
	s.p++;
	if (parse_class(&s, &c) == -1 ||
	    quantifier(&s, &least, &most) == -1)
		return -1;
	if (s.p[0] == '$')
		s.p++;
	if (*s.p != '\0' || most <= TEMPLATE)
		return -1;
	for (b = 0; b < 128; b++)
		p->member[b] = (unsigned char)in_class(&c, b);
	p->least = least;
	p->most = most;
	p->ranged = 1;
	for (b = 0; b < TEMPLATE && p->ranged; b++)
		p->ranged = two_ranges(&c, &p->range, b) == 0;
	p->kind = KIND_RUN;
	return 0;
}

static void
make_native(struct pattern *p, const char *text)
{
	struct parse s = { text, 0 };
	struct sequences q;

	if (make_run(p, text) == 0)
		return;
	sequences_new(&q);
	if (parse_alternatives(&s, &q) == 0 && *s.p == '\0' &&
	    make_templates(p, &q) == -1)
		make_table(p, &q);
	free(q.v);
}

/* Where XML Schema and PCRE2 read the same text as different things. */
static const char *
foreign(const char *s)
{
	int class = 0;

	for (; *s != '\0'; s++) {
		if (*s == '\\') {
			s++;
			if (*s == '\0')
				return NULL; /* PCRE2 says it better */
			if (strchr("iIcC", *s) != NULL)
				return "\\i, \\I, \\c and \\C of XML Schema "
				    "are not supported";
			continue;
		}
		if (class && *s == '-' && s[1] == '[')
			return "class subtraction is not supported";
		if (!class && *s == '[') {
			class = 1;
			s += s[1] == '^';
			s += s[1] == ']';
		} else if (class && *s == '[' && s[1] == ':') {
			s++;
		} else if (class && *s == ']') {
			class = 0;
		}
	}
	return NULL;
}

#define WHOLE (PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NO_AUTO_CAPTURE)
#define ANYWHERE (PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS)

static pcre2_code *
compile(const char *text, uint32_t how, struct fault *f)
{
	pcre2_code *code;
	const char *why;
	char says[120];
	int error;
	PCRE2_SIZE at;

	if (how == WHOLE && (why = foreign(text)) != NULL) {
		(void)fault_set(f, "not a pattern: %s", why);
		return NULL;
	}
	code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
	    PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | how,
	    &error, &at, NULL);
	if (code == NULL) {
		(void)pcre2_get_error_message(error, (PCRE2_UCHAR *)says,
		    sizeof says);
		(void)fault_set(f, "not a regular expression at character "
		    "%zu: %s", (size_t)at + 1, says);
	}
	return code;
}

int
pattern_check(const char *text, struct fault *f)
{
	pcre2_code *code = compile(text, WHOLE, f);

	pcre2_code_free(code);
	return code != NULL ? 0 : -1;
}

static struct pattern *
by_pcre(const char *text, uint32_t how, struct fault *f)
{
	struct pattern *p = mem_zero(1, sizeof *p);

	if ((p->code = compile(text, how, f)) == NULL) {
		pattern_free(p);
		return NULL;
	}
	p->jit = pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0;
	return p;
}

struct pattern *
pattern_new(const char *text, struct fault *f)
{
	struct pattern *p = by_pcre(text, WHOLE, f);

	if (p != NULL)
		make_native(p, text);
	return p;
}

struct pattern *
pattern_new_anywhere(const char *text, struct fault *f)
{
	return by_pcre(text, ANYWHERE, f);
}

void
pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	pcre2_code_free(p->code);
	free(p->templates);
	free(p->masks);
	free(p);
}

int
pattern_native(const struct pattern *p)
{
	return p->kind != KIND_PCRE;
}

static void *
get(size_t n, void *unused)
{
	(void)unused;
	return mem_alloc(n);
}

static void
put(void *p, void *unused)
{
	(void)unused;
	free(p);
}

struct pattern_run *
pattern_run_new(void)
{
	struct pattern_run *r = mem_zero(1, sizeof *r);
	pcre2_general_context *g = pcre2_general_context_create(get, put,
	    NULL);

	r->data = pcre2_match_data_create(1, g);
	r->context = pcre2_match_context_create(g);
	r->stack = pcre2_jit_stack_create((size_t)32 * 1024,
	    (size_t)512 * 1024, g);
	pcre2_general_context_free(g);
	if (r->stack != NULL)
		pcre2_jit_stack_assign(r->context, NULL, r->stack);
	(void)pcre2_set_match_limit(r->context, PATTERN_STEPS);
	(void)pcre2_set_depth_limit(r->context, PATTERN_STEPS);
	(void)pcre2_set_heap_limit(r->context, 64 * 1024);
	return r;
}

void
pattern_run_free(struct pattern_run *r)
{
	if (r == NULL)
		return;
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->context);
	pcre2_jit_stack_free(r->stack);
	free(r);
}

int
pattern_reference(const struct pattern *p, struct pattern_run *r,
    const char *s, size_t n)
{
	int rc;

	if (p->jit)
		rc = pcre2_jit_match(p->code, (PCRE2_SPTR)s, n, 0, 0, r->data,
		    r->context);
	else
		rc = pcre2_match(p->code, (PCRE2_SPTR)s, n, 0,
		    PCRE2_NO_UTF_CHECK, r->data, r->context);
	return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

/* Of sixteen bytes at s: a bit for each that is in its ranges. */
static inline unsigned
in_ranges(const struct ranges *r, const char *s, unsigned n)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)s);
	__m128i lo = _mm_loadu_si128((const __m128i *)(const void *)r->lo);
	__m128i hi = _mm_loadu_si128((const __m128i *)(const void *)r->hi);
	__m128i lo2 = _mm_loadu_si128((const __m128i *)(const void *)r->lo2);
	__m128i hi2 = _mm_loadu_si128((const __m128i *)(const void *)r->hi2);
	__m128i a = _mm_and_si128(_mm_cmpeq_epi8(_mm_max_epu8(v, lo), v),
	    _mm_cmpeq_epi8(_mm_min_epu8(v, hi), v));
	__m128i b = _mm_and_si128(_mm_cmpeq_epi8(_mm_max_epu8(v, lo2), v),
	    _mm_cmpeq_epi8(_mm_min_epu8(v, hi2), v));

	(void)n;
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(a, b));
#else
	unsigned i, in = 0xffff;

	/* What is beyond the value's n is not looked at. */
	for (i = 0; i < n && i < TEMPLATE; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c < r->lo[i] || c > r->hi[i]) &&
		    (c < r->lo2[i] || c > r->hi2[i]))
			in &= ~(1U << i);
	}
	return in;
#endif
}

/* The templates' ranges take anything beyond the value. */
static inline int
fits_ranges(const struct ranges *r, const char *s, unsigned n)
{
	return in_ranges(r, s, n) == 0xffff;
}

static size_t
batch_template(const struct pattern *p, const char *const *s,
    const uint32_t *n, size_t k, unsigned char *to)
{
	size_t i, bad = 0;

	for (i = 0; i < k; i++) {
		unsigned j, end;
		int ok = 0;

		if (n[i] <= TEMPLATE) {
			end = p->first[n[i] + 1];
			for (j = p->first[n[i]]; j < end; j++)
				ok |= fits_ranges(&p->templates[j], s[i],
				    n[i]);
		}
		to[i] = (unsigned char)ok;
		bad += (size_t)!ok;
	}
	return bad;
}

static size_t
batch_table(const struct pattern *p, const char *const *s, const uint32_t *n,
    size_t k, unsigned char *to)
{
	size_t i, bad = 0;

	for (i = 0; i < k; i++) {
		const uint64_t *masks = p->masks;
		uint64_t alive = 0;
		uint32_t j;

		if (n[i] <= p->longest)
			alive = p->lengths[n[i]];
		for (j = 0; alive != 0 && j < n[i]; j++) {
			alive &= masks[p->class[(unsigned char)s[i][j]]];
			masks += p->nclasses;
		}
		to[i] = alive != 0;
		bad += alive == 0;
	}
	return bad;
}

static inline int
fits_run(const struct pattern *p, const char *s, uint32_t n)
{
	uint32_t j;

	if (n < p->least || n > p->most)
		return 0;
	if (!p->ranged) {
		for (j = 0; j < n; j++)
			if (!p->member[(unsigned char)s[j]])
				return 0;
		return 1;
	}
	if (n < TEMPLATE)
		return (~in_ranges(&p->range, s, n) & ((1U << n) - 1)) == 0;
	for (j = 0; j < n - TEMPLATE; j += TEMPLATE)
		if (!fits_ranges(&p->range, s + j, TEMPLATE))
			return 0;
	return fits_ranges(&p->range, s + n - TEMPLATE, TEMPLATE);
}

static size_t
batch_run(const struct pattern *p, const char *const *s, const uint32_t *n,
    size_t k, unsigned char *to)
{
	size_t i, bad = 0;

	for (i = 0; i < k; i++) {
		to[i] = (unsigned char)fits_run(p, s[i], n[i]);
		bad += !to[i];
	}
	return bad;
}

size_t
pattern_batch(const struct pattern *p, struct pattern_run *r,
    const char *const *s, const uint32_t *n, size_t k, unsigned char *to)
{
	size_t i, bad = 0;

	switch (p->kind) {
	case KIND_TEMPLATE:
		return batch_template(p, s, n, k, to);
	case KIND_TABLE:
		return batch_table(p, s, n, k, to);
	case KIND_RUN:
		return batch_run(p, s, n, k, to);
	case KIND_PCRE:
		break;
	}
	for (i = 0; i < k; i++) {
		int ok = pattern_reference(p, r, s[i], n[i]);

		if (ok == -1)
			return (size_t)-1;
		to[i] = (unsigned char)ok;
		bad += !ok;
	}
	return bad;
}

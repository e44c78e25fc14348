/* Text made from a regular expression. */
#include "spec/dummy_pattern.h"

#include <string.h>

#include "base/mem.h"

enum kind { SET, SEQUENCE, CHOICE, REPEAT };

struct node {
	enum kind kind;
	unsigned char n;          /* SET: characters */
	char set[128];
	struct node *child;       /* first of SEQUENCE, CHOICE, REPEAT */
	struct node *next;        /* sibling */
	unsigned count;           /* CHOICE: alternatives */
	unsigned min, max;        /* REPEAT */
};

struct dummy_pattern {
	const struct node *root;
	const struct node *flat[DUMMY_PATTERN_MAX]; /* SETs of the nth text */
	size_t nflat;
	uint64_t count;
};

struct parser {
	struct arena *arena;
	const char *start, *p;
	struct fault *f;
	unsigned depth;
};

static struct node *alternatives(struct parser *);

static struct node *
node_new(struct parser *s, enum kind kind)
{
	struct node *n = arena_alloc(s->arena, sizeof *n);

	memset(n, 0, sizeof *n);
	n->kind = kind;
	return n;
}

static struct node *
refuse(struct parser *s, const char *what)
{
	(void)fault_set(s->f, "cannot make text from a pattern: %s at "
	    "character %zu", what, (size_t)(s->p - s->start) + 1);
	return NULL;
}

static void
add_range(unsigned char *in, unsigned from, unsigned to)
{
	for (; from <= to && from < 128; from++)
		in[from] = 1;
}

/* The characters of \d, \w, \s; 0 when c is not one of them. */
static int
add_shorthand(unsigned char *in, char c)
{
	switch (c) {
	case 'd':
		add_range(in, '0', '9');
		return 1;
	case 'w':
		add_range(in, '0', '9');
		add_range(in, 'A', 'Z');
		return 1;
	case 's':
		in[' '] = 1;
		return 1;
	default:
		return 0;
	}
}

static int
is_letter_or_digit(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* Wide sets are narrowed to what reads like a code. */
static struct node *
set_node(struct parser *s, const unsigned char *in)
{
	struct node *n = node_new(s, SET);
	unsigned c, total = 0, plain = 0;

	for (c = 0; c < 128; c++) {
		total += in[c];
		plain += in[c] && ((c >= '0' && c <= '9') ||
		    (c >= 'A' && c <= 'Z'));
	}
	for (c = 0; c < 128; c++) {
		if (!in[c])
			continue;
		if (total > 40 && plain > 0 && !((c >= '0' && c <= '9') ||
		    (c >= 'A' && c <= 'Z')))
			continue;
		n->set[n->n++] = (char)c;
	}
	return n->n > 0 ? n : refuse(s, "a class without ASCII characters");
}

static int
class_char(struct parser *s, unsigned char *in, unsigned *c)
{
	if ((unsigned char)*s->p >= 128) {
		/* Beyond ASCII: left out of what is made. */
		*c = 128;
		while (((unsigned char)*++s->p & 0xc0) == 0x80)
			continue;
		return 0;
	}
	if (*s->p == '\\' && s->p[1] != '\0') {
		s->p++;
		if (add_shorthand(in, *s->p)) {
			s->p++;
			return 1;
		}
		*c = *s->p == 't' ? '\t' : (unsigned char)*s->p;
		s->p++;
		return 0;
	}
	*c = (unsigned char)*s->p++;
	return 0;
}

static struct node *
class(struct parser *s)
{
	unsigned char in[129] = { 0 }, out[128];
	unsigned from, to, c;
	int negated = 0, first = 1;

	if (*s->p == '^') {
		negated = 1;
		s->p++;
	}
	for (; *s->p != ']' || first; first = 0) {
		if (*s->p == '\0')
			return refuse(s, "an open class");
		if (s->p[0] == '[' && s->p[1] == ':')
			return refuse(s, "a named class");
		if (class_char(s, in, &from))
			continue;
		to = from;
		if (s->p[0] == '-' && s->p[1] != ']' && s->p[1] != '\0') {
			s->p++;
			if (class_char(s, in, &to))
				continue;
			if (to > 127)
				to = 127;
		}
		add_range(in, from, to);
	}
	s->p++;
	if (!negated)
		return set_node(s, in);
	for (c = 0; c < 128; c++)
		out[c] = c >= ' ' && c < 127 && !in[c];
	return set_node(s, out);
}

static struct node *
atom(struct parser *s)
{
	unsigned char in[128] = { 0 };
	struct node *n;
	char c = *s->p;

	switch (c) {
	case '(':
		s->p++;
		if (s->p[0] == '?' && s->p[1] == ':')
			s->p += 2;
		else if (s->p[0] == '?')
			return refuse(s, "a group with (?");
		if (++s->depth > 50)
			return refuse(s, "too many groups");
		n = alternatives(s);
		s->depth--;
		if (n == NULL)
			return NULL;
		if (*s->p != ')')
			return refuse(s, "an open group");
		s->p++;
		return n;
	case '[':
		s->p++;
		return class(s);
	case '.':
		s->p++;
		add_range(in, '0', '9');
		add_range(in, 'A', 'Z');
		return set_node(s, in);
	case '\\':
		c = *++s->p;
		if (c == '\0')
			return refuse(s, "a lone backslash");
		s->p++;
		if (add_shorthand(in, c))
			return set_node(s, in);
		if (is_letter_or_digit(c) && c != 't')
			return refuse(s, "an escape");
		in[(unsigned char)(c == 't' ? '\t' : c) & 127] = 1;
		return set_node(s, in);
	default:
		if ((unsigned char)c >= 128)
			return refuse(s, "a character beyond ASCII");
		s->p++;
		in[(unsigned char)c] = 1;
		return set_node(s, in);
	}
}

/* {n}, {n,}, {n,m}: 1; 0 when the brace is a literal. */
static int
braces(struct parser *s, unsigned *min, unsigned *max)
{
	const char *p = s->p + 1;
	unsigned a = 0, b = 0;

	if (*p < '0' || *p > '9')
		return 0;
	for (; *p >= '0' && *p <= '9'; p++)
		a = a < 10000 ? a * 10 + (unsigned)(*p - '0') : a;
	b = a;
	if (*p == ',') {
		p++;
		b = a + 4;
		if (*p >= '0' && *p <= '9')
			for (b = 0; *p >= '0' && *p <= '9'; p++)
				b = b < 10000 ?
				    b * 10 + (unsigned)(*p - '0') : b;
	}
	if (*p != '}')
		return 0;
	s->p = p + 1;
	*min = a;
	*max = b;
	return 1;
}

static struct node *
repeated(struct parser *s)
{
	struct node *n = atom(s), *r;
	unsigned min, max;

	if (n == NULL)
		return NULL;
	for (;;) {
		if (*s->p == '?' || *s->p == '*' || *s->p == '+') {
			min = *s->p == '+';
			max = *s->p == '?' ? 1 : min + 4;
			s->p++;
		} else if (*s->p != '{' || !braces(s, &min, &max)) {
			break;
		}
		if (max < min || max > DUMMY_PATTERN_MAX)
			return refuse(s, "a repeat");
		if (*s->p == '?' || *s->p == '+')
			s->p++; /* lazy, possessive: the same texts */
		r = node_new(s, REPEAT);
		r->child = n;
		r->min = min;
		r->max = max;
		n = r;
	}
	return n;
}

static struct node *
sequence(struct parser *s)
{
	struct node *q = node_new(s, SEQUENCE), **last = &q->child;

	while (*s->p != '\0' && *s->p != '|' && *s->p != ')') {
		if (*s->p == '^' && q->child == NULL) {
			s->p++;
			continue;
		}
		if (*s->p == '$' && (s->p[1] == '\0' || s->p[1] == '|' ||
		    s->p[1] == ')')) {
			s->p++;
			continue;
		}
		if (strchr("*+?^$", *s->p) != NULL)
			return refuse(s, "a repeat or an anchor");
		if ((*last = repeated(s)) == NULL)
			return NULL;
		last = &(*last)->next;
	}
	return q;
}

static struct node *
alternatives(struct parser *s)
{
	struct node *c = node_new(s, CHOICE), **last = &c->child;

	for (;;) {
		if ((*last = sequence(s)) == NULL)
			return NULL;
		last = &(*last)->next;
		c->count++;
		if (*s->p != '|')
			break;
		s->p++;
	}
	if (c->count == 1)
		return c->child;
	return c;
}

/* The SETs of the nth text, in order; -1 when it would be too long. */
static int
flatten(struct dummy_pattern *d, const struct node *n)
{
	const struct node *c;
	unsigned i, times;

	switch (n->kind) {
	case SET:
		if (d->nflat == DUMMY_PATTERN_MAX)
			return -1;
		d->flat[d->nflat++] = n;
		return 0;
	case SEQUENCE:
		for (c = n->child; c != NULL; c = c->next)
			if (flatten(d, c) == -1)
				return -1;
		return 0;
	case CHOICE:
		return flatten(d, n->child);
	default:
		times = n->max < 10 ? n->max : 10;
		if (times < n->min)
			times = n->min;
		for (i = 0; i < times; i++)
			if (flatten(d, n->child) == -1)
				return -1;
		return 0;
	}
}

static size_t
longest(const struct node *n)
{
	const struct node *c;
	size_t most = 0, k;

	switch (n->kind) {
	case SET:
		return 1;
	case SEQUENCE:
		for (c = n->child; c != NULL; c = c->next)
			most += longest(c);
		return most;
	case CHOICE:
		for (c = n->child; c != NULL; c = c->next)
			if ((k = longest(c)) > most)
				most = k;
		return most;
	default:
		return n->max * longest(n->child);
	}
}

const struct dummy_pattern *
dummy_pattern_new(struct arena *arena, const char *text, struct fault *f)
{
	struct parser s = { arena, text, text, f, 0 };
	struct dummy_pattern *d = arena_alloc(arena, sizeof *d);
	size_t i;

	memset(d, 0, sizeof *d);
	if ((d->root = alternatives(&s)) == NULL)
		return NULL;
	if (*s.p != '\0') {
		(void)refuse(&s, "a stray )");
		return NULL;
	}
	if (longest(d->root) > DUMMY_PATTERN_MAX ||
	    flatten(d, d->root) == -1) {
		(void)refuse(&s, "a text too long");
		return NULL;
	}
	d->count = 1;
	for (i = 0; i < d->nflat; i++)
		if (d->count < (uint64_t)1 << 56)
			d->count *= d->flat[i]->n;
	return d;
}

static char *
make(const struct node *n, struct dummy_random *r, char *to)
{
	const struct node *c;
	uint64_t k;

	switch (n->kind) {
	case SET:
		*to = n->set[n->n > 1 ? dummy_below(r, n->n) : 0];
		return to + 1;
	case SEQUENCE:
		for (c = n->child; c != NULL; c = c->next)
			to = make(c, r, to);
		return to;
	case CHOICE:
		k = dummy_below(r, n->count);
		for (c = n->child; k > 0; k--)
			c = c->next;
		return make(c, r, to);
	default:
		k = n->min;
		if (n->max > n->min)
			k += dummy_below(r, n->max - n->min + 1);
		for (; k > 0; k--)
			to = make(n->child, r, to);
		return to;
	}
}

size_t
dummy_pattern_make(const struct dummy_pattern *d, struct dummy_random *r,
    char *to)
{
	return (size_t)(make(d->root, r, to) - to);
}

size_t
dummy_pattern_nth(const struct dummy_pattern *d, uint64_t i, char *to)
{
	size_t k;

	for (k = d->nflat; k-- > 0;) {
		to[k] = d->flat[k]->set[i % d->flat[k]->n];
		i /= d->flat[k]->n;
	}
	return d->nflat;
}

uint64_t
dummy_pattern_count(const struct dummy_pattern *d)
{
	return d->count;
}

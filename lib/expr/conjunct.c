/* What a condition asks for, one thing at a time. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "expr/node.h"

/* Pieces of a text, in order. */
struct pieces {
	struct arena *arena;
	const char **v;
	size_t n;
};

/* Off with blanks, and brackets around all of it, which the parser ignores. */
static void
trim(const char **p, size_t *n)
{
	size_t i, deep;
	char quote;

	for (;;) {
		while (*n > 0 && strchr(" \t\r\n", **p) != NULL)
			(*p)++, (*n)--;
		while (*n > 0 && strchr(" \t\r\n", (*p)[*n - 1]) != NULL)
			(*n)--;
		if (*n < 2 || **p != '(')
			return;
		quote = '\0';
		for (i = deep = 0; i < *n; i++) {
			char c = (*p)[i];

			if (quote != '\0' || c == '\'' || c == '"') {
				quote = quote == '\0' ? c :
				    quote == c ? '\0' : quote;
				continue;
			}
			deep += c == '(';
			deep -= c == ')';
			if (deep == 0)
				break;
		}
		if (i + 1 != *n)
			return;
		(*p)++;
		*n -= 2;
	}
}

/* The root of a text; NULL: it is no expression by itself. */
static struct node *
root_of(const char *text, struct arena *memory)
{
	struct fault ignored = FAULT_NONE;
	struct source s = { text, memory, &ignored };
	int deepest = 0;

	return parse_expression(&s, &deepest);
}

static void
split(struct pieces *to, const char *p, size_t n)
{
	const struct node *root;
	const char *text;

	trim(&p, &n);
	text = arena_copy(to->arena, p, n);
	root = root_of(text, to->arena);
	if (root != NULL && root->op == NODE_AND &&
	    root_of(arena_copy(to->arena, p, root->at), to->arena) != NULL &&
	    root_of(text + root->at + 3, to->arena) != NULL) {
		split(to, text, root->at);
		split(to, text + root->at + 3, n - root->at - 3);
		return;
	}
	to->v = mem_array(to->v, to->n + 1, sizeof *to->v);
	to->v[to->n++] = text;
}

const char *const *
expr_conjuncts(const char *text, struct arena *arena, size_t *n)
{
	struct pieces to = { arena, NULL, 0 };
	const char **v;

	split(&to, text, strlen(text));
	v = arena_alloc(arena, to.n * sizeof *v);
	memcpy(v, to.v, to.n * sizeof *v);
	free(to.v);
	*n = to.n;
	return v;
}

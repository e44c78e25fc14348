/* PCRE2, behind bounds. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "expr/node.h"

/* Steps and bytes a single match may take: a pattern cannot hang a run. */
#define MATCH_LIMIT 1000000U
#define DEPTH_LIMIT 10000U
#define HEAP_KIB 20000U
#define STACK_MOST ((size_t)1024 * 1024)

struct regexp {
	pcre2_code *code;
};

struct regexp_work {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
};

struct regexp *
regexp_new(const char *text, size_t n, size_t *at, char message[128])
{
	struct regexp *r;
	pcre2_code *code;
	PCRE2_SIZE where = 0;
	int error = 0;

	code = pcre2_compile((PCRE2_SPTR)text, n, PCRE2_UTF |
	    PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &error, &where,
	    NULL);
	if (code == NULL) {
		PCRE2_UCHAR why[128];

		(void)pcre2_get_error_message(error, why, sizeof why);
		(void)snprintf(message, 128, "%s", (const char *)why);
		*at = where;
		return NULL;
	}
	/* Where there is no JIT the interpreter gives the same answers. */
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	r = mem_alloc(sizeof *r);
	r->code = code;
	return r;
}

void
regexp_free(struct regexp *r)
{
	if (r == NULL)
		return;
	pcre2_code_free(r->code);
	free(r);
}

struct regexp_work *
regexp_work_new(const struct regexp *r)
{
	struct regexp_work *w = mem_alloc(sizeof *w);

	w->data = pcre2_match_data_create_from_pattern(r->code, NULL);
	w->context = pcre2_match_context_create(NULL);
	w->stack = pcre2_jit_stack_create((size_t)32 * 1024, STACK_MOST,
	    NULL);
	if (w->context != NULL) {
		(void)pcre2_set_match_limit(w->context, MATCH_LIMIT);
		(void)pcre2_set_depth_limit(w->context, DEPTH_LIMIT);
		(void)pcre2_set_heap_limit(w->context, HEAP_KIB);
		if (w->stack != NULL)
			pcre2_jit_stack_assign(w->context, NULL, w->stack);
	}
	return w;
}

void
regexp_work_free(struct regexp_work *w)
{
	if (w == NULL)
		return;
	pcre2_match_data_free(w->data);
	pcre2_match_context_free(w->context);
	pcre2_jit_stack_free(w->stack);
	free(w);
}

int
regexp_found(const struct regexp *r, struct regexp_work *w, const char *p,
    size_t n)
{
	int rc;

	if (w->data == NULL || w->context == NULL)
		return -1;
	/* Every cell is UTF-8, and what SQLite makes is looked at. */
	rc = pcre2_match(r->code, (PCRE2_SPTR)p, n, 0, PCRE2_NO_UTF_CHECK,
	    w->data, w->context);
	return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

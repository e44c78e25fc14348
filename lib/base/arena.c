/* Many small allocations, one release. */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PAGE ((size_t)64 * 1024)

struct arena_page {
	struct arena_page *next;
	size_t used, size;
};

#define HEAD ((sizeof(struct arena_page) + 15) & ~(size_t)15)

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_page *p = a->page;
	char *at;

	n = (n + 15) & ~(size_t)15;
	if (p == NULL || p->size - p->used < n) {
		size_t size = n > PAGE / 4 ? n : PAGE;

		p = mem_alloc(HEAD + size);
		p->size = size;
		p->used = 0;
		a->total += HEAD + size;
		if (size != PAGE && a->page != NULL) {
			/* A large one goes behind, the page stays in use. */
			p->next = a->page->next;
			a->page->next = p;
		} else {
			p->next = a->page;
			a->page = p;
		}
	}
	at = (char *)p + HEAD + p->used;
	p->used += n;
	return at;
}

char *
arena_copy(struct arena *a, const void *p, size_t n)
{
	char *to = arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(to, p, n);
	to[n] = '\0';
	return to;
}

char *
arena_string(struct arena *a, const char *s)
{
	return arena_copy(a, s, strlen(s));
}

void
arena_free(struct arena *a)
{
	struct arena_page *p, *next;

	for (p = a->page; p != NULL; p = next) {
		next = p->next;
		free(p);
	}
	a->page = NULL;
	a->total = 0;
}

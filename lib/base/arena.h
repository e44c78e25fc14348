/* arena: many small allocations, one release. */
#ifndef NIB_BASE_ARENA_H
#define NIB_BASE_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_page *page;
	size_t total; /* bytes held */
};

/* Aligned to 16 bytes; lives until arena_free. */
void *arena_alloc(struct arena *, size_t);
/* A copy with a terminating NUL. */
char *arena_copy(struct arena *, const void *, size_t);
char *arena_string(struct arena *, const char *);
void arena_free(struct arena *);

#endif

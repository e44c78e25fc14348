/*
 * mem: memory or exit.
 *
 * Out of memory ends the process with status 2 and one message, so no
 * caller has an error path for it. mem_fail_at lets a test make the k-th
 * call fail.
 */
#ifndef NIB_BASE_MEM_H
#define NIB_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t) __attribute__((malloc, returns_nonnull));
void *mem_zero(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* n elements of a size, checked for overflow; p may be NULL. */
void *mem_array(void *p, size_t n, size_t size)
    __attribute__((returns_nonnull));
/* Aligned to 64 bytes, the cache line and the widest register; free(). */
void *mem_aligned(size_t) __attribute__((malloc, returns_nonnull));
/*
 * Megabytes that are read here and there: in large pages where the system
 * has them; free().
 */
void *mem_large(size_t) __attribute__((malloc, returns_nonnull));
char *mem_strdup(const char *) __attribute__((malloc, returns_nonnull));
char *mem_strndup(const char *, size_t)
    __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *, ...)
    __attribute__((format(printf, 1, 2), malloc, returns_nonnull));

/* For tests: the k-th call from now fails; 0: never. */
void mem_fail_at(size_t);

#endif

/* Memory or exit. */
#define _DEFAULT_SOURCE /* madvise */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/msg.h"

#define LARGE_PAGE ((size_t)2 * 1024 * 1024)

static size_t countdown;

static void *
check(void *p)
{
	if (countdown > 0 && --countdown == 0) {
		free(p);
		p = NULL;
	}
	if (p == NULL) {
		msg_error("out of memory");
		exit(TROUBLE);
	}
	return p;
}

void
mem_fail_at(size_t k)
{
	countdown = k;
}

void *
mem_alloc(size_t n)
{
	return check(malloc(n > 0 ? n : 1));
}

void *
mem_zero(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return check(calloc(n, size));
}

void *
mem_array(void *p, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size)
		return check(NULL);
	n *= size;
	return check(realloc(p, n > 0 ? n : 1));
}

void *
mem_aligned(size_t n)
{
	void *p = NULL;

	if (posix_memalign(&p, 64, n > 0 ? n : 64) != 0)
		p = NULL;
	return check(p);
}

void *
mem_large(size_t n)
{
	void *p = NULL;

	if (posix_memalign(&p, LARGE_PAGE, n > 0 ? n : LARGE_PAGE) != 0)
		p = NULL;
	p = check(p);
#ifdef MADV_HUGEPAGE
	(void)madvise(p, n / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
#endif
	return p;
}

char *
mem_strdup(const char *s)
{
	return mem_strndup(s, strlen(s));
}

char *
mem_strndup(const char *s, size_t n)
{
	char *p = mem_alloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = mem_alloc((size_t)(n > 0 ? n : 0) + 1);
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)(n > 0 ? n : 0) + 1, fmt, ap);
	va_end(ap);
	return p;
}

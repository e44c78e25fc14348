/*
 * text: what is asked of texts that may be NULL.
 */
#ifndef NIB_BASE_TEXT_H
#define NIB_BASE_TEXT_H

#include <string.h>

/* Both the same, or both NULL. */
static inline int
text_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

#endif

/*
 * nearest: of names that there are, the one that a word was meant to be.
 */
#ifndef NIB_BASE_NEAREST_H
#define NIB_BASE_NEAREST_H

#include <stddef.h>

#define NEAREST_ALL ((size_t)-1)
#define NEAREST_HINT 96

/*
 * The nearest of n names, or of those up to a NULL; NULL if none is near. An
 * edit is a letter more, less, another, or two neighbours swapped (optimal
 * string alignment); capitals are as good as small letters, and - as _. Near
 * is an edit for each three letters of the word, rounded, but one at least;
 * or a name that begins with the word. Of names equally far the first wins.
 */
const char *nearest(const char *word, const char *const *names, size_t n);

/* "; did you mean NAME?", or nothing, to end a message with: to. */
const char *nearest_hint(const char *word, const char *const *names,
    size_t n, char to[NEAREST_HINT]);

#endif

/*
 * pattern: does a regular expression match a whole value?
 *
 * The pattern constraint of Table Schema, read as XML Schema does: the
 * whole value must match. A leading ^ and a trailing $ are accepted. The
 * syntax is PCRE2's; of XML Schema's own, class subtraction and \i \I \c \C
 * are refused. \d and \w are ASCII; a dot is any character but a line feed.
 *
 * Patterns that are an alternation of fixed sequences of ASCII classes
 * ([A-Z][0-9]{2}[0-9X], [DHMN][0-9]{7}|CD[0-9]{6}), or one class repeated,
 * run natively; others through PCRE2 with JIT. A test proves them equal.
 *
 * PCRE2 appears here only.
 */
#ifndef NIB_SPEC_PATTERN_H
#define NIB_SPEC_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct pattern;
struct pattern_run; /* a thread's workspace */

struct pattern *pattern_new(const char *, struct fault *);
/*
 * One that may match anywhere in a text, as JSON Schema has it, in the
 * syntax of ECMAScript as far as PCRE2 knows it. For pattern_reference only.
 */
struct pattern *pattern_new_anywhere(const char *, struct fault *);
/* Is it one? 0, or -1 with a fault. Cheaper than pattern_new. */
int pattern_check(const char *, struct fault *);
void pattern_free(struct pattern *);
int pattern_native(const struct pattern *);

struct pattern_run *pattern_run_new(void);
void pattern_run_free(struct pattern_run *);

/*
 * Values p[i], n[i]: valid UTF-8, 16 readable bytes from p[i] on. to[i] is 1
 * where one matches, else 0. Returns how many do not; (size_t)-1 when the
 * search for a match took more steps than PATTERN_STEPS: the pattern is
 * hostile, or its author did not know better.
 */
#define PATTERN_STEPS 200000
size_t pattern_batch(const struct pattern *, struct pattern_run *,
    const char *const *p, const uint32_t *n, size_t k, unsigned char *to);

/* One value by PCRE2 alone: 1, 0, or -1 as above. */
int pattern_reference(const struct pattern *, struct pattern_run *,
    const char *, size_t);

#endif

/*
 * dummy_pattern: text made from a regular expression.
 *
 * Understood: literals, \d \w \s and escaped characters, [classes], groups,
 * alternatives, ? * + {n} {n,} {n,m}, a dot, ^ at the start and $ at the
 * end. Anything else (look-around, back references, Unicode properties) is
 * a fault. What is made is ASCII; wide classes are narrowed to capitals and
 * digits, and an open repeat to at most four more than its minimum.
 */
#ifndef NIB_SPEC_DUMMY_PATTERN_H
#define NIB_SPEC_DUMMY_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"
#include "spec/dummy_random.h"

#define DUMMY_PATTERN_MAX 256 /* bytes that one text may have */

struct dummy_pattern;

/* Lives in the arena. */
const struct dummy_pattern *dummy_pattern_new(struct arena *, const char *,
    struct fault *);

/* A random text of at most DUMMY_PATTERN_MAX bytes; its length. */
size_t dummy_pattern_make(const struct dummy_pattern *,
    struct dummy_random *, char *to);

/*
 * The i-th text of the pattern's first alternative with its repeats held
 * at one length: different for each i below dummy_pattern_count.
 */
size_t dummy_pattern_nth(const struct dummy_pattern *, uint64_t i, char *to);
uint64_t dummy_pattern_count(const struct dummy_pattern *);

#endif

/*
 * matching_read: what the files that read a matching file share. Private to
 * linkage/matching*.c, like Jansson.
 *
 * Each reader takes a JSON object, its path in the file ("steps[2]") for
 * messages, and a member's name.
 */
#ifndef NIB_LINKAGE_MATCHING_READ_H
#define NIB_LINKAGE_MATCHING_READ_H

#include <jansson.h>

#include "base/arena.h"
#include "linkage/matching.h"

/* What is returned, and what it stands on. */
struct matching_whole {
	struct matching m;
	struct arena arena;
};

struct matching_reading {
	struct matching_whole *w;
	const char *path;
	struct fault *f;
};

/* Always -1. */
int matching_bad(struct matching_reading *, const char *at, const char *, ...)
    __attribute__((format(printf, 3, 4)));
/* A path one step longer; lives as long as the matching. */
const char *matching_under(struct matching_reading *, const char *at,
    const char *key);
const char *matching_item(struct matching_reading *, const char *at, size_t);

/* Every member must be one of names. */
int matching_only(struct matching_reading *, json_t *, const char *at,
    const char *const *names);
/* 0: absent, to stays; 1: there; -1: a fault. */
int matching_text(struct matching_reading *, json_t *, const char *at,
    const char *key, const char **to);
int matching_truth(struct matching_reading *, json_t *, const char *at,
    const char *key, int *to);
int matching_number(struct matching_reading *, json_t *, const char *at,
    const char *key, double min, double max, double *to);
/* 0 or -1. */
int matching_strings_read(struct matching_reading *, json_t *,
    const char *at, const char *key, struct matching_strings *to);

/* Rules (linkage/matching_rules.c), when the fields are known. */
int matching_read_steps(struct matching_reading *, json_t *);
int matching_read_comparisons(struct matching_reading *, json_t *);
int matching_read_training(struct matching_reading *, json_t *);
/* A list of rules; keys: every test must make blocks. NULL: none. */
int matching_read_rules(struct matching_reading *, json_t *, const char *at,
    int keys, size_t *n, const struct matching_tests **);

#endif

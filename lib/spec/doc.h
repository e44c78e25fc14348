/*
 * doc: a JSON document that knows where its parts stand.
 *
 * jansson reads it; a value is reached by a chain of places, so that what
 * is wrong with it can be told with file, line and JSON path:
 *
 *     admitted_episode.json:41: fields[3].constraints.minimum: must be ...
 *
 * Duplicate keys, bad UTF-8 and NUL are refused by doc_open. A place is the
 * caller's, on the stack, and lives while the places above it do.
 */
#ifndef NIB_SPEC_DOC_H
#define NIB_SPEC_DOC_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"

struct doc;
struct json_t;

struct doc_at {
	const struct doc *doc;
	const struct doc_at *up; /* NULL: the root */
	const char *key;         /* of a member; NULL: an element */
	size_t index;            /* of an element */
	const struct json_t *value;
};

/* The root must be an object. path is copied. */
struct doc *doc_open(const char *path, struct fault *);
/* The same from memory; name is for messages. */
struct doc *doc_parse(const char *name, const char *, size_t,
    struct fault *);
void doc_close(struct doc *);
struct doc_at doc_root(const struct doc *);
const char *doc_text(const struct doc *, size_t *n);

/* 1: there, and *to is its place; 0: absent, or at is no object or array. */
int doc_member(const struct doc_at *, const char *key, struct doc_at *to);
int doc_element(const struct doc_at *, size_t, struct doc_at *to);
/* Elements of an array or members of an object; 0 of anything else. */
size_t doc_count(const struct doc_at *);

int doc_is_object(const struct doc_at *);
int doc_is_array(const struct doc_at *);
int doc_is_string(const struct doc_at *);
int doc_is_number(const struct doc_at *);
int doc_is_boolean(const struct doc_at *);

/* Always -1: the fault with file, line and path of the place. */
int doc_fault(const struct doc_at *, struct fault *, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Each: 0, or -1 with a fault. Strings are copied into the arena.
 *
 *   doc_string   a string; not empty unless empty_ok
 *   doc_scalar   a string, or a number or boolean as the file has it, so
 *                that 0.10 stays 0.10
 *   doc_fact     the scalar of an object's member; NULL: absent, or no scalar
 *   doc_strings  an array of strings, or one string when one_ok
 *   doc_want     is it an object ('{') or an array ('[')?
 *   doc_known    every member is one of the names (NULL-terminated)
 */
int doc_string(const struct doc_at *, int empty_ok, struct arena *,
    const char **, struct fault *);
int doc_scalar(const struct doc_at *, struct arena *, const char **,
    struct fault *);
const char *doc_fact(const struct doc_at *, const char *key, struct arena *);
int doc_bool(const struct doc_at *, int *, struct fault *);
int doc_integer(const struct doc_at *, int64_t min, int64_t max, int64_t *,
    struct fault *);
int doc_double(const struct doc_at *, double min, double max, double *,
    struct fault *);
int doc_strings(const struct doc_at *, int one_ok, struct arena *, size_t *n,
    const char *const **, struct fault *);
int doc_want(const struct doc_at *, char bracket, struct fault *);
int doc_known(const struct doc_at *, const char *const *names,
    struct fault *);
/* The JSON text of a value, as the file has it. */
const char *doc_json(const struct doc_at *, struct arena *);

#endif

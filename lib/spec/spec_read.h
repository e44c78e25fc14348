/* Between the files that read a dataset specification. */
#ifndef NIB_SPEC_SPEC_READ_H
#define NIB_SPEC_SPEC_READ_H

#include "base/arena.h"
#include "base/map.h"
#include "spec/doc.h"
#include "spec/spec.h"

/* What spec_open returns is the first member of this. */
struct spec_loaded {
	struct spec spec;
	struct arena arena;
	struct doc *doc;
	struct map *names;   /* of fields: number is index */
	struct map *aliases; /* of fields */
	size_t *alias_field;
};

/* Words of the specification's language, NULL after the last. */
extern const char *const spec_type_names[]; /* by enum spec_type */
extern const char *const spec_role_names[]; /* by enum spec_role */

/* Members of an object, each 0 (absent or read) or -1. */
int spec_get_string(const struct doc_at *, const char *key, struct arena *,
    const char **, struct fault *);
int spec_get_strings(const struct doc_at *, const char *key, int one_ok,
    struct arena *, struct spec_strings *, struct fault *);
int spec_get_bool(const struct doc_at *, const char *key, int *,
    struct fault *);
/* One of names; the index in *to. */
int spec_get_word(const struct doc_at *, const char *key,
    const char *const *names, int *to, struct arena *, struct fault *);
int spec_word_of(const struct doc_at *, const char *const *names, int *to,
    struct arena *, struct fault *);
/* An array of values, or of objects with a value (and a label). */
int spec_get_values(const struct doc_at *, const char *key, struct arena *,
    struct spec_strings *, struct fault *);
/* One that must be there. */
int spec_need_string(const struct doc_at *, const char *key, struct arena *,
    const char **, struct fault *);

/* Letters, digits, "_", "-", ".": what may stand in a report and a file. */
int spec_is_name(const char *);

/* Code lists, which must exist; a path is from the specification's folder. */
int spec_read_codelists(const struct spec *, const struct doc_at *,
    const char *key, struct arena *, struct spec_strings *, struct fault *);
/* NAME or NAME(ARGUMENT,...), and the field that age(FIELD) speaks of. */
int spec_read_treatment(const struct doc_at *, struct arena *, const char **,
    struct fault *);
int spec_treatment_field(const struct spec *, const struct doc_at *,
    const char *treatment, struct fault *);

/* The members fields and nib of the root. */
int spec_read_fields(struct spec_loaded *, const struct doc_at *root,
    struct fault *);
int spec_read_nib(struct spec_loaded *, const struct doc_at *root,
    struct fault *);

#endif

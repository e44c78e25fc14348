/* Between the files that read a recipe. */
#ifndef NIB_SPEC_DUMMY_COMPILE_H
#define NIB_SPEC_DUMMY_COMPILE_H

#include <jansson.h>

#include "spec/dummy_recipe.h"

struct dummy_compiler {
	const struct spec *spec;
	const struct dummy_options *o;
	struct dummy_recipe *r;
	const char *path;  /* of the recipe */
	const char *slot;  /* being compiled */
	struct fault *f;
	size_t slots_cap;
	int depth;
};

/* Parts that recipes and plain fields share (dummy_compile.c). */

int dummy_bad(struct dummy_compiler *c, const char *what, const char *word);
/* With 16 readable bytes beyond its end. */
struct dummy_text dummy_text_new(struct dummy_compiler *c, const char *s);
void *dummy_zero(struct dummy_compiler *c, size_t n, size_t size);
struct dummy_gen *dummy_gen_new(struct dummy_compiler *c, enum dummy_form form);
uint32_t dummy_share32(double p);
/* 1, 1/2^s, 1/3^s, ... */
void dummy_skewed(double *w, size_t n, double s);
size_t dummy_source_find(struct dummy_compiler *c, const char *name, size_t n);
size_t dummy_column_add(
    struct dummy_compiler *c, struct dummy_source *s, const char *name);
long dummy_slot_find(const struct dummy_compiler *c, const char *name);
void dummy_uniform(
    struct dummy_compiler *c, struct dummy_gen *g, int64_t min, int64_t max);
/* A pattern's texts made beforehand, the first the most frequent. */
int dummy_pool(
    struct dummy_compiler *c, struct dummy_gen *g, size_t n, double skew);

/* Fields from the specification alone (dummy_plain.c). */

/* Codes of the field's lists; 0 when there is none but defaults. */
int dummy_codes(struct dummy_compiler *c, const struct spec_field *sf,
    double skew, struct dummy_gen *g);
int dummy_pattern_gen(struct dummy_compiler *c, const char *pattern,
    const struct spec_field *sf, struct dummy_gen *g);
enum dummy_time dummy_time_of(const struct spec_field *sf);
const char *dummy_date_format_of(const struct spec_field *sf);
int dummy_constant(
    struct dummy_compiler *c, struct dummy_gen *g, const char *text);
/* A field from the specification alone; keys: it may have to be unique. */
const struct dummy_gen *dummy_plain(
    struct dummy_compiler *c, size_t field, int keys);

/* The recipe (dummy_read.c). */

struct dummy_slot *dummy_slot_add(struct dummy_compiler *c, const char *name);
struct dummy_source *dummy_source_add(
    struct dummy_compiler *c, const char *name);
int dummy_read_period(struct dummy_compiler *c, json_t *j);
int dummy_read_recipe(struct dummy_compiler *c, json_t *j);

#endif

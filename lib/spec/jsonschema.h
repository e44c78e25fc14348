/*
 * jsonschema: does a JSON cell fit a JSON Schema? For the constraint
 * jsonSchema of Table Schema 2.0.
 *
 * Draft 2020-12: the vocabularies core (of references those within the
 * schema: "#", "#/$defs/x", "#anchor"), applicator and validation. What only
 * describes (title, default, format, contentEncoding ...) is read and has no
 * effect, as the standard has it. Anything else, a remote reference,
 * $dynamicRef and unevaluatedItems among them, is refused by jsonschema_new,
 * as is a reference that leads back to itself on the same value.
 *
 * Numbers are exact decimals of any length: 0.3 is a multiple of 0.1. A
 * pattern may match anywhere in its text, with the steps of spec/pattern.h.
 */
#ifndef NIB_SPEC_JSONSCHEMA_H
#define NIB_SPEC_JSONSCHEMA_H

#include <stddef.h>

#include "base/fault.h"

struct jsonschema;
struct jsonschema_run; /* a thread's workspace */

/* NULL with a fault that says where: "properties/dose/minimum: ...". */
struct jsonschema *jsonschema_new(const char *text, struct fault *);
void jsonschema_free(struct jsonschema *);

struct jsonschema_run *jsonschema_run_new(void);
void jsonschema_run_free(struct jsonschema_run *);

/*
 * 1: it fits, 0: it does not, or is no JSON of at most JSONTREE_DEPTH levels;
 * -1: finding that out takes more than JSONSCHEMA_STEPS, the subschemas held
 * against values and the values there are, or too many of a pattern.
 */
#define JSONSCHEMA_STEPS 1000000
int jsonschema_fits(const struct jsonschema *, struct jsonschema_run *,
    const char *, size_t);

#endif

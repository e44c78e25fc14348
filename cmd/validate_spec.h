/* The part of nib-validate that helps with specifications: no records. */
#ifndef NIB_CMD_VALIDATE_SPEC_H
#define NIB_CMD_VALIDATE_SPEC_H

#include "spec/spec.h"
#include "tool.h"

/* --check-spec: the one of -s (NULL: none) and the operands. */
enum status validate_check_spec(const struct tool *, const char *name,
    struct fault *);
/* --explain FIELD */
enum status validate_explain(const struct tool *, const struct spec *,
    const char *field, struct fault *);
/* --init FILE */
enum status validate_init(const struct tool *, const char *sample,
    struct fault *);

#endif

/*
 * Between the files of column: what is compiled of a field (column.c), and
 * cells held against it (column_check.c).
 */
#ifndef NIB_SPEC_COLUMN_INNER_H
#define NIB_SPEC_COLUMN_INNER_H

#include "check/check.h"
#include "spec/column.h"
#include "spec/dated.h"
#include "spec/jsonschema.h"
#include "spec/pattern.h"
#include "spec/types.h"

#define NO_CHECK UINT32_MAX

enum bound_kind { MINIMUM, MAXIMUM, EXCLUSIVE_MINIMUM, EXCLUSIVE_MAXIMUM };

struct bound {
	enum bound_kind kind;
	uint32_t check;
	int has_value; /* comparable with a quick value */
	int64_t value;
	struct buf key;
};

struct column {
	const struct spec_field *field;
	size_t column;
	struct type *type;
	int any_missing, empty_missing;
	struct valueset *missing; /* besides "" */
	uint32_t required, badtype;
	size_t nbounds;
	struct bound bounds[4];
	uint32_t min_length, max_length; /* entries */
	struct pattern *pattern;
	uint32_t pattern_check;
	struct jsonschema *schema;
	uint32_t schema_check;
	/* Enumeration and categories: by text, and if need be by key. */
	struct valueset *texts[2], *keys[2];
	uint32_t set_checks[2];
	struct valueset *codes;
	uint32_t codes_check;
	struct dated *dated; /* codes with days; NULL: none */
	uint32_t dated_check;
	int kind; /* enum check_kind, or -1 */
	uint32_t kind_check;
	struct valueset *defaults;
	struct valueset *counted; /* those, and the code lists' own */
	int slow; /* worth a memo */
	int codes_alone; /* besides that it be there, nothing else is asked */
};

#endif

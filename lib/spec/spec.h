/*
 * Room spec: the dataset specification that drives every tool.
 *
 * A specification is a Table Schema (Data Package Standard 2.0) in JSON,
 * with a "nib" object for what the standard has no word for; see
 * man/nib-dataset.5. spec_open reads and checks it whole: what is returned
 * is sound. Every string and array in it is borrowed until spec_close.
 */
#ifndef NIB_SPEC_SPEC_H
#define NIB_SPEC_SPEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "csv/reader.h"
#include "expr/expr.h"

enum spec_type {
	SPEC_ANY, SPEC_STRING, SPEC_NUMBER, SPEC_INTEGER, SPEC_BOOLEAN,
	SPEC_OBJECT, SPEC_ARRAY, SPEC_LIST, SPEC_DATETIME, SPEC_DATE,
	SPEC_TIME, SPEC_YEAR, SPEC_YEARMONTH, SPEC_DURATION, SPEC_GEOPOINT,
	SPEC_GEOJSON
};

/* What a field is for the tools that look for one. */
enum spec_role {
	SPEC_ROLE_NONE, SPEC_ROLE_PERSON, SPEC_ROLE_NHS_NUMBER,
	SPEC_ROLE_BIRTH_DATE, SPEC_ROLE_SEX, SPEC_ROLE_POSTCODE,
	SPEC_ROLE_PROVIDER, SPEC_ROLE_COMMISSIONER, SPEC_ROLE_EVENT_START,
	SPEC_ROLE_EVENT_END, SPEC_ROLE_SUBMITTED, SPEC_ROLE_RECORD,
	SPEC_ROLE_FAMILY_NAME, SPEC_ROLE_GIVEN_NAME, SPEC_ROLE_DEATH_DATE
};

enum spec_privacy {
	SPEC_PRIVACY_NONE, SPEC_PRIVACY_QUASI, SPEC_PRIVACY_SENSITIVE,
	SPEC_PRIVACY_IDENTIFIER
};

enum spec_severity { SPEC_WARNING, SPEC_ERROR };

struct spec_strings { /* n strings, and a NULL after them */
	size_t n;
	const char *const *v;
};

struct spec_field {
	const char *name;
	const char *title, *description; /* NULL: none, here and below */
	enum spec_type type;
	int typed;          /* the specification names a type */
	const char *format; /* NULL: default */
	const char *decimal_char, *group_char;
	int bare_number;    /* default 1 */
	struct spec_strings true_values, false_values;
	enum spec_type item_type;
	const char *item_delimiter;
	struct spec_strings categories; /* n == 0: none */

	/* Constraints; numbers and dates as text in the field's own form. */
	int required, unique;
	int64_t min_length, max_length; /* -1: none */
	const char *minimum, *maximum, *exclusive_minimum, *exclusive_maximum;
	const char *pattern; /* as written; a whole-value match */
	int has_enum;
	struct spec_strings enumeration;
	const char *json_schema; /* as text */

	int has_missing; /* the field's own missingValues, else the schema's */
	struct spec_strings missing; /* what applies to this field */

	/* nib */
	const char *element;
	struct spec_strings aliases;
	struct spec_strings codelists; /* a code may be in any of them */
	size_t codelist_prefix; /* codelist_find_prefix; 0: whole code only */
	/* Of codes with a first or last day: the field whose day counts. */
	const char *codelist_date; /* NULL: by role */
	/* Code lists of defaults: accepted as they are, counted apart. */
	struct spec_strings defaults;
	const char *check;             /* see check/check.h */
	enum spec_privacy privacy;
	const char *treatment;         /* NULL: none given */
	enum spec_role role;
	const char *applies;           /* expression */
	const char *unit;
	int scale;                     /* -1: none */
	const char *source;            /* found:KEY or memory */
	struct spec_strings clean;     /* cells read as missing besides missing */
};

struct spec_rule {
	const char *id;
	enum spec_severity severity;
	const char *dimension;  /* completeness, validity, ... */
	const char *expression; /* true or NULL: kept; false: broken */
	const char *message;
	/*
	 * What it needs beyond one record (spec_rule_kind). A group rule
	 * names expressions that make the group and its order; a reference
	 * rule a resource, this table's key to it, and the key's names there.
	 * See the man page.
	 */
	struct spec_strings within, order;
	const char *reference;
	struct spec_strings on, on_reference;
	double max_rate;  /* share of records that may break it; -1: none */
	const char *json_path;
};

enum spec_rule_kind { SPEC_RULE_RECORD, SPEC_RULE_GROUP, SPEC_RULE_REFERENCE };

struct spec_key { /* of fields, by index */
	size_t n;
	const size_t *fields;
};

struct spec_foreign_key {
	struct spec_strings fields;
	const char *resource; /* "": this one */
	struct spec_strings reference_fields;
};

struct spec_derived {
	const char *name, *expression, *description, *treatment;
	enum spec_type type;
};

struct spec_quality {
	const char *field;
	double default_threshold; /* 0..1; -1: no defaults exist */
};

enum spec_match { /* fieldsMatch */
	SPEC_MATCH_EXACT, SPEC_MATCH_EQUAL, SPEC_MATCH_SUBSET,
	SPEC_MATCH_SUPERSET, SPEC_MATCH_PARTIAL
};

struct spec {
	const char *path;    /* of the file */
	const char *name;    /* admitted_episode */
	const char *title, *description;
	const char *version; /* "1.0"; NULL */
	const char *review;
	size_t nfields;
	const struct spec_field *fields;
	enum spec_match match;
	struct spec_strings missing;
	struct spec_key primary;
	size_t nunique;
	const struct spec_key *unique_keys;
	size_t nforeign;
	const struct spec_foreign_key *foreign_keys;
	size_t nrules;
	const struct spec_rule *rules;
	size_t nderived;
	const struct spec_derived *derived;
	size_t nquality;
	const struct spec_quality *quality;
	struct spec_strings objections; /* national, type1 */
	struct spec_strings withhold;   /* code lists that withhold identity */
	/* The file as it was read, for digests in provenance. */
	const char *text;
	size_t text_size;
};

/* A name (admitted_episode, admitted_episode@1.2) or a path. */
struct spec *spec_open(const char *, struct fault *);
/* The same from memory; name is for messages. */
struct spec *spec_parse(const char *name, const char *, size_t,
    struct fault *);
void spec_close(struct spec *);

/*
 * Compiles every expression and every field of a specification as if all
 * its fields were present, and opens every code list it names. spec_open leaves this to
 * those who ask (--check-spec, tests), since it takes longer. After it, a
 * rule that does not compile against a header lacks a column there, and
 * is not applicable.
 */
int spec_check(const struct spec *, struct fault *);

const char *spec_type_name(enum spec_type);
const char *spec_role_name(enum spec_role);
/* What a field's cells are in an expression. */
enum expr_type spec_expr_type(const struct spec_field *);
enum spec_rule_kind spec_rule_kind(const struct spec_rule *);

/* By name, then by alias (exact case); -1: none. No search: a hash. */
long spec_field_index(const struct spec *, const char *);
/* The field of a role (no two fields have the same); -1: none. */
long spec_role_field(const struct spec *, enum spec_role);

/*
 * A specification held against a header. Every column is matched to a field
 * by name or alias; two columns for one field is a fault.
 */
struct spec_binding {
	size_t ncols;
	const long *field_of;  /* per column: field index, or -1: not described */
	size_t nfields;
	const long *column_of; /* per field: column, or -1: absent */
};

/* unknown_ok 0: a column that nobody described is a fault that names it. */
struct spec_binding *spec_bind(const struct spec *,
    const struct csv_header *, int unknown_ok, struct fault *);
void spec_binding_free(struct spec_binding *);

/*
 * The scope for expressions over records of a header: the specification's
 * fields that are present (and columns it does not know, as text), or,
 * with spec NULL, every column as untyped text. in_codelist works in both.
 * Borrows all; the codelists opened on the way live in it.
 */
struct spec_scope;
struct spec_scope *spec_scope_new(const struct spec *,
    const struct csv_header *, struct fault *);
/* As if the header were all its fields. */
struct spec_scope *spec_scope_all(const struct spec *, struct fault *);
const struct expr_scope *spec_scope_expr(const struct spec_scope *);
void spec_scope_free(struct spec_scope *);

#endif

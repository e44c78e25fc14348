/* Every function an expression may call. */
#include <string.h>

#include "expr/node.h"

#define MANY 100

/* Sorted by name. Kinds 0: whatever the arguments are. */
static const struct function functions[] = {
	{ "abs", FUNCTION_ABS, 1, 1, 'n', 0, 0 },
	{ "acos", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "age", FUNCTION_AGE, 2, 2, 'd', KIND_INT, 0 },
	{ "age_band", FUNCTION_AGE_BAND, 2, 2, 'a', KIND_TEXT, 0 },
	{ "asin", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "atan", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "atan2", FUNCTION_SQLITE, 2, 2, 'n', KIND_REAL, 0 },
	{ "ceil", FUNCTION_SQLITE, 1, 1, 'n', KIND_NUMBER, 0 },
	{ "ceiling", FUNCTION_SQLITE, 1, 1, 'n', KIND_NUMBER, 0 },
	{ "charlson", FUNCTION_SCORE, 1, MANY, 'a', 0, 0 },
	{ "coalesce", FUNCTION_COALESCE, 2, MANY, 'a', 0, 0 },
	{ "cos", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "date", FUNCTION_DATE, 1, MANY, 'a', KIND_TEXT, 1 },
	{ "datetime", FUNCTION_SQLITE, 1, MANY, 'a', KIND_TEXT, 1 },
	{ "days", FUNCTION_DAYS, 2, 2, 'd', KIND_INT, 0 },
	{ "degrees", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "elixhauser", FUNCTION_SCORE, 1, MANY, 'a', 0, 0 },
	{ "exp", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "fields", FUNCTION_FIELDS, 1, 1, 'a', 0, 0 },
	{ "financial_quarter", FUNCTION_FINANCIAL_QUARTER, 1, 1, 'd',
	    KIND_TEXT, 0 },
	{ "financial_year", FUNCTION_FINANCIAL_YEAR, 1, 1, 'd', KIND_TEXT,
	    0 },
	{ "floor", FUNCTION_SQLITE, 1, 1, 'n', KIND_NUMBER, 0 },
	{ "format", FUNCTION_SQLITE, 1, MANY, 'a', KIND_TEXT, 0 },
	{ "frailty", FUNCTION_SCORE, 1, MANY, 'a', 0, 0 },
	{ "has_condition", FUNCTION_SCORE, 3, MANY, 'a', 0, 0 },
	{ "hex", FUNCTION_SQLITE, 1, 1, 'a', KIND_TEXT, 0 },
	{ "ifnull", FUNCTION_COALESCE, 2, 2, 'a', 0, 0 },
	{ "iif", FUNCTION_IIF, 3, 3, 'a', 0, 0 },
	{ "in_codelist", FUNCTION_IN_CODELIST, 2, 2, 'a', KIND_INT, 0 },
	{ "instr", FUNCTION_SQLITE, 2, 2, 'a', KIND_INT, 0 },
	{ "json_array_length", FUNCTION_SQLITE, 1, 2, 'a', KIND_INT, 0 },
	{ "json_extract", FUNCTION_SQLITE, 2, MANY, 'a', KIND_ANY, 0 },
	{ "json_type", FUNCTION_SQLITE, 1, 2, 'a', KIND_TEXT, 0 },
	{ "json_valid", FUNCTION_SQLITE, 1, 1, 'a', KIND_INT, 0 },
	{ "julianday", FUNCTION_SQLITE, 1, MANY, 'a', KIND_REAL, 1 },
	{ "length", FUNCTION_LENGTH, 1, 1, 'a', KIND_INT, 0 },
	{ "ln", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "log", FUNCTION_SQLITE, 1, 2, 'n', KIND_REAL, 0 },
	{ "log10", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "log2", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "lower", FUNCTION_LOWER, 1, 1, 'a', KIND_TEXT, 0 },
	{ "ltrim", FUNCTION_SQLITE, 1, 2, 'a', KIND_TEXT, 0 },
	{ "max", FUNCTION_MAX, 2, MANY, 'c', 0, 0 },
	{ "min", FUNCTION_MIN, 2, MANY, 'c', 0, 0 },
	{ "mod", FUNCTION_SQLITE, 2, 2, 'n', KIND_REAL, 0 },
	{ "month", FUNCTION_MONTH, 1, 1, 'd', KIND_TEXT, 0 },
	{ "nhs_number_ok", FUNCTION_NHS_NUMBER_OK, 1, 1, 'a', KIND_INT, 0 },
	{ "nullif", FUNCTION_NULLIF, 2, 2, 'c', 0, 0 },
	{ "pi", FUNCTION_SQLITE, 0, 0, 'n', KIND_REAL, 0 },
	{ "pow", FUNCTION_SQLITE, 2, 2, 'n', KIND_REAL, 0 },
	{ "power", FUNCTION_SQLITE, 2, 2, 'n', KIND_REAL, 0 },
	{ "printf", FUNCTION_SQLITE, 1, MANY, 'a', KIND_TEXT, 0 },
	{ "quarter", FUNCTION_QUARTER, 1, 1, 'd', KIND_TEXT, 0 },
	{ "quote", FUNCTION_SQLITE, 1, 1, 'a', KIND_TEXT, 0 },
	{ "radians", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "replace", FUNCTION_SQLITE, 3, 3, 'a', KIND_TEXT, 0 },
	{ "round", FUNCTION_ROUND, 1, 2, 'n', KIND_REAL, 0 },
	{ "rtrim", FUNCTION_SQLITE, 1, 2, 'a', KIND_TEXT, 0 },
	{ "score", FUNCTION_SCORE, 2, MANY, 'a', 0, 0 },
	{ "sign", FUNCTION_SQLITE, 1, 1, 'n', KIND_INT, 0 },
	{ "sin", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "sqrt", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "strftime", FUNCTION_SQLITE, 2, MANY, 'a', KIND_TEXT, 1 },
	{ "substr", FUNCTION_SUBSTR, 2, 3, 'a', KIND_TEXT, 0 },
	{ "substring", FUNCTION_SUBSTR, 2, 3, 'a', KIND_TEXT, 0 },
	{ "tan", FUNCTION_SQLITE, 1, 1, 'n', KIND_REAL, 0 },
	{ "time", FUNCTION_SQLITE, 1, MANY, 'a', KIND_TEXT, 1 },
	{ "trim", FUNCTION_TRIM, 1, 2, 'a', KIND_TEXT, 0 },
	{ "trunc", FUNCTION_SQLITE, 1, 1, 'n', KIND_NUMBER, 0 },
	{ "typeof", FUNCTION_SQLITE, 1, 1, 'a', KIND_TEXT, 0 },
	{ "unicode", FUNCTION_SQLITE, 1, 1, 'a', KIND_INT, 0 },
	{ "unixepoch", FUNCTION_SQLITE, 1, MANY, 'a', KIND_INT, 1 },
	{ "upper", FUNCTION_UPPER, 1, 1, 'a', KIND_TEXT, 0 },
	{ "year", FUNCTION_YEAR, 1, 1, 'd', KIND_INT, 0 },
};

#define NFUNCTIONS (sizeof functions / sizeof functions[0])

const struct function *
function_at(size_t i)
{
	return i < NFUNCTIONS ? &functions[i] : NULL;
}

const struct function *
function_find(const char *name)
{
	size_t i, j;
	char low[32];

	for (j = 0; name[j] != '\0'; j++) {
		if (j + 1 == sizeof low)
			return NULL;
		low[j] = (char)(name[j] >= 'A' && name[j] <= 'Z' ?
		    name[j] + 32 : name[j]);
	}
	low[j] = '\0';
	for (i = 0; i < NFUNCTIONS; i++)
		if (strcmp(functions[i].name, low) == 0)
			return &functions[i];
	return NULL;
}

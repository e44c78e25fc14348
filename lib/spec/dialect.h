/*
 * dialect: a Table Dialect (Data Package Standard 2.0) file.
 *
 * Read here: delimiter, lineTerminator, quoteChar, doubleQuote, escapeChar,
 * nullSequence, skipInitialSpace, header, headerRows, headerJoin,
 * commentRows, commentChar. Properties of other kinds of table (sheets,
 * JSON, SQL) are refused, and so is what nobody knows.
 */
#ifndef NIB_SPEC_DIALECT_H
#define NIB_SPEC_DIALECT_H

#include "base/fault.h"
#include "csv/decode.h"

struct dialect {
	struct csv_decode decode;
	char delimiter; /* for the reader; ',' when decode rewrites */
	int header;     /* 0: the first record is data */
};

struct dialect *dialect_open(const char *path, struct fault *);
void dialect_close(struct dialect *);

#endif

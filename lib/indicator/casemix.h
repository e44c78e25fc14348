/*
 * casemix: what is expected of a record by a published model.
 *
 * A file of share/casemix, or a path: CSV with a row for each term of a
 * linear predictor, and the columns
 *
 *   term         a name, for people
 *   when         a condition on the record, true or false; empty: always
 *   value        a number from the record; empty: 1
 *   coefficient  by which it is multiplied; a term whose condition is not
 *                true adds nothing
 *
 * Of a logistic model the expected count is 1 / (1 + exp(-predictor)), of a
 * linear one the predictor itself. A record that lacks a value, or of which a
 * condition cannot be told, has none.
 */
#ifndef NIB_INDICATOR_CASEMIX_H
#define NIB_INDICATOR_CASEMIX_H

#include "base/fault.h"

/* The predictor as an expression over the record; yours to free. */
char *casemix_predictor(const char *name, struct fault *);

#endif

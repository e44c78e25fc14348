/*
 * outspec: the specification of what comes out of the gate.
 *
 * A treated field is not what its specification says any more: a date of
 * birth is an age band. This is the specification of the output: a field
 * that is kept stands as it was; one that became a token, a year, a month,
 * an age, a band or an area has the type of that and says so in its title;
 * one that is dropped is gone. Keys, rules over one record, derived fields and
 * items of quality stay where all that they read is still what it was (a key
 * may be of tokens). Every field's treatment is keep. Names do not
 * change, nor the dataset's, so that indicators of it find their fields.
 */
#ifndef NIB_PRIVACY_OUTSPEC_H
#define NIB_PRIVACY_OUTSPEC_H

#include "base/buf.h"
#include "base/fault.h"
#include "privacy/gate.h"

/*
 * Of the specification, overrides, withhold and encode of the options.
 * left_out (may be NULL) gets the names of derived fields and ids of rules
 * that are gone, with ", " between.
 */
int outspec_put(const struct gate_options *, struct buf *,
    struct buf *left_out, struct fault *);

#endif

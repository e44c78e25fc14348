/*
 * treat: what is done to a field at the gate, in one word of the
 * specification's language (nib.treatment) or of --treat.
 *
 *   keep                 as it is
 *   drop                 the column goes
 *   blank                the column stays, empty
 *   pseudonym(DOMAIN)    a keyed one-way token (privacy/pseudonym.h)
 *   reversible(DOMAIN)   a token that the key turns back (privacy/siv.h)
 *   escrow(DOMAIN)       a one-way token, and the value in the escrow file
 *   year month quarter   of a date: 2024, 2024-05, 2024-Q2
 *   age(EVENT)           a birth date: completed years at the date in EVENT
 *   age-band(EVENT,W)    the same in bands of W years: 75-79, and 90+ (the
 *                        first multiple of W not below 90) for all above
 *   postcode-district    SW1A of SW1A 1AA
 *   postcode-sector      SW1A 1
 *   blank-codes(LIST)    as it is, but empty when a code in it is on a list
 *                        (privacy/codes.h)
 *   truncate(N)          the first N characters
 *   band(W)              an integer or decimal: 20-29 for W = 10
 *   top(N) bottom(N)     a number beyond N becomes N
 *   date-shift           a date, moved by -182 to 182 days, the same for
 *   date-shift(D)        all of a person; by -D to D
 *
 * A missing cell becomes an empty one, whatever the treatment but keep.
 */
#ifndef NIB_PRIVACY_TREAT_H
#define NIB_PRIVACY_TREAT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"

enum treat_kind {
	TREAT_KEEP, TREAT_DROP, TREAT_BLANK, TREAT_PSEUDONYM,
	TREAT_REVERSIBLE, TREAT_ESCROW, TREAT_YEAR, TREAT_MONTH,
	TREAT_QUARTER, TREAT_AGE, TREAT_AGE_BAND, TREAT_DISTRICT,
	TREAT_SECTOR, TREAT_TRUNCATE, TREAT_BAND, TREAT_TOP, TREAT_BOTTOM,
	TREAT_DATE_SHIFT, TREAT_BLANK_CODES
};

#define TREAT_WORD_MAX 128
/* Date shifts are taken from the one-way hash of this domain. */
#define TREAT_SHIFT_DOMAIN "date-shift"

struct treat {
	enum treat_kind kind;
	char word[TREAT_WORD_MAX + 1]; /* domain, event's field, list */
	int64_t n;
};

/* -1 with a fault that names what is wrong, and the nearest right word. */
int treat_parse(const char *, struct treat *, struct fault *);
/* Its first word. */
const char *treat_name(enum treat_kind);

/*
 * A date's form: the default ISO 8601, or a pattern of %Y %m %d and other
 * characters that stand for themselves. 0, or -1 when the cell is not one.
 * A form with a time keeps it: *rest is what follows the date.
 */
struct treat_date {
	int32_t days;
	const char *rest;
	size_t nrest;
};
int treat_date_read(const char *form, const char *, size_t,
    struct treat_date *);
void treat_date_put(const char *form, int32_t days, const char *rest,
    size_t nrest, struct buf *);
/* NULL, "default", "any", or a pattern with all three and nothing else. */
int treat_date_form_ok(const char *form);

/*
 * A cell's treatment that needs nothing but the cell (year to bottom,
 * without the ages): 0, or -1 when the cell is not what it must be. form
 * is the field's date form. Appends at most the cell's length and 64 bytes.
 */
int treat_cell(const struct treat *, const char *form, const char *, size_t,
    struct buf *);
/* A number of completed years, or its band. */
void treat_age_put(const struct treat *, int64_t years, struct buf *);
/* Completed years; -1 when the event is before the birth. */
int treat_age(const struct treat *, int32_t birth, int32_t event,
    struct buf *);

#endif

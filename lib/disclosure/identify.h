/* identify: does a text identify a person? */
#ifndef NIB_DISCLOSURE_IDENTIFY_H
#define NIB_DISCLOSURE_IDENTIFY_H

/*
 * What it is, or NULL: a valid NHS number, a pseudonym of
 * nib-pseudonymise, a full postcode (with postcodes also one that is not
 * written as it should be).
 */
const char *disclosure_identifies(const char *, int postcodes);

#endif

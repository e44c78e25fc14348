/*
 * Room linkage: which records are about one person, and which episodes are
 * one stay.
 *
 * compare: how alike two values are. All take a byte for a character
 * (callers normalise first, linkage/normal.h, and what is not ASCII goes
 * through compare_letters), know nothing of missing values, allocate nothing
 * and run on any thread. Texts beyond COMPARE_MAX characters are compared by
 * their first COMPARE_MAX.
 */
#ifndef NIB_LINKAGE_COMPARE_H
#define NIB_LINKAGE_COMPARE_H

#include <stddef.h>
#include <stdint.h>

#define COMPARE_MAX 128

/*
 * Two texts of UTF-8, of up to 255 bytes, with a byte for each character:
 * equal ones where the characters are. How many of a, and in *m of b.
 */
size_t compare_letters(const char *a, size_t n, const char *b, size_t *m,
    char to_a[255], char to_b[255]);
int compare_is_ascii(const char *, size_t);
/* So many of the first bytes are no more than so many characters. */
size_t compare_cut(const char *, size_t, size_t characters);

/*
 * A similarity is at least so much, where both may be off by the rounding of
 * doubles: 1 - 4/5 is 0.2.
 */
static inline int
compare_at_least(double similarity, double least)
{
	return similarity >= least - 1e-13;
}

/*
 * Jaro similarity, 0..1. Characters match when they are equal and no more
 * than max(n, m) / 2 - 1 apart (at least 0); transpositions are half the
 * matched characters out of order, rounded down. Two empty texts: 1.
 * Jaro (1989), J. Am. Stat. Assoc. 84(406), 414-420.
 */
double compare_jaro(const char *, size_t, const char *, size_t);

/*
 * Jaro-Winkler: above 0.7, Jaro is raised by 0.1 of what is missing to 1
 * for each character of a common prefix of up to four. No adjustment for
 * long texts or similar characters. Winkler (1990), Proc. Section on Survey
 * Research Methods, ASA, 354-359.
 */
double compare_jaro_winkler(const char *, size_t, const char *, size_t);

/* Edits of one character: insert, delete, replace. */
unsigned compare_levenshtein(const char *, size_t, const char *, size_t);
/*
 * The same and swaps of neighbours, no part edited twice (optimal string
 * alignment, the restricted Damerau-Levenshtein distance).
 */
unsigned compare_damerau(const char *, size_t, const char *, size_t);

/* Is compare_damerau at most limit? At once for a limit of 0 or 1. */
int compare_damerau_within(const char *, size_t, const char *, size_t,
    unsigned limit);

/*
 * American Soundex as of the US National Archives: H and W do not separate
 * letters of one code. Four characters, no NUL; other bytes than letters
 * are skipped. -1 if there is no letter.
 */
int compare_soundex(const char *, size_t, char to[4]);

/* Dates are days since 1970-01-01 (base/date.h). */
unsigned compare_date_parts(int32_t, int32_t); /* equal of year, month, day */
/* Same year, day and month exchanged; not when both are equal. */
int compare_date_swapped(int32_t, int32_t);
/* Same day and month; the year has one digit off or two neighbours swapped. */
int compare_date_year_slip(int32_t, int32_t);
/*
 * Partial agreement as the HES patient id allows: two parts of three equal,
 * or day and month swapped, or a slip in the year. Equal dates agree.
 */
int compare_date_partial(int32_t, int32_t);

/*
 * The length of a part of a canonical postcode of eight characters
 * (outward padded to five, inward three): "AB1   2CD".
 */
enum compare_postcode { COMPARE_AREA, COMPARE_DISTRICT, COMPARE_SECTOR };
size_t compare_postcode_part(const char pc[8], enum compare_postcode);

#endif

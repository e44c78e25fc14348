/*
 * Room check: identifiers and codes of the field.
 *
 * Each check looks at a whole cell: bytes, exact case, no blanks around it,
 * and an empty cell fails. It says whether the text has the form that the
 * code's owner prescribes, its check digit included; whether the code was
 * ever issued only a code list or a reference table can say. Any thread.
 * Rules and where they were found: man/nib-dataset.5, CHECKS.
 */
#ifndef NIB_CHECK_CHECK_H
#define NIB_CHECK_CHECK_H

#include <stddef.h>

enum check_kind {
	CHECK_NHS_NUMBER,    /* ten digits, modulus 11 */
	CHECK_SCTID,         /* SNOMED CT identifier of any kind */
	CHECK_SCTID_CONCEPT, /* the same, a concept */
	CHECK_POSTCODE,      /* one blank inside, or the 8-character form */
	CHECK_ICD10_NHS,     /* an4 to an6, no dot */
	CHECK_ICD10_DOTTED,
	CHECK_OPCS4,         /* an4, no dot */
	CHECK_OPCS4_DOTTED,
	CHECK_CONSULTANT,
	CHECK_GMC_NUMBER,
	CHECK_GP_PRACTICE,
	CHECK_GP_CODE,
	CHECK_TRUST,
	CHECK_TRUST_SITE,
	CHECK_ODS_ANY,
	CHECK_ANANA,         /* ODS codes of the newer form, such as A3A8R */
	CHECK_ICB,
	CHECK_LSOA,
	CHECK_LAD,
	CHECK_HRG,
	CHECK_GTIN,          /* GS1: 8, 12, 13 or 14 digits */
	CHECK_GSRN,          /* GS1: 18 digits */
	CHECK_GS1,           /* either */
	CHECK_COUNT
};

/* The kind of a name ("nhs_number"), or -1. */
int check_find(const char *name);
/* Its name, and what a cell that fails is: "not a valid NHS number (...)". */
const char *check_name(enum check_kind);
const char *check_what(enum check_kind);
/* All names in the order of the kinds, NULL at the end. */
const char *const *check_names(void);

/* 1: passes, 0: does not. */
int check_ok(enum check_kind, const char *, size_t);

/*
 * Ten digits d0..d9 where 11 - (10 d0 + 9 d1 + ... + 2 d8) mod 11 is d9,
 * 11 read as 0, 10 never valid; ten equal digits are refused though some
 * pass the sum (NHS Data Dictionary, NHS NUMBER).
 */
int check_nhs_number(const char *, size_t);

/*
 * 6 to 18 digits, no leading zero, Verhoeff check digit, and a partition
 * identifier (third and second digit from the end) of a concept, a
 * description or a relationship, of the core or of an extension, the
 * latter at least 11 digits long (SNOMED CT Technical Implementation
 * Guide).
 */
enum check_sctid_part {
	CHECK_SCTID_BAD, CHECK_SCTID_IS_CONCEPT, CHECK_SCTID_IS_DESCRIPTION,
	CHECK_SCTID_IS_RELATIONSHIP
};
enum check_sctid_part check_sctid(const char *, size_t);

int check_postcode(const char *, size_t);
int check_icd10_nhs(const char *, size_t);
int check_opcs4(const char *, size_t);
/* Digits alone, weights 3 and 1 from the right (GS1 General Specs 7.9). */
int check_gs1_digits(const char *, size_t);

/*
 * CANONICAL FORMS. 0, or -1 when the text is not one, however written.
 *
 *   nhs_number  blanks and hyphens dropped: ten digits
 *   postcode    upper case, blanks as they come: eight characters, the
 *               outward part padded to five, the inward part at the sixth
 *   icd10       without dot: an4, or an6 when it has a dagger (D) or an
 *               asterisk (A): I21.9 -> I219, I10 -> I10X, G01* -> G01X-A;
 *               a fifth character stays. *length is that of it.
 *   opcs4       without dot: an4; the local fifth character is dropped
 */
int check_canonical_nhs_number(const char *, size_t, char to[10]);
int check_canonical_postcode(const char *, size_t, char to[8]);
int check_canonical_icd10(const char *, size_t, char to[6],
    size_t *length);
int check_canonical_opcs4(const char *, size_t, char to[4]);

#endif

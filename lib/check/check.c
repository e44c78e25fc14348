/* Identifiers and codes of the field, by form and check digit. */
#include "check/check.h"

#include <stdint.h>
#include <string.h>

#include "base/eight.h"

/* Classes of a byte; a template is a string of them. */
enum {
	DIGIT = 1,
	UPPER = 2,
	ALNUM = DIGIT | UPPER,
	INWARD = 4, /* letters of a postcode's inward part */
	OPCS = 8    /* chapters of OPCS-4: no I */
};

#define U (UPPER | INWARD | OPCS)
#define X (UPPER | OPCS) /* C K M O V: never inward */
static const unsigned char class_of[256] = {
	['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT,
	['4'] = DIGIT, ['5'] = DIGIT, ['6'] = DIGIT, ['7'] = DIGIT,
	['8'] = DIGIT, ['9'] = DIGIT,
	['A'] = U, ['B'] = U, ['C'] = X, ['D'] = U, ['E'] = U, ['F'] = U,
	['G'] = U, ['H'] = U, ['I'] = UPPER, ['J'] = U, ['K'] = X,
	['L'] = U, ['M'] = X, ['N'] = U, ['O'] = X, ['P'] = U, ['Q'] = U,
	['R'] = U, ['S'] = U, ['T'] = U, ['U'] = U, ['V'] = X, ['W'] = U,
	['X'] = U, ['Y'] = U, ['Z'] = U
};
#undef U
#undef X

static inline int
is(char c, int class)
{
	return (class_of[(unsigned char)c] & class) != 0;
}

static inline int
all(const char *p, size_t n, int class)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!is(p[i], class))
			return 0;
	}
	return 1;
}

/* Four bytes, in any order of their own. */
static inline uint64_t
load4(const char *s)
{
	uint32_t v;

	memcpy(&v, s, sizeof v);
	return v;
}

/* Four to eight digits, by their first and last four. */
static inline int
digits(const char *p, size_t n)
{
	return eight_digits((load4(p) | load4(p + n - 4) << 32) ^
	    EIGHT_ZEROS);
}

int
check_nhs_number(const char *p, size_t n)
{
	const uint64_t lanes = 0x00ff00ff00ff00ffULL;
	unsigned eighth, ninth, sum;
	uint64_t x;

	if (n != 10)
		return 0;
	x = eight_load(p) ^ EIGHT_ZEROS;
	eighth = (unsigned)(unsigned char)p[8] ^ 0x30;
	ninth = (unsigned)(unsigned char)p[9] ^ 0x30;
	if (!eight_digits(x) || eighth > 9 || ninth > 9)
		return 0;
	/* Four products summed in the top lane of each multiplication. */
	sum = (unsigned)(((x & lanes) * 0x000a000800060004ULL) >> 48) +
	    (unsigned)(((x >> 8 & lanes) * 0x0009000700050003ULL) >> 48) +
	    eighth * 2 + ninth;
	if (sum % 11 != 0)
		return 0;
	return x != (x & 0xff) * 0x0101010101010101ULL ||
	    eighth != (x & 0xff) || ninth != eighth;
}

/* Verhoeff (1969): products of the dihedral group D5, and permutations. */
static const unsigned char d5[10][10] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 },
	{ 1, 2, 3, 4, 0, 6, 7, 8, 9, 5 },
	{ 2, 3, 4, 0, 1, 7, 8, 9, 5, 6 },
	{ 3, 4, 0, 1, 2, 8, 9, 5, 6, 7 },
	{ 4, 0, 1, 2, 3, 9, 5, 6, 7, 8 },
	{ 5, 9, 8, 7, 6, 0, 4, 3, 2, 1 },
	{ 6, 5, 9, 8, 7, 1, 0, 4, 3, 2 },
	{ 7, 6, 5, 9, 8, 2, 1, 0, 4, 3 },
	{ 8, 7, 6, 5, 9, 3, 2, 1, 0, 4 },
	{ 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 }
};
static const unsigned char turn[8][10] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 },
	{ 1, 5, 7, 6, 2, 8, 3, 0, 9, 4 },
	{ 5, 8, 0, 3, 7, 9, 6, 1, 4, 2 },
	{ 8, 9, 1, 6, 0, 4, 3, 5, 2, 7 },
	{ 9, 4, 5, 3, 1, 2, 6, 8, 7, 0 },
	{ 4, 2, 8, 6, 5, 7, 3, 9, 0, 1 },
	{ 2, 7, 9, 3, 8, 0, 6, 4, 1, 5 },
	{ 7, 0, 4, 6, 9, 1, 3, 2, 5, 8 }
};

enum check_sctid_part
check_sctid(const char *p, size_t n)
{
	unsigned state = 0;
	size_t i;

	if (n < 6 || n > 18 || p[0] == '0' || !all(p, n, DIGIT))
		return CHECK_SCTID_BAD;
	for (i = 0; i < n; i++)
		state = d5[state][turn[i % 8][p[n - 1 - i] - '0']];
	if (state != 0)
		return CHECK_SCTID_BAD;
	/* 0x: core; 1x: extension, with a seven-digit namespace. */
	if (p[n - 3] != '0' && (p[n - 3] != '1' || n < 11))
		return CHECK_SCTID_BAD;
	switch (p[n - 2]) {
	case '0':
		return CHECK_SCTID_IS_CONCEPT;
	case '1':
		return CHECK_SCTID_IS_DESCRIPTION;
	case '2':
		return CHECK_SCTID_IS_RELATIONSHIP;
	default:
		return CHECK_SCTID_BAD;
	}
}

/* [A-Z]{1,2}[0-9][A-Z0-9]? */
static int
outward(const char *p, size_t n)
{
	size_t letters = n > 1 && is(p[1], UPPER) ? 2 : 1;

	if (n < 2 || !is(p[0], UPPER) || n < letters + 1 || n > letters + 2)
		return 0;
	return is(p[letters], DIGIT) &&
	    (n == letters + 1 || is(p[letters + 1], ALNUM));
}

int
check_postcode(const char *p, size_t n)
{
	size_t out = n - 4;

	if (n < 6 || n > 8 || p[n - 4] != ' ')
		return 0;
	if (n == 7 && memcmp(p, "GIR 0AA", 7) == 0)
		return 1;
	if (n == 8) { /* the padded form: blanks up to the inward part */
		while (out > 2 && p[out - 1] == ' ')
			out--;
		if (memcmp(p, "ZZ99 ", 5) == 0)
			return is(p[5], DIGIT) && is(p[6], UPPER) &&
			    p[7] == 'Z';
		if (memcmp(p, "GIR  0AA", 8) == 0)
			return 1;
	}
	return outward(p, out) && is(p[n - 3], DIGIT) &&
	    is(p[n - 2], INWARD) && is(p[n - 1], INWARD);
}

int
check_icd10_nhs(const char *p, size_t n)
{
	if (n < 4 || n > 6 || !is(p[0], UPPER) || !all(p + 1, 2, DIGIT) ||
	    !(is(p[3], DIGIT) || p[3] == 'X'))
		return 0;
	return (n < 5 || is(p[4], DIGIT) || p[4] == '-') &&
	    (n < 6 || p[5] == 'A' || p[5] == 'D');
}

/* The length of a dagger, plus or asterisk at the end: 0, 1, or 3 in UTF-8. */
static size_t
icd10_mark(const char *p, size_t n)
{
	if (n > 0 && (p[n - 1] == '*' || p[n - 1] == '+'))
		return 1;
	if (n > 2 && memcmp(p + n - 3, "\xe2\x80\xa0", 3) == 0)
		return 3;
	return 0;
}

static int
icd10_dotted(const char *p, size_t n)
{
	n -= icd10_mark(p, n);
	if (n < 3 || !is(p[0], UPPER) || !all(p + 1, 2, DIGIT))
		return 0;
	return n == 3 || (n <= 6 && n >= 5 && p[3] == '.' &&
	    all(p + 4, n - 4, DIGIT));
}

int
check_opcs4(const char *p, size_t n)
{
	return n == 4 && is(p[0], OPCS) && all(p + 1, 3, DIGIT);
}

static int
opcs4_dotted(const char *p, size_t n)
{
	return n == 5 && is(p[0], OPCS) && all(p + 1, 2, DIGIT) &&
	    p[3] == '.' && is(p[4], DIGIT);
}

static int
consultant(const char *p, size_t n)
{
	if (n != 8 || !digits(p + 2, 6))
		return 0;
	if (p[0] == 'C')
		return p[1] == 'D' || is(p[1], DIGIT);
	return (p[0] == 'D' || p[0] == 'H' || p[0] == 'M' || p[0] == 'N') &&
	    is(p[1], DIGIT);
}

/* An NHS trust, or a care trust. */
static int
trust(char c)
{
	return c == 'R' || c == 'T';
}

int
check_gs1_digits(const char *p, size_t n)
{
	unsigned sum = 0;
	size_t i;

	if (n < 2 || !all(p, n, DIGIT))
		return 0;
	for (i = 0; i < n; i++)
		sum += (unsigned)(p[n - 1 - i] - '0') * (i % 2 == 1 ? 3 : 1);
	return sum % 10 == 0;
}

static int
gtin(const char *p, size_t n)
{
	return (n == 8 || (n >= 12 && n <= 14)) && check_gs1_digits(p, n);
}

static const char *const names[CHECK_COUNT + 1] = {
	"nhs_number", "sctid", "sctid_concept", "postcode", "icd10_nhs",
	"icd10_dotted", "opcs4", "opcs4_dotted", "consultant", "gmc_number",
	"gp_practice", "gp_code", "trust", "trust_site", "ods_any", "anana",
	"icb", "lsoa", "lad", "hrg", "gtin", "gsrn", "gs1", NULL
};

static const char *const whats[CHECK_COUNT] = {
	"not a valid NHS number (10 digits, modulus 11)",
	"not a valid SNOMED CT identifier (partition, check digit)",
	"not a valid SNOMED CT concept identifier (partition, check digit)",
	"not a valid postcode",
	"not an ICD-10 code in NHS form (an4 to an6, no dot)",
	"not an ICD-10 code with dot",
	"not an OPCS-4 code (an4, no dot)",
	"not an OPCS-4 code with dot",
	"not a consultant code",
	"not a GMC reference number (7 digits)",
	"not a GP practice code",
	"not a GP code",
	"not an NHS trust code",
	"not an NHS trust site code",
	"not an ODS code (1 to 9 capital letters and digits)",
	"not an ODS code of the form ANANA",
	"not an integrated care board code",
	"not a lower layer super output area code",
	"not a local authority district code",
	"not an HRG4+ code",
	"not a valid GTIN (length, check digit)",
	"not a valid GSRN (18 digits, check digit)",
	"not a valid GS1 number (length, check digit)"
};

int
check_find(const char *name)
{
	int i;

	for (i = 0; names[i] != NULL; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

const char *
check_name(enum check_kind kind)
{
	return names[kind];
}

const char *
check_what(enum check_kind kind)
{
	return whats[kind];
}

const char *const *
check_names(void)
{
	return names;
}

int
check_ok(enum check_kind kind, const char *p, size_t n)
{
	switch (kind) {
	case CHECK_NHS_NUMBER:
		return check_nhs_number(p, n);
	case CHECK_SCTID:
		return check_sctid(p, n) != CHECK_SCTID_BAD;
	case CHECK_SCTID_CONCEPT:
		return check_sctid(p, n) == CHECK_SCTID_IS_CONCEPT;
	case CHECK_POSTCODE:
		return check_postcode(p, n);
	case CHECK_ICD10_NHS:
		return check_icd10_nhs(p, n);
	case CHECK_ICD10_DOTTED:
		return icd10_dotted(p, n);
	case CHECK_OPCS4:
		return check_opcs4(p, n);
	case CHECK_OPCS4_DOTTED:
		return opcs4_dotted(p, n);
	case CHECK_CONSULTANT:
		return consultant(p, n);
	case CHECK_GMC_NUMBER:
		return n == 7 && digits(p, 7);
	case CHECK_GP_PRACTICE:
		return n == 6 && is(p[0], UPPER) && digits(p + 1, 5);
	case CHECK_GP_CODE:
		return n == 8 && p[0] == 'G' && digits(p + 1, 7);
	case CHECK_TRUST:
		return n == 3 && trust(p[0]) && all(p + 1, 2, ALNUM);
	case CHECK_TRUST_SITE:
		return n == 5 && trust(p[0]) && all(p + 1, 4, ALNUM);
	case CHECK_ODS_ANY:
		return n >= 1 && n <= 9 && all(p, n, ALNUM);
	case CHECK_ANANA:
		return n == 5 && is(p[0], UPPER) && is(p[1], DIGIT) &&
		    is(p[2], UPPER) && is(p[3], DIGIT) && is(p[4], UPPER);
	case CHECK_ICB:
		return n == 3 && p[0] == 'Q' && all(p + 1, 2, ALNUM);
	case CHECK_LSOA:
		return n == 9 && (p[0] == 'E' || p[0] == 'W') &&
		    p[1] == '0' && p[2] == '1' && digits(p + 3, 6);
	case CHECK_LAD:
		return n == 9 && p[0] == 'E' && p[1] == '0' && p[2] >= '6' &&
		    p[2] <= '9' && digits(p + 3, 6);
	case CHECK_HRG:
		return n == 5 && is(p[0], UPPER) && is(p[1], UPPER) &&
		    is(p[2], DIGIT) && is(p[3], DIGIT) && is(p[4], UPPER);
	case CHECK_GTIN:
		return gtin(p, n);
	case CHECK_GSRN:
		return n == 18 && check_gs1_digits(p, n);
	case CHECK_GS1:
		return gtin(p, n) || (n == 18 && check_gs1_digits(p, n));
	case CHECK_COUNT:
		break;
	}
	return 0;
}

int
check_canonical_nhs_number(const char *p, size_t n, char to[10])
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (p[i] == ' ' || p[i] == '-')
			continue;
		if (k == 10)
			return -1;
		to[k++] = p[i];
	}
	return k == 10 && check_nhs_number(to, 10) ? 0 : -1;
}

int
check_canonical_postcode(const char *p, size_t n, char to[8])
{
	char tight[7];
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (p[i] == ' ')
			continue;
		if (k == sizeof tight)
			return -1;
		tight[k++] = (char)(p[i] >= 'a' && p[i] <= 'z' ?
		    p[i] - 'a' + 'A' : p[i]);
	}
	if (k < 5)
		return -1;
	memset(to, ' ', 8);
	memcpy(to, tight, k - 3);
	memcpy(to + 5, tight + k - 3, 3);
	return check_postcode(to, 8) ? 0 : -1;
}

int
check_canonical_icd10(const char *p, size_t n, char to[6], size_t *length)
{
	char flag = '\0';
	size_t i, k = 0, mark = icd10_mark(p, n);

	if (mark > 0) {
		flag = p[n - 1] == '*' ? 'A' : 'D';
		n -= mark;
	}
	for (i = 0; i < n; i++) {
		if (p[i] == '.' && i == 3)
			continue;
		if (k == 6)
			return -1;
		to[k++] = (char)(p[i] >= 'a' && p[i] <= 'z' ?
		    p[i] - 'a' + 'A' : p[i]);
	}
	if (k == 3)
		to[k++] = 'X';
	if (flag != '\0') {
		if (k > 5)
			return -1;
		if (k == 4)
			to[k++] = '-';
		to[k++] = flag;
	}
	/* A filler that says nothing: the fifth place not used, no flag. */
	if (k == 5 && to[4] == '-')
		k--;
	*length = k;
	return check_icd10_nhs(to, k) ? 0 : -1;
}

int
check_canonical_opcs4(const char *p, size_t n, char to[4])
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (p[i] == '.' && i == 3)
			continue;
		if (k == 4) /* one local character may follow */
			return i == n - 1 && is(p[i], ALNUM) &&
			    check_opcs4(to, 4) ? 0 : -1;
		to[k++] = (char)(p[i] >= 'a' && p[i] <= 'z' ?
		    p[i] - 'a' + 'A' : p[i]);
	}
	return k == 4 && check_opcs4(to, 4) ? 0 : -1;
}

/* Does a text identify a person? */
#include "disclosure/identify.h"

#include <string.h>

#include "check/check.h"
#include "privacy/pseudonym.h"

static int
is_token(const char *s)
{
	return strlen(s) == PSEUDONYM_BYTES && s[0] == 'p' && s[1] == '1' &&
	    strspn(s + 2, "abcdefghijklmnopqrstuvwxyz234567") ==
	    PSEUDONYM_BYTES - 2;
}

const char *
disclosure_identifies(const char *s, int postcodes)
{
	size_t n = strlen(s);
	char ten[10], eight[8];

	if (check_canonical_nhs_number(s, n, ten) == 0)
		return "a valid NHS number";
	if (is_token(s))
		return "a pseudonym";
	if (check_postcode(s, n) ||
	    (postcodes && check_canonical_postcode(s, n, eight) == 0))
		return "a full postcode";
	return NULL;
}

/* The formats of strings: addresses, URIs, UUIDs, base64. */
#include "spec/types_form.h"

/* addr-spec of RFC 5322 without quoted strings, comments and literals. */
int
type_email_ok(const char *p, size_t n)
{
	const char *end = p + n, *at = memchr(p, '@', n), *q;

	if (at == NULL || at == p || at - p > 64 || n > 254)
		return 0;
	for (q = p; q < at; q++) {
		if (*q == '.') {
			if (q == p || q[1] == '.' || q + 1 == at)
				return 0;
		} else if (!letter(*q) && !digit(*q) &&
		    (unsigned char)*q < 0x80 &&
		    (*q == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", *q) == NULL)) {
			return 0;
		}
	}
	if (++at == end)
		return 0;
	for (q = at; q < end; q++) {
		if (*q == '.' || *q == '-') {
			if (q == at || q + 1 == end || q[-1] == '.' ||
			    (*q == '.' && q[-1] == '-'))
				return 0;
		} else if (!letter(*q) && !digit(*q) &&
		    (unsigned char)*q < 0x80) {
			return 0;
		}
	}
	return 1;
}

/* RFC 3986: a scheme, a colon, and characters that may stand in a URI. */
int
type_uri_ok(const char *p, size_t n)
{
	const char *end = p + n, *q;

	if (n == 0 || !letter(*p))
		return 0;
	for (q = p; q < end && *q != ':'; q++)
		if (!letter(*q) && !digit(*q) && *q != '+' && *q != '-' &&
		    *q != '.')
			return 0;
	if (q == end || ++q == end)
		return 0;
	for (; q < end; q++) {
		if (letter(*q) || digit(*q) || (*q != '\0' &&
		    strchr("-._~:/?#[]@!$&'()*+,;=", *q) != NULL))
			continue;
		if (*q != '%' || end - q < 3)
			return 0;
		if (!digit(q[1]) && (lower(q[1]) < 'a' || lower(q[1]) > 'f'))
			return 0;
		if (!digit(q[2]) && (lower(q[2]) < 'a' || lower(q[2]) > 'f'))
			return 0;
		q += 2;
	}
	return 1;
}

int
type_uuid_ok(const char *p, size_t n)
{
	size_t i;

	if (n != 36)
		return 0;
	for (i = 0; i < n; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (p[i] != '-')
				return 0;
		} else if (!digit(p[i]) &&
		    (lower(p[i]) < 'a' || lower(p[i]) > 'f')) {
			return 0;
		}
	}
	return 1;
}

int
type_base64_ok(const char *p, size_t n)
{
	size_t i, pad = 0;

	if (n % 4 != 0)
		return 0;
	if (n > 0 && p[n - 1] == '=')
		pad = p[n - 2] == '=' ? 2 : 1;
	for (i = 0; i < n - pad; i++)
		if (!letter(p[i]) && !digit(p[i]) && p[i] != '+' &&
		    p[i] != '/')
			return 0;
	return 1;
}

/* Helpers for reading matching files: members of JSON objects. */
#include "base/nearest.h"
#include "linkage/matching_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


#define MAX_LIST ((size_t)100000)

/* at: the JSON path. */
int
matching_bad(struct matching_reading *r, const char *at, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return fault_at(r->f, r->path, 0, "%s: %s", at, what);
}

/* A JSON path one step longer; lives as long as the matching. */
const char *
matching_under(struct matching_reading *r, const char *at, const char *key)
{
	char to[300];

	(void)snprintf(to, sizeof to, "%s%s%.80s", at, at[0] ? "." : "", key);
	return arena_string(&r->w->arena, to);
}

const char *
matching_item(struct matching_reading *r, const char *at, size_t i)
{
	char to[300];

	(void)snprintf(to, sizeof to, "%.250s[%zu]", at, i);
	return arena_string(&r->w->arena, to);
}

/* Every member must be one of names. */
int
matching_only(struct matching_reading *r, json_t *o, const char *at,
    const char *const *names)
{
	char hint[NEAREST_HINT];
	const char *key;
	json_t *v;
	size_t i;

	if (!json_is_object(o))
		return matching_bad(r, at, "must be an object");
	json_object_foreach(o, key, v)
	{
		for (i = 0; names[i] != NULL; i++)
			if (strcmp(names[i], key) == 0)
				break;
		if (names[i] != NULL)
			continue;
		return matching_bad(r, matching_under(r, at, key),
		    "unknown member%s", nearest_hint(key, names, NEAREST_ALL,
		    hint));
	}
	return 0;
}

/* 0: absent, 1: there. */
int
matching_text(struct matching_reading *r, json_t *o, const char *at,
    const char *key, const char **to)
{
	json_t *v = json_object_get(o, key);

	if (v == NULL)
		return 0;
	if (!json_is_string(v) || json_string_length(v) == 0 ||
	    strlen(json_string_value(v)) != json_string_length(v))
		return matching_bad(
		    r, matching_under(r, at, key), "must be a text");
	*to = arena_string(&r->w->arena, json_string_value(v));
	return 1;
}

int
matching_truth(struct matching_reading *r, json_t *o, const char *at,
    const char *key, int *to)
{
	json_t *v = json_object_get(o, key);

	if (v == NULL)
		return 0;
	if (!json_is_boolean(v))
		return matching_bad(
		    r, matching_under(r, at, key), "must be true or false");
	*to = json_is_true(v);
	return 1;
}

int
matching_number(struct matching_reading *r, json_t *o, const char *at,
    const char *key, double min, double max, double *to)
{
	json_t *v = json_object_get(o, key);
	double x;

	if (v == NULL)
		return 0;
	if (!json_is_number(v))
		return matching_bad(
		    r, matching_under(r, at, key), "must be a number");
	x = json_number_value(v);
	if (!(x >= min && x <= max))
		return matching_bad(r, matching_under(r, at, key),
		    "must be from %g to %g", min, max);
	*to = x;
	return 1;
}

int
matching_strings_read(struct matching_reading *r, json_t *o, const char *at,
    const char *key, struct matching_strings *to)
{
	json_t *v = json_object_get(o, key), *e;
	const char **list;
	size_t i, n;

	if (v == NULL)
		return 0;
	at = matching_under(r, at, key);
	if (!json_is_array(v) || (n = json_array_size(v)) == 0 || n > MAX_LIST)
		return matching_bad(r, at, "must be a list of texts");
	list = arena_alloc(&r->w->arena, n * sizeof *list);
	for (i = 0; i < n; i++) {
		e = json_array_get(v, i);
		if (!json_is_string(e) || json_string_length(e) == 0)
			return matching_bad(
			    r, matching_item(r, at, i), "must be a text");
		list[i] = arena_string(&r->w->arena, json_string_value(e));
	}
	to->n = n;
	to->v = list;
	return 1;
}

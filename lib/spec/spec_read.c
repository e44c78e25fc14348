/* Members of a specification's objects, read one by one. */
#include "base/nearest.h"
#include "spec/spec_read.h"

#include <string.h>


int
spec_get_string(const struct doc_at *at, const char *key, struct arena *a,
    const char **to, struct fault *f)
{
	struct doc_at m;

	return doc_member(at, key, &m) ? doc_string(&m, 0, a, to, f) : 0;
}

int
spec_get_strings(const struct doc_at *at, const char *key, int one_ok,
    struct arena *a, struct spec_strings *to, struct fault *f)
{
	struct doc_at m;

	return doc_member(at, key, &m) ?
	    doc_strings(&m, one_ok, a, &to->n, &to->v, f) : 0;
}

int
spec_get_bool(
    const struct doc_at *at, const char *key, int *to, struct fault *f)
{
	struct doc_at m;

	return doc_member(at, key, &m) ? doc_bool(&m, to, f) : 0;
}

/* One of names; the index in *to. */
int
spec_word_of(const struct doc_at *m, const char *const *names, int *to,
    struct arena *a, struct fault *f)
{
	char hint[NEAREST_HINT];
	const char *s;
	int i;

	if (doc_string(m, 0, a, &s, f) == -1)
		return -1;
	for (i = 0; names[i] != NULL; i++) {
		if (strcmp(names[i], s) == 0) {
			*to = i;
			return 0;
		}
	}
	return doc_fault(m, f, "%.40s is not known%s", s,
	    nearest_hint(s, names, NEAREST_ALL, hint));
}

int
spec_get_word(const struct doc_at *at, const char *key,
    const char *const *names, int *to, struct arena *a, struct fault *f)
{
	struct doc_at m;

	return doc_member(at, key, &m) ? spec_word_of(&m, names, to, a, f) : 0;
}

/* An array of values, or of objects with a value (and a label). */
int
spec_get_values(const struct doc_at *at, const char *key, struct arena *a,
    struct spec_strings *to, struct fault *f)
{
	struct doc_at m, each, value;
	const char **v;
	size_t i;

	if (!doc_member(at, key, &m))
		return 0;
	if (doc_want(&m, '[', f) == -1)
		return -1;
	to->n = doc_count(&m);
	v = arena_alloc(a, (to->n + 1) * sizeof *v);
	for (i = 0; i < to->n; i++) {
		(void)doc_element(&m, i, &each);
		if (doc_is_object(&each)) {
			if (!doc_member(&each, "value", &value))
				return doc_fault(&each, f, "has no value");
			if (doc_scalar(&value, a, &v[i], f) == -1)
				return -1;
		} else if (doc_scalar(&each, a, &v[i], f) == -1) {
			return -1;
		}
	}
	v[to->n] = NULL;
	to->v = v;
	return 0;
}

int
spec_need_string(const struct doc_at *at, const char *key, struct arena *a,
    const char **to, struct fault *f)
{
	struct doc_at m;

	if (!doc_member(at, key, &m))
		return doc_fault(at, f, "has no %s", key);
	return doc_string(&m, 0, a, to, f);
}

int
spec_is_name(const char *s)
{
	return s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-.")] == '\0';
}

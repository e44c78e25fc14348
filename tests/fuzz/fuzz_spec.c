/*
 * Fuzz the specification: any bytes are a specification or refused with a
 * reason; what is one can be checked, bound and compiled.
 */
#include <stdint.h>
#include <stdlib.h>

#include "spec/spec.h"
#include "spec/wide.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fault f = FAULT_NONE;
	struct spec_scope *all;
	struct wide *w;
	struct spec *s;
	size_t i;

	s = spec_parse("fuzz.json", (const char *)data, n, &f);
	if ((s == NULL) != (f.set != 0))
		abort();
	if (s == NULL)
		return 0;
	if ((spec_check(s, &f) == -1) != (f.set != 0))
		abort();
	if (!f.set) {
		/* What passes its check compiles against a full header. */
		if ((all = spec_scope_all(s, &f)) == NULL ||
		    (w = wide_new(s, spec_scope_expr(all), &f)) == NULL)
			abort();
		for (i = 0; i < s->nrules; i++) {
			if (spec_rule_kind(&s->rules[i]) ==
			    SPEC_RULE_GROUP && !wide_applies(w, i))
				abort();
		}
		wide_free(w);
		spec_scope_free(all);
	}
	spec_close(s);
	return 0;
}

/* A specification held against a header. */
#include <stdlib.h>

#include "base/mem.h"
#include "spec/spec.h"

struct bound {
	struct spec_binding binding;
	long *fields, *columns;
};

struct spec_binding *
spec_bind(const struct spec *s, const struct csv_header *header,
    int unknown_ok, struct fault *f)
{
	struct bound *b = mem_zero(1, sizeof *b);
	size_t c;
	long i;

	b->fields = mem_array(NULL, header->n + 1, sizeof *b->fields);
	b->columns = mem_array(NULL, s->nfields, sizeof *b->columns);
	b->binding.ncols = header->n;
	b->binding.field_of = b->fields;
	b->binding.nfields = s->nfields;
	b->binding.column_of = b->columns;
	for (c = 0; c < s->nfields; c++)
		b->columns[c] = -1;
	for (c = 0; c < header->n; c++) {
		i = spec_field_index(s, header->names[c]);
		b->fields[c] = i;
		if (i < 0 && !unknown_ok) {
			(void)fault_set(f, "%s does not describe this column",
			    s->name);
			goto bad;
		}
		if (i < 0)
			continue;
		if (b->columns[i] >= 0) {
			(void)fault_set(f, "the same field (%s) as column %ld",
			    s->fields[i].name, b->columns[i] + 1);
			goto bad;
		}
		b->columns[i] = (long)c;
	}
	return &b->binding;
bad:
	fault_place(f, NULL, 0, 0, c + 1, header->names[c]);
	spec_binding_free(&b->binding);
	return NULL;
}

void
spec_binding_free(struct spec_binding *binding)
{
	struct bound *b = (struct bound *)(void *)binding;

	if (b == NULL)
		return;
	free(b->fields);
	free(b->columns);
	free(b);
}

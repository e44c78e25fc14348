/* Does every record have an id of its own? */
#include "linkage/ids.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sorter.h"

struct ids {
	struct spill *spill;
	struct sorter *sorter; /* by id; the file and the number */
};

struct ids *
ids_new(size_t memory)
{
	struct ids *s = mem_zero(1, sizeof *s);

	s->spill = spill_new();
	s->sorter = sorter_new(memory, s->spill);
	return s;
}

void
ids_free(struct ids *s)
{
	if (s == NULL)
		return;
	sorter_free(s->sorter);
	spill_free(s->spill);
	free(s);
}

int
ids_add(struct ids *s, unsigned file, uint32_t number, const char *id,
    size_t n, struct fault *f)
{
	unsigned char place[5];

	place[0] = (unsigned char)file;
	memcpy(place + 1, &number, sizeof number);
	return sorter_add(s->sorter, id, n, place, sizeof place, f);
}

int
ids_check(struct ids *s, const char *const *files, struct fault *f)
{
	struct sorter_record r;
	struct sorter_run id = { 0 };
	uint32_t number;
	unsigned file = 0, last;
	int k, rc = 0;

	while (rc == 0 && (k = sorter_next(s->sorter, &r, f)) != 0) {
		if (k == -1) {
			rc = -1;
			break;
		}
		last = file;
		file = (unsigned char)r.rest[0];
		if (sorter_run_starts(&id, &r))
			continue;
		memcpy(&number, r.rest + 1, sizeof number);
		rc = fault_set(f, file != last ? "an id is used in both "
		    "files: ids must tell all records apart" :
		    "the record's id was used by an earlier record");
		fault_place(f, files[file], 0, (uint64_t)number + 1, 0, NULL);
	}
	sorter_run_clear(&id);
	return rc;
}

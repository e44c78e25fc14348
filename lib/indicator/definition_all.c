/* Every definition of share/indicators. */
#include "definition.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/share.h"

char **
definition_names(size_t *n, struct fault *f)
{
	char **names = share_list("indicators", ".json", n);
	size_t i, k = 0;

	for (i = 0; i < *n; i++)
		if (strcmp(names[i], "schema") != 0)
			names[k++] = names[i];
		else
			free(names[i]);
	*n = k;
	if (k > 0)
		return names;
	free(names);
	(void)fault_set(f, "no indicator in share/indicators: is nib "
	    "installed whole, and NIB_SHARE right?");
	return NULL;
}

struct definition **
definition_open_all(size_t *n, struct fault *f)
{
	char **names = definition_names(n, f);
	struct definition **d;
	size_t i, k = 0;
	int well = 1;

	if (names == NULL)
		return NULL;
	d = mem_zero(*n + 1, sizeof *d);
	for (i = 0; i < *n; i++) {
		if (well && (d[k] = definition_open(names[i], f)) != NULL)
			k++;
		else
			well = 0;
		free(names[i]);
	}
	free(names);
	*n = k;
	if (well)
		return d;
	definition_close_all(d, k);
	return NULL;
}

void
definition_close_all(struct definition **d, size_t n)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < n; i++)
		definition_close(d[i]);
	free(d);
}

/*
 * Runs a fuzz target over its corpus in testdata/fuzz/NAME, or over the
 * files named as operands: each crash found once stays found.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
replay(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "rb");
	uint8_t *exact;
	size_t n;

	if (f == NULL)
		return -1;
	n = fread(data, 1, sizeof data, f);
	(void)fclose(f);
	/* Exactly as long as it is, so that an overrun is seen. */
	exact = malloc(n > 0 ? n : 1);
	if (exact == NULL)
		return -1;
	memcpy(exact, data, n);
	(void)LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *source = getenv("NIB_SRC");
	const char *name = strrchr(argv[0], '/');
	char folder[1024], path[1536];
	struct dirent *e;
	int i, n = 0;
	DIR *d;

	for (i = 1; i < argc; i++)
		if (replay(argv[i]) == -1)
			return 1;
	if (argc > 1)
		return 0;
	name = strstr(name != NULL ? name : argv[0], "fuzz_");
	if (name == NULL)
		return 99;
	(void)snprintf(folder, sizeof folder, "%s/testdata/fuzz/%s",
	    source != NULL ? source : ".", name + 5);
	if ((d = opendir(folder)) == NULL)
		return 99;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		if (replay(path) == 0)
			n++;
	}
	(void)closedir(d);
	(void)printf("%d passed, 0 failed\n", n);
	return n > 0 ? 0 : 1;
}

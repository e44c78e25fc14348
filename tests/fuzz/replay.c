/*
 * Runs a fuzz target over its corpus in testdata/fuzz/NAME, or over the
 * files named as operands: each crash found once stays found. The file
 * "pack" holds many inputs, each as "SIZE\n" and its bytes (pack.py).
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Exactly as long as it is, so that an overrun is seen. */
static int
run(const uint8_t *data, size_t n)
{
	uint8_t *exact = malloc(n > 0 ? n : 1);

	if (exact == NULL)
		return -1;
	memcpy(exact, data, n);
	(void)LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	return 0;
}

/* How many inputs the file held, or -1. */
static int
replay(const char *path)
{
	static uint8_t data[1 << 20];
	const char *name = strrchr(path, '/');
	FILE *f = fopen(path, "rb");
	size_t n, at = 0, size;
	int count = 0, length;

	if (f == NULL)
		return -1;
	n = fread(data, 1, sizeof data - 1, f);
	(void)fclose(f);
	if (name == NULL || strcmp(name, "/pack") != 0)
		return run(data, n) == 0 ? 1 : -1;
	for (data[n] = '\0'; at < n; at += size) {
		if (sscanf((const char *)data + at, "%zu%n", &size,
		    &length) != 1 || size > n - at - (size_t)length - 1)
			return -1;
		at += (size_t)length + 1;
		if (run(data + at, size) == -1)
			return -1;
		count++;
	}
	return count;
}

int
main(int argc, char **argv)
{
	const char *source = getenv("NIB_SRC");
	const char *name = strrchr(argv[0], '/');
	char folder[1024], path[1536];
	struct dirent *e;
	int i, k, n = 0;
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
		if ((k = replay(path)) == -1) {
			(void)closedir(d);
			return 1;
		}
		n += k;
	}
	(void)closedir(d);
	(void)printf("%d passed, 0 failed\n", n);
	return n > 0 ? 0 : 1;
}

/* Finds what users extend, in share/. */
#include "base/share.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#ifndef NIB_SHARE_DIR
#define NIB_SHARE_DIR "/usr/local/share/nib"
#endif

/* The roots in order of search, NULL at the end; each yours. */
static void
roots(char *to[5])
{
	const char *named = getenv("NIB_SHARE");
	char self[4096], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	size_t k = 0;

	if (named != NULL && named[0] != '\0')
		to[k++] = mem_strdup(named);
	if (n > 0) {
		self[n] = '\0';
		if ((slash = strrchr(self, '/')) != NULL) {
			*slash = '\0';
			to[k++] = mem_printf("%s/../share/nib", self);
			to[k++] = mem_printf("%s/share", self);
		}
	}
	to[k++] = mem_strdup(NIB_SHARE_DIR);
	to[k] = NULL;
}

/* admitted_episode@1.2 is a name, not a path. */
int
share_is_path(const char *name)
{
	return strchr(name, '/') != NULL ||
	    (strchr(name, '.') != NULL && strchr(name, '@') == NULL);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
share_list(const char *folder, const char *ext, size_t *n)
{
	char *root[5], *path, **names = NULL;
	size_t i, j, k, have = 0, ne = strlen(ext);
	struct dirent *e;
	DIR *d;

	roots(root);
	for (i = 0; root[i] != NULL; i++) {
		path = mem_printf("%s/%s", root[i], folder);
		d = opendir(path);
		while (d != NULL && (e = readdir(d)) != NULL) {
			k = strlen(e->d_name);
			if (k <= ne || e->d_name[0] == '.' ||
			    strcmp(e->d_name + k - ne, ext) != 0)
				continue;
			names = mem_array(names, have + 1, sizeof *names);
			names[have++] = mem_strndup(e->d_name, k - ne);
		}
		if (d != NULL)
			(void)closedir(d);
		free(path);
		free(root[i]);
	}
	if (have > 0)
		qsort(names, have, sizeof *names, by_name);
	for (i = j = 0; i < have; i++) {
		if (j > 0 && strcmp(names[i], names[j - 1]) == 0)
			free(names[i]);
		else
			names[j++] = names[i];
	}
	*n = j;
	return names;
}

const char *
share_hint(const char *folder, const char *name, const char *ext,
    char to[NEAREST_HINT])
{
	size_t n = 0;
	char **names = share_list(folder, ext, &n);

	(void)nearest_hint(name, (const char *const *)names, n, to);
	while (n > 0)
		free(names[--n]);
	free(names);
	return to;
}

char *
share_find(const char *folder, const char *name, const char *ext,
    struct fault *f)
{
	char *root[5], *path = NULL, hint[NEAREST_HINT];
	size_t i;

	if (share_is_path(name)) {
		if (access(name, R_OK) == -1) {
			(void)fault_file(f, name, "cannot open");
			return NULL;
		}
		return mem_strdup(name);
	}
	roots(root);
	for (i = 0; root[i] != NULL; i++) {
		if (path == NULL) {
			path = mem_printf("%s/%s/%s%s", root[i], folder, name,
			    ext);
			if (access(path, R_OK) == -1) {
				free(path);
				path = NULL;
			}
		}
		free(root[i]);
	}
	if (path == NULL && f != NULL && !f->set)
		(void)fault_set(f, "no %s%s in share/%s%s (a path needs a "
		    "slash or an extension)", name, ext, folder,
		    share_hint(folder, name, ext, hint));
	return path;
}

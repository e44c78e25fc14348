/* Input that can be read a second time. */
#include "linkage/twice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/infile.h"
#include "base/mem.h"
#include "base/spill.h"

#define CHUNK ((size_t)1024 * 1024) /* a multiple of what spill needs */

/* The bytes of one input, in pieces of CHUNK one behind the other. */
struct copy {
	struct infile_source source;
	struct spill *spill;
	off_t at;
	uint64_t page_at; /* of what page holds */
	struct buf page;
};

struct twice {
	const char *const *paths;
	const struct infile_source **sources; /* of copies; NULL: none */
	size_t n;
	struct spill *spill;
	int standard_input;  /* it is one of the paths, */
	off_t start;         /* a file, and stood there; -1: a copy */
};

/* For infile: what was copied, page by page. */
static ssize_t
read_copy(void *arg, uint64_t at, void *to, size_t n, struct fault *f)
{
	struct copy *c = arg;
	uint64_t page = at / CHUNK * CHUNK;
	uint64_t left = c->source.size - at;
	size_t in = (size_t)(at - page), k;

	if (left == 0)
		return 0;
	if (c->page.n == 0 || c->page_at != page) {
		uint64_t size = c->source.size - page;

		if (spill_read(c->spill, c->at, page,
		    size < CHUNK ? (size_t)size : CHUNK, &c->page, f) == -1)
			return -1;
		c->page_at = page;
	}
	k = c->page.n - in;
	k = k < n ? k : n;
	memcpy(to, c->page.p + in, k);
	return (ssize_t)k;
}

/* Up to a CHUNK, less only at the end. */
static int
fill(int from, struct buf *to, const char *path, struct fault *f)
{
	ssize_t k;

	buf_reserve(to, CHUNK);
	while (to->n < CHUNK) {
		k = read(from, to->p + to->n, CHUNK - to->n);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return fault_file(f, path, "cannot read");
		if (k == 0)
			break;
		to->n += (size_t)k;
	}
	return 0;
}

/* All that a descriptor still gives; NULL with a fault. */
static struct infile_source *
copy(struct twice *t, int from, const char *path, struct fault *f)
{
	struct copy *c = mem_zero(1, sizeof *c);
	size_t n;
	off_t at;

	if (t->spill == NULL)
		t->spill = spill_new();
	c->spill = t->spill;
	c->source.read = read_copy;
	c->source.arg = c;
	for (;;) {
		if (fill(from, &c->page, path, f) == -1)
			goto fail;
		if ((n = c->page.n) == 0)
			break;
		if (spill_write(t->spill, &c->page, &at, f) == -1)
			goto fail;
		if (c->source.size == 0)
			c->at = at;
		c->source.size += n;
	}
	return &c->source;
fail:
	buf_free(&c->page);
	free(c);
	return NULL;
}

static int
standard_input(struct twice *t, size_t i, struct fault *f)
{
	struct stat st;

	if (t->standard_input)
		return 0;
	t->standard_input = 1;
	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode) &&
	    (t->start = lseek(STDIN_FILENO, 0, SEEK_CUR)) != -1)
		return 0;
	t->start = -1;
	t->sources[i] = copy(t, STDIN_FILENO, "-", f);
	return t->sources[i] == NULL ? -1 : 0;
}

static int
named(struct twice *t, size_t i, struct fault *f)
{
	struct stat st;
	int fd;

	if (stat(t->paths[i], &st) == -1 || S_ISREG(st.st_mode) ||
	    S_ISDIR(st.st_mode))
		return 0; /* csv_open says what is wrong with it */
	if ((fd = open(t->paths[i], O_RDONLY | O_CLOEXEC)) == -1)
		return fault_file(f, t->paths[i], "cannot open");
	t->sources[i] = copy(t, fd, t->paths[i], f);
	(void)close(fd);
	return t->sources[i] == NULL ? -1 : 0;
}

struct twice *
twice_open(const char *const *paths, size_t n, struct fault *f)
{
	static const char *const only[] = { "-" };
	struct twice *t = mem_zero(1, sizeof *t);
	size_t i;
	int rc = 0;

	if (n == 0) {
		paths = only;
		n = 1;
	}
	t->n = n;
	t->paths = paths;
	t->sources = mem_zero(n, sizeof *t->sources);
	for (i = 0; rc == 0 && i < n; i++)
		rc = strcmp(paths[i], "-") == 0 ? standard_input(t, i, f) :
		    named(t, i, f);
	if (rc == -1) {
		twice_close(t);
		return NULL;
	}
	return t;
}

void
twice_close(struct twice *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		if (t->sources[i] != NULL) {
			struct copy *c = t->sources[i]->arg;

			buf_free(&c->page);
			free(c);
		}
	spill_free(t->spill);
	free(t->sources);
	free(t);
}

struct csv_reader *
twice_read(struct twice *t, const struct csv_options *o, struct fault *f)
{
	struct csv_options with = *o;

	if (t->standard_input && t->start != -1 &&
	    lseek(STDIN_FILENO, t->start, SEEK_SET) == -1) {
		(void)fault_file(f, "-", "cannot read again");
		return NULL;
	}
	with.sources = t->sources;
	return csv_open(t->paths, t->n, &with, f);
}

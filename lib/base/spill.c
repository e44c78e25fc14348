/* A temporary file under a key of its own. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

#define CIPHER_BLOCK ((size_t)64)

struct spill {
	int fd;
	off_t end;
	pthread_mutex_t lock;
	char *folder;
	unsigned char key[crypto_stream_chacha20_KEYBYTES];
};

struct spill *
spill_new(void)
{
	struct spill *s = mem_zero(1, sizeof *s);

	s->fd = -1;
	(void)pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
spill_free(struct spill *s)
{
	if (s == NULL)
		return;
	if (s->fd != -1)
		(void)close(s->fd);
	(void)pthread_mutex_destroy(&s->lock);
	sodium_memzero(s->key, sizeof s->key);
	free(s->folder);
	free(s);
}

uint64_t
spill_bytes(const struct spill *s)
{
	return (uint64_t)s->end;
}

/* Holding the lock. */
static int
make_file(struct spill *s, struct fault *f)
{
	const char *folder = getenv("TMPDIR");
	char *name;

	if (folder == NULL || folder[0] == '\0')
		folder = "/tmp";
	if (sodium_init() == -1)
		return fault_set(f, "cannot start libsodium");
	randombytes_buf(s->key, sizeof s->key);
	free(s->folder);
	s->folder = mem_strdup(folder);
	s->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd != -1)
		return 0;
	name = mem_printf("%s/nib.XXXXXX", folder);
	s->fd = mkstemp(name);
	if (s->fd != -1)
		(void)unlink(name);
	free(name);
	if (s->fd == -1)
		return fault_file(f, s->folder,
		    "cannot make a temporary file");
	return 0;
}

/* The keystream of a place in the file, a whole block. */
static void
cipher(const struct spill *s, char *p, size_t n, off_t at)
{
	static const unsigned char nonce[crypto_stream_chacha20_NONCEBYTES];
	unsigned char *bytes = (unsigned char *)p;

	(void)crypto_stream_chacha20_xor_ic(bytes, bytes, n, nonce,
	    (uint64_t)at / CIPHER_BLOCK, s->key);
}

int
spill_write(struct spill *s, struct buf *b, off_t *at, struct fault *f)
{
	size_t n, done;
	off_t place;
	int rc = 0;

	while (b->n % CIPHER_BLOCK != 0)
		buf_putc(b, 0);
	n = b->n;
	(void)pthread_mutex_lock(&s->lock);
	if (s->fd == -1)
		rc = make_file(s, f);
	place = s->end;
	s->end += (off_t)n;
	(void)pthread_mutex_unlock(&s->lock);
	if (rc == -1)
		return -1;
	cipher(s, b->p, n, place);
	for (done = 0; done < n;) {
		ssize_t k = pwrite(s->fd, b->p + done, n - done,
		    place + (off_t)done);

		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0)
			return fault_file(f, s->folder,
			    "cannot write the temporary file");
		done += (size_t)k;
	}
	*at = place;
	b->n = 0;
	return 0;
}

int
spill_read(struct spill *s, off_t at, uint64_t from, size_t n,
    struct buf *to, struct fault *f)
{
	size_t whole = (n + CIPHER_BLOCK - 1) / CIPHER_BLOCK * CIPHER_BLOCK;
	size_t done;

	at += (off_t)from;
	buf_clear(to);
	buf_reserve(to, whole);
	for (done = 0; done < whole;) {
		ssize_t k = pread(s->fd, to->p + done, whole - done,
		    at + (off_t)done);

		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0)
			return fault_file(f, s->folder,
			    "cannot read the temporary file");
		done += (size_t)k;
	}
	cipher(s, to->p, whole, at);
	to->n = n;
	return 0;
}

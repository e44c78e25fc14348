/* Memory in pieces of one size, cut from large pages. */
#include "base/pieces.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

#define CHUNK ((size_t)4 * 1024 * 1024) /* of memory taken at a time */

/* In a piece that was given back. */
struct given {
	struct given *next;
};

struct pieces {
	pthread_mutex_t lock;
	char **chunks;
	size_t nchunks, cap;
	size_t used; /* bytes of the last chunk */
	struct given *given;
};

struct pieces *
pieces_new(void)
{
	struct pieces *p = mem_zero(1, sizeof *p);

	(void)pthread_mutex_init(&p->lock, NULL);
	p->used = CHUNK;
	return p;
}

void
pieces_free(struct pieces *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->nchunks; i++)
		free(p->chunks[i]);
	free(p->chunks);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

static void *
cut(struct pieces *p)
{
	if (p->used == CHUNK) {
		if (p->nchunks == p->cap) {
			p->cap = p->cap * 2 + 4;
			p->chunks = mem_array(p->chunks, p->cap,
			    sizeof *p->chunks);
		}
		p->chunks[p->nchunks++] = mem_large(CHUNK);
		p->used = 0;
	}
	p->used += PIECES_BYTES;
	return p->chunks[p->nchunks - 1] + p->used - PIECES_BYTES;
}

void *
pieces_take(struct pieces *p)
{
	void *piece = NULL;

	(void)pthread_mutex_lock(&p->lock);
	if (p->given != NULL) {
		piece = p->given;
		p->given = p->given->next;
	} else {
		piece = cut(p);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return piece;
}

void
pieces_give(struct pieces *p, void *piece)
{
	struct given *g = piece;

	(void)pthread_mutex_lock(&p->lock);
	g->next = p->given;
	p->given = g;
	(void)pthread_mutex_unlock(&p->lock);
}

/*
 * pieces: memory in pieces of one size, cut from large pages.
 *
 * For what grows in many places at a time and is read anywhere: with small
 * pages, the processor looks up a page anew at nearly each access, and the
 * system has to hand out each page by itself. A piece given back is handed
 * out again; the memory goes back to the system when all is freed.
 */
#ifndef NIB_BASE_PIECES_H
#define NIB_BASE_PIECES_H

#include <stddef.h>

#define PIECES_BYTES ((size_t)64 * 1024)

struct pieces;

struct pieces *pieces_new(void);
void pieces_free(struct pieces *); /* and every piece; NULL: nothing */

/* Any thread. A piece holds anything. Never fails (base/mem.h). */
void *pieces_take(struct pieces *);
void pieces_give(struct pieces *, void *);

#endif

/*
 * spill: a temporary file for what does not fit in memory.
 *
 * It has no name, lies in TMPDIR or /tmp, and is written under a key that
 * exists only in this process's memory (ChaCha20), since it holds what the
 * input holds: nothing of it can be read once the process has ended, however
 * it ended. It is made when something is first written.
 */
#ifndef NIB_BASE_SPILL_H
#define NIB_BASE_SPILL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"

struct spill;

struct spill *spill_new(void);
void spill_free(struct spill *);

/*
 * Any thread. Writes all of b as one piece; *at is where it lies. b is left
 * empty.
 */
int spill_write(struct spill *, struct buf *b, off_t *at, struct fault *);
/*
 * Any thread. Puts the n bytes of a piece in to, in place of what was there;
 * from: of the piece, a multiple of 64, where to begin.
 */
int spill_read(struct spill *, off_t at, uint64_t from, size_t n,
    struct buf *to, struct fault *);

uint64_t spill_bytes(const struct spill *); /* written so far */

#endif

/*
 * secret: memory for keys and passphrases, kept out of swap and of core
 * files (sodium_malloc: guarded, wiped when freed).
 *
 * The system may refuse to lock it (RLIMIT_MEMLOCK). Unless secret_require
 * was called that is no failure, and secret_unlocked tells of it. As with
 * base/mem, the choice is the process's: it is one, like its limits.
 */
#ifndef NIB_PRIVACY_SECRET_H
#define NIB_PRIVACY_SECRET_H

#include <stddef.h>

/* From now on memory that cannot be locked is not given. */
void secret_require(void);
/* Has any been given that could not be locked? */
int secret_unlocked(void);

/* NULL: none to be had. Any thread. */
void *secret_alloc(size_t);
void *secret_array(size_t n, size_t size);
/* Nothing changes after it, but by secret_free. */
void secret_seal(void *);
void secret_free(void *);

#endif

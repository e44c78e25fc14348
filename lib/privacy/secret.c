/* Memory for keys and passphrases. */
#include "privacy/secret.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdint.h>

static atomic_int required, unlocked;

void
secret_require(void)
{
	atomic_store(&required, 1);
}

int
secret_unlocked(void)
{
	return atomic_load(&unlocked);
}

void *
secret_alloc(size_t n)
{
	void *p = sodium_init() == -1 ? NULL : sodium_malloc(n);

	if (p == NULL)
		return NULL;
	/* sodium_malloc locks what it gives and does not say if it failed. */
	if (sodium_mlock(p, n) == 0)
		return p;
	if (atomic_load(&required)) {
		sodium_free(p);
		return NULL;
	}
	atomic_store(&unlocked, 1);
	return p;
}

void *
secret_array(size_t n, size_t size)
{
	return size > 0 && n > SIZE_MAX / size ? NULL :
	    secret_alloc(n * size);
}

void
secret_seal(void *p)
{
	(void)sodium_mprotect_readonly(p);
}

void
secret_free(void *p)
{
	sodium_free(p);
}

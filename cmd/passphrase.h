/*
 * passphrase: what protects a key file, from the terminal or from a
 * descriptor; never from an argument or the environment.
 *
 * The terminal is asked without echo, twice for a new passphrase. From a
 * descriptor each passphrase is one line, in the order in which they are
 * needed, and the end of the line is not part of it. Texts are in locked
 * memory and wiped.
 */
#ifndef NIB_CMD_PASSPHRASE_H
#define NIB_CMD_PASSPHRASE_H

#include <stdint.h>

#include "base/fault.h"

#define PASSPHRASE_MAX 1024 /* bytes */
#define PASSPHRASE_MIN 12   /* of a new one */

struct passphrase {
	int64_t fd; /* -1: the terminal */
	char *text; /* the one read last */
	int used;
};

#define PASSPHRASE_NONE { .fd = -1 }

/* The argument of --passphrase-fd. */
int passphrase_option(struct passphrase *, const char *, struct fault *);
/*
 * The passphrase of an existing file, as a key_ask, and one for a file to
 * be made. Borrowed until the next call. NULL with a fault.
 */
const char *passphrase_old(void *passphrase, const char *name,
    struct fault *);
const char *passphrase_new(struct passphrase *, const char *name,
    struct fault *);
/* -1 with a fault when a descriptor was given and nothing needed it. */
int passphrase_done(const struct passphrase *, struct fault *);
void passphrase_end(struct passphrase *);

#endif

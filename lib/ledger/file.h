/* file: what adding to a ledger and verifying it share; of this room alone. */
#ifndef NIB_LEDGER_FILE_H
#define NIB_LEDGER_FILE_H

#include <sodium.h>
#include <sqlite3.h>

#include "base/arena.h"
#include "ledger/digest.h"
#include "ledger/ledger.h"

#define LEDGER_SIG crypto_sign_BYTES
#define LEDGER_BASE64 sodium_base64_VARIANT_ORIGINAL
#define LEDGER_CHECKPOINT "nibcheckpoint1"

struct ledger {
	sqlite3 *db;
	char *path;
	char id[33];
	unsigned char public[KEY_BYTES];
};

/* The whole schema, by name; verify compares it with what the file has. */
#define LEDGER_NSCHEMA 6
extern const struct ledger_schema {
	const char *name, *sql;
} ledger_schema[LEDGER_NSCHEMA];

sqlite3_stmt *ledger_prepare(struct ledger *, const char *, struct fault *);
int ledger_execute(struct ledger *, const char *, struct fault *);

void ledger_entry_hash(uint64_t seq, const unsigned char prev[LEDGER_HASH],
    const char *body, size_t n, unsigned char to[LEDGER_HASH]);
void ledger_digest_of(const void *, size_t n, char to[DIGEST_HEX]);
/* A text of a body, in the arena; NULL: not there. */
const char *ledger_fact_of(const char *body, size_t n, const char *name,
    struct arena *);

#endif

/*
 * pages: every page of a ledger's file ends with a checksum of the page.
 *
 * An SQLite file has bytes that nothing reads: counters, what is left of a
 * page. A change of one of those would go unseen, and a ledger must not have
 * such bytes. So the last PAGES_CHECK bytes of each page, which SQLite can
 * leave to others, are
 *
 *     BLAKE2b-128("nib-ledger-page-v1", LE64(number) the bytes before)
 *
 * with the text as key and the first page numbered 1. Whoever changes the
 * file on purpose can make the checksum fit again: against that stand the
 * signatures of the entries (ledger/ledger.h).
 */
#ifndef NIB_LEDGER_PAGES_H
#define NIB_LEDGER_PAGES_H

#include <stdint.h>

#define PAGES_SIZE 4096
#define PAGES_CHECK 16

struct sqlite3;

/* The name of the VFS that writes such files; NULL: cannot be had. */
const char *pages_vfs(void);
/* For a file that is still empty. */
int pages_new(struct sqlite3 *);
/*
 * Of a file opened with that VFS, within a transaction: 0: whole; else the
 * number of the first page that is not.
 */
uint64_t pages_bad(struct sqlite3 *);

#endif

/* Every page of a ledger's file ends with a checksum of the page. */
#include "ledger/pages.h"

#include <sodium.h>
#include <sqlite3.h>
#include <string.h>

#define NAME "nib-ledger"
#define BODY (PAGES_SIZE - PAGES_CHECK)
#define RESERVED_AT 20 /* in the file's header: bytes left to others */
#define COUNT_AT 28    /* pages in the file */
/* Where locks lie there is no page. */
#define LOCK_PAGE (0x40000000 / PAGES_SIZE + 1)

struct file {
	sqlite3_file base;
	int checked; /* a ledger's, whose pages end so */
	/* The system's file follows. */
};

static sqlite3_file *
below(sqlite3_file *f)
{
	return (sqlite3_file *)(void *)((struct file *)(void *)f + 1);
}

static void
checksum(uint64_t number, const unsigned char body[BODY],
    unsigned char to[PAGES_CHECK])
{
	static const char label[] = "nib-ledger-page-v1";
	crypto_generichash_state s;
	unsigned char head[8];
	size_t i;

	for (i = 0; i < sizeof head; i++)
		head[i] = (unsigned char)(number >> (8 * i));
	(void)crypto_generichash_init(&s, (const unsigned char *)label,
	    sizeof label - 1, PAGES_CHECK);
	(void)crypto_generichash_update(&s, head, sizeof head);
	(void)crypto_generichash_update(&s, body, BODY);
	(void)crypto_generichash_final(&s, to, PAGES_CHECK);
}

static int
file_close(sqlite3_file *f)
{
	return below(f)->pMethods->xClose(below(f));
}

static int
file_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return below(f)->pMethods->xRead(below(f), to, n, at);
}

static int
file_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	struct file *x = (struct file *)(void *)f;
	unsigned char page[PAGES_SIZE];

	if (at == 0 && n == PAGES_SIZE)
		x->checked = ((const unsigned char *)from)[RESERVED_AT] ==
		    PAGES_CHECK;
	if (!x->checked || n != PAGES_SIZE || at % PAGES_SIZE != 0)
		return below(f)->pMethods->xWrite(below(f), from, n, at);
	memcpy(page, from, BODY);
	checksum((uint64_t)(at / PAGES_SIZE) + 1, page, page + BODY);
	return below(f)->pMethods->xWrite(below(f), page, n, at);
}

static int
file_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return below(f)->pMethods->xTruncate(below(f), n);
}

static int
file_sync(sqlite3_file *f, int flags)
{
	return below(f)->pMethods->xSync(below(f), flags);
}

static int
file_size(sqlite3_file *f, sqlite3_int64 *n)
{
	return below(f)->pMethods->xFileSize(below(f), n);
}

static int
file_lock(sqlite3_file *f, int level)
{
	return below(f)->pMethods->xLock(below(f), level);
}

static int
file_unlock(sqlite3_file *f, int level)
{
	return below(f)->pMethods->xUnlock(below(f), level);
}

static int
file_reserved(sqlite3_file *f, int *to)
{
	return below(f)->pMethods->xCheckReservedLock(below(f), to);
}

static int
file_control(sqlite3_file *f, int what, void *arg)
{
	return below(f)->pMethods->xFileControl(below(f), what, arg);
}

static int
file_sector(sqlite3_file *f)
{
	return below(f)->pMethods->xSectorSize(below(f));
}

static int
file_device(sqlite3_file *f)
{
	return below(f)->pMethods->xDeviceCharacteristics(below(f));
}

/* Of version 1: neither mapped nor a write-ahead log. */
static const sqlite3_io_methods methods = {
	1, file_close, file_read, file_write, file_truncate, file_sync,
	file_size, file_lock, file_unlock, file_reserved, file_control,
	file_sector, file_device, NULL, NULL, NULL, NULL, NULL, NULL
};

static sqlite3_vfs *system_vfs;

static int
open_file(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags,
    int *out)
{
	struct file *x = (struct file *)(void *)f;
	unsigned char head[RESERVED_AT + 1];
	int rc;

	(void)v;
	f->pMethods = NULL;
	rc = system_vfs->xOpen(system_vfs, name, below(f), flags, out);
	if (rc != SQLITE_OK)
		return rc;
	x->checked = 0;
	if ((flags & SQLITE_OPEN_MAIN_DB) != 0 && below(f)->pMethods->xRead(
	    below(f), head, sizeof head, 0) == SQLITE_OK)
		x->checked = head[RESERVED_AT] == PAGES_CHECK;
	f->pMethods = &methods;
	return SQLITE_OK;
}

const char *
pages_vfs(void)
{
	static sqlite3_vfs vfs;

	if (sodium_init() == -1 || sqlite3_initialize() != SQLITE_OK)
		return NULL;
	if (sqlite3_vfs_find(NAME) != NULL)
		return NAME;
	if ((system_vfs = sqlite3_vfs_find(NULL)) == NULL)
		return NULL;
	vfs = *system_vfs;
	vfs.szOsFile += (int)sizeof(struct file);
	vfs.zName = NAME;
	vfs.pNext = NULL;
	vfs.xOpen = open_file;
	return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? NAME : NULL;
}

int
pages_new(sqlite3 *db)
{
	int reserve = PAGES_CHECK;
	sqlite3_file *f = NULL;

	if (sqlite3_exec(db, "PRAGMA page_size = 4096", NULL, NULL, NULL) !=
	    SQLITE_OK || sqlite3_file_control(db, "main",
	    SQLITE_FCNTL_RESERVE_BYTES, &reserve) != SQLITE_OK ||
	    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &f) !=
	    SQLITE_OK || f == NULL || f->pMethods != &methods)
		return -1;
	/* Of a large transaction the first page is not the first written. */
	((struct file *)(void *)f)->checked = 1;
	return 0;
}

/* Read by SQLite's own descriptor: to close another would lose its locks. */
uint64_t
pages_bad(sqlite3 *db)
{
	unsigned char page[PAGES_SIZE], sum[PAGES_CHECK];
	sqlite3_file *f = NULL;
	sqlite3_int64 size = 0;
	uint64_t i, n, count = 0;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER,
	    &f) != SQLITE_OK || f == NULL || f->pMethods == NULL ||
	    f->pMethods->xFileSize(f, &size) != SQLITE_OK)
		return 1;
	n = (uint64_t)size / PAGES_SIZE;
	for (i = 1; i <= n; i++) {
		if (i == LOCK_PAGE)
			continue;
		if (f->pMethods->xRead(f, page, PAGES_SIZE,
		    (sqlite3_int64)(i - 1) * PAGES_SIZE) != SQLITE_OK)
			return i;
		if (i == 1)
			count = (uint64_t)page[COUNT_AT] << 24 |
			    (uint64_t)page[COUNT_AT + 1] << 16 |
			    (uint64_t)page[COUNT_AT + 2] << 8 |
			    page[COUNT_AT + 3];
		checksum(i, page, sum);
		if (sodium_memcmp(sum, page + BODY, sizeof sum) != 0)
			return i;
	}
	return (uint64_t)size == count * PAGES_SIZE && n > 0 ? 0 : n + 1;
}

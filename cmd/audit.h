/*
 * audit: what every command that reads people's records does besides its
 * work: it keeps the ledger's account (--ledger, --ledger-key, --use),
 * announced before any output is opened and reported when it is complete,
 * and gives up what it no longer needs of the system before it goes through
 * records it did not make.
 *
 *     audit_open(&a, name, f);
 *     p = audit_provenance(&a, &t, f);        test the fault
 *     provenance_input(p, &t.csv);
 *     ... the input, the specification, keys ...
 *     audit_announce(&a, spec, key, f);       before outfile_open
 *     ... outfile_open, provenance_output ...
 *     audit_confine(&a, &t, paths, n, f);     last before the records
 *     ... flow_run, outfile_commit ...
 *     audit_report(&a, p, in, out, NULL, 0, f);
 *     provenance_finish(p, f);
 *     audit_close(&a);
 *
 * Without the options of the ledger its functions do nothing.
 */
#ifndef NIB_CMD_AUDIT_H
#define NIB_CMD_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "ledger/provenance.h"
#include "ledger/use.h"
#include "tool.h"

/* Ids from 800 on belong to audit. */
enum audit_id {
	AUDIT_LEDGER = 800, AUDIT_KEY, AUDIT_USE, AUDIT_PASSPHRASE_FD,
	AUDIT_MLOCK, AUDIT_SANDBOX
};

/* Of a command that goes through records. */
#define AUDIT_ROWS                                                       \
	{ AUDIT_LEDGER, OPTION_MORE, "ledger", ">FILE",                  \
	    "announce and report this use there" },                      \
	{ AUDIT_KEY, OPTION_MORE, "ledger-key", "<FILE",                 \
	    "the ledger's secret key" },                                 \
	{ AUDIT_PASSPHRASE_FD, OPTION_MORE, "ledger-passphrase-fd", "N", \
	    "its passphrase, from there, not from the terminal" },       \
	{ AUDIT_USE, OPTION_MORE, "use", "<FILE",                        \
	    "what the use is for; see nib-ledger(1)" },                  \
	AUDIT_MLOCK_ROW,                                                 \
	{ AUDIT_SANDBOX, OPTION_MORE, "require-sandbox", NULL,           \
	    "fail where the system cannot confine the tool" }
#define AUDIT_MLOCK_ROW                                                  \
	{ AUDIT_MLOCK, OPTION_MORE, "require-mlock", NULL,               \
	    "fail where keys cannot be kept out of swap" }

struct audit {
	const char *ledger, *key, *about; /* as given */
	const char *passphrase_fd;
	int require_sandbox;
	const char *also_reads[3]; /* files it opens late; or NULL */
	struct use *use;                  /* NULL: not asked for */
	const char *tool;
	struct provenance *account; /* closed by audit_close; or NULL */
};

/* 1: the option was one of these; 0: another. */
int audit_option(struct audit *, int id, const char *value);
int audit_open(struct audit *, const char *tool, struct fault *);
void audit_close(struct audit *);

/*
 * The account of the run: the file of --provenance, or with a ledger alone
 * one that is kept for its digests. NULL: neither (test the fault).
 */
struct provenance *audit_provenance(const struct audit *, const struct tool *,
    struct fault *);

/* Warns when an earlier use could be set against this one. spec, key: NULL. */
int audit_announce(struct audit *, const struct spec *,
    const struct key *project, struct fault *);
/*
 * From here on only the operands, the output, the provenance, the ledger,
 * temporary files and n more outputs (NULL: passed over) can be opened.
 */
int audit_confine(const struct audit *, const struct tool *,
    const char *const *outputs, size_t n, struct fault *);
/*
 * Facts besides go through use_text and use_count. tags may be NULL. Warns
 * when the numbers are nearly those of an earlier use.
 */
int audit_report(struct audit *, struct provenance *, uint64_t records_in,
    uint64_t records_out, uint64_t *tags, size_t ntags, struct fault *);

/*
 * The same in two calls, for a command that knows its specification (or
 * NULL) before its input: opens the ledger and the account, which audit_close
 * closes, watches the input and announces the use; reports it and completes
 * the account.
 */
int audit_begin(struct audit *, struct tool *, const struct spec *,
    struct fault *);
int audit_end(struct audit *, uint64_t records_in, uint64_t records_out,
    struct fault *);
/* An output written whole, with its digest in the account of audit_begin. */
int audit_write(struct audit *, const char *path, const struct buf *,
    struct fault *);

#endif

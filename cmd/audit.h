/*
 * audit: --ledger, --ledger-key and --use for a command that uses people's
 * records: announced before any output is opened, reported when it is
 * complete. Without the options every function does nothing.
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
enum audit_id { AUDIT_LEDGER = 800, AUDIT_KEY, AUDIT_USE };

#define AUDIT_ROWS                                                       \
	{ AUDIT_LEDGER, 0, "ledger", "FILE",                             \
	    "announce and report this use there" },                      \
	{ AUDIT_KEY, 0, "ledger-key", "FILE",                            \
	    "the ledger's secret key" },                                 \
	{ AUDIT_USE, 0, "use", "FILE",                                   \
	    "what the use is for; see nib-ledger(1)" }

struct audit {
	const char *ledger, *key, *about; /* as given */
	struct use *use;                  /* NULL: not asked for */
	const char *tool;
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
/* Facts besides go through use_text and use_count. tags may be NULL. */
int audit_report(struct audit *, struct provenance *, uint64_t records_in,
    uint64_t records_out, uint64_t *tags, size_t ntags, struct fault *);

#endif

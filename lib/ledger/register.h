/*
 * register: what the public reads: who used what, why, on which legal
 * basis, with what benefit. And a citizen's own question.
 */
#ifndef NIB_LEDGER_REGISTER_H
#define NIB_LEDGER_REGISTER_H

#include "base/buf.h"
#include "base/fault.h"
#include "ledger/ledger.h"

struct register_uses;

/* All uses of a ledger, in the order they were announced. */
struct register_uses *register_new(struct ledger *, struct fault *);
void register_free(struct register_uses *);
size_t register_count(const struct register_uses *);

/* As CSV with a header line, and as one HTML page that needs nothing else. */
void register_csv(const struct register_uses *, struct buf *);
void register_html(const struct register_uses *, struct buf *);
/* A line for each entry: number, time, kind, use, title; CSV. */
int register_entries(struct ledger *, struct buf *, struct fault *);

/*
 * Which uses included the person of an NHS number (ten digits): CSV of
 * use, time, title, organisation, purpose; *n of them. Uses that kept no
 * tags are told apart: answer "not known".
 */
int register_subject(const struct register_uses *, struct ledger *,
    const struct key *secret, const char *number, struct buf *, size_t *n,
    struct fault *);

#endif

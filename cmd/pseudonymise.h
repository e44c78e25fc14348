/* The parts of nib-pseudonymise: records, --risk, --reverse. */
#ifndef NIB_CMD_PSEUDONYMISE_H
#define NIB_CMD_PSEUDONYMISE_H

#include <stddef.h>
#include <stdint.h>

#include "audit.h"
#include "passphrase.h"
#include "privacy/gate.h"
#include "privacy/key.h"
#include "tool.h"

struct opts {
	struct tool t;
	struct audit audit;
	const char *spec, *key, *escrow, *escrow_to, *rotate_from, *map;
	const char *output_spec;
	const char *risk, *sensitive, *encode, *encode_salt;
	int64_t encode_taps; /* 0: no diffusion */
	int64_t min_k; /* 0: none */
	int reverse;
	const char *reason, *approver;
	int64_t key_fd; /* -1: none */
	struct passphrase passphrase;
	const char **treats, **withhold;
	size_t ntreats, nwithhold;
	enum gate_invalid invalid;
};

#define NAME "nib-pseudonymise"

/* The key of the type that is needed. */
struct key *open_key(struct opts *, enum key_type, struct fault *);

enum status run_risk(struct opts *, struct fault *);
enum status run_reverse(struct opts *, struct fault *);
enum status run_output_spec(struct opts *, struct fault *);

#endif

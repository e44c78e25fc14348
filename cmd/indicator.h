/* What the parts of nib-indicator share. */
#ifndef NIB_CMD_INDICATOR_H
#define NIB_CMD_INDICATOR_H

#include "audit.h"
#include "indicator/definition.h"
#include "tool.h"

int indicator_list(int, char **);
int indicator_show(int, char **);
int indicator_check(int, char **);
int indicator_count(int, char **);
int indicator_rate(int, char **);
int indicator_compare(int, char **);
int indicator_chart(int, char **);
int indicator_report(int, char **);
int indicator_reproduce(int, char **);

/*
 * Operands are indicators up to the first that is a file: one with a slash
 * or a dot, or "-". A definition given as a path ends in .json.
 */
struct indicator_operands {
	struct definition **definitions;
	size_t ndefinitions;
	struct csv_reader *in;
	struct audit audit;
};

/* Opens the definitions named, or all if none is and all_ok. */
int indicator_definitions(struct tool *, int all_ok,
    struct indicator_operands *, struct fault *);
void indicator_operands_free(struct indicator_operands *);

/*
 * Opens the input, and the account of the run if one was asked for. spec:
 * of the input's records; or NULL.
 */
int indicator_input(struct tool *, struct indicator_operands *,
    const struct spec *, struct fault *);
/*
 * Says in the account which definitions were worked with: all, or those whose
 * place in used is not 0.
 */
void indicator_account(struct indicator_operands *, const char *used);
/* Writes a buffer to the output and completes it, and the account. */
int indicator_write(const struct tool *, struct indicator_operands *,
    const struct buf *, struct fault *);

#endif

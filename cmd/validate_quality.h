/* The part of nib-validate that writes and reads measures of quality. */
#ifndef NIB_CMD_VALIDATE_QUALITY_H
#define NIB_CMD_VALIDATE_QUALITY_H

#include "base/msg.h"
#include "spec/quality.h"
#include "tool.h"

struct quality_opts {
	const char *quality, *dqmi, *html, *baseline, *changes;
	const char *judge, *thresholds;
	int partial;
	double min_change; /* least difference that --changes tells */
	unsigned within;   /* days that count as timely */
	unsigned expected; /* periods; 0: from the data */
};

/* Is any measure asked for? */
int quality_wanted(const struct quality_opts *);
/* Writes what was asked for; spec may be NULL, where only counts are known. */
int quality_write(const struct quality_opts *, const struct spec *spec,
    struct quality *, struct fault *);
/*
 * --merge and --judge, which read no records. spec: the name of the one whose
 * rules the page explains, or NULL.
 */
enum status quality_run(const struct quality_opts *, const char *spec,
    const struct tool *, struct fault *);

#endif

/*
 * scan JOBS [FILE]: reads a CSV file to its end with the engine that every
 * tool uses, all errors looked for, and does nothing with the records: what
 * any tool costs at least. Prints the count of records.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/msg.h"
#include "flow/flow.h"

static int
nothing(void *state, const struct csv_block *b, struct buf *outs,
    struct fault *f)
{
	(void)state;
	(void)b;
	(void)outs;
	(void)f;
	return 0;
}

int
main(int argc, char **argv)
{
	struct csv_options o = { .delimiter = ',' };
	struct fault f = FAULT_NONE;
	struct flow flow = { .map = nothing };
	const char *path = argc > 2 ? argv[2] : "-";

	msg_start("scan");
	flow.jobs = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	flow.in = csv_open(&path, 1, &o, &f);
	if (flow.in == NULL || flow_run(&flow, NULL, &f) == -1) {
		msg_fault(&f);
		csv_close(flow.in);
		return TROUBLE;
	}
	csv_close(flow.in);
	(void)printf("%" PRIu64 "\n", flow.records);
	return CLEAN;
}

/*
 * edges: the pairs of a file and what people decided on, their ids as
 * numbers 0, 1, 2, ... in order of first arrival (pairs, then decisions).
 *
 * 16 bytes a pair; ids in a stated memory (linkage/names.h).
 */
#ifndef NIB_LINKAGE_EDGES_H
#define NIB_LINKAGE_EDGES_H

#include "csv/reader.h"
#include "linkage/cluster.h"
#include "linkage/names.h"
#include "linkage/roll.h"

struct edges {
	struct names *names;
	uint64_t added; /* ids so far, the same one as often as it came */
	/* Their l and r are numbers after edges_settle. */
	struct cluster_pair *pairs;
	size_t npairs, cap;
	struct cluster_decision *decisions;
	size_t ndecisions;
	/* Of another file's records: by number, one of an id; NULL: none. */
	const struct roll *records[2];
	const uint32_t **of;
	size_t count; /* different ids of pairs and decisions */
};

void edges_start(struct edges *, size_t memory);
void edges_end(struct edges *);

/* Columns id_l, id_r and weight; pairs below the threshold have ids only. */
int edges_read(struct edges *, struct csv_reader *, double threshold,
    struct fault *);
/* Columns id_l, id_r, decision: same, different, or empty, still open. */
int edges_read_decisions(struct edges *, const char *path, char delimiter,
    struct fault *);
/*
 * Rolls with ids: after edges_settle, of[number] has an id's codes. b may be
 * NULL. Borrowed.
 */
int edges_add_records(struct edges *, const struct roll *a,
    const struct roll *b, struct fault *);

/* Once, when all is there. */
int edges_settle(struct edges *, struct fault *);
/* After it, count times: the ids in order of their numbers. 1, 0, -1. */
int edges_next_id(struct edges *, const char **, size_t *, struct fault *);

#endif

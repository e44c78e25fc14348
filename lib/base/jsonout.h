/*
 * jsonout: writes JSON, in the order it is told, escaped, UTF-8 as it is.
 *
 * jsonout_open('{') ... jsonout_close('}'). Inside an object give a key
 * before each value; inside an array pass NULL. Indented by two blanks
 * when pretty, else on one line.
 */
#ifndef NIB_BASE_JSONOUT_H
#define NIB_BASE_JSONOUT_H

#include "base/buf.h"

struct jsonout {
	struct buf *to;
	int pretty;
	int depth;
	int some; /* the open level has a member already */
};

void jsonout_open(struct jsonout *, const char *key, char bracket);
void jsonout_close(struct jsonout *, char bracket);
void jsonout_string(struct jsonout *, const char *key, const char *);
void jsonout_bytes(struct jsonout *, const char *key, const char *, size_t);
void jsonout_i64(struct jsonout *, const char *key, int64_t);
void jsonout_double(struct jsonout *, const char *key, double);
void jsonout_bool(struct jsonout *, const char *key, int);
/* A value that is JSON already. */
void jsonout_raw(struct jsonout *, const char *key, const char *);
void jsonout_null(struct jsonout *, const char *key);

#endif

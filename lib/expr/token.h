/*
 * token: an expression's text as tokens; what parse reads.
 */
#ifndef NIB_EXPR_TOKEN_H
#define NIB_EXPR_TOKEN_H

#include "expr/node.h"

enum token_kind { T_END, T_NAME, T_QUOTED, T_STRING, T_NUMBER, T_SIGN };

/* The token that is read now. */
struct tokens {
	const struct source *source;
	enum token_kind kind;
	size_t at, n;      /* in the text */
	char sign[3];      /* T_SIGN: the operator */
	const char *text;  /* T_QUOTED, T_STRING: what it means */
	size_t length;
	size_t after;      /* where the next one is looked for */
	size_t last;       /* end of the one before */
};

/* Reads the next; 0, or -1 with a fault that says where. */
int token_next(struct tokens *);

/* Is it a word (written in capitals here, in any case there), a sign? */
int token_is_word(const struct tokens *, const char *);
int token_is_sign(const struct tokens *, const char *);
/* 1: it was there and is passed; 0: not there; -1: fault. */
int token_take_word(struct tokens *, const char *);
int token_take_sign(struct tokens *, const char *);
/* 0: it was there and is passed; -1: fault, also if it was not there. */
int token_need_word(struct tokens *, const char *);
int token_need_sign(struct tokens *, const char *);

char token_upper(char);

#endif

/* markup: text as it may stand in HTML, XML and their attributes. */
#ifndef NIB_BASE_MARKUP_H
#define NIB_BASE_MARKUP_H

#include "base/buf.h"

/* With & < > and " as entities. */
void markup_escape(struct buf *, const char *);

#endif

/* markup: text as it may stand in HTML, XML and their attributes. */
#ifndef NIB_BASE_MARKUP_H
#define NIB_BASE_MARKUP_H

#include "base/buf.h"

/*
 * With & < > and " as entities. A character that XML cannot hold, which a
 * control character may be, becomes U+FFFD: one cell must not make a page
 * unreadable. The text is UTF-8.
 */
void markup_escape(struct buf *, const char *);

#endif

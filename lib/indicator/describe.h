/* describe: a definition told whole, for people and for programs. */
#ifndef NIB_INDICATOR_DESCRIBE_H
#define NIB_INDICATOR_DESCRIBE_H

#include "base/buf.h"
#include "indicator/definition.h"

/* Headed paragraphs, at most 72 columns. */
void describe_text(const struct definition *, struct buf *);
/* A section of an HTML page, from <section> to </section>. */
/* level: of its heading, 2 for <h2>. */
void describe_html(const struct definition *, int level, struct buf *);

#endif

/*
 * share: finds what users extend, in share/.
 *
 * A name with a slash or an extension is a path as it stands. Else it is
 * looked for as FOLDER/NAME.EXT in, in order: the directory NIB_SHARE
 * names, share/nib beside the bin directory of the program, share beside
 * the program itself (a build tree), and the place of installation.
 */
#ifndef NIB_BASE_SHARE_H
#define NIB_BASE_SHARE_H

#include "base/fault.h"
#include "base/nearest.h"

int share_is_path(const char *name);
/* A path, yours; NULL with a fault (which may be NULL) that names where it was sought. */
char *share_find(const char *folder, const char *name, const char *ext,
    struct fault *);
/* The nearest of the names there, to end a message with: to. */
const char *share_hint(const char *folder, const char *name, const char *ext,
    char to[NEAREST_HINT]);
/* The names without extension in a folder, sorted; free each and all. */
char **share_list(const char *folder, const char *ext, size_t *n);

#endif

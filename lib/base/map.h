/*
 * map: byte strings to dense numbers 0, 1, 2, ... in order of arrival.
 *
 * The caller keeps what belongs to a key in arrays of its own. Keys are
 * copied. Reading from several threads is safe while nobody adds. Cost: 12
 * bytes a slot at most half full, and the key.
 */
#ifndef NIB_BASE_MAP_H
#define NIB_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#define MAP_NONE ((size_t)-1)

struct map;

struct map *map_new(void);
void map_free(struct map *);
size_t map_count(const struct map *);
size_t map_memory(const struct map *); /* bytes held */
/* The key's number, or MAP_NONE. */
size_t map_find(const struct map *, const void *, size_t);
/* The key's number, added if new; *added (may be NULL) says which. */
size_t map_add(struct map *, const void *, size_t, int *added);
/*
 * map_add of many keys in order, to[i] being the number of key i (bytes p[i],
 * n[i] of them): faster in a large map, since their memory is asked for
 * before it is needed.
 */
void map_add_many(struct map *, const char *const *p, const size_t *n,
    size_t count, size_t *to);
/* Borrowed, NUL-terminated, until map_free; *n (may be NULL) its length. */
const char *map_key(const struct map *, size_t, size_t *n);

#endif

/*
 * noise: geometric noise that a key decides.
 *
 * The same key and the same data give the same noise; without the key it is
 * as good as drawn. Whole numbers only: nothing is rounded on the way, so no
 * bits of a floating-point number tell what was added to (Mironov 2012).
 */
#ifndef NIB_PRIVACY_NOISE_H
#define NIB_PRIVACY_NOISE_H

#include <stddef.h>
#include <stdint.h>

#include "privacy/key.h"

struct noise;

/* All that the noise is to depend on goes in before the first number. */
struct noise *noise_new(const unsigned char key[KEY_BYTES]);
void noise_add(struct noise *, const void *, size_t);
void noise_free(struct noise *);

/*
 * P(x) = (1 - a) / (1 + a) * a^|x| with a = exp(-num / den); num from 1 to
 * 2^31, den to 2^57. By rejection, from random bits alone: Canonne, Kamath and
 * Steinke (2020), The Discrete Gaussian for Differential Privacy,
 * algorithms 1 and 2. About 10 numbers, whatever num and den.
 */
int64_t noise_geometric(struct noise *, uint64_t num, uint64_t den);

#endif

/* A sum of numbers of 128 bits in 192. */
#include "tally/total.h"

#include "tally/number.h"

#define LIMBS 3
#define STEP 18 /* decimal digits that go into a limb with room to spare */

struct limbs { /* the lowest first */
	uint64_t limb[LIMBS];
	int negative;
};

static void
negate(struct limbs *x)
{
	unsigned carry = 1;
	size_t i;

	for (i = 0; i < LIMBS; i++) {
		x->limb[i] = ~x->limb[i] + carry;
		carry = carry && x->limb[i] == 0;
	}
}

static struct limbs
limbs_of(struct tally_total t)
{
	struct limbs x;
	num_uwide low;

	memcpy(&low, &t.low, sizeof low);
	x.limb[0] = (uint64_t)low;
	x.limb[1] = (uint64_t)(low >> 64);
	x.limb[2] = (uint64_t)t.high - (t.low < 0);
	x.negative = x.limb[2] >> 63 != 0;
	if (x.negative)
		negate(&x);
	return x;
}

/* -1: more than 192 bits. */
static int
total_of(struct limbs x, struct tally_total *t)
{
	num_uwide high;

	if (x.limb[2] >> 63 != 0)
		return -1;
	if (x.negative)
		negate(&x);
	high = x.limb[1];
	t->low = (num_wide)(high << 64 | x.limb[0]);
	t->high = (int64_t)(x.limb[2] + (t->low < 0));
	return 0;
}

/* x * m + add; -1: more than there is room for. */
static int
multiply(struct limbs *x, uint64_t m, uint64_t add)
{
	num_uwide carry = add;
	size_t i;

	for (i = 0; i < LIMBS; i++) {
		num_uwide limb = x->limb[i];

		carry += limb * m;
		x->limb[i] = (uint64_t)carry;
		carry >>= 64;
	}
	return carry == 0 ? 0 : -1;
}

/* x / by; what is left over. */
static uint64_t
divide(struct limbs *x, uint64_t by)
{
	num_uwide rest = 0;
	size_t i;

	for (i = LIMBS; i-- > 0;) {
		rest = rest << 64 | x->limb[i];
		x->limb[i] = (uint64_t)(rest / by);
		rest %= by;
	}
	return (uint64_t)rest;
}

int
tally_total_join(char *into, struct tally_total t)
{
	struct tally_total a = tally_total_at(into);

	if (__builtin_add_overflow(a.low, t.low, &a.low) &&
	    __builtin_add_overflow(a.high, t.low < 0 ? -1 : 1, &a.high))
		return -1;
	if (__builtin_add_overflow(a.high, t.high, &a.high))
		return -1;
	tally_total_set(into, a);
	return 0;
}

int
tally_total_scale(struct tally_total *t, unsigned by)
{
	struct limbs x = limbs_of(*t);

	return multiply(&x, (uint64_t)tally_pow10[by], 0) == -1 ? -1 :
	    total_of(x, t);
}

void
tally_total_put(struct buf *b, struct tally_total t)
{
	struct limbs x = limbs_of(t);
	char text[LIMBS * 20 + STEP];
	size_t i = sizeof text;

	do {
		uint64_t rest = divide(&x, (uint64_t)tally_pow10[STEP]);
		int more = (x.limb[0] | x.limb[1] | x.limb[2]) != 0, d;

		for (d = 0; d < STEP && (more || rest != 0 || (d == 0 &&
		    i == sizeof text)); d++) {
			text[--i] = (char)('0' + (int)(rest % 10));
			rest /= 10;
		}
	} while ((x.limb[0] | x.limb[1] | x.limb[2]) != 0);
	if (x.negative)
		buf_putc(b, '-');
	buf_put(b, text + i, sizeof text - i);
}

int
tally_total_get(const char *p, size_t n, struct tally_total *t)
{
	struct limbs x = { { 0 }, n > 0 && p[0] == '-' };
	size_t i = (size_t)x.negative;

	if (i == n)
		return -1;
	for (; i < n; i++)
		if (p[i] < '0' || p[i] > '9' || multiply(&x, 10,
		    (uint64_t)(p[i] - '0')) == -1)
			return -1;
	return total_of(x, t);
}

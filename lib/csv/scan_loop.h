/*
 * The loop of one scanner; included by scan.c once per instruction set with
 *   SCAN_NAME            the function
 *   SCAN_TARGET          its attribute
 *   SCAN_SETUP(d)        constants, the delimiter among them
 *   SCAN_LOOK(p)         for 64 bytes sets e, delimiters and LF; l, LF; and
 *                        odd, not 0 if one is a quote, a CR or NUL
 *   SCAN_HIGH()          not 0 if one of all was above 0x7f
 *   SCAN_ODD(p)          sets q, r, z: these three
 *   SCAN_PARITY(q)       prefix exclusive-or of a mask
 *   SCAN_POPCOUNT(m)
 *   SCAN_PUT(o, m, base) writes the offsets of m's bits, returns the new o
 *   SCAN_DEPOSIT(x, m)   x's bits where m's are, one by one; if it is there,
 *                        only the ends that turns want are written
 *   SCAN_MORE            another function of these instructions follows
 */
SCAN_TARGET static void
SCAN_NAME(const unsigned char *p, size_t n, char delimiter,
    const struct csv_turns *turns, uint32_t *ends, struct csv_scan *to)
{
	uint32_t *o = ends;
	uint64_t inside = 0;    /* all ones when the last byte is inside */
	uint64_t closed = 0;    /* the last byte was a closing quote */
	uint64_t returned = 0;  /* the last byte was a CR outside quotes */
	uint64_t pending = 0;   /* one of these */
	uint64_t quotes = 0, crs = 0, bad = 0;
	size_t nrecords = 0, inner = 0, column = 0, i;

	(void)turns;
	(void)column;

	SCAN_SETUP(delimiter)
	for (i = 0; i < n; i += 64) {
		uint64_t e, l, odd;

		SCAN_LOOK(p + i)
		if (__builtin_expect((odd | pending) != 0, 0)) {
			uint64_t q, r, z, in, open, close, sep;
			/* The last byte lets a quote open. */
			uint64_t separated = i == 0 || p[i - 1] == '\n' ||
			    (char)p[i - 1] == delimiter;

			SCAN_ODD(p + i)
			if (i + 64 > n)
				z &= ((uint64_t)1 << (n - i)) - 1;
			bad |= z;
			in = SCAN_PARITY(q) ^ inside;
			open = q & in;
			close = q & ~in;
			quotes |= q;
			crs |= r;
			inner += SCAN_POPCOUNT(l & in);
			bad |= (close << 1 | closed) & ~(e | r | q);
			e &= ~in;
			bad |= ((r & ~in) << 1 | returned) & ~l;
			l &= ~in;
			sep = e | close;
			bad |= open & ~(sep << 1 | separated | closed);
			inside = (uint64_t)((int64_t)in >> 63);
			closed = close >> 63;
			returned = (r & ~in) >> 63;
			pending = inside | closed | returned;
		}
		nrecords += SCAN_POPCOUNT(l);
#ifdef SCAN_DEPOSIT
		{
			size_t next = column + SCAN_POPCOUNT(e);

			e = SCAN_DEPOSIT(turns->keep[column], e);
			column = turns->column[next];
		}
#endif
		o = SCAN_PUT(o, e, (uint32_t)i);
	}
	to->nends = (size_t)(o - ends);
	to->nrecords = nrecords;
	to->nlines = nrecords + inner;
	to->quotes = quotes != 0;
	to->crs = crs != 0;
	to->high = SCAN_HIGH() != 0;
	to->bad = (bad | inside) != 0;
}

#undef SCAN_NAME
#undef SCAN_PUT
#undef SCAN_DEPOSIT
#ifdef SCAN_MORE
#undef SCAN_MORE
#else
#undef SCAN_TARGET
#undef SCAN_SETUP
#undef SCAN_LOOK
#undef SCAN_HIGH
#undef SCAN_ODD
#undef SCAN_PARITY
#undef SCAN_POPCOUNT
#endif

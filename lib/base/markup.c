/* Text as it may stand in HTML, XML and their attributes. */
#include "base/markup.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Has XML 1.0 no way to hold this byte of UTF-8 text (its production Char)? */
static int
forbidden(char c)
{
	return (unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

void
markup_escape(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		switch (*s) {
		case '&':
			buf_puts(b, "&amp;");
			break;
		case '<':
			buf_puts(b, "&lt;");
			break;
		case '>':
			buf_puts(b, "&gt;");
			break;
		case '"':
			buf_puts(b, "&quot;");
			break;
		case '\r': /* as it stands it would be read as a line feed */
			buf_puts(b, "&#13;");
			break;
		default:
			if (forbidden(*s)) {
				buf_puts(b, REPLACEMENT);
			} else if (strncmp(s, "\xef\xbf\xbe", 3) == 0 ||
			    strncmp(s, "\xef\xbf\xbf", 3) == 0) {
				buf_puts(b, REPLACEMENT); /* U+FFFE, U+FFFF */
				s += 2;
			} else {
				buf_putc(b, *s);
			}
		}
}

/* The one place that writes to standard error. */
#include "base/msg.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *program = "nib";
static int quiet;

void
msg_start(const char *name)
{
	program = name;
}

void
msg_quiet(int on)
{
	quiet = on;
}

/* Control characters, those of two bytes in UTF-8 among them, go. */
static void
print(char *line)
{
	char *p;

	for (p = line; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if (*p == '\xc2' && (unsigned char)p[1] >= 0x80 &&
		    (unsigned char)p[1] < 0xa0)
			p[0] = p[1] = '?';
	}
	(void)fprintf(stderr, "%s\n", line);
}

void
msg_fault(const struct fault *f)
{
	char line[1024];
	size_t n = 0, size = sizeof line;

#define ADD(...)                                                         \
	do {                                                             \
		if (n < size)                                            \
			n += (size_t)snprintf(line + n, size - n,        \
			    __VA_ARGS__);                                \
	} while (0)
	ADD("%s: ", program);
	if (f->file[0] != '\0')
		ADD("%s:", f->file[0] == '-' && f->file[1] == '\0' ?
		    "standard input" : f->file);
	if (f->line > 0)
		ADD("%" PRIu64 ":", f->line);
	if (f->file[0] != '\0' || f->line > 0)
		ADD(" ");
	if (f->record > 0)
		ADD("record %" PRIu64 "%s", f->record,
		    f->column > 0 ? ", " : ": ");
	if (f->column > 0 && f->field[0] != '\0')
		ADD("column %" PRIu64 " (%s): ", f->column, f->field);
	else if (f->column > 0)
		ADD("column %" PRIu64 ": ", f->column);
	ADD("%s", f->set ? f->what : "unknown error");
#undef ADD
	print(line);
}

static void say(const char *, const char *, va_list)
    __attribute__((format(printf, 2, 0)));

static void
say(const char *kind, const char *fmt, va_list ap)
{
	char line[1100];
	int n = snprintf(line, sizeof line, "%s: %s", program, kind);

	(void)vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
	print(line);
}

void
msg_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void
msg_warn(const char *fmt, ...)
{
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	say("warning: ", fmt, ap);
	va_end(ap);
}

void
msg_note(const char *fmt, ...)
{
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

/* What went wrong and where. */
#include "base/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
copy_tail(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);

	/* A long path keeps its end: the start is the least telling. */
	if (n < size) {
		memcpy(to, from, n + 1);
	} else {
		memcpy(to, "...", 3);
		memcpy(to + 3, from + n - (size - 4), size - 3);
	}
}

static int set(struct fault *, const char *, uint64_t, int, const char *,
    va_list) __attribute__((format(printf, 5, 0)));

static int
set(struct fault *f, const char *file, uint64_t line, int err,
    const char *fmt, va_list ap)
{
	size_t n;

	if (f == NULL || f->set)
		return -1;
	memset(f, 0, sizeof *f);
	f->set = 1;
	if (file != NULL)
		copy_tail(f->file, sizeof f->file, file);
	f->line = line;
	(void)vsnprintf(f->what, sizeof f->what, fmt, ap);
	n = strlen(f->what);
	if (err != 0)
		(void)snprintf(f->what + n, sizeof f->what - n, ": %s",
		    strerror(err));
	return -1;
}

int
fault_set(struct fault *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)set(f, NULL, 0, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int
fault_system(struct fault *f, const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	(void)set(f, NULL, 0, err, fmt, ap);
	va_end(ap);
	return -1;
}

int
fault_at(struct fault *f, const char *file, uint64_t line,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)set(f, file, line, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int
fault_file(struct fault *f, const char *file, const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	(void)set(f, file, 0, err, fmt, ap);
	va_end(ap);
	return -1;
}

void
fault_place(struct fault *f, const char *file, uint64_t line,
    uint64_t record, uint64_t column, const char *field)
{
	if (f == NULL || !f->set)
		return;
	if (f->file[0] == '\0' && file != NULL)
		copy_tail(f->file, sizeof f->file, file);
	if (f->line == 0)
		f->line = line;
	if (f->record == 0)
		f->record = record;
	if (f->column == 0)
		f->column = column;
	if (f->field[0] == '\0' && field != NULL)
		(void)snprintf(f->field, sizeof f->field, "%s", field);
}

void
fault_whose(struct fault *f, const char *kind, const char *name)
{
	char what[sizeof f->what];

	if (f == NULL || !f->set)
		return;
	memcpy(what, f->what, sizeof what);
	(void)snprintf(f->what, sizeof f->what, "%s %.96s: %.200s", kind,
	    name, what);
}

void
fault_clear(struct fault *f)
{
	if (f != NULL)
		memset(f, 0, sizeof *f);
}

/* Passphrases from the terminal or from a descriptor. */
#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include "base/num.h"
#include "privacy/secret.h"

#define TERMINAL "/dev/tty"

static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
#define NENDING (sizeof ending / sizeof ending[0])

static volatile sig_atomic_t caught;

static void
catch(int number)
{
	caught = number;
}

int
passphrase_option(struct passphrase *p, const char *v, struct fault *f)
{
	if (num_in_range(v, 0, 65535, &p->fd) == -1)
		return fault_set(f, "--passphrase-fd needs the number of an "
		    "open descriptor");
	return 0;
}

static char *
locked_text(struct fault *f)
{
	char *p = secret_alloc(PASSPHRASE_MAX + 1);

	if (p == NULL)
		(void)fault_set(f, "cannot get locked memory for a "
		    "passphrase");
	return p;
}

/*
 * One line, byte by byte: what follows belongs to the next. wait: before
 * each byte, with these signals let in; NULL: just read.
 */
static int
read_line(int fd, const sigset_t *wait, char *to, const char *from,
    struct fault *f)
{
	size_t n = 0;
	ssize_t got;
	fd_set in;
	char c;

	for (;;) {
		if (wait != NULL) {
			FD_ZERO(&in);
			FD_SET(fd, &in);
			got = pselect(fd + 1, &in, NULL, NULL, NULL, wait);
			if (got == -1 && errno != EINTR)
				return fault_file(f, from, "cannot read the "
				    "passphrase");
			if (caught != 0)
				return fault_set(f, "no passphrase was "
				    "given");
			if (got == -1)
				continue;
		}
		got = read(fd, to + n, 1);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return fault_file(f, from, "cannot read the "
			    "passphrase");
		c = to[n];
		if (got == 0 || c == '\n')
			break;
		if (c == '\0')
			return fault_at(f, from, 0, "a passphrase has no "
			    "zero byte in it");
		if (++n == PASSPHRASE_MAX + 1)
			return fault_at(f, from, 0, "the passphrase is "
			    "longer than %d bytes", PASSPHRASE_MAX);
	}
	to[n] = '\0';
	if (n == 0)
		return fault_at(f, from, 0, "no passphrase was given");
	return 0;
}

static void
say(int fd, const char *s)
{
	/* A prompt that cannot be shown shows itself in the reading. */
	if (write(fd, s, strlen(s)) == -1)
		errno = 0;
}

/* Whatever ends it, the terminal is as it was. */
static int
ask_terminal(const char *prompt, const char *name, char *to, struct fault *f)
{
	struct sigaction act = { .sa_handler = catch }, before[NENDING];
	struct termios old, quiet;
	sigset_t held, outside, inside;
	int fd, rc;
	size_t i;

	fd = open(TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 || tcgetattr(fd, &old) == -1) {
		(void)fault_at(f, name, 0, "needs a passphrase, and there is "
		    "no terminal to ask at; use --passphrase-fd");
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	/* A stop waits for the answer: it would leave the echo off. */
	(void)sigemptyset(&held);
	(void)sigaddset(&held, SIGTSTP);
	for (i = 0; i < NENDING; i++)
		(void)sigaddset(&held, ending[i]);
	(void)sigprocmask(SIG_BLOCK, &held, &outside);
	inside = outside;
	(void)sigaddset(&inside, SIGTSTP);
	(void)sigemptyset(&act.sa_mask);
	caught = 0;
	for (i = 0; i < NENDING; i++)
		(void)sigaction(ending[i], &act, &before[i]);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	quiet.c_lflag |= ICANON | ISIG;
	if (tcsetattr(fd, TCSAFLUSH, &quiet) == -1) {
		rc = fault_file(f, TERMINAL, "cannot turn the echo off");
	} else {
		say(fd, prompt);
		say(fd, name);
		say(fd, ": ");
		rc = read_line(fd, &inside, to, TERMINAL, f);
		say(fd, "\n");
		(void)tcsetattr(fd, TCSAFLUSH, &old);
	}
	for (i = 0; i < NENDING; i++)
		(void)sigaction(ending[i], &before[i], NULL);
	(void)close(fd);
	if (caught != 0) {
		sodium_memzero(to, PASSPHRASE_MAX + 1);
		(void)raise((int)caught);
	}
	(void)sigprocmask(SIG_SETMASK, &outside, NULL);
	return rc;
}

static int
get(struct passphrase *p, const char *prompt, const char *name,
    struct fault *f)
{
	char from[48];

	p->used = 1;
	if (p->text == NULL && (p->text = locked_text(f)) == NULL)
		return -1;
	if (p->fd == -1)
		return ask_terminal(prompt, name, p->text, f);
	(void)snprintf(from, sizeof from, "descriptor %d", (int)p->fd);
	return read_line((int)p->fd, NULL, p->text, from, f);
}

const char *
passphrase_old(void *arg, const char *name, struct fault *f)
{
	struct passphrase *p = arg;

	return get(p, "Passphrase of ", name, f) == 0 ? p->text : NULL;
}

const char *
passphrase_new(struct passphrase *p, const char *name, struct fault *f)
{
	const char *text = NULL;
	char *again = NULL;

	if (get(p, "New passphrase for ", name, f) == -1)
		return NULL;
	if (strlen(p->text) < PASSPHRASE_MIN) {
		(void)fault_set(f, "a new passphrase has at least %d bytes; "
		    "take four words or more", PASSPHRASE_MIN);
		return NULL;
	}
	if (p->fd != -1)
		return p->text;
	if ((again = locked_text(f)) == NULL)
		return NULL;
	if (ask_terminal("Once more for ", name, again, f) == -1)
		goto out;
	if (strcmp(p->text, again) != 0)
		(void)fault_set(f, "the two passphrases differ");
	else
		text = p->text;
out:
	secret_free(again);
	return text;
}

int
passphrase_done(const struct passphrase *p, struct fault *f)
{
	if (p->fd == -1 || p->used)
		return 0;
	return fault_set(f, "--passphrase-fd is given, but nothing here "
	    "needs a passphrase");
}

void
passphrase_end(struct passphrase *p)
{
	secret_free(p->text);
	p->text = NULL;
}
